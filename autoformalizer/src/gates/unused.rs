//! Every variable occurs in what is said.

use lakatos_lean_bridge::assess::Assessment;

use super::{Candidate, Verdict, doubts};

pub(super) fn gate(_: &Candidate<'_>, assessment: &Assessment) -> Verdict {
    if assessment.unused.is_empty() {
        return None;
    }
    let names = assessment.unused.join(", ");
    doubts(format!("The statement says nothing of {names}."))
}
