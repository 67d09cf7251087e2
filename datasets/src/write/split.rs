//! A split whose rows come one by one: shards are begun as they fill, and named when their number is known.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use super::schema::Schema;
use super::shard::{Ready, Shard, Written};
use super::{WriteError, settle, stem, unfinished};

/// Bytes of values after which the next shard is begun.
pub const SHARD_BYTES: u64 = 512 << 20;

/// A split under way. Until [`Split::finish`] none of its files stands in its place.
pub struct Split {
    directory: PathBuf,
    name: String,
    schema: Schema,
    at_most: u64,
    open: Option<Shard>,
    done: Vec<Ready>,
}

impl Split {
    /// Begins a split in a table's directory ([`super::directory`]).
    pub fn new(directory: &Path, name: &str, schema: &Schema) -> Self {
        Self {
            directory: directory.to_path_buf(),
            name: name.to_owned(),
            schema: schema.clone(),
            at_most: SHARD_BYTES,
            open: None,
            done: Vec::new(),
        }
    }

    /// Begins a new shard after so many bytes of values.
    pub fn at_most(mut self, bytes: u64) -> Self {
        self.at_most = bytes;
        self
    }

    /// Adds a row.
    ///
    /// # Errors
    /// It does not fit the schema, or the system refuses.
    pub fn row(&mut self, row: &impl Serialize) -> Result<(), WriteError> {
        self.shard()?.row(row)?;
        self.roll()
    }

    /// Adds a row.
    ///
    /// # Errors
    /// It does not fit the schema, or the system refuses.
    pub fn object(&mut self, row: &Map<String, Value>) -> Result<(), WriteError> {
        self.shard()?.object(row)?;
        self.roll()
    }

    fn shard(&mut self) -> Result<&mut Shard, WriteError> {
        let open = match self.open.take() {
            Some(open) => open,
            None => {
                let stem = format!("{}-{:05}", self.name, self.done.len());
                Shard::create(&self.directory, &stem, &self.schema)?
            }
        };
        Ok(self.open.insert(open))
    }

    fn roll(&mut self) -> Result<(), WriteError> {
        if self
            .open
            .as_ref()
            .is_some_and(|s| s.bytes() >= self.at_most)
            && let Some(shard) = self.open.take()
        {
            self.done.push(shard.ready()?);
        }
        Ok(())
    }

    /// Puts all shards in their places; an empty split is one empty shard. Shards of an earlier writing of
    /// this split under other names are removed, since a reader would take them for its own.
    ///
    /// # Errors
    /// The system refuses.
    pub fn finish(mut self) -> Result<Written, WriteError> {
        if self.done.is_empty() {
            self.shard()?;
        }
        if let Some(shard) = self.open.take() {
            self.done.push(shard.ready()?);
        }
        let mut written = Written::default();
        let of = self.done.len();
        let mut names = Vec::new();
        for (index, ready) in self.done.iter().enumerate() {
            let stem = stem(&self.name, index, of);
            for (path, extension) in [(&ready.jsonl, "jsonl"), (&ready.parquet, "parquet")] {
                let name = format!("{stem}.{extension}");
                settle(&unfinished(path), &self.directory.join(&name))?;
                names.push(name);
            }
            written.add(ready.written);
        }
        self.sweep(&names)?;
        Ok(written)
    }

    fn sweep(&self, keep: &[String]) -> Result<(), WriteError> {
        let failed = WriteError::io(&self.directory);
        for entry in std::fs::read_dir(&self.directory).map_err(&failed)? {
            let name = entry.map_err(&failed)?.file_name();
            let Some(name) = name.to_str() else { continue };
            if !keep.iter().any(|k| k == name) && is_shard(name, &self.name) {
                std::fs::remove_file(self.directory.join(name)).map_err(&failed)?;
            }
        }
        Ok(())
    }
}

/// Whether a file's name is that of a whole shard of a split.
pub fn is_shard(file: &str, split: &str) -> bool {
    let rest = || file.strip_prefix(split)?.strip_prefix('-');
    let stem = rest().and_then(|r| r.strip_suffix(".parquet").or(r.strip_suffix(".jsonl")));
    let digits = |s: &str| s.len() == 5 && s.bytes().all(|b| b.is_ascii_digit());
    stem.and_then(|s| s.split_once("-of-"))
        .is_some_and(|(k, n)| digits(k) && digits(n))
}
