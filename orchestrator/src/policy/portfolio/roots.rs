//! Integer roots of polynomials in one variable.
//!
//! An integer root divides the constant term. Once the linear factors are known, a product that is
//! zero has a factor that is zero; a quadratic factor `a x² + b x + c` with `b² < 4 a c` has none,
//! since `4 a` times it is `(2 a x + b)² + (4 a c - b²)`.

use super::expr::{Expr, Op};
use super::features::{Ty, View};
use super::idea::{Idea, alternatives};
use super::polynomial::Polynomial;

const MAX_CONSTANT: i128 = 100_000;

/// The factored form of an equation in one integer variable, and its cases.
pub fn ideas(view: &View) -> Vec<Idea> {
    let mut out = Vec::new();
    for f in &view.facts {
        let Expr::Bin(Op::Eq, l, r) = &f.expr else {
            continue;
        };
        if let Some(text) = factored(view, l, r, &f.proof) {
            out.push(Idea::new("roots", 1, 0.4, text).budget(6_000));
        }
    }
    out.truncate(3);
    out
}

fn factored(view: &View, l: &Expr, r: &Expr, proof: &str) -> Option<String> {
    let ty = view.type_of_sides(l, r);
    let p = Polynomial::read(view, l)?.minus(&Polynomial::read(view, r)?)?;
    let vars = p.variables();
    let [x] = vars.as_slice() else { return None };
    if ty != Ty::Int || p.degree() < 2 || view.var(x)?.ty != ty {
        return None;
    }
    let degree = p.degree();
    let mut coefficients: Vec<i128> = (0..=degree)
        .map(|k| p.coefficient(&vec![x.as_str(); k]))
        .collect();
    let mut roots: Vec<i128> = Vec::new();
    while coefficients.len() > 1 {
        let Some(root) = root(&coefficients) else {
            break;
        };
        coefficients = divide(&coefficients, root)?;
        roots.push(root);
    }
    if roots.is_empty() {
        return None;
    }
    let quotient = horner(&coefficients, x);
    let linear: Vec<String> = roots.iter().map(|r| format!("({x} - ({r}))")).collect();
    let mut text = format!(
        "{}have hroots : {} * ({quotient}) = 0 := by have := {proof}; grind\n\
         simp only [Int.mul_eq_zero] at hroots\n",
        view.prefix,
        linear.join(" * ")
    );
    if let [c, b, a] = coefficients.as_slice()
        && b.checked_mul(*b)? < a.checked_mul(*c)?.checked_mul(4)?
    {
        text += &format!(
            "have hsq : 0 ≤ (2 * {a} * {x} + ({b})) * (2 * {a} * {x} + ({b})) := by\n  \
             rcases Int.le_total 0 (2 * {a} * {x} + ({b})) with h | h\n  \
             · exact Int.mul_nonneg h h\n  \
             · exact Int.mul_nonneg_of_nonpos_of_nonpos h h\n"
        );
    }
    // The disjunction associates to the left.
    let patterns = (0..roots.len()).fold("h".to_owned(), |acc, _| format!("({acc}) | h"));
    text += &format!(
        "rcases hroots with {patterns} <;> first | omega | grind | (have hx : {} := by omega; rcases hx with {} <;> first | omega | (simp_all; done))",
        roots
            .iter()
            .map(|r| format!("{x} = {r}"))
            .collect::<Vec<_>>()
            .join(" ∨ "),
        alternatives("rfl", roots.len())
    );
    Some(text)
}

/// An integer root, by trying the divisors of the constant term.
fn root(coefficients: &[i128]) -> Option<i128> {
    let constant = *coefficients.first()?;
    if constant == 0 {
        return Some(0);
    }
    let bound = constant.checked_abs().filter(|c| *c <= MAX_CONSTANT)?;
    (1..=bound)
        .filter(|d| bound % d == 0)
        .flat_map(|d| [d, -d])
        .find(|x| evaluate(coefficients, *x) == Some(0))
}

fn evaluate(coefficients: &[i128], x: i128) -> Option<i128> {
    coefficients
        .iter()
        .rev()
        .try_fold(0i128, |acc, c| acc.checked_mul(x)?.checked_add(*c))
}

/// Division by `x - root`, without remainder.
fn divide(coefficients: &[i128], root: i128) -> Option<Vec<i128>> {
    let mut quotient = Vec::new();
    let mut carry = 0i128;
    for c in coefficients.iter().skip(1).rev() {
        carry = carry.checked_mul(root)?.checked_add(*c)?;
        quotient.push(carry);
    }
    quotient.reverse();
    Some(quotient)
}

fn horner(coefficients: &[i128], x: &str) -> String {
    let mut terms = coefficients.iter().rev();
    let first = terms
        .next()
        .map_or_else(|| "0".to_owned(), |c| format!("({c})"));
    terms.fold(first, |acc, c| format!("({acc} * {x} + ({c}))"))
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    fn found(goal: &str) -> Vec<String> {
        ideas(&view(goal)).into_iter().map(|i| i.tactic).collect()
    }

    #[test]
    fn quadratics_split() {
        let all = found("x : ℤ\nh : x * x - 7 * x + 10 = 0\n⊢ x = 2 ∨ x = 5");
        assert!(
            all[0].contains("(x - (2)) * (x - (5)) * ((1)) = 0"),
            "{all:?}"
        );
    }

    #[test]
    fn a_factor_without_roots_stays() {
        let all = found("n : ℤ\nh : n ^ 3 = 27\n⊢ n = 3");
        assert!(
            all[0].contains("(n - (3)) * ((((1) * n + (3)) * n + (9))) = 0"),
            "{all:?}"
        );
        assert!(all[0].contains("hsq"), "{all:?}");
    }

    #[test]
    fn without_integer_roots_there_is_nothing() {
        assert!(found("x : ℤ\nh : x ^ 2 = 2\n⊢ False").is_empty());
        assert!(found("x y : ℤ\nh : x * y = 0\n⊢ x = 0").is_empty());
    }
}
