//! Divisibility of polynomials.
//!
//! `A ∣ B` follows from `B = Q A + Σ Cⱼ Hⱼ` where the hypotheses say `Hⱼ = 0`. The coefficients of
//! `Q` and `Cⱼ`, of the degrees that fit, solve a linear system over the fractions; `Q` must come
//! out integral, and Lean checks the identity.

use super::expr::{Expr, Op};
use super::features::{Ty, View};
use super::fraction::{Fraction, minus, reduce, times};
use super::idea::Idea;
use super::polynomial::{Monomial, Polynomial};

const MAX_UNKNOWNS: usize = 80;

/// The cofactor, where there is one.
pub fn ideas(view: &View) -> Vec<Idea> {
    let Expr::Bin(Op::Dvd, a, b) = &view.target else {
        return Vec::new();
    };
    let Some(q) = cofactor(view, a, b) else {
        return Vec::new();
    };
    vec![
        Idea::new(
            "cofactor",
            0,
            0.5,
            format!("{}exact ⟨{q}, by grind⟩", view.prefix),
        )
        .budget(4_000),
    ]
}

fn cofactor(view: &View, a: &Expr, b: &Expr) -> Option<Polynomial> {
    if a.literal().is_some() {
        return None;
    }
    let natural = view.type_of(a) == Ty::Nat;
    let (a, b) = (Polynomial::read(view, a)?, Polynomial::read(view, b)?);
    let room = b.degree().checked_sub(a.degree())?;
    let mut names = a.variables();
    names.extend(b.variables());
    let mut zero: Vec<Polynomial> = Vec::new();
    for f in &view.facts {
        if let Expr::Bin(Op::Eq, l, r) = &f.expr
            && let (Some(l), Some(r)) = (Polynomial::read(view, l), Polynomial::read(view, r))
            && let Some(h) = l.minus(&r).filter(|h| !h.is_zero())
        {
            names.extend(h.variables());
            zero.push(h);
        }
    }
    names.sort();
    names.dedup();
    // Columns: A times each monomial of Q first, then each hypothesis times its own.
    let of_quotient = monomials(&names, room)?;
    let mut columns: Vec<Polynomial> = Vec::new();
    for m in &of_quotient {
        columns.push(a.times(&Polynomial::monomial(m.clone()))?);
    }
    for h in &zero {
        if let Some(room) = b.degree().max(a.degree() + room).checked_sub(h.degree()) {
            for m in monomials(&names, room.min(1))? {
                columns.push(h.times(&Polynomial::monomial(m))?);
            }
        }
    }
    if columns.len() > MAX_UNKNOWNS {
        return None;
    }
    let solution = solve(&columns, &b)?;
    let mut q = Polynomial::default();
    for (m, (n, d)) in of_quotient.iter().zip(&solution) {
        if n % d != 0 || natural && *n < 0 {
            return None;
        }
        let scaled = Polynomial::monomial(m.clone()).times(&Polynomial::constant(n / d))?;
        q = q.plus(&scaled)?;
    }
    Some(q)
}

/// All monomials up to a degree, or none if there are too many.
fn monomials(names: &[String], degree: usize) -> Option<Vec<Monomial>> {
    let mut all: Vec<Monomial> = vec![Vec::new()];
    let mut layer = all.clone();
    for _ in 0..degree {
        let mut next: Vec<Monomial> = Vec::new();
        for m in &layer {
            for n in names {
                if m.last().is_none_or(|l| l <= n) {
                    let mut longer = m.clone();
                    longer.push(n.clone());
                    next.push(longer);
                }
            }
        }
        all.extend(next.iter().cloned());
        if all.len() > MAX_UNKNOWNS {
            return None;
        }
        layer = next;
    }
    Some(all)
}

/// Coefficients with `Σ xᵢ columnsᵢ = target`, free ones zero; none if there are none.
fn solve(columns: &[Polynomial], target: &Polynomial) -> Option<Vec<Fraction>> {
    let mut rows: Vec<Monomial> = columns
        .iter()
        .chain([target])
        .flat_map(|p| p.terms().map(|(m, _)| m.clone()))
        .collect();
    rows.sort();
    rows.dedup();
    let entry = |p: &Polynomial, m: &Monomial| {
        let names: Vec<&str> = m.iter().map(String::as_str).collect();
        (p.coefficient(&names), 1)
    };
    let mut matrix: Vec<Vec<Fraction>> = rows
        .iter()
        .map(|m| {
            columns
                .iter()
                .chain([target])
                .map(|p| entry(p, m))
                .collect()
        })
        .collect();
    let width = columns.len();
    let mut pivots: Vec<usize> = Vec::new();
    for column in 0..width {
        let at = pivots.len();
        let Some(found) = (at..matrix.len()).find(|r| matrix[*r][column].0 != 0) else {
            continue;
        };
        matrix.swap(at, found);
        let (n, d) = matrix[at][column];
        let inverse = reduce((d, n))?;
        for x in &mut matrix[at] {
            *x = times(*x, inverse)?;
        }
        let pivot = matrix[at].clone();
        for (r, row) in matrix.iter_mut().enumerate() {
            let factor = row[column];
            if r != at && factor.0 != 0 {
                for (x, p) in row.iter_mut().zip(&pivot) {
                    *x = minus(*x, times(*p, factor)?)?;
                }
            }
        }
        pivots.push(column);
    }
    if matrix[pivots.len()..].iter().any(|row| row[width].0 != 0) {
        return None;
    }
    let mut solution = vec![(0, 1); width];
    for (row, column) in pivots.iter().enumerate() {
        solution[*column] = matrix[row][width];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    fn found(goal: &str) -> Vec<String> {
        ideas(&view(goal)).into_iter().map(|i| i.tactic).collect()
    }

    #[test]
    fn identities_give_the_cofactor() {
        assert_eq!(
            found("x y : ℤ\n⊢ x - y ∣ x ^ 2 - y ^ 2"),
            ["exact ⟨(1) * x + (1) * y, by grind⟩"]
        );
        assert_eq!(found("x : ℕ\n⊢ x + 1 ∣ x ^ 2 + 2 * x + 1").len(), 1);
    }

    #[test]
    fn hypotheses_take_part() {
        assert_eq!(
            found("a b c : ℤ\nh : a + b + c = 0\n⊢ a + b ∣ c ^ 2 + c").len(),
            1
        );
    }

    #[test]
    fn what_does_not_divide_gets_nothing() {
        assert!(found("x y : ℤ\n⊢ x - y ∣ x ^ 2 + y ^ 2").is_empty());
        assert!(found("x : ℤ\n⊢ 2 * x ∣ x ^ 2").is_empty());
    }
}
