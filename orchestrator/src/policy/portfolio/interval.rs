//! Interval arithmetic over the integers, and the bounds on variables that a goal's facts imply.
//!
//! If a fact is infeasible whenever `x > B`, then `x ≤ B`. Intervals decide feasibility from above,
//! so the bounds found are right for the integers; Lean proves each again in any case.

use std::collections::BTreeMap;

use super::expr::{Expr, Op};
use super::features::{Ty, View};

/// Integers between two ends; an absent end is infinite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Least value.
    pub lo: Option<i128>,
    /// Greatest value.
    pub hi: Option<i128>,
}

impl Interval {
    const ALL: Interval = Interval { lo: None, hi: None };
    const NAT: Interval = Interval {
        lo: Some(0),
        hi: None,
    };

    fn point(n: i128) -> Interval {
        Interval {
            lo: Some(n),
            hi: Some(n),
        }
    }

    fn add(self, o: Interval) -> Interval {
        let sum = |a: Option<i128>, b: Option<i128>| a?.checked_add(b?);
        Interval {
            lo: sum(self.lo, o.lo),
            hi: sum(self.hi, o.hi),
        }
    }

    fn neg(self) -> Interval {
        let neg = |a: Option<i128>| a?.checked_neg();
        Interval {
            lo: neg(self.hi),
            hi: neg(self.lo),
        }
    }

    fn is_nonnegative(self) -> bool {
        self.lo.is_some_and(|l| l >= 0)
    }

    fn mul(self, o: Interval) -> Interval {
        if self == Interval::point(0) || o == Interval::point(0) {
            return Interval::point(0);
        }
        if self.is_nonnegative() && o.is_nonnegative() {
            let product = |a: Option<i128>, b: Option<i128>| a?.checked_mul(b?);
            let hi = if self.hi == Some(0) || o.hi == Some(0) {
                Some(0)
            } else {
                product(self.hi, o.hi)
            };
            // An overflowing lower end is still a large lower end.
            return Interval {
                lo: Some(product(self.lo, o.lo).unwrap_or(i128::MAX)),
                hi,
            };
        }
        match (self.lo, self.hi, o.lo, o.hi) {
            (Some(a), Some(b), Some(c), Some(d)) => {
                let ends = [
                    a.checked_mul(c),
                    a.checked_mul(d),
                    b.checked_mul(c),
                    b.checked_mul(d),
                ];
                let Some(ends) = ends.into_iter().collect::<Option<Vec<i128>>>() else {
                    return Interval::ALL;
                };
                Interval {
                    lo: ends.iter().min().copied(),
                    hi: ends.iter().max().copied(),
                }
            }
            _ if self.hi.is_some_and(|h| h <= 0) => self.neg().mul(o).neg(),
            _ if o.hi.is_some_and(|h| h <= 0) && self.is_nonnegative() => self.mul(o.neg()).neg(),
            _ => Interval::ALL,
        }
    }

    fn pow(self, k: u32) -> Interval {
        let raise = |a: i128| a.checked_pow(k);
        if k == 0 {
            return Interval::point(1);
        }
        if self.is_nonnegative() {
            let lo = self.lo.map(|l| raise(l).unwrap_or(i128::MAX));
            return Interval {
                lo,
                hi: self.hi.and_then(raise),
            };
        }
        if k.is_multiple_of(2) {
            let hi = match (self.lo, self.hi) {
                (Some(a), Some(b)) => raise(a.saturating_abs())
                    .zip(raise(b.saturating_abs()))
                    .map(|(x, y)| x.max(y)),
                _ => None,
            };
            let lo = match self.hi {
                Some(b) if b < 0 => Some(raise(b.saturating_abs()).unwrap_or(i128::MAX)),
                _ => Some(0),
            };
            return Interval { lo, hi };
        }
        Interval {
            lo: self.lo.and_then(raise),
            hi: self.hi.and_then(raise),
        }
    }
}

/// Where each variable lies.
pub type Ranges = BTreeMap<String, Interval>;

