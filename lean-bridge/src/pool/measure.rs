//! Measurements of the pool itself, for `lakatos bench`.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Pool, Session};
use crate::protocol::TacticRequest;
use crate::{BridgeError, EnvironmentSpec};

/// Time that a step spends outside Lean: wall clock at the caller, less Lean's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overhead {
    /// Steps that were measured.
    pub steps: usize,
    /// Median of the overhead, in milliseconds.
    pub p50_ms: f64,
    /// 95th percentile of the overhead, in milliseconds.
    pub p95_ms: f64,
    /// Median of the whole step, in milliseconds.
    pub step_p50_ms: f64,
    /// 95th percentile of the whole step, in milliseconds.
    pub step_p95_ms: f64,
}

/// Steps done side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Throughput {
    /// Sessions that ran at the same time.
    pub sessions: usize,
    /// Steps (one tactic each) done.
    pub steps: u64,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Steps per second.
    pub steps_per_second: f64,
}

/// Memory of a worker over many steps whose states are freed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemoryGrowth {
    /// Steps (one tactic each) done.
    pub steps: usize,
    /// Resident memory once the worker was warm, in MB.
    pub before_mb: u64,
    /// Resident memory at the end, in MB.
    pub after_mb: u64,
    /// Growth in percent.
    pub growth_percent: f64,
    /// Whether the worker was replaced meanwhile, which makes the figures worthless.
    pub replaced: bool,
}

/// A statement, and tactics of many kinds that all act on its root.
const STATEMENT: &str =
    "theorem lakatos_bench (a b c : Nat) (h : a ≤ b) : a + c ≤ b + c ∧ (a = b ∨ a < b)";
const TACTICS: [&str; 8] = [
    "constructor",
    "exact h",
    "refine ⟨?_, ?_⟩",
    "omega",
    "cases h",
    "simp",
    "induction c",
    "rw [Nat.add_comm]",
];
/// How long workers run before their steps count.
const WARM_UP: Duration = Duration::from_secs(20);
const DEADLINE_MS: u64 = 60_000;

fn tactic(i: usize) -> TacticRequest {
    TacticRequest {
        text: TACTICS[i % TACTICS.len()].into(),
        heartbeats: None,
        ms: None,
    }
}

/// Runs `steps` single steps after a warm-up, and tells what the bridge adds to Lean's time.
///
/// # Errors
/// As [`Session::step`].
pub async fn step_overhead(
    pool: &Pool,
    env: &EnvironmentSpec,
    steps: usize,
) -> Result<Overhead, BridgeError> {
    let session = pool.session(env.clone()).await?;
    let root = session.start(STATEMENT, false, DEADLINE_MS).await?.root.id;
    let (mut over, mut whole) = (Vec::new(), Vec::new());
    for i in 0..steps + TACTICS.len() {
        let begun = Instant::now();
        let (outcomes, lean_ms) = session
            .step_timed(root, &[tactic(i)], false, DEADLINE_MS)
            .await?;
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        free(&session, &outcomes).await;
        if i >= TACTICS.len() {
            over.push(ms - lean_ms);
            whole.push(ms);
        }
    }
    over.sort_by(f64::total_cmp);
    whole.sort_by(f64::total_cmp);
    let at = |sorted: &[f64], percent: usize| {
        sorted
            .get(sorted.len().saturating_sub(1) * percent / 100)
            .copied()
            .unwrap_or(0.0)
    };
    Ok(Overhead {
        steps,
        p50_ms: at(&over, 50),
        p95_ms: at(&over, 95),
        step_p50_ms: at(&whole, 50),
        step_p95_ms: at(&whole, 95),
    })
}

/// Runs as many sessions as the pool has workers, each stepping on its own for this long.
///
/// Counting begins after a warm-up: a young process compiles its hot code on a second core.
///
/// # Errors
/// As [`Session::step`].
pub async fn step_throughput(
    pool: &Pool,
    env: &EnvironmentSpec,
    duration: Duration,
) -> Result<Throughput, BridgeError> {
    let sessions = pool.0.search.len();
    let mut opened = Vec::new();
    for _ in 0..sessions {
        let session = pool.session(env.clone()).await?;
        let root = session.start(STATEMENT, false, DEADLINE_MS).await?.root.id;
        for i in 0..TACTICS.len() {
            let outcomes = session.step(root, &[tactic(i)], false, DEADLINE_MS).await?;
            free(&session, &outcomes).await;
        }
        opened.push((session, root));
    }
    let begun = Instant::now() + WARM_UP;
    let mut running = tokio::task::JoinSet::new();
    for (session, root) in opened {
        running.spawn(async move {
            let mut steps = 0u64;
            for i in 0.. {
                let counts = Instant::now() >= begun;
                if counts && begun.elapsed() >= duration {
                    break;
                }
                let outcomes = session.step(root, &[tactic(i)], false, DEADLINE_MS).await?;
                free(&session, &outcomes).await;
                steps += u64::from(counts);
            }
            Ok::<_, BridgeError>(steps)
        });
    }
    let mut steps = 0;
    while let Some(joined) = running.join_next().await {
        let lost = |e: tokio::task::JoinError| BridgeError::Protocol {
            message: e.to_string(),
        };
        steps += joined.map_err(lost)??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Throughput {
        sessions,
        steps,
        seconds,
        steps_per_second: steps as f64 / seconds,
    })
}

/// Runs this many steps on the pool's first worker, a new proof every 50, and tells how its memory
/// grows. The pool must have one worker and be told not to recycle it.
///
/// # Errors
/// As [`Session::step`].
pub async fn step_memory(
    pool: &Pool,
    env: &EnvironmentSpec,
    steps: usize,
) -> Result<MemoryGrowth, BridgeError> {
    let mut before = None;
    for proof in 0..steps.div_ceil(PROOF_STEPS) {
        let session = pool.session(env.clone()).await?;
        let root = session.start(STATEMENT, false, DEADLINE_MS).await?.root.id;
        for i in 0..PROOF_STEPS.min(steps - proof * PROOF_STEPS) {
            let outcomes = session.step(root, &[tactic(i)], false, DEADLINE_MS).await?;
            free(&session, &outcomes).await;
        }
        if proof >= WARM_PROOFS {
            before.get_or_insert_with(|| pool.stats());
        }
    }
    let after = pool.stats();
    let before = before.unwrap_or_else(|| after.clone());
    let mb = |memory: &[u64]| memory.first().copied().unwrap_or(0);
    let (before_mb, after_mb) = (mb(&before.memory_mb), mb(&after.memory_mb));
    Ok(MemoryGrowth {
        steps,
        before_mb,
        after_mb,
        growth_percent: (after_mb as f64 / before_mb.max(1) as f64 - 1.0) * 100.0,
        replaced: after.recycled > before.recycled || after.deaths > before.deaths,
    })
}

/// Steps of one proof, and proofs until a worker is warm, in [`step_memory`].
const PROOF_STEPS: usize = 50;
const WARM_PROOFS: usize = 20;

async fn free(session: &Session, outcomes: &[super::Outcome]) {
    let ids: Vec<_> = outcomes
        .iter()
        .flat_map(|o| &o.children)
        .map(|c| c.id)
        .collect();
    session.free(&ids).await;
}
