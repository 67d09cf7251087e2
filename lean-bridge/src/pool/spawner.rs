//! What the pool needs to know of a launcher: the command that runs a worker, and what an
//! environment imports where nothing is said.

use std::process::Command;
use std::sync::Arc;

use crate::launch::{Launcher, Role};

/// Makes the commands of workers; standard streams and the process group are the pool's business.
#[derive(Clone)]
pub struct Spawner {
    command: Arc<dyn Fn(Role) -> Command + Send + Sync>,
    default_imports: Vec<String>,
}

impl Spawner {
    /// A spawner from any function that makes a worker's command.
    pub fn new(command: impl Fn(Role) -> Command + Send + Sync + 'static) -> Self {
        Self {
            command: Arc::new(command),
            default_imports: Vec::new(),
        }
    }

    pub(super) fn command(&self, role: Role) -> Command {
        (self.command)(role)
    }

    pub(super) fn default_imports(&self) -> &[String] {
        &self.default_imports
    }
}

impl From<Launcher> for Spawner {
    fn from(launcher: Launcher) -> Self {
        let default_imports = launcher.default_imports();
        Self {
            command: Arc::new(move |role| launcher.worker(role)),
            default_imports,
        }
    }
}

impl std::fmt::Debug for Spawner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spawner")
            .field("default_imports", &self.default_imports)
            .finish()
    }
}
