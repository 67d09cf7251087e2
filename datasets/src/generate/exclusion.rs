//! What must not be given out: statements of benchmarks, known by their fingerprints.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::bundled;
use crate::problem::Problem;

/// Fingerprints of statements.
#[derive(Debug, Clone, Default)]
pub struct Exclusion(HashSet<String>);

impl Exclusion {
    /// The bundled benchmark's statements, the false ones too.
    pub fn bundled() -> Self {
        let mut all = Self::default();
        for name in ["bundled", "bundled/refutable"] {
            all.add(&bundled::problems(name).unwrap_or_default());
        }
        all
    }

    /// Adds problems' statements.
    pub fn add(&mut self, problems: &[Problem]) {
        for p in problems {
            let claim = claim_of(&p.statement, &p.decl);
            self.0.insert(fingerprint(&p.environment.text, claim));
            // A statement that needs none of what its file defines is the same elsewhere.
            self.0.insert(fingerprint("", claim));
        }
    }

    /// Whether a fingerprint is one of these.
    pub fn holds(&self, fingerprint: &str) -> bool {
        self.0.contains(fingerprint)
    }

    /// Fingerprints that are held.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a statement claims: what follows its name.
pub fn claim_of<'a>(statement: &'a str, decl: &str) -> &'a str {
    let after = statement.split_once(decl);
    after.map_or(statement, |(_, claim)| claim)
}

/// Identifies a statement with its definitions up to white space, comments, and the names of what is defined and of short
/// variables: the first 32 hex digits of a SHA-256.
pub fn fingerprint(definitions: &str, claim: &str) -> String {
    let definitions = without_comments(definitions);
    let mut names: HashMap<String, usize> = HashMap::new();
    let defined: HashSet<String> = definitions
        .lines()
        .filter_map(|l| {
            l.strip_prefix("def ")
                .or_else(|| l.strip_prefix("inductive "))
        })
        .filter_map(|l| l.split_whitespace().next().map(str::to_owned))
        .collect();
    let mut hash = Sha256::new();
    for word in words(&format!("{definitions}\n⊢ {claim}")) {
        let short = word.chars().count() <= 3
            && word.starts_with(|c: char| c.is_lowercase())
            && !KEYWORDS.contains(&word.as_str());
        if short || defined.contains(&word) {
            let next = names.len();
            let n = *names.entry(word).or_insert(next);
            hash.update(format!("\u{0}{n} "));
        } else {
            hash.update(format!("{word} "));
        }
    }
    let bytes = hash.finalize();
    bytes.iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// Short words that are no variables.
const KEYWORDS: &[&str] = &[
    "def", "fun", "let", "if", "do", "by", "mod", "max", "min", "gcd", "lcm",
];

pub(crate) fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/-") {
        out.push_str(before);
        rest = after.split_once("-/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.lines()
        .map(|l| l.split_once("--").map_or(l, |(code, _)| code))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Identifiers and numbers whole, other signs one by one, white space left out.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        let inside = c.is_alphanumeric() || matches!(c, '_' | '.' | '\'');
        match out.last_mut() {
            Some(word) if inside && open => word.push(c),
            _ if !c.is_whitespace() => out.push(c.to_string()),
            _ => {}
        }
        open = inside;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_white_space_do_not_matter_and_numbers_do() {
        let a = fingerprint(
            "/-- Twice. -/\ndef dbl (n : Nat) : Nat :=\n  n + n\n",
            "(k : Nat) : dbl k = 2 * k",
        );
        let b = fingerprint(
            "def wesh (x : Nat) : Nat := x + x -- so\n",
            "(m : Nat) :\n  wesh m = 2 * m",
        );
        let c = fingerprint(
            "def wesh (x : Nat) : Nat := x + x\n",
            "(m : Nat) : wesh m = 3 * m",
        );
        assert_eq!(a, b);
        assert_ne!(a, c);
    }

    #[test]
    fn the_bundled_benchmark_is_excluded() {
        let exclusion = Exclusion::bundled();
        let problem = &bundled::problems("bundled/lists").unwrap()[1];
        let claim = problem.statement.split_once(&problem.decl).unwrap().1;
        assert!(exclusion.holds(&fingerprint(&problem.environment.text, claim)));
        assert!(!exclusion.holds(&fingerprint("", "(q : Nat) : q + 77 = 78 + q")));
    }
}
