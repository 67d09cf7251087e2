//! A finished text, judged by its own statements: one elaboration, then the kernel.
//!
//! A text that brings no code of its own states what it states wherever it is read, so its terms alone
//! are judged. One that brings code is read without it first: what its theorems say then is what it must
//! have proved (as `verify.rs` does with every challenge that nobody vouches for).

use std::time::Instant;

use serde::Deserialize;

use super::taint;
use super::verify::{
    Export, Judgements, Lane, TEXTS, challenge_refused, reason, refused, verdict, worth_a_retry,
};
use super::wire::{Failure, Reference, Request};
use super::worker::{Core, Work};
use crate::protocol::{EnvironmentKind, Message, Opened, Severity};
use crate::text::{Elaborated, Library, Said, TextReport, TextRequest, whole};
use crate::verdict::{Judged, Verdict};

/// What a submission worker answers.
#[derive(Debug, Deserialize)]
struct Submitted {
    #[serde(flatten)]
    elaborated: Elaborated,
    #[serde(default)]
    missing: Vec<String>,
    /// Absent where Lean reported an error and nothing is to be judged then.
    export: Option<String>,
}

/// What came of a text in its submission worker.
struct Made {
    library: Library,
    /// What the theorems say without the text's code; absent where it brings none. The failure is that
    /// of a statement which does not elaborate without it.
    reference: Option<Result<String, Failure>>,
    submitted: Submitted,
    memory_mb: Option<u64>,
}

/// Words that switch a check off or add an axiom, without being code.
fn could_cheat(text: &str) -> bool {
    ["axiom", "debug.", "sorryAx", "opaque"]
        .iter()
        .any(|word| text.contains(word))
        || taint::runs_code(text)
}

impl Lane {
    /// Elaborates and judges a finished text. The kernel's process checks every declaration, so the
    /// kernel is left out of the elaboration. A text that speaks of the kernel may depend on what it says
    /// there, and one that is refused is told what Lean itself says of it: these are elaborated with it.
    pub async fn text(&self, request: &TextRequest) -> TextReport {
        if !request.text.contains("kernel") {
            let report = self.elaborate_and_judge(request, true).await;
            let told = |e: &Elaborated| e.error().is_some() || !e.sorries.is_empty();
            let settled = matches!(report.verdict, Verdict::Accepted { .. })
                || report.elaborated.as_ref().is_none_or(told);
            if settled {
                return report;
            }
        }
        self.elaborate_and_judge(request, false).await
    }

    async fn elaborate_and_judge(&self, request: &TextRequest, unchecked: bool) -> TextReport {
        let began = Instant::now();
        let work = Submit {
            request: request.clone(),
            runs_code: taint::runs_code(&request.text),
            unchecked,
        };
        let made = self.submission.run(work).await;
        let mut report = TextReport {
            verdict: Verdict::Declined {
                reason: reason("unjudged", "it was not judged"),
            },
            elaborated: None,
            theorems: Vec::new(),
            library: None,
            elaboration_seconds: began.elapsed().as_secs_f64(),
            kernel_seconds: 0.0,
            memory_mb: None,
        };
        let made = match made {
            Ok(made) => made,
            Err(failure) => {
                report.verdict = refused(failure, "elaborated", request.timeout_ms);
                return report;
            }
        };
        let Made {
            library,
            reference,
            submitted,
            memory_mb,
        } = made;
        report.memory_mb = memory_mb;
        let began = Instant::now();
        let judged = self.judge_text(request, reference, &submitted).await;
        report.kernel_seconds = began.elapsed().as_secs_f64();
        let elaborated = submitted.elaborated;
        report.verdict = match judged {
            Ok((theorems, memory_mb)) => {
                report.theorems = theorems;
                report.memory_mb = report.memory_mb.max(memory_mb);
                whole(&elaborated, &report.theorems, could_cheat(&request.text))
            }
            Err(verdict) => verdict,
        };
        needs_mathlib(&mut report.verdict, &library);
        for judged in &mut report.theorems {
            needs_mathlib(&mut judged.verdict, &library);
        }
        report.library = Some(library);
        report.elaborated = Some(elaborated);
        report
    }

    async fn judge_text(
        &self,
        request: &TextRequest,
        reference: Option<Result<String, Failure>>,
        submitted: &Submitted,
    ) -> Result<(Vec<Judged>, Option<u64>), Verdict> {
        let Some(export) = &submitted.export else {
            return Ok((Vec::new(), None));
        };
        let reference = match reference {
            None => None,
            Some(Ok(terms)) => Some(terms),
            Some(Err(failure)) => return Err(challenge_refused(failure, request.timeout_ms)),
        };
        let work = Judge {
            request: request.clone(),
            reference,
            export: export.clone(),
        };
        let judged = self.kernel.run(work).await;
        let (judged, memory_mb) =
            judged.map_err(|failure| challenge_refused(failure, request.timeout_ms))?;
        Ok((theorems(&request.names, &judged, submitted)?, memory_mb))
    }
}

