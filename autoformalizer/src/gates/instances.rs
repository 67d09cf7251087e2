//! No small instance is a counterexample.

use lakatos_lean_bridge::assess::Assessment;

use super::{Candidate, Verdict, fails, shown};

pub(super) fn gate(_: &Candidate<'_>, assessment: &Assessment) -> Verdict {
    let values = assessment.instances.counterexample.as_ref()?;
    fails(format!("The statement is false {}.", shown(values)))
}
