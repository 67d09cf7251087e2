//! Many theorems in flight, from the store's waiting problems to final results.
//!
//! Problems start in the run's order, each with a budget and a seed of its own, so that what a
//! theorem gets does not depend on its neighbours. A result is written to the store before it is
//! announced. An attempt that ends in a fault (or in a panic of this program) is made once more; a
//! second one is final, and the run goes on. When a stop is asked for, attempts under way end as
//! interrupted, which is written too, and their problems wait for `lakatos resume`.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use lakatos_lean_bridge::verdict::{Reason, Verdict};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::events::{Event, EventSink, ProblemEnd, Summary};
use crate::record::{AttemptRecord, Outcome};
use crate::search::{self, Cancel, Resources, SearchConfig};
use crate::store::{Learning, RunId, Store, StoreError, StoredProblem};

/// Makes attempts; must not block its thread.
pub trait Prover: Send + Sync + 'static {
    /// Attempts one problem. Ends early, with [`Outcome::Interrupted`], when `cancel` says so.
    fn attempt<'a>(
        &'a self,
        problem: &'a StoredProblem,
        seed: u64,
        cancel: &'a Cancel,
    ) -> Pin<Box<dyn Future<Output = Made> + Send + 'a>>;

    /// What is known about finishers now.
    fn learnt(&self) -> Value;
}

/// An attempt, with what was known when it began.
pub struct Made {
    /// What happened.
    pub record: AttemptRecord,
    /// See [`Learning::before`].
    pub before: Value,
}

/// The search, as the scheduler sees it.
pub struct SearchProver {
    /// What attempts share.
    pub resources: Resources,
    /// How they search.
    pub config: SearchConfig,
}

impl Prover for SearchProver {
    fn attempt<'a>(
        &'a self,
        problem: &'a StoredProblem,
        seed: u64,
        cancel: &'a Cancel,
    ) -> Pin<Box<dyn Future<Output = Made> + Send + 'a>> {
        Box::pin(async move {
            let problem = search::Problem {
                name: problem.problem.name.clone(),
                environment: problem.problem.environment.clone(),
                statement: problem.problem.statement.clone(),
            };
            let attempt =
                search::prove_one(&problem, &self.resources, &self.config, seed, cancel).await;
            Made {
                record: attempt.record,
                before: json(&attempt.finishers),
            }
        })
    }

    fn learnt(&self) -> Value {
        json(&self.resources.bandit.snapshot())
    }
}

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// A run's work.
pub struct Scheduler {
    /// Where problems come from and results go.
    pub store: Arc<Store>,
    /// Which run; the caller holds its lock.
    pub run: RunId,
    /// The run's seed.
    pub seed: u64,
    /// Theorems in flight at once.
    pub in_flight: usize,
    /// Who proves.
    pub prover: Arc<dyn Prover>,
    /// Who listens.
    pub sink: Arc<dyn EventSink>,
    /// Asks the run to stop.
    pub stop: Cancel,
}

/// A problem in flight.
struct Flight {
    problem: StoredProblem,
    faults: u32,
}

/// How a flight ended.
enum Landed {
    /// With its final result.
    Final(Box<AttemptRecord>),
    /// With a fault; to be tried once more.
    Again(Flight),
    /// Because a stop was asked for.
    Interrupted,
}

impl Scheduler {
    /// Works through everything that waits. The summary covers the run's earlier results too.
    ///
    /// # Errors
    /// The store failed: nothing was announced that it does not hold, and the run can be resumed.
    pub async fn work(self) -> Result<Summary, StoreError> {
        let this = Arc::new(self);
        let began = Instant::now();
        let mut queue: VecDeque<Flight> = this
            .blocking(|s| s.store.waiting(s.run))
            .await?
            .into_iter()
            .map(|problem| Flight { problem, faults: 0 })
            .collect();
        let mut flights = JoinSet::new();
        let mut failure = None;
        loop {
            while flights.len() < this.in_flight.max(1)
                && !this.stop.is_cancelled()
                && let Some(flight) = queue.pop_front()
            {
                let this = this.clone();
                flights.spawn(async move { this.fly(flight).await });
            }
            let Some(landed) = flights.join_next().await else {
                break;
            };
            match landed {
                Ok(Ok((name, Landed::Final(record)))) => {
                    this.sink
                        .event(&Event::Problem(Box::new(problem_end(name, &record))));
                }
                Ok(Ok((_, Landed::Again(flight)))) => queue.push_front(flight),
                Ok(Ok((_, Landed::Interrupted))) => {}
                Ok(Err(e)) => {
                    this.stop.cancel();
                    failure.get_or_insert(e);
                }
                Err(e) => {
                    this.stop.cancel();
                    failure.get_or_insert(StoreError::Rule {
                        message: format!("a task of the scheduler failed: {e}"),
                    });
                }
            }
        }
        if let Some(e) = failure {
            return Err(e);
        }
        let (run, counts) = this
            .blocking(|s| {
                s.store.end_run(s.run)?;
                Ok((s.store.run_by_id(s.run)?, s.store.counts(s.run)?))
            })
            .await?;
        Ok(Summary::of(&run, &counts, began.elapsed().as_secs_f64()))
    }

