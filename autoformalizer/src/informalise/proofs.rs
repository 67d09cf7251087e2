//! Proofs in English, line by line, and each of their states as a statement of its own.
//!
//! A theorem's proof is run again in Lean, tactic by tactic; each line is told with what is to be shown
//! before it and what is left after it. A state that can be written down as a statement goes through the
//! gates like anybody's; those that stand are kept, near-duplicates thinned. After Herald's augmentation by
//! tactic (arXiv 2410.10878).

use std::collections::{BTreeMap, BTreeSet};

use lakatos_datasets::job::run::Finished;
use lakatos_datasets::job::{Claim, Claims, Item, Job, JournalError, Row, WorkError};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::assess::Assessment;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::protocol::Severity;
use lakatos_lean_bridge::trace::Trace;
use serde::{Deserialize, Serialize};

use super::tactics::told;
use crate::formalise::prompt::filled;
use crate::gates::{self, Candidate, Finding, Outcome};
use crate::model::{Chat, Message, ModelError, Tokens};
use crate::text::theorem_named;

/// The table of proofs.
pub const PROOFS: &str = "proofs";
/// The table of states as statements.
pub const STATES: &str = "states";
/// Counts of the job.
pub const COUNTS: &str = "informalize-proofs";

const PROOF: &str = include_str!("../../prompts/proof.txt");
/// A longer answer is not a proof in English.
const MAX_ENGLISH: usize = 8000;
/// Share of tokens in common from which a state is a near-duplicate of another of the same proof.
const NEAR: f64 = 0.9;

/// A theorem with a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proved {
    /// Unique within the input.
    pub name: String,
    /// What it stands in.
    pub env: EnvironmentSpec,
    /// The statement, without `:=`.
    pub statement: String,
    /// The theorem with its proof.
    pub text: String,
    /// Where it was read.
    pub source: Option<String>,
    /// The statement in English, where the source has it.
    pub informal: Option<String>,
}

/// What tells proofs. The items' keys are the theorems' names, in their order.
pub struct Tell {
    /// Lean workers.
    pub pool: Pool,
    /// The theorems.
    pub theorems: Vec<Proved>,
    /// A model, for a proof in prose beside the lines.
    pub chat: Option<Chat>,
    /// Thousands of heartbeats for each try at a contradiction.
    pub heartbeats: u64,
    /// Wall-clock limit of a request to Lean, in milliseconds; it only ends what hangs.
    pub timeout_ms: u64,
}

/// A line of a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldLine {
    /// Its line in the text, from 1.
    pub line: u32,
    /// The tactic.
    pub tactic: String,
    /// The goal before it, as Lean prints it.
    pub state: String,
    /// That goal in English, where it is a statement.
    pub to_show: Option<String>,
    /// What the line does, in English.
    pub english: String,
    /// Goals that it leaves in the place of the one that it works on.
    pub left: usize,
}

/// A row of [`PROOFS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofRow {
    /// The theorem.
    pub name: String,
    /// Imports and whatever precedes it.
    pub header: String,
    /// Without `:=`.
    pub formal_statement: String,
    /// With its proof.
    pub formal_proof: String,
    /// In English: the source's words, else the verbaliser's.
    pub informal_statement: String,
    /// The proof in English: the model's prose, else the lines.
    pub informal_proof: String,
    /// `verbaliser`, or the model's name.
    pub informalizer: String,
    /// The lines.
    pub lines: Vec<ToldLine>,
    /// Where it was read.
    pub source: Option<String>,
    /// What the model's words cost.
    pub tokens: Tokens,
}

/// A row of [`STATES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRow {
    /// `NAME_state_3`.
    pub name: String,
    /// The theorem whose proof it stands in.
    pub of: String,
    /// Imports and whatever precedes it.
    pub header: String,
    /// The state as a theorem's statement, without `:=`.
    pub formal_statement: String,
    /// In English.
    pub informal_statement: String,
    /// The tactic that the proof goes on with.
    pub tactic: String,
    /// Hash of the statement: names, instances and the order of hypotheses aside.
    pub hash: String,
    /// What the gates found.
    pub findings: Vec<Finding>,
}

