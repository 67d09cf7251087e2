//! The contamination guard: what is in a benchmark, or too near to it, is not given out.
//!
//! Two tests. A statement whose [`fingerprint`] is a benchmark's is the same up to white space, comments and
//! names. A text that shares a run of n tokens with a benchmark's statement, Lean or English, is too near to
//! it; n is 13 by default, after StepFun-Prover's decontamination. Brackets, commas and colons are no tokens:
//! they would fill a run with what every statement has. Statements of fewer than n tokens are known by their
//! fingerprint alone.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::generate::exclusion::{claim_of, fingerprint, without_comments, words};
use crate::problem::Problem;

/// Tokens of a run that count as an overlap, where nothing else is said.
pub const RUN: usize = 13;

/// What a text has in common with a benchmark.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "overlap", rename_all = "snake_case")]
pub enum Overlap {
    /// It is a benchmark's statement up to white space, comments and names.
    Statement {
        /// The benchmark's problem.
        of: String,
    },
    /// It shares a run of tokens with one.
    Run {
        /// The benchmark's problem.
        of: String,
        /// The tokens.
        tokens: String,
    },
}

impl std::fmt::Display for Overlap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Statement { of } => write!(f, "it is the statement of `{of}`"),
            Self::Run { of, tokens } => write!(f, "it shares `{tokens}` with `{of}`"),
        }
    }
}

/// Benchmarks' statements, as hashes.
#[derive(Debug, Clone)]
pub struct Guard {
    run: usize,
    names: Vec<String>,
    statements: HashMap<String, u32>,
    runs: HashMap<u64, u32>,
}

impl Default for Guard {
    fn default() -> Self {
        Self::new(RUN)
    }
}

impl Guard {
    /// An empty one, for runs of so many tokens; 0 looks for no runs.
    pub fn new(run: usize) -> Self {
        Self {
            run,
            names: Vec::new(),
            statements: HashMap::new(),
            runs: HashMap::new(),
        }
    }

    /// Adds the bundled benchmark, the false statements too.
    pub fn add_bundled(&mut self) {
        for name in ["bundled", "bundled/refutable"] {
            self.add(&crate::bundled::problems(name).unwrap_or_default());
        }
    }

    /// Adds a benchmark's problems.
    pub fn add(&mut self, problems: &[Problem]) {
        for problem in problems {
            let index = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
            self.names.push(problem.name.clone());
            let claim = claim_of(&problem.statement, &problem.decl);
            for definitions in [problem.environment.text.as_str(), ""] {
                let print = fingerprint(definitions, claim);
                self.statements.entry(print).or_insert(index);
            }
            for text in [Some(claim), problem.informal.as_deref()]
                .into_iter()
                .flatten()
            {
                for run in runs(&tokens(text), self.run) {
                    self.runs.entry(hash(run)).or_insert(index);
                }
            }
        }
    }

    /// Problems that were added.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Looks at a statement: `claim` is what follows the theorem's name.
    pub fn statement(&self, definitions: &str, claim: &str) -> Option<Overlap> {
        if self.is_empty() {
            return None;
        }
        for definitions in [definitions, ""] {
            if let Some(of) = self.statements.get(&fingerprint(definitions, claim)) {
                return Some(Overlap::Statement { of: self.name(*of) });
            }
        }
        self.text(claim)
    }

    /// Looks at a theorem as Lean reads it, `theorem NAME …`; its proof, if it has one, is not looked at.
    pub fn theorem(&self, definitions: &str, theorem: &str) -> Option<Overlap> {
        match crate::read_statement(theorem) {
            Ok(problem) => {
                let definitions = format!("{definitions}{}", problem.environment.text);
                self.statement(&definitions, claim_of(&problem.statement, &problem.decl))
            }
            Err(_) => self.text(theorem),
        }
    }

    /// Looks at any text, Lean or English, for shared runs alone.
    pub fn text(&self, text: &str) -> Option<Overlap> {
        if self.runs.is_empty() {
            return None;
        }
        let tokens = tokens(text);
        runs(&tokens, self.run).find_map(|run| {
            Some(Overlap::Run {
                of: self.name(*self.runs.get(&hash(run))?),
                tokens: run.join(" "),
            })
        })
    }

    fn name(&self, index: u32) -> String {
        let name = self.names.get(index as usize);
        name.cloned().unwrap_or_default()
    }
}

/// A claim's tokens, in lower case.
fn tokens(text: &str) -> Vec<String> {
    let idle: HashSet<char> = "()[]{}⟨⟩,:;.$\\".chars().collect();
    words(&without_comments(text))
        .into_iter()
        .filter(|w| !w.chars().all(|c| idle.contains(&c)))
        .map(|w| w.to_lowercase())
        .collect()
}

fn runs(tokens: &[String], n: usize) -> impl Iterator<Item = &[String]> {
    let enough = n > 0 && tokens.len() >= n;
    enough.then(|| tokens.windows(n)).into_iter().flatten()
}

fn hash(run: &[String]) -> u64 {
    let mut hash = Sha256::new();
    for token in run {
        hash.update(token);
        hash.update([0]);
    }
    let bytes: [u8; 32] = hash.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&bytes[..8]);
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let mut guard = Guard::default();
        let long =
            "theorem held (f : Nat → Nat) (h : ∀ x y, f (x + y) = f x * f y + x * y + 7) : f 0 = 3";
        guard.add(&[
            crate::read_statement(long).unwrap(),
            crate::read_statement("theorem short (k : Nat) : k ∣ 3 * k").unwrap(),
        ]);
        guard
    }

    #[test]
    fn the_same_statement_is_found_under_other_names() {
        let found = guard().theorem(
            "",
            "theorem z (n : Nat) :\n  n ∣ 3 * n -- so\n  := by sorry",
        );
        assert_eq!(found, Some(Overlap::Statement { of: "short".into() }));
        assert_eq!(guard().theorem("", "theorem z (n : Nat) : n ∣ 4 * n"), None);
    }

    #[test]
    fn a_shared_run_is_found_and_a_shorter_one_is_not() {
        let near = "(f : Nat → Nat) (g : ∀ x y, f (x + y) = f x * f y + x * y + 7) : f 1 = 4";
        let found = guard().statement("", near);
        assert!(
            matches!(found, Some(Overlap::Run { of, .. }) if of == "held"),
            "{near}"
        );
        let far = "(f : Nat → Nat) (h : ∀ u v, f (u + v) = f u + f v) : f 0 = 0";
        assert_eq!(guard().statement("", far), None);
        assert_eq!(Guard::new(0).statement("", near), None);
    }
}
