//! Attempts, with their outcomes, proofs, verdicts and timings.

use lakatos_lean_bridge::verdict::{Reason, Verdict};
use rusqlite::{Transaction, params};
use serde_json::Value;

use super::graph::insert_graph;
use super::{ProblemId, RunId, Store, StoreError, json, now_ms, word};
use crate::record::{AttemptRecord, Outcome};

/// Identifies an attempt in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttemptId(pub(super) i64);

/// What was known about finishers around an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Learning {
    /// When it began: with the seed, this repeats its choices.
    pub before: Value,
    /// When it ended, over all attempts of the run: where a resumed run goes on from.
    pub after: Value,
}

impl Store {
    /// Begins an attempt. Fails if the problem has its final result, or is being worked on.
    pub fn begin_attempt(&self, problem: ProblemId) -> Result<AttemptId, StoreError> {
        self.write(|tx| {
            let changed = tx.execute(
                "UPDATE problems SET state = 'running' WHERE id = ?1 AND state = 'waiting'",
                [problem.0],
            )?;
            if changed != 1 {
                return Err(StoreError::Rule {
                    message: "an attempt begins only on a waiting problem".into(),
                });
            }
            tx.execute(
                "INSERT INTO attempts (problem, number, started_at) VALUES (?1, 1 + \
                 (SELECT COUNT(*) FROM attempts WHERE problem = ?1), ?2)",
                params![problem.0, now_ms()],
            )?;
            Ok(AttemptId(tx.last_insert_rowid()))
        })
    }

    /// Writes an attempt whole, in one transaction that is on the disk when this returns. With
    /// `last`, its outcome is the problem's final result, unless it was interrupted; otherwise the
    /// problem waits again. Announce a result only after this.
    pub fn finish_attempt(
        &self,
        attempt: AttemptId,
        record: &AttemptRecord,
        learning: &Learning,
        last: bool,
    ) -> Result<(), StoreError> {
        let is_final = last && record.outcome != Outcome::Interrupted;
        self.write(|tx| {
            let reason = record.reason.as_ref();
            let changed = tx.execute(
                "UPDATE attempts SET ended_at = ?2, outcome = ?3, final = ?4, reason_class = ?5, \
                 reason_message = ?6, environment = ?7, theorem = ?8, theorem_type = ?9, \
                 statement_hash = ?10, proof = ?11, bandit = ?12 \
                 WHERE id = ?1 AND outcome IS NULL",
                params![
                    attempt.0,
                    now_ms(),
                    record.outcome.word(),
                    is_final,
                    reason.map(|r| &r.class),
                    reason.map(|r| &r.message),
                    record.environment.map(word),
                    record.theorem,
                    record.theorem_type,
                    record.statement_hash,
                    record.proof,
                    json(&learning.before)?,
                ],
            )?;
            if changed != 1 {
                return Err(StoreError::Rule {
                    message: "an attempt has one outcome, and this one has its already".into(),
                });
            }
            if let Some(verdict) = &record.verdict {
                insert_verdict(tx, attempt, verdict)?;
            }
            insert_timings(tx, attempt, record)?;
            insert_graph(tx, attempt, record)?;
            tx.execute(
                "UPDATE runs SET bandit = ?2 WHERE id = (SELECT p.run FROM problems p \
                 JOIN attempts a ON a.problem = p.id WHERE a.id = ?1)",
                params![attempt.0, json(&learning.after)?],
            )?;
            let state = if is_final { "done" } else { "waiting" };
            let changed = tx.execute(
                "UPDATE problems SET state = ?2 WHERE state = 'running' AND \
                 id = (SELECT problem FROM attempts WHERE id = ?1)",
                params![attempt.0, state],
            )?;
            if changed != 1 {
                return Err(StoreError::Rule {
                    message: "an attempt ends only on a running problem".into(),
                });
            }
            Ok(())
        })
    }

    /// What was known about finishers after the run's latest attempt.
    pub fn learnt(&self, run: RunId) -> Result<Option<Value>, StoreError> {
        self.read(|c| {
            c.query_row("SELECT bandit FROM runs WHERE id = ?1", [run.0], |r| {
                let text: Option<String> = r.get(0)?;
                text.map(|t| super::from_json(0, &t)).transpose()
            })
        })
    }
}

fn insert_verdict(
    tx: &Transaction<'_>,
    attempt: AttemptId,
    verdict: &Verdict,
) -> Result<(), StoreError> {
    let (level, axioms, bodies, reason): (_, _, _, Option<&Reason>) = match verdict {
        Verdict::Accepted {
            level,
            axioms,
            library_bodies,
        } => (
            Some(u8::from(*level)),
            Some(json(axioms)?),
            Some(*library_bodies),
            None,
        ),
        Verdict::Rejected { reason } | Verdict::Declined { reason } | Verdict::Fault { reason } => {
            (None, None, None, Some(reason))
        }
    };
    tx.execute(
        "INSERT INTO verdicts (attempt, verdict, level, axioms, library_bodies, reason_class, \
         reason_message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            attempt.0,
            verdict.word(),
            level,
            axioms,
            bodies,
            reason.map(|r| &r.class),
            reason.map(|r| &r.message),
        ],
    )?;
    Ok(())
}

fn insert_timings(
    tx: &Transaction<'_>,
    attempt: AttemptId,
    record: &AttemptRecord,
) -> Result<(), StoreError> {
    let cost = &record.cost;
    tx.execute(
        "INSERT INTO timings (attempt, seconds, lean_seconds, policy_seconds, verify_seconds, \
         expanded, tactics, tokens) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            attempt.0,
            cost.seconds,
            cost.lean_seconds,
            cost.policy_seconds,
            cost.verify_seconds,
            cost.expanded,
            cost.tactics,
            i64::try_from(cost.tokens).unwrap_or(i64::MAX),
        ],
    )?;
    Ok(())
}
