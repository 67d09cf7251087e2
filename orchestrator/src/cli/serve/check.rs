//! `lakatos serve check`: verdicts over HTTP.

use std::net::SocketAddr;

use lakatos_lean_bridge::launch::Isolation;
use lakatos_lean_bridge::machine;
use lakatos_lean_bridge::pool::{Pool, PoolOptions};
use lakatos_lean_bridge::verdict::STANDARD_AXIOMS;
use serde::Serialize;

use super::door::{Door, Opened};
use crate::cli::context::Context;
use crate::cli::interrupt;
use crate::cli::lean::{self, LeanArgs};
use crate::exit::{Exit, Failure};
use crate::search::Cancel;
use crate::serve::check::{Options, serve, warm};

/// Judge proofs over HTTP; the Kimina Lean server's clients work with it unchanged
///
/// Answers POST /api/check, /verify and /v1/verdicts, GET /health and /metrics (docs/check-service.md).
/// Ctrl-C ends it: what is in flight is finished first.
///
/// Examples:
///   lakatos serve check
///   lakatos serve check --host 0.0.0.0 --port 9000 --token-file token.txt --workers 4
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    door: Door,
    /// Texts that may wait, over all requests; beyond it clients are told to come again
    #[arg(long, value_name = "N", default_value_t = 4096)]
    queue: usize,
    /// MiB of a request's body at most
    #[arg(long, value_name = "MIB", default_value_t = 16)]
    max_body: usize,
    /// The most seconds that a request may ask for, for elaboration and for replay, each
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    max_timeout: u32,
    /// MiB of verdicts to remember; 0 remembers none
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    cache: usize,
    /// The axioms that are allowed
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_values_t = STANDARD_AXIOMS.map(String::from))]
    axioms: Vec<String>,
    #[command(flatten)]
    lean: LeanArgs,
}

/// What programs are told.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Said<'a> {
    Listening {
        address: SocketAddr,
        url: String,
        lean: &'a str,
        lanes: usize,
        isolation: &'a Isolation,
    },
    Stopping,
    Stopped,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let mut config = context.config(None)?;
    args.lean.apply(&mut config.lean)?;
    let Opened {
        listener,
        address,
        token,
    } = args.door.open().await?;
    let launcher = lean::launcher(context, &config.lean).await?;
    let lanes = lanes(&config.lean);
    let mut options = Options::new(launcher.describe(), launcher.isolation(), lanes);
    options.token = token;
    options.queue = args.queue;
    options.max_body = args.max_body.saturating_mul(1 << 20);
    options.max_timeout = args.max_timeout;
    options.cache = args.cache.saturating_mul(1 << 20);
    options.axioms = args.axioms;
    options.imports = config.lean.imports.clone();
    let pool = PoolOptions {
        workers: 0,
        verify_lanes: lanes,
        warm_spare: false,
        ..lean::pool_options(&launcher, &config.lean)
    };
    let pool = Pool::start(launcher, pool).await?;
    warm(&pool, &options).await;

    let console = &context.console;
    let url = format!("http://{address}");
    if console.is_json() {
        console.json(&Said::Listening {
            address,
            url,
            lean: &options.lean,
            lanes,
            isolation: &options.isolation,
        });
    } else {
        console.out(format!(
            "listening on {url}, {lanes} lanes, {}",
            options.lean
        ));
        console.say(format!("submissions are {}", options.isolation));
    }
    let stop = Cancel::default();
    interrupt::listen(stop.clone(), std::sync::Arc::clone(console));
    let heard = {
        let console = std::sync::Arc::clone(console);
        async move {
            stop.cancelled().await;
            if console.is_json() {
                console.json(&Said::Stopping);
            }
        }
    };
    let served = serve(listener, pool.clone(), options, heard, args.door.drain()).await;
    pool.shutdown().await;
    served.map_err(|e| Failure::environment(format!("{address} cannot be listened on: {e}")))?;
    if console.is_json() {
        console.json(&Said::Stopped);
    }
    Ok(Exit::Success)
}

/// A lane is two processes, of which one waits for the other half of the time.
fn lanes(config: &crate::config::LeanConfig) -> usize {
    if config.workers > 0 {
        return config.workers.max(config.verify_lanes);
    }
    let cores = machine::cores();
    let by_memory = machine::available_memory_mb()
        .and_then(|mb| usize::try_from(mb.saturating_sub(1000) / 2400).ok());
    by_memory
        .unwrap_or(cores)
        .min(cores)
        .max(config.verify_lanes)
}
