//! Products with a known value.
//!
//! A factor of a nonzero integer divides it, and an integer has finitely many divisors; an equation
//! `a x y + b x + c y = d` is a product in disguise: `(a x + c)(a y + b) = a d + b c`.

use super::expr::{Expr, Op};
use super::features::{Ty, View};
use super::idea::{Idea, alternatives};
use super::polynomial::Polynomial;

/// More divisors than this are not tried one by one.
const MAX_DIVISORS: usize = 48;

/// Splits on the divisors of numerals that equal products.
pub fn ideas(view: &View) -> Vec<Idea> {
    let mut out = Vec::new();
    for fact in &view.facts {
        let Expr::Bin(Op::Eq, a, b) = &fact.expr else {
            continue;
        };
        let (product, value) = match (a.literal(), b.literal()) {
            (None, Some(c)) => (a, c),
            (Some(c), None) => (b, c),
            _ => continue,
        };
        if value == 0 || !view.type_of(product).is_integral() {
            continue;
        }
        let mut parts = factors(product);
        // A variable that is a factor itself says more than the sums it occurs in.
        if parts.iter().any(|(f, _)| matches!(f, Expr::Var(_))) {
            parts.retain(|(f, _)| matches!(f, Expr::Var(_)));
        }
        for (factor, cofactor) in parts {
            if matches!(factor, Expr::Var(_) | Expr::Bin(Op::Add | Op::Sub, ..))
                && let Some(text) = by_divisors(view, &factor, &cofactor, value, &fact.proof)
            {
                out.push(Idea::new("factors", 1, 0.2, text).budget(8_000));
            }
        }
        if let Some(text) = completed(view, &fact.expr, &fact.proof) {
            out.push(Idea::new("factors", 1, 0.15, text).budget(4_000));
        }
    }
    out.truncate(8);
    out
}

/// The factors of a product, numerals left out, each with the product of the others.
fn factors(e: &Expr) -> Vec<(Expr, Expr)> {
    fn flatten<'a>(e: &'a Expr, out: &mut Vec<&'a Expr>) {
        match e {
            Expr::Bin(Op::Mul, a, b) => {
                flatten(a, out);
                flatten(b, out);
            }
            e => out.push(e),
        }
    }
    let mut parts = Vec::new();
    flatten(e, &mut parts);
    if parts.len() < 2 {
        return Vec::new();
    }
    let rest = |i: usize| {
        let mut others = parts
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != i)
            .map(|(_, e)| *e);
        let first = others.next().cloned().unwrap_or(Expr::Num(1));
        others.fold(first, |acc, e| Expr::bin(Op::Mul, acc, e.clone()))
    };
    parts
        .iter()
        .enumerate()
        .filter(|(_, e)| e.literal().is_none())
        .map(|(i, e)| ((*e).clone(), rest(i)))
        .collect()
}

/// The positive divisors of a number, or none if there are too many or the number is too large.
fn divisors(n: i128) -> Option<Vec<i128>> {
    let n = n.checked_abs()?;
    if n == 0 || n > 5_000 {
        return None;
    }
    let all: Vec<i128> = (1..=n).filter(|d| n % d == 0).collect();
    (all.len() <= MAX_DIVISORS).then_some(all)
}

