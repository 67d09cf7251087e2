//! Induction: on naturals (plain, strong, from a truncated difference), on lists, and along the
//! recursion of a function that the goal applies.

use super::expr::{Expr, Op};
use super::features::{Ty, View};
use super::idea::Idea;

/// Closers that are tried on both cases at once, with the definitions that the goal applies.
fn closers(definitions: &[String]) -> Vec<(String, f64)> {
    let names = definitions.join(", ");
    let mut out = Vec::new();
    if !definitions.is_empty() {
        out.push((
            format!(
                "first | rfl | (simp only [{names}] at *; first | omega | grind) | (simp_all [{names}]; done) | (simp_all [{names}]; first | omega | grind) | grind [{names}]"
            ),
            0.3,
        ));
        out.push((
            format!(
                "first | rfl | (simp [{names}] at *; done) | (simp [{names}, Nat.pow_succ, Nat.mul_add] at *; first | omega | grind) | (simp only [{names}]; (repeat split) <;> first | omega | (simp_all; done) | grind)"
            ),
            0.15,
        ));
    }
    out.push(("first | omega | grind".to_owned(), 0.2));
    out.push((
        "first | (simp_all; done) | (simp_all; omega)".to_owned(),
        0.12,
    ));
    out.push((
        "first | grind | (simp [Nat.pow_succ, Nat.mul_add, Nat.add_mul, Nat.mul_comm, Nat.mul_left_comm] at *; omega)".to_owned(),
        0.06,
    ));
    out
}

/// Inductions on the target's variables.
pub fn ideas(view: &View) -> Vec<Idea> {
    let mut out = Vec::new();
    let closers = closers(&view.definitions());
    let nested = view.tag.contains("succ") || view.tag.contains("cons");
    let discount = if nested { 0.3 } else { 1.0 };
    let bases = growing(view);
    let targets: Vec<&super::features::Variable> = view
        .vars
        .iter()
        .filter(|v| matches!(v.ty, Ty::Nat | Ty::List))
        .filter(|v| view.target.mentions(&v.name))
        .collect();
    for v in targets.iter().take(4) {
        let x = &v.name;
        let others: Vec<&str> = view
            .vars
            .iter()
            .map(|w| w.name.as_str())
            .filter(|w| w != x && view.target.mentions(w))
            .filter(|w| view.var(w).is_some_and(|w| !matches!(w.ty, Ty::Other(_))))
            .collect();
        let (first, second) = match v.ty {
            Ty::Nat => ("zero".to_owned(), format!("succ {x} {}", view.fresh("ih"))),
            _ => {
                let head = view.fresh("a");
                (
                    "nil".to_owned(),
                    format!("cons {head} {x} {}", view.fresh("ih")),
                )
            }
        };
        let open = |generalizing: &str| {
            format!(
                "{}induction {x}{generalizing} with\n| {first} => ?_\n| {second} => ?_",
                view.prefix
            )
        };
        for (closer, weight) in &closers {
            let text = format!(
                "{}induction {x} with\n| {first} => ({closer})\n| {second} => ({closer})",
                view.prefix
            );
            out.push(Idea::new("induction", 1, *weight * discount, text).budget(2_400));
        }
        if v.ty == Ty::Nat && !bases.is_empty() {
            let ih = second.rsplit(' ').next().unwrap_or("ih");
            let mut products = String::new();
            for b in &bases {
                products += &format!(
                    "    (try have := Nat.mul_le_mul_right ({b}) {ih})\n    (try have := Nat.mul_le_mul_right ({b}) ({ih} (by omega)))\n"
                );
            }
            let text = format!(
                "{}induction {x} with\n| {first} => (first | omega | (simp_all; done) | grind)\n| {second} =>\n  first\n  | omega\n  | grind\n  | (\n{products}    simp only [Nat.pow_succ] at *\n    first | omega | grind | (rcases {x} with _ | _ | _ | _ | {x} <;> first | omega | grind))",
                view.prefix
            );
            out.push(Idea::new("induction", 1, 0.12 * discount, text).budget(6_000));
        }
        out.push(Idea::new("induction", 1, 0.15 * discount, open("")));
        if !others.is_empty() {
            let general = format!(" generalizing {}", others.join(" "));
            out.push(Idea::new("induction", 1, 0.1 * discount, open(&general)));
            for (closer, weight) in closers.iter().take(3) {
                let text = format!(
                    "{}induction {x}{general} with\n| {first} => ({closer})\n| {second} => ({closer})",
                    view.prefix
                );
                out.push(Idea::new("induction", 2, weight * 0.5 * discount, text).budget(2_400));
            }
        }
        if v.ty == Ty::Nat {
            strong(view, x, discount, &mut out);
        }
    }
    out.extend(difference(view));
    out.extend(functional(view, &closers, discount));
    out
}

/// The bases of powers in the target: growth by a factor carries an inequality from `n` to `n + 1`.
fn growing(view: &View) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    if let Expr::Bin(Op::Le | Op::Lt | Op::Ge | Op::Gt, ..) = &view.target {
        view.target.walk(&mut |e| {
            if let Expr::Bin(Op::Pow, b, k) = e
                && k.literal().is_none()
                && !out.contains(&b.to_string())
            {
                out.push(b.to_string());
            }
        });
    }
    out.truncate(2);
    out
}

