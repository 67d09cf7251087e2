//! Classes of candidates that are proved equivalent, the one with most votes first.

use lakatos_datasets::job::WorkError;

use super::{Asker, Judged};
use crate::gates::{Outcome, worst};

/// Notes each passing candidate's class. Returns the votes of each class, the largest first; among equals
/// the one with the earliest candidate.
pub(crate) async fn classify(
    asker: Asker<'_>,
    judged: &mut [Judged],
) -> Result<Vec<u32>, WorkError> {
    let passing: Vec<usize> = (0..judged.len())
        .filter(|i| worst(&judged[*i].findings) != Outcome::Failed)
        .collect();
    if passing.is_empty() {
        return Ok(Vec::new());
    }
    let statements: Vec<String> = passing.iter().map(|i| judged[*i].formal.clone()).collect();
    let (heartbeats, timeout) = (
        asker.settings.equivalence_heartbeats,
        asker.settings.timeout_ms,
    );
    let found = asker
        .pool
        .equivalent(asker.env, &statements, heartbeats, timeout)
        .await;
    let found = found.map_err(|e| WorkError::Worker(e.to_string()))?;
    // Places in the answer are the worker's word, and nothing is known of what it may say.
    let place = |index: usize| passing.get(index).copied();
    let mut classes: Vec<(u32, Vec<usize>)> = Vec::new();
    for class in found.classes {
        let mut members: Vec<usize> = place(class.first).into_iter().collect();
        for other in class.others {
            let Some(at) = place(other.index) else {
                continue;
            };
            judged[at].equivalence = Some((other.forward, other.backward));
            members.push(at);
        }
        let votes = members.iter().map(|at| judged[*at].votes).sum();
        classes.push((votes, members));
    }
    classes.sort_by_key(|(votes, members)| (std::cmp::Reverse(*votes), members.first().copied()));
    for (rank, (_, members)) in (0u32..).zip(&classes) {
        for at in members {
            judged[*at].class = Some(rank);
        }
    }
    Ok(classes.into_iter().map(|(votes, _)| votes).collect())
}
