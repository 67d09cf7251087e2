//! Level 4: what the kernel worker has accepted goes, as a file, to an independent kernel.
//!
//! The kernel worker writes the file from the environment that its replay made; it has run none of
//! the submission's code. The file ends with a theorem whose type is the challenge's statement and
//! whose value is the submitted theorem, so that the independent kernel compares the statements too.
//!
//! A file that is rejected is looked at once more: if the same kernel does not accept what the
//! theorem needs of the library alone, its word says nothing of the proof, and the verdict is
//! `declined`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use tokio::io::AsyncWriteExt;

use super::verify::{Judge, Judgements, reason, refused};
use super::wire::{Failure, Request};
use super::worker::{Core, Work, Worker};
use crate::BridgeError;
use crate::checker::{Checked, Checker, Export, Finding};
use crate::files::io_error;
use crate::verdict::{Judged, Level, Verdict};

/// What an independent kernel said of theorems, by their names.
#[derive(Default)]
pub(super) struct Checks(Vec<(String, Said)>);

/// The independent kernel's finding, or the verdict where it could not be asked.
type Said = Result<(Finding, Checked), Verdict>;

impl Checks {
    /// A theorem's verdict, where it was accepted by Lean's kernel and an independent one was asked.
    pub fn settle(&self, mut judged: Judged) -> Judged {
        let Some((_, said)) = self.0.iter().find(|c| c.0 == judged.name) else {
            return judged;
        };
        let Verdict::Accepted { level, .. } = &mut judged.verdict else {
            return judged;
        };
        match said {
            Err(verdict) => judged.verdict = verdict.clone(),
            Ok((finding, checked)) => {
                judged.checker = Some(checked.clone());
                match finding.clone() {
                    Finding::Accepted => *level = Level::Independent,
                    Finding::Rejected(reason) => judged.verdict = Verdict::Rejected { reason },
                    Finding::Declined(reason) => judged.verdict = Verdict::Declined { reason },
                    Finding::Fault(reason) => judged.verdict = Verdict::Fault { reason },
                }
            }
        }
        judged
    }
}

/// One part of an export, as the kernel worker answers it.
#[derive(Deserialize)]
struct Part {
    text: String,
    last: bool,
    #[serde(default)]
    declarations: u64,
    /// Library constants without a body, which are axioms in the file.
    #[serde(default)]
    given: Vec<String>,
}

/// Has the kernel worker judge, and an independent kernel after it.
pub(super) async fn judge(
    kernel: &Worker,
    judge: Judge,
    checker: &Arc<Checker>,
) -> Result<(Judgements, Option<u64>, Checks), Failure> {
    let scratch = checker.scratch();
    std::fs::create_dir_all(scratch).map_err(io_error("creating", scratch))?;
    let dir = tempfile::Builder::new()
        .prefix("export-")
        .tempdir_in(scratch)
        .map_err(io_error("creating", scratch))?;
    let judge = Arc::new(judge);
    let exports = |library| Exports {
        judge: Arc::clone(&judge),
        dir: dir.path().to_owned(),
        library,
    };
    let made = kernel.run(exports(None)).await?;
    let timeout_ms = judge.request.timeout_ms;
    let mut checks = Vec::new();
    for (name, export) in made.exports {
        let mut said = match export {
            Ok(export) => checker.check(&export).await.map_err(Failure::Bridge),
            Err(failure) => Err(failure),
        };
        if let Ok((finding @ Finding::Rejected(_), _)) = &mut said {
            let library = kernel.run(exports(Some(name.clone()))).await;
            *finding = weigh(finding.clone(), library, checker).await;
        }
        let said = said.map_err(|failure| refused(failure, "exported", timeout_ms));
        checks.push((name, said));
    }
    Ok((made.judged, made.memory_mb, Checks(checks)))
}

/// Whether a rejection is about the proof: it is if the library alone is accepted.
async fn weigh(rejected: Finding, library: Result<Made, Failure>, checker: &Checker) -> Finding {
    let Finding::Rejected(reason_given) = &rejected else {
        return rejected;
    };
    let export = match library.map(|made| made.exports.into_iter().next()) {
        Ok(Some((_, Ok(export)))) => Some(export),
        _ => None,
    };
    let alone = match &export {
        Some(export) => checker.check(export).await.ok().map(|said| said.0),
        None => None,
    };
    let why = match alone {
        Some(Finding::Accepted) => return rejected,
        Some(Finding::Rejected(why)) => format!(
            "the independent kernel does not accept what the theorem needs of the library, even \
             without the submission, so that it says nothing of the proof: {}",
            why.message
        ),
        _ => format!(
            "{}; whether the library alone is accepted could not be found out, so that this says \
             nothing of the proof",
            reason_given.message
        ),
    };
    Finding::Declined(reason("library", why))
}

/// Judges, and writes a file for each theorem that was accepted.
struct Exports {
    judge: Arc<Judge>,
    dir: PathBuf,
    /// Write only what this theorem needs of the library.
    library: Option<String>,
}

struct Made {
    judged: Judgements,
    memory_mb: Option<u64>,
    exports: Vec<(String, Result<Export, Failure>)>,
}

impl Work for Exports {
    type Made = Made;

    async fn attempt(&self, core: &mut Core) -> Result<Made, Failure> {
        let (judged, _) = self.judge.attempt(core).await?;
        let mut exports = Vec::new();
        let accepted = judged.verdicts.iter().filter(|v| v.accepted);
        let wanted = accepted.filter(|v| self.library.as_ref().is_none_or(|only| *only == v.name));
        for (i, verdict) in wanted.enumerate() {
            let file = match &self.library {
                None => self.dir.join(format!("{i}.ndjson")),
                Some(_) => self.dir.join("library.ndjson"),
            };
            let export = match self.write(core, &verdict.name, &file).await {
                Err(failure @ Failure::Died(_)) => return Err(failure),
                export => export,
            };
            exports.push((verdict.name.clone(), export));
        }
        Ok(Made {
            judged,
            memory_mb: core.resident_mb(),
            exports,
        })
    }

    fn again(&self, failure: &Failure) -> bool {
        self.judge.again(failure)
    }
}

impl Exports {
    /// Writes one file, part by part: neither this process nor the worker holds all of it.
    async fn write(&self, core: &mut Core, name: &str, path: &Path) -> Result<Export, Failure> {
        let failed = |e: std::io::Error| -> BridgeError { io_error("writing", path)(e) };
        let request = &self.judge.request;
        let mut file = tokio::fs::File::create(path).await.map_err(failed)?;
        let mut bytes = 0;
        for number in 0.. {
            let next = Request::Lean4export {
                name,
                part: number,
                library: self.library.is_some(),
            };
            let part: Part = core.request(&next, request.timeout_ms).await?;
            bytes += part.text.len() as u64;
            file.write_all(part.text.as_bytes()).await.map_err(failed)?;
            if part.last {
                file.flush().await.map_err(failed)?;
                let allowed = request.axioms.iter().map(|n| n.replace(['«', '»'], ""));
                return Ok(Export {
                    file: path.to_owned(),
                    bytes,
                    declarations: part.declarations,
                    given: part.given.len() as u64,
                    permitted: allowed.chain(part.given).collect(),
                });
            }
        }
        Err(Failure::protocol("an export has no end"))
    }
}