/// Strong induction, with the first few values apart: recurrences reach back by more than one.
fn strong(view: &View, x: &str, discount: f64, out: &mut Vec<Idea>) {
    let ih = view.fresh("ih");
    let opening = format!(
        "{}induction {x} using Nat.strongRecOn with\n| _ {x} {ih} =>\n",
        view.prefix
    );
    let names = view.definitions().join(", ");
    let unfolded = if names.is_empty() {
        "skip".to_owned()
    } else {
        format!("simp only [{names}] at *")
    };
    for depth in [2usize, 3] {
        let text = format!(
            "{opening}  rcases {x} with {}\n  all_goals first\n    | omega\n    | grind\n    | (try {unfolded}; done)\n    | (have h0_ := {ih} {x} (by omega); try {unfolded}; first | omega | (simp_all; done) | grind)\n    | (have h0_ := {ih} {x} (by omega); have h1_ := {ih} ({x} + 1) (by omega); try {unfolded}; first | omega | (simp_all; done) | grind)",
            super::idea::alternatives("_", depth) + " | " + x
        );
        out.push(Idea::new("strong_induction", 2, 0.06 * discount, text).budget(3_200));
    }
    let text = format!(
        "{}induction {x} using Nat.strongRecOn with\n| _ {x} {ih} => ?_",
        view.prefix
    );
    out.push(Idea::new("strong_induction", 2, 0.05 * discount, text));
}

/// `a = b - c` on the naturals is `a + c = b` where `c ≤ b`, which induction can carry.
fn difference(view: &View) -> Option<Idea> {
    let Expr::Bin(Op::Eq, l, r) = &view.target else {
        return None;
    };
    let (sum, whole) = match (l.as_ref(), r.as_ref()) {
        (a, Expr::Bin(Op::Sub, b, c)) | (Expr::Bin(Op::Sub, b, c), a) => {
            (Expr::bin(Op::Add, a.clone(), (**c).clone()), b)
        }
        _ => return None,
    };
    if view.type_of(whole) != Ty::Nat {
        return None;
    }
    let hyp = view.fresh("hsum");
    let text = format!("{}suffices {hyp} : {sum} = {whole} by omega", view.prefix);
    Some(Idea::new("difference", 1, 0.15, text))
}

/// Induction along the recursion of each function applied in the target.
fn functional(view: &View, closers: &[(String, f64)], discount: f64) -> Vec<Idea> {
    let mut calls: Vec<String> = Vec::new();
    view.target.walk(&mut |e| {
        if let Expr::App(f, args) = e
            && view.var(f).is_none()
            && !f.starts_with("Nat.")
            && !f.starts_with("Int.")
            && args.iter().any(|a| matches!(a, Expr::Var(_)))
        {
            let text = e.to_string();
            if !calls.contains(&text) {
                calls.push(text);
            }
        }
    });
    let mut out = Vec::new();
    for call in calls.iter().take(2) {
        for (rank, (closer, weight)) in closers.iter().enumerate() {
            let text = format!("{}fun_induction {call} <;> {closer}", view.prefix);
            let round = if rank == 0 { 1 } else { 2 };
            out.push(
                Idea::new("fun_induction", round, weight * 0.5 * discount, text).budget(2_400),
            );
        }
        let text = format!("{}fun_induction {call}", view.prefix);
        out.push(Idea::new("fun_induction", 2, 0.08 * discount, text));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    fn has(goal: &str, part: &str) -> bool {
        ideas(&view(goal)).iter().any(|i| i.tactic.contains(part))
    }

    #[test]
    fn naturals_and_lists() {
        assert!(has("n : ℕ\n⊢ 2 ∣ n ^ 2 + n", "| succ n ih => ?_"));
        assert!(has("l : List ℕ\n⊢ (l ++ []) = l", "| cons a l ih => ?_"));
        assert!(has(
            "a b : ℕ\n⊢ a + b = b + a",
            "induction a generalizing b with"
        ));
    }

    #[test]
    fn differences_become_sums() {
        assert!(has(
            "n : ℕ\n⊢ f n = 2 ^ n - 1",
            "suffices hsum : (f n) + 1 = 2 ^ n by omega"
        ));
        assert!(!has("x : ℤ\n⊢ x = x - 0", "suffices"));
    }

    #[test]
    fn powers_grow_by_their_base() {
        assert!(has(
            "x n : ℕ\n⊢ 1 + n * x ≤ (1 + x) ^ n",
            "Nat.mul_le_mul_right (1 + x) ih"
        ));
        assert!(has("n : ℕ\nh : 4 ≤ n\n⊢ n * n ≤ 2 ^ n", "(ih (by omega))"));
    }

    #[test]
    fn recursion_is_followed() {
        assert!(has("n m : ℕ\n⊢ ack n m = m", "fun_induction ack n m"));
    }
}
