//! Nonlinear inequalities from products and squares.
//!
//! A product of nonnegative terms is nonnegative, and so is a square. With the right products as
//! facts, an inequality of degree two is linear in its monomials; on the naturals, the larger of two
//! numbers is the smaller plus something.

use super::expr::{Expr, Op};
use super::features::{Ty, View};
use super::idea::Idea;

/// Inequalities (and equations, through both directions) with products for hints.
pub fn ideas(view: &View) -> Vec<Idea> {
    let Expr::Bin(op, l, r) = &view.target else {
        return Vec::new();
    };
    if !matches!(op, Op::Le | Op::Lt | Op::Ge | Op::Gt | Op::Eq | Op::Ne) {
        return Vec::new();
    }
    let nonlinear = view.propositions().any(|p| {
        !p.find_all(&|e| match e {
            Expr::Bin(Op::Mul, a, b) => a.literal().is_none() && b.literal().is_none(),
            Expr::Bin(Op::Pow, a, _) => a.literal().is_none(),
            _ => false,
        })
        .is_empty()
    });
    if !nonlinear {
        return Vec::new();
    }
    let mut out = Vec::new();
    match view.type_of_sides(l, r) {
        Ty::Nat => naturals(view, &mut out),
        Ty::Int => signed(view, "Int", &mut out),
        Ty::Rat if !view.project => signed(view, "Rat", &mut out),
        _ => {}
    }
    out
}

/// Orders two variables and replaces the larger by a sum.
fn naturals(view: &View, out: &mut Vec<Idea>) {
    let names: Vec<&str> = view
        .vars_of(&Ty::Nat)
        .map(|v| v.name.as_str())
        .take(4)
        .collect();
    for (i, x) in names.iter().enumerate() {
        for y in &names[i + 1..] {
            let (h, d) = (view.fresh("hle"), view.fresh("d"));
            let text = format!(
                "{}rcases Nat.le_total {x} {y} with {h} | {h} <;> obtain ⟨{d}, rfl⟩ := Nat.exists_eq_add_of_le {h} <;> first | grind | (rcases Nat.eq_zero_or_pos {d} with hz | hz <;> first | (subst hz; first | omega | grind) | (have := Nat.mul_pos hz hz; grind))",
                view.prefix
            );
            out.push(Idea::new("products", 1, 0.1, text).budget(2_400));
        }
    }
    if !names.is_empty() {
        let mut text = view.prefix.clone();
        for x in &names {
            text += &format!("have := Nat.le_mul_self {x}\n");
        }
        text += "first | grind | (simp only [Nat.pow_succ, Nat.pow_zero, Nat.one_mul] at *; first | omega | grind)";
        out.push(Idea::new("products", 1, 0.06, text).budget(2_400));
    }
}

/// Squares of differences and pairwise products of the facts' slacks.
fn signed(view: &View, ty: &str, out: &mut Vec<Idea>) {
    let wanted = if ty == "Int" { Ty::Int } else { Ty::Rat };
    let names: Vec<&str> = view
        .vars_of(&wanted)
        .map(|v| v.name.as_str())
        .take(4)
        .collect();
    let square = format!(
        "have hsq : ∀ z : {ty}, 0 ≤ z * z := fun z => by\n  \
         rcases {ty}.le_total (a := 0) (b := z) with h | h\n  \
         · exact {ty}.mul_nonneg h h\n  \
         · have := {ty}.mul_nonneg (show 0 ≤ -z by grind) (show 0 ≤ -z by grind); grind\n"
    );
    let square = if ty == "Int" {
        square.replace("Int.le_total (a := 0) (b := z)", "Int.le_total 0 z")
    } else {
        square
    };
    let mut squares = String::new();
    for (i, x) in names.iter().enumerate() {
        squares += &format!("have := hsq {x}\n");
        for y in &names[i + 1..] {
            squares += &format!("have := hsq ({x} - {y})\nhave := hsq ({x} + {y})\n");
        }
    }
    // Across two pairs: the squares behind the inequality of Cauchy and Schwarz.
    if let [a, b, c, d] = names.as_slice() {
        for (p, q) in [((a, b), (c, d)), ((a, c), (b, d)), ((a, d), (b, c))] {
            squares += &format!("have := hsq ({} * {} - {} * {})\n", p.0, p.1, q.0, q.1);
        }
    }
    out.push(
        Idea::new(
            "products",
            1,
            0.15,
            format!("{}{square}{squares}grind", view.prefix),
        )
        .budget(3_200),
    );
    // Slacks: `a ≤ b` gives `0 ≤ b - a`.
    let mut slacks: Vec<String> = Vec::new();
    for f in &view.facts {
        if let Expr::Bin(op, a, b) = &f.expr
            && view.type_of_sides(a, b) == wanted
        {
            match op {
                Op::Le | Op::Lt => slacks.push(format!("({b}) - ({a})")),
                Op::Ge | Op::Gt => slacks.push(format!("({a}) - ({b})")),
                _ => {}
            }
        }
    }
    if slacks.is_empty() {
        return;
    }
    slacks.truncate(4);
    let mut products = String::new();
    for (i, s) in slacks.iter().enumerate() {
        products += &format!("have hs{i}_ : 0 ≤ {s} := by first | omega | grind\n");
    }
    for i in 0..slacks.len() {
        for j in i..slacks.len() {
            products += &format!("have := {ty}.mul_nonneg hs{i}_ hs{j}_\n");
        }
    }
    out.push(
        Idea::new(
            "products",
            1,
            0.12,
            format!("{}{products}first | omega | grind", view.prefix),
        )
        .budget(3_200),
    );
    // The denied target is one more slack.
    if let Expr::Bin(op @ (Op::Le | Op::Lt | Op::Ge | Op::Gt), a, b) = &view.target {
        let slack = match op {
            Op::Le | Op::Lt => format!("({a}) - ({b})"),
            _ => format!("({b}) - ({a})"),
        };
        let body = format!(
            "have hn : 0 ≤ {slack} := by first | omega | grind\n{}first | omega | grind",
            (0..slacks.len())
                .map(|i| format!("have := {ty}.mul_nonneg hn hs{i}_\n"))
                .collect::<String>()
        );
        let text = format!(
            "{}{products}{square}{squares}refine Classical.byContradiction fun hc => ?_\n{body}",
            view.prefix
        );
        out.push(Idea::new("products", 2, 0.08, text).budget(6_000));
    }
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    fn has(goal: &str, part: &str) -> bool {
        ideas(&view(goal)).iter().any(|i| i.tactic.contains(part))
    }

    #[test]
    fn squares_of_differences() {
        assert!(has("x y : ℤ\n⊢ 2 * x * y ≤ x ^ 2 + y ^ 2", "hsq (x - y)"));
        assert!(has(
            "x y : ℕ\n⊢ 2 * x * y ≤ x ^ 2 + y ^ 2",
            "Nat.le_total x y"
        ));
    }

    #[test]
    fn slacks_are_multiplied() {
        assert!(has(
            "x y : ℤ\nh : 2 ≤ x\nh1 : 3 ≤ y\n⊢ 6 ≤ x * y",
            "Int.mul_nonneg hs0_ hs1_"
        ));
    }

    #[test]
    fn linear_goals_need_no_products() {
        assert!(ideas(&view("x y : ℤ\nh : 2 ≤ x\n⊢ 1 ≤ x")).is_empty());
    }
}
