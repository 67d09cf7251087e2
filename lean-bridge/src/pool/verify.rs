//! Verification: a submission's text becomes terms in one process, and the kernel judges the terms
//! in another that never ran the submission's code.
//!
//! Nothing but the kernel worker's own `accepted: true` yields [`Verdict::Accepted`]. What the
//! submission worker says may be forged by the submission: it decides only how a *refusal* is
//! worded.
//!
//! A submission worker goes on to the next text only after texts that bring no code of their own
//! (`taint.rs`); after any other it is replaced.

use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;

use super::independent::{self, Checks};
use super::process::Cause;
use super::taint;
use super::wire::{Failure, Reference, Request};
use super::worker::{Common, Core, Warm, Work, Worker};
use crate::EnvironmentSpec;
use crate::checker::Checker;
use crate::launch::Role;
use crate::protocol::{Message, Severity};
use crate::verdict::{Judged, Level, Reason, Report, Statements, Verdict, VerifyRequest};

/// Texts that one submission worker elaborates before it is replaced, code or not.
pub(super) const TEXTS: u64 = 1000;

/// A submission worker and a kernel worker.
pub(super) struct Lane {
    pub submission: Arc<Worker>,
    pub kernel: Arc<Worker>,
}

/// What a submission worker answers.
#[derive(Debug, Deserialize)]
pub(super) struct Export {
    #[serde(default)]
    pub messages: Vec<Message>,
    #[serde(default)]
    pub missing: Vec<String>,
    pub export: String,
}

/// What came of the texts of a request.
struct Exported {
    /// The challenge's statements, where nobody vouches for its text.
    reference: Option<String>,
    submission: Export,
    memory_mb: Option<u64>,
}

