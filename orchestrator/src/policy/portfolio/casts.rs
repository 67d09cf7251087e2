//! Numbers seen from another type.
//!
//! The casts `ℕ → ℤ → ℚ` are injective and respect order: an equation of naturals may be proved for
//! their casts, and a nonnegative integer is the cast of a natural.

use super::expr::{Expr, Op};
use super::features::{Ty, View};
use super::idea::Idea;
use super::interval::propagate;

/// Changes of type.
pub fn ideas(view: &View) -> Vec<Idea> {
    let mut out = Vec::new();
    let rational = view.propositions().any(|p| {
        !p.find_all(&|e| matches!(e, Expr::Ascribe(_, t) if Ty::read(t) == Ty::Rat))
            .is_empty()
            || !p.find_all(&|e| matches!(e, Expr::Cast(_))).is_empty()
    });
    if let Expr::Bin(op @ (Op::Eq | Op::Le | Op::Lt | Op::Ge | Op::Gt), a, b) = &view.target
        && view.type_of(a).is_integral()
        && rational
    {
        for ty in ["Rat", "Int"] {
            if ty == "Int" && view.type_of(a) != Ty::Nat {
                continue;
            }
            let hyp = view.fresh("hcast");
            let from = if view.type_of(a) == Ty::Nat {
                "Nat"
            } else {
                "Int"
            };
            let claim = format!(
                "(({a} : {from}) : {ty}) {} (({b} : {from}) : {ty})",
                op.symbol()
            );
            let text = format!(
                "{}have {hyp} : {claim} := by first | grind | (push_cast at *; grind)\nexact_mod_cast {hyp}",
                view.prefix
            );
            out.push(Idea::new("casts", 1, 0.2, text).budget(3_200));
        }
        out.push(Idea::new(
            "casts",
            1,
            0.1,
            format!("{}norm_cast at *", view.prefix),
        ));
    }
    // Integers that are not negative become naturals.
    let facts: Vec<Expr> = view.facts.iter().map(|f| f.expr.clone()).collect();
    let ranges = propagate(view, &facts).ranges;
    let nonnegative: Vec<&str> = view
        .vars
        .iter()
        .filter(|v| v.ty == Ty::Int)
        .filter(|v| {
            ranges
                .get(&v.name)
                .is_some_and(|r| r.lo.is_some_and(|l| l >= 0))
        })
        .map(|v| v.name.as_str())
        .collect();
    if !nonnegative.is_empty() {
        let mut text = view.prefix.clone();
        for x in &nonnegative {
            text +=
                &format!("obtain ⟨{x}, rfl⟩ := Int.eq_ofNat_of_zero_le (show 0 ≤ {x} by omega)\n");
        }
        text += "try norm_cast at *";
        out.push(Idea::new("casts", 1, 0.1, text));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    #[test]
    fn naturals_among_fractions_are_cast() {
        let found = ideas(&view("a b : ℕ\nh : (3 : ℚ) / 7 * ↑b = ↑a\n⊢ a = 3"));
        assert!(found[0].tactic.contains(": Rat) = "), "{found:?}");
    }

    #[test]
    fn nonnegative_integers_become_naturals() {
        let found = ideas(&view("x y : ℤ\nh : 0 < y\nh1 : y < x\n⊢ x ≠ 0"));
        assert!(found[0].tactic.contains("⟨x, rfl⟩") && found[0].tactic.contains("⟨y, rfl⟩"));
        assert!(ideas(&view("x : ℤ\nh : x < 5\n⊢ x ≠ 7")).is_empty());
    }
}
