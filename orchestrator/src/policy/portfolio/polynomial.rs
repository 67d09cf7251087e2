//! Polynomials with integer coefficients, read from terms.

use std::collections::BTreeMap;
use std::fmt;

use super::expr::{Expr, Op};
use super::features::{Ty, View};

/// A monomial: its variables in order, repeated as often as they occur.
pub type Monomial = Vec<String>;

/// A polynomial; zero coefficients are never stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Polynomial {
    terms: BTreeMap<Monomial, i128>,
}

/// Larger polynomials are not read.
const MAX_TERMS: usize = 200;
const MAX_DEGREE: usize = 12;

impl Polynomial {
    /// A constant.
    pub fn constant(c: i128) -> Polynomial {
        let mut p = Polynomial::default();
        if c != 0 {
            p.terms.insert(Vec::new(), c);
        }
        p
    }

    /// A product of variables.
    pub fn monomial(m: Monomial) -> Polynomial {
        Polynomial {
            terms: BTreeMap::from([(m, 1)]),
        }
    }

    /// Reads an integral term; what is not `+ - * ^` of variables and numerals is not a polynomial,
    /// and neither is a subtraction of naturals. Applications count as variables.
    pub fn read(view: &View, e: &Expr) -> Option<Polynomial> {
        let go = |e: &Expr| Polynomial::read(view, e);
        match e {
            Expr::Num(n) => Some(Polynomial::constant(*n)),
            Expr::Var(v) => Some(Polynomial::monomial(vec![v.clone()])),
            Expr::Neg(a) => Polynomial::default().minus(&go(a)?),
            Expr::Ascribe(a, _) => go(a),
            Expr::Cast(_) | Expr::App(..) | Expr::Field(..) if !e.is_opaque() => {
                Some(Polynomial::monomial(vec![format!("({e})")]))
            }
            Expr::Bin(Op::Add, a, b) => go(a)?.plus(&go(b)?),
            Expr::Bin(Op::Sub, a, b) if view.type_of(e) != Ty::Nat => go(a)?.minus(&go(b)?),
            Expr::Bin(Op::Mul, a, b) => go(a)?.times(&go(b)?),
            Expr::Bin(Op::Pow, a, k) => {
                let k = usize::try_from(k.literal()?)
                    .ok()
                    .filter(|k| *k <= MAX_DEGREE)?;
                let base = go(a)?;
                (0..k).try_fold(Polynomial::constant(1), |acc, _| acc.times(&base))
            }
            _ => None,
        }
    }

    fn combine(&self, other: &Polynomial, scale: i128) -> Option<Polynomial> {
        let mut out = self.clone();
        for (m, c) in &other.terms {
            let slot = out.terms.entry(m.clone()).or_insert(0);
            *slot = slot.checked_add(c.checked_mul(scale)?)?;
        }
        out.terms.retain(|_, c| *c != 0);
        (out.terms.len() <= MAX_TERMS).then_some(out)
    }

    /// Sum; none on overflow.
    pub fn plus(&self, other: &Polynomial) -> Option<Polynomial> {
        self.combine(other, 1)
    }

    /// Difference; none on overflow.
    pub fn minus(&self, other: &Polynomial) -> Option<Polynomial> {
        self.combine(other, -1)
    }

    /// Product; none on overflow or if it gets too large.
    pub fn times(&self, other: &Polynomial) -> Option<Polynomial> {
        let mut out = Polynomial::default();
        for (m, a) in &self.terms {
            for (n, b) in &other.terms {
                let mut product: Monomial = m.iter().chain(n).cloned().collect();
                if product.len() > MAX_DEGREE {
                    return None;
                }
                product.sort();
                let slot = out.terms.entry(product).or_insert(0);
                *slot = slot.checked_add(a.checked_mul(*b)?)?;
            }
        }
        out.terms.retain(|_, c| *c != 0);
        (out.terms.len() <= MAX_TERMS).then_some(out)
    }

    /// Terms.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// Monomials with their coefficients.
    pub fn terms(&self) -> impl Iterator<Item = (&Monomial, i128)> {
        self.terms.iter().map(|(m, c)| (m, *c))
    }

    /// Total degree; 0 for constants.
    pub fn degree(&self) -> usize {
        self.terms.keys().map(Vec::len).max().unwrap_or(0)
    }

    /// The variables, in order.
    pub fn variables(&self) -> Vec<String> {
        let mut all: Vec<String> = self.terms.keys().flatten().cloned().collect();
        all.sort();
        all.dedup();
        all
    }

    /// The coefficient of a monomial.
    pub fn coefficient(&self, monomial: &[&str]) -> i128 {
        let mut m: Monomial = monomial.iter().map(|v| (*v).to_owned()).collect();
        m.sort();
        self.terms.get(&m).copied().unwrap_or(0)
    }

    /// `(a, b)` if it is `a x + b` with `a ≠ 0`.
    pub fn as_line(&self, x: &str) -> Option<(i128, i128)> {
        let slope = self.coefficient(&[x]);
        let only = self
            .terms
            .keys()
            .all(|m| m.is_empty() || m.as_slice() == [x]);
        (slope != 0 && only).then(|| (slope, self.coefficient(&[])))
    }
}

impl fmt::Display for Polynomial {
    /// Lean's syntax.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return write!(f, "0");
        }
        for (i, (m, c)) in self.terms.iter().enumerate() {
            if i > 0 {
                write!(f, " + ")?;
            }
            write!(f, "({c})")?;
            m.iter().try_for_each(|v| write!(f, " * {v}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::expr::parse;
    use super::super::features::tests::view;
    use super::*;

    fn read(context: &str, text: &str) -> Option<String> {
        Polynomial::read(&view(context), &parse(text)).map(|p| p.to_string())
    }

    #[test]
    fn expansion() {
        let z = "x y : ℤ\n⊢ True";
        assert_eq!(
            read(z, "(x - y) * (x + y)").as_deref(),
            Some("(1) * x * x + (-1) * y * y")
        );
        assert_eq!(
            read(z, "(x + 1) ^ 2 - x ^ 2 - 2 * x").as_deref(),
            Some("(1)")
        );
        assert_eq!(read(z, "x - x").as_deref(), Some("0"));
    }

    #[test]
    fn natural_subtraction_is_not_polynomial() {
        assert_eq!(read("x : ℕ\n⊢ True", "x - 1"), None);
        assert_eq!(read("x : ℤ\n⊢ True", "x / 2"), None);
        assert_eq!(read("x : ℤ\n⊢ True", "2 ^ x"), None);
    }
}
