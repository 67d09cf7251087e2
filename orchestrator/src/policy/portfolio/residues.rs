//! Residues of polynomials.
//!
//! A polynomial's residue modulo `m` depends only on its variables' residues, which are `m` each.

use super::expr::{Expr, Op};
use super::features::{Ty, View};
use super::idea::{Idea, alternatives};

/// More cases than this are not tried.
const MAX_CASES: i128 = 64;

/// Splits on the residues of the variables of each reduced term.
pub fn ideas(view: &View) -> Vec<Idea> {
    let mut out: Vec<Idea> = Vec::new();
    let mut seen: Vec<(i128, Vec<String>)> = Vec::new();
    for (modulus, term) in view.moduli() {
        let names: Vec<String> = view
            .integral_vars(&term)
            .iter()
            .map(|v| v.name.clone())
            .collect();
        if names.is_empty() || seen.contains(&(modulus, names.clone())) {
            continue;
        }
        if let Some(idea) = simplified(view, modulus, &names) {
            out.push(idea);
        }
        if let Some(text) = by_cases(view, modulus, &names) {
            let linear = !has_products(&term);
            out.push(
                Idea::new("residues", 1, if linear { 0.04 } else { 0.25 }, text).budget(6_000),
            );
        }
        seen.push((modulus, names));
    }
    // Parity and its neighbours, where no modulus is named: squares modulo 3, 4 and 8.
    if seen.is_empty()
        && view
            .propositions()
            .any(|p| has_products(p) && !p.is_opaque())
    {
        let names: Vec<String> = view
            .integral_vars(&view.target)
            .iter()
            .map(|v| v.name.clone())
            .collect();
        for modulus in [2, 3, 4] {
            if let Some(text) = by_cases(view, modulus, &names) {
                out.push(Idea::new("residues", 2, 0.03, text).budget(4_000));
            }
        }
    }
    out.extend(values_of_powers(view));
    out.truncate(10);
    out
}

/// A square (or higher power) takes few residues; with those, a sum of them is linear.
fn values_of_powers(view: &View) -> Vec<Idea> {
    let mut powers: Vec<(&Expr, &str, u32)> = Vec::new();
    for p in view.propositions() {
        for e in p.find_all(&|e| as_power(e).is_some()) {
            if let Some((x, k)) = as_power(e)
                && view.var(x).is_some_and(|v| v.ty.is_integral())
                && !powers.iter().any(|(f, ..)| *f == e)
            {
                powers.push((e, x, k));
            }
        }
    }
    if powers.is_empty() || powers.len() > 4 {
        return Vec::new();
    }
    let mut moduli: Vec<i128> = view.moduli().into_iter().map(|(m, _)| m).collect();
    moduli.extend(view.numerals().into_iter().filter(|n| (3..=16).contains(n)));
    moduli.extend([4, 3, 8]);
    let mut tried: Vec<i128> = Vec::new();
    let mut out = Vec::new();
    for modulus in moduli {
        if !(2..=64).contains(&modulus) || tried.contains(&modulus) || tried.len() >= 5 {
            continue;
        }
        tried.push(modulus);
        let mut text = view.prefix.clone();
        let mut splits: Vec<String> = Vec::new();
        let mut cases = 1usize;
        for (i, (e, x, k)) in powers.iter().enumerate() {
            let mut values: Vec<i128> = (0..modulus)
                .map(|r| (0..*k).fold(1, |acc, _| acc * r % modulus))
                .collect();
            values.sort_unstable();
            values.dedup();
            cases *= values.len();
            let residues: Vec<String> = (0..modulus)
                .map(|r| format!("{x} % {modulus} = {r}"))
                .collect();
            let claims: Vec<String> = values
                .iter()
                .map(|v| format!("({e}) % {modulus} = {v}"))
                .collect();
            let ty = view.type_of(e);
            text += &format!(
                "have hv{i}_ : {} := by\n  have hr : {} := by omega\n  rcases hr with {} <;> simp [{}, hr]\n",
                claims.join(" ∨ "),
                residues.join(" ∨ "),
                alternatives("hr", residues.len()),
                lemmas(&ty),
            );
            // The variable's own residue is part of the case, where the target speaks of it.
            splits.push(format!(
                "rcases hv{i}_ with {}",
                alternatives(&format!("hv{i}_"), values.len())
            ));
        }
        if cases > 64 {
            continue;
        }
        text += &format!(
            "{} <;> first | omega | (intros; omega)",
            splits.join(" <;> ")
        );
        out.push(Idea::new("residues", 1, 0.12 / tried.len() as f64, text).budget(40_000));
    }
    out
}

/// `(x, k)` for `x ^ k` and `x * x`.
fn as_power(e: &Expr) -> Option<(&str, u32)> {
    match e {
        Expr::Bin(Op::Pow, a, k) => match (a.as_ref(), k.literal()) {
            (Expr::Var(x), Some(k)) => {
                Some((x, u32::try_from(k).ok().filter(|k| (2..=8).contains(k))?))
            }
            _ => None,
        },
        Expr::Bin(Op::Mul, a, b) if a == b => match a.as_ref() {
            Expr::Var(x) => Some((x, 2)),
            _ => None,
        },
        _ => None,
    }
}

