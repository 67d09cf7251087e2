//! The dataset in schemas that people already load, written from the journal's entries.

pub mod alchemy;
pub mod leandojo;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use lakatos_datasets::job::{Entry, Journal, JournalError};

use crate::row::{STEPS, StepRow, THEOREMS, TheoremRow};

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
}

/// A file that is written beside its place and renamed when it is whole.
struct Sink {
    path: PathBuf,
    unfinished: PathBuf,
    to: BufWriter<File>,
}

impl Sink {
    fn create(path: &Path) -> Result<Self, ExportError> {
        let failed = |source| ExportError::Write {
            path: path.to_path_buf(),
            source,
        };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        let unfinished = PathBuf::from(format!("{}.unfinished", path.display()));
        let file = File::create(&unfinished).map_err(failed)?;
        Ok(Self {
            path: path.to_path_buf(),
            unfinished,
            to: BufWriter::new(file),
        })
    }

    fn write(&mut self, text: &str) -> Result<(), ExportError> {
        self.to
            .write_all(text.as_bytes())
            .map_err(|source| ExportError::Write {
                path: self.path.clone(),
                source,
            })
    }

    fn line(&mut self, value: &impl serde::Serialize) -> Result<(), ExportError> {
        let text = serde_json::to_string(value).map_err(unreadable)?;
        self.write(&text)?;
        self.write("\n")
    }

    fn finish(mut self) -> Result<(), ExportError> {
        let failed = |source| ExportError::Write {
            path: self.path.clone(),
            source,
        };
        self.to
            .flush()
            .and_then(|()| self.to.get_ref().sync_all())
            .and_then(|()| std::fs::rename(&self.unfinished, &self.path))
            .map_err(failed)
    }
}

fn unreadable(e: serde_json::Error) -> JournalError {
    JournalError(Box::new(e))
}

/// A theorem with the steps of its proof.
struct Kept {
    theorem: TheoremRow,
    steps: Vec<StepRow>,
}

/// The theorems of an entry: each row of a theorem is followed by its steps.
fn kept(entry: &Entry) -> Result<Vec<Kept>, JournalError> {
    let mut all: Vec<Kept> = Vec::new();
    for row in &entry.rows {
        if row.table == THEOREMS {
            all.push(Kept {
                theorem: serde_json::from_str(&row.json).map_err(unreadable)?,
                steps: Vec::new(),
            });
        } else if row.table == STEPS
            && let Some(last) = all.last_mut()
        {
            last.steps
                .push(serde_json::from_str(&row.json).map_err(unreadable)?);
        }
    }
    Ok(all)
}

/// Visits every kept theorem, in the plan's order.
fn visit(
    journal: &dyn Journal,
    mut each: impl FnMut(Kept) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    // The visitor's own error has another type than the journal's; it is kept aside.
    let mut failure = None;
    let visited = journal.visit(0..u64::MAX, &mut |entry| {
        for theorem in kept(&entry)? {
            if let Err(e) = each(theorem) {
                let message = e.to_string();
                failure = Some(e);
                return Err(JournalError(message.into()));
            }
        }
        Ok(())
    });
    match failure {
        Some(e) => Err(e),
        None => Ok(visited?),
    }
}

#[cfg(test)]
mod tests {
    use lakatos_datasets::job::{MemoryJournal, Provenance, Row, State, Tally};

    use super::*;
    use crate::row::{Origin, open_theorem, theorem};

    fn journal() -> MemoryJournal {
        let journal = MemoryJournal::default();
        for item in 0..3 {
            let name = format!("mutated_{item}");
            let hash = format!("{item:032x}");
            let origin = Origin {
                parent: "Nat.foo".into(),
                module: "Init.Core".into(),
                rule: "rw".into(),
                position: "goal".into(),
                premises: vec!["Nat.add_comm".into()],
                seed: 0,
                item,
                made_by: Provenance::default(),
            };
            let row = TheoremRow {
                header: "import Init\n".into(),
                formal_statement: open_theorem(&name, "(n : Nat) : n = n"),
                formal_proof: theorem(&name, "(n : Nat) : n = n", "rw [Nat.add_comm]\nrfl"),
                statement_hash: hash,
                trivial: None,
                gates: vec![],
                level: 3,
                axioms: vec![],
                library_bodies: false,
                difficulty: None,
                origin: origin.clone(),
                name: name.clone(),
            };
            let step = |step, tactic: &str| StepRow {
                name: name.clone(),
                step,
                state: "n : Nat\n⊢ n = n".into(),
                tactic: tactic.into(),
                origin: origin.clone(),
            };
            let entry = Entry {
                item,
                key: "Nat.foo".into(),
                state: State::Done,
                rows: vec![
                    Row::new(THEOREMS, &row).unwrap(),
                    Row::new(STEPS, &step(0, "rw [Nat.add_comm]")).unwrap(),
                    Row::new(STEPS, &step(1, "rfl")).unwrap(),
                ],
                claims: vec![],
                tally: Tally::default(),
            };
            journal.append(&[entry]).unwrap();
        }
        journal
    }

    #[test]
    fn leandojo_positions_point_at_the_theorems() {
        let dir = tempfile::tempdir().unwrap();
        leandojo::write(&journal(), dir.path(), &["Init".to_owned()]).unwrap();
        let lean = std::fs::read_to_string(dir.path().join("Mutated/Part00000.lean")).unwrap();
        let mut seen = 0;
        for split in ["train", "val", "test"] {
            let text = std::fs::read_to_string(dir.path().join(format!("random/{split}.json")));
            let rows: Vec<serde_json::Value> = serde_json::from_str(&text.unwrap()).unwrap();
            for row in rows {
                let line = |at: &str| row[at][0].as_u64().unwrap() as usize;
                let text: Vec<&str> = lean.lines().collect();
                let text = text[line("start") - 1..line("end")].join("\n");
                let name = row["full_name"].as_str().unwrap();
                assert!(text.starts_with(&format!("theorem {name} ")), "{text}");
                assert!(text.ends_with("rfl"));
                let tactics = row["traced_tactics"].as_array().unwrap();
                assert_eq!(tactics.len(), 2);
                // The last step leaves no goal; the first one leaves what the second begins with.
                assert_eq!(tactics[0]["state_after"], tactics[1]["state_before"]);
                assert_eq!(tactics[1]["state_after"], "no goals");
                seen += 1;
            }
        }
        assert_eq!(seen, 3);
        let corpus = std::fs::read_to_string(dir.path().join("corpus.jsonl")).unwrap();
        let file: serde_json::Value = serde_json::from_str(corpus.lines().next().unwrap()).unwrap();
        assert_eq!(file["premises"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn alchemy_rows_name_the_target_the_invoked_theorem_and_the_variant() {
        let dir = tempfile::tempdir().unwrap();
        alchemy::write(&journal(), dir.path()).unwrap();
        let text = std::fs::read_to_string(dir.path().join("rw.jsonl")).unwrap();
        let row: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(row["full_name"], "Nat.foo");
        assert_eq!(row["invoked"][0], "Nat.add_comm");
        assert!(
            row["variant"]
                .as_str()
                .unwrap()
                .starts_with("theorem mutated_0")
        );
        assert_eq!(row["state_tactics"][1]["tactic"], "rfl");
    }

    #[test]
    fn a_full_disk_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/full", dir.path().join("rw.jsonl.unfinished")).unwrap();
        let full = alchemy::write(&journal(), dir.path()).unwrap_err();
        assert!(
            full.to_string().contains("rw.jsonl cannot be written"),
            "{full}"
        );
        assert!(!dir.path().join("rw.jsonl").exists());
    }
}
