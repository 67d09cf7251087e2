//! What the portfolio sees of a goal: variables with their types, facts as terms, the target.

use std::collections::BTreeSet;

use lakatos_lean_bridge::protocol::{EnvironmentKind, Goal};

use super::expr::{Expr, Op, Quantifier, parse, tokens};

/// The types that rules distinguish.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Ty {
    Nat,
    Int,
    Rat,
    Bool,
    Prop,
    List,
    Option,
    Fin,
    BitVec,
    /// A function; the text of its type.
    Function(String),
    /// Anything else, as text.
    Other(String),
}

impl Ty {
    /// Reads a pretty-printed type.
    pub fn read(text: &str) -> Ty {
        let text = text.trim();
        let first = text.split([' ', '(']).next().unwrap_or_default();
        match text {
            "ℕ" | "Nat" => Ty::Nat,
            "ℤ" | "Int" => Ty::Int,
            "ℚ" | "Rat" | "ℝ" | "Real" => Ty::Rat,
            "Bool" => Ty::Bool,
            "Prop" => Ty::Prop,
            _ if text.contains('→') => Ty::Function(text.to_owned()),
            _ => match first {
                "List" | "Array" => Ty::List,
                "Option" => Ty::Option,
                "Fin" => Ty::Fin,
                "BitVec" => Ty::BitVec,
                _ => Ty::Other(text.to_owned()),
            },
        }
    }

    /// `Nat` or `Int`.
    pub fn is_integral(&self) -> bool {
        matches!(self, Ty::Nat | Ty::Int)
    }
}

/// A local variable that is not a proof.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name, usable in a tactic.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// Its type as text.
    pub ty_text: String,
}

/// A hypothesis, or a part of one that is a conjunction.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The hypothesis it comes from.
    pub hyp: String,
    /// A proof term for it: `h` or `h.2.1`.
    pub proof: String,
    /// What it says.
    pub expr: Expr,
}

/// A goal, read.
#[derive(Debug, Clone)]
pub struct View {
    /// Variables in order; instances are left out.
    pub vars: Vec<Variable>,
    /// Hypotheses with conjunctions taken apart.
    pub facts: Vec<Fact>,
    /// Names of the hypotheses that are proofs, in order.
    pub hyps: Vec<(String, Expr)>,
    /// The target.
    pub target: Expr,
    /// The target as text.
    pub target_text: String,
    /// The case tag.
    pub tag: String,
    /// Gives inaccessible hypotheses the names used here; empty where there are none. Every tactic
    /// that names a hypothesis must begin with it.
    pub prefix: String,
    /// Whether Mathlib (or another library) is there.
    pub project: bool,
}

impl View {
    /// Reads a goal.
    pub fn new(goal: &Goal, kind: EnvironmentKind) -> View {
        let mut names: Vec<(String, String)> = Vec::new();
        for h in goal.hyps.iter().filter(|h| !h.accessible) {
            let fresh = format!("i{}", names.len() + 1);
            names.push((h.name.clone(), fresh));
        }
        let rename = |text: &str| rename_tokens(text, &names);
        let prefix = if names.is_empty() {
            String::new()
        } else {
            let fresh: Vec<&str> = names.iter().map(|(_, n)| n.as_str()).collect();
            format!("rename_i {}\n", fresh.join(" "))
        };
        let mut view = View {
            vars: Vec::new(),
            facts: Vec::new(),
            hyps: Vec::new(),
            target: parse(&rename(&goal.target)),
            target_text: rename(&goal.target),
            tag: goal.tag.clone(),
            prefix,
            project: kind == EnvironmentKind::Project,
        };
        for h in goal.hyps.iter().filter(|h| !h.instance) {
            let name = rename(&h.name);
            let ty = rename(&h.ty);
            if h.prop {
                let expr = parse(&ty);
                view.take_apart(&name, name.clone(), &expr);
                view.hyps.push((name, expr));
            } else {
                view.vars.push(Variable {
                    name,
                    ty: Ty::read(&ty),
                    ty_text: ty,
                });
            }
        }
        view
    }

    fn take_apart(&mut self, hyp: &str, proof: String, expr: &Expr) {
        match expr {
            Expr::Bin(Op::And, a, b) => {
                self.take_apart(hyp, format!("{proof}.1"), a);
                self.take_apart(hyp, format!("{proof}.2"), b);
            }
            e => self.facts.push(Fact {
                hyp: hyp.to_owned(),
                proof,
                expr: e.clone(),
            }),
        }
    }

    /// The variable of that name.
    pub fn var(&self, name: &str) -> Option<&Variable> {
        self.vars.iter().find(|v| v.name == name)
    }

    /// Variables of the type.
    pub fn vars_of(&self, ty: &Ty) -> impl Iterator<Item = &Variable> {
        let ty = ty.clone();
        self.vars.iter().filter(move |v| v.ty == ty)
    }

