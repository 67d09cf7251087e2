//! A statement's quality class, from what the gates found and how the candidates agree.

use serde::{Deserialize, Serialize};

use super::Judged;
use crate::gates::{Outcome, worst};

/// From the best to the worst, after DeepSeek-Prover's five classes; here every class has a reason that can be
/// read off the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// No gate failed or doubts, and more than half of the candidates that passed are equivalent to it.
    Excellent,
    /// No gate failed or doubts; no more than half of the candidates that passed agree, or there was one only.
    Good,
    /// A gate doubts.
    Fair,
    /// A gate doubts, and most candidates that passed are not equivalent to it.
    Poor,
    /// A gate failed.
    Failed,
}

impl Quality {
    /// The class of a candidate of which `votes` of `passed` candidates say the same.
    pub fn of(candidate: &Judged, votes: u32, passed: u32) -> Self {
        let agreed = passed > 1 && votes * 2 > passed;
        match (worst(&candidate.findings), agreed) {
            (Outcome::Failed, _) => Self::Failed,
            (Outcome::Passed, true) => Self::Excellent,
            (Outcome::Passed, false) => Self::Good,
            (Outcome::Doubtful, true) => Self::Fair,
            (Outcome::Doubtful, false) => Self::Poor,
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Excellent => "excellent",
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
            Self::Failed => "failed",
        }
    }
}
