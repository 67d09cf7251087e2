//! From library theorems and definitions to English.
//!
//! The verbaliser reads every target out; where a model is there, it is shown the reading and the nearest
//! of a few examples, and its words stand beside the literal ones. Targets are done in the order of their
//! dependencies ([`order`]), each with its context: its documentation, its module, what its type speaks of,
//! and its neighbours. After Herald (arXiv 2410.10878), whose informalizer sees the same.

mod neighbours;
pub mod order;
mod prompt;
pub mod proofs;
mod tactics;
pub mod wording;

use lakatos_datasets::job::run::Finished;
use lakatos_datasets::job::{Claim, Claims, Item, Job, JournalError, Row, WorkError};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::verbalise::{Constant, Reading, VerbaliseRequest};
use serde::{Deserialize, Serialize};

pub use neighbours::Neighbours;
use wording::{Style, Wording};

use crate::model::{Chat, Message, ModelError, Tokens};

/// The table of readings.
pub const READINGS: &str = "readings";
/// The table of readings in other words.
pub const WORDINGS: &str = "wordings";
/// Counts of the job.
pub const COUNTS: &str = "informalize";
/// A longer answer is not a statement in English.
const MAX_ENGLISH: usize = 4000;

/// What informalises constants. The items' keys are the constants' names, in their order.
pub struct Informalise {
    /// Lean workers.
    pub pool: Pool,
    /// Where the constants are.
    pub env: EnvironmentSpec,
    /// The constants, in the plan's order.
    pub targets: Vec<Constant>,
    /// Who stands beside whom.
    pub neighbours: Neighbours,
    /// Whether each reading is told in other words as well.
    pub wordings: bool,
    /// A model, for wording beside the literal reading.
    pub chat: Option<Chat>,
    /// Wall-clock limit of a request to Lean, in milliseconds; it only ends what hangs.
    pub timeout_ms: u64,
}

/// A row of [`READINGS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadingRow {
    /// The constant.
    pub name: String,
    /// `theorem` or `definition`.
    pub kind: String,
    /// The module that declares it.
    pub module: String,
    /// Its closed type as Lean prints it.
    pub formal_statement: String,
    /// The model's words; the verbaliser's where there is no model or it gave none.
    pub informal_statement: String,
    /// `verbaliser`, or the model's name.
    pub informalizer: String,
    /// The verbaliser's words.
    pub literal: String,
    /// The reading's parts.
    pub reading: Reading,
    /// Its documentation.
    pub doc: Option<String>,
    /// The constants that its type speaks of.
    pub uses: Vec<String>,
    /// The targets of the same module before and after it, by name.
    pub neighbours: Vec<String>,
    /// Tokens that the model's words cost.
    pub tokens: Tokens,
}

impl Informalise {
    fn target(&self, item: Item<'_>) -> Result<&Constant, WorkError> {
        let index = usize::try_from(item.index).ok();
        let target = index.and_then(|i| self.targets.get(i));
        target.ok_or_else(|| WorkError::Item("there is no such constant".into()))
    }

    /// The model's words for a request, where there is a model and they can be used.
    async fn said(
        &self,
        messages: &[Message],
        seed: u64,
    ) -> Result<(Option<String>, Tokens), WorkError> {
        let Some(chat) = &self.chat else {
            return Ok((None, Tokens::default()));
        };
        match chat.ask(messages, seed).await {
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

    /// A reading in other words: by templates, and by the model where there is one.
    async fn reworded(
        &self,
        reading: &Reading,
        item: Item<'_>,
    ) -> Result<(Vec<Wording>, Tokens), WorkError> {
        let mut tokens = Tokens::default();
        if !self.wordings {
            return Ok((Vec::new(), tokens));
        }
        let mut all = wording::templates(reading);
        if let Some(chat) = &self.chat {
            for style in Style::ALL {
                let seed = item.seed_for(style.word());
                let (words, cost) = self.said(&wording::reword(reading, style), seed).await?;
                tokens += cost;
                if let Some(text) = words {
                    all.push(Wording {
                        style,
                        by: chat.config().model.clone(),
                        text,
                        omits: Vec::new(),
                    });
                }
            }
        }
        Ok((all, tokens))
    }
}

/// A row of [`WORDINGS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordingRow {
    /// The constant.
    pub name: String,
    /// Its closed type as Lean prints it.
    pub formal_statement: String,
    /// The verbaliser's words.
    pub literal: String,
    /// The other words.
    #[serde(flatten)]
    pub wording: Wording,
}

/// What names the prompts: a change of their words is another job.
pub fn fingerprint() -> String {
    crate::formalise::prompt::digest(&[prompt::PROMPT, wording::PROMPT])
}

impl Job for Informalise {
    type Draft = (ReadingRow, Vec<Wording>);
    type Settled = (ReadingRow, Vec<Wording>, Option<u64>);