    /// The names of the integral variables of a term, in the context's order.
    pub fn integral_vars(&self, e: &Expr) -> Vec<&Variable> {
        self.vars
            .iter()
            .filter(|v| v.ty.is_integral() && e.mentions(&v.name))
            .collect()
    }

    /// The type of a term: the type of the first variable or ascription that decides it.
    /// Without any, `Nat`, as Lean's own default.
    pub fn type_of(&self, e: &Expr) -> Ty {
        self.try_type_of(e).unwrap_or(Ty::Nat)
    }

    /// The type of the two sides of a relation.
    pub fn type_of_sides(&self, a: &Expr, b: &Expr) -> Ty {
        self.try_type_of(a)
            .or_else(|| self.try_type_of(b))
            .unwrap_or(Ty::Nat)
    }

    /// The type of a term, if something in it decides it.
    pub fn try_type_of(&self, e: &Expr) -> Option<Ty> {
        match e {
            Expr::Num(_) | Expr::Opaque(_) | Expr::Not(_) | Expr::Quant(..) => None,
            Expr::Var(v) => self.var(v).map(|v| v.ty.clone()),
            Expr::App(f, _) => match self.var(f).map(|v| v.ty_text.clone()) {
                Some(t) => t.rsplit('→').next().map(Ty::read),
                None if f.starts_with("Nat.") => Some(Ty::Nat),
                None if f.starts_with("Int.") => Some(Ty::Int),
                None => None,
            },
            Expr::Field(_, f, _) => match f.as_str() {
                "den" | "natAbs" | "toNat" | "length" => Some(Ty::Nat),
                "num" => Some(Ty::Int),
                "gcd" | "lcm" => Some(Ty::Nat),
                _ => None,
            },
            Expr::Neg(a) => self.try_type_of(a),
            Expr::Cast(a) => match self.try_type_of(a) {
                Some(Ty::Int) => Some(Ty::Rat),
                _ => None,
            },
            Expr::Ascribe(_, t) => Some(Ty::read(t)),
            Expr::Bin(Op::Pow, a, _) => self.try_type_of(a),
            Expr::Bin(_, a, b) => self.try_type_of(a).or_else(|| self.try_type_of(b)),
        }
    }

    /// All facts and the target.
    pub fn propositions(&self) -> impl Iterator<Item = &Expr> {
        self.facts
            .iter()
            .map(|f| &f.expr)
            .chain(std::iter::once(&self.target))
    }

    /// Numerals that occur in the facts and the target, smallest first.
    pub fn numerals(&self) -> Vec<i128> {
        let mut all = BTreeSet::new();
        for p in self.propositions() {
            p.walk(&mut |e| {
                if let Expr::Num(n) = e {
                    all.insert(*n);
                }
            });
        }
        all.into_iter().collect()
    }

    /// Moduli that the goal speaks of, with the terms reduced: `e % m` and `m ∣ e`, `m` a numeral.
    pub fn moduli(&self) -> Vec<(i128, Expr)> {
        let mut out: Vec<(i128, Expr)> = Vec::new();
        // The target's own modulus matters most.
        for p in std::iter::once(&self.target).chain(self.facts.iter().map(|f| &f.expr)) {
            p.walk(&mut |e| {
                let found = match e {
                    Expr::Bin(Op::Mod, a, m) => m.literal().map(|m| (m, a)),
                    Expr::Bin(Op::Dvd, m, a) => m.literal().map(|m| (m, a)),
                    _ => None,
                };
                if let Some((m, a)) = found
                    && m > 1
                    && !out.iter().any(|(n, b)| *n == m && b == a.as_ref())
                {
                    out.push((m, (**a).clone()));
                }
            });
        }
        out
    }

    /// Whether the target begins with a binder or an implication.
    pub fn target_is_binder(&self) -> bool {
        matches!(
            self.target,
            Expr::Quant(Quantifier::Forall, ..) | Expr::Bin(Op::Imp, ..) | Expr::Not(_)
        ) || matches!(&self.target, Expr::Bin(Op::Ne, ..))
    }

    /// Constants that the goal applies and that are not the library's own as far as their names
    /// tell: unqualified, not a local variable. Unfolding them is worth a try.
    pub fn definitions(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let mut bound: Vec<String> = Vec::new();
        for p in std::iter::once(&self.target).chain(self.facts.iter().map(|f| &f.expr)) {
            let mut add = |name: &str| {
                let plain = name.starts_with(char::is_alphabetic)
                    && !name.contains(['✝', '.'])
                    && name.chars().count() > 1
                    && !KNOWN.contains(&name)
                    && self.var(name).is_none();
                if plain && !out.iter().any(|n| n == name) && out.len() < 6 {
                    out.push(name.to_owned());
                }
            };
            p.walk(&mut |e| match e {
                Expr::App(f, _) | Expr::Var(f) => add(f),
                Expr::Opaque(t) => tokens(t).iter().for_each(|t| add(t)),
                Expr::Quant(_, names, _, _) => bound.extend(names.iter().cloned()),
                _ => {}
            });
        }
        out.retain(|n| !bound.contains(n) && !self.hyps.iter().any(|(h, _)| h == n));
        out
    }

