//! Verdicts: what may be said of a proof, and how it is known.
//!
//! A verdict is not an error. Accepted, rejected, declined and fault are four different things, and
//! "no error message" is never taken for "proved". Only [`Verdict::Accepted`] at level 3 or more
//! counts as proved; see `design.md`'s levels in ARCHITECTURE.md.

use serde::{Deserialize, Serialize};

use crate::checker::Checked;

/// The level of trust that an acceptance has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Level {
    /// Elaborated without error or `sorry`.
    Elaborated = 1,
    /// The right statement, with allowed axioms.
    Statement = 2,
    /// Replayed through the kernel in a process that ran none of the submission's code.
    Kernel = 3,
    /// An independent kernel accepts the export.
    Independent = 4,
}

impl From<Level> for u8 {
    fn from(l: Level) -> u8 {
        l as u8
    }
}

impl TryFrom<u8> for Level {
    type Error = String;
    fn try_from(n: u8) -> Result<Self, String> {
        Ok(match n {
            1 => Self::Elaborated,
            2 => Self::Statement,
            3 => Self::Kernel,
            4 => Self::Independent,
            _ => {
                return Err(format!(
                    "there is no verification level {n}; levels are 1 to 4"
                ));
            }
        })
    }
}

/// Why a proof, or a problem, has the verdict it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable word for programs: `kernel`, `statement`, `axioms`, `sorry`, `elaboration`,
    /// `timeout`, `memory`, `needs_mathlib`, `worker_died`, …
    pub class: String,
    /// A sentence for people.
    pub message: String,
}

/// What is said of one theorem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// It is proved, to the level given.
    Accepted {
        /// How far the acceptance was checked.
        level: Level,
        /// The axioms it rests on, library theorems without bodies left out.
        axioms: Vec<String>,
        /// Whether the library's own theorem bodies were there to be checked too.
        library_bodies: bool,
    },
    /// It is not a proof of the statement.
    Rejected {
        /// Why.
        reason: Reason,
    },
    /// It was not judged: time, memory, or a library that is not there.
    Declined {
        /// Why.
        reason: Reason,
    },
    /// The checker itself failed, after its retry.
    Fault {
        /// What failed.
        reason: Reason,
    },
}

impl Verdict {
    /// Whether this counts as proved: accepted at level 3 or more.
    pub fn is_proved(&self) -> bool {
        matches!(self, Self::Accepted { level, .. } if *level >= Level::Kernel)
    }

    /// The verdict's word: `accepted`, `rejected`, `declined` or `fault`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Rejected { .. } => "rejected",
            Self::Declined { .. } => "declined",
            Self::Fault { .. } => "fault",
        }
    }
}

/// A proof to be judged against a challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyRequest {
    /// The environment of both.
    pub environment: crate::EnvironmentSpec,
    /// The challenge's own text after the header, its theorems ending in `sorry`.
    pub reference: String,
    /// Whether somebody other than the submission's author vouches for the environment and the
    /// reference. Then the kernel's process elaborates them itself; what came with the submission is
    /// elaborated in a process for submissions, and the kernel's process reads its terms.
    pub vouched: bool,
    /// The submission's text after the header.
    pub submission: String,
    /// Full names of the theorems to be judged.
    pub names: Vec<String>,
    /// Allowed axioms; [`STANDARD_AXIOMS`] unless the caller says otherwise.
    pub axioms: Vec<String>,
    /// Time for the elaboration of the submission and for the replay, each, in milliseconds.
    pub timeout_ms: u64,
}

/// What two texts state under one name, as the process that judged them prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statements {
    /// The challenge's statement.
    pub challenge: String,
    /// The submission's; empty where it has none.
    pub submission: String,
}

/// What came of one theorem of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Its full name.
    pub name: String,
    /// What is said of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What was to be proved and what was; absent where it did not come that far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statements: Option<Statements>,
    /// How an independent kernel has judged it; absent where none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checker: Option<Checked>,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// One for each of the request's names, in order.
    pub theorems: Vec<Judged>,
    /// Wall-clock seconds for the elaboration of the submission, waiting included.
    pub elaboration_seconds: f64,
    /// Wall-clock seconds for the replay and the comparison, waiting included.
    pub kernel_seconds: f64,
    /// Resident memory of the larger of the two processes afterwards, in MiB, where it is known.
    pub memory_mb: Option<u64>,
}

impl Report {
    /// Whether there are theorems and all of them are proved.
    pub fn is_proved(&self) -> bool {
        !self.theorems.is_empty() && self.theorems.iter().all(|t| t.verdict.is_proved())
    }
}

/// The axioms that Lean's library itself rests on.
pub const STANDARD_AXIOMS: [&str; 3] = ["propext", "Classical.choice", "Quot.sound"];
