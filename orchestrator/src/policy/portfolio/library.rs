//! Lemmas of Lean's own library, found by its discrimination trees.

use lakatos_lean_bridge::BridgeError;

use super::super::{PolicyContext, PolicyError, Proposal};

/// How many lemmas are asked for.
const LIMIT: usize = 16;
/// Milliseconds for the question; the first one in a worker builds the trees.
const DEADLINE_MS: u64 = 10_000;

/// `exact`, `apply` and `rw` with the library's lemmas, in the order in which Lean ranks them. A
/// goal over which Lean does not come back in time has none.
pub async fn suggestions(context: &PolicyContext<'_>) -> Result<Vec<Proposal>, PolicyError> {
    let found = context
        .session
        .suggest(
            context.state.id,
            &["exact", "apply", "rw"],
            LIMIT,
            DEADLINE_MS,
        )
        .await;
    let found = match found {
        Ok(found) => found,
        Err(
            error @ (BridgeError::Elaboration { .. }
            | BridgeError::Timeout { .. }
            | BridgeError::WorkerDied { .. }),
        ) => {
            tracing::debug!("no library suggestions for a goal: {error}");
            return Ok(Vec::new());
        }
        Err(error) => return Err(error.into()),
    };
    Ok(found
        .into_iter()
        .enumerate()
        .map(|(rank, s)| {
            let prior: f64 = match s.kind.as_str() {
                "exact" => 0.3,
                "apply" => 0.1,
                _ => 0.08,
            };
            Proposal {
                tactic: s.tactic,
                logprob: (prior / (1.0 + rank as f64 * 0.3)).ln(),
                tokens: 1,
                source: format!("portfolio/library_{}", s.kind),
                heartbeats: None,
            }
        })
        .collect())
}
