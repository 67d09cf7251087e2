//! Statements in English, as the worker's operation `verbalise` reads them out.
//!
//! The reading is made from the elaborated expression: it is complete (a constant that has no phrase is
//! read out by its name and arguments), exact about hypotheses, quantifiers and Lean's conventions, and
//! the same for the same statement. It is for people and for comparison; it proves nothing.

use serde::{Deserialize, Serialize};

use crate::protocol::Message;

/// What is to be read out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerbaliseRequest {
    /// Statements as in `start`: a `theorem`, `lemma` or `example` without `:=`.
    pub statements: Vec<String>,
    /// Constants of the environment by their full names; read out after the statements.
    pub names: Vec<String>,
}

/// Variables of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variables {
    /// Their names.
    pub names: Vec<String>,
    /// `n and m are natural numbers`.
    pub english: String,
}

/// A hypothesis of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hypothesis {
    /// Its name.
    pub name: String,
    /// As Lean prints it.
    #[serde(rename = "type")]
    pub ty: String,
    /// What it says.
    pub english: String,
}

/// The conclusion of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conclusion {
    /// As Lean prints it.
    #[serde(rename = "type")]
    pub ty: String,
    /// What it says.
    pub english: String,
}

/// A convention of Lean's that a reader must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Convention {
    /// A word for programs: `natural_subtraction`.
    pub key: String,
    /// A sentence for people.
    pub note: String,
}

/// A quantifier over a variable that is neither a proof nor an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantifier {
    /// `forall`, `exists` or `exists_unique`.
    pub kind: String,
    /// The variable.
    pub name: String,
    /// What it ranges over: `natural number`.
    pub range: String,
}

/// What occurs in a statement, in the order of its occurrence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Numerals as they stand, without a sign.
    pub numbers: Vec<String>,
    /// Relations by the names of their constants: `Eq`, `LT.lt`, `Dvd.dvd`, …
    pub relations: Vec<String>,
    /// Quantifiers, those of the statement's own variables included.
    pub quantifiers: Vec<Quantifier>,
    /// Operations by the names of their constants.
    pub operations: Vec<String>,
    /// Heads of the types of variables.
    pub types: Vec<String>,
    /// `and`, `or`, `not`, `iff`, `implies`.
    pub connectives: Vec<String>,
}

/// A statement or a constant, read out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Full name.
    pub name: String,
    /// `theorem`, `axiom` or `definition`.
    pub kind: String,
    /// The closed type as Lean prints it.
    #[serde(rename = "type")]
    pub ty: String,
    /// The whole in English, the conventions that a reader must know at its end.
    pub english: String,
    /// The variables, in order.
    #[serde(default)]
    pub variables: Vec<Variables>,
    /// What is assumed of types.
    #[serde(default)]
    pub instances: Vec<String>,
    /// The hypotheses, in order.
    #[serde(default)]
    pub hypotheses: Vec<Hypothesis>,
    /// The conclusion.
    pub conclusion: Conclusion,
    /// The conventions that come up.
    #[serde(default)]
    pub conventions: Vec<Convention>,
    /// What occurs in it.
    #[serde(default)]
    pub facts: Facts,
}

/// A theorem or definition of the imported library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constant {
    /// Full name.
    pub name: String,
    /// `theorem` or `definition`.
    pub kind: String,
    /// The module that declares it.
    pub module: String,
    /// The constants that its type speaks of.
    #[serde(default)]
    pub uses: Vec<String>,
    /// The hash of its type by which statements count as the same, where it was asked for.
    #[serde(default)]
    pub hash: Option<String>,
    /// Its documentation, where it has any.
    #[serde(default)]
    pub doc: Option<String>,
}

/// Why one of several could not be read out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}{}", first(.messages))]
pub struct Unread {
    /// The protocol's word: `elaboration`, `not_a_proposition`, `bad_request`, `deadline`.
    pub kind: String,
    /// A sentence.
    pub message: String,
    /// Lean's messages, where there are any.
    #[serde(default)]
    pub messages: Vec<Message>,
}

fn first(messages: &[Message]) -> String {
    messages
        .first()
        .map_or_else(String::new, |m| format!(": {}", m.data))
}

/// One entry of the worker's answer.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    Unread { error: Unread },
    Read(Box<Reading>),
}

impl From<Entry> for Result<Reading, Unread> {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Unread { error } => Err(error),
            Entry::Read(reading) => Ok(*reading),
        }
    }
}