fn by_divisors(
    view: &View,
    factor: &Expr,
    cofactor: &Expr,
    value: i128,
    proof: &str,
) -> Option<String> {
    let list = divisors(value)?;
    let n = value.checked_abs()?;
    let members: Vec<String> = list.iter().map(ToString::to_string).collect();
    let members = members.join(", ");
    let patterns = alternatives("hd", list.len());
    let mut text = view.prefix.clone();
    let size = match view.type_of(factor) {
        Ty::Nat => {
            text += &format!(
                "have hdvd : ({factor}) ∣ {n} := ⟨{cofactor}, by first | exact {proof}.symm | exact {proof} | grind⟩\n"
            );
            format!("({factor})")
        }
        Ty::Int => {
            text += &format!(
                "have hdvd : ({factor}).natAbs ∣ {n} := by\n  \
                 have h : ({factor}) ∣ ({value}) := ⟨{cofactor}, by grind⟩\n  \
                 exact Int.natAbs_dvd_natAbs.mpr h\n"
            );
            format!("({factor}).natAbs")
        }
        _ => return None,
    };
    text += &format!(
        "have hle := Nat.le_of_dvd (by decide) hdvd\n\
         have hall : ∀ r, r < {} → r ∣ {n} → r ∈ [{members}] := by decide +kernel\n\
         have hd := hall {size} (by omega) hdvd\n\
         clear hall hle hdvd\n\
         simp only [List.mem_cons, List.not_mem_nil, or_false] at hd\n",
        n + 1
    );
    // A natural variable is replaced by its value; otherwise its values come from linear arithmetic.
    match (factor, view.type_of(factor)) {
        (Expr::Var(x), Ty::Nat) => {
            text += &format!(
                "rcases hd with {patterns} <;> subst {x} <;> first | omega | (simp_all; done) | grind"
            );
        }
        (Expr::Var(x), Ty::Int) => {
            text += &format!(
                "rcases hd with {patterns} <;> rcases Int.natAbs_eq {x} with hs | hs <;> rw [hd] at hs <;> \
                 subst hs <;> first | omega | (simp_all; done) | grind"
            );
        }
        (_, ty) => {
            let mut vars = view.integral_vars(factor);
            let x = vars.pop().filter(|_| vars.is_empty())?;
            // One variable: solve for it in each case.
            let form = Polynomial::read(view, factor)?;
            let (slope, offset) = form.as_line(&x.name)?;
            if slope.abs() != 1 {
                text += &format!("rcases hd with {patterns} <;> first | omega | grind");
                return Some(text);
            }
            let mut values: Vec<i128> = Vec::new();
            for d in &list {
                for signed in if ty == Ty::Int {
                    vec![*d, -*d]
                } else {
                    vec![*d]
                } {
                    let v = (signed - offset) * slope;
                    if x.ty == Ty::Int || v >= 0 {
                        values.push(v);
                    }
                }
            }
            values.sort_unstable();
            let claims: Vec<String> = values.iter().map(|v| format!("{} = {v}", x.name)).collect();
            text += &format!(
                "have hv : {} := by omega\nclear hd\nrcases hv with {} <;> first | omega | (simp_all; done) | grind",
                claims.join(" ∨ "),
                alternatives("rfl", values.len())
            );
        }
    }
    Some(text)
}

/// The factored form of a bilinear equation as a new hypothesis.
fn completed(view: &View, equation: &Expr, proof: &str) -> Option<String> {
    let Expr::Bin(Op::Eq, l, r) = equation else {
        return None;
    };
    let p = Polynomial::read(view, l)?.minus(&Polynomial::read(view, r)?)?;
    let vars = p.variables();
    let [x, y] = vars.as_slice() else { return None };
    let (a, b, c) = (
        p.coefficient(&[x, y]),
        p.coefficient(&[x]),
        p.coefficient(&[y]),
    );
    let d = p.coefficient(&[]).checked_neg()?;
    // Exactly these terms, and a genuine product.
    if a == 0 || (b == 0 && c == 0) || p.len() > 4 || p.degree() != 2 {
        return None;
    }
    if p.coefficient(&[x, x]) != 0 || p.coefficient(&[y, y]) != 0 {
        return None;
    }
    let right = a.checked_mul(d)?.checked_add(b.checked_mul(c)?)?;
    if view
        .vars
        .iter()
        .any(|v| v.ty == Ty::Nat && (v.name == *x || v.name == *y))
        && (a < 0 || b < 0 || c < 0 || right < 0)
    {
        return None;
    }
    let hyp = view.fresh("hprod");
    Some(format!(
        "{}have {hyp} : ({a} * {x} + {c}) * ({a} * {y} + {b}) = {right} := by have := {proof}; grind",
        view.prefix
    ))
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    #[test]
    fn a_factor_of_a_numeral_is_one_of_its_divisors() {
        let found = ideas(&view("x y : ℕ\nh : x * y = 12\n⊢ x ≤ 12"));
        assert!(found[0].tactic.contains("[1, 2, 3, 4, 6, 12]"), "{found:?}");
        let found = ideas(&view("x : ℤ\nh : (x - 1) * x * (x + 1) = 24\n⊢ x = 3"));
        assert!(
            found.iter().any(|i| i.tactic.contains("Int.natAbs_eq x")),
            "{found:?}"
        );
        assert!(
            found.iter().all(|i| !i.tactic.contains("x = -23")),
            "{found:?}"
        );
        let found = ideas(&view("x : ℤ\nh : (x - 1) * (x + 1) = 24\n⊢ x ≤ 5"));
        assert!(
            found.iter().any(|i| i.tactic.contains("x = -23")),
            "{found:?}"
        );
    }

    #[test]
    fn bilinear_equations_are_completed() {
        let found = ideas(&view("x y : ℤ\nh : 2 * x * y + x + y = 17\n⊢ x ≤ 17"));
        assert!(
            found
                .iter()
                .any(|i| i.tactic.contains("(2 * x + 1) * (2 * y + 1) = 35"))
        );
        assert!(ideas(&view("x y : ℤ\nh : x + y = 17\n⊢ x ≤ 17")).is_empty());
    }
}
