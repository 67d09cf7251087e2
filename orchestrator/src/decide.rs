//! Statements decided by search: prove-and-refute, as the autoformalizer asks for it.

use std::future::Future;
use std::pin::Pin;

use lakatos_autoformalizer::formalise::{Decider, Decision};
use lakatos_lean_bridge::EnvironmentSpec;

use crate::record::Outcome;
use crate::search::{Cancel, Problem, Resources, SearchConfig, prove_one};

/// Searches for a proof of a statement and of its negation at once, under a budget of nodes.
pub struct SearchDecider {
    /// Workers, policy, and what is shared between attempts.
    pub resources: Resources,
    /// The budget; refuting is on.
    pub config: SearchConfig,
    /// Ends searches.
    pub stop: Cancel,
}

impl Decider for SearchDecider {
    fn decide<'a>(
        &'a self,
        env: &'a EnvironmentSpec,
        name: &'a str,
        statement: &'a str,
        seed: u64,
    ) -> Pin<Box<dyn Future<Output = Result<Decision, String>> + Send + 'a>> {
        Box::pin(async move {
            let problem = Problem {
                name: name.to_owned(),
                environment: env.clone(),
                statement: statement.to_owned(),
            };
            let attempt =
                prove_one(&problem, &self.resources, &self.config, seed, &self.stop).await;
            let record = attempt.record;
            let proof = record.proof.unwrap_or_default();
            let told = || {
                record
                    .reason
                    .as_ref()
                    .map_or("the search failed", |r| &r.message)
                    .to_owned()
            };
            match record.outcome {
                Outcome::Proved => Ok(Decision::Proved { proof }),
                Outcome::Refuted => Ok(Decision::Refuted { proof }),
                Outcome::Failed | Outcome::Declined => Ok(Decision::Open),
                Outcome::Fault | Outcome::Interrupted => Err(told()),
            }
        })
    }
}
