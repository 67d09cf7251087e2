//! Datasets as files that people already load: Parquet and JSONL side by side, with a card.
//!
//! - [`schema`]: columns and their types.
//! - [`shard`]: one shard, a Parquet and a JSONL file with the same rows.
//! - [`split`]: shards of a number that is not known beforehand.
//! - [`card`]: the README.md that the Hugging Face hub expects.
//!
//! A file is written beside its place, made durable and renamed, so that what stands in its place is
//! whole; a write that fails leaves what stood there before. The same rows give the same bytes. Memory
//! holds the rows of one row group ([`shard::GROUP_BYTES`]).
//!
//! A directory holds, for each table (a *configuration* on the hub), `data/` or a directory of the table's
//! name with `train-00000-of-00002.parquet`, `train-00000-of-00002.jsonl`, ….

pub mod card;
pub mod schema;
pub mod shard;
mod shred;
pub mod split;

use std::fs::File;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::job::plan::hex;
pub use card::{Card, Table};
pub use schema::{Field, Kind, Schema};
pub use shard::{Shard, Written};
pub use split::Split;

/// Why rows could not be written. Nothing that stood in its place before is lost.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The system refused: no space, no permission.
    #[error("{} cannot be written: {source}; free some space or mend its permissions, and run the same command again", path.display())]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// The Parquet writer refused.
    #[error("{} cannot be written: {message}; free some space or mend its permissions, and run the same command again", path.display())]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// The writer's words, which hold the system's where it refused.
        message: String,
    },
    /// A row is not what its table holds.
    #[error("a row of {} does not fit its table: `{column}` should be {wanted}", path.display())]
    Row {
        /// The file that it was for.
        path: PathBuf,
        /// The column.
        column: String,
        /// What should be there.
        wanted: &'static str,
    },
}

impl WriteError {
    pub(crate) fn io(path: &Path) -> impl Fn(std::io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Io {
            path: path.clone(),
            source,
        }
    }
}

/// The directory of a table in a dataset's directory.
pub fn directory(root: &Path, table: &str) -> PathBuf {
    root.join(if table == "default" { "data" } else { table })
}

/// The name of a shard's file, without its extension.
pub fn stem(split: &str, index: usize, of: usize) -> String {
    format!("{split}-{index:05}-of-{of:05}")
}

/// Where a file is written before it is whole.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.unfinished", path.display()))
}

/// Puts a whole and durable file in its place.
pub(crate) fn settle(from: &Path, to: &Path) -> Result<(), WriteError> {
    std::fs::rename(from, to).map_err(WriteError::io(to))?;
    if let Some(parent) = to.parent() {
        // What a directory names is durable when the directory is; not every system lets it be opened.
        if let Ok(directory) = File::open(parent) {
            let _ = directory.sync_all();
        }
    }
    Ok(())
}

/// The SHA-256 of a file in hexadecimal digits.
///
/// # Errors
/// It cannot be read.
pub fn sha256(path: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    std::io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hex(&hash.finalize()))
}

/// Writes a text beside its place and renames it.
///
/// # Errors
/// The system refuses.
pub fn replace(path: &Path, text: &str) -> Result<(), WriteError> {
    let aside = unfinished(path);
    let failed = WriteError::io(path);
    let written = File::create(&aside).and_then(|mut file| {
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(failed)?;
    settle(&aside, path)
}
