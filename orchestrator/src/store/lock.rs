//! One process a run.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::StoreError;

/// Held while a process works on a run. It is the system's own file lock: it ends with the process,
/// however the process ends, so a lock file that is left behind means nothing.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the lock of a run, or says that another process has it.
    pub(super) fn take(directory: &Path, id: i64, name: &str) -> Result<Self, StoreError> {
        let file = open(directory, id)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked {
                run: name.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(StoreError::Directory {
                path: directory.to_path_buf(),
                source,
            }),
        }
    }

    /// Whether some process has the lock of a run.
    pub(super) fn is_held(directory: &Path, id: i64) -> bool {
        open(directory, id)
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

fn open(directory: &Path, id: i64) -> Result<File, StoreError> {
    let locks = directory.join("locks");
    let at = |source| StoreError::Directory {
        path: locks.clone(),
        source,
    };
    std::fs::create_dir_all(&locks).map_err(at)?;
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(locks.join(format!("run-{id}.lock")))
        .map_err(at)
}
