//! A batch of tactics on one state, and what is left of it when the worker dies.

use std::sync::Arc;

use super::process::{Cause, Death};
use super::recipe::{Node, Outcomes};
use super::wire::{Failure, Refusal, Request};
use super::worker::Core;
use crate::EnvironmentSpec;
use crate::protocol::{ErrorClass, OutcomeStatus, RawOutcome, TacticError, TacticRequest};

/// Workers that one batch may cost; the tactics after that are not tried.
const DEATHS: u32 = 4;
/// The least time that a tactic gets when a batch is tried one by one.
const LEAST_MS: u64 = 2000;

/// An outcome, and the process that its states live in.
pub(super) struct Tried {
    pub generation: u64,
    pub outcome: RawOutcome,
}

/// Where tactics are to be tried.
pub(super) struct Batch<'a> {
    pub node: &'a Arc<Node>,
    pub env: &'a EnvironmentSpec,
    pub stop_on_close: bool,
}

/// Where an attempt failed: the tactics are not to blame for what happened before them.
enum Stage {
    Before(Failure),
    During(Failure),
}

impl Batch<'_> {
    /// One outcome for each tactic, in order.
    pub async fn run(
        &self,
        core: &mut Core,
        tactics: &[TacticRequest],
        deadline_ms: u64,
    ) -> Result<Vec<Tried>, Failure> {
        match self.attempt(core, tactics, deadline_ms).await {
            Ok(done) => Ok(done),
            Err(Stage::Before(failure) | Stage::During(failure)) if !failure.is_death() => {
                Err(failure)
            }
            Err(Stage::Before(_)) => match self.attempt(core, tactics, deadline_ms).await {
                Ok(done) => Ok(done),
                Err(Stage::Before(failure) | Stage::During(failure)) => Err(failure),
            },
            Err(Stage::During(_)) => self.one_by_one(core, tactics, deadline_ms).await,
        }
    }

    /// The retry after a death: each tactic alone, so that only the guilty one pays.
    async fn one_by_one(
        &self,
        core: &mut Core,
        tactics: &[TacticRequest],
        deadline_ms: u64,
    ) -> Result<Vec<Tried>, Failure> {
        // A tactic that hangs must not take the others' time.
        let share = (deadline_ms / tactics.len() as u64)
            .max(LEAST_MS)
            .min(deadline_ms);
        let (mut tried, mut deaths) = (Vec::with_capacity(tactics.len()), 1);
        let mut closed = false;
        for tactic in tactics {
            if closed && self.stop_on_close {
                tried.push(untried(OutcomeStatus::Skipped, None));
                continue;
            }
            if deaths >= DEATHS {
                let why = "not tried: other tactics of its batch killed too many workers";
                tried.push(failed(ErrorClass::Other, why.into()));
                continue;
            }
            let alone = match self
                .attempt(core, std::slice::from_ref(tactic), share)
                .await
            {
                // The way to the state is not the tactic's fault: once more.
                Err(Stage::Before(failure)) if failure.is_death() => {
                    self.attempt(core, std::slice::from_ref(tactic), share)
                        .await
                }
                other => other,
            };
            match alone {
                Ok(outcomes) => {
                    closed |= outcomes
                        .iter()
                        .any(|t| t.outcome.status == OutcomeStatus::Closed);
                    tried.extend(outcomes);
                }
                Err(Stage::During(Failure::Died(death))) => {
                    deaths += 1;
                    tried.push(killer(death));
                }
                Err(Stage::Before(failure) | Stage::During(failure)) => return Err(failure),
            }
        }
        Ok(tried)
    }

    async fn attempt(
        &self,
        core: &mut Core,
        tactics: &[TacticRequest],
        deadline_ms: u64,
    ) -> Result<Vec<Tried>, Stage> {
        let mut state = self
            .node
            .resolve(core, self.env)
            .await
            .map_err(Stage::Before)?;
        let mut answer = self.step(core, state, tactics, deadline_ms).await;
        if let Err(Failure::Refused(Refusal { kind, .. })) = &answer
            && kind == "unknown_state"
        {
            self.node.lost();
            state = self
                .node
                .resolve(core, self.env)
                .await
                .map_err(Stage::Before)?;
            answer = self.step(core, state, tactics, deadline_ms).await;
        }
        let generation = core.generation();
        match answer {
            Ok(outcomes) => {
                let tried = outcomes.into_iter().map(|outcome| Tried {
                    generation,
                    outcome,
                });
                Ok(tried.collect())
            }
            Err(Failure::Refused(Refusal { kind, message, .. })) if kind == "deadline" => {
                let late = |_| failed(ErrorClass::Deadline, message.clone());
                Ok(tactics.iter().map(late).collect())
            }
            Err(failure) => Err(Stage::During(failure)),
        }
    }

    async fn step(
        &self,
        core: &mut Core,
        state: u64,
        tactics: &[TacticRequest],
        deadline_ms: u64,
    ) -> Result<Vec<RawOutcome>, Failure> {
        let request = Request::Step {
            state,
            tactics,
            stop_on_close: self.stop_on_close,
            split: true,
        };
        let answer = core.request::<Outcomes>(&request, deadline_ms).await?;
        let outcomes = answer.outcomes;
        if outcomes.len() != tactics.len() {
            return Err(Failure::protocol(format!(
                "{} tactics were sent and {} outcomes came back",
                tactics.len(),
                outcomes.len()
            )));
        }
        Ok(outcomes)
    }
}

fn untried(status: OutcomeStatus, error: Option<TacticError>) -> Tried {
    let outcome = RawOutcome {
        status,
        children: Vec::new(),
        error,
        heartbeats: 0.0,
        ms: 0.0,
    };
    Tried {
        generation: 0,
        outcome,
    }
}

fn failed(class: ErrorClass, message: String) -> Tried {
    untried(OutcomeStatus::Error, Some(TacticError { class, message }))
}

/// The outcome of a tactic that killed two workers.
fn killer(death: Death) -> Tried {
    let class = if death.cause == Cause::Hung {
        ErrorClass::Deadline
    } else {
        ErrorClass::Other
    };
    failed(
        class,
        format!(
            "the Lean worker died over this tactic, twice: {}",
            death.message
        ),
    )
}
