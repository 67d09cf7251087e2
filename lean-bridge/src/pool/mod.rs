//! Workers, sessions and verification.
//!
//! A [`Pool`] owns search workers, and lanes of two workers for verification. Each worker is one
//! owner task (`worker.rs`) with one process at a time (`process.rs`); processes come and go, the
//! worker stays. A [`Session`] (`session.rs`) is pinned to a worker and can make its proof states
//! again in the worker's next process (`recipe.rs`). `verify.rs` says what a proof is worth.

mod assess;
mod batch;
mod document;
mod framing;
pub(crate) mod fuzz;
mod independent;
mod mutate;
mod options;
mod process;
mod recipe;
mod reserve;
mod session;
mod spawner;
mod stats;
mod taint;
mod text;
mod verbalise;
mod verify;
mod wire;
mod worker;

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use crate::launch::Role;
pub use document::Document;
pub use options::PoolOptions;
#[cfg(unix)]
pub(crate) use process::kill_group;
pub(crate) use process::resident_mb;
pub use session::{Outcome, ProofState, Session, SorryState, Started, StateId};
pub use spawner::Spawner;
pub use stats::PoolStats;
pub(crate) use taint::runs_code;

use verify::Lane;
use wire::{Failure, Request};
use worker::{Common, Core, Warm, Work, Worker};

use crate::checker::Checker;
use crate::protocol::{Declaration, Message, SorryAt};
use crate::text::{TextReport, TextRequest};
use crate::trace::Trace;
use crate::verdict::{Report, VerifyRequest};
use crate::{BridgeError, EnvironmentSpec};

/// What Lean says of a whole text: level 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Lean's messages.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// What the text declares.
    #[serde(default)]
    pub declarations: Vec<Declaration>,
    /// Whether the text was read to its end.
    pub complete: bool,
}

/// The holes of a text, and what it declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sorries {
    /// Lean's messages.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// The holes, in order; their states are already freed.
    #[serde(default)]
    pub sorries: Vec<SorryAt>,
    /// What the text declares.
    #[serde(default)]
    pub declarations: Vec<Declaration>,
}

/// Lean workers that are kept busy, replaced when they fail, and never believed about a proof.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    common: Arc<Common>,
    search: Vec<Arc<Worker>>,
    lanes: Vec<Lane>,
    /// Whether the spare and the lanes have been started in the background.
    settled: AtomicBool,
}

/// Requests after which the spare and the lanes are started in the background: the first theorems
/// have the machine to themselves.
const SETTLED: u64 = 32;

impl Pool {
    /// Starts the workers; returns when the first is ready, while the others still start.
    ///
    /// # Errors
    /// [`BridgeError::Spawn`] where no worker can be started.
    pub async fn start(
        launcher: impl Into<Spawner>,
        options: PoolOptions,
    ) -> Result<Pool, BridgeError> {
        let (workers, lanes) = (options.workers, options.verify_lanes.max(1));
        let common = Arc::new(Common::new(launcher.into(), options));
        let worker = |_| Worker::new(Arc::clone(&common), Role::Search);
        let search: Vec<_> = (0..workers).map(worker).collect();
        let lanes = (0..lanes).map(|_| Lane::new(&common)).collect();
        let pool = Pool(Arc::new(Inner {
            common,
            search,
            lanes,
            settled: AtomicBool::new(false),
        }));
        pool.first_ready().await?;
        Ok(pool)
    }

    async fn first_ready(&self) -> Result<(), BridgeError> {
        let mut starting = tokio::task::JoinSet::new();
        for worker in &self.0.search {
            let worker = Arc::clone(worker);
            starting.spawn(async move { worker.run(Warm(None)).await });
        }
        let mut result = Ok(());
        while let Some(joined) = starting.join_next().await {
            match joined {
                Ok(Ok(())) => {
                    starting.detach_all();
                    return Ok(());
                }
                Ok(Err(failure)) => result = Err(failure.into_error(0)),
                Err(error) => {
                    result = Err(BridgeError::Spawn {
                        message: error.to_string(),
                    });
                }
            }
        }
        result
    }

    /// A session on the least busy worker.
    ///
    /// # Errors
    /// The environment cannot be opened, or no worker can be started.
    pub async fn session(&self, env: EnvironmentSpec) -> Result<Session, BridgeError> {
        self.settle(&env);
        let common = &self.0.common;
        common.reserve.count(&env);
        let least = self.0.search.iter().min_by_key(|worker| worker.load());
        let Some(worker) = least.map(Arc::clone) else {
            return Err(BridgeError::Spawn {
                message: "the pool has no workers".into(),
            });
        };
        let deadline_ms = common.options.ready_timeout_s.saturating_mul(1000);
        Session::open(worker, env, deadline_ms).await
    }

    /// Starts the spare and the verification lanes once the search is under way.
    fn settle(&self, env: &EnvironmentSpec) {
        let inner = &self.0;
        let requests = inner.common.counters.requests.load(Ordering::Relaxed);
        if requests < SETTLED || inner.settled.swap(true, Ordering::AcqRel) {
            return;
        }
        let (pool, env) = (Arc::downgrade(inner), env.clone());
        tokio::spawn(async move {
            let Some(inner) = pool.upgrade() else { return };
            if let Some(lane) = inner.lanes.first() {
                lane.warm(&env).await;
            }
            inner.common.reserve.wanted(&inner.common);
        });
    }

