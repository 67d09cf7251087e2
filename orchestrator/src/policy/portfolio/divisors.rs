//! Common divisors of linear forms.
//!
//! A common divisor of `a x + b` and `c x + d` divides `c (a x + b) - a (c x + d) = c b - a d`, a
//! number without `x`; so the greatest one is at most that number.

use super::expr::{Expr, Op};
use super::features::{Ty, View};
use super::idea::Idea;
use super::polynomial::Polynomial;

/// What the greatest common divisors in the goal divide.
pub fn ideas(view: &View) -> Vec<Idea> {
    let mut out = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for p in view.propositions() {
        for e in p.find_all(&|e| matches!(e.call(), Some(("gcd", args)) if args.len() == 2)) {
            let Some((_, args)) = e.call() else { continue };
            let (a, b) = (args[0], args[1]);
            if seen.contains(&e.to_string()) || view.type_of(a) != Ty::Nat {
                continue;
            }
            seen.push(e.to_string());
            if let Some(text) = resultant(view, a, b) {
                out.push(Idea::new("gcd", 1, 0.35, text).budget(4_000));
            }
            let facts = format!(
                "{}have hg1 := Nat.gcd_dvd_left ({a}) ({b})\nhave hg2 := Nat.gcd_dvd_right ({a}) ({b})\n\
                 have hg3 := Nat.gcd_mul_lcm ({a}) ({b})\n",
                view.prefix
            );
            out.push(Idea::new(
                "gcd",
                2,
                0.05,
                format!("{facts}first | omega | grind"),
            ));
        }
    }
    out.truncate(6);
    out.extend(divisibility(view));
    out.extend(common(view));
    out
}

/// The rules of divisibility: transitive, antisymmetric, closed under sums and multiples.
fn divisibility(view: &View) -> Vec<Idea> {
    let mut out = Vec::new();
    let mut add = |round, weight, text: String| {
        out.push(Idea::new(
            "divisibility",
            round,
            weight,
            format!("{}{text}", view.prefix),
        ));
    };
    let given: Vec<(&str, &Expr, &Expr)> = view
        .facts
        .iter()
        .filter_map(|f| match &f.expr {
            Expr::Bin(Op::Dvd, a, b) => Some((f.proof.as_str(), a.as_ref(), b.as_ref())),
            _ => None,
        })
        .collect();
    let of = |ty: Ty| if ty == Ty::Int { "Int" } else { "Nat" };
    match &view.target {
        Expr::Bin(Op::Eq, a, b) if !given.is_empty() && view.type_of_sides(a, b) == Ty::Nat => {
            add(0, 0.15, "apply Nat.dvd_antisymm".to_owned());
        }
        Expr::Bin(Op::Dvd, a, b) => {
            let ty = of(view.type_of_sides(a, b));
            for (proof, x, y) in given.iter().take(4) {
                if *x == a.as_ref() {
                    add(0, 0.1, format!("apply {ty}.dvd_trans {proof}"));
                }
                if *y == b.as_ref() {
                    add(0, 0.1, format!("refine {ty}.dvd_trans ?_ {proof}"));
                }
            }
            match b.as_ref() {
                Expr::Bin(Op::Add, ..) => add(1, 0.1, format!("apply {ty}.dvd_add")),
                Expr::Bin(Op::Sub, ..) => add(1, 0.1, format!("apply {ty}.dvd_sub")),
                Expr::Bin(Op::Mul, x, y) => {
                    add(
                        1,
                        0.08,
                        format!(
                            "exact {ty}.dvd_trans (by assumption) ({ty}.dvd_mul_right ({x}) ({y}))"
                        ),
                    );
                    add(
                        1,
                        0.08,
                        format!(
                            "exact {ty}.dvd_trans (by assumption) ({ty}.dvd_mul_left ({y}) ({x}))"
                        ),
                    );
                    if ty == "Nat" {
                        add(1, 0.06, "apply Nat.mul_dvd_mul".to_owned());
                    }
                }
                _ => {}
            }
        }
        _ => {}
    }
    // A multiple is named; where it is a variable, the variable goes.
    let mut all = String::new();
    for (i, (proof, _, b)) in given.iter().enumerate().take(4) {
        let hyp = view.facts.iter().any(|f| f.hyp == *proof);
        let name = view.fresh(&format!("k{i}_"));
        if hyp && matches!(b, Expr::Var(v) if view.var(v).is_some()) {
            all += &format!("obtain ⟨{name}, rfl⟩ := {proof}\n");
        } else {
            all += &format!("obtain ⟨{name}, hk{i}_⟩ := {proof}\n");
        }
    }
    if !given.is_empty() {
        add(1, 0.15, all.trim_end().to_owned());
        add(1, 0.1, format!("{all}grind"));
    }
    out
}