/// The interval of an integral term.
pub fn evaluate(view: &View, ranges: &Ranges, e: &Expr) -> Interval {
    let value = raw(view, ranges, e);
    if !value.is_nonnegative() && view.try_type_of(e) == Some(Ty::Nat) {
        return Interval {
            lo: Some(value.lo.unwrap_or(0).max(0)),
            hi: value.hi.map(|h| h.max(0)),
        };
    }
    value
}

fn raw(view: &View, ranges: &Ranges, e: &Expr) -> Interval {
    match e {
        Expr::Num(n) => Interval::point(*n),
        Expr::Var(v) => ranges.get(v).copied().unwrap_or(Interval::ALL),
        Expr::Cast(a) | Expr::Ascribe(a, _) => evaluate(view, ranges, a),
        Expr::Neg(a) => evaluate(view, ranges, a).neg(),
        Expr::Bin(op, a, b) => {
            let (x, y) = (evaluate(view, ranges, a), evaluate(view, ranges, b));
            match op {
                Op::Add => x.add(y),
                Op::Sub => x.add(y.neg()),
                Op::Mul if a == b => x.pow(2),
                Op::Mul => x.mul(y),
                Op::Mod => match b.literal() {
                    Some(m) if m > 0 => Interval {
                        lo: Some(0),
                        hi: Some(m - 1),
                    },
                    _ => Interval::ALL,
                },
                Op::Div => match (b.literal(), x.lo, x.hi) {
                    (Some(m), lo, hi) if m > 0 => Interval {
                        lo: lo.map(|l| l.div_euclid(m)),
                        hi: hi.map(|h| h.div_euclid(m)),
                    },
                    _ => Interval::ALL,
                },
                Op::Pow => power(x, y),
                _ => Interval::ALL,
            }
        }
        Expr::App(..) | Expr::Field(..) => match e.call() {
            Some(("gcd", args)) if args.len() == 2 => {
                let hi = |a: &Expr| {
                    let i = evaluate(view, ranges, a);
                    i.hi.filter(|_| i.lo.is_some_and(|l| l > 0))
                };
                let bound = [hi(args[0]), hi(args[1])].into_iter().flatten().min();
                Interval {
                    lo: Some(0),
                    hi: bound,
                }
            }
            _ => Interval::ALL,
        },
        _ => Interval::ALL,
    }
}

fn power(base: Interval, exponent: Interval) -> Interval {
    let small = |k: i128| u32::try_from(k).ok().filter(|k| *k <= 4096);
    if let (Some(k), Some(h)) = (exponent.lo, exponent.hi)
        && k == h
        && let Some(k) = small(k)
    {
        return base.pow(k);
    }
    // `b ^ e` grows with `e` where `b ≥ 1`.
    match (base.lo, exponent.lo) {
        (Some(b), Some(e)) if b >= 1 && e >= 0 => {
            let lo = small(e).and_then(|e| b.checked_pow(e)).unwrap_or(i128::MAX);
            let lo = if b == 1 { 1 } else { lo };
            let hi = match (base.hi, exponent.hi) {
                (Some(b), Some(e)) => small(e).and_then(|e| b.checked_pow(e)),
                _ => None,
            };
            Interval { lo: Some(lo), hi }
        }
        _ if base.is_nonnegative() => Interval::NAT,
        _ => Interval::ALL,
    }
}

/// Whether the fact can hold when the variables lie in the ranges. `true` when in doubt.
pub fn feasible(view: &View, ranges: &Ranges, fact: &Expr) -> bool {
    match fact {
        Expr::Bin(op, a, b) if op.is_relation() => {
            let (x, y) = (evaluate(view, ranges, a), evaluate(view, ranges, b));
            let below = |p: Interval, q: Interval| p.lo.zip(q.hi).is_none_or(|(l, h)| l <= h);
            let strictly = |p: Interval, q: Interval| p.lo.zip(q.hi).is_none_or(|(l, h)| l < h);
            match op {
                Op::Eq => below(x, y) && below(y, x),
                Op::Le => below(x, y),
                Op::Ge => below(y, x),
                Op::Lt => strictly(x, y),
                Op::Gt => strictly(y, x),
                // A natural divisor of a positive numeral is at most that numeral.
                Op::Dvd => match b.literal() {
                    Some(n) if n > 0 && view.type_of_sides(a, b) == Ty::Nat => {
                        x.lo.is_none_or(|divisor| divisor <= n)
                    }
                    _ => true,
                },
                _ => true,
            }
        }
        Expr::Not(e) => match negate(e) {
            Some(n) => feasible(view, ranges, &n),
            None => true,
        },
        Expr::Bin(Op::And, a, b) => feasible(view, ranges, a) && feasible(view, ranges, b),
        Expr::Bin(Op::Or, a, b) => feasible(view, ranges, a) || feasible(view, ranges, b),
        _ => true,
    }
}

