//! What a proof attempt leaves behind: the data that the search hands to the run store, and that the
//! report draws. Plain data; knows nothing of Lean, databases or terminals.

use lakatos_lean_bridge::protocol::EnvironmentKind;
use lakatos_lean_bridge::verdict::{Reason, Verdict};
use serde::{Deserialize, Serialize};

/// Where a search node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeStatus {
    /// Not decided when the search ended.
    Open,
    /// Some tactic closes it, or leaves only proved children.
    Proved,
    /// The policy had nothing more to propose and nothing worked.
    Failed,
    /// Trying it ran out of time.
    TimedOut,
    /// The same goal up to names as another node, which is worked on in its place.
    Duplicate,
}

/// An OR node: goals that must be proved together; a tactic acts on the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// Dense, from 0 (the root).
    pub id: u32,
    /// The tactic application (in [`AttemptRecord::tactics`]) that first led here; none at the root.
    pub parent: Option<u32>,
    /// Steps from the root.
    pub depth: u32,
    /// Alpha-invariant hash, 24 hex digits.
    pub hash: String,
    /// Lean's rendering of each goal.
    pub goals: Vec<String>,
    /// The case tag of each goal, empty where there is none.
    pub tags: Vec<String>,
    /// Where it stands.
    pub status: NodeStatus,
    /// With [`NodeStatus::Duplicate`]: the node it repeats.
    pub duplicate_of: Option<u32>,
    /// Priority when it was queued; see `search/score.rs`.
    pub score: f64,
    /// Rank in the order of expansion; none if never expanded.
    pub expanded: Option<u32>,
}

/// What became of a tactic on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TacticStatus {
    /// It closed the node's goals.
    Closed,
    /// It left the children.
    Open,
    /// It failed.
    Error,
    /// It ran out of heartbeats or time.
    TimedOut,
    /// It was not tried, because another closed the node.
    Skipped,
}

/// A tactic tried on a node: the AND side of the hypergraph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TacticRecord {
    /// Dense, from 0.
    pub id: u32,
    /// The node it was tried on.
    pub node: u32,
    /// Its text.
    pub text: String,
    /// Which policy proposed it (`portfolio/finisher`, `http/bfs-prover`, …).
    pub source: String,
    /// Natural logarithm of the probability that the policy gave it.
    pub logprob: f64,
    /// What became of it.
    pub status: TacticStatus,
    /// The class of the failure, as in docs/protocol.md.
    pub error_class: Option<String>,
    /// Lean's words, cut to a few hundred characters.
    pub error: Option<String>,
    /// The nodes that must all be proved for it to succeed.
    pub children: Vec<u32>,
    /// Thousands of heartbeats.
    pub heartbeats: f64,
    /// Lean's milliseconds.
    pub ms: f64,
    /// Whether it is part of the proof that was found.
    pub in_proof: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A proof was found and accepted at level 3 or more.
    Proved,
    /// A proof of the negation was found and accepted at level 3 or more.
    Refuted,
    /// The budget ran out, or nothing was left to try.
    Failed,
    /// Not attempted (needs Mathlib, not a proposition, does not elaborate).
    Declined,
    /// Lean or this program failed, after a retry.
    Fault,
    /// Interrupted by the user; will be resumed.
    Interrupted,
}

impl Outcome {
    /// The word used in JSON, tables and the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Refuted => "refuted",
            Self::Failed => "failed",
            Self::Declined => "declined",
            Self::Fault => "fault",
            Self::Interrupted => "interrupted",
        }
    }
}

/// One theorem's attempt, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// How it ended.
    pub outcome: Outcome,
    /// Why, where it did not end in a proof.
    pub reason: Option<Reason>,
    /// The environment that the statement was read in; none if it never was.
    pub environment: Option<EnvironmentKind>,
    /// The theorem's full name and closed type as Lean read them.
    pub theorem: Option<String>,
    /// The closed type, pretty-printed.
    pub theorem_type: Option<String>,
    /// Alpha-invariant hash of the closed type.
    pub statement_hash: Option<String>,
    /// The theorem with its proof, as verified: what follows the header.
    pub proof: Option<String>,
    /// The verdict on `proof`.
    pub verdict: Option<Verdict>,
    /// The search graph's nodes.
    pub nodes: Vec<NodeRecord>,
    /// The search graph's tactic applications.
    pub tactics: Vec<TacticRecord>,
    /// What it cost.
    pub cost: Cost,
}

impl AttemptRecord {
    /// An attempt that ended before Lean read the statement.
    pub fn unread(outcome: Outcome, reason: Reason) -> Self {
        Self {
            outcome,
            reason: Some(reason),
            environment: None,
            theorem: None,
            theorem_type: None,
            statement_hash: None,
            proof: None,
            verdict: None,
            nodes: Vec::new(),
            tactics: Vec::new(),
            cost: Cost::default(),
        }
    }
}

/// What an attempt cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Wall-clock seconds in all.
    pub seconds: f64,
    /// Of them: waiting for Lean.
    pub lean_seconds: f64,
    /// Of them: waiting for the policy.
    pub policy_seconds: f64,
    /// Of them: verification of the finished proof.
    pub verify_seconds: f64,
    /// Nodes expanded.
    pub expanded: u32,
    /// Tactics tried.
    pub tactics: u32,
    /// Tokens that a model generated.
    pub tokens: u64,
}
