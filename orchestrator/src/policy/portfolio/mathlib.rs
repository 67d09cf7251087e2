//! Tactics that only Mathlib has, proposed where the environment is a project's.

use super::expr::{Expr, Op};
use super::features::{Ty, View};
use super::idea::Idea;

/// Mathlib's arithmetic and automation.
pub fn ideas(view: &View) -> Vec<Idea> {
    if !view.project {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut add = |round, weight, text: &str| {
        out.push(Idea::new(
            "mathlib",
            round,
            weight,
            format!("{}{text}", view.prefix),
        ));
    };
    add(1, 0.1, "ring_nf at *");
    add(1, 0.1, "norm_num at *");
    add(1, 0.06, "push_neg at *");
    add(1, 0.06, "field_simp at *");
    add(2, 0.05, "simp_all <;> linarith");
    add(2, 0.05, "gcongr");
    add(2, 0.04, "tauto");
    add(2, 0.04, "positivity");
    add(2, 0.04, "by_contra! hcontra");
    if let Expr::Bin(op, l, _) = &view.target {
        let names: Vec<&str> = view
            .vars
            .iter()
            .filter(|v| matches!(v.ty, Ty::Rat | Ty::Int | Ty::Nat))
            .map(|v| v.name.as_str())
            .take(3)
            .collect();
        if matches!(op, Op::Le | Op::Lt | Op::Ge | Op::Gt | Op::Eq) && !names.is_empty() {
            let mut hints: Vec<String> = Vec::new();
            for (i, x) in names.iter().enumerate() {
                hints.push(format!("sq_nonneg {x}"));
                for y in &names[i + 1..] {
                    hints.push(format!("sq_nonneg ({x} - {y})"));
                    hints.push(format!("sq_nonneg ({x} + {y})"));
                }
            }
            add(1, 0.15, &format!("nlinarith [{}]", hints.join(", ")));
        }
        if *op == Op::Eq && view.type_of(l) == Ty::Rat {
            add(1, 0.1, "field_simp at *; nlinarith");
            add(1, 0.1, "linear_combination 0");
        }
    }
    for v in view.vars.iter().filter(|v| v.ty.is_integral()).take(3) {
        add(
            2,
            0.06,
            &format!(
                "interval_cases {} <;> first | omega | (simp_all; done)",
                v.name
            ),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::goal;
    use super::*;
    use lakatos_lean_bridge::protocol::EnvironmentKind;

    #[test]
    fn only_in_a_project() {
        let g = goal("x y : ℝ\n⊢ 2 * x * y ≤ x ^ 2 + y ^ 2");
        let found = ideas(&View::new(&g, EnvironmentKind::Project));
        assert!(found.iter().any(|i| i.tactic.contains("sq_nonneg (x - y)")));
        assert!(ideas(&View::new(&g, EnvironmentKind::Core)).is_empty());
    }
}
