//! What the worker says of proposed statements: the operations `assess`, `equivalent`
//! and `restate`.
//!
//! Hints and grounds for a decision, never a verdict on a proof.

use serde::{Deserialize, Serialize};

use crate::protocol::Message;
use crate::verbalise::{Reading, Unread};

/// A variable's value in an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// The variable.
    pub name: String,
    /// Its value as Lean prints it.
    pub value: String,
}

/// An operation whose convention decides an instance: a subtraction that stops at 0, a division with a
/// remainder or by 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounding {
    /// `natural_subtraction`, `natural_division`, `integer_division` or `division_by_zero`.
    pub key: String,
    /// The subterm as Lean prints it.
    pub term: String,
    /// The instance, in which all hypotheses hold.
    pub values: Vec<Value>,
}

/// What the small instances of a statement say. All numbers are 0 where a variable's type has no small
/// values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instances {
    /// Instances that were tried.
    pub tried: u32,
    /// Those in which every hypothesis was found to hold.
    pub satisfied: u32,
    /// Those in which the conclusion was found to hold as well.
    pub confirmed: u32,
    /// An instance in which every hypothesis holds and the conclusion does not.
    pub counterexample: Option<Vec<Value>>,
    /// Whether these are all instances, and of each is known whether it satisfies the hypotheses.
    pub complete: bool,
    /// Where conventions decide.
    pub roundings: Vec<Rounding>,
}

/// What is known of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The statement in English, with its parts and facts.
    pub reading: Reading,
    /// 24 hex digits over the closed type, invariant under renaming.
    pub type_hash: String,
    /// Lean's messages about it.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// Its small instances.
    pub instances: Instances,
    /// The tactic that proved `False` from the hypotheses; the kernel has checked it.
    pub contradictory: Option<String>,
    /// Whether a hypothesis says a part of the conclusion.
    pub restates: bool,
    /// Whether the conclusion holds by its form or by the types alone.
    pub trivial: bool,
    /// Variables that occur nowhere.
    #[serde(default)]
    pub unused: Vec<String>,
}

/// One entry of the worker's answer.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    Unread { error: Unread },
    Assessed(Box<Assessment>),
}

impl From<Entry> for Result<Assessment, Unread> {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Unread { error } => Err(error),
            Entry::Assessed(assessment) => Ok(*assessment),
        }
    }
}

/// A statement that was proved equivalent to the first of its class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its place among the statements.
    pub index: usize,
    /// The tactic that proved it from the first.
    pub forward: String,
    /// The tactic that proved the first from it.
    pub backward: String,
}

/// Statements of which each was proved equivalent to the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// The first's place.
    pub first: usize,
    /// The others.
    pub others: Vec<Member>,
}

/// The classes of several statements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classes {
    /// In the order of their first members.
    pub classes: Vec<Class>,
    /// Places of statements that do not elaborate.
    #[serde(default)]
    pub unread: Vec<usize>,
}

/// A statement in another form that was proved to say the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// `renamed`, `reordered`, `irrelevant` or `turned`.
    pub kind: String,
    /// As in `start`.
    pub statement: String,
    /// The tactic that proved it from the original.
    pub forward: String,
    /// The tactic that proved the original from it.
    pub backward: String,
}

/// One entry of the worker's answer.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Restated {
    Unread { error: Unread },
    Forms { forms: Vec<Form> },
}

impl From<Restated> for Result<Vec<Form>, Unread> {
    fn from(entry: Restated) -> Self {
        match entry {
            Restated::Unread { error } => Err(error),
            Restated::Forms { forms } => Ok(forms),
        }
    }
}
