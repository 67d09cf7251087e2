//! Memory of one worker over many steps.

use lakatos_lean_bridge::launch::Launcher;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::{BridgeError, EnvironmentSpec};

use super::steps::steady;
use super::workload::{EXERCISES, request};
use super::{Figure, Target, percentile};

/// Runs so many steps in one worker, with states freed, and compares its memory in the second tenth
/// (warm) with that in the last.
pub async fn soak(
    launcher: &Launcher,
    steps: u32,
    said: &(dyn Fn(u32, u64) + Send + Sync),
) -> Result<Vec<Figure>, BridgeError> {
    let pool = Pool::start(launcher.clone(), steady(1)).await?;
    let every = (steps / 100).max(1);
    let mut samples = Vec::new();
    let mut done = 0;
    'soak: for exercise in EXERCISES.iter().cycle() {
        // A session a theorem, as in a run.
        let session = pool.session(EnvironmentSpec::default()).await?;
        let started = session.start(exercise.statement, false, 60_000).await?;
        for tactic in exercise.tactics {
            session
                .step(started.root.id, &[request(tactic)], false, 60_000)
                .await?;
            done += 1;
            if done % every == 0 {
                let mb = pool.stats().memory_mb.first().copied().unwrap_or(0);
                samples.push(mb as f64);
                said(done, mb);
            }
            if done >= steps {
                break 'soak;
            }
        }
    }
    let stats = pool.stats();
    pool.shutdown().await;
    let tenth = (samples.len() / 10).max(1);
    let warm = percentile(samples.get(tenth..2 * tenth).unwrap_or(&samples), 50.0);
    let end = percentile(&samples[samples.len().saturating_sub(tenth)..], 50.0);
    let growth = if warm > 0.0 {
        100.0 * (end - warm) / warm
    } else {
        f64::NAN
    };
    Ok(vec![
        Figure::new("steps in one worker", f64::from(done), "steps"),
        Figure::new("memory when warm", warm, "MB"),
        Figure::new("memory at the end", end, "MB"),
        Figure::new("growth of memory", growth, "%").target(Target::AtMost(5.0)),
        Figure::new("processes that were replaced", stats.deaths as f64, "")
            .target(Target::AtMost(0.0)),
    ])
}
