//! Verification: a submission's text becomes terms in one process, and the kernel judges the terms
//! in another that never ran the submission's code.
//!
//! Nothing but the kernel worker's own `accepted: true` yields [`Verdict::Accepted`]. What the
//! submission worker says may be forged by the submission: it decides only how a *refusal* is
//! worded.

use std::sync::Arc;

use serde::Deserialize;

use super::process::Cause;
use super::wire::{Failure, Request};
use super::worker::{Common, Core, Warm, Work, Worker};
use crate::EnvironmentSpec;
use crate::launch::Role;
use crate::protocol::{Message, Severity};
use crate::verdict::{Level, Reason, Verdict, VerifyRequest};

/// Texts of this program's own that one submission worker elaborates before it is replaced.
const OWN_TEXTS: u64 = 32;

/// Where a submission comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// From anywhere: its process is its own.
    Foreign,
    /// From this program's search.
    Own,
}

/// A submission worker and a kernel worker.
pub(super) struct Lane {
    pub submission: Arc<Worker>,
    pub kernel: Arc<Worker>,
}

#[derive(Debug, Deserialize)]
struct Exported {
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default)]
    missing: Vec<String>,
    export: String,
}

#[derive(Debug, Deserialize)]
struct Judged {
    verdicts: Vec<Judgement>,
}

#[derive(Debug, Deserialize)]
struct Judgement {
    name: String,
    accepted: bool,
    reason: Option<Reason>,
    #[serde(default)]
    axioms: Vec<String>,
    #[serde(default)]
    library_bodies: bool,
}

impl Lane {
    pub fn new(common: &Arc<Common>) -> Self {
        Self {
            submission: Worker::new(Arc::clone(common), Role::Submission),
            kernel: Worker::new(Arc::clone(common), Role::Kernel),
        }
    }

    pub fn load(&self) -> usize {
        self.submission.load() + self.kernel.load()
    }

    /// A verdict for each name, in order.
    pub async fn verify(&self, request: &VerifyRequest, origin: Origin) -> Vec<(String, Verdict)> {
        let mut exported = match self.export(request, origin).await {
            Ok(exported) => exported,
            Err(verdict) => return all(request, &verdict),
        };
        let export = std::mem::take(&mut exported.export);
        match self.judge(request, export).await {
            Ok(judged) => {
                let verdict = |name: &String| (name.clone(), verdict(name, &judged, &exported));
                request.names.iter().map(verdict).collect()
            }
            Err(verdict) => all(request, &verdict),
        }
    }

    async fn export(&self, request: &VerifyRequest, origin: Origin) -> Result<Exported, Verdict> {
        let work = Export {
            request: request.clone(),
            origin,
        };
        let result = self.submission.run(work).await;
        result.map_err(|failure| refused(failure, "elaborated", request.timeout_ms))
    }

    async fn judge(&self, request: &VerifyRequest, export: String) -> Result<Judged, Verdict> {
        let result = self
            .kernel
            .run(Judge {
                request: request.clone(),
                export,
            })
            .await;
        result.map_err(|failure| challenge_refused(failure, request.timeout_ms))
    }

    /// Starts both processes ahead of need, with an environment open.
    pub async fn warm(&self, env: &EnvironmentSpec) {
        for worker in [&self.kernel, &self.submission] {
            if let Err(error) = worker.run(Warm(Some(env.clone()))).await {
                tracing::debug!(?error, "a verification worker could not be warmed");
            }
        }
    }
}

struct Export {
    request: VerifyRequest,
    origin: Origin,
}

impl Work for Export {
    type Made = Exported;

    async fn attempt(&self, core: &mut Core) -> Result<Exported, Failure> {
        let kept = if self.origin == Origin::Own {
            OWN_TEXTS
        } else {
            1
        };
        if core.texts() >= kept {
            core.retire();
        }
        let VerifyRequest {
            environment,
            submission: text,
            names,
            timeout_ms,
            ..
        } = &self.request;
        let request = |env| Request::Export { env, text, names };
        let exported = core.ask(environment, request, *timeout_ms).await;
        if self.origin == Origin::Foreign {
            core.retire();
        }
        exported
    }

    fn again(&self, failure: &Failure) -> bool {
        worth_a_retry(failure)
    }
}

struct Judge {
    request: VerifyRequest,
    export: String,
}

impl Work for Judge {
    type Made = Judged;

    async fn attempt(&self, core: &mut Core) -> Result<Judged, Failure> {
        let Self { request, export } = self;
        let VerifyRequest {
            environment,
            reference,
            names,
            axioms,
            timeout_ms,
            ..
        } = request;
        let request = |env| Request::Verify {
            env,
            reference,
            names,
            export,
            axioms,
        };
        core.ask(environment, request, *timeout_ms).await
    }