    /// One attempt, from its row in the store to its result in the store.
    async fn fly(self: Arc<Self>, flight: Flight) -> Result<(String, Landed), StoreError> {
        let name = flight.problem.problem.name.clone();
        let id = flight.problem.id;
        let attempt = self.blocking(move |s| s.store.begin_attempt(id)).await?;
        self.sink
            .event(&Event::ProblemStarted { name: name.clone() });
        let made = self
            .clone()
            .isolated(flight.problem.clone(), flight.faults)
            .await;
        let record = Box::new(made.record);
        let again = record.outcome == Outcome::Fault && flight.faults == 0;
        let learning = Learning {
            before: made.before,
            after: self.prover.learnt(),
        };
        let record = self
            .blocking(move |s| {
                s.store
                    .finish_attempt(attempt, &record, &learning, !again)?;
                Ok(record)
            })
            .await?;
        if record.outcome == Outcome::Interrupted {
            return Ok((name, Landed::Interrupted));
        }
        if again {
            let message = record
                .reason
                .as_ref()
                .map_or("Lean failed", |r| r.message.as_str());
            self.sink.event(&Event::Retry {
                name: name.clone(),
                message: message.to_owned(),
            });
            return Ok((
                name,
                Landed::Again(Flight {
                    faults: 1,
                    ..flight
                }),
            ));
        }
        Ok((name, Landed::Final(record)))
    }

    /// Runs the attempt on a task of its own: a panic in it is this problem's fault and nobody
    /// else's.
    async fn isolated(self: Arc<Self>, problem: StoredProblem, faults: u32) -> Made {
        let seed = problem_seed(self.seed, &problem.problem.name, faults);
        let this = self.clone();
        let task =
            tokio::spawn(async move { this.prover.attempt(&problem, seed, &this.stop).await });
        match task.await {
            Ok(made) => made,
            Err(e) => Made {
                record: fault(&e.to_string()),
                before: Value::Null,
            },
        }
    }

    /// Runs a call to the store where it may block.
    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        f: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || f(&this))
            .await
            .unwrap_or_else(|e| {
                Err(StoreError::Rule {
                    message: format!("a call to the run store failed: {e}"),
                })
            })
    }
}

/// A seed that depends on the run's seed, the problem and the try, and on nothing else.
fn problem_seed(run: u64, name: &str, faults: u32) -> u64 {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    hash.update(run.to_le_bytes());
    hash.update(faults.to_le_bytes());
    hash.update(name.as_bytes());
    let digest = hash.finalize();
    digest[..8]
        .iter()
        .fold(0, |acc, byte| (acc << 8) | u64::from(*byte))
}

fn fault(message: &str) -> AttemptRecord {
    let reason = Reason {
        class: "internal".into(),
        message: message.into(),
    };
    AttemptRecord::unread(Outcome::Fault, reason)
}

/// What is announced of a final result.
pub fn problem_end(name: String, record: &AttemptRecord) -> ProblemEnd {
    let (level, axioms) = match &record.verdict {
        Some(Verdict::Accepted { level, axioms, .. }) => (Some(u8::from(*level)), axioms.clone()),
        _ => (None, Vec::new()),
    };
    ProblemEnd {
        name,
        verdict: record.outcome,
        level,
        proof: record.proof.clone(),
        environment: record.environment,
        reason: record.reason.as_ref().map(|r| r.class.clone()),
        message: record.reason.as_ref().map(|r| r.message.clone()),
        axioms,
        seconds: record.cost.seconds,
        nodes: record.cost.expanded,
        tactics: record.cost.tactics,
        tokens: record.cost.tokens,
    }
}

#[cfg(test)]
mod tests;
