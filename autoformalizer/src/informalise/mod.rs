//! From library theorems and definitions to English.
//!
//! The verbaliser reads every target out; where a model is there, it is shown the reading and the nearest
//! of a few examples, and its words stand beside the literal ones. Targets are done in the order of their
//! dependencies ([`order`]), each with its context: its documentation, its module, what its type speaks of,
//! and its neighbours. After Herald (arXiv 2410.10878), whose informalizer sees the same.

pub mod order;
mod prompt;

use lakatos_datasets::job::run::Finished;
use lakatos_datasets::job::{Claim, Claims, Item, Job, JournalError, Row, WorkError};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::verbalise::{Constant, Reading, VerbaliseRequest};
use serde::{Deserialize, Serialize};

use crate::model::{Chat, ModelError, Tokens};

/// The table of readings.
pub const READINGS: &str = "readings";
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

    /// The target of the same module with the next smaller name, and the one with the next larger.
    fn neighbours(&self, target: &Constant) -> Vec<String> {
        let same = self.targets.iter().filter(|t| t.module == target.module);
        let names: Vec<&str> = same.map(|t| t.name.as_str()).collect();
        let own = target.name.as_str();
        let before = names.iter().filter(|n| **n < own).max();
        let after = names.iter().filter(|n| **n > own).min();
        before
            .into_iter()
            .chain(after)
            .map(|n| (*n).to_owned())
            .collect()
    }

    /// The model's words.
    async fn worded(
        &self,
        target: &Constant,
        reading: &Reading,
        seed: u64,
    ) -> Result<(Option<String>, Tokens), WorkError> {
        let Some(chat) = &self.chat else {
            return Ok((None, Tokens::default()));
        };
        match chat.ask(&prompt::informalize(target, reading), seed).await {
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

impl Job for Informalise {
    type Draft = ReadingRow;
    type Settled = (ReadingRow, Option<u64>);

    async fn work(&self, item: Item<'_>) -> Result<ReadingRow, WorkError> {
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
        let (words, tokens) = self
            .worded(target, &reading, item.seed_for("informalize"))
            .await?;
        let model = self.chat.as_ref().map(|chat| chat.config().model.clone());
        let informalizer = match (&words, model) {
            (Some(_), Some(model)) => model,
            _ => "verbaliser".to_owned(),
        };
        Ok(ReadingRow {
            name: target.name.clone(),
            kind: target.kind.clone(),
            module: target.module.clone(),
            formal_statement: reading.ty.clone(),
            informal_statement: words.unwrap_or_else(|| reading.english.clone()),
            informalizer,
            literal: reading.english.clone(),
            doc: target.doc.clone(),
            uses: target.uses.clone(),
            neighbours: self.neighbours(target),
            reading,
            tokens,
        })
    }

    fn settle(
        &self,
        _: Item<'_>,
        draft: ReadingRow,
        claims: &mut Claims<'_>,
    ) -> Result<Self::Settled, JournalError> {
        // Theorems that read the same say the same, up to names of variables that differ.
        let before = claims.claim(Claim::of("informalize", &draft.literal))?;
        Ok((draft, before))
    }

    async fn finish(&self, _: Item<'_>, settled: &Self::Settled) -> Result<Finished, WorkError> {
        let (row, before) = settled;
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
        Ok(out)
    }
}
