//! The journal: one entry an item, appended in the plan's order, never changed.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::claims::Claim;
use super::tally::Tally;

/// A row of one of the job's tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The table: `theorems`, `negatives`, …
    pub table: String,
    /// The row as one JSON object, with the bytes that it was first written with.
    pub json: String,
}

impl Row {
    /// A row of a value.
    ///
    /// # Errors
    /// The value is none that JSON has, such as a map whose keys are no strings.
    pub fn new(table: &str, value: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self {
            table: table.to_owned(),
            json: serde_json::to_string(value)?,
        })
    }
}

/// Whether an item gave what it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum State {
    /// It was worked on to its end, whatever came of it.
    Done,
    /// It could not be, twice where a worker failed; the job went on without it.
    Failed {
        /// Why, as a sentence.
        reason: String,
    },
}

/// What came of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its index in the plan.
    pub item: u64,
    /// Its key.
    pub key: String,
    /// Whether it gave what it should.
    pub state: State,
    /// Its rows, in order.
    pub rows: Vec<Row>,
    /// What no later item may make again.
    pub claims: Vec<Claim>,
    /// What it adds to the job's counts.
    pub tally: Tally,
}

/// The journal could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct JournalError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// Where entries are kept. An implementation keeps the rule that entries are appended in the plan's
/// order, without a gap, and that those which [`Journal::append`] has answered for survive the process.
pub trait Journal: Send + Sync {
    /// The first item without an entry.
    ///
    /// # Errors
    /// It cannot be read.
    fn next(&self) -> Result<u64, JournalError>;

    /// The item that made a claim.
    ///
    /// # Errors
    /// It cannot be read.
    fn holder(&self, claim: Claim) -> Result<Option<u64>, JournalError>;

    /// Appends entries, all or none of them.
    ///
    /// # Errors
    /// They cannot be written, or are not the next ones.
    fn append(&self, entries: &[Entry]) -> Result<(), JournalError>;

    /// Visits the entries of a range in order, one in memory at a time. Claims may be left out.
    ///
    /// # Errors
    /// It cannot be read, or the visitor's own error.
    fn visit(
        &self,
        items: Range<u64>,
        visitor: &mut dyn FnMut(Entry) -> Result<(), JournalError>,
    ) -> Result<(), JournalError>;
}

/// A journal that ends with the process, for measurements and tests.
#[derive(Debug, Default)]
pub struct MemoryJournal(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    entries: Vec<Entry>,
    claims: HashMap<Claim, u64>,
}

impl MemoryJournal {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that entries are not the next ones: a defect of the caller.
pub fn out_of_order(next: u64, item: u64) -> JournalError {
    let message = format!("the journal's next item is {next}, and an entry of {item} was given");
    JournalError(message.into())
}

impl Journal for MemoryJournal {
    fn next(&self) -> Result<u64, JournalError> {
        Ok(self.kept().entries.len() as u64)
    }

    fn holder(&self, claim: Claim) -> Result<Option<u64>, JournalError> {
        Ok(self.kept().claims.get(&claim).copied())
    }

    fn append(&self, new: &[Entry]) -> Result<(), JournalError> {
        let mut kept = self.kept();
        let next = kept.entries.len() as u64;
        for (expected, entry) in (next..).zip(new) {
            if entry.item != expected {
                return Err(out_of_order(expected, entry.item));
            }
        }
        for entry in new {
            let claims = entry.claims.iter().map(|claim| (*claim, entry.item));
            kept.claims.extend(claims);
            kept.entries.push(entry.clone());
        }
        Ok(())
    }

    fn visit(
        &self,
        items: Range<u64>,
        visitor: &mut dyn FnMut(Entry) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let chosen: Vec<Entry> = {
            let kept = self.kept();
            let inside = kept.entries.iter().filter(|e| items.contains(&e.item));
            inside.cloned().collect()
        };
        chosen.into_iter().try_for_each(visitor)
    }
}
