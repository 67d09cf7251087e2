//! Universal hypotheses at the goal's own terms.
//!
//! A functional equation is used at 0, 1 and the terms that stand under the function; after that it
//! is arithmetic.

use super::expr::{Expr, Quantifier};
use super::features::{Ty, View};
use super::idea::Idea;

/// Instances of the universal hypotheses, then a finisher; and single instances as steps.
pub fn ideas(view: &View) -> Vec<Idea> {
    let mut out = Vec::new();
    let universal: Vec<(&str, usize)> = view
        .facts
        .iter()
        .filter_map(|f| match &f.expr {
            Expr::Quant(Quantifier::Forall, names, _, body) => {
                let inner = match body.as_ref() {
                    Expr::Quant(Quantifier::Forall, more, _, _) => more.len(),
                    _ => 0,
                };
                Some((f.proof.as_str(), names.len() + inner))
            }
            _ => None,
        })
        .collect();
    if universal.is_empty() {
        return out;
    }
    for f in super::witnesses::diagonals(view) {
        for (h, _) in universal.iter() {
            let text = format!(
                "{}obtain ⟨x, hx⟩ := {h} {f}\nhave := congrFun hx x\nfirst | grind | (simp_all; done)",
                view.prefix
            );
            out.push(Idea::new("diagonal", 1, 0.2, text));
        }
    }
    let terms = terms(view);
    let mut block = String::new();
    for (h, arity) in &universal {
        for t in instances(&terms, *arity).iter().take(16) {
            block += &format!("try have := {h} {t}\n");
        }
    }
    for (closer, weight) in [
        ("first | omega | grind", 0.15),
        ("simp_all", 0.1),
        ("simp_all; omega", 0.06),
        ("simp at *; omega", 0.06),
    ] {
        let text = format!("{}{block}{closer}", view.prefix);
        out.push(Idea::new("instantiate", 1, weight, text).budget(3_200));
    }
    for (h, arity) in &universal {
        for (rank, t) in instances(&terms, *arity).iter().take(6).enumerate() {
            let hyp = view.fresh("hi");
            let text = format!("{}have {hyp} := {h} {t}", view.prefix);
            out.push(Idea::new(
                "instantiate",
                2,
                0.05 / (1.0 + rank as f64),
                text,
            ));
        }
    }
    out
}

/// Terms at which to instantiate: arguments of the context's functions in the target, variables,
/// small numerals, values of functions, successors.
fn terms(view: &View) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !out.contains(&text) && out.len() < 10 {
            out.push(text);
        }
    };
    let mut values: Vec<String> = Vec::new();
    for p in std::iter::once(&view.target).chain(view.facts.iter().map(|f| &f.expr)) {
        let closed = !matches!(p, Expr::Quant(..));
        p.walk(&mut |e| {
            if let Expr::App(f, args) = e
                && closed
                && view.var(f).is_some()
            {
                for a in args {
                    add(format!("({a})"));
                }
                values.push(format!("({e})"));
            }
        });
    }
    let data = |v: &&super::features::Variable| {
        !matches!(v.ty, Ty::Function(_) | Ty::Prop) && !v.ty_text.starts_with("Type")
    };
    for v in view.vars.iter().filter(data).take(4) {
        add(format!("({})", v.name));
    }
    let numbers = view.vars.iter().any(|v| {
        v.ty.is_integral() || v.ty == Ty::Rat || matches!(&v.ty, Ty::Function(t) if t.contains(['ℕ', 'ℤ', 'ℚ']) || t.contains("Nat") || t.contains("Int"))
    });
    if numbers {
        for n in 0..2 {
            add(format!("({n})"));
        }
    }
    values.into_iter().take(2).for_each(&mut add);
    for v in view
        .vars
        .iter()
        .filter(|v| v.ty.is_integral() || v.ty == Ty::Rat)
        .take(2)
    {
        add(format!("({} + 1)", v.name));
    }
    if numbers {
        add("(2)".to_owned());
    }
    out
}

/// Argument lists of the given length.
fn instances(terms: &[String], arity: usize) -> Vec<String> {
    match arity {
        1 => terms.to_vec(),
        2 => {
            let mut pairs: Vec<(usize, String)> = Vec::new();
            for (i, a) in terms.iter().enumerate() {
                for (j, b) in terms.iter().enumerate() {
                    pairs.push((i + j, format!("{a} {b}")));
                }
            }
            pairs.sort_by_key(|(rank, _)| *rank);
            pairs.into_iter().map(|(_, t)| t).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    #[test]
    fn the_targets_terms_come_first() {
        let found = ideas(&view(
            "f : ℕ → ℕ\nh : ∀ x, f (x + 1) = f x + 2\n⊢ f 3 = f 0 + 6",
        ));
        assert!(
            found[0]
                .tactic
                .starts_with("try have := h (3)\ntry have := h (0)\n"),
            "{found:?}"
        );
    }

    #[test]
    fn two_arguments_are_paired() {
        let found = ideas(&view(
            "f : ℤ → ℤ\na : ℤ\nh : ∀ x y, f (x + y) = f x + f y\n⊢ f (a + a) = 2 * f a",
        ));
        assert!(found[0].tactic.contains("have := h (a) (a)"));
    }

    #[test]
    fn without_universal_hypotheses_there_is_nothing() {
        assert!(ideas(&view("n : ℕ\nh : n = 1\n⊢ n < 2")).is_empty());
    }
}
