//! Runs: who asked for what, with which configuration.

use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;

use super::problems::insert_problem;
use super::{NewProblem, RunLock, Store, StoreError, from_json, from_word, json, now_ms, word};

/// Identifies a run in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RunId(pub(super) i64);

/// Where a run stands, as the last process left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// A process works on it, or died over it.
    Running,
    /// The user interrupted it.
    Interrupted,
    /// Every problem has its result.
    Finished,
}

/// A run to be made.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its name; `None` makes one from `stem`.
    pub name: Option<String>,
    /// What a made name begins with.
    pub stem: String,
    /// Seed of everything random.
    pub seed: u64,
    /// What is to be proved, in words.
    pub source: String,
    /// As typed.
    pub command_line: Vec<String>,
    /// The effective configuration.
    pub config: Value,
    /// Versions of everything that matters.
    pub versions: Value,
    /// Which Lean.
    pub lean: Value,
}

/// A run as stored.
#[derive(Debug, Clone)]
pub struct StoredRun {
    /// Its key.
    pub id: RunId,
    /// Its name.
    pub name: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Likewise; none while problems wait.
    pub ended_at: Option<i64>,
    /// Where it stands.
    pub status: RunStatus,
    /// Seed of everything random.
    pub seed: u64,
    /// What is proved, in words.
    pub source: String,
    /// As typed.
    pub command_line: Vec<String>,
    /// The effective configuration.
    pub config: Value,
    /// Versions of everything that matters.
    pub versions: Value,
    /// Which Lean.
    pub lean: Value,
}

const COLUMNS: &str = "id, name, created_at, ended_at, status, seed, source, command_line, config, \
                       versions, lean";

fn from_row(row: &Row<'_>) -> Result<StoredRun, rusqlite::Error> {
    Ok(StoredRun {
        id: RunId(row.get(0)?),
        name: row.get(1)?,
        created_at: row.get(2)?,
        ended_at: row.get(3)?,
        status: from_word(4, row.get(4)?)?,
        seed: row.get::<_, i64>(5)?.cast_unsigned(),
        source: row.get(6)?,
        command_line: from_json(7, &row.get::<_, String>(7)?)?,
        config: from_json(8, &row.get::<_, String>(8)?)?,
        versions: from_json(9, &row.get::<_, String>(9)?)?,
        lean: from_json(10, &row.get::<_, String>(10)?)?,
    })
}

impl Store {
    /// Makes a run with all of its problems, or neither; takes its lock.
    pub fn create_run(
        &self,
        run: &NewRun,
        problems: &[NewProblem],
    ) -> Result<(StoredRun, RunLock), StoreError> {
        let (id, name) = self.write(|tx| {
            let taken = |name: &str| {
                tx.query_row("SELECT 1 FROM runs WHERE name = ?1", [name], |_| Ok(()))
                    .optional()
                    .map(|r| r.is_some())
            };
            let name = match &run.name {
                Some(name) if taken(name)? => {
                    return Err(StoreError::RunExists { run: name.clone() });
                }
                Some(name) => name.clone(),
                None => {
                    let mut n = 1u64;
                    while taken(&format!("{}-{n}", run.stem))? {
                        n += 1;
                    }
                    format!("{}-{n}", run.stem)
                }
            };
            tx.execute(
                "INSERT INTO runs (name, created_at, status, seed, source, command_line, config, \
                 versions, lean) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    name,
                    now_ms(),
                    word(RunStatus::Running),
                    run.seed.cast_signed(),
                    run.source,
                    json(&run.command_line)?,
                    json(&run.config)?,
                    json(&run.versions)?,
                    json(&run.lean)?,
                ],
            )?;
            let id = tx.last_insert_rowid();
            for (ordinal, problem) in problems.iter().enumerate() {
                insert_problem(tx, RunId(id), ordinal, problem)?;
            }
            Ok((id, name))
        })?;
        let lock = RunLock::take(&self.directory, id, &name)?;
        Ok((self.run(&name)?, lock))
    }

    /// The run of that name.
    pub fn run(&self, name: &str) -> Result<StoredRun, StoreError> {
        let found = self.read(|c| {
            c.query_row(
                &format!("SELECT {COLUMNS} FROM runs WHERE name = ?1"),
                [name],
                from_row,
            )
            .optional()
        })?;
        match found {
            Some(run) => Ok(run),
            None => Err(StoreError::NoSuchRun {
                run: name.to_owned(),
                known: self.read(|c| {
                    c.prepare("SELECT name FROM runs ORDER BY id DESC LIMIT 5")?
                        .query_map([], |r| r.get(0))?
                        .collect()
                })?,
            }),
        }
    }

    /// The run of that key.
    pub fn run_by_id(&self, id: RunId) -> Result<StoredRun, StoreError> {
        self.read(|c| {
            c.query_row(
                &format!("SELECT {COLUMNS} FROM runs WHERE id = ?1"),
                [id.0],
                from_row,
            )
        })
    }

    /// All runs, the latest first.
    pub fn runs(&self) -> Result<Vec<StoredRun>, StoreError> {
        self.read(|c| {
            c.prepare(&format!("SELECT {COLUMNS} FROM runs ORDER BY id DESC"))?
                .query_map([], from_row)?
                .collect()
        })
    }

    /// Takes a run's lock: from then on this process alone works on it.
    pub fn lock(&self, run: &StoredRun) -> Result<RunLock, StoreError> {
        RunLock::take(&self.directory, run.id.0, &run.name)
    }

    /// Whether some process works on the run now.
    pub fn is_locked(&self, run: RunId) -> bool {
        RunLock::is_held(&self.directory, run.0)
    }

    /// Puts a run whose process died back in order: attempts without an outcome were interrupted,
    /// and their problems wait again. The caller holds the run's lock.
    pub fn recover(&self, run: RunId, _lock: &RunLock) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE attempts SET outcome = 'interrupted', ended_at = ?2 WHERE outcome IS NULL \
                 AND problem IN (SELECT id FROM problems WHERE run = ?1)",
                params![run.0, now_ms()],
            )?;
            tx.execute(
                "UPDATE problems SET state = 'waiting' WHERE run = ?1 AND state = 'running'",
                [run.0],
            )?;
            tx.execute(
                "UPDATE runs SET status = 'running', ended_at = NULL WHERE id = ?1 AND EXISTS \
                 (SELECT 1 FROM problems WHERE run = ?1 AND state <> 'done')",
                [run.0],
            )?;
            Ok(())
        })
    }

    /// Marks the end of this process's work on a run: finished where nothing waits any more,
    /// otherwise interrupted.
    pub fn end_run(&self, run: RunId) -> Result<RunStatus, StoreError> {
        self.write(|tx| {
            let waiting: i64 = tx.query_row(
                "SELECT COUNT(*) FROM problems WHERE run = ?1 AND state <> 'done'",
                [run.0],
                |r| r.get(0),
            )?;
            let status = if waiting == 0 {
                RunStatus::Finished
            } else {
                RunStatus::Interrupted
            };
            let ended = (waiting == 0).then(now_ms);
            tx.execute(
                "UPDATE runs SET status = ?2, ended_at = ?3 WHERE id = ?1",
                params![run.0, word(status), ended],
            )?;
            Ok(status)
        })
    }
}
