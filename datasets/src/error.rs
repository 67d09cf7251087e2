//! What can be wrong with a source. A [`ReadError`] means that nothing could be read from it; a
//! [`RowFault`] concerns one row or theorem, and the others go on.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::problem::{Problem, Solution};

/// Why a whole source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Neither a file, nor a directory, nor a bundled benchmark.
    #[error(
        "there is no file or directory named `{name}`; check the path{}",
        bundled_hint(known)
    )]
    NotFound {
        /// What was asked for.
        name: String,
        /// The bundled benchmarks, where one could have been meant.
        known: Vec<String>,
    },
    /// The system refused.
    #[error("{} cannot be read: {source}; check its permissions", path.display())]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// Not text.
    #[error(
        "{path} is not UTF-8 text: byte {offset} (counted from 0) begins no character; save the \
         file as UTF-8"
    )]
    NotUtf8 {
        /// Which file.
        path: String,
        /// The first byte that is wrong.
        offset: usize,
    },
    /// A format that no reader knows.
    #[error("the format of {path} is not recognised: {message}")]
    UnknownFormat {
        /// Which file.
        path: String,
        /// What was seen, and the way out.
        message: String,
    },
    /// There is nothing in it.
    #[error("{path} holds no problem: {message}")]
    Empty {
        /// Which file or directory.
        path: String,
        /// What was looked for, and the way out.
        message: String,
    },
    /// A `--statement` that is not one theorem.
    #[error("this is not a theorem's statement: {message}")]
    Statement {
        /// What is wrong, and the way out.
        message: String,
    },
    /// A filter's regular expression does not parse.
    #[error("the filter `{pattern}` is not a regular expression: {message}")]
    Filter {
        /// As it was given.
        pattern: String,
        /// What is wrong.
        message: String,
    },
}

fn bundled_hint(known: &[String]) -> String {
    match known {
        [] => String::new(),
        _ => format!(
            ", or name a benchmark that comes with Lakatos: {}",
            known.join(", ")
        ),
    }
}

/// The kinds of fault that a row or theorem can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The line is not a JSON object.
    NotJson,
    /// The line is not UTF-8.
    NotUtf8,
    /// A file of a directory cannot be read.
    Unreadable,
    /// A field that the format needs is missing, empty or of another type.
    MissingField,
    /// There is no theorem in the statement.
    NoStatement,
    /// It asks for a value (`def …`), not for a proof.
    NotATheorem,
    /// The statement speaks of a definition whose value is `sorry`.
    AnswerMissing,
    /// The row names a theorem of a file that is not there.
    SourceMissing,
    /// The name was taken; the problem was kept under another.
    DuplicateName,
    /// There is no finished proof in it.
    NoProof,
}

impl FaultKind {
    /// Whether the problem was kept in spite of the fault.
    pub fn keeps_problem(self) -> bool {
        matches!(self, Self::DuplicateName)
    }
}

/// What is wrong with one row or theorem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFault {
    /// Which file.
    pub path: String,
    /// The line, from 1; 0 where the fault is the file's.
    pub line: u32,
    /// The problem's name, where it is known.
    pub name: Option<String>,
    /// The kind, for programs.
    pub kind: FaultKind,
    /// A sentence that says what is wrong and the way out.
    pub message: String,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if let Some(name) = &self.name {
            write!(f, " ({name})")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The problems of a source, and what was wrong with the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// In the order of the source.
    pub problems: Vec<Problem>,
    /// In the order of the source.
    pub faults: Vec<RowFault>,
}

/// The finished proofs of a source, and what was wrong with the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SolutionReport {
    /// In the order of the source.
    pub solutions: Vec<Solution>,
    /// In the order of the source.
    pub faults: Vec<RowFault>,
}
