//! The verbaliser over many statements, and the gates' speed beside a fresh process for each candidate.

use std::time::Instant;

use lakatos_autoformalizer::gates::{self, Candidate};
use lakatos_datasets::bundled;
use lakatos_lean_bridge::launch::Launcher;
use lakatos_lean_bridge::pool::{Pool, PoolOptions};
use lakatos_lean_bridge::verbalise::VerbaliseRequest;
use lakatos_lean_bridge::{BridgeError, EnvironmentSpec};
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::processes::Usage;
use super::{Figure, Target};

const TIMEOUT_MS: u64 = 300_000;
/// Thousands of heartbeats for each try at a contradiction, as `lakatos formalize` has it.
const HEARTBEATS: u64 = 4000;

async fn one_worker(launcher: &Launcher) -> Result<Pool, BridgeError> {
    let options = PoolOptions {
        workers: 1,
        verify_lanes: 1,
        warm_spare: false,
        ..PoolOptions::default()
    };
    Pool::start(launcher.clone(), options).await
}

/// The bundled statements by environment, each with its English.
fn bundled_statements() -> Vec<(EnvironmentSpec, Vec<(String, String)>)> {
    let mut together: Vec<(EnvironmentSpec, Vec<(String, String)>)> = Vec::new();
    for problem in bundled::problems("bundled").unwrap_or_default() {
        let env = EnvironmentSpec {
            imports: problem.environment.imports,
            text: problem.environment.text,
        };
        let pair = (problem.statement, problem.informal.unwrap_or_default());
        match together.iter_mut().find(|(e, _)| *e == env) {
            Some((_, pairs)) => pairs.push(pair),
            None => together.push((env, vec![pair])),
        }
    }
    together
}

/// Reads out the bundled statements and `sample` of the library's theorems, chosen by the seed.
pub async fn verbalise(
    launcher: &Launcher,
    sample: usize,
    seed: u64,
) -> Result<Vec<Figure>, BridgeError> {
    let pool = one_worker(launcher).await?;
    let (mut statements, mut failed) = (0u32, 0u32);
    for (env, pairs) in bundled_statements() {
        let request = VerbaliseRequest {
            statements: pairs.into_iter().map(|(statement, _)| statement).collect(),
            names: Vec::new(),
        };
        for reading in pool.verbalise(&env, &request, TIMEOUT_MS).await? {
            statements += 1;
            failed += u32::from(reading.is_err());
        }
    }
    let env = EnvironmentSpec {
        imports: vec!["Std".into()],
        text: String::new(),
    };
    let theorems = pool
        .constants(&env, &[], &["theorem".into()], false, TIMEOUT_MS)
        .await?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let chosen = theorems.choose_multiple(&mut rng, sample);
    let request = VerbaliseRequest {
        statements: Vec::new(),
        names: chosen.map(|t| t.name.clone()).collect(),
    };
    let began = Instant::now();
    let readings = pool.verbalise(&env, &request, TIMEOUT_MS).await?;
    let seconds = began.elapsed().as_secs_f64();
    let library_failed = readings.iter().filter(|r| r.is_err()).count();
    let as_lean = readings
        .iter()
        .flatten()
        .filter(|r| r.english.contains("`fun "))
        .count();
    pool.shutdown().await;
    let count = |n: usize| u32::try_from(n).map_or(f64::MAX, f64::from);
    Ok(vec![
        Figure::new(
            "bundled statements read out",
            f64::from(statements - failed),
            "statements",
        ),
        Figure::new(
            "bundled statements that failed",
            failed.into(),
            "statements",
        )
        .target(Target::AtMost(0.0)),
        Figure::new("library theorems", count(theorems.len()), "theorems"),
        Figure::new(
            "library theorems read out",
            count(readings.len() - library_failed),
            "theorems",
        ),
        Figure::new(
            "library theorems that failed",
            count(library_failed),
            "theorems",
        )
        .target(Target::AtMost(0.0)),
        Figure::new(
            "readings with a part in Lean's notation",
            count(as_lean),
            "theorems",
        ),
        Figure::new(
            "readings a second",
            count(readings.len()) / seconds.max(1e-9),
            "theorems/s",
        ),
    ])
}

/// The cheap gates over the bundled statements as candidates, warm on one worker, and over a few in a
/// process of their own each.
pub async fn formalize(launcher: &Launcher, fresh: usize) -> Result<Vec<Figure>, BridgeError> {
    let pool = one_worker(launcher).await?;
    let groups = bundled_statements();
    let mut judged = [0u32; 2];
    let (mut seconds, mut cpu) = ([0f64; 2], [0f64; 2]);
    // The first round warms the process and is not counted.
    for round in 0..2 {
        let (began, before) = (Instant::now(), Usage::now());
        for (env, pairs) in &groups {
            let statements: Vec<String> = pairs.iter().map(|(s, _)| s.clone()).collect();
            let assessed = pool
                .assess(env, &statements, HEARTBEATS, TIMEOUT_MS)
                .await?;
            for ((formal, informal), assessed) in pairs.iter().zip(&assessed) {
                gates::judge(&Candidate {
                    informal,
                    formal,
                    assessed,
                });
                judged[round] += 1;
            }
        }
        seconds[round] = began.elapsed().as_secs_f64();
        cpu[round] = Usage::now().cpu_since(&before);
    }
    pool.shutdown().await;
    let warm = f64::from(judged[1]) / seconds[1].max(1e-9);
    let (began, before) = (Instant::now(), Usage::now());
    let mut alone = 0u32;
    let candidates = groups
        .iter()
        .flat_map(|(env, pairs)| pairs.iter().map(move |p| (env, p)));
    for (env, (statement, _)) in candidates.step_by(29).take(fresh) {
        let pool = one_worker(launcher).await?;
        pool.assess(env, std::slice::from_ref(statement), HEARTBEATS, TIMEOUT_MS)
            .await?;
        pool.shutdown().await;
        alone += 1;
    }
    let cold = f64::from(alone) / began.elapsed().as_secs_f64().max(1e-9);
    let cold_cpu = f64::from(alone) / Usage::now().cpu_since(&before);
    let warm_cpu = f64::from(judged[1]) / cpu[1];
    let mut figures = vec![
        Figure::new("candidates judged", judged[1].into(), "candidates"),
        Figure::new("candidates a second, one warm worker", warm, "candidates/s"),
        Figure::new(
            "candidates a second of processor time, warm",
            warm_cpu,
            "candidates/s",
        )
        .target(Target::AtLeast(20.0)),
    ];
    if alone > 0 {
        figures.extend([
            Figure::new(
                "candidates a second, a fresh process each",
                cold,
                "candidates/s",
            ),
            Figure::new(
                "candidates a second of processor time, fresh",
                cold_cpu,
                "candidates/s",
            ),
            Figure::new("warm over fresh", warm / cold.max(1e-9), "times"),
            Figure::new(
                "warm over fresh, by processor time",
                warm_cpu / cold_cpu.max(1e-9),
                "times",
            ),
        ]);
    }
    Ok(figures)
}
