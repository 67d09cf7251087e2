//! `lakatos resume`: goes on with a run that was interrupted or killed.

use std::path::PathBuf;

use super::context::Context;
use super::work::{self, Job};
use super::{lean, report, runs};
use crate::config::Config;
use crate::exit::{Exit, Failure};

/// Go on with a run: only problems that have no final result are attempted
///
/// Example: lakatos resume bundled-1
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run's name, as `lakatos runs` prints it
    run: String,
    /// Lean workers, in place of the run's own number
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
    /// Write an HTML report here at the end
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let store = context.store()?;
    let run = store.run(&args.run)?;
    let lock = store.lock(&run)?;
    store.recover(run.id, &lock)?;
    if store.waiting(run.id)?.is_empty() {
        store.end_run(run.id)?;
        if let Some(path) = &args.report {
            report::write(&store, &run.name, path)?;
        }
        runs::results(context, &store, &run)?;
        return Ok(Exit::Success);
    }
    let mut config: Config = serde_json::from_value(run.config.clone()).map_err(|e| {
        Failure::store(format!(
            "the configuration of run `{}` cannot be used: {e}",
            run.name
        ))
        .hint("it was made by another version of Lakatos; use that one, or begin a new run")
    })?;
    config.lean.workers = args.workers.unwrap_or(config.lean.workers);
    let launcher = lean::launcher(context, &config.lean).await?;
    let job = Job {
        store,
        run,
        lock,
        config,
        launcher,
        report: args.report,
    };
    Ok(work::work(context, job, 0).await?.exit)
}
