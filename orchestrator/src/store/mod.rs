//! The run store: one SQLite file that knows every run, problem, attempt, verdict and proof tree.
//!
//! Model: a problem is `waiting`, `running` or `done`. [`Store::begin_attempt`] makes it `running`;
//! [`Store::finish_attempt`] writes the attempt whole (outcome, proof, verdict, timings, search
//! graph) in one transaction that is on the disk before the call returns, and makes the problem
//! `done` if the result is final. A problem has at most one final result: the schema enforces it,
//! with a partial unique index and triggers, against defects in this program as well. Whatever
//! instant a process dies at, [`Store::recover`] finds `running` problems without an outcome and
//! makes them `waiting` again. A [`RunLock`] keeps a second process off a run; the system releases
//! it when its holder dies.
//!
//! - [`runs`], [`problems`], [`attempts`], [`graph`]: what is written, a file each.
//! - [`jobs`]: data jobs and their journals.
//! - [`query`]: what is read for reports, resumption and replay.
//! - `schema/`: the tables, one migration a file.

mod attempts;
mod error;
mod graph;
mod jobs;
mod lock;
mod problems;
mod query;
mod runs;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

pub use attempts::{AttemptId, Learning};
pub use error::StoreError;
pub use jobs::{JobId, JobTotals, StoreJournal, StoredJob};
pub use lock::RunLock;
pub use problems::{NewProblem, ProblemId, StoredProblem};
pub use query::{Counts, FinishedProblem, RunSummary};
pub use runs::{NewRun, RunId, RunStatus, StoredRun};

const FILE: &str = "runs.sqlite3";

const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("schema/001_runs.sql")),
    M::up(include_str!("schema/002_attempts.sql")),
    M::up(include_str!("schema/003_graph.sql")),
    M::up(include_str!("schema/004_jobs.sql")),
];

/// How long a writer waits for another process's transaction to end.
const BUSY: Duration = Duration::from_secs(30);

/// The run store of one data directory.
pub struct Store {
    connection: Mutex<Connection>,
    directory: PathBuf,
}

impl Store {
    /// Opens the store of a data directory, making or upgrading it where needed.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory).map_err(|source| StoreError::Directory {
            path: directory.to_path_buf(),
            source,
        })?;
        let path = directory.join(FILE);
        let mut connection = Connection::open_with_flags(
            &path,
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(|e| StoreError::at(&path, e))?;
        prepare(&mut connection, &path)?;
        Ok(Self {
            connection: Mutex::new(connection),
            directory: directory.to_path_buf(),
        })
    }

    /// The database file.
    pub fn path(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    /// A panic while the lock was held has rolled its transaction back, so the connection is sound.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        f(&self.connection()).map_err(|e| StoreError::at(&self.path(), e))
    }

    /// Runs `f` in one transaction; it is on the disk when this returns `Ok`.
    fn write<T>(
        &self,
        f: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection();
        let at = |e| StoreError::at(&self.path(), e);
        let tx = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(at)?;
        let value = f(&tx).map_err(|e| e.placed(&self.path()))?;
        tx.commit().map_err(at)?;
        Ok(value)
    }
}

fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let at = |e| StoreError::at(path, e);
    connection.busy_timeout(BUSY).map_err(at)?;
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |r| r.get(0))
        .map_err(at)?;
    let known = MIGRATIONS.len() as i64;
    if version > known {
        return Err(StoreError::Newer {
            path: path.to_path_buf(),
            version,
            known,
        });
    }
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(at)?;
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(at)?;
    connection
        .pragma_update(None, "foreign_keys", true)
        .map_err(at)?;
    if version < known {
        Migrations::from_slice(MIGRATIONS)
            .to_latest(connection)
            .map_err(|e| match e {
                rusqlite_migration::Error::RusqliteError { err, .. } => StoreError::at(path, err),
                other => StoreError::Migration {
                    path: path.to_path_buf(),
                    message: other.to_string(),
                },
            })?;
    }
    Ok(())
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// The word that serde gives a unit variant, as stored in a text column.
fn word<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(s)) => s,
        other => format!("{other:?}"),
    }
}

/// The reverse of [`word`].
fn from_word<T: serde::de::DeserializeOwned>(
    column: usize,
    word: String,
) -> Result<T, rusqlite::Error> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|e| conversion(column, e))
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Json {
        message: e.to_string(),
    })
}

fn from_json<T: serde::de::DeserializeOwned>(
    column: usize,
    text: &str,
) -> Result<T, rusqlite::Error> {
    serde_json::from_str(text).map_err(|e| conversion(column, e))
}

fn conversion(column: usize, e: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e))
}

#[cfg(test)]
mod tests;
