//! The check service under load: honest texts and hostile ones through HTTP, beside the community REPL's
//! protocol on the same Lean.
//!
//! Throughput is counted per second of processor time of all processes together, since that is what a core
//! gives and what a noisy machine disturbs least.

mod repl;
mod texts;

use std::path::Path;
use std::time::{Duration, Instant};

use lakatos_lean_bridge::BridgeError;
use lakatos_lean_bridge::launch::Launcher;
use lakatos_lean_bridge::pool::{Pool, PoolOptions};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::processes::Usage;
use super::{Figure, Target, percentile};
use crate::serve::check::{Options, serve, warm};
use texts::{Text, honest, hostile};

/// Requests at a time: enough that no lane waits for one.
const CLIENTS: usize = 8;
/// One text in so many is hostile.
const HOSTILE: u32 = 100;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Texts through the service.
    pub checks: u32,
    /// Honest texts through the plain protocol, and through the service for the comparison.
    pub beside: u32,
}

/// What came of some texts.
#[derive(Default)]
struct Outcome {
    wrong: Vec<String>,
    lost: u32,
    milliseconds: Vec<f64>,
}

/// Figures of the service. `files` is a directory that the plain REPL may see.
///
/// # Errors
/// Lean or the service cannot be started.
pub async fn check_service(
    launcher: &Launcher,
    files: &Path,
    load: Load,
    said: &(dyn Fn(String) + Send + Sync),
) -> Result<Vec<Figure>, BridgeError> {
    let plain = repl::per_cpu_second(launcher, files, load.beside).await?;
    said(format!(
        "the plain protocol: {plain:.2} checks a second of processor time"
    ));

    let before = Usage::now();
    let options = Options::new(launcher.describe(), launcher.isolation(), 1);
    let pool = PoolOptions {
        workers: 0,
        verify_lanes: 1,
        warm_spare: false,
        ..PoolOptions::default()
    };
    let pool = Pool::start(launcher.clone(), pool).await?;
    warm(&pool, &options).await;
    let (listener, url) = listen().await.map_err(failed)?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let heard = async move {
        let _ = stopped.await;
    };
    let drain = Duration::from_secs(10);
    let serving = tokio::spawn(serve(listener, pool.clone(), options, heard, drain));

    // Warm, then the same number of honest texts as the plain protocol had.
    run(&url, 0, load.beside, 0).await;
    let start = Usage::now();
    let first = run(&url, 1_000_000, load.beside, 0).await;
    let ours = f64::from(load.beside) / Usage::now().cpu_since(&start);
    said(format!(
        "the service: {ours:.2} checks a second of processor time"
    ));

    let (start, began) = (Usage::now(), Instant::now());
    let mut soak = Outcome::default();
    let mut memory = Vec::new();
    let part = load.checks.div_ceil(20).max(1);
    let mut done = 0;
    while done < load.checks {
        let now = part.min(load.checks - done);
        let outcome = run(&url, 2_000_000 + done, now, HOSTILE).await;
        soak.wrong.extend(outcome.wrong);
        soak.lost += outcome.lost;
        soak.milliseconds.extend(outcome.milliseconds);
        done += now;
        let usage = Usage::now();
        memory.push(usage.memory_mb);
        said(format!(
            "{done} checks: {} wrong, {} lost, {} MB in {} processes",
            soak.wrong.len(),
            soak.lost,
            usage.memory_mb,
            usage.processes
        ));
    }
    let seconds = began.elapsed().as_secs_f64();
    let cpu = Usage::now().cpu_since(&start);
    for wrong in soak.wrong.iter().chain(&first.wrong).take(10) {
        said(format!("wrong: {wrong}"));
    }
    let _ = stop.send(());
    serving
        .await
        .map_err(|e| failed(std::io::Error::other(e)))?
        .map_err(failed)?;
    pool.shutdown().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let left = Usage::now().processes.saturating_sub(before.processes);

    let warm_mb = memory.get(memory.len() / 5).copied().unwrap_or(0.0);
    let end_mb = percentile(&memory[memory.len() * 4 / 5..], 50.0);
    let growth = 100.0 * (end_mb - warm_mb) / warm_mb.max(1.0);
    let wrong = soak.wrong.len() + first.wrong.len();
    Ok(vec![
        Figure::new(
            "checks through the service",
            f64::from(load.checks),
            "checks",
        ),
        Figure::new("wrong verdicts", wrong as f64, "").target(Target::AtMost(0.0)),
        Figure::new("lost requests", f64::from(soak.lost + first.lost), "")
            .target(Target::AtMost(0.0)),
        Figure::new("memory when warm, all processes", warm_mb, "MB"),
        Figure::new("memory at the end", end_mb, "MB"),
        Figure::new("growth of memory", growth, "%").target(Target::AtMost(10.0)),
        Figure::new("processes left behind", left as f64, "").target(Target::AtMost(0.0)),
        Figure::new(
            "a check with others in flight, p50",
            percentile(&soak.milliseconds, 50.0),
            "ms",
        ),
        Figure::new(
            "a check with others in flight, p95",
            percentile(&soak.milliseconds, 95.0),
            "ms",
        ),
        Figure::new(
            "checks per second, hostile ones among them",
            f64::from(load.checks) / seconds,
            "/s",
        ),
        Figure::new(
            "the same per second of processor time",
            f64::from(load.checks) / cpu,
            "/s",
        ),
        Figure::new("plain REPL, per second of processor time", plain, "/s"),
        Figure::new(
            "service at level 3, per second of processor time",
            ours,
            "/s",
        ),
        Figure::new("service over plain REPL, per core", ours / plain, "×")
            .target(Target::AtLeast(1.0)),
    ])
}

