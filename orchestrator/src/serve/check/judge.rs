//! From a text to what is said of it: memory first, then the pool in its turn.

use std::time::Instant;

use lakatos_datasets::format::pairs;
use lakatos_datasets::format::solutions::{Finished, finished};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::text::{TextReport, TextRequest};
use lakatos_lean_bridge::verdict::{Reason, Report, Verdict, VerifyRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Service;
use super::cache::{self, Key};
use super::error::ApiError;

/// How a client wants its texts judged.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Milliseconds for elaboration and for replay, each; already within the service's limit.
    pub timeout_ms: u64,
    /// Allowed axioms.
    pub axioms: Vec<String>,
    /// Info trees, if any.
    pub infotree: Option<String>,
    /// Whether a remembered verdict will do.
    pub cached: bool,
    /// Whether a text with errors is to be judged theorem by theorem all the same.
    pub thorough: bool,
}

/// What came of a text, and whether it was remembered.
pub struct Judged<R> {
    /// What came of it.
    pub report: R,
    /// Whether it was in memory.
    pub cached: bool,
}

impl Service {
    /// Milliseconds from what a client asks for, in seconds.
    pub fn timeout_ms(&self, seconds: Option<f64>, default: u32) -> Result<u64, ApiError> {
        let seconds = seconds.unwrap_or_else(|| default.into());
        if !(seconds.is_finite() && seconds >= 0.0) {
            return Err(ApiError::invalid(
                "`timeout` must be a number of seconds, 0 or more",
            ));
        }
        let most = f64::from(self.options.max_timeout.max(1));
        Ok((1000.0 * seconds.clamp(1.0, most)) as u64)
    }

    /// Judges a finished text by what it states itself.
    pub async fn text(&self, text: String, wish: &Wish) -> Result<Judged<TextReport>, ApiError> {
        let infotree = wish.infotree.as_deref().unwrap_or_default();
        let mode: &[u8] = if wish.thorough { b"thorough" } else { b"text" };
        let key = self.key(&[mode, infotree.as_bytes(), text.as_bytes()], wish);
        let parts = lexed(move || finished(&clean(&text))).await?;
        let Finished {
            imports,
            body,
            reference,
            names,
        } = parts;
        let request = TextRequest {
            environment: self.environment(imports),
            text: body,
            names,
            reference,
            axioms: wish.axioms.clone(),
            timeout_ms: wish.timeout_ms,
            infotree: wish.infotree.clone(),
            only_clean: !wish.thorough,
        };
        let work = async || self.pool.text(&request).await;
        self.remembered(key, wish, work).await
    }

    /// Judges a solution of a challenge. The inner error says why there is nothing to judge.
    pub async fn pair(
        &self,
        challenge: String,
        solution: String,
        wish: &Wish,
    ) -> Result<Result<Judged<Report>, String>, ApiError> {
        let key = self.key(&[b"pair", challenge.as_bytes(), solution.as_bytes()], wish);
        let read = move || pairs::from_sources("request", &clean(&challenge), &clean(&solution));
        let pair = match lexed(read).await? {
            Ok(pair) => pair,
            Err(why) => return Ok(Err(why)),
        };
        let request = VerifyRequest {
            environment: self.environment(pair.environment.imports),
            reference: pair.reference,
            // Who sends a challenge here may be anybody, and other clients' proofs are judged in the
            // same kernel's process.
            vouched: false,
            submission: pair.submission,
            names: pair.names,
            axioms: wish.axioms.clone(),
            timeout_ms: wish.timeout_ms,
        };
        let work = async || self.pool.verify(&request).await;
        self.remembered(key, wish, work).await.map(Ok)
    }

    fn environment(&self, imports: Vec<String>) -> EnvironmentSpec {
        let chosen = &self.options.imports;
        EnvironmentSpec {
            imports: if chosen.is_empty() {
                imports
            } else {
                chosen.clone()
            },
            text: String::new(),
        }
    }

    /// Everything that a final verdict depends on. Times and memory end without one.
    fn key(&self, parts: &[&[u8]], wish: &Wish) -> Key {
        let axioms = wish.axioms.join("\0");
        let imports = self.options.imports.join("\0");
        let ours: [&[u8]; 4] = [
            env!("CARGO_PKG_VERSION").as_bytes(),
            self.options.lean.as_bytes(),
            imports.as_bytes(),
            axioms.as_bytes(),
        ];
        cache::key(&[&ours[..], parts].concat())
    }

    async fn remembered<R: Outcome>(
        &self,
        key: Key,
        wish: &Wish,
        work: impl AsyncFnOnce() -> R,
    ) -> Result<Judged<R>, ApiError> {
        if wish.cached
            && let Some(report) = self.cache.get::<R>(&key)
        {
            self.metrics.said(&report.verdict());
            return Ok(Judged {
                report,
                cached: true,
            });
        }
        let _turn = self.queue.turn().await?;
        let began = Instant::now();
        let report = work().await;
        let verdict = report.verdict();
        self.queue.took(began.elapsed());
        self.metrics.judged(&verdict, began.elapsed());
        if is_final(&verdict) {
            self.cache.put(key, &report);
        }
        Ok(Judged {
            report,
            cached: false,
        })
    }
}

/// Something with a verdict on the whole of it.
pub trait Outcome: Serialize + DeserializeOwned {
    /// That verdict.
    fn verdict(&self) -> Verdict;
}

impl Outcome for TextReport {
    fn verdict(&self) -> Verdict {
        self.verdict.clone()
    }
}

impl Outcome for Report {
    fn verdict(&self) -> Verdict {
        let rank = |v: &Verdict| match v {
            Verdict::Fault { .. } => 0,
            Verdict::Declined { .. } => 1,
            Verdict::Rejected { .. } => 2,
            Verdict::Accepted { .. } => 3,
        };
        let worst = self
            .theorems
            .iter()
            .map(|t| &t.verdict)
            .min_by_key(|v| rank(v));
        worst.cloned().unwrap_or_else(|| Verdict::Declined {
            reason: Reason {
                class: "unjudged".into(),
                message: "there is no theorem".into(),
            },
        })
    }
}

/// Whether judging again could only say the same. Running out of time, memory or steps is no judgement.
fn is_final(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Accepted { .. } => true,
        Verdict::Rejected { reason } => reason.class != "resources",
        Verdict::Declined { .. } | Verdict::Fault { .. } => false,
    }
}

/// What Lean's reader would stumble over, left out.
fn clean(text: &str) -> String {
    text.replace('\0', "").replace("\r\n", "\n")
}

/// Reads a text off the threads that answer requests: it may have megabytes.
async fn lexed<T: Send + 'static>(
    read: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(|e| ApiError::internal(format!("the text could not be read: {e}")))
}
