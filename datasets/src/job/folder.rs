//! Whose an output directory is: a file in it names the job, and a lock keeps a second process out.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::plan::Identity;

/// The file that says whose the directory is.
pub const FILE: &str = "job.json";
/// The file that is locked while a process writes here. It says nothing where nobody holds it.
const LOCK: &str = "job.lock";

/// Why a directory cannot be a job's output.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Something else is in it.
    #[error(
        "{} is not empty and holds no data job of Lakatos ({FILE} is missing); choose a new directory with --out", path.display()
    )]
    NotEmpty {
        /// Which.
        path: PathBuf,
    },
    /// It is another job's.
    #[error(
        "{} holds another run: {}; give the options that it was made with to go on with it, or choose a new directory with --out",
        path.display(), differences.join(", ")
    )]
    Other {
        /// Which.
        path: PathBuf,
        /// What differs, each a word or a few.
        differences: Vec<String>,
    },
    /// Its job file does not parse.
    #[error("{} cannot be understood ({message}); it was written by another version, or damaged: choose a new directory with --out", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// Another process writes in it.
    #[error("another process writes in {}; wait for it, or stop it with Ctrl-C", path.display())]
    Locked {
        /// Which.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
}

/// What [`FILE`] holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Owner {
    /// The job's name in its journal's store.
    run: String,
    fingerprint: String,
    identity: Identity,
}

/// An output directory that this process alone writes in.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    run: Option<String>,
    _lock: File,
}

impl Folder {
    /// Opens a directory for a job, making it where it is missing. It must be empty, or this very job's.
    ///
    /// # Errors
    /// It is another job's, another process writes in it, or the system refuses.
    pub fn open(path: &Path, identity: &Identity) -> Result<Self, FolderError> {
        let at = |path: &Path| {
            let path = path.to_path_buf();
            move |source| FolderError::Io { path, source }
        };
        std::fs::create_dir_all(path).map_err(at(path))?;
        let run = match read(&path.join(FILE))? {
            Some(owner) if owner.fingerprint == identity.fingerprint() => Some(owner.run),
            Some(owner) => {
                return Err(FolderError::Other {
                    path: path.to_path_buf(),
                    differences: differences(&owner.identity, identity),
                });
            }
            None => {
                for entry in std::fs::read_dir(path).map_err(at(path))? {
                    let name = entry.map_err(at(path))?.file_name();
                    // Left by a process that died before it had named the directory.
                    if name != LOCK && *name != *unfinished() {
                        return Err(FolderError::NotEmpty {
                            path: path.to_path_buf(),
                        });
                    }
                }
                None
            }
        };
        let lock_path = path.join(LOCK);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(at(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FolderError::Locked {
                    path: path.to_path_buf(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(at(&lock_path)(source)),
        }
        Ok(Self {
            path: path.to_path_buf(),
            run,
            _lock: lock,
        })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of its job; none in a new directory.
    pub fn run(&self) -> Option<&str> {
        self.run.as_deref()
    }

    /// Writes down whose the directory is.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn name(&mut self, run: &str, identity: &Identity) -> Result<(), FolderError> {
        let owner = Owner {
            run: run.to_owned(),
            fingerprint: identity.fingerprint(),
            identity: identity.clone(),
        };
        let text = serde_json::to_string_pretty(&owner).map_err(|e| FolderError::Unreadable {
            path: self.path.join(FILE),
            message: e.to_string(),
        })?;
        let (unfinished, path) = (self.path.join(unfinished()), self.path.join(FILE));
        let written = File::create(&unfinished).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()
        });
        written
            .and_then(|()| std::fs::rename(&unfinished, &path))
            .map_err(|source| FolderError::Io { path, source })?;
        self.run = Some(run.to_owned());
        Ok(())
    }
}

fn unfinished() -> String {
    format!("{FILE}.unfinished")
}

fn read(path: &Path) -> Result<Option<Owner>, FolderError> {
    let mut text = String::new();
    match File::open(path).and_then(|mut file| file.read_to_string(&mut text)) {
        Ok(_) => {}
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(FolderError::Io {
                path: path.to_path_buf(),
                source,
            });
        }
    }
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|e| FolderError::Unreadable {
            path: path.to_path_buf(),
            message: e.to_string(),
        })
}

