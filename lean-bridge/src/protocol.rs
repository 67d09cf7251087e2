//! The shapes of the worker protocol, as `docs/protocol.md` defines them.
//!
//! These types are only data: what a worker says. Nothing here is believed about a proof before a
//! kernel worker has replayed it; see [`crate::verdict`].

use serde::{Deserialize, Serialize};

/// Identifies a proof state inside one worker process.
pub type WorkerState = u64;

/// How bad a message of Lean's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// An error: the text is not accepted.
    Error,
    /// A warning, such as an unused variable.
    Warning,
    /// Anything else that Lean prints.
    Info,
}

/// One of Lean's messages about a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// How bad it is.
    pub severity: Severity,
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 0.
    pub column: u32,
    /// What Lean says.
    pub data: String,
}

/// A hypothesis (local declaration) of a goal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hyp {
    /// Its name as Lean prints it; inaccessible ones carry a dagger.
    pub name: String,
    /// Its type, pretty-printed.
    #[serde(rename = "type")]
    pub ty: String,
    /// Its value, for a `let`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Whether the type is a proposition.
    pub prop: bool,
    /// Whether it is a type-class instance.
    #[serde(default)]
    pub instance: bool,
    /// Whether a tactic can name it.
    pub accessible: bool,
}

/// One goal, as text and as structure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// Lean's own rendering, hypotheses and `⊢ target`.
    pub text: String,
    /// The case tag (`zero`, `succ`, `h.left`, …) or the empty string.
    pub tag: String,
    /// The target, pretty-printed.
    pub target: String,
    /// The hypotheses in order.
    pub hyps: Vec<Hyp>,
    /// 24 hex digits, invariant under renaming.
    pub hash: String,
}

/// Goals that share metavariables and are therefore worked on together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The worker's handle.
    pub state: WorkerState,
    /// Hash over the goals' hashes in order.
    pub hash: String,
    /// The goals; tactics act on the first.
    pub goals: Vec<Goal>,
}

/// A tactic to try, with its budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TacticRequest {
    /// The tactic's text; may span lines.
    pub text: String,
    /// Budget in thousands of heartbeats, as in `maxHeartbeats`; absent: the environment's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeats: Option<u32>,
    /// Wall-clock budget in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u32>,
}

/// What became of a tactic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeStatus {
    /// No goal is left of the whole state.
    Closed,
    /// Goals are left: the children.
    Open,
    /// The tactic failed.
    Error,
    /// Not tried, because an earlier one closed the state.
    Skipped,
}

/// The class of a tactic's failure, by cause and not by wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the names are the documentation; docs/protocol.md lists them"
)]
pub enum ErrorClass {
    Parse,
    UnknownIdentifier,
    TypeMismatch,
    TacticFailed,
    Heartbeats,
    Deadline,
    Recursion,
    NoProgress,
    Sorry,
    Forbidden,
    #[serde(other)]
    Other,
}

/// A tactic's failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TacticError {
    /// Its class.
    pub class: ErrorClass,
    /// Lean's own words.
    pub message: String,
}

/// The outcome of one tactic on one state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawOutcome {
    /// What became of it.
    pub status: OutcomeStatus,
    /// The independent groups of goals that remain, in goal order.
    #[serde(default)]
    pub children: Vec<State>,
    /// Set with [`OutcomeStatus::Error`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<TacticError>,
    /// Thousands of heartbeats spent.
    #[serde(default)]
    pub heartbeats: f64,
    /// Lean's own time in milliseconds.
    #[serde(default)]
    pub ms: f64,
}

/// A declaration that a text made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// Full name.
    pub name: String,
    /// `theorem`, `def`, `axiom`, `opaque`, `inductive`, …
    pub kind: String,
    /// Its type, pretty-printed.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether the type is a proposition.
    pub proposition: bool,
    /// Every axiom that it rests on.
    #[serde(default)]
    pub axioms: Vec<String>,
    /// Whether it rests on `sorryAx`.
    pub sorry: bool,
    /// Line, from 1.
    #[serde(default)]
    pub line: u32,
    /// Column, from 0.
    #[serde(default)]
    pub column: u32,
}

/// Whether an environment is Lean's core library or a project's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentKind {
    /// Init, Std (and Lean) only.
    Core,
    /// Mathlib or any other library is imported.
    Project,
}

/// The answer to `open`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The worker's handle.
    pub env: u64,
    /// Core or project.
    pub kind: EnvironmentKind,
    /// The modules that were imported.
    pub imports: Vec<String>,
    /// Asked for and not there.
    #[serde(default)]
    pub dropped_imports: Vec<String>,
    /// Namespaces that `open` lines lost.
    #[serde(default)]
    pub dropped_opens: Vec<String>,
    /// What Lean said about the text.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// Whether it was there already.
    #[serde(default)]
    pub cached: bool,
}

/// The answer to `start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The theorem's full name.
    pub name: String,
    /// The closed type, pretty-printed.
    #[serde(rename = "type")]
    pub ty: String,
    /// Alpha-invariant hash of the closed type.
    pub type_hash: String,
    /// The first proof state.
    pub root: State,
    /// Warnings about the statement.
    #[serde(default)]
    pub messages: Vec<Message>,
}

/// One `sorry` of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "positions as in Message")]
pub struct SorryAt {
    pub decl: Option<String>,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    pub root: State,
}

/// A library lemma that Lean's discrimination trees propose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The tactic to try.
    pub tactic: String,
    /// The lemma's full name.
    pub lemma: String,
    /// `exact`, `apply` or `rw`.
    pub kind: String,
}
