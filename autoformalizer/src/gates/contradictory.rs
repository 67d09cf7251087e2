//! The hypotheses do not contradict each other.

use lakatos_lean_bridge::assess::Assessment;

use super::{Candidate, Verdict, fails};

pub(super) fn gate(_: &Candidate<'_>, assessment: &Assessment) -> Verdict {
    if let Some(tactic) = &assessment.contradictory {
        return fails(format!(
            "The hypotheses contradict each other (`{tactic}` proves it), so that anything follows."
        ));
    }
    let seen = &assessment.instances;
    if seen.complete && seen.tried > 0 && seen.satisfied == 0 {
        return fails("No instance satisfies the hypotheses.");
    }
    None
}