    async fn work(&self, item: Item<'_>) -> Result<Self::Draft, WorkError> {
        let target = self.target(item)?;
        let request = VerbaliseRequest {
            statements: Vec::new(),
            names: vec![target.name.clone()],
        };
        let readings = self
            .pool
            .verbalise(&self.env, &request, self.timeout_ms)
            .await;
        let reading = readings
            .map_err(|e| WorkError::Worker(e.to_string()))?
            .into_iter()
            .next();
        let reading = match reading {
            Some(Ok(reading)) => reading,
            Some(Err(unread)) => return Err(WorkError::Item(unread.to_string())),
            None => return Err(WorkError::Worker("Lean gave no reading".into())),
        };
        let request = prompt::informalize(target, &reading);
        let (words, mut tokens) = self.said(&request, item.seed_for("informalize")).await?;
        let (wordings, cost) = self.reworded(&reading, item).await?;
        tokens += cost;
        let model = self.chat.as_ref().map(|chat| chat.config().model.clone());
        let informalizer = match (&words, model) {
            (Some(_), Some(model)) => model,
            _ => "verbaliser".to_owned(),
        };
        let row = ReadingRow {
            name: target.name.clone(),
            kind: target.kind.clone(),
            module: target.module.clone(),
            formal_statement: reading.ty.clone(),
            informal_statement: words.unwrap_or_else(|| reading.english.clone()),
            informalizer,
            literal: reading.english.clone(),
            doc: target.doc.clone(),
            uses: target.uses.clone(),
            neighbours: self.neighbours.of(target),
            reading,
            tokens,
        };
        Ok((row, wordings))
    }

    fn settle(
        &self,
        _: Item<'_>,
        (row, wordings): Self::Draft,
        claims: &mut Claims<'_>,
    ) -> Result<Self::Settled, JournalError> {
        // Theorems that read the same say the same, up to names of variables that differ.
        let before = claims.claim(Claim::of("informalize", &row.literal))?;
        Ok((row, wordings, before))
    }

    async fn finish(&self, _: Item<'_>, settled: &Self::Settled) -> Result<Finished, WorkError> {
        let (row, wordings, before) = settled;
        let mut out = Finished::default();
        out.tally.add(COUNTS, "kind", &row.kind, 1);
        out.tally.add(COUNTS, "informalizer", &row.informalizer, 1);
        out.tally.add(COUNTS, "tokens", "prompt", row.tokens.prompt);
        out.tally
            .add(COUNTS, "tokens", "completion", row.tokens.completion);
        if before.is_some() {
            out.tally.add(COUNTS, "readings", "repeated", 1);
            return Ok(out);
        }
        out.rows
            .push(Row::new(READINGS, row).map_err(|e| WorkError::Item(e.to_string()))?);
        out.tally.add("rows", READINGS, "rows", 1);
        for wording in wordings {
            let row = WordingRow {
                name: row.name.clone(),
                formal_statement: row.formal_statement.clone(),
                literal: row.literal.clone(),
                wording: wording.clone(),
            };
            out.tally.add(COUNTS, "wordings", wording.style.word(), 1);
            out.rows
                .push(Row::new(WORDINGS, &row).map_err(|e| WorkError::Item(e.to_string()))?);
        }
        out.tally
            .add("rows", WORDINGS, "rows", wordings.len() as u64);
        Ok(out)
    }
}