/// What a kernel worker answers.
#[derive(Debug, Deserialize)]
pub(super) struct Judgements {
    pub verdicts: Vec<Judgement>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Judgement {
    pub name: String,
    pub accepted: bool,
    reason: Option<Reason>,
    #[serde(default)]
    axioms: Vec<String>,
    #[serde(default)]
    reference_type: String,
    #[serde(default, rename = "type")]
    submitted_type: String,
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
    pub async fn verify(&self, request: &VerifyRequest, checker: Option<&Arc<Checker>>) -> Report {
        let began = Instant::now();
        let exported = self.export(request).await;
        let elaborated = Instant::now();
        let mut memory_mb = None;
        let theorems = match exported {
            Err(verdict) => all(request, &verdict),
            Ok(mut exported) => {
                memory_mb = exported.memory_mb;
                match self.judge(request, &mut exported, checker).await {
                    Err(verdict) => all(request, &verdict),
                    Ok((judged, mb, checks)) => {
                        memory_mb = memory_mb.max(mb);
                        let submission = &exported.submission;
                        let said = |n: &String| checks.settle(theorem(n, &judged, submission));
                        request.names.iter().map(said).collect()
                    }
                }
            }
        };
        Report {
            theorems,
            elaboration_seconds: (elaborated - began).as_secs_f64(),
            kernel_seconds: elaborated.elapsed().as_secs_f64(),
            memory_mb,
        }
    }

    async fn export(&self, request: &VerifyRequest) -> Result<Exported, Verdict> {
        let work = Elaborate(request.clone());
        let result = self.submission.run(work).await;
        match result {
            Ok(Ok(exported)) => Ok(exported),
            Ok(Err(failure)) => Err(challenge_refused(failure, request.timeout_ms)),
            Err(failure) => Err(refused(failure, "elaborated", request.timeout_ms)),
        }
    }

    async fn judge(
        &self,
        request: &VerifyRequest,
        exported: &mut Exported,
        checker: Option<&Arc<Checker>>,
    ) -> Result<(Judgements, Option<u64>, Checks), Verdict> {
        let work = Judge {
            request: request.clone(),
            reference: exported.reference.take(),
            export: std::mem::take(&mut exported.submission.export),
            keep: checker.is_some(),
        };
        let result = match checker {
            None => {
                let made = self.kernel.run(work).await;
                made.map(|(judged, mb)| (judged, mb, Checks::default()))
            }
            Some(checker) => independent::judge(&self.kernel, work, checker).await,
        };
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

/// Makes terms of the texts of a request.
struct Elaborate(VerifyRequest);

impl Elaborate {
    fn runs_code(&self) -> bool {
        let request = &self.0;
        let ours = [request.environment.text.as_str(), &request.reference];
        let theirs = std::iter::once(request.submission.as_str());
        let texts = theirs.chain(ours.into_iter().filter(|_| !request.vouched));
        texts.into_iter().any(taint::runs_code)
    }

    /// The statements of a challenge that nobody vouches for, made before the submission is seen.
    async fn reference(&self, core: &mut Core) -> Result<String, Failure> {
        let VerifyRequest {
            environment,
            reference: text,
            axioms,
            timeout_ms,
            ..
        } = &self.0;
        // The challenge's own axioms go along where they are allowed.
        let names: Vec<String> = self.0.names.iter().chain(axioms).cloned().collect();
        let names = &names;
        let request = |env| Request::Export { env, text, names };
        let made: Export = core.ask(environment, request, *timeout_ms).await?;
        let error = made.messages.iter().find(|m| m.severity == Severity::Error);
        match error {
            None => Ok(made.export),
            Some(_) => Err(Failure::elaboration(made.messages)),
        }
    }
}

impl Work for Elaborate {
    /// The inner failure is the challenge's.
    type Made = Result<Exported, Failure>;

    async fn attempt(&self, core: &mut Core) -> Result<Self::Made, Failure> {
        if core.texts() >= TEXTS {
            core.retire();
        }
        let made = self.elaborate(core).await;
        if self.runs_code() {
            core.retire();
        }
        made
    }

    fn again(&self, failure: &Failure) -> bool {
        worth_a_retry(failure)
    }
}

impl Elaborate {
    async fn elaborate(&self, core: &mut Core) -> Result<Result<Exported, Failure>, Failure> {
        let VerifyRequest {
            environment,
            submission: text,
            names,
            timeout_ms,
            ..
        } = &self.0;
        let reference = if self.0.vouched {
            None
        } else {
            match self.reference(core).await {
                Ok(terms) => Some(terms),
                Err(failure @ Failure::Refused(_)) => return Ok(Err(failure)),
                Err(failure) => return Err(failure),
            }
        };
        let request = |env| Request::Export { env, text, names };
        let submission = core.ask(environment, request, *timeout_ms).await?;
        Ok(Ok(Exported {
            reference,
            submission,
            memory_mb: core.resident_mb(),
        }))
    }
}

/// Has the kernel check the terms of a submission against the challenge.
pub(super) struct Judge {
    pub request: VerifyRequest,
    /// The challenge's terms, in place of its text.
    reference: Option<String>,
    export: String,
    /// Whether the worker keeps the replay, for exports.
    keep: bool,
}

impl Work for Judge {
    type Made = (Judgements, Option<u64>);

    async fn attempt(&self, core: &mut Core) -> Result<Self::Made, Failure> {
        let VerifyRequest {
            environment,
            reference,
            names,
            axioms,
            timeout_ms,
            ..
        } = &self.request;
        let (environment, reference) = match &self.reference {
            None => (environment.clone(), Reference::Text(reference)),
            // The text that stands before the challenge is in its terms, where they speak of it.
            Some(terms) => {
                let imports = environment.imports.clone();
                let text = String::new();
                (EnvironmentSpec { imports, text }, Reference::Terms(terms))
            }
        };
        let request = |env| Request::Verify {
            env,
            reference,
            names,
            export: &self.export,
            axioms,
            keep: self.keep,
            all: false,
        };
        let judged = core.ask(&environment, request, *timeout_ms).await?;
        Ok((judged, core.resident_mb()))
    }

    fn again(&self, failure: &Failure) -> bool {
        worth_a_retry(failure)
    }
}

/// A death is tried again, but a text that took all the time or memory would only do so again.
pub(super) fn worth_a_retry(failure: &Failure) -> bool {
    matches!(failure, Failure::Died(d) if !matches!(d.cause, Cause::Hung | Cause::Memory))
}

fn all(request: &VerifyRequest, verdict: &Verdict) -> Vec<Judged> {
    let judged = |name: &String| Judged {
        name: name.clone(),
        verdict: verdict.clone(),
        statements: None,
        checker: None,
    };
    request.names.iter().map(judged).collect()
}

pub(super) fn reason(class: &str, message: impl Into<String>) -> Reason {
    Reason {
        class: class.into(),
        message: message.into(),
    }
}

/// What is said of one name, from what the kernel worker said of it.
fn theorem(name: &str, judged: &Judgements, exported: &Export) -> Judged {
    let mut of_name = judged.verdicts.iter().filter(|j| j.name == name);
    let (Some(judgement), None) = (of_name.next(), of_name.next()) else {
        let message = format!("the kernel worker did not give one verdict on `{name}`");
        let reason = reason("protocol", message);
        return Judged {
            name: name.to_owned(),
            verdict: Verdict::Fault { reason },
            statements: None,
            checker: None,
        };
    };
    let statements = Statements {
        challenge: judgement.reference_type.clone(),
        submission: judgement.submitted_type.clone(),
    };
    Judged {
        name: name.to_owned(),
        verdict: verdict(name, judgement, exported),
        statements: (!statements.challenge.is_empty()).then_some(statements),
        checker: None,
    }
}

pub(super) fn verdict(name: &str, judgement: &Judgement, exported: &Export) -> Verdict {
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
pub(super) fn refused(failure: Failure, done: &str, timeout_ms: u64) -> Verdict {
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
pub(super) fn challenge_refused(failure: Failure, timeout_ms: u64) -> Verdict {
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