/// A theorem told, before it is known which states others have.
pub struct Draft {
    row: ProofRow,
    states: Vec<StateRow>,
    own: Option<String>,
    counts: BTreeMap<&'static str, u64>,
}

fn worker(error: impl std::fmt::Display) -> WorkError {
    WorkError::Worker(error.to_string())
}

impl Proved {
    fn header(&self) -> String {
        let imports = self.env.imports.iter();
        let imports: String = imports.map(|m| format!("import {m}\n")).collect();
        format!("{imports}{}", self.env.text)
    }
}

impl Tell {
    fn theorem(&self, item: Item<'_>) -> Result<&Proved, WorkError> {
        let index = usize::try_from(item.index).ok();
        let theorem = index.and_then(|i| self.theorems.get(i));
        theorem.ok_or_else(|| WorkError::Item("there is no such theorem".into()))
    }

    /// What Lean makes of the theorem's own statement and of each goal's, by the goal's place.
    async fn assessed(
        &self,
        theorem: &Proved,
        trace: &Trace,
    ) -> Result<(Assessment, BTreeMap<usize, Assessment>), WorkError> {
        let (mut statements, mut places) = (vec![theorem.statement.clone()], Vec::new());
        for (place, goal) in trace.goals.iter().enumerate() {
            if let Some(statement) = &goal.statement {
                statements.push(format!("theorem state {statement}"));
                places.push(place);
            }
        }
        let assessed = self
            .pool
            .assess(&theorem.env, &statements, self.heartbeats, self.timeout_ms)
            .await
            .map_err(worker)?;
        let mut assessed = assessed.into_iter();
        let own = match assessed.next() {
            Some(Ok(own)) => own,
            Some(Err(unread)) => return Err(WorkError::Item(unread.to_string())),
            None => return Err(worker("Lean gave no reading")),
        };
        let known = places
            .into_iter()
            .zip(assessed)
            .filter_map(|(place, found)| Some((place, found.ok()?)));
        Ok((own, known.collect()))
    }

    /// The proof in the model's words.
    async fn prose(
        &self,
        row: &ProofRow,
        seed: u64,
    ) -> Result<(Option<String>, Tokens), WorkError> {
        let Some(chat) = &self.chat else {
            return Ok((None, Tokens::default()));
        };
        match chat.ask(&request(row), seed).await {
            Ok(answer) => {
                let words = answer.text.split_whitespace().collect::<Vec<_>>().join(" ");
                let usable =
                    !words.is_empty() && words.len() <= MAX_ENGLISH && !words.starts_with('<');
                Ok((usable.then_some(words), answer.tokens))
            }
            Err(ModelError::BadAnswer { message }) => {
                tracing::debug!(message, "an answer cannot be used");
                Ok((None, Tokens::default()))
            }
            Err(error) => Err(WorkError::Fatal(error.to_string())),
        }
    }
}

/// The request for a proof in prose.
fn request(row: &ProofRow) -> Vec<Message> {
    let steps: Vec<String> = row
        .lines
        .iter()
        .enumerate()
        .map(|(i, l)| {
            let shown = l.to_show.as_ref().unwrap_or(&l.state);
            format!("Step {}. To show: {shown}\nLean: {}", i + 1, l.tactic)
        })
        .collect();
    let parts = [
        ("{statement}", row.informal_statement.clone()),
        ("{steps}", steps.join("\n\n")),
    ];
    vec![Message::user(filled(PROOF.trim_end(), &parts))]
}

/// What names the prompts.
pub fn fingerprint() -> String {
    crate::formalise::prompt::digest(&[PROOF])
}

