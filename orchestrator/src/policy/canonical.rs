//! Canonical names: what a model reads and writes in place of a problem's own names.
//!
//! A small model copies names badly, and which names a problem's author chose says nothing about its proof. So hypotheses
//! become `H1, H2, …`, other variables `X1, X2, …`, bound variables `B1, B2, …` and the problem's definitions `F1, F2, …`, each
//! in the order in which they first stand in the goal. [`Names`] translates a goal and a tactic there and a proposal back. What
//! Lean's library defines keeps its name, as far as that can be told from the text: names with a namespace, names that begin
//! with a capital, and a few others.

use std::collections::{HashMap, HashSet};

use super::portfolio::features::KNOWN;

/// Words of terms that are lower-case and no problem's own names, besides the portfolio's.
const WORDS: [&str; 30] = [
    "show",
    "by",
    "where",
    "at",
    "using",
    "this",
    "fun",
    "exists",
    "forall",
    "succ",
    "zero",
    "cons",
    "nil",
    "decide",
    "compare",
    "toString",
    "ite",
    "dite",
    "absurd",
    "default",
    "inferInstance",
    "id",
    "pure",
    "bind",
    "length",
    "map",
    "reverse",
    "inl",
    "inr",
    "rec",
];

/// A translation between a goal's names and the canonical ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Canonical names by the goal's own.
    there: HashMap<String, String>,
    /// The goal's own by canonical name.
    back: HashMap<String, String>,
}

/// A piece of a text: a name (dotted, with its fields), or anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Name(&'a str),
    Other(&'a str),
}

fn in_name(c: char) -> bool {
    (c.is_alphanumeric() && c != 'λ') || matches!(c, '_' | '\'' | '.' | '✝' | '!' | '?')
}

fn starts_name(c: char) -> bool {
    (c.is_alphabetic() && c != 'λ') || c == '_'
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = |p: fn(char) -> bool| rest.find(|c| p(c) != p(first)).unwrap_or(rest.len());
        let end = if in_name(first) {
            run(in_name)
        } else {
            rest.find(in_name).unwrap_or(rest.len())
        };
        let (piece, after) = rest.split_at(end);
        out.push(if starts_name(first) {
            Piece::Name(piece)
        } else {
            Piece::Other(piece)
        });
        rest = after;
    }
    out
}

/// A name up to its first dot, and the rest.
fn head(name: &str) -> (&str, &str) {
    match name.char_indices().find(|(i, c)| *i > 0 && *c == '.') {
        Some((at, _)) => name.split_at(at),
        None => (name, ""),
    }
}

/// Whether a name is one of the canonical ones.
fn canonical(name: &str) -> bool {
    name.strip_prefix(['X', 'H', 'B', 'F'])
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a name without a namespace may be the problem's own.
fn own(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_' || "ℕℤℚℝℂ".contains(c))
        && !KNOWN.contains(&name)
        && !WORDS.contains(&name)
}

/// A hypothesis line: names, and what follows the colon.
fn hypothesis(line: &str) -> Option<(Vec<&str>, &str)> {
    let (names, ty) = line.split_once(" : ")?;
    let names: Vec<&str> = names.split_whitespace().collect();
    let plain = |n: &&str| n.chars().all(in_name);
    (!line.starts_with(' ') && names.iter().all(plain)).then_some((names, ty))
}

impl Names {
    /// The names of a goal, as Lean prints it: hypotheses, then `⊢` and the target.
    pub fn of(goal: &str) -> Self {
        let mut names = Self::default();
        let mut counts = [0u32; 4];
        let mut propositions: HashSet<&str> = HashSet::new();
        let mut add = |names: &mut Self, kind: usize, name: &str| {
            if names.there.contains_key(name) {
                return;
            }
            counts[kind] += 1;
            let new = format!("{}{}", ['X', 'H', 'B', 'F'][kind], counts[kind]);
            names.back.insert(new.clone(), name.to_owned());
            names.there.insert(name.to_owned(), new);
        };
        for line in body(goal) {
            let Some((own, ty)) = hypothesis(line) else {
                continue;
            };
            let kind = usize::from(states(ty, &propositions));
            for name in own {
                add(&mut names, kind, name);
                if ty == "Prop" {
                    propositions.insert(name);
                }
            }
        }
        for line in body(goal) {
            let text = hypothesis(line).map_or(line, |(_, ty)| ty);
            let mut binding = false;
            for piece in pieces(text) {
                match piece {
                    Piece::Other(text) => {
                        let opens = text.ends_with(['∀', '∃', 'λ'])
                            || text.contains("∀ ")
                            || text.contains("∃ ");
                        binding =
                            opens || (binding && text.trim_end_matches('(').trim().is_empty());
                    }
                    Piece::Name("fun") => binding = true,
                    Piece::Name(name) => {
                        let (first, fields) = head(name);
                        if binding {
                            add(&mut names, 2, first);
                        } else if fields.is_empty() && own(first) {
                            add(&mut names, 3, first);
                        }
                    }
                }
            }
        }
        names
    }

    /// The goal in canonical names, without its case's tag and without what lines are broken for.
    pub fn goal(&self, goal: &str) -> String {
        let mut lines: Vec<String> = Vec::new();
        for line in body(goal) {
            match lines.last_mut().filter(|_| line.starts_with(' ')) {
                Some(last) => {
                    last.push(' ');
                    last.push_str(line.trim());
                }
                None => lines.push(line.to_owned()),
            }
        }
        self.render(&lines.join("\n"))
    }

    /// A tactic in canonical names; none where it makes a name of its own that looks like one.
    pub fn tactic(&self, tactic: &str) -> Option<String> {
        let clear = |p: &Piece<'_>| match p {
            Piece::Name(name) => !canonical(head(name).0) || self.there.contains_key(head(name).0),
            Piece::Other(_) => true,
        };
        pieces(tactic)
            .iter()
            .all(clear)
            .then(|| self.render(tactic))
    }

    /// A proposal in the goal's own names; none where it names what the goal does not have, or what a tactic cannot name.
    pub fn proposal(&self, proposal: &str) -> Option<String> {
        let mut out = String::new();
        for piece in pieces(proposal) {
            match piece {
                Piece::Other(text) => out.push_str(text),
                Piece::Name(name) => {
                    let (first, fields) = head(name);
                    match self.back.get(first) {
                        Some(own) if own.contains('✝') => return None,
                        Some(own) => out.push_str(own),
                        None if canonical(first) => return None,
                        None => out.push_str(first),
                    }
                    out.push_str(fields);
                }
            }
        }
        sane(&out).then_some(out)
    }

    fn render(&self, text: &str) -> String {
        let one = |piece: &Piece<'_>| match piece {
            Piece::Other(text) => (*text).to_owned(),
            Piece::Name(name) => {
                let (first, fields) = head(name);
                let new = self.there.get(first).map_or(first, String::as_str);
                format!("{new}{fields}")
            }
        };
        pieces(text).iter().map(one).collect()
    }
}