/// The negation of an order relation, as an order relation.
pub fn negate(e: &Expr) -> Option<Expr> {
    let Expr::Bin(op, a, b) = e else { return None };
    let flipped = match op {
        Op::Le => Op::Gt,
        Op::Lt => Op::Ge,
        Op::Ge => Op::Lt,
        Op::Gt => Op::Le,
        Op::Eq => Op::Ne,
        Op::Ne => Op::Eq,
        _ => return None,
    };
    Some(Expr::Bin(flipped, a.clone(), b.clone()))
}

/// One deduction: a variable's end, and the fact it follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The variable.
    pub var: String,
    /// Whether the upper end (else the lower) is meant.
    pub upper: bool,
    /// The end, inclusive.
    pub value: i128,
    /// Index of the fact in the list that was given.
    pub fact: usize,
}

/// What propagation found.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// The final ranges of integral variables.
    pub ranges: Ranges,
    /// The deductions in an order in which each follows from the facts and the ones before.
    pub steps: Vec<Bound>,
}

/// Larger bounds are of no use to an enumeration.
const LIMIT: i128 = 1 << 24;

/// Narrows the ranges of the goal's integral variables by its facts until nothing changes (or a few
/// rounds have passed).
pub fn propagate(view: &View, facts: &[Expr]) -> Bounds {
    let mut out = Bounds::default();
    for v in &view.vars {
        match v.ty {
            Ty::Nat => out.ranges.insert(v.name.clone(), Interval::NAT),
            Ty::Int => out.ranges.insert(v.name.clone(), Interval::ALL),
            _ => None,
        };
    }
    let names: Vec<String> = out.ranges.keys().cloned().collect();
    for _ in 0..4 {
        let before = out.ranges.clone();
        for (index, fact) in facts.iter().enumerate() {
            if is_about_fractions(view, fact) {
                continue;
            }
            for name in names.iter().filter(|n| fact.mentions(n)) {
                for upper in [true, false] {
                    // Lower ends on the naturals are only wanted where linear arithmetic proves
                    // them.
                    if !upper && is_natural(view, name) && !is_linear(fact) {
                        continue;
                    }
                    if let Some(value) = tighten(view, &out.ranges, fact, name, upper) {
                        if let Some(r) = out.ranges.get_mut(name) {
                            if upper {
                                r.hi = Some(value);
                            } else {
                                r.lo = Some(value);
                            }
                        }
                        out.steps.push(Bound {
                            var: name.clone(),
                            upper,
                            value,
                            fact: index,
                        });
                    }
                }
            }
        }
        if out.ranges == before {
            break;
        }
    }
    out
}

fn is_natural(view: &View, name: &str) -> bool {
    view.var(name).is_some_and(|v| v.ty == Ty::Nat)
}

fn is_linear(fact: &Expr) -> bool {
    let nonlinear = |e: &Expr| match e {
        Expr::Bin(Op::Mul, a, b) => a.literal().is_none() && b.literal().is_none(),
        Expr::Bin(Op::Pow, a, k) => a.literal().is_none() || k.literal().is_none(),
        _ => false,
    };
    fact.find_all(&nonlinear).is_empty()
}

/// Integers behave differently under division from fractions: facts about fractions are left alone.
fn is_about_fractions(view: &View, fact: &Expr) -> bool {
    match fact {
        Expr::Bin(op, a, b) if op.is_relation() => {
            [a, b].iter().any(|e| !view.type_of(e).is_integral())
        }
        Expr::Not(e) => is_about_fractions(view, e),
        Expr::Bin(_, a, b) => is_about_fractions(view, a) || is_about_fractions(view, b),
        _ => false,
    }
}