    /// A name that no hypothesis has.
    pub fn fresh(&self, base: &str) -> String {
        let taken = |n: &str| {
            self.vars.iter().any(|v| v.name == n) || self.hyps.iter().any(|(h, _)| h == n)
        };
        if !taken(base) {
            return base.to_owned();
        }
        (1u32..)
            .map(|i| format!("{base}{i}"))
            .find(|n| !taken(n))
            .unwrap_or_default()
    }
}

/// Names that are Lean's own, though they are not qualified.
/// Words of terms that are no definition of the problem.
pub const KNOWN: [&str; 40] = [
    "True", "False", "Nat", "Int", "Rat", "Bool", "Prop", "List", "Array", "Option", "String",
    "Char", "Fin", "BitVec", "Type", "Sort", "Set", "true", "false", "some", "none", "not", "and",
    "or", "xor", "max", "min", "id", "fun", "if", "then", "else", "match", "with", "let", "have",
    "do", "rfl", "in", "from",
];

fn rename_tokens(text: &str, names: &[(String, String)]) -> String {
    if names.is_empty() || !text.contains('✝') {
        return text.to_owned();
    }
    // Superscripts that tell several hidden names apart are not letters: match greedily by text,
    // longest names first, so that `x✝¹` is not read as `x✝`.
    let mut by_length: Vec<&(String, String)> = names.iter().collect();
    by_length.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
    by_length.iter().fold(text.to_owned(), |t, (old, new)| {
        t.replace(old.as_str(), new)
    })
}

/// Whether a name occurs in a text as a token.
pub fn text_mentions(text: &str, name: &str) -> bool {
    tokens(text)
        .iter()
        .any(|t| t == name || t.split('.').next() == Some(name))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use lakatos_lean_bridge::protocol::Hyp;

    /// A goal from Lean's rendering; capital-letter and arithmetic heuristics stand in for what
    /// Lean knows about which hypotheses are proofs.
    pub(crate) fn goal(text: &str) -> Goal {
        let (hyps, target) = text.split_once('⊢').unwrap_or(("", text));
        let mut out = Vec::new();
        for line in hyps.lines().filter(|l| l.contains(" : ")) {
            let (names, ty) = line.split_once(" : ").unwrap_or_default();
            for name in names.split_whitespace() {
                let accessible = !name.contains('✝');
                let prop = name.starts_with(['h', 'i']) || ty.contains('=') || ty.contains('<');
                out.push(Hyp {
                    name: name.to_owned(),
                    ty: ty.to_owned(),
                    value: None,
                    prop,
                    instance: name.starts_with("inst"),
                    accessible,
                });
            }
        }
        Goal {
            text: text.to_owned(),
            tag: String::new(),
            target: target.trim().to_owned(),
            hyps: out,
            hash: String::new(),
        }
    }

    /// The view of such a goal on Lean's core.
    pub(crate) fn view(text: &str) -> View {
        View::new(&goal(text), EnvironmentKind::Core)
    }

    #[test]
    fn conjunctions_are_taken_apart() {
        let v = view("a b : ℕ\nh : 0 < a ∧ 0 < b ∧ b ≤ a\n⊢ a % 7 = 1");
        let facts: Vec<_> = v.facts.iter().map(|f| f.proof.as_str()).collect();
        assert_eq!(facts, ["h.1", "h.2.1", "h.2.2"]);
        assert_eq!(v.moduli(), [(7, Expr::Var("a".into()))]);
        assert_eq!(v.type_of(&parse("a + 1")), Ty::Nat);
    }

    #[test]
    fn hidden_names_are_renamed_in_order() {
        let v = view("x✝¹ x✝ : ℕ\nh✝ : x✝ < x✝¹\n⊢ x✝ ≤ x✝¹");
        assert_eq!(v.prefix, "rename_i i1 i2 i3\n");
        assert_eq!(v.target.to_string(), "i2 ≤ i1");
        assert_eq!(v.facts[0].expr.to_string(), "i2 < i1");
    }

    #[test]
    fn definitions_are_what_is_not_known() {
        let v =
            view("f : ℕ → ℕ\nl : List ℕ\nh : f 1 = total l\n⊢ ∀ xs, fact 3 + xs.length = max 1 2");
        assert_eq!(v.definitions(), ["fact", "total"]);
    }

    #[test]
    fn types_come_from_variables_and_ascriptions() {
        let v = view("t : ℕ → ℚ\nb : ℤ\n⊢ True");
        assert_eq!(v.type_of(&parse("t 3")), Ty::Rat);
        assert_eq!(v.type_of(&parse("b ^ 2")), Ty::Int);
        assert_eq!(v.type_of(&parse("(3 : ℚ) / 7")), Ty::Rat);
        assert_eq!(v.type_of(&parse("2 ^ 8")), Ty::Nat);
    }
}