    fn again(&self, failure: &Failure) -> bool {
        worth_a_retry(failure)
    }
}

/// A death is tried again, but a text that took all the time or memory would only do so again.
fn worth_a_retry(failure: &Failure) -> bool {
    matches!(failure, Failure::Died(d) if !matches!(d.cause, Cause::Hung | Cause::Memory))
}

fn all(request: &VerifyRequest, verdict: &Verdict) -> Vec<(String, Verdict)> {
    request
        .names
        .iter()
        .map(|name| (name.clone(), verdict.clone()))
        .collect()
}

fn reason(class: &str, message: impl Into<String>) -> Reason {
    Reason {
        class: class.into(),
        message: message.into(),
    }
}

/// The verdict on one name, from what the kernel worker said of it.
fn verdict(name: &str, judged: &Judged, exported: &Exported) -> Verdict {
    let mut of_name = judged.verdicts.iter().filter(|j| j.name == name);
    let (Some(judgement), None) = (of_name.next(), of_name.next()) else {
        let message = format!("the kernel worker did not give one verdict on `{name}`");
        return Verdict::Fault {
            reason: reason("protocol", message),
        };
    };
    if judgement.accepted {
        return Verdict::Accepted {
            level: Level::Kernel,
            axioms: judgement.axioms.clone(),
            library_bodies: judgement.library_bodies,
        };
    }
    let given = judgement.reason.clone().unwrap_or_else(|| {
        reason(
            "kernel",
            format!("the kernel worker refused `{name}` and gave no reason"),
        )
    });
    // A theorem whose proof does not elaborate is missing or rests on `sorryAx`; Lean's own error
    // says more.
    let by_elaboration = matches!(given.class.as_str(), "missing" | "sorry")
        || exported.missing.iter().any(|m| m == name);
    let error = exported
        .messages
        .iter()
        .find(|m| m.severity == Severity::Error);
    match error.filter(|_| by_elaboration) {
        Some(e) => {
            let message = format!("line {}: {}", e.line, e.data);
            Verdict::Rejected {
                reason: reason("elaboration", message),
            }
        }
        None => Verdict::Rejected { reason: given },
    }
}

/// The verdict where there is no export to judge.
fn refused(failure: Failure, done: &str, timeout_ms: u64) -> Verdict {
    match failure {
        Failure::Died(death) => match death.cause {
            Cause::Hung => Verdict::Declined {
                reason: out_of_time(done, timeout_ms),
            },
            Cause::Memory => Verdict::Declined {
                reason: reason(
                    "memory",
                    format!("it could not be {done}: {}", death.message),
                ),
            },
            Cause::Exited | Cause::Flooded | Cause::Nonsense => Verdict::Fault {
                reason: reason(
                    "worker_died",
                    format!("two workers died while it was {done}: {}", death.message),
                ),
            },
        },
        Failure::Refused(refusal) => match refusal.kind.as_str() {
            "deadline" => Verdict::Declined {
                reason: out_of_time(done, timeout_ms),
            },
            "elaboration" => {
                let first = refusal
                    .messages
                    .iter()
                    .find(|m| m.severity == Severity::Error);
                let message = first.map_or(refusal.message, |m| m.data.clone());
                Verdict::Rejected {
                    reason: reason("elaboration", message),
                }
            }
            "import" => Verdict::Declined {
                reason: reason("import", refusal.message),
            },
            "bad_request" => Verdict::Rejected {
                reason: reason("export", refusal.message),
            },
            kind => Verdict::Fault {
                reason: reason("worker", format!("{kind}: {}", refusal.message)),
            },
        },
        Failure::Bridge(error) => Verdict::Fault {
            reason: reason("worker", error.to_string()),
        },
    }
}

/// The kernel worker's refusals are about the challenge, which is not the submission's fault.
fn challenge_refused(failure: Failure, timeout_ms: u64) -> Verdict {
    match refused(failure, "replayed through the kernel", timeout_ms) {
        Verdict::Rejected {
            reason: Reason { class, message },
        } if class == "elaboration" => {
            let message = format!("the reference statement itself does not elaborate: {message}");
            Verdict::Declined {
                reason: reason("reference", message),
            }
        }
        Verdict::Rejected { reason: r } => Verdict::Fault { reason: r },
        other => other,
    }
}

fn out_of_time(done: &str, timeout_ms: u64) -> Reason {
    let seconds = timeout_ms.div_ceil(1000);
    reason(
        "timeout",
        format!("it could not be {done} within {seconds} s; allow more time"),
    )
}
