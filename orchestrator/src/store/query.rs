//! What is read for reports, listings, resumption and replay.

use lakatos_lean_bridge::verdict::{Level, Reason, Verdict};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    AttemptId, RunId, Store, StoreError, StoredProblem, StoredRun, from_json, from_word, graph,
    problems,
};
use crate::record::{AttemptRecord, Cost, Outcome};

/// A run with how far it is.
#[derive(Debug, Clone)]
pub struct RunSummary {
    /// The run.
    pub run: StoredRun,
    /// Its results.
    pub counts: Counts,
    /// Whether a process works on it now.
    pub active: bool,
}

/// How many problems ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[expect(missing_docs, reason = "the words of Outcome")]
pub struct Counts {
    pub problems: u32,
    pub proved: u32,
    pub refuted: u32,
    pub failed: u32,
    pub declined: u32,
    pub faults: u32,
}

impl Counts {
    /// Problems that have their final result.
    pub fn done(&self) -> u32 {
        self.proved + self.refuted + self.failed + self.declined + self.faults
    }

    fn add(&mut self, outcome: Outcome, n: u32) {
        match outcome {
            Outcome::Proved => self.proved += n,
            Outcome::Refuted => self.refuted += n,
            Outcome::Failed => self.failed += n,
            Outcome::Declined => self.declined += n,
            Outcome::Fault => self.faults += n,
            Outcome::Interrupted => {}
        }
    }
}

/// A problem with its latest attempt: the final one, where it has one.
#[derive(Debug, Clone)]
pub struct FinishedProblem {
    /// The problem.
    pub problem: StoredProblem,
    /// Attempts that were begun.
    pub attempts: u32,
    /// The latest attempt that has an outcome.
    pub attempt: Option<AttemptRecord>,
    /// Whether that is the final result.
    pub is_final: bool,
    /// When it ended, in milliseconds since 1970.
    pub ended_at: Option<i64>,
}

impl Store {
    /// How many problems of a run ended how.
    pub fn counts(&self, run: RunId) -> Result<Counts, StoreError> {
        self.read(|c| {
            let mut counts = Counts {
                problems: c.query_row(
                    "SELECT COUNT(*) FROM problems WHERE run = ?1",
                    [run.0],
                    |r| r.get(0),
                )?,
                ..Counts::default()
            };
            let mut select = c.prepare(
                "SELECT a.outcome, COUNT(*) FROM attempts a JOIN problems p ON p.id = a.problem \
                 WHERE p.run = ?1 AND a.final = 1 GROUP BY a.outcome",
            )?;
            let rows = select.query_map([run.0], |r| {
                Ok((from_word::<Outcome>(0, r.get(0)?)?, r.get::<_, u32>(1)?))
            })?;
            for row in rows {
                let (outcome, n) = row?;
                counts.add(outcome, n);
            }
            Ok(counts)
        })
    }

    /// A time in milliseconds since 1970, as RFC 3339 in UTC.
    pub fn rfc3339(&self, ms: i64) -> Result<String, StoreError> {
        self.read(|c| {
            c.query_row(
                "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', ?1 / 1000, 'unixepoch')",
                [ms],
                |r| r.get(0),
            )
        })
    }

    /// All runs with their counts, the latest first.
    pub fn summaries(&self) -> Result<Vec<RunSummary>, StoreError> {
        self.runs()?
            .into_iter()
            .map(|run| {
                Ok(RunSummary {
                    counts: self.counts(run.id)?,
                    active: self.is_locked(run.id),
                    run,
                })
            })
            .collect()
    }

    /// Every problem of a run with its result, in order. `graph` says whether the search graphs are
    /// read too.
    pub fn results(&self, run: RunId, graph: bool) -> Result<Vec<FinishedProblem>, StoreError> {
        self.read(|c| {
            let problems: Vec<StoredProblem> = c
                .prepare(&format!(
                    "SELECT {} FROM problems p WHERE p.run = ?1 ORDER BY p.ordinal",
                    problems::COLUMNS
                ))?
                .query_map([run.0], problems::from_row)?
                .collect::<Result<_, _>>()?;
            problems
                .into_iter()
                .map(|p| finished(c, p, graph))
                .collect()
        })
    }

    /// One problem of a run by name, with its result and search graph.
    pub fn result(&self, run: &StoredRun, name: &str) -> Result<FinishedProblem, StoreError> {
        self.read(|c| {
            c.query_row(
                &format!(
                    "SELECT {} FROM problems p WHERE p.run = ?1 AND p.name = ?2",
                    problems::COLUMNS
                ),
                (run.id.0, name),
                problems::from_row,
            )
            .optional()?
            .map(|p| finished(c, p, true))
            .transpose()
        })?
        .ok_or_else(|| StoreError::NoSuchProblem {
            run: run.name.clone(),
            problem: name.to_owned(),
        })
    }
}

