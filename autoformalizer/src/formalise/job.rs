//! The data job: a row of statements, candidates and negatives for each problem.

use std::sync::Arc;

use lakatos_datasets::guard::{Guard, Overlap};
use lakatos_datasets::job::run::Finished;
use lakatos_datasets::job::{Claim, Claims, Item, Job, JournalError, Row, WorkError};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::assess::Value;
use lakatos_lean_bridge::pool::Pool;
use serde::{Deserialize, Serialize};

use super::{Asker, Decider, Decision, Judged, Problem, Quality, Settings, classes};
use crate::gates::judge::{self, Opinion};
use crate::gates::{self, Finding};
use crate::model::{Chat, Tokens};

/// The table of chosen statements.
pub const STATEMENTS: &str = "statements";
/// The table of all candidates.
pub const CANDIDATES: &str = "candidates";
/// The table of statements that are false.
pub const NEGATIVES: &str = "negatives";
/// The table of statements that a benchmark has as well: kept apart from [`STATEMENTS`].
pub const OVERLAPS: &str = "overlaps";
/// The count of candidates by stage: each gate, in order, and what it let through.
pub const FUNNEL: &str = "funnel";
/// Other counts.
pub const COUNTS: &str = "formalize";

/// What formalises problems. The items' keys are the problems' ids, in the problems' order.
pub struct Formalise {
    /// Lean workers.
    pub pool: Pool,
    /// What statements stand in.
    pub env: EnvironmentSpec,
    /// The model.
    pub chat: Chat,
    /// The problems, in the plan's order.
    pub problems: Vec<Problem>,
    /// How.
    pub settings: Settings,
    /// The benchmarks that statements must not come from.
    pub guard: Guard,
    /// A model that judges the chosen statements; none: there is no opinion.
    pub judge: Option<Chat>,
    /// Who decides statements; none: they stay undecided.
    pub decider: Option<Arc<dyn Decider>>,
}

/// A row of [`STATEMENTS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementRow {
    /// The problem.
    pub id: String,
    /// In words.
    pub informal_statement: String,
    /// The answer, where the source has one.
    pub answer: Option<String>,
    /// In Lean, without `:=`.
    pub formal_statement: String,
    /// The elaborated statement, read out.
    pub english: String,
    /// Hash of the closed type.
    pub type_hash: String,
    /// Its class.
    pub quality: Quality,
    /// Candidates that are equivalent to it, itself included.
    pub votes: u32,
    /// Candidates that passed all gates.
    pub passed: u32,
    /// Candidates in all.
    pub candidates: u32,
    /// What the gates found.
    pub findings: Vec<Finding>,
    /// What a judge says, where one was asked.
    pub judge: Option<Opinion>,
    /// What a search found; absent where none was made.
    pub decision: Option<Decision>,
    /// The earlier problem with the same statement, by its place in the plan.
    pub duplicate_of: Option<u64>,
    /// What it has in common with a benchmark.
    pub overlap: Option<Overlap>,
    /// The model.
    pub model: String,
    /// Tokens that the problem cost.
    pub tokens: Tokens,
}

/// A row of [`CANDIDATES`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateRow {
    /// The problem.
    pub id: String,
    /// The candidate.
    #[serde(flatten)]
    pub judged: Judged,
}

/// A row of [`NEGATIVES`]: a statement that is false.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NegativeRow {
    /// The problem.
    pub id: String,
    /// In words.
    pub informal_statement: String,
    /// In Lean.
    pub formal_statement: String,
    /// `counterexample` or `refuted`.
    pub label: String,
    /// Values that satisfy the hypotheses and not the conclusion; decided by the worker's kernel.
    pub counterexample: Option<Vec<Value>>,
    /// A proof of the negation, accepted at level 3.
    pub refutation: Option<String>,
}

/// What is known of a problem before its statement is decided.
pub struct Draft {
    judged: Vec<Judged>,
    /// Votes of the classes, the largest first.
    votes: Vec<u32>,
    tokens: Tokens,
    opinion: Option<Opinion>,
    duplicate_of: Option<u64>,
}

impl Draft {
    fn chosen(&self) -> Option<&Judged> {
        self.judged.iter().find(|j| j.class == Some(0))
    }
}

impl Formalise {
    fn problem(&self, item: Item<'_>) -> Result<&Problem, WorkError> {
        let index = usize::try_from(item.index).ok();
        let problem = index.and_then(|i| self.problems.get(i));
        problem.ok_or_else(|| WorkError::Item("there is no such problem".into()))
    }
}

impl Job for Formalise {
    type Draft = Draft;
    type Settled = Draft;

    async fn work(&self, item: Item<'_>) -> Result<Draft, WorkError> {
        let problem = self.problem(item)?;
        let asker = Asker {
            pool: &self.pool,
            env: &self.env,
            settings: &self.settings,
        };
        let (mut judged, tokens) = asker
            .asked(problem, &self.chat, |purpose| item.seed_for(purpose))
            .await?;
        let votes = classes::classify(asker, &mut judged).await?;
        let mut draft = Draft {
            judged,
            votes,
            tokens,
            opinion: None,
            duplicate_of: None,
        };
        let english = draft.chosen().and_then(|c| c.english.clone());
        if let (Some(judge), Some(english)) = (&self.judge, english) {
            let seed = item.seed_for("judge");
            let (opinion, tokens) = judge::ask(judge, &problem.informal, &english, seed)
                .await
                .map_err(|e| WorkError::Fatal(e.to_string()))?;
            draft.opinion = opinion;
            draft.tokens += tokens;
        }
        Ok(draft)
    }

