//! The Leans that documents are read with: one pool for each project, and one for files outside of any.

use std::collections::HashMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use lsp_types::Uri;
use tokio::sync::OnceCell;

use crate::search::{Resources, SearchConfig};

/// A Lean at work.
pub struct Lean {
    /// Its workers, and what searches share.
    pub resources: Resources,
    /// How to search.
    pub search: SearchConfig,
    /// Seed of every search.
    pub seed: u64,
}

/// A future that a source returns: the Lean, or a sentence that says why there is none.
pub type Starting<'a> = Pin<Box<dyn Future<Output = Result<Lean, String>> + Send + 'a>>;

/// Where Leans come from; the program's edge knows.
pub trait Source: Send + Sync {
    /// Starts the Lean of a project, or of files outside of any.
    fn start(&self, project: Option<PathBuf>) -> Starting<'_>;

    /// Whether one Lean was named for all files.
    fn fixed(&self) -> bool;
}

/// A Lean that is started once, when it is first asked for.
type Cell = OnceCell<Arc<Lean>>;

/// The Leans that were started.
pub struct Leans {
    source: Box<dyn Source>,
    started: Mutex<HashMap<Option<PathBuf>, Arc<Cell>>>,
}

impl Leans {
    /// None yet.
    pub fn new(source: Box<dyn Source>) -> Self {
        Self {
            source,
            started: Mutex::default(),
        }
    }

    /// The Lean of a document, started now if it is not; `Err` says why there is none. Asking again tries again.
    pub async fn of(&self, uri: &Uri) -> Result<Arc<Lean>, String> {
        let project = path(uri)
            .filter(|_| !self.source.fixed())
            .and_then(|p| project(&p));
        let cell = {
            let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(started.entry(project.clone()).or_default())
        };
        let starting = async { self.source.start(project).await.map(Arc::new) };
        cell.get_or_try_init(|| starting).await.cloned()
    }

    /// Ends all workers.
    pub async fn shutdown(&self) {
        let cells: Vec<_> = {
            let started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
            started.values().cloned().collect()
        };
        for cell in cells {
            if let Some(lean) = cell.get() {
                lean.resources.pool.shutdown().await;
            }
        }
    }
}

/// The file that a `file:` address names.
pub fn path(uri: &Uri) -> Option<PathBuf> {
    let scheme = uri.scheme()?;
    if !scheme.as_str().eq_ignore_ascii_case("file") {
        return None;
    }
    let path = uri.path().as_estr().decode().into_string().ok()?;
    Some(PathBuf::from(path.into_owned()))
}

/// The nearest directory above a file that is a Lake project.
fn project(file: &Path) -> Option<PathBuf> {
    let lakefile = |dir: &&Path| {
        ["lakefile.lean", "lakefile.toml"]
            .iter()
            .any(|f| dir.join(f).is_file())
    };
    file.ancestors()
        .skip(1)
        .find(lakefile)
        .map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_are_found_from_below() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("A b/∀");
        std::fs::create_dir_all(&inner).unwrap();
        assert_eq!(project(&inner.join("T.lean")), None);
        std::fs::write(dir.path().join("lakefile.toml"), "").unwrap();
        assert_eq!(project(&inner.join("T.lean")).as_deref(), Some(dir.path()));
        let uri: Uri = "file:///A%20b/%E2%88%80/T.lean".parse().unwrap();
        assert_eq!(path(&uri), Some("/A b/∀/T.lean".into()));
        assert_eq!(path(&"untitled:T".parse().unwrap()), None);
    }
}