async fn listen() -> std::io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/api/check", listener.local_addr()?);
    Ok((listener, url))
}

fn failed(e: std::io::Error) -> BridgeError {
    BridgeError::Protocol {
        message: format!("the service: {e}"),
    }
}

/// Sends texts `from..from + count`, one in `hostile_every` of them hostile (none where it is 0).
async fn run(url: &str, from: u32, count: u32, hostile_every: u32) -> Outcome {
    let client = reqwest::Client::new();
    let mut under_way = JoinSet::new();
    let mut outcome = Outcome::default();
    for i in from..from + count {
        if under_way.len() >= CLIENTS
            && let Some(joined) = under_way.join_next().await
        {
            outcome.add(joined.ok().flatten());
        }
        let text = match hostile_every {
            0 => honest(i),
            n if i % n == n / 2 => hostile(i),
            _ => honest(i),
        };
        under_way.spawn(ask(client.clone(), url.to_owned(), text));
    }
    while let Some(joined) = under_way.join_next().await {
        outcome.add(joined.ok().flatten());
    }
    outcome
}

/// What was sent, whether it was believed, and how long it took; none where there was no answer.
async fn ask(client: reqwest::Client, url: String, text: Text) -> Option<(Text, bool, f64)> {
    let began = Instant::now();
    let body = json!({"snippets": [{"id": "0", "code": text.code}], "timeout": 60});
    let response = client.post(url).json(&body).send().await.ok()?;
    let answer: Value = response.json().await.ok()?;
    let result = answer.get("results")?.get(0)?;
    let proved = result["lakatos"]["proved"] == true;
    let errors = result["response"]["messages"].as_array();
    let error = errors.is_some_and(|all| all.iter().any(|m| m["severity"] == "error"));
    let open = result["response"].get("sorries").is_some();
    let believed = proved && !error && !open && result.get("error").is_none();
    Some((text, believed, 1e3 * began.elapsed().as_secs_f64()))
}

impl Outcome {
    fn add(&mut self, answered: Option<(Text, bool, f64)>) {
        match answered {
            None => self.lost += 1,
            Some((text, believed, ms)) => {
                self.milliseconds.push(ms);
                if believed != text.honest {
                    self.wrong.push(text.code);
                }
            }
        }
    }
}
