//! A statement's quality class, from what the gates found and how the candidates agree.

use serde::{Deserialize, Serialize};

use super::Judged;
use crate::gates::judge::Opinion;
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
    /// A gate doubts, and most candidates that passed are not equivalent to it, or a judge says as well that it
    /// is another statement.
    Poor,
    /// A gate failed.
    Failed,
}

impl Quality {
    /// The class of a candidate of which `votes` of `passed` candidates say the same. A judge's opinion counts
    /// only beside the alignment's doubt.
    pub fn of(candidate: &Judged, votes: u32, passed: u32, judge: Option<&Opinion>) -> Self {
        let agreed = passed > 1 && votes * 2 > passed;
        let doubted = candidate
            .findings
            .iter()
            .any(|f| f.gate == "alignment" && f.outcome == Outcome::Doubtful);
        let different = judge.is_some_and(|o| o.same == Some(false));
        let agreed = agreed && !(doubted && different);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::Finding;

    #[test]
    fn a_judge_never_decides_alone() {
        let candidate = |outcome| Judged {
            formal: "theorem t : 1 = 1".into(),
            votes: 2,
            repairs: 0,
            english: None,
            type_hash: None,
            counterexample: None,
            confirmed: 0,
            findings: vec![Finding {
                gate: "alignment".into(),
                outcome,
                why: String::new(),
            }],
            class: Some(0),
            equivalence: None,
        };
        let different = Opinion {
            model: "m".into(),
            same: Some(false),
            why: String::new(),
        };
        let of = |outcome, judge| Quality::of(&candidate(outcome), 2, 3, judge);
        assert_eq!(of(Outcome::Passed, Some(&different)), Quality::Excellent);
        assert_eq!(of(Outcome::Doubtful, None), Quality::Fair);
        assert_eq!(of(Outcome::Doubtful, Some(&different)), Quality::Poor);
        assert_eq!(of(Outcome::Failed, Some(&different)), Quality::Failed);
    }
}