/// The lines of a goal below its case's tag.
fn body(goal: &str) -> impl Iterator<Item = &str> {
    goal.lines().filter(|l| !l.starts_with("case "))
}

/// Whether a type is a proposition, as far as its text says: exactness does not matter, sameness does.
fn states(ty: &str, propositions: &HashSet<&str>) -> bool {
    const SIGNS: [char; 17] = [
        '=', '≤', '<', '≥', '>', '∣', '¬', '∧', '∨', '↔', '∀', '∃', '≠', '∈', '⊆', '∉', '⊢',
    ];
    let last = pieces(ty).into_iter().rev().find_map(|p| match p {
        Piece::Name(name) => Some(name),
        Piece::Other(_) => None,
    });
    ty.contains(SIGNS)
        || ty == "True"
        || ty == "False"
        || last.is_some_and(|name| propositions.contains(name))
}

/// Endings after which something must come.
const UNFINISHED: [&str; 7] = ["=>", " at", " with", "|", ",", ":=", " by"];

/// Whether a text can be a tactic at all: brackets match, and nothing is left open.
fn sane(text: &str) -> bool {
    let mut open = Vec::new();
    for c in text.chars() {
        match c {
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            '⟨' => open.push('⟩'),
            ')' | ']' | '}' | '⟩' if open.pop() != Some(c) => return false,
            _ => {}
        }
    }
    let words = |w: &str| pieces(text).contains(&Piece::Name(w));
    open.is_empty()
        && !text.trim().is_empty()
        && !words("sorry")
        && !words("admit")
        && !UNFINISHED.iter().any(|end| text.trim_end().ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOAL: &str = "case succ\nn : Nat\nxs ys✝ : List Nat\np : Prop\nhp : p\nih : total xs = n →\n    n ≤ 3\n⊢ ∀ (y : Nat), total (xs ++ [y]) + xs.length = max n y";

    #[test]
    fn names_go_by_kind_and_order() {
        assert_eq!(
            Names::of(GOAL).goal(GOAL),
            "X1 : Nat\nX2 X3 : List Nat\nX4 : Prop\nH1 : X4\nH2 : F1 X2 = X1 → X1 ≤ 3\n⊢ ∀ (B1 : Nat), F1 (X2 ++ [B1]) + X2.length = max X1 B1"
        );
    }

    #[test]
    fn the_problems_own_names_do_not_matter() {
        let other = GOAL
            .replace("total", "weight")
            .replace("xs", "zs")
            .replace("ih", "hyp");
        assert_eq!(Names::of(&other).goal(&other), Names::of(GOAL).goal(GOAL));
    }

    #[test]
    fn tactics_come_back_as_they_went() {
        let names = Names::of(GOAL);
        for tactic in [
            "intro y",
            "induction xs with\n| nil => simp [total]\n| cons a xs ih' => omega",
            "exact absurd hp (Nat.not_lt.mp ih.1)",
        ] {
            let there = names.tactic(tactic).unwrap();
            assert_eq!(names.proposal(&there).unwrap(), tactic, "{there}");
        }
        assert_eq!(names.tactic("simp [total, ih]").unwrap(), "simp [F1, H2]");
    }

    #[test]
    fn what_the_goal_does_not_have_is_no_proposal() {
        let names = Names::of(GOAL);
        for bad in [
            "exact H9",
            "cases X3",
            "simp [F2]",
            "rw [H2",
            "sorry",
            "exact (by sorry)",
            "",
            "intro x;\n  cases X1 with",
        ] {
            assert_eq!(names.proposal(bad), None, "{bad}");
        }
        assert_eq!(names.tactic("intro H7"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(goal in "[ a-cx-z✝₁0-9:∀∃,.()⊢=\n]{0,80}", tactic in "[ a-cx-zXHBF0-9.()\\[\\]\n]{0,40}") {
            let names = Names::of(&goal);
            let _ = (names.goal(&goal), names.proposal(&tactic));
            if let Some(there) = names.tactic(&tactic)
                && let Some(back) = names.proposal(&there) {
                prop_assert_eq!(back, tactic);
            }
        }
    }
}
