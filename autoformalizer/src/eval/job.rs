//! The data job: a row for each pair in each form, and for each of its candidates.

use lakatos_datasets::job::run::Finished;
use lakatos_datasets::job::{Claims, Item, Job, JournalError, Row, WorkError};
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::verbalise::VerbaliseRequest;
use serde::{Deserialize, Serialize};

use super::{Given, LITERAL, ORIGINAL, Pair};
use crate::formalise::{Asker, Judged, Problem, Settings};
use crate::gates::{Outcome, worst};
use crate::model::{Chat, Tokens};

/// The table of cases: each pair in each form.
pub const CASES: &str = "cases";
/// The table of all candidates.
pub const CANDIDATES: &str = "candidates";
/// Counts of the job.
pub const COUNTS: &str = "evaluate";

/// Where candidates come from.
pub enum Source {
    /// Nowhere: the forms are made, and that is all.
    None,
    /// A model.
    Model(Chat),
    /// A file.
    Given(Given),
}

/// What evaluates. The items' keys are the pairs' ids, in the pairs' order.
pub struct Evaluate {
    /// Lean workers.
    pub pool: Pool,
    /// The pairs, in the plan's order.
    pub pairs: Vec<Pair>,
    /// The forms that are wanted, of [`super::VARIANTS`].
    pub variants: Vec<String>,
    /// How candidates are asked for and judged.
    pub settings: Settings,
    /// Where they come from.
    pub source: Source,
}

/// A row of [`CASES`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CaseRow {
    /// The pair.
    pub id: String,
    /// The form.
    pub variant: String,
    /// What is to be formalised.
    pub informal_statement: String,
    /// The reference in this form.
    pub formal_statement: String,
    /// What it stands in.
    pub imports: Vec<String>,
    /// Likewise.
    pub context: String,
    /// The tactics that proved the form from the original and the original from the form; absent where it
    /// is the original's own statement.
    pub equivalence: Option<(String, String)>,
    /// Candidates.
    pub candidates: u32,
    /// Those that elaborate.
    pub elaborated: u32,
    /// Those that pass every gate.
    pub passed: u32,
    /// Those that are proved equivalent to the reference.
    pub equivalent: u32,
    /// Those of them that a gate fails.
    pub equivalent_but_failed: u32,
    /// Those that pass every gate and are not proved equivalent.
    pub passed_but_not_equivalent: u32,
    /// What they cost.
    pub tokens: Tokens,
}

/// A row of [`CANDIDATES`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateRow {
    /// The pair.
    pub id: String,
    /// The form.
    pub variant: String,
    /// The candidate; its `equivalence` is with the reference.
    #[serde(flatten)]
    pub judged: Judged,
}

fn worker(error: impl std::fmt::Display) -> WorkError {
    WorkError::Worker(error.to_string())
}

impl Evaluate {
    fn pair(&self, item: Item<'_>) -> Result<&Pair, WorkError> {
        let index = usize::try_from(item.index).ok();
        let pair = index.and_then(|i| self.pairs.get(i));
        pair.ok_or_else(|| WorkError::Item("there is no such pair".into()))
    }

    fn wanted(&self, variant: &str) -> bool {
        self.variants.iter().any(|v| v == variant)
    }

    /// The pair in its forms, without candidates.
    async fn forms(&self, pair: &Pair, seed: u64) -> Result<Vec<CaseRow>, WorkError> {
        let case = |variant: &str, informal: String, formal: &str| CaseRow {
            id: pair.id.clone(),
            variant: variant.to_owned(),
            informal_statement: informal,
            formal_statement: formal.to_owned(),
            imports: pair.env.imports.clone(),
            context: pair.env.text.clone(),
            ..CaseRow::default()
        };
        let timeout = self.settings.timeout_ms;
        let own = std::slice::from_ref(&pair.formal);
        let (mut statements, mut known) = (vec![pair.formal.clone()], Vec::new());
        if self.variants.iter().any(|v| v != ORIGINAL && v != LITERAL) {
            let heartbeats = self.settings.equivalence_heartbeats;
            let made = self
                .pool
                .restate(&pair.env, own, seed, heartbeats, timeout)
                .await
                .map_err(worker)?;
            let made = made.into_iter().next().unwrap_or(Ok(Vec::new()));
            let made = made.map_err(|unread| WorkError::Item(unread.to_string()))?;
            for form in made.into_iter().filter(|form| self.wanted(&form.kind)) {
                statements.push(form.statement.clone());
                known.push(form);
            }
        }
        let request = VerbaliseRequest {
            statements,
            names: Vec::new(),
        };
        let readings = self.pool.verbalise(&pair.env, &request, timeout).await;
        let mut readings = readings.map_err(worker)?.into_iter();
        let literal = match readings.next() {
            Some(Ok(reading)) => reading,
            Some(Err(unread)) => return Err(WorkError::Item(unread.to_string())),
            None => return Err(worker("Lean gave no reading")),
        };
        let mut cases = Vec::new();
        if self.wanted(ORIGINAL) && !pair.informal.trim().is_empty() {
            cases.push(case(ORIGINAL, pair.informal.clone(), &pair.formal));
        }
        if self.wanted(LITERAL) {
            cases.push(case(LITERAL, literal.english, &pair.formal));
        }
        for (form, reading) in known.into_iter().zip(readings) {
            if let Ok(reading) = reading {
                cases.push(CaseRow {
                    equivalence: Some((form.forward, form.backward)),
                    ..case(&form.kind, reading.english, &form.statement)
                });
            }
        }
        Ok(cases)
    }