fn has_products(e: &Expr) -> bool {
    !e.find_all(&|x| match x {
        Expr::Bin(Op::Mul, a, b) => a.literal().is_none() && b.literal().is_none(),
        Expr::Bin(Op::Pow, a, _) => a.literal().is_none(),
        _ => false,
    })
    .is_empty()
}

/// The lemmas that push residues through a polynomial, for each of the two types.
fn lemmas(ty: &Ty) -> &'static str {
    match ty {
        Ty::Int => {
            "Int.pow_succ, Int.mul_emod, Int.add_emod, Int.sub_emod, Int.dvd_iff_emod_eq_zero"
        }
        _ => "Nat.pow_succ, Nat.mul_mod, Nat.add_mod, Nat.dvd_iff_mod_eq_zero",
    }
}

/// Rewrites with the residues that hypotheses give.
fn simplified(view: &View, modulus: i128, names: &[String]) -> Option<Idea> {
    let given: Vec<&str> = view
        .facts
        .iter()
        .filter(|f| match &f.expr {
            Expr::Bin(Op::Eq, l, r) => match l.as_ref() {
                Expr::Bin(Op::Mod, _, m) => m.literal() == Some(modulus) && r.literal().is_some(),
                _ => false,
            },
            _ => false,
        })
        .map(|f| f.proof.as_str())
        .collect();
    let ty = &view.var(names.first()?)?.ty;
    if given.is_empty() {
        return None;
    }
    let text = format!("{}simp [{}, {}]", view.prefix, lemmas(ty), given.join(", "));
    Some(Idea::new("residues", 1, 0.2, text).budget(1_600))
}

fn by_cases(view: &View, modulus: i128, names: &[String]) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let cases = (0..names.len()).try_fold(1i128, |n, _| n.checked_mul(modulus))?;
    if cases > MAX_CASES {
        return None;
    }
    let count = usize::try_from(modulus).ok()?;
    let mut text = view.prefix.clone();
    let mut hyps: Vec<String> = Vec::new();
    let mut splits: Vec<String> = Vec::new();
    for name in names {
        let hyp = view.fresh(&format!("hr{}_", hyps.len()));
        let claims: Vec<String> = (0..modulus)
            .map(|r| format!("{name} % {modulus} = {r}"))
            .collect();
        text += &format!("have {hyp} : {} := by omega\n", claims.join(" ∨ "));
        splits.push(format!("rcases {hyp} with {}", alternatives(&hyp, count)));
        hyps.push(hyp);
    }
    let mixed = lemmas(&view.var(names.first()?)?.ty);
    let rules = format!("{mixed}, {}", hyps.join(", "));
    text += &splits.join(" <;> ");
    text += &format!(
        " <;> first | omega | (simp [{rules}]; done) | (simp [{rules}] at *; done) | (simp [{rules}] at *; omega)"
    );
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    #[test]
    fn one_case_for_each_residue() {
        let found = ideas(&view(
            "a : ℤ\n⊢ a ^ 3 % 9 = 0 ∨ a ^ 3 % 9 = 1 ∨ a ^ 3 % 9 = 8",
        ));
        assert!(
            found[0].tactic.contains("a % 9 = 8 := by omega"),
            "{found:?}"
        );
        assert!(found[0].tactic.contains("Int.mul_emod"));
        let found = ideas(&view("n : ℕ\n⊢ 6 ∣ n ^ 3 + 5 * n"));
        assert!(found[0].tactic.contains("n % 6 = 5"), "{found:?}");
    }

    #[test]
    fn given_residues_are_used() {
        let found = ideas(&view(
            "x y : ℤ\nh : x % 23 = 5\nh1 : y % 23 = 6\n⊢ x * y % 23 = 7",
        ));
        assert!(found[0].tactic.ends_with("h, h1]"), "{found:?}");
    }

    #[test]
    fn squares_take_few_residues() {
        let found = ideas(&view("a b c : ℕ\n⊢ (a * a + b * b + c * c) % 8 ≠ 7"));
        assert!(
            found.iter().any(|i| i
                .tactic
                .contains("(a * a) % 8 = 0 ∨ (a * a) % 8 = 1 ∨ (a * a) % 8 = 4")),
            "{found:?}"
        );
        let found = ideas(&view("x y : ℤ\n⊢ x * x ≠ 4 * y + 3"));
        assert!(
            found.iter().any(|i| i.tactic.contains("% 4 = 1 := by")),
            "{found:?}"
        );
    }

    #[test]
    fn too_many_cases_are_left_alone() {
        assert!(ideas(&view("a b c : ℕ\n⊢ (a + b * c) % 100 = 1")).is_empty());
    }
}