fn finished(
    c: &Connection,
    problem: StoredProblem,
    graph: bool,
) -> Result<FinishedProblem, rusqlite::Error> {
    let attempts = c
        .prepare_cached("SELECT COUNT(*) FROM attempts WHERE problem = ?1")?
        .query_row([problem.id.0], |r| r.get(0))?;
    let latest = c
        .prepare_cached(
            "SELECT a.id, a.final, a.ended_at, a.outcome, a.reason_class, a.reason_message, \
             a.environment, a.theorem, a.theorem_type, a.statement_hash, a.proof, \
             v.verdict, v.level, v.axioms, v.library_bodies, v.reason_class, v.reason_message, \
             t.seconds, t.lean_seconds, t.policy_seconds, t.verify_seconds, t.expanded, \
             t.tactics, t.tokens \
             FROM attempts a LEFT JOIN verdicts v ON v.attempt = a.id \
             LEFT JOIN timings t ON t.attempt = a.id \
             WHERE a.problem = ?1 AND a.outcome IS NOT NULL \
             ORDER BY a.final DESC, a.number DESC LIMIT 1",
        )?
        .query_row([problem.id.0], |r| {
            Ok((
                AttemptId(r.get(0)?),
                r.get(1)?,
                r.get(2)?,
                attempt_from_row(r)?,
            ))
        })
        .optional()?;
    let Some((id, is_final, ended_at, mut record)) = latest else {
        return Ok(FinishedProblem {
            problem,
            attempts,
            attempt: None,
            is_final: false,
            ended_at: None,
        });
    };
    if graph {
        record.nodes = graph::nodes(c, id)?;
        record.tactics = graph::tactics(c, id)?;
    }
    Ok(FinishedProblem {
        problem,
        attempts,
        attempt: Some(record),
        is_final,
        ended_at,
    })
}

fn reason(r: &Row<'_>, column: usize) -> Result<Option<Reason>, rusqlite::Error> {
    let class: Option<String> = r.get(column)?;
    let message: Option<String> = r.get(column + 1)?;
    Ok(class.map(|class| Reason {
        class,
        message: message.unwrap_or_default(),
    }))
}

fn attempt_from_row(r: &Row<'_>) -> Result<AttemptRecord, rusqlite::Error> {
    let environment: Option<String> = r.get(6)?;
    let tokens: Option<i64> = r.get(23)?;
    Ok(AttemptRecord {
        outcome: from_word(3, r.get(3)?)?,
        reason: reason(r, 4)?,
        environment: environment.map(|e| from_word(6, e)).transpose()?,
        theorem: r.get(7)?,
        theorem_type: r.get(8)?,
        statement_hash: r.get(9)?,
        proof: r.get(10)?,
        verdict: verdict_from_row(r)?,
        nodes: Vec::new(),
        tactics: Vec::new(),
        cost: Cost {
            seconds: r.get::<_, Option<f64>>(17)?.unwrap_or(0.0),
            lean_seconds: r.get::<_, Option<f64>>(18)?.unwrap_or(0.0),
            policy_seconds: r.get::<_, Option<f64>>(19)?.unwrap_or(0.0),
            verify_seconds: r.get::<_, Option<f64>>(20)?.unwrap_or(0.0),
            expanded: r.get::<_, Option<u32>>(21)?.unwrap_or(0),
            tactics: r.get::<_, Option<u32>>(22)?.unwrap_or(0),
            tokens: tokens.unwrap_or(0).cast_unsigned(),
        },
    })
}

fn verdict_from_row(r: &Row<'_>) -> Result<Option<Verdict>, rusqlite::Error> {
    let Some(word) = r.get::<_, Option<String>>(11)? else {
        return Ok(None);
    };
    let reason = || -> Result<Reason, rusqlite::Error> {
        Ok(reason(r, 15)?.unwrap_or(Reason {
            class: "unknown".into(),
            message: "the store holds no reason".into(),
        }))
    };
    Ok(Some(match word.as_str() {
        "accepted" => {
            let level: u8 = r.get(12)?;
            let axioms: Option<String> = r.get(13)?;
            Verdict::Accepted {
                level: Level::try_from(level).map_err(|message| {
                    rusqlite::Error::FromSqlConversionFailure(
                        12,
                        rusqlite::types::Type::Integer,
                        message.into(),
                    )
                })?,
                axioms: axioms
                    .map(|a| from_json(13, &a))
                    .transpose()?
                    .unwrap_or_default(),
                library_bodies: r.get::<_, Option<bool>>(14)?.unwrap_or(false),
            }
        }
        "rejected" => Verdict::Rejected { reason: reason()? },
        "declined" => Verdict::Declined { reason: reason()? },
        _ => Verdict::Fault { reason: reason()? },
    }))
}