/// Elaborates a text, and first its statements where it brings code.
struct Submit {
    request: TextRequest,
    runs_code: bool,
    /// Whether the kernel is left out.
    unchecked: bool,
}

impl Work for Submit {
    type Made = Made;

    async fn attempt(&self, core: &mut Core) -> Result<Made, Failure> {
        if core.texts() >= TEXTS {
            core.retire();
        }
        let made = self.submit(core).await;
        if self.runs_code {
            core.retire();
        }
        made
    }

    fn again(&self, failure: &Failure) -> bool {
        worth_a_retry(failure)
    }
}

impl Submit {
    async fn submit(&self, core: &mut Core) -> Result<Made, Failure> {
        let TextRequest {
            environment,
            text,
            names,
            timeout_ms,
            infotree,
            only_clean,
            ..
        } = &self.request;
        let library = library(core.open(environment).await?);
        let reference = if self.runs_code && !names.is_empty() {
            match self.reference(core).await {
                Err(failure) if failure.is_death() => return Err(failure),
                made => Some(made),
            }
        } else {
            None
        };
        let request = |env| Request::Submit {
            env,
            text,
            names,
            infotree: infotree.as_deref(),
            only_clean: *only_clean,
            unchecked: self.unchecked,
        };
        let submitted = core.ask(environment, request, *timeout_ms).await?;
        Ok(Made {
            library,
            reference,
            submitted,
            memory_mb: core.resident_mb(),
        })
    }

    /// The terms of the statements, made before the text is seen.
    async fn reference(&self, core: &mut Core) -> Result<String, Failure> {
        let TextRequest {
            environment,
            reference: text,
            names,
            axioms,
            timeout_ms,
            ..
        } = &self.request;
        let names: Vec<String> = names.iter().chain(axioms).cloned().collect();
        let names = &names;
        let request = |env| Request::Export { env, text, names };
        let made: Export = core.ask(environment, request, *timeout_ms).await?;
        match made.messages.iter().any(|m| m.severity == Severity::Error) {
            false => Ok(made.export),
            true => Err(Failure::elaboration(made.messages)),
        }
    }
}

/// Has the kernel check the terms of a text.
struct Judge {
    request: TextRequest,
    reference: Option<String>,
    export: String,
}

impl Work for Judge {
    type Made = (Judgements, Option<u64>);

    async fn attempt(&self, core: &mut Core) -> Result<Self::Made, Failure> {
        let TextRequest {
            environment,
            names,
            axioms,
            timeout_ms,
            ..
        } = &self.request;
        let request = |env| Request::Verify {
            env,
            reference: match &self.reference {
                Some(terms) => Reference::Terms(terms),
                None => Reference::Own(true),
            },
            names,
            export: &self.export,
            axioms,
            keep: false,
            all: true,
        };
        let judged = core.ask(environment, request, *timeout_ms).await?;
        Ok((judged, core.resident_mb()))
    }

    fn again(&self, failure: &Failure) -> bool {
        worth_a_retry(failure)
    }
}

/// A verdict for each name, in order, and for what else the kernel's process speaks of.
fn theorems(
    names: &[String],
    judged: &Judgements,
    submitted: &Submitted,
) -> Result<Vec<Judged>, Verdict> {
    let asked = judged.verdicts.iter().map(|j| &j.name).take(names.len());
    if !asked.eq(names.iter()) {
        let message = "the kernel worker did not give one verdict on each theorem";
        return Err(Verdict::Fault {
            reason: reason("protocol", message),
        });
    }
    let exported = Export {
        messages: submitted.elaborated.messages.iter().map(message).collect(),
        missing: submitted.missing.clone(),
        export: String::new(),
    };
    let judged = judged.verdicts.iter().map(|j| Judged {
        name: j.name.clone(),
        verdict: verdict(&j.name, j, &exported),
        statements: None,
        checker: None,
    });
    Ok(judged.collect())
}

fn message(said: &Said) -> Message {
    Message {
        severity: said.severity,
        line: said.pos.line,
        column: said.pos.column,
        data: said.data.clone(),
    }
}

fn library(opened: Opened) -> Library {
    Library {
        kind: opened.kind,
        imports: opened.imports,
        dropped_imports: opened.dropped_imports,
    }
}

/// Of a text that does not elaborate for want of Mathlib nothing can be said here.
fn needs_mathlib(verdict: &mut Verdict, library: &Library) {
    let missing = match &*verdict {
        Verdict::Rejected { reason } => matches!(reason.class.as_str(), "elaboration" | "missing"),
        Verdict::Declined { reason } => reason.class == "reference",
        Verdict::Accepted { .. } | Verdict::Fault { .. } => false,
    };
    if !missing || library.kind != EnvironmentKind::Core || library.dropped_imports.is_empty() {
        return;
    }
    let message = format!(
        "it imports {}, which this Lean does not have, and does not elaborate without; give a Lake \
         project that has it with `--project DIR`",
        library.dropped_imports.join(", ")
    );
    *verdict = Verdict::Declined {
        reason: reason("needs_mathlib", message),
    };
}