    fn settle(
        &self,
        _: Item<'_>,
        mut draft: Draft,
        claims: &mut Claims<'_>,
    ) -> Result<Draft, JournalError> {
        if let Some(hash) = draft.chosen().and_then(|c| c.type_hash.clone()) {
            draft.duplicate_of = claims.claim(Claim::of("formalize", &hash))?;
        }
        Ok(draft)
    }

    async fn finish(&self, item: Item<'_>, draft: &Draft) -> Result<Finished, WorkError> {
        let problem = self.problem(item)?;
        let mut out = Finished::default();
        let count: u32 = draft.judged.iter().map(|j| j.votes).sum();
        let passed: u32 = draft.votes.iter().sum();
        out.tally.add(COUNTS, "problems", "read", 1);
        out.tally
            .add(COUNTS, "candidates", "proposed", u64::from(count));
        out.tally
            .add(COUNTS, "candidates", "passed", u64::from(passed));
        out.tally
            .add(COUNTS, "tokens", "prompt", draft.tokens.prompt);
        out.tally
            .add(COUNTS, "tokens", "completion", draft.tokens.completion);
        let mut negatives = Vec::new();
        for judged in &draft.judged {
            let failed = gates::failed(&judged.findings).map(|f| f.gate.as_str());
            for gate in gates::names() {
                let ended = failed == Some(gate);
                let what = if ended { "failed" } else { "passed" };
                out.tally.add(FUNNEL, gate, what, u64::from(judged.votes));
                if ended {
                    break;
                }
            }
            if judged.counterexample.is_some() {
                negatives.push(NegativeRow {
                    id: problem.id.clone(),
                    informal_statement: problem.informal.clone(),
                    formal_statement: judged.formal.clone(),
                    label: "counterexample".into(),
                    counterexample: judged.counterexample.clone(),
                    refutation: None,
                });
            }
            push(
                &mut out,
                CANDIDATES,
                &CandidateRow {
                    id: problem.id.clone(),
                    judged: judged.clone(),
                },
            )?;
        }
        if let Some(chosen) = draft.chosen() {
            let overlap = self
                .guard
                .text(&problem.informal)
                .or_else(|| self.guard.theorem("", &chosen.formal));
            let alone = draft.duplicate_of.is_none() && overlap.is_none();
            let decision = match &self.decider {
                Some(decider) if alone => Some(
                    decider
                        .decide(
                            &self.env,
                            &problem.id,
                            &chosen.formal,
                            item.seed_for("decide"),
                        )
                        .await
                        .map_err(WorkError::Worker)?,
                ),
                _ => None,
            };
            if let Some(Decision::Refuted { proof }) = &decision {
                negatives.push(NegativeRow {
                    id: problem.id.clone(),
                    informal_statement: problem.informal.clone(),
                    formal_statement: chosen.formal.clone(),
                    label: "refuted".into(),
                    counterexample: None,
                    refutation: Some(proof.clone()),
                });
            }
            let votes = draft.votes.first().copied().unwrap_or_default();
            let quality = match &decision {
                Some(Decision::Refuted { .. }) => Quality::Failed,
                _ => Quality::of(chosen, votes, passed, draft.opinion.as_ref()),
            };
            out.tally.add(COUNTS, "quality", quality.word(), 1);
            let outcome = match &decision {
                Some(Decision::Proved { .. }) => "proved",
                Some(Decision::Refuted { .. }) => "refuted",
                Some(Decision::Open) => "open",
                None => "undecided",
            };
            out.tally.add(COUNTS, "decision", outcome, 1);
            if let Some(opinion) = &draft.opinion {
                let said = match opinion.same {
                    Some(true) => "same",
                    Some(false) => "different",
                    None => "neither",
                };
                out.tally.add(COUNTS, "judge", said, 1);
            }
            if draft.duplicate_of.is_some() {
                out.tally.add(COUNTS, "problems", "duplicate", 1);
            }
            let table = match overlap {
                Some(_) => OVERLAPS,
                None => STATEMENTS,
            };
            push(
                &mut out,
                table,
                &StatementRow {
                    id: problem.id.clone(),
                    informal_statement: problem.informal.clone(),
                    answer: problem.answer.clone(),
                    formal_statement: chosen.formal.clone(),
                    english: chosen.english.clone().unwrap_or_default(),
                    type_hash: chosen.type_hash.clone().unwrap_or_default(),
                    quality,
                    votes,
                    passed,
                    candidates: count,
                    findings: chosen.findings.clone(),
                    judge: draft.opinion.clone(),
                    decision,
                    duplicate_of: draft.duplicate_of,
                    overlap,
                    model: self.chat.config().model.clone(),
                    tokens: draft.tokens,
                },
            )?;
        } else {
            out.tally.add(COUNTS, "problems", "without a statement", 1);
        }
        for negative in &negatives {
            push(&mut out, NEGATIVES, negative)?;
        }
        Ok(out)
    }
}

fn push(out: &mut Finished, table: &str, value: &impl Serialize) -> Result<(), WorkError> {
    let row = Row::new(table, value).map_err(|e| WorkError::Item(e.to_string()))?;
    out.rows.push(row);
    out.tally.add("rows", table, "rows", 1);
    Ok(())
}
