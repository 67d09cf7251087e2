//! The data job: one item after the other, each in the text of those before it.
//!
//! The text that an item stands in is made of the entries before it, so that a job that was broken off
//! goes on with the same text. Items must be worked on one at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use lakatos_datasets::job::run::Finished;
use lakatos_datasets::job::{Claims, Item, Job, Journal, JournalError, Row, WorkError};
use lakatos_datasets::lean::anatomy::{anatomy, is_theorem};
use lakatos_datasets::lean::commands::commands;
use lakatos_datasets::lean::lexer::Lexed;
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::protocol::Severity;
use serde::{Deserialize, Serialize};

use super::{Kind, Piece, definition, file, prompt};
use crate::formalise::{Asker, Decider, Decision, Problem, Settings, classes};
use crate::gates::{self, Finding};
use crate::model::{Chat, ModelError, Tokens};
use crate::text::theorem_named;

/// The table of items.
pub const ITEMS: &str = "items";
/// Counts of the job.
pub const COUNTS: &str = "section";

/// What formalises a section. The items' keys are the pieces' names, in the section's order.
pub struct Formalise {
    /// Lean workers.
    pub pool: Pool,
    /// What the file imports.
    pub imports: Vec<String>,
    /// The namespace that the file's names are in.
    pub namespace: String,
    /// The model.
    pub chat: Chat,
    /// The items.
    pub pieces: Vec<Piece>,
    /// How.
    pub settings: Settings,
    /// Who searches for proofs; none: they are `sorry`.
    pub decider: Option<Arc<dyn Decider>>,
    text: Mutex<String>,
}

/// A row of [`ITEMS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemRow {
    /// What it is called in Lean.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// `Lemma 2 (title)`.
    pub heading: String,
    /// Where it begins in the source.
    pub line: usize,
    /// In words.
    pub informal_statement: String,
    /// Its proof in words.
    pub informal_proof: Option<String>,
    /// Names of the items that it refers to.
    pub uses: Vec<String>,
    /// As it stands in the file: declarations, or a theorem with its proof; absent where there is none.
    pub lean: Option<String>,
    /// Why there is none.
    #[serde(default)]
    pub why: String,
    /// Whether its proof is `sorry`.
    pub sorry: bool,
    /// A theorem, read out.
    pub english: Option<String>,
    /// What the gates found.
    pub findings: Vec<Finding>,
    /// What a search found.
    pub decision: Option<Decision>,
    /// Candidates.
    pub candidates: u32,
    /// Those that could be used.
    pub passed: u32,
    /// Those that say the same as the one that was chosen.
    pub votes: u32,
    /// The model.
    pub model: String,
    /// What it cost.
    pub tokens: Tokens,
}

/// A definition's candidate.
struct Draft {
    answer: String,
    /// Its declarations, or why there are none.
    found: Result<String, String>,
}

fn worker(error: impl std::fmt::Display) -> WorkError {
    WorkError::Worker(error.to_string())
}

impl Formalise {
    /// What formalises these pieces, going on after what a journal holds.
    ///
    /// # Errors
    /// The journal cannot be read, or holds rows of another job.
    #[expect(clippy::too_many_arguments, reason = "each is a field")]
    pub fn new(
        pool: Pool,
        imports: Vec<String>,
        namespace: String,
        chat: Chat,
        pieces: Vec<Piece>,
        settings: Settings,
        decider: Option<Arc<dyn Decider>>,
        journal: &dyn Journal,
    ) -> Result<Self, JournalError> {
        let mut text = file::opening(&namespace);
        journal.visit(0..journal.next()?, &mut |entry| {
            for row in entry.rows.iter().filter(|row| row.table == ITEMS) {
                let row: ItemRow =
                    serde_json::from_str(&row.json).map_err(|e| JournalError(Box::new(e)))?;
                text.push_str(&file::item(&row));
            }
            Ok(())
        })?;
        Ok(Self {
            pool,
            imports,
            namespace,
            chat,
            pieces,
            settings,
            decider,
            text: Mutex::new(text),
        })
    }

