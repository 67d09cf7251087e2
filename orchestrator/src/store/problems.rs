//! Problems of a run, each with everything that it is made of.

use lakatos_lean_bridge::EnvironmentSpec;
use rusqlite::{Row, Transaction, params};
use serde_json::Value;

use super::{RunId, Store, StoreError, from_json, json};

/// Identifies a problem in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProblemId(pub(super) i64);

/// A problem to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewProblem {
    /// Unique within the run.
    pub name: String,
    /// `valid`, `test`, … where the benchmark has splits.
    pub split: Option<String>,
    /// What it stands in.
    pub environment: EnvironmentSpec,
    /// Without `:=`.
    pub statement: String,
    /// File and line, for people.
    pub origin: String,
    /// The whole problem, as its reader made it.
    pub payload: Value,
}

/// A problem as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredProblem {
    /// Its key.
    pub id: ProblemId,
    /// Its place in the run's order, from 0.
    pub ordinal: u32,
    /// What it is.
    pub problem: NewProblem,
}

pub(super) const COLUMNS: &str = "p.id, p.ordinal, p.name, p.split, p.imports, p.header, \
                                  p.statement, p.origin, p.payload";

pub(super) fn from_row(row: &Row<'_>) -> Result<StoredProblem, rusqlite::Error> {
    Ok(StoredProblem {
        id: ProblemId(row.get(0)?),
        ordinal: row.get(1)?,
        problem: NewProblem {
            name: row.get(2)?,
            split: row.get(3)?,
            environment: EnvironmentSpec {
                imports: from_json(4, &row.get::<_, String>(4)?)?,
                text: row.get(5)?,
            },
            statement: row.get(6)?,
            origin: row.get(7)?,
            payload: from_json(8, &row.get::<_, String>(8)?)?,
        },
    })
}

pub(super) fn insert_problem(
    tx: &Transaction<'_>,
    run: RunId,
    ordinal: usize,
    p: &NewProblem,
) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO problems (run, ordinal, name, split, imports, header, statement, origin, \
         payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    insert.execute(params![
        run.0,
        i64::try_from(ordinal).unwrap_or(i64::MAX),
        p.name,
        p.split,
        json(&p.environment.imports)?,
        p.environment.text,
        p.statement,
        p.origin,
        json(&p.payload)?,
    ])?;
    Ok(())
}

impl Store {
    /// The run's problems that have no final result, in order.
    pub fn waiting(&self, run: RunId) -> Result<Vec<StoredProblem>, StoreError> {
        self.read(|c| {
            c.prepare(&format!(
                "SELECT {COLUMNS} FROM problems p WHERE p.run = ?1 AND p.state <> 'done' \
                 ORDER BY p.ordinal"
            ))?
            .query_map([run.0], from_row)?
            .collect()
        })
    }
}
