//! Records into a directory in one form: a split a name, Parquet and JSONL, and the card.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Form, Record};
use crate::write::{Card, Split, Table, WriteError, Written, directory};

/// The longest name of a split, and how many a dataset may have: a column of another meaning has more.
const SPLITS: usize = 32;

/// An export under way. Until [`Export::finish`] nothing stands in its place.
pub struct Export {
    root: PathBuf,
    form: Form,
    splits: BTreeMap<String, Split>,
    rows: u64,
}

impl Export {
    /// Begins an export into a directory.
    pub fn new(root: &Path, form: Form) -> Self {
        Self {
            root: root.to_path_buf(),
            form,
            splits: BTreeMap::new(),
            rows: 0,
        }
    }

    /// Adds a record to the split that it names, `train` where it names none. False where the form has no
    /// row for it: no proof for a form of proofs, no English for a form of English.
    ///
    /// # Errors
    /// The system refuses.
    pub fn put(&mut self, record: &Record) -> Result<bool, WriteError> {
        let Some(row) = self.form.export(record, self.rows) else {
            return Ok(false);
        };
        let name = record.split.as_deref().map_or("train", split_name);
        let full = self.splits.len() >= SPLITS && !self.splits.contains_key(name);
        let name = if full { "train" } else { name };
        let (root, form) = (&self.root, &self.form);
        let split = self
            .splits
            .entry(name.to_owned())
            .or_insert_with(|| Split::new(&directory(root, "default"), name, &(form.schema)()));
        split.object(&row)?;
        self.rows += 1;
        Ok(true)
    }

    /// Puts the files in their places and writes the card, whose tables are filled in here.
    ///
    /// # Errors
    /// The system refuses.
    pub fn finish(mut self, mut card: Card) -> Result<Written, WriteError> {
        let schema = (self.form.schema)();
        if self.splits.is_empty() {
            let empty = Split::new(&directory(&self.root, "default"), "train", &schema);
            self.splits.insert("train".to_owned(), empty);
        }
        let mut total = Written::default();
        let mut splits = Vec::new();
        for (name, split) in self.splits {
            let written = split.finish()?;
            total.add(written);
            splits.push((name, written));
        }
        card.tables = vec![Table {
            name: "default".to_owned(),
            schema,
            splits,
        }];
        card.write(&self.root)?;
        Ok(total)
    }
}

/// A split's name as part of a file's: what cannot be one counts as `train`.
fn split_name(name: &str) -> &str {
    let fits = (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if fits { name } else { "train" }
}