    fn text(&self) -> MutexGuard<'_, String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn env(&self) -> EnvironmentSpec {
        EnvironmentSpec {
            imports: self.imports.clone(),
            text: self.text().clone(),
        }
    }

    fn piece(&self, item: Item<'_>) -> Result<&Piece, WorkError> {
        let index = usize::try_from(item.index).ok();
        let piece = index.and_then(|i| self.pieces.get(i));
        piece.ok_or_else(|| WorkError::Item("there is no such item".into()))
    }

    fn row(&self, piece: &Piece) -> ItemRow {
        let uses = piece.uses.iter().filter_map(|at| self.pieces.get(*at));
        ItemRow {
            name: piece.name.clone(),
            kind: piece.kind,
            heading: piece.heading(),
            line: piece.line,
            informal_statement: piece.text.clone(),
            informal_proof: piece.proof.clone(),
            uses: uses.map(|p| p.name.clone()).collect(),
            lean: None,
            why: String::new(),
            sorry: false,
            english: None,
            findings: Vec::new(),
            decision: None,
            candidates: 0,
            passed: 0,
            votes: 0,
            model: self.chat.config().model.clone(),
            tokens: Tokens::default(),
        }
    }

    /// A definition: the declarations that most candidates have, of those that Lean accepts.
    async fn define(&self, piece: &Piece, item: Item<'_>) -> Result<ItemRow, WorkError> {
        let env = self.env();
        let mut row = self.row(piece);
        let asked = (0..self.settings.candidates).map(|i| {
            let seed = item.seed_for(&format!("candidate {i}"));
            let messages = prompt::define(piece, &env.text);
            async move { self.chat.ask(&messages, seed).await }
        });
        let mut drafts = Vec::new();
        for answer in join_all(asked).await {
            let answer = said(answer, &mut row.tokens)?;
            drafts.push(self.read(&env, answer).await?);
        }
        for round in 1..=self.settings.repairs {
            let broken: Vec<usize> = (0..drafts.len())
                .filter(|i| drafts[*i].found.is_err())
                .collect();
            let asked = broken.iter().map(|i| {
                let draft = &drafts[*i];
                let error = draft.found.as_ref().err().map_or("", String::as_str);
                let messages = prompt::redefine(piece, &env.text, &draft.answer, error);
                let seed = item.seed_for(&format!("repair {round} of {i}"));
                async move { self.chat.ask(&messages, seed).await }
            });
            let answers = join_all(asked).await;
            for (i, answer) in broken.into_iter().zip(answers) {
                let answer = said(answer, &mut row.tokens)?;
                drafts[i] = self.read(&env, answer).await?;
            }
        }
        row.candidates = self.settings.candidates;
        let mut votes: BTreeMap<String, (u32, usize)> = BTreeMap::new();
        for (at, draft) in drafts.iter().enumerate() {
            if let Ok(found) = &draft.found {
                row.passed += 1;
                let words = found.split_whitespace().collect::<Vec<_>>().join(" ");
                votes.entry(words).or_insert((0, at)).0 += 1;
            }
        }
        let best = votes
            .values()
            .max_by_key(|(votes, at)| (*votes, std::cmp::Reverse(*at)));
        match best.and_then(|(votes, at)| Some((votes, drafts.get(*at)?.found.as_ref().ok()?))) {
            Some((votes, found)) => {
                row.votes = *votes;
                row.lean = Some(found.clone());
            }
            None => {
                let why = drafts.iter().find_map(|d| d.found.as_ref().err());
                row.why = why
                    .cloned()
                    .unwrap_or_else(|| "there was no answer.".into());
            }
        }
        Ok(row)
    }

    /// The declarations of an answer, which Lean accepts where they are to stand.
    async fn read(&self, env: &EnvironmentSpec, answer: String) -> Result<Draft, WorkError> {
        let found = match definition::declarations(&answer) {
            Ok(text) => {
                let report = self
                    .pool
                    .check(env, &text, self.settings.timeout_ms)
                    .await
                    .map_err(worker)?;
                let error = report
                    .messages
                    .iter()
                    .find(|m| m.severity == Severity::Error);
                let assumed = report.declarations.iter().find(|d| d.sorry);
                match (error, assumed) {
                    (Some(error), _) => Err(error.data.clone()),
                    (None, Some(d)) => Err(format!("`{}` rests on sorry.", d.name)),
                    (None, None) if !report.complete => Err("Lean did not read it whole.".into()),
                    (None, None) => Ok(text),
                }
            }
            Err(why) => Err(why),
        };
        Ok(Draft { answer, found })
    }

    /// A theorem: the first candidate of the largest class of those that pass the gates.
    async fn state(&self, piece: &Piece, item: Item<'_>) -> Result<ItemRow, WorkError> {
        let env = self.env();
        let mut row = self.row(piece);
        let problem = Problem {
            id: piece.name.clone(),
            informal: piece.text.clone(),
            answer: None,
            context: env.text.clone(),
        };
        let asker = Asker {
            pool: &self.pool,
            env: &env,
            settings: &self.settings,
        };
        let (mut judged, tokens) = asker
            .asked(&problem, &self.chat, |purpose| item.seed_for(purpose))
            .await?;
        let votes = classes::classify(asker, &mut judged).await?;
        row.tokens = tokens;
        row.candidates = judged.iter().map(|j| j.votes).sum();
        row.passed = votes.iter().sum();
        row.votes = votes.first().copied().unwrap_or_default();
        let Some(chosen) = judged.iter().find(|j| j.class == Some(0)) else {
            let failed = judged.iter().find_map(|j| gates::failed(&j.findings));
            row.why = failed.map_or("there was no answer.".into(), |f| f.why.clone());
            return Ok(row);
        };
        row.english = chosen.english.clone();
        row.findings = chosen.findings.clone();
        let stated = match self.called(&env, &chosen.formal, piece).await? {
            Ok(stated) => stated,
            Err(why) => {
                row.why = why;
                return Ok(row);
            }
        };
        let (name, statement) = stated;
        row.name = name;
        if let Some(decider) = &self.decider {
            let seed = item.seed_for("decide");
            let decided = decider.decide(&env, &row.name, &statement, seed).await;
            row.decision = Some(decided.map_err(WorkError::Worker)?);
        }
        match &row.decision {
            Some(Decision::Refuted { proof }) => {
                row.why = format!("the statement that was found is false:\n{proof}");
            }
            Some(Decision::Proved { proof }) => row.lean = Some(proof.trim().to_owned()),
            Some(Decision::Open) | None => {
                row.sorry = true;
                row.lean = Some(format!("{statement} := by\n  sorry"));
            }
        }
        Ok(row)
    }
}