    /// Candidates for a case, judged and compared with its reference.
    async fn candidates(
        &self,
        pair: &Pair,
        case: &mut CaseRow,
        seed: impl Fn(&str) -> u64,
    ) -> Result<Vec<Judged>, WorkError> {
        let problem = Problem {
            id: pair.id.clone(),
            informal: case.informal_statement.clone(),
            answer: None,
            context: pair.env.text.clone(),
        };
        let asker = Asker {
            pool: &self.pool,
            env: &pair.env,
            settings: &self.settings,
        };
        let mut judged = match &self.source {
            Source::None => return Ok(Vec::new()),
            Source::Model(chat) => {
                let (judged, tokens) = asker.asked(&problem, chat, seed).await?;
                case.tokens = tokens;
                judged
            }
            Source::Given(given) => {
                let answers = given.of(&pair.id, &case.variant);
                asker.given(&problem, answers).await?
            }
        };
        for candidate in &mut judged {
            if candidate.type_hash.is_some() {
                candidate.equivalence = self.equivalent(pair, case, candidate).await?;
            }
            let votes = candidate.votes;
            let count = |yes: bool| if yes { votes } else { 0 };
            let passed = worst(&candidate.findings) != Outcome::Failed;
            let equivalent = candidate.equivalence.is_some();
            case.candidates += votes;
            case.elaborated += count(candidate.type_hash.is_some());
            case.passed += count(passed);
            case.equivalent += count(equivalent);
            case.equivalent_but_failed += count(equivalent && !passed);
            case.passed_but_not_equivalent += count(passed && !equivalent);
        }
        Ok(judged)
    }

    /// The tactics that prove a candidate from the reference and the reference from it.
    async fn equivalent(
        &self,
        pair: &Pair,
        case: &CaseRow,
        candidate: &Judged,
    ) -> Result<Option<(String, String)>, WorkError> {
        let statements = [case.formal_statement.clone(), candidate.formal.clone()];
        let (heartbeats, timeout) = (
            self.settings.equivalence_heartbeats,
            self.settings.timeout_ms,
        );
        let classes = self
            .pool
            .equivalent(&pair.env, &statements, heartbeats, timeout)
            .await
            .map_err(worker)?
            .classes;
        let other = classes.into_iter().find(|c| c.first == 0);
        let other = other.and_then(|c| c.others.into_iter().find(|m| m.index == 1));
        Ok(other.map(|m| (m.forward, m.backward)))
    }
}

impl Job for Evaluate {
    type Draft = Vec<(CaseRow, Vec<Judged>)>;
    type Settled = Self::Draft;

    async fn work(&self, item: Item<'_>) -> Result<Self::Draft, WorkError> {
        let pair = self.pair(item)?;
        let mut done = Vec::new();
        for mut case in self.forms(pair, item.seed_for("restate")).await? {
            let variant = case.variant.clone();
            let seed = |purpose: &str| item.seed_for(&format!("{variant} {purpose}"));
            let judged = self.candidates(pair, &mut case, seed).await?;
            done.push((case, judged));
        }
        Ok(done)
    }

    fn settle(
        &self,
        _: Item<'_>,
        draft: Self::Draft,
        _: &mut Claims<'_>,
    ) -> Result<Self::Draft, JournalError> {
        Ok(draft)
    }

    async fn finish(&self, _: Item<'_>, done: &Self::Draft) -> Result<Finished, WorkError> {
        let mut out = Finished::default();
        for (case, judged) in done {
            let mut add = |what: &str, n: u64| out.tally.add(COUNTS, &case.variant, what, n);
            add("cases", 1);
            add("candidates", case.candidates.into());
            add("elaborated", case.elaborated.into());
            add("passed", case.passed.into());
            add("equivalent", case.equivalent.into());
            out.tally
                .add(COUNTS, "tokens", "prompt", case.tokens.prompt);
            out.tally
                .add(COUNTS, "tokens", "completion", case.tokens.completion);
            push(&mut out, CASES, case)?;
            for candidate in judged {
                let row = CandidateRow {
                    id: case.id.clone(),
                    variant: case.variant.clone(),
                    judged: candidate.clone(),
                };
                push(&mut out, CANDIDATES, &row)?;
            }
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