/// The lines of a trace. A tactic that stands inside another is told after it.
fn lines(trace: &Trace, known: &BTreeMap<usize, Assessment>) -> Vec<ToldLine> {
    let conclusion = |place: &usize| {
        let reading = &known.get(place)?.reading;
        Some(reading.conclusion.english.trim_end_matches('.').to_owned())
    };
    trace
        .lines
        .iter()
        .filter_map(|line| {
            let first = line.before.first()?;
            let goal = trace.goals.get(*first)?;
            // Goals that were there before are nobody's doing.
            let new: Vec<&usize> = line
                .after
                .iter()
                .filter(|place| !line.before.contains(place))
                .collect();
            let said: Vec<Option<String>> = new.iter().map(|p| conclusion(p)).collect();
            Some(ToldLine {
                line: line.line,
                tactic: line.tactic.clone(),
                state: goal.goal.clone(),
                to_show: known.get(first).map(|a| a.reading.english.clone()),
                english: told(&line.tactic, conclusion(first).as_deref(), &said),
                left: new.len(),
            })
        })
        .collect()
}

/// The words of a statement, for the comparison of near-duplicates.
fn words(statement: &str) -> BTreeSet<&str> {
    statement
        .split(|c: char| c.is_whitespace() || "(){}[],:".contains(c))
        .filter(|w| !w.is_empty())
        .collect()
}

fn near(a: &BTreeSet<&str>, b: &BTreeSet<&str>) -> bool {
    let both = a.intersection(b).count();
    let either = a.union(b).count();
    // Few words: exact in f64.
    either == 0 || both as f64 >= NEAR * either as f64
}

impl Job for Tell {
    type Draft = Draft;
    type Settled = Draft;

    async fn work(&self, item: Item<'_>) -> Result<Draft, WorkError> {
        let theorem = self.theorem(item)?;
        let trace = self
            .pool
            .trace(&theorem.env, &theorem.text, self.timeout_ms)
            .await
            .map_err(worker)?;
        if let Some(error) = trace
            .messages
            .iter()
            .find(|m| m.severity == Severity::Error)
        {
            return Err(WorkError::Item(format!(
                "Lean does not accept the proof: {}",
                error.data
            )));
        }
        let (own, known) = self.assessed(theorem, &trace).await?;
        let lines = lines(&trace, &known);
        let informal = theorem.informal.clone();
        let mut row = ProofRow {
            name: theorem.name.clone(),
            header: theorem.header(),
            formal_statement: theorem.statement.clone(),
            formal_proof: theorem.text.clone(),
            informal_statement: informal.unwrap_or_else(|| own.reading.english.clone()),
            informal_proof: lines
                .iter()
                .map(|l| l.english.as_str())
                .collect::<Vec<_>>()
                .join(" "),
            informalizer: "verbaliser".into(),
            lines,
            source: theorem.source.clone(),
            tokens: Tokens::default(),
        };
        let (prose, tokens) = self.prose(&row, item.seed_for("proof")).await?;
        row.tokens = tokens;
        if let (Some(prose), Some(chat)) = (prose, &self.chat) {
            row.informal_proof = prose;
            row.informalizer = chat.config().model.clone();
        }
        let mut counts = BTreeMap::new();
        let mut states: Vec<StateRow> = Vec::new();
        let mut seen: Vec<BTreeSet<&str>> = Vec::new();
        let mut places = BTreeSet::new();
        for line in &trace.lines {
            let Some(place) = line.before.first().filter(|p| places.insert(**p)) else {
                continue;
            };
            let Some(goal) = trace.goals.get(*place) else {
                continue;
            };
            *counts.entry("states").or_default() += 1;
            let (Some(statement), Some(hash), Some(assessment)) =
                (&goal.statement, &goal.hash, known.get(place))
            else {
                *counts.entry("no statement").or_default() += 1;
                continue;
            };
            // The first state is the theorem itself, perhaps with its variables introduced.
            if assessment.type_hash == own.type_hash {
                *counts.entry("the theorem itself").or_default() += 1;
                continue;
            }
            let name = format!("{}_state_{}", theorem.name, states.len() + 1);
            let formal = theorem_named(&name, statement);
            let english = assessment.reading.english.clone();
            let assessed = Ok(assessment.clone());
            let findings = gates::judge(&Candidate {
                informal: &english,
                formal: &formal,
                assessed: &assessed,
            });
            if gates::worst(&findings) == Outcome::Failed {
                let gate = gates::failed(&findings).map_or("", |f| f.gate.as_str());
                let gate = gates::names().into_iter().find(|g| *g == gate);
                *counts.entry(gate.unwrap_or("failed")).or_default() += 1;
                continue;
            }
            let words = words(statement);
            if seen.iter().any(|before| near(before, &words)) {
                *counts.entry("near-duplicate").or_default() += 1;
                continue;
            }
            seen.push(words);
            states.push(StateRow {
                name,
                of: theorem.name.clone(),
                header: row.header.clone(),
                formal_statement: formal,
                informal_statement: english,
                tactic: line.tactic.clone(),
                hash: hash.clone(),
                findings,
            });
        }
        let own = trace.lines.first().and_then(|l| l.before.first());
        let own = own.and_then(|place| trace.goals.get(*place)?.hash.clone());
        Ok(Draft {
            row,
            states,
            own,
            counts,
        })
    }

