//! Time to the first tactic, and overhead of a step.

use std::time::Instant;

use lakatos_lean_bridge::launch::Launcher;
use lakatos_lean_bridge::pool::{Pool, PoolOptions};
use lakatos_lean_bridge::{BridgeError, EnvironmentSpec};

use super::workload::{EXERCISES, request};
use super::{Figure, Target, percentile};

/// Milliseconds for one request.
pub(super) const DEADLINE: u64 = 60_000;

/// A pool that recycles nothing, so that a measurement sees one process from beginning to end.
pub(super) fn steady(workers: usize) -> PoolOptions {
    PoolOptions {
        workers,
        recycle_steps: 1_000_000_000,
        recycle_growth_mb: 1_000_000,
        warm_spare: false,
        ..PoolOptions::default()
    }
}

/// Seconds from a prepared Lean to the outcome of the first tactic.
pub async fn first_tactic(launcher: &Launcher, rounds: u32) -> Result<Vec<Figure>, BridgeError> {
    let mut seconds = Vec::new();
    for _ in 0..rounds.max(1) {
        let began = Instant::now();
        let pool = Pool::start(launcher.clone(), steady(1)).await?;
        let session = pool.session(EnvironmentSpec::default()).await?;
        let started = session
            .start("theorem first : 2 + 2 = 4", false, DEADLINE)
            .await?;
        session
            .step(started.root.id, &[request("rfl")], false, DEADLINE)
            .await?;
        seconds.push(began.elapsed().as_secs_f64());
        drop(session);
        pool.shutdown().await;
    }
    Ok(vec![
        Figure::new(
            "first tactic outcome, median",
            percentile(&seconds, 50.0),
            "s",
        )
        .target(Target::AtMost(5.0)),
        Figure::new(
            "first tactic outcome, worst",
            percentile(&seconds, 100.0),
            "s",
        ),
    ])
}

/// Milliseconds that a step takes beyond Lean's own time.
pub async fn overhead(launcher: &Launcher, rounds: u32) -> Result<Vec<Figure>, BridgeError> {
    let pool = Pool::start(launcher.clone(), steady(1)).await?;
    let session = pool.session(EnvironmentSpec::default()).await?;
    let (mut wall, mut over) = (Vec::new(), Vec::new());
    // The first round warms caches up and is not counted.
    for round in 0..=rounds.max(1) {
        for exercise in EXERCISES {
            let started = session.start(exercise.statement, false, DEADLINE).await?;
            for tactic in exercise.tactics {
                let before = pool.stats().lean_ms;
                let began = Instant::now();
                let outcomes = session
                    .step(started.root.id, &[request(tactic)], false, DEADLINE)
                    .await?;
                let took = 1000.0 * began.elapsed().as_secs_f64();
                if round > 0 {
                    wall.push(took);
                    over.push(took - (pool.stats().lean_ms - before));
                }
                let left = outcomes.iter().flat_map(|o| &o.children).map(|c| c.id);
                session.free(&left.collect::<Vec<_>>()).await;
            }
            session.free(&[started.root.id]).await;
        }
    }
    drop(session);
    pool.shutdown().await;
    Ok(vec![
        Figure::new("overhead of a step, p50", percentile(&over, 50.0), "ms")
            .target(Target::AtMost(1.0)),
        Figure::new("overhead of a step, p95", percentile(&over, 95.0), "ms"),
        Figure::new("a step in all, p50", percentile(&wall, 50.0), "ms"),
        Figure::new("a step in all, p95", percentile(&wall, 95.0), "ms"),
    ])
}