/// What differs between the job that a directory belongs to and the one that was asked for.
fn differences(owner: &Identity, asked: &Identity) -> Vec<String> {
    let mut all = Vec::new();
    let mut differ = |what: &str, owner: &dyn std::fmt::Display, asked: &dyn std::fmt::Display| {
        let (owner, asked) = (owner.to_string(), asked.to_string());
        if owner != asked {
            all.push(format!("{what} {owner} and not {asked}"));
        }
    };
    differ("kind", &owner.kind, &asked.kind);
    differ("seed", &owner.seed, &asked.seed);
    differ("shards", &owner.shards, &asked.shards);
    differ(
        "program",
        &owner.provenance.program,
        &asked.provenance.program,
    );
    differ(
        "Lean",
        &owner.provenance.toolchain,
        &asked.provenance.toolchain,
    );
    differ(
        "library",
        &owner.provenance.library,
        &asked.provenance.library,
    );
    differ("items", &owner.items, &asked.items);
    if let (Some(owner), Some(asked)) = (owner.settings.as_object(), asked.settings.as_object()) {
        let null = serde_json::Value::Null;
        let mut keys: Vec<&String> = owner.keys().chain(asked.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let of = |map: &serde_json::Map<_, _>| map.get(key).unwrap_or(&null).to_string();
            let (owner, asked) = (of(owner), of(asked));
            differ(key, &short(&owner), &short(&asked));
        }
    }
    if all.is_empty() {
        all.push("its items are others".into());
    }
    all
}

fn short(text: &str) -> String {
    if text.chars().count() <= 80 {
        text.to_owned()
    } else {
        text.chars().take(79).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::plan::Provenance;

    fn identity(seed: u64) -> Identity {
        Identity {
            kind: "test".into(),
            seed,
            shards: 1,
            items: 1,
            plan: "p".into(),
            provenance: Provenance::default(),
            settings: serde_json::json!({"rules": ["rw"]}),
        }
    }

    #[test]
    fn a_directory_is_one_jobs() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("new");
        let mut folder = Folder::open(&out, &identity(1)).unwrap();
        assert_eq!(folder.run(), None);
        folder.name("test-1", &identity(1)).unwrap();
        let locked = Folder::open(&out, &identity(1)).unwrap_err();
        assert!(matches!(locked, FolderError::Locked { .. }), "{locked}");
        drop(folder);
        let again = Folder::open(&out, &identity(1)).unwrap();
        assert_eq!(again.run(), Some("test-1"));
        drop(again);
        let mut other = identity(2);
        other.settings = serde_json::json!({"rules": ["apply"]});
        let other = Folder::open(&out, &other).unwrap_err().to_string();
        assert!(other.contains("seed 1 and not 2"), "{other}");
        assert!(
            other.contains("rules [\"rw\"] and not [\"apply\"]"),
            "{other}"
        );
    }

    #[test]
    fn other_peoples_files_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("thesis.tex"), "x").unwrap();
        let refused = Folder::open(dir.path(), &identity(1)).unwrap_err();
        assert!(matches!(refused, FolderError::NotEmpty { .. }), "{refused}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_process_that_died_before_it_named_the_directory_leaves_it_free() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(unfinished()), "{\"ru").unwrap();
        std::fs::write(dir.path().join(LOCK), "").unwrap();
        assert!(Folder::open(dir.path(), &identity(1)).is_ok());
        std::fs::write(dir.path().join(FILE), "{\"ru").unwrap();
        let damaged = Folder::open(dir.path(), &identity(1)).unwrap_err();
        assert!(
            matches!(damaged, FolderError::Unreadable { .. }),
            "{damaged}"
        );
    }
}