impl Formalise {
    /// The statement under a name that Lean accepts where it is to stand, and that name. The item's own may be
    /// a word of Lean's, or one that a definition has given away.
    async fn called(
        &self,
        env: &EnvironmentSpec,
        formal: &str,
        piece: &Piece,
    ) -> Result<Result<(String, String), String>, WorkError> {
        let mut why = "the statement has no form that can be named.".to_owned();
        for name in [piece.name.clone(), format!("{}_{}", piece.word, piece.name)] {
            let Some(statement) = named(formal, &name) else {
                break;
            };
            let text = format!("{statement} := by\n  sorry");
            let report = self
                .pool
                .check(env, &text, self.settings.timeout_ms)
                .await
                .map_err(worker)?;
            let error = report
                .messages
                .iter()
                .find(|m| m.severity == Severity::Error);
            match error {
                None => return Ok(Ok((name, statement))),
                Some(error) => {
                    why = format!("Lean does not accept it by the name {name}: {}", error.data)
                }
            }
        }
        Ok(Err(why))
    }
}

/// What the model has said; an answer that cannot be used is an empty one.
fn said(
    answer: Result<crate::model::Answer, ModelError>,
    tokens: &mut Tokens,
) -> Result<String, WorkError> {
    match answer {
        Ok(answer) => {
            *tokens += answer.tokens;
            Ok(answer.text)
        }
        Err(ModelError::BadAnswer { message }) => {
            tracing::debug!(message, "an answer cannot be used");
            Ok(String::new())
        }
        Err(error) => Err(WorkError::Fatal(error.to_string())),
    }
}

/// The statement as one of the theorem `name`.
pub(crate) fn named(statement: &str, name: &str) -> Option<String> {
    let lexed = Lexed::new(statement);
    let commands = commands(&lexed);
    let command = commands.first()?;
    if !is_theorem(lexed.str(command.head)) {
        return None;
    }
    let parts = anatomy(&lexed, command);
    let after = lexed.tokens.get(match parts.name {
        Some(at) => at + 1,
        None => parts.from,
    })?;
    let last = lexed.tokens.get(parts.statement_end.checked_sub(1)?)?;
    Some(theorem_named(name, lexed.slice(after.start, last.end)))
}

impl Job for Formalise {
    type Draft = ItemRow;
    type Settled = ItemRow;

    async fn work(&self, item: Item<'_>) -> Result<ItemRow, WorkError> {
        let piece = self.piece(item)?;
        match piece.kind {
            Kind::Definition => self.define(piece, item).await,
            Kind::Theorem => self.state(piece, item).await,
        }
    }

    fn settle(
        &self,
        _: Item<'_>,
        row: ItemRow,
        _: &mut Claims<'_>,
    ) -> Result<ItemRow, JournalError> {
        self.text().push_str(&file::item(&row));
        Ok(row)
    }

    async fn finish(&self, _: Item<'_>, row: &ItemRow) -> Result<Finished, WorkError> {
        let mut out = Finished::default();
        let word = match (&row.lean, &row.decision, row.kind) {
            (None, Some(Decision::Refuted { .. }), _) => "refuted",
            (None, ..) => "not formalised",
            (_, _, Kind::Definition) => "defined",
            (_, Some(Decision::Proved { .. }), _) => "proved",
            _ => "stated",
        };
        out.tally.add(COUNTS, "items", word, 1);
        out.tally.add(COUNTS, "tokens", "prompt", row.tokens.prompt);
        out.tally
            .add(COUNTS, "tokens", "completion", row.tokens.completion);
        out.rows
            .push(Row::new(ITEMS, row).map_err(|e| WorkError::Item(e.to_string()))?);
        out.tally.add("rows", ITEMS, "rows", 1);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_gets_the_items_name() {
        for (statement, expected) in [
            (
                "theorem t (n : Nat) : n = n",
                Some("theorem a_b (n : Nat) : n = n"),
            ),
            ("lemma x.y : 1 = 1", Some("theorem a_b : 1 = 1")),
            (
                "example (n : Nat) : n = n",
                Some("theorem a_b (n : Nat) : n = n"),
            ),
            ("def t := 1", None),
            ("", None),
        ] {
            assert_eq!(named(statement, "a_b").as_deref(), expected, "{statement}");
        }
    }
}
