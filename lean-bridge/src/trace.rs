//! Proofs, tactic by tactic: the operation `trace`.

use serde::{Deserialize, Serialize};

use crate::protocol::Message;

/// A goal of a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// As Lean prints it.
    pub goal: String,
    /// As a statement of its own, what follows the name: universes, binders, a colon, the conclusion. None
    /// where the goal has holes, or Lean does not read the text back as it is.
    pub statement: Option<String>,
    /// 24 hex digits of the statement, names, instances and the order of hypotheses aside.
    pub hash: Option<String>,
}

/// A tactic of a proof. Goals are places in [`Trace::goals`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Line in the text, from 1.
    pub line: u32,
    /// Column in code points, from 0.
    pub column: u32,
    /// As it stands in the text.
    pub tactic: String,
    /// The goals before it.
    pub before: Vec<usize>,
    /// The goals after it.
    pub after: Vec<usize>,
}

/// What a text's proofs do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Lean's messages.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// The tactics that a person wrote, in the order of the text; one may stand inside another.
    pub lines: Vec<Line>,
    /// The goals, each once.
    pub goals: Vec<Goal>,
}
