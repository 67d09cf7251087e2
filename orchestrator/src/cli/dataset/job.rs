//! The check of a dataset as a job: an item for the card and one for each row.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use lakatos_datasets::check::card;
use lakatos_datasets::check::rows::Numbered;
use lakatos_datasets::exchange::{Form, Record};
use lakatos_datasets::format::solutions;
use lakatos_datasets::generate::{exclusion::claim_of, fingerprint};
use lakatos_datasets::job::run::Finished;
use lakatos_datasets::job::{Claim, Claims, Item, Job, JournalError, Row, WorkError};
use lakatos_datasets::{Guard, Problem, read_statement};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::verdict::{STANDARD_AXIOMS, Verdict, VerifyRequest};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cli::verify::judge;
use crate::data_job::ROWS;
use crate::report::funnel::{FUNNEL, PASSED};

/// The key of the card's item.
pub const CARD: &str = "README.md";
/// Between a file and the number of a row in a key.
pub const ROW: &str = "#";
/// What is asked of a row, in order.
pub const STAGES: [(&str, &str); 4] = [
    ("readable", "is it a row of a known schema, with a theorem?"),
    (
        "unique",
        "has no earlier row its statement, as text or as Lean reads it?",
    ),
    ("clean", "is it in no benchmark, and near to none?"),
    ("proved", "does the kernel accept its proof?"),
];

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `card`, `unreadable`, `duplicate`, `contamination`, `rejected`, `declined`, `fault`.
    pub kind: String,
    /// The file and the row.
    pub place: String,
    /// The theorem, where it is known.
    pub name: Option<String>,
    /// A word for programs: of a card, which lie; of a proof, the reason's class.
    pub class: Option<String>,
    /// A sentence.
    pub message: String,
}

/// The job.
pub struct Check<'a> {
    /// The dataset's directory.
    pub root: &'a Path,
    /// Its files, in the plan's order.
    pub files: &'a [PathBuf],
    /// Their rows.
    pub rows: Mutex<Numbered>,
    /// Rows that may be under way at once.
    pub window: u64,
    /// The benchmarks.
    pub guard: &'a Guard,
    /// Lean, where proofs are to be checked.
    pub pool: Option<Pool>,
    /// Modules to import in place of what rows say.
    pub imports: Vec<String>,
    /// For elaboration and for replay, each.
    pub timeout_ms: u64,
}

/// What is known of a row before it is compared with others.
#[derive(Debug, Default)]
pub struct Draft {
    findings: Vec<Finding>,
    /// Hashes of its statement, as text and as Lean reads it.
    text: Option<String>,
    hash: Option<String>,
    name: Option<String>,
    /// Of the stages `readable`, `clean` and `proved`, those that were asked, and their answers.
    stages: Vec<(&'static str, &'static str)>,
}

impl Draft {
    fn found(&mut self, kind: &str, place: &str, class: Option<String>, message: String) {
        self.findings.push(Finding {
            kind: kind.to_owned(),
            place: place.to_owned(),
            name: self.name.clone(),
            class,
            message,
        });
    }
}

impl Check<'_> {
    /// The row's record.
    fn record(&self, key: &str) -> Result<Record, String> {
        let (file, row) = key.rsplit_once(ROW).ok_or("the plan names no row")?;
        let row: u64 = row.parse().map_err(|_| "the plan names no row")?;
        let path = self.root.join(file);
        let file = self.files.iter().position(|f| *f == path);
        let file = file.ok_or("the plan names no file of the dataset")?;
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let row = rows.get(file, row, row.saturating_sub(self.window))?;
        let form = Form::detect(&row).ok_or("its columns are of no schema that is known")?;
        form.import(&row)
    }

    async fn proof(
        &self,
        pool: &Pool,
        record: &Record,
        key: &str,
        draft: &mut Draft,
    ) -> Result<(), WorkError> {
        let Some(proof) = &record.formal_proof else {
            return Ok(());
        };
        let row = json!({
            "name": record.name, "header": record.header,
            "formal_statement": record.formal_statement, "formal_proof": proof,
        });
        let read = solutions::read_bytes("row.jsonl", row.to_string().as_bytes());
        let solution = match read.map(|r| (r.solutions.into_iter().next(), r.faults)) {
            Ok((Some(solution), _)) => solution,
            Ok((None, faults)) => {
                let message = faults.into_iter().next().map(|f| f.message);
                draft.found(
                    "rejected",
                    key,
                    Some("text".into()),
                    message.unwrap_or_default(),
                );
                draft.stages.push(("proved", "rejected"));
                return Ok(());
            }
            Err(e) => {
                draft.found("rejected", key, Some("text".into()), e.to_string());
                draft.stages.push(("proved", "rejected"));
                return Ok(());
            }
        };
        let request = VerifyRequest {
            environment: EnvironmentSpec {
                imports: match self.imports.as_slice() {
                    [] => solution.environment.imports,
                    chosen => chosen.to_vec(),
                },
                text: solution.environment.text,
            },
            reference: solution.reference,
            vouched: solution.vouched,
            submission: solution.submission,
            names: solution.names,
            axioms: STANDARD_AXIOMS.map(String::from).to_vec(),
            timeout_ms: self.timeout_ms,
        };
        let report = judge(pool, &request, None).await;
        for judged in report.theorems {
            let (kind, reason) = match judged.verdict {
                verdict if verdict.is_proved() => {
                    draft.stages.push(("proved", PASSED));
                    continue;
                }
                Verdict::Accepted { level, .. } => {
                    let message = format!("it was accepted at level {} only", u8::from(level));
                    draft.found("rejected", key, Some("level".into()), message);
                    draft.stages.push(("proved", "rejected"));
                    continue;
                }
                Verdict::Rejected { reason } => ("rejected", reason),
                Verdict::Declined { reason } => ("declined", reason),
                Verdict::Fault { reason } => ("fault", reason),
            };
            if kind == "fault" {
                return Err(WorkError::Worker(reason.message));
            }
            draft.stages.push(("proved", kind));
            draft.found(kind, key, Some(reason.class), reason.message);
        }
        Ok(())
    }

    /// The hash of the statement's closed type; none where Lean does not read it here.
    async fn hash(&self, pool: &Pool, problem: &Problem) -> Option<String> {
        let environment = EnvironmentSpec {
            imports: match self.imports.as_slice() {
                [] => problem.environment.imports.clone(),
                chosen => chosen.to_vec(),
            },
            text: problem.environment.text.clone(),
        };
        let session = pool.session(environment).await.ok()?;
        let started = session
            .start(&problem.statement, false, self.timeout_ms)
            .await;
        Some(started.ok()?.type_hash)
    }
}

