//! What earlier runs have made: the statement hashes of their theorems.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::row::THEOREMS;

/// Why an earlier run cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EarlierError {
    /// There are no theorems in it.
    #[error(
        "{} holds no theorems of an earlier run (a file `{THEOREMS}*.jsonl`); name the directory that was its --out", path.display()
    )]
    Nothing {
        /// Which directory.
        path: PathBuf,
    },
    /// The system refused, or a row is damaged.
    #[error("{} cannot be read: {message}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        message: String,
    },
}

/// Statement hashes of earlier runs.
#[derive(Debug, Clone, Default)]
pub struct Earlier(HashSet<[u8; 16]>);

#[derive(Deserialize)]
struct Hash {
    statement_hash: String,
}

impl Earlier {
    /// Reads the theorems of earlier runs' output directories.
    ///
    /// # Errors
    /// A directory holds none, or a file cannot be read.
    pub fn read(dirs: &[PathBuf]) -> Result<Self, EarlierError> {
        let mut all = Self::default();
        for dir in dirs {
            let mut files = 0;
            for entry in walkdir::WalkDir::new(dir).sort_by_file_name() {
                let entry = entry.map_err(|e| EarlierError::Unreadable {
                    path: dir.clone(),
                    message: e.to_string(),
                })?;
                let path = entry.path();
                let relative = path.strip_prefix(dir).unwrap_or(path);
                let of_theorems = relative.to_string_lossy().contains(THEOREMS);
                if path.extension().is_some_and(|e| e == "jsonl") && of_theorems {
                    all.file(path)?;
                    files += 1;
                }
            }
            if files == 0 {
                return Err(EarlierError::Nothing { path: dir.clone() });
            }
        }
        Ok(all)
    }

    fn file(&mut self, path: &Path) -> Result<(), EarlierError> {
        let failed = |message: String| EarlierError::Unreadable {
            path: path.to_path_buf(),
            message,
        };
        let file = File::open(path).map_err(|e| failed(e.to_string()))?;
        for line in BufReader::new(file).lines() {
            let line = line.map_err(|e| failed(e.to_string()))?;
            let row: Hash = serde_json::from_str(&line).map_err(|e| failed(e.to_string()))?;
            self.0.insert(key(&row.statement_hash));
        }
        Ok(())
    }

    /// Whether an earlier run has made a statement.
    pub fn holds(&self, hash: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&key(hash))
    }

    /// Statements in all.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Identifies them: they decide what a run makes.
    pub fn digest(&self) -> String {
        let mut all: Vec<&[u8; 16]> = self.0.iter().collect();
        all.sort();
        let mut hash = Sha256::new();
        all.into_iter().for_each(|k| hash.update(k));
        hash.finalize()
            .iter()
            .take(16)
            .map(|b| format!("{b:02x}"))
            .collect()
    }
}

fn key(hash: &str) -> [u8; 16] {
    let mut key = [0; 16];
    key.copy_from_slice(&Sha256::digest(hash)[..16]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_earlier_runs_are_known() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data/theorems");
        std::fs::create_dir_all(&data).unwrap();
        let rows = "{\"statement_hash\":\"ab\",\"name\":\"x\"}\n{\"statement_hash\":\"cd\"}\n";
        std::fs::write(data.join("train-00000-of-00001.jsonl"), rows).unwrap();
        let dirs = [dir.path().to_path_buf()];
        let earlier = Earlier::read(&dirs).unwrap();
        assert_eq!(earlier.len(), 2);
        assert!(earlier.holds("ab") && !earlier.holds("ef"));
        assert_ne!(earlier.digest(), Earlier::default().digest());
    }

    #[test]
    fn a_directory_without_theorems_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let none = Earlier::read(&[dir.path().to_path_buf()]).unwrap_err();
        assert!(none.to_string().contains("holds no theorems"), "{none}");
    }
}
