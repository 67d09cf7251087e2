//! The conclusion does not hold by its form or by the types alone.

use lakatos_lean_bridge::assess::Assessment;

use super::{Candidate, Verdict, fails};

pub(super) fn gate(_: &Candidate<'_>, assessment: &Assessment) -> Verdict {
    if assessment.trivial {
        return fails("The conclusion holds by its form or by the types alone.");
    }
    None
}