impl Job for Check<'_> {
    type Draft = Draft;
    type Settled = Draft;

    async fn work(&self, item: Item<'_>) -> Result<Draft, WorkError> {
        let mut draft = Draft::default();
        if item.key == CARD {
            for lie in card::judge(self.root, self.files) {
                draft.found("card", CARD, Some(lie.kind), lie.message);
            }
            return Ok(draft);
        }
        let record = match self.record(item.key) {
            Ok(record) => record,
            Err(message) => {
                draft.stages.push(("readable", "unreadable"));
                draft.found("unreadable", item.key, None, message);
                return Ok(draft);
            }
        };
        draft.name = Some(record.name.clone()).filter(|n| !n.is_empty());
        let header = record.header.as_deref().unwrap_or_default();
        let problem = match read_statement(&format!("{header}\n{}", record.formal_statement)) {
            Ok(problem) => problem,
            Err(e) => {
                draft.stages.push(("readable", "unreadable"));
                draft.found("unreadable", item.key, None, e.to_string());
                return Ok(draft);
            }
        };
        draft.stages.push(("readable", PASSED));
        let claim = claim_of(&problem.statement, &problem.decl);
        draft.text = Some(fingerprint(&problem.environment.text, claim));
        let near = self.guard.statement(&problem.environment.text, claim);
        let near = near.or_else(|| self.guard.text(record.informal_statement.as_deref()?));
        draft.stages.push((
            "clean",
            if near.is_some() {
                "contaminated"
            } else {
                PASSED
            },
        ));
        if let Some(near) = near {
            draft.found("contamination", item.key, None, near.to_string());
        }
        if let Some(pool) = &self.pool {
            draft.hash = self.hash(pool, &problem).await;
            self.proof(pool, &record, item.key, &mut draft).await?;
        }
        Ok(draft)
    }

    fn settle(
        &self,
        item: Item<'_>,
        mut draft: Draft,
        claims: &mut Claims<'_>,
    ) -> Result<Draft, JournalError> {
        let mut before = None;
        for (space, key) in [("text", &draft.text), ("type", &draft.hash)] {
            let Some(key) = key else { continue };
            let holder = claims.claim(Claim::of(space, key))?;
            let other = holder.filter(|other| *other != item.index);
            before = before.or(other.map(|other| (space, other)));
        }
        if let Some((space, other)) = before {
            // The card is item 0; rows count on from there over all files.
            let how = match space {
                "text" => "up to white space, comments and names",
                _ => "as Lean reads it",
            };
            let message = format!("the dataset's row {other} has the same statement {how}");
            draft.found("duplicate", item.key, Some(space.to_owned()), message);
        }
        if draft.text.is_some() {
            let answer = if before.is_some() {
                "duplicate"
            } else {
                PASSED
            };
            draft.stages.push(("unique", answer));
        }
        Ok(draft)
    }

    async fn finish(&self, item: Item<'_>, settled: &Draft) -> Result<Finished, WorkError> {
        let mut finished = Finished::default();
        for finding in &settled.findings {
            let row = Row::new("findings", finding).map_err(|e| WorkError::Item(e.to_string()))?;
            finished.rows.push(row);
            let class = finding.class.as_deref().unwrap_or("all");
            finished.tally.add("findings", &finding.kind, class, 1);
        }
        for (stage, answer) in &settled.stages {
            finished.tally.add(FUNNEL, stage, answer, 1);
        }
        if item.key != CARD {
            finished.tally.add(ROWS, "rows", "rows", 1);
        }
        Ok(finished)
    }
}
