//! What Lean gives for a target: candidates with their gates' verdicts, and negatives.
//!
//! A candidate is a statement that Lean built as an expression and printed with full names, with a proof
//! that it checked; whether it is kept is decided here and in the kernel's process.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a gate said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateVerdict {
    /// Which gate: `round_trip`, `size`, `vacuity`, `triviality`, …
    pub gate: String,
    /// Whether the candidate passes it.
    pub passed: bool,
    /// What it found, such as the tactic that closes a trivial statement.
    pub detail: String,
}

/// A step of the proof: the state before it, and the tactic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The goals before, as Lean prints them.
    pub state: String,
    /// The tactic.
    pub tactic: String,
}

/// A new statement and its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The rule that made it.
    pub rule: String,
    /// Where in the target it was used: `goal`, `h`, a path into the expression.
    pub position: String,
    /// Library theorems that it used besides the target.
    pub premises: Vec<String>,
    /// What follows the name: binders, a colon, the conclusion.
    pub signature: String,
    /// The proof: the lines that follow `:= by`, without the indentation of the first.
    pub script: String,
    /// Hash of the closed type: alpha-invariant, universes, instances and the order of hypotheses
    /// normalised.
    pub hash: String,
    /// The steps of the proof.
    pub steps: Vec<Step>,
    /// Verdicts of the gates that were asked, in their order.
    pub gates: Vec<GateVerdict>,
}

impl Candidate {
    /// The gate that marks a theorem which a finisher closes at once.
    pub const TRIVIALITY: &str = "triviality";

    /// The tactic that closes the statement at once, where one of those tried does.
    pub fn trivial(&self) -> Option<&str> {
        let gate = self.gates.iter().find(|g| g.gate == Self::TRIVIALITY)?;
        (!gate.passed).then_some(gate.detail.as_str())
    }
}

/// What came of a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mutations {
    /// The candidates, in an order that depends on the target and the seed alone.
    pub candidates: Vec<Candidate>,
    /// What Lean refused itself, by stage and reason.
    pub refused: BTreeMap<String, BTreeMap<String, u64>>,
}

/// What a negative is wrong about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NegativeKind {
    /// The statement is false.
    Statement,
    /// The proof is none.
    Proof,
}

impl NegativeKind {
    /// The word in rows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Statement => "statement",
            Self::Proof => "proof",
        }
    }
}

/// A wrong version of a kept theorem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Negative {
    /// What it is wrong about.
    pub kind: NegativeKind,
    /// What was done to the positive.
    pub error: String,
    /// The statement: the wrong one, or the positive's.
    pub signature: String,
    /// What shows it: the negation's signature, or the positive's.
    pub evidence_signature: String,
    /// The negation's proof, or the proof that is none.
    pub evidence_script: String,
}
