//! New theorems from old ones: the operations `mutate` and `negatives`.
//!
//! Nothing here is a verdict: a candidate's script closed its statement in the worker that answered.

use serde::{Deserialize, Serialize};

/// What is wanted of a theorem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutationRequest {
    /// The theorem's full name.
    pub target: String,
    /// The rules; empty: all of them.
    pub rules: Vec<String>,
    /// Drafts that are looked at, at most; the seed draws them.
    pub limit: u32,
    /// Of candidates that a finisher closes at once, so many at most.
    pub trivial: u32,
    /// Decides whatever is chosen.
    pub seed: u64,
}

/// What a gate said of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateVerdict {
    /// Which gate: `size`, `round_trip`, `triviality`, `vacuity`.
    pub gate: String,
    /// Whether the candidate passes it.
    pub passed: bool,
    /// What it found, such as the tactic that closes a trivial statement.
    pub detail: String,
}

/// A step of a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The goal before, as Lean prints it.
    pub state: String,
    /// The tactic.
    pub tactic: String,
}

/// A new statement and its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutated {
    /// The rule that made it.
    pub rule: String,
    /// Where in the target it was used.
    pub position: String,
    /// Library theorems that the proof uses besides the target.
    pub premises: Vec<String>,
    /// What follows the name: universes, binders, a colon, the conclusion.
    pub signature: String,
    /// The tactics of the proof, a line each or more.
    pub script: String,
    /// 24 hex digits of the closed type, names, instances and the order of hypotheses aside.
    pub hash: String,
    /// The steps of the proof.
    pub steps: Vec<Step>,
    /// The gates that were asked, in order.
    pub gates: Vec<GateVerdict>,
}

/// A draft that a gate refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The gate, or what else it failed at.
    pub stage: String,
    /// A fixed word or two.
    pub reason: String,
}

/// What came of a theorem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutations {
    /// Candidates, in an order that the theorem and the seed decide.
    pub candidates: Vec<Mutated>,
    /// Drafts that were refused.
    pub refused: Vec<Refused>,
}

/// A wrong version of a theorem, with what shows that it is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrong {
    /// `statement` or `proof`.
    pub kind: String,
    /// What was done to the right one.
    pub error: String,
    /// The statement: the wrong one, or the right one of a wrong proof.
    pub signature: String,
    /// The negation's signature, or the right one's.
    pub evidence_signature: String,
    /// The negation's proof, or the proof that is none.
    pub evidence_script: String,
}
