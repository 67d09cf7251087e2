//! The directory of a run's checkpoints: `step-000500` and so on, of which the latest is kept. One is written under another
//! name and renamed, so that what is there is whole.

use std::path::{Path, PathBuf};

use lakatos_model_server::train::Trainer;

use crate::exit::Failure;

/// A run's directory.
pub struct Folder<'a>(&'a Path);

const PREFIX: &str = "step-";

impl<'a> Folder<'a> {
    pub fn new(dir: &'a Path) -> Self {
        Self(dir)
    }

    /// The latest checkpoint.
    pub fn latest(&self) -> Result<Option<PathBuf>, Failure> {
        Ok(self.all()?.into_iter().max())
    }

    /// Checkpoints that are whole.
    fn all(&self) -> Result<Vec<PathBuf>, Failure> {
        let entries = match std::fs::read_dir(self.0) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(failed(self.0, &e)),
        };
        let whole = |p: &PathBuf| {
            let name = p.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            name.strip_prefix(PREFIX)
                .is_some_and(|n| n.parse::<u64>().is_ok())
        };
        Ok(entries.flatten().map(|e| e.path()).filter(whole).collect())
    }

    /// Writes a checkpoint and removes those before it.
    pub fn save(&self, run: &Trainer, tokenizer: &[u8]) -> Result<(), Failure> {
        let place = self.0.join(format!("{PREFIX}{:09}", run.steps_made()));
        let beside = self.0.join("unfinished");
        remove(&beside)?;
        std::fs::create_dir_all(&beside).map_err(|e| failed(&beside, &e))?;
        run.save(&beside)?;
        let file = beside.join("tokenizer.json");
        std::fs::write(&file, tokenizer).map_err(|e| failed(&file, &e))?;
        remove(&place)?;
        std::fs::rename(&beside, &place).map_err(|e| failed(&place, &e))?;
        for old in self.all()? {
            if old < place {
                remove(&old)?;
            }
        }
        Ok(())
    }

    /// Forgets every checkpoint.
    pub fn clear(&self) -> Result<(), Failure> {
        self.all()?.iter().try_for_each(|p| remove(p))
    }
}

fn remove(path: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(path, &e)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, e: &std::io::Error) -> Failure {
    Failure::environment(format!("{}: {e}", path.display()))
}
