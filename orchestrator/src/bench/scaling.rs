//! Steps per second by number of workers.
//!
//! The same warm processes are measured alone and together, in turns, so that neither what else
//! the machine does nor a young process's compiler threads (V8 optimises hot code on another core
//! for its first half minute) falls on one side only. Beside it stands what the machine itself
//! gives: a loop that only computes, on as many threads.

use std::hint::black_box;
use std::time::{Duration, Instant};

use lakatos_lean_bridge::launch::Launcher;
use lakatos_lean_bridge::pool::{Pool, Session};
use lakatos_lean_bridge::{BridgeError, EnvironmentSpec};
use tokio::task::{JoinError, JoinSet};

use super::steps::{DEADLINE, steady};
use super::workload::{EXERCISES, request};
use super::{Figure, Target, percentile};

/// Turns of one worker alone and of all together.
const TURNS: u32 = 5;

/// Steps per second with one worker and with several, and their ratio. Each turn lasts this long;
/// the processes run for `warm_up` before the first.
pub async fn scaling(
    launcher: &Launcher,
    workers: usize,
    turn: Duration,
    warm_up: Duration,
) -> Result<Vec<Figure>, BridgeError> {
    let pool = Pool::start(launcher.clone(), steady(workers)).await?;
    // Opened one after the other, so that each session goes to another worker.
    let mut sessions = Vec::new();
    for _ in 0..workers {
        sessions.push(pool.session(EnvironmentSpec::default()).await?);
    }
    steps_per_second(&sessions, warm_up).await?;
    let (mut one, mut many, mut machine) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..TURNS {
        let alone = i as usize % workers;
        one.push(steps_per_second(&sessions[alone..=alone], turn).await?);
        many.push(steps_per_second(&sessions, turn).await?);
        let loops = |threads| loops_per_second(threads, turn / 4);
        machine.push(loops(workers).await? / loops(1).await?);
    }
    drop(sessions);
    pool.shutdown().await;

    let ratios: Vec<f64> = one
        .iter()
        .zip(&many)
        .map(|(one, many)| many / one)
        .collect();
    let ratio = Figure::new(
        format!("{workers} workers over one, median"),
        percentile(&ratios, 50.0),
        "×",
    );
    Ok(vec![
        Figure::new("steps per second, one worker", percentile(&one, 50.0), "/s"),
        Figure::new(
            format!("steps per second, {workers} workers"),
            percentile(&many, 50.0),
            "/s",
        ),
        if workers == 2 {
            ratio.target(Target::AtLeast(1.7))
        } else {
            ratio
        },
        Figure::new(
            format!("the machine's own: {workers} busy threads over one"),
            percentile(&machine, 50.0),
            "×",
        ),
    ])
}

/// Steps of all these sessions together while each goes through the exercises.
async fn steps_per_second(sessions: &[Session], turn: Duration) -> Result<f64, BridgeError> {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for session in sessions {
        let session = session.clone();
        tasks.spawn(async move {
            let mut done = 0_u32;
            for exercise in EXERCISES.iter().cycle() {
                let started = session.start(exercise.statement, false, DEADLINE).await?;
                let root = started.root.id;
                for tactic in exercise.tactics {
                    if began.elapsed() >= turn {
                        session.free(&[root]).await;
                        return Ok(done);
                    }
                    let outcomes = session
                        .step(root, &[request(tactic)], false, DEADLINE)
                        .await?;
                    let left = outcomes.iter().flat_map(|o| &o.children).map(|c| c.id);
                    session.free(&left.collect::<Vec<_>>()).await;
                    done += 1;
                }
                session.free(&[root]).await;
            }
            Ok::<u32, BridgeError>(done)
        });
    }
    let mut done = 0;
    while let Some(joined) = tasks.join_next().await {
        done += joined.map_err(lost)??;
    }
    Ok(f64::from(done) / began.elapsed().as_secs_f64())
}

/// Rounds of a loop that only computes, on so many threads at once.
async fn loops_per_second(threads: usize, turn: Duration) -> Result<f64, BridgeError> {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..threads {
        tasks.spawn_blocking(move || {
            let mut rounds = 0_u32;
            while began.elapsed() < turn {
                black_box(
                    (0..black_box(10_000_u64)).fold(0, |sum: u64, n| sum.wrapping_mul(31) ^ n),
                );
                rounds += 1;
            }
            rounds
        });
    }
    let mut rounds = 0.0;
    while let Some(joined) = tasks.join_next().await {
        rounds += f64::from(joined.map_err(lost)?);
    }
    Ok(rounds / began.elapsed().as_secs_f64())
}

fn lost(e: JoinError) -> BridgeError {
    BridgeError::Protocol {
        message: e.to_string(),
    }
}