/// Two facts `d ∣ p`, `d ∣ q` with linear `p`, `q` in one variable: `d` divides a number.
fn common(view: &View) -> Vec<Idea> {
    let given: Vec<(&str, &Expr, &Expr)> = view
        .facts
        .iter()
        .filter_map(|f| match &f.expr {
            Expr::Bin(Op::Dvd, a, b) if view.type_of_sides(a, b) == Ty::Nat => {
                Some((f.proof.as_str(), a.as_ref(), b.as_ref()))
            }
            _ => None,
        })
        .take(4)
        .collect();
    let mut out = Vec::new();
    for (i, (h, d, p)) in given.iter().enumerate() {
        for (k, e, q) in &given[i + 1..] {
            let Some((value, m, n)) = eliminated(view, p, q).filter(|_| d == e) else {
                continue;
            };
            // n p - m q, the positive way round.
            let (first, second) = if value > 0 {
                ((h, n, p), (k, m, q))
            } else {
                ((k, m, q), (h, n, p))
            };
            let value = value.abs();
            let text = format!(
                "{}have hcommon : ({d}) ∣ {value} := by\n  \
                 have h := Nat.dvd_sub (Nat.dvd_mul_left_of_dvd {} {}) (Nat.dvd_mul_left_of_dvd {} {})\n  \
                 rwa [show {} * ({}) - {} * ({}) = {value} by omega] at h\n\
                 have hle := Nat.le_of_dvd (by decide) hcommon\n\
                 first | omega | exact Nat.dvd_one.mp hcommon | grind",
                view.prefix,
                first.0,
                first.1,
                second.0,
                second.1,
                first.1,
                first.2,
                second.1,
                second.2,
            );
            out.push(Idea::new("gcd", 1, 0.3, text).budget(4_000));
        }
    }
    out
}

fn resultant(view: &View, a: &Expr, b: &Expr) -> Option<String> {
    let (value, m, n) = eliminated(view, a, b)?;
    let (big, small) = if value > 0 {
        (format!("{n} * ({a})"), format!("{m} * ({b})"))
    } else {
        (format!("{m} * ({b})"), format!("{n} * ({a})"))
    };
    let (first, second) = if value > 0 {
        ("hg1", "hg2")
    } else {
        ("hg2", "hg1")
    };
    let (f, s) = if value > 0 { (n, m) } else { (m, n) };
    let value = value.checked_abs()?;
    Some(format!(
        "{}have hg1 := Nat.gcd_dvd_left ({a}) ({b})\n\
         have hg2 := Nat.gcd_dvd_right ({a}) ({b})\n\
         have hg := Nat.dvd_sub (Nat.dvd_mul_left_of_dvd {first} {f}) (Nat.dvd_mul_left_of_dvd {second} {s})\n\
         rw [show {big} - {small} = {value} by omega] at hg\n\
         have hle := Nat.le_of_dvd (by decide) hg\n\
         first\n  \
         | omega\n  \
         | exact Nat.dvd_one.mp hg\n  \
         | (generalize Nat.gcd ({a}) ({b}) = g at *; revert hle hg; omega)\n  \
         | grind",
        view.prefix
    ))
}

/// For `a = m x + k` and `b = n x + l`: `(n k - m l, m, n)`, the value of `n a - m b`, if it is not 0.
fn eliminated(view: &View, a: &Expr, b: &Expr) -> Option<(i128, i128, i128)> {
    let (p, q) = (Polynomial::read(view, a)?, Polynomial::read(view, b)?);
    let mut vars = p.variables();
    vars.extend(q.variables());
    vars.sort();
    vars.dedup();
    let [x] = vars.as_slice() else {
        return None;
    };
    let ((m, k), (n, l)) = (p.as_line(x)?, q.as_line(x)?);
    let value = n.checked_mul(k)?.checked_sub(m.checked_mul(l)?)?;
    value.checked_abs()?;
    (value != 0 && m > 0 && n > 0).then_some((value, m, n))
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    #[test]
    fn the_variable_is_eliminated() {
        let found = ideas(&view("n : ℕ\n⊢ (n + 4).gcd (3 * n + 1) ≤ 11"));
        assert!(found[0].tactic.contains("= 11 by omega"), "{found:?}");
        let found = ideas(&view("n : ℕ\n⊢ Nat.gcd (3 * n + 1) (2 * n + 1) = 1"));
        assert!(found[0].tactic.contains("= 1 by omega"), "{found:?}");
    }

    #[test]
    fn two_multiples_have_a_difference() {
        let found = ideas(&view("d n : ℕ\nh : d ∣ n\nh1 : d ∣ n + 1\n⊢ d = 1"));
        assert!(
            found.iter().any(|i| i.tactic.contains("(d) ∣ 1 := by")),
            "{found:?}"
        );
    }

    #[test]
    fn divisibility_is_an_order() {
        let found = ideas(&view("a b c : ℕ\nh : a ∣ b\nh1 : b ∣ c\n⊢ a ∣ c"));
        assert!(
            found.iter().any(|i| i.tactic == "apply Nat.dvd_trans h"),
            "{found:?}"
        );
        assert!(
            found.iter().any(|i| i.tactic.contains("⟨k0_, rfl⟩ := h\n")),
            "{found:?}"
        );
    }

    #[test]
    fn two_variables_are_not_eliminated() {
        let found = ideas(&view("m n : ℕ\n⊢ Nat.gcd (m + 1) (n + 1) ≤ 13"));
        assert!(found.iter().all(|i| !i.tactic.contains("dvd_sub")));
    }
}
