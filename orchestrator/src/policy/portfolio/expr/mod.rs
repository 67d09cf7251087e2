//! A light reader of Lean's pretty-printed terms.
//!
//! The portfolio needs to know that a hypothesis is an equation between polynomials, or that a goal
//! speaks of `2 ^ n % 7`; it does not need to elaborate. [`parse`] reads the notation of logic and
//! arithmetic and keeps everything else as [`Expr::Opaque`] text. It accepts any text at all: what
//! is misread yields tactics that Lean refuses, never a wrong proof.

mod lexer;
mod op;
mod parser;

use std::fmt;

pub use lexer::tokens;
pub use op::Op;
pub use parser::parse;

/// A quantifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Quantifier {
    Forall,
    Exists,
    ExistsUnique,
}

/// A term as far as the portfolio understands it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expr {
    /// A numeral.
    Num(i128),
    /// A local variable or a constant.
    Var(String),
    /// A constant or variable applied to arguments.
    App(String, Vec<Expr>),
    /// `receiver.name arguments`, as Lean prints field notation.
    Field(Box<Expr>, String, Vec<Expr>),
    /// `-e`.
    Neg(Box<Expr>),
    /// `¬e`.
    Not(Box<Expr>),
    /// An infix application.
    Bin(Op, Box<Expr>, Box<Expr>),
    /// `↑e`.
    Cast(Box<Expr>),
    /// `(e : T)`.
    Ascribe(Box<Expr>, String),
    /// A quantified proposition: names, the type if it is printed, the body. A bounded quantifier
    /// (`∀ n ≥ 5, p`) has the implication (or conjunction) in its body.
    Quant(Quantifier, Vec<String>, Option<String>, Box<Expr>),
    /// Anything else, as text.
    Opaque(String),
}

impl Expr {
    /// `a op b`.
    pub fn bin(op: Op, a: Expr, b: Expr) -> Expr {
        Expr::Bin(op, Box::new(a), Box::new(b))
    }

    /// Calls `visit` on this term and on every part of it, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        match self {
            Expr::Num(_) | Expr::Var(_) | Expr::Opaque(_) => {}
            Expr::App(_, args) => args.iter().for_each(|a| a.walk(visit)),
            Expr::Field(r, _, args) => {
                r.walk(visit);
                args.iter().for_each(|a| a.walk(visit));
            }
            Expr::Neg(e) | Expr::Not(e) | Expr::Cast(e) | Expr::Ascribe(e, _) => e.walk(visit),
            Expr::Bin(_, a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Expr::Quant(_, _, _, e) => e.walk(visit),
        }
    }

    /// Every part of this term for which `want` holds, outermost first, each once.
    pub fn find_all(&self, want: &dyn Fn(&Expr) -> bool) -> Vec<&Expr> {
        let mut found: Vec<&Expr> = Vec::new();
        self.walk(&mut |e| {
            if want(e) && !found.contains(&e) {
                found.push(e);
            }
        });
        found
    }

    /// Whether the name occurs as a variable (or the head of an application).
    pub fn mentions(&self, name: &str) -> bool {
        let mut yes = false;
        self.walk(&mut |e| {
            yes |= match e {
                Expr::Var(v) | Expr::App(v, _) => v == name,
                Expr::Opaque(t) => tokens(t)
                    .iter()
                    .any(|x| x == name || x.starts_with(&format!("{name}."))),
                _ => false,
            }
        });
        yes
    }

    /// Replaces a variable by a term, everywhere.
    pub fn substitute(&self, name: &str, by: &Expr) -> Expr {
        let go = |e: &Expr| Box::new(e.substitute(name, by));
        let all = |es: &[Expr]| es.iter().map(|e| e.substitute(name, by)).collect();
        match self {
            Expr::Var(v) if v == name => by.clone(),
            Expr::Num(_) | Expr::Var(_) | Expr::Opaque(_) => self.clone(),
            Expr::App(f, args) => Expr::App(f.clone(), all(args)),
            Expr::Field(r, f, args) => Expr::Field(go(r), f.clone(), all(args)),
            Expr::Neg(e) => Expr::Neg(go(e)),
            Expr::Not(e) => Expr::Not(go(e)),
            Expr::Cast(e) => Expr::Cast(go(e)),
            Expr::Ascribe(e, t) => Expr::Ascribe(go(e), t.clone()),
            Expr::Bin(op, a, b) => Expr::Bin(*op, go(a), go(b)),
            Expr::Quant(q, names, ty, e) if !names.iter().any(|n| n == name) => {
                Expr::Quant(*q, names.clone(), ty.clone(), go(e))
            }
            Expr::Quant(..) => self.clone(),
        }
    }

    /// Whether text that was not understood occurs anywhere in it.
    pub fn is_opaque(&self) -> bool {
        let mut yes = false;
        self.walk(&mut |e| yes |= matches!(e, Expr::Opaque(_)));
        yes
    }

    /// The term without casts and type ascriptions around it.
    pub fn uncast(&self) -> &Expr {
        match self {
            Expr::Cast(e) | Expr::Ascribe(e, _) => e.uncast(),
            _ => self,
        }
    }

    /// The numeral that it is, through casts and a minus sign.
    pub fn literal(&self) -> Option<i128> {
        match self.uncast() {
            Expr::Num(n) => Some(*n),
            Expr::Neg(e) => e.literal().and_then(i128::checked_neg),
            _ => None,
        }
    }

    /// The function and its arguments, whichever way it is printed: `Nat.gcd a b` and `a.gcd b` both
    /// give `("gcd", [a, b])`.
    pub fn call(&self) -> Option<(&str, Vec<&Expr>)> {
        match self {
            Expr::App(f, args) => Some((f.rsplit('.').next().unwrap_or(f), args.iter().collect())),
            Expr::Field(r, f, args) => Some((f, std::iter::once(r.as_ref()).chain(args).collect())),
            _ => None,
        }
    }

    fn is_atomic(&self) -> bool {
        matches!(self, Expr::Num(_) | Expr::Var(_) | Expr::Ascribe(..))
            || matches!(self, Expr::Opaque(t) if t.starts_with(['[', '⟨', '{']))
            || matches!(self, Expr::Field(_, _, args) if args.is_empty())
    }
}

