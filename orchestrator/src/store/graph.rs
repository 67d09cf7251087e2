//! The search graph of an attempt: nodes and tactics, written and read whole.

use rusqlite::{Connection, Transaction, params};

use super::{AttemptId, StoreError, from_json, from_word, json, word};
use crate::record::{AttemptRecord, NodeRecord, TacticRecord};

pub(super) fn insert_graph(
    tx: &Transaction<'_>,
    attempt: AttemptId,
    record: &AttemptRecord,
) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO nodes (attempt, id, parent, depth, hash, goals, tags, status, duplicate_of, \
         score, expanded) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for n in &record.nodes {
        insert.execute(params![
            attempt.0,
            n.id,
            n.parent,
            n.depth,
            n.hash,
            json(&n.goals)?,
            json(&n.tags)?,
            word(n.status),
            n.duplicate_of,
            number(n.score),
            n.expanded,
        ])?;
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO tactics (attempt, id, node, text, source, logprob, status, error_class, \
         error, children, heartbeats, ms, in_proof) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for t in &record.tactics {
        insert.execute(params![
            attempt.0,
            t.id,
            t.node,
            t.text,
            t.source,
            number(t.logprob),
            word(t.status),
            t.error_class,
            t.error,
            json(&t.children)?,
            number(t.heartbeats).unwrap_or(0.0),
            number(t.ms).unwrap_or(0.0),
            t.in_proof,
        ])?;
    }
    Ok(())
}

/// SQLite has no "not a number".
fn number(x: f64) -> Option<f64> {
    (!x.is_nan()).then_some(x)
}

pub(super) fn nodes(
    c: &Connection,
    attempt: AttemptId,
) -> Result<Vec<NodeRecord>, rusqlite::Error> {
    c.prepare_cached(
        "SELECT id, parent, depth, hash, goals, tags, status, duplicate_of, score, expanded \
         FROM nodes WHERE attempt = ?1 ORDER BY id",
    )?
    .query_map([attempt.0], |r| {
        Ok(NodeRecord {
            id: r.get(0)?,
            parent: r.get(1)?,
            depth: r.get(2)?,
            hash: r.get(3)?,
            goals: from_json(4, &r.get::<_, String>(4)?)?,
            tags: from_json(5, &r.get::<_, String>(5)?)?,
            status: from_word(6, r.get(6)?)?,
            duplicate_of: r.get(7)?,
            score: r.get::<_, Option<f64>>(8)?.unwrap_or(f64::NAN),
            expanded: r.get(9)?,
        })
    })?
    .collect()
}

pub(super) fn tactics(
    c: &Connection,
    attempt: AttemptId,
) -> Result<Vec<TacticRecord>, rusqlite::Error> {
    c.prepare_cached(
        "SELECT id, node, text, source, logprob, status, error_class, error, children, \
         heartbeats, ms, in_proof FROM tactics WHERE attempt = ?1 ORDER BY id",
    )?
    .query_map([attempt.0], |r| {
        Ok(TacticRecord {
            id: r.get(0)?,
            node: r.get(1)?,
            text: r.get(2)?,
            source: r.get(3)?,
            logprob: r.get::<_, Option<f64>>(4)?.unwrap_or(f64::NAN),
            status: from_word(5, r.get(5)?)?,
            error_class: r.get(6)?,
            error: r.get(7)?,
            children: from_json(8, &r.get::<_, String>(8)?)?,
            heartbeats: r.get(9)?,
            ms: r.get(10)?,
            in_proof: r.get(11)?,
        })
    })?
    .collect()
}
