//! What can be wrong with the run store, each with the way out.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// A failure of the run store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data directory cannot be made.
    #[error(
        "the data directory {} cannot be created: {source}; choose another with --data-dir or \
         LAKATOS_HOME", path.display()
    )]
    Directory {
        /// Which.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// The file cannot be opened at all.
    #[error(
        "the run store {} cannot be opened: {message}; check that its directory can be written, or \
         choose another with --data-dir or LAKATOS_HOME", path.display()
    )]
    CannotOpen {
        /// Which.
        path: PathBuf,
        /// SQLite's words.
        message: String,
    },
    /// The file may only be read.
    #[error(
        "the run store {} is read-only; make it and its directory writable, or choose another with \
         --data-dir or LAKATOS_HOME", path.display()
    )]
    ReadOnly {
        /// Which.
        path: PathBuf,
    },
    /// The file is not a database, or a damaged one.
    #[error(
        "the run store {} is damaged or not a database ({message}); move it away to begin a new \
         one, or put back a copy", path.display()
    )]
    Corrupt {
        /// Which.
        path: PathBuf,
        /// SQLite's words.
        message: String,
    },
    /// A later version of the program wrote it.
    #[error(
        "the run store {} was written by a newer Lakatos (schema {version}, this one knows \
         {known}); use that version, or another --data-dir", path.display()
    )]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its schema.
        version: i64,
        /// Ours.
        known: i64,
    },
    /// No space is left.
    #[error(
        "the disk that holds the run store {} is full; free some space and go on (`lakatos resume`, or a \
         data job's own command again): every result announced so far is safe", path.display()
    )]
    Full {
        /// Which.
        path: PathBuf,
    },
    /// Another process held its lock for too long.
    #[error(
        "the run store {} has been locked by another process for 30 s; end that process, or try \
         again later", path.display()
    )]
    Busy {
        /// Which.
        path: PathBuf,
    },
    /// Its tables could not be made or upgraded.
    #[error("the run store {} could not be upgraded: {message}", path.display())]
    Migration {
        /// Which.
        path: PathBuf,
        /// What failed.
        message: String,
    },
    /// Another process works on the run.
    #[error(
        "the run `{run}` is being worked on by another process; wait for it, or stop it with Ctrl-C"
    )]
    Locked {
        /// The run.
        run: String,
    },
    /// A run of that name is there.
    #[error(
        "there is a run `{run}` already; `lakatos resume {run}` goes on with it, or choose another --run NAME"
    )]
    RunExists {
        /// The run.
        run: String,
    },
    /// There is no such run.
    #[error("there is no run `{run}`{}", known_runs(.known))]
    NoSuchRun {
        /// What was asked for.
        run: String,
        /// The latest ones.
        known: Vec<String>,
    },
    /// The run has no such problem.
    #[error("the run `{run}` has no problem `{problem}`")]
    NoSuchProblem {
        /// The run.
        run: String,
        /// What was asked for.
        problem: String,
    },
    /// There is no such data job.
    #[error(
        "the run store has no data job `{job}`: the directory was made with another data directory; name that one \
         with --data-dir, or choose a new directory with --out"
    )]
    NoSuchJob {
        /// What was asked for.
        job: String,
    },
    /// A rule of the state machine would have been broken: a defect of this program.
    #[error("the run store refused a change that would break its rules: {message}")]
    Rule {
        /// Which rule.
        message: String,
    },
    /// A value could not be written as JSON.
    #[error("a value could not be written to the run store: {message}")]
    Json {
        /// serde's words.
        message: String,
    },
    /// Anything else that SQLite says.
    #[error("the run store {} failed: {source}", path.display())]
    Sqlite {
        /// Which.
        path: PathBuf,
        /// SQLite's words.
        #[source]
        source: rusqlite::Error,
    },
}

fn known_runs(known: &[String]) -> String {
    if known.is_empty() {
        "; no run has been made in this data directory yet".into()
    } else {
        format!("; the latest are {}", known.join(", "))
    }
}

impl StoreError {
    /// Classifies SQLite's error by its cause.
    pub(super) fn at(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let message = source.to_string();
        match source.sqlite_error_code() {
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::CannotOpen { path, message }
            }
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path },
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Corrupt { path, message }
            }
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::ConstraintViolation) => Self::Rule { message },
            _ => Self::Sqlite { path, source },
        }
    }

    /// Fills in the place of an error that [`From`] made inside a transaction.
    pub(super) fn placed(self, path: &Path) -> Self {
        match self {
            Self::Sqlite { source, .. } => Self::at(path, source),
            other => other,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    /// The place is filled in by [`StoreError::placed`].
    fn from(source: rusqlite::Error) -> Self {
        Self::Sqlite {
            path: PathBuf::new(),
            source,
        }
    }
}
