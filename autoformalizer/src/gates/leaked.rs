//! No hypothesis says what is to be shown.

use lakatos_lean_bridge::assess::Assessment;

use super::{Candidate, Verdict, fails};

pub(super) fn gate(_: &Candidate<'_>, assessment: &Assessment) -> Verdict {
    if assessment.restates {
        return fails("A hypothesis says what is to be shown: the answer is given away.");
    }
    None
}
