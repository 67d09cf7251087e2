//! Finishers: tactics that close a goal or fail. The search learns which ones pay (a bandit over
//! their names), so each has a name of its own as its source.

use super::expr::{Expr, Op};
use super::features::{Ty, View};
use super::idea::DECIDE;

/// A finisher with its name, its prior and its budget.
pub struct Finisher {
    /// The name in `finisher/NAME`.
    pub name: &'static str,
    /// The tactic.
    pub tactic: String,
    /// Prior probability that it closes a goal of this kind.
    pub weight: f64,
    /// Thousands of heartbeats.
    pub heartbeats: u32,
}

/// The finishers for a goal.
pub fn finishers(view: &View) -> Vec<Finisher> {
    let mut arithmetic = false;
    let mut fractions = view.vars.iter().any(|v| v.ty == Ty::Rat);
    let mut casts = false;
    for p in view.propositions() {
        p.walk(&mut |e| match e {
            Expr::Bin(op, ..) => arithmetic |= op.is_arithmetic() || matches!(op, Op::Lt | Op::Le),
            Expr::Ascribe(_, t) => fractions |= Ty::read(t) == Ty::Rat,
            Expr::Cast(_) => casts = true,
            _ => {}
        });
    }
    let closed = view.vars.is_empty();
    let mut out = Vec::new();
    let mut add = |name, tactic: &str, weight, heartbeats| {
        out.push(Finisher {
            name,
            tactic: tactic.to_owned(),
            weight,
            heartbeats,
        });
    };
    add("rfl", "rfl", 0.1, 50);
    add("trivial", "trivial", 0.05, 50);
    add("assumption", "assumption", 0.1, 20);
    add("contradiction", "contradiction", 0.04, 20);
    add("decide", "decide", if closed { 0.3 } else { 0.02 }, 50);
    add(
        "decide_kernel",
        DECIDE,
        if closed { 0.35 } else { 0.03 },
        100,
    );
    add("simp", "simp", 0.2, 100);
    add("omega", "omega", if arithmetic { 0.35 } else { 0.05 }, 200);
    add("simp_all", "simp_all", 0.15, 100);
    add("grind", "grind", if fractions { 0.4 } else { 0.3 }, 200);
    add(
        "simp_omega",
        "simp at *; omega",
        if arithmetic { 0.1 } else { 0.02 },
        200,
    );
    add("intros_omega", "intros; omega", 0.05, 200);
    if casts {
        add("norm_cast_omega", "norm_cast at *; omega", 0.1, 200);
        add("push_cast_grind", "push_cast at *; grind", 0.08, 200);
    }
    if view.project {
        add("norm_num", "norm_num", 0.25, 200);
        add("ring", "ring", 0.1, 100);
        add("linarith", "linarith", 0.2, 200);
        add("positivity", "positivity", 0.05, 100);
        add("nlinarith", "nlinarith", 0.12, 400);
        add(
            "field_simp_ring",
            "field_simp; ring",
            if fractions { 0.1 } else { 0.02 },
            200,
        );
        add("norm_num_all", "norm_num at *; try linarith", 0.08, 300);
        add("aesop", "aesop", 0.08, 200);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    fn best(goal: &str) -> &'static str {
        let all = finishers(&view(goal));
        all.iter()
            .max_by(|a, b| a.weight.total_cmp(&b.weight))
            .map_or("", |f| f.name)
    }

    #[test]
    fn the_goal_decides_which_comes_first() {
        assert_eq!(best("n : ℕ\nh : n % 9 = 2\n⊢ 4 * n % 9 = 8"), "omega");
        assert_eq!(best("⊢ Nat.gcd 119 85 = 17"), "decide_kernel");
        assert_eq!(best("a b : ℚ\n⊢ (a + b) / 2 = b / 2 + a / 2"), "grind");
    }

    #[test]
    fn mathlib_is_only_used_where_it_is() {
        assert!(
            finishers(&view("⊢ 1 = 1"))
                .iter()
                .all(|f| f.name != "norm_num")
        );
    }
}
