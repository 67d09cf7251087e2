//! Rows of the dataset: theorems, steps of their proofs, and negatives.
//!
//! Field names follow what readers of such data expect (`name, header, formal_statement, formal_proof`), so
//! that `lakatos verify` and `lakatos prove` read the rows as they are. Everything in a row depends on the
//! plan, the seed and the items before; there is no time of day and no seconds in it.

use lakatos_datasets::job::{Item, Provenance};
use serde::{Deserialize, Serialize};

use crate::candidate::{Candidate, GateVerdict};
use crate::difficulty::Difficulty;

/// The dataset's tables.
pub const TABLES: [&str; 3] = [THEOREMS, STEPS, NEGATIVES];
/// Theorems with proofs, one a row.
pub const THEOREMS: &str = "theorems";
/// Steps of these proofs: a state and the tactic that was used on it.
pub const STEPS: &str = "steps";
/// What is false, and proofs that are none.
pub const NEGATIVES: &str = "negatives";

/// Where a row comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The library theorem that was mutated.
    pub parent: String,
    /// The module that declares it.
    pub module: String,
    /// The rule.
    pub rule: String,
    /// Where in the parent.
    pub position: String,
    /// Library theorems that were used besides the parent.
    pub premises: Vec<String>,
    /// The job's seed.
    pub seed: u64,
    /// The parent's place in the plan.
    pub item: u64,
    /// What made it.
    #[serde(flatten)]
    pub made_by: Provenance,
}

impl Origin {
    /// The origin of a candidate.
    pub fn new(item: Item<'_>, module: &str, candidate: &Candidate, made_by: &Provenance) -> Self {
        Self {
            parent: item.key.to_owned(),
            module: module.to_owned(),
            rule: candidate.rule.clone(),
            position: candidate.position.clone(),
            premises: candidate.premises.clone(),
            seed: item.seed,
            item: item.index,
            made_by: made_by.clone(),
        }
    }
}

/// A theorem with its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TheoremRow {
    /// Unique in the dataset, and its name in Lean.
    pub name: String,
    /// Imports, a line each.
    pub header: String,
    /// The theorem with `:= by sorry`.
    pub formal_statement: String,
    /// The theorem with its proof.
    pub formal_proof: String,
    /// Hash of the closed type.
    pub statement_hash: String,
    /// The tactic that closes it at once; none where none of those tried does.
    pub trivial: Option<String>,
    /// What every gate said.
    pub gates: Vec<GateVerdict>,
    /// The level that its proof was accepted at.
    pub level: u8,
    /// Axioms that the proof rests on.
    pub axioms: Vec<String>,
    /// Whether the library's own proofs were there to be checked.
    pub library_bodies: bool,
    /// How a search fares on it, where it is one of the sample.
    pub difficulty: Option<Difficulty>,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// A step of a kept theorem's proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRow {
    /// The theorem.
    pub name: String,
    /// Its place in the proof, from 0.
    pub step: u32,
    /// The goals before it.
    pub state: String,
    /// The tactic.
    pub tactic: String,
    /// Where the theorem comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// What is not so, paired with what is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NegativeRow {
    /// The kept theorem that it is a wrong version of.
    pub positive: String,
    /// `statement`: its negation is proved. `proof`: Lean rejects it as a proof of the positive.
    pub kind: String,
    /// What was done: `swapped_sides`, `dropped_hypothesis`, …
    pub error: String,
    /// Imports, a line each.
    pub header: String,
    /// The wrong statement, or the positive's, with `:= by sorry`.
    pub formal_statement: String,
    /// The proof of the negation, or the text that Lean rejects.
    pub evidence: String,
    /// What the kernel's process said of the evidence: `accepted` of a refutation, `rejected` of a proof.
    pub verdict: String,
    /// Why a proof was rejected, as a class.
    pub reason: Option<String>,
    /// Where the positive comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// `import` lines for these modules.
pub fn header(imports: &[String]) -> String {
    imports.iter().map(|m| format!("import {m}\n")).collect()
}

/// A theorem's text: its head and an indented tactic block.
pub fn theorem(name: &str, signature: &str, script: &str) -> String {
    let mut text = format!("{} := by", head(name, signature));
    for line in script.trim_end().lines() {
        text.push('\n');
        if !line.is_empty() {
            text.push_str("  ");
            text.push_str(line);
        }
    }
    text
}

/// A theorem without its proof.
pub fn open_theorem(name: &str, signature: &str) -> String {
    format!("{} := by sorry", head(name, signature))
}

/// `theorem NAME …` up to the `:=`. A signature may begin with universe parameters, `.{u}`, which stand at the name.
fn head(name: &str, signature: &str) -> String {
    let signature = signature.trim();
    let space = if signature.starts_with('.') { "" } else { " " };
    format!("theorem {name}{space}{signature}")
}

/// The name of a theorem with this statement hash. Its first part is no namespace of a library, so that
/// nothing of the library is opened by it.
pub fn name_of(hash: &str) -> String {
    let short: String = hash.chars().take(16).collect();
    format!("mutated_{short}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn universe_parameters_stand_at_the_name() {
        assert_eq!(
            open_theorem("t", ".{u} {α : Type u} (a : α) : a = a"),
            "theorem t.{u} {α : Type u} (a : α) : a = a := by sorry"
        );
        assert_eq!(
            theorem("t", " : True", "skip\ntrivial"),
            "theorem t : True := by\n  skip\n  trivial"
        );
    }
}