struct Atom<'a>(&'a Expr);

impl fmt::Display for Atom<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_atomic() {
            write!(f, "{}", self.0)
        } else {
            write!(f, "({})", self.0)
        }
    }
}

impl fmt::Display for Expr {
    /// Lean's syntax, with more parentheses than Lean would print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Num(n) if *n < 0 => write!(f, "({n})"),
            Expr::Num(n) => write!(f, "{n}"),
            Expr::Var(v) => write!(f, "{v}"),
            Expr::Opaque(t) => write!(f, "{t}"),
            Expr::App(h, args) => {
                write!(f, "{h}")?;
                args.iter().try_for_each(|a| write!(f, " {}", Atom(a)))
            }
            Expr::Field(r, name, args) => {
                write!(f, "{}.{name}", Atom(r))?;
                args.iter().try_for_each(|a| write!(f, " {}", Atom(a)))
            }
            Expr::Neg(e) => write!(f, "-{}", Atom(e)),
            Expr::Not(e) => write!(f, "¬{}", Atom(e)),
            Expr::Cast(e) => write!(f, "↑{}", Atom(e)),
            Expr::Ascribe(e, t) => write!(f, "({e} : {t})"),
            Expr::Bin(op, a, b) => write!(f, "{} {} {}", Atom(a), op.symbol(), Atom(b)),
            Expr::Quant(q, names, ty, body) => {
                let q = match q {
                    Quantifier::Forall => "∀",
                    Quantifier::Exists => "∃",
                    Quantifier::ExistsUnique => "∃!",
                };
                match ty {
                    Some(t) => write!(f, "{q} ({} : {t}), {body}", names.join(" ")),
                    None => write!(f, "{q} {}, {body}", names.join(" ")),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(parse(text).to_string(), expect, "{text}");
    }

    #[test]
    fn arithmetic_and_logic() {
        check("x + y * 2 ^ n % 7 = 1", "(x + ((y * (2 ^ n)) % 7)) = 1");
        check("a - b - c ≤ -d", "((a - b) - c) ≤ (-d)");
        check("¬7 ∣ a ∧ p → q", "((¬(7 ∣ a)) ∧ p) → q");
        check(
            "∀ n ≥ 5, x n = x (n - 1)",
            "∀ n, (n ≥ 5) → ((x n) = (x (n - 1)))",
        );
        check("∀ (a b : ℕ), a = b", "∀ (a b : ℕ), a = b");
        check("∃ f, f 1 = 2", "∃ f, (f 1) = 2");
        check("2 ^ 3 ^ 2", "2 ^ (3 ^ 2)");
    }

    #[test]
    fn casts_and_fields() {
        check(
            "(n + 4).gcd (3 * n + 1) ≤ 11",
            "((n + 4).gcd ((3 * n) + 1)) ≤ 11",
        );
        check(
            "↑(a 30).den + (a 30).num = 9",
            "((↑(a 30).den) + (a 30).num) = 9",
        );
        check("a.gcd 40 = x + 3", "(a.gcd 40) = (x + 3)");
        check("(3 : ℚ) / 7 * ↑b = 2", "(((3 : ℚ) / 7) * (↑b)) = 2");
        assert_eq!(parse("Nat.gcd a b").call(), parse("a.gcd b").call());
    }

    #[test]
    fn what_is_not_understood_is_kept() {
        check("fun x => x + 1", "fun x => x + 1");
        check("[1, 2] ++ l = l", "([1, 2] ++ l) = l");
        check(
            "l.length = 3 ∧ !b = true",
            "(l.length = 3) ∧ ((not b) = true)",
        );
        check(
            "xs[i] = f (fun y => y + 1)",
            "(xs[i]) = (f (fun y => y + 1))",
        );
        check(
            "(a &&& b) = 0 → (p || q) = true",
            "((a &&& b) = 0) → ((p || q) = true)",
        );
        assert!(parse("if p then 1 else 2").is_opaque());
        assert!(parse(&"(".repeat(100_000)).is_opaque());
        assert!(parse(&"¬".repeat(100_000)).is_opaque());
        assert!(parse(&"↑".repeat(1_000)).is_opaque());
        assert!(parse(&"a + ".repeat(100_000)).is_opaque());
    }

    #[test]
    fn substitution_respects_binders() {
        let e = parse("p n ∧ ∀ n, q n");
        assert_eq!(
            e.substitute("n", &Expr::Num(3)).to_string(),
            "(p 3) ∧ (∀ n, q n)"
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = parse(&text).to_string();
        }

        #[test]
        fn no_formula_like_text_panics(text in "[ ()↑¬∀∃,:.a-c0-9+*^%∣=→∧-]*") {
            let e = parse(&text);
            let _ = e.to_string();
            let _ = e.substitute("a", &Expr::Num(1));
        }
    }
}
