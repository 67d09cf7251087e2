//! The library's theorems, listed once and kept.
//!
//! Hashing 42,000 statements takes a worker a minute and a half, and for a library that never changes (the embedded
//! Lean's) the answer is always the same. It is kept in the data directory under what tells that library and that
//! worker from all others; a file that cannot be read is made again.

use std::fs;
use std::path::{Path, PathBuf};

use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_mutator::lean::library;
use lakatos_mutator::library::Theorem;
use sha2::{Digest, Sha256};

use crate::cli::context::Context;
use crate::exit::Failure;

/// The listing of an environment's theorems: where it is kept, if its library never changes.
pub struct Listing(Option<PathBuf>);

impl Listing {
    /// That of the environment; `fixed` tells a library that never changes from all others.
    ///
    /// # Errors
    /// The data directory cannot be made.
    pub fn of(
        context: &Context,
        fixed: Option<&str>,
        environment: &EnvironmentSpec,
    ) -> Result<Self, Failure> {
        Ok(Self(match fixed {
            Some(key) => Some(place(&context.made_data_dir()?, key, environment)),
            None => None,
        }))
    }

    /// The theorems as they were kept; this starts no Lean.
    pub fn kept(&self) -> Option<Vec<Theorem>> {
        self.0.as_deref().and_then(load)
    }

    /// The theorems from Lean; they are kept.
    ///
    /// # Errors
    /// The environment cannot be opened, or the worker failed.
    pub async fn make(
        &self,
        pool: &Pool,
        environment: &EnvironmentSpec,
    ) -> Result<Vec<Theorem>, Failure> {
        let theorems = library(pool, environment).await?;
        if let Some(path) = &self.0
            && let Err(error) = save(path, &theorems)
        {
            tracing::warn!(%error, path = %path.display(), "the library's listing cannot be kept");
        }
        Ok(theorems)
    }
}

fn place(data: &Path, key: &str, environment: &EnvironmentSpec) -> PathBuf {
    let mut hash = Sha256::new();
    for part in std::iter::once(key).chain(environment.imports.iter().map(String::as_str)) {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    let name: String = digest.iter().take(12).map(|b| format!("{b:02x}")).collect();
    data.join("libraries").join(format!("{name}.json"))
}

fn load(path: &Path) -> Option<Vec<Theorem>> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn save(path: &Path, theorems: &[Theorem]) -> std::io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    fs::write(&beside, serde_json::to_vec(theorems)?)?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_damage_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let env = |module: &str| EnvironmentSpec {
            imports: vec![module.into()],
            text: String::new(),
        };
        let path = place(dir.path(), "worker-1", &env("Init"));
        assert_ne!(path, place(dir.path(), "worker-2", &env("Init")));
        assert_ne!(path, place(dir.path(), "worker-1", &env("Std")));
        assert_eq!(load(&path), None);
        let theorems = vec![Theorem {
            name: "a".into(),
            module: "M".into(),
            hash: "0".into(),
            uses: vec!["b".into()],
        }];
        save(&path, &theorems).unwrap();
        assert_eq!(load(&path), Some(theorems));
        fs::write(&path, b"[{").unwrap();
        assert_eq!(load(&path), None);
    }
}
