//! The worker's Lean sources, and their compilation by some Lean.
//!
//! The program carries the sources of `lean/`. [`build`] compiles those that `Main.lean` needs into
//! a directory named by a hash of the sources and the Lean, and keeps each compiled module under a
//! hash of all that it rests on, so that only what changed is compiled again.

mod compile;
mod graph;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) use compile::{Compiler, build, find};

use crate::BridgeError;

mod bundled {
    include!(concat!(env!("OUT_DIR"), "/lean_sources.rs"));
}

/// The sources of a worker: `Main.lean` and the modules that it may import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// The program that `lean --run` runs.
    main: String,
    /// The modules by name (`Lakatos.Json`).
    modules: BTreeMap<String, String>,
}

impl Sources {
    /// The sources that this program carries.
    ///
    /// # Errors
    /// It was built without them.
    pub fn bundled() -> Result<Self, BridgeError> {
        Self::new(
            bundled::BUNDLED
                .iter()
                .map(|(n, t)| ((*n).to_owned(), (*t).to_owned())),
        )
    }

    /// The `Main.lean` in a directory and every other Lean file below it.
    ///
    /// # Errors
    /// The directory or a file in it cannot be read, or there is no `Main.lean`.
    pub fn read(dir: &Path) -> Result<Self, BridgeError> {
        let mut files = Vec::new();
        let mut pending = vec![dir.to_owned()];
        while let Some(at) = pending.pop() {
            let failed = |source| BridgeError::Io {
                action: "reading",
                path: at.clone(),
                source,
            };
            for entry in std::fs::read_dir(&at).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                if path.is_dir() {
                    pending.push(path);
                } else if path.extension().is_some_and(|e| e == "lean") {
                    let text = std::fs::read_to_string(&path).map_err(failed)?;
                    let name = path.strip_prefix(dir).unwrap_or(&path);
                    files.push((name.to_string_lossy().into_owned(), text));
                }
            }
        }
        Self::new(files)
    }

    fn new(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, BridgeError> {
        let mut modules: BTreeMap<_, _> = files
            .into_iter()
            .map(|(name, text)| (name.trim_end_matches(".lean").replace('/', "."), text))
            .collect();
        let main = modules.remove("Main").ok_or_else(|| BridgeError::Install {
            message:
                "the worker's sources hold no Main.lean; rebuild Lakatos from a whole checkout"
                    .into(),
        })?;
        Ok(Self { main, modules })
    }
}

/// Where a built worker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The directory, named by its key.
    pub dir: PathBuf,
}

impl Built {
    /// The program for `lean --run`.
    pub fn main(&self) -> PathBuf {
        self.sources().join("Main.lean")
    }

    /// The directory of the sources.
    pub fn sources(&self) -> PathBuf {
        self.dir.join("src")
    }

    /// The .olean root of the worker's modules.
    pub fn library(&self) -> PathBuf {
        self.dir.join("lib")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_carries_every_source() {
        let lean = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lean");
        let (Ok(carried), Ok(mut there)) = (Sources::bundled(), Sources::read(&lean)) else {
            panic!("the checkout has no worker sources");
        };
        there
            .modules
            .retain(|name, _| name.split('.').next() == Some("Lakatos"));
        let names = |s: &Sources| s.modules.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&carried), names(&there));
    }
}