    fn lane(&self) -> &Lane {
        let least = self.0.lanes.iter().min_by_key(|lane| lane.load());
        least.unwrap_or_else(|| unreachable!("a pool is made with at least one lane"))
    }

    /// Elaborates a whole text, in a submission worker: level 1, which proves nothing.
    ///
    /// # Errors
    /// The environment cannot be opened, or the worker failed twice over the text.
    pub async fn check(
        &self,
        env: &EnvironmentSpec,
        text: &str,
        timeout_ms: u64,
    ) -> Result<CheckReport, BridgeError> {
        self.whole_text(env, text, timeout_ms, |env, text| Request::Check {
            env,
            text,
        })
        .await
    }

    /// The holes of a text, found in a submission worker. [`Session::sorries`] gives holes that can be
    /// worked on.
    ///
    /// # Errors
    /// As [`Pool::check`].
    pub async fn sorries(
        &self,
        env: &EnvironmentSpec,
        text: &str,
        timeout_ms: u64,
    ) -> Result<Sorries, BridgeError> {
        self.whole_text(env, text, timeout_ms, |env, text| Request::Sorries {
            env,
            text,
        })
        .await
    }

    /// A text's proofs, tactic by tactic, in a submission worker: goals as statements of their own are
    /// hints, to be judged by whoever keeps them.
    ///
    /// # Errors
    /// As [`Pool::check`].
    pub async fn trace(
        &self,
        env: &EnvironmentSpec,
        text: &str,
        timeout_ms: u64,
    ) -> Result<Trace, BridgeError> {
        self.whole_text(env, text, timeout_ms, |env, text| Request::Trace {
            env,
            text,
        })
        .await
    }

    async fn whole_text<T: DeserializeOwned + Send + 'static>(
        &self,
        env: &EnvironmentSpec,
        text: &str,
        timeout_ms: u64,
        request: for<'a> fn(u64, &'a str) -> Request<'a>,
    ) -> Result<T, BridgeError> {
        let (env, text, shape) = (env.clone(), text.to_owned(), PhantomData);
        let work = WholeText {
            env,
            text,
            timeout_ms,
            request,
            shape,
        };
        let result = self.lane().submission.run(work).await;
        result.map_err(|failure| failure.into_error(timeout_ms))
    }

    /// Judges a submission, which may come from anywhere: one verdict for each of the request's
    /// names, in order. Another submission has seen its process only if neither brings code that
    /// runs while Lean reads it.
    pub async fn verify(&self, request: &VerifyRequest) -> Report {
        self.0.common.reserve.count(&request.environment);
        self.lane().verify(request, None).await
    }

    /// [`Pool::verify`], and then an independent kernel over what was accepted: level 4.
    pub async fn verify_independently(
        &self,
        request: &VerifyRequest,
        checker: &Arc<Checker>,
    ) -> Report {
        self.0.common.reserve.count(&request.environment);
        self.lane().verify(request, Some(checker)).await
    }

    /// Elaborates a finished text once and judges its theorems by their own statements. The same holds
    /// of the processes as with [`Pool::verify`].
    pub async fn text(&self, request: &TextRequest) -> TextReport {
        self.0.common.reserve.count(&request.environment);
        self.lane().text(request).await
    }

    /// Starts the processes of every lane, with an environment open.
    pub async fn warm(&self, env: &EnvironmentSpec) {
        self.0.common.reserve.count(env);
        let mut starting = tokio::task::JoinSet::new();
        for i in 0..self.0.lanes.len() {
            let (inner, env) = (Arc::clone(&self.0), env.clone());
            starting.spawn(async move {
                if let Some(lane) = inner.lanes.get(i) {
                    lane.warm(&env).await;
                }
            });
        }
        starting.join_all().await;
    }

    /// The counters.
    pub fn stats(&self) -> PoolStats {
        let memory = self
            .0
            .search
            .iter()
            .map(|w| w.memory_mb.load(Ordering::Relaxed))
            .collect();
        self.0.common.counters.read(memory)
    }

    /// Ends every worker now; what still runs fails.
    pub async fn shutdown(&self) {
        let lanes = self
            .0
            .lanes
            .iter()
            .flat_map(|lane| [&lane.submission, &lane.kernel]);
        let workers: Vec<_> = self.0.search.iter().chain(lanes).collect();
        workers.iter().for_each(|worker| worker.stop());
        for worker in workers {
            worker.stopped().await;
        }
        self.0.common.reserve.clear();
    }
}

/// A text to be elaborated whole, with an answer of shape `T`.
struct WholeText<T> {
    env: EnvironmentSpec,
    text: String,
    timeout_ms: u64,
    request: for<'a> fn(u64, &'a str) -> Request<'a>,
    shape: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + Send + 'static> Work for WholeText<T> {
    type Made = T;

    async fn attempt(&self, core: &mut Core) -> Result<T, Failure> {
        let request = |id| (self.request)(id, &self.text);
        core.ask(&self.env, request, self.timeout_ms).await
    }
}