/// The best end that the fact implies, if it is better than the one known.
fn tighten(view: &View, ranges: &Ranges, fact: &Expr, name: &str, upper: bool) -> Option<i128> {
    let now = *ranges.get(name)?;
    // Whether `x` beyond `b` (on the side asked for) is impossible.
    let impossible = |b: i128| {
        let mut trial = ranges.clone();
        let beyond = if upper {
            Interval {
                lo: Some(b + 1).max(now.lo),
                hi: now.hi,
            }
        } else {
            Interval {
                lo: now.lo,
                hi: now.hi.map_or(Some(b - 1), |h| Some(h.min(b - 1))),
            }
        };
        trial.insert(name.to_owned(), beyond);
        !feasible(view, &trial, fact)
    };
    // Ends are searched by distance from the other end, or from zero; the predicate is monotone.
    let (origin, known, sign) = if upper {
        (now.lo.unwrap_or(0), now.hi, 1)
    } else {
        (now.hi.unwrap_or(0), now.lo, -1)
    };
    let at = |distance: i128| origin + sign * distance;
    // With one end infinite, the origin is arbitrary, and the end may lie on its other side.
    let mut low = if upper && now.lo.is_none() || !upper && now.hi.is_none() {
        -LIMIT
    } else {
        0
    };
    let mut high = known.map_or(LIMIT, |k| (k - origin).saturating_mul(sign) - 1);
    if now.lo.is_some() && now.hi.is_some() {
        // Every step costs Lean a proof: a finite range only shrinks by a fifth or more.
        high -= (high - low) / 5;
    }
    if high < low || !impossible(at(high)) {
        return None;
    }
    while low < high {
        let mid = low + (high - low).div_euclid(2);
        if impossible(at(mid)) {
            high = mid
        } else {
            low = mid + 1
        }
    }
    Some(at(high))
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    fn check(goal: &str, expect: &[(&str, Option<i128>, Option<i128>)]) {
        let v = view(goal);
        let facts: Vec<Expr> = v.facts.iter().map(|f| f.expr.clone()).collect();
        let found = propagate(&v, &facts);
        for (name, lo, hi) in expect {
            assert_eq!(
                found.ranges[*name],
                Interval { lo: *lo, hi: *hi },
                "{goal}: {name}"
            );
        }
    }

    #[test]
    fn linear_facts() {
        check(
            "x y : ℕ\nh : x + y = 20\n⊢ True",
            &[("x", Some(0), Some(20))],
        );
        check(
            "x : ℤ\nh : 12 ≤ x ∧ x ≤ 34\n⊢ True",
            &[("x", Some(12), Some(34))],
        );
        check(
            "x y : ℕ\nh : x < y\nh1 : y < 5\n⊢ True",
            &[("x", Some(0), Some(3))],
        );
        check("x : ℤ\nh : -3 < x\n⊢ True", &[("x", Some(-2), None)]);
    }

    #[test]
    fn products_and_powers() {
        check(
            "x : ℕ\nh : 5 * x ^ 2 + x = 84\n⊢ True",
            &[("x", Some(0), Some(4))],
        );
        check(
            "x y : ℕ\nh : 2 ^ x * 5 ^ y = 1600\n⊢ True",
            &[("x", Some(0), Some(10))],
        );
        check(
            "x y : ℕ\nh : 0 < y\nh1 : x * y = 12\n⊢ True",
            &[("x", Some(0), Some(12))],
        );
        check(
            "x y : ℤ\nh : x ^ 2 + y ^ 2 = 25\n⊢ True",
            &[("x", Some(-5), Some(5))],
        );
    }

    #[test]
    fn nothing_is_claimed_without_a_reason() {
        check("x y : ℕ\nh : x = y\n⊢ True", &[("x", Some(0), None)]);
        check("x : ℤ\nh : x % 7 = 3\n⊢ True", &[("x", None, None)]);
        check(
            "x : ℕ\nh : (x : ℚ) / 2 = 1\n⊢ True",
            &[("x", Some(0), None)],
        );
    }
}