    fn settle(
        &self,
        _: Item<'_>,
        mut draft: Draft,
        claims: &mut Claims<'_>,
    ) -> Result<Draft, JournalError> {
        if let Some(own) = &draft.own {
            claims.claim(Claim::of(COUNTS, own))?;
        }
        let mut kept = Vec::new();
        for state in std::mem::take(&mut draft.states) {
            match claims.claim(Claim::of(COUNTS, &state.hash))? {
                None => kept.push(state),
                Some(_) => *draft.counts.entry("stated before").or_default() += 1,
            }
        }
        draft.states = kept;
        Ok(draft)
    }

    async fn finish(&self, _: Item<'_>, draft: &Draft) -> Result<Finished, WorkError> {
        let mut out = Finished::default();
        for (what, n) in &draft.counts {
            out.tally.add(COUNTS, "states", what, *n);
        }
        let kept = draft.states.len() as u64;
        out.tally.add(COUNTS, "states", "kept", kept);
        let lines = draft.row.lines.len() as u64;
        out.tally.add(COUNTS, "lines", "told", lines);
        out.tally
            .add(COUNTS, "tokens", "prompt", draft.row.tokens.prompt);
        out.tally
            .add(COUNTS, "tokens", "completion", draft.row.tokens.completion);
        let failed = |e: serde_json::Error| WorkError::Item(e.to_string());
        out.rows.push(Row::new(PROOFS, &draft.row).map_err(failed)?);
        out.tally.add("rows", PROOFS, "rows", 1);
        for state in &draft.states {
            out.rows.push(Row::new(STATES, state).map_err(failed)?);
        }
        out.tally.add("rows", STATES, "rows", kept);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_is_what_it_was() {
        let line = |tactic: &str, to_show: Option<&str>| ToldLine {
            line: 2,
            tactic: tactic.into(),
            state: "⊢ 1 = 1".into(),
            to_show: to_show.map(str::to_owned),
            english: String::new(),
            left: 0,
        };
        let row = ProofRow {
            name: "t".into(),
            header: String::new(),
            formal_statement: "theorem t : 1 = 1".into(),
            formal_proof: "theorem t : 1 = 1 := by rfl".into(),
            informal_statement: "1 = 1.".into(),
            informal_proof: String::new(),
            informalizer: "verbaliser".into(),
            lines: vec![line("skip", Some("{steps} is 1 = 1.")), line("rfl", None)],
            source: None,
            tokens: Tokens::default(),
        };
        insta::assert_snapshot!(request(&row)[0].content);
    }

    #[test]
    fn near_duplicates_share_nearly_all_words() {
        let a = words("(n m : Nat) (h : n < m) : n + 1 ≤ m");
        assert!(near(&a, &words("(n m : Nat) (h : n < m) : n + 1 ≤ m")));
        assert!(!near(&a, &words("(n m : Nat) : n + m = m + n")));
    }
}
