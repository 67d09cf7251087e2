//! Lean accepts the statement, and it is a proposition.

use super::{Candidate, Verdict, fails};

pub(super) const NAME: &str = "elaborates";

pub(super) fn gate(candidate: &Candidate<'_>) -> Verdict {
    match candidate.assessed {
        Ok(_) => None,
        Err(unread) => fails(unread.to_string()),
    }
}
