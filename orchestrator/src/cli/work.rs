//! A run at work: what `prove` and `resume` share, from a stored run to its table.

use std::path::PathBuf;
use std::sync::Arc;

use lakatos_lean_bridge::launch::Launcher;

use super::context::Context;
use super::{interrupt, lean, policy, report, table};
use crate::config::{Config, PolicyKind};
use crate::events::{Event, EventSink, RunStarted};
use crate::exit::{Exit, Failure};
use crate::policy::bandit::{BanditStats, SharedBandit};
use crate::policy::mixture::When;
use crate::scheduler::{Scheduler, SearchProver};
use crate::search::{Cancel, Resources, SharedGoals};
use crate::store::{Counts, RunLock, Store, StoredRun};

/// A run to be worked on.
pub struct Job {
    /// Where it is kept.
    pub store: Store,
    /// Which.
    pub run: StoredRun,
    /// Held until the end.
    pub lock: RunLock,
    /// How it is worked on.
    pub config: Config,
    /// Which Lean.
    pub launcher: Launcher,
    /// Where to write a report at the end.
    pub report: Option<PathBuf>,
}

/// What came of a run.
pub struct Done {
    /// How the command ends.
    pub exit: Exit,
    /// How many problems ended how.
    pub counts: Counts,
    /// By which Lean.
    pub lean: String,
}

/// Works on a run until nothing waits or a stop is asked for, and prints what came of it.
pub async fn work(context: &Context, job: Job, input_errors: u32) -> Result<Done, Failure> {
    let Job {
        store,
        run,
        lock,
        config,
        launcher,
        report,
    } = job;
    let store = Arc::new(store);
    let stop = Cancel::new();
    interrupt::listen(stop.clone(), Arc::clone(&context.console));
    let policy = policy::build(context, &config.policy).await?;
    let counts = store.counts(run.id)?;
    let workers = lean::workers(&config.lean);
    let lean = launcher.describe();
    context.console.event(&Event::RunStarted(RunStarted {
        run: run.name.clone(),
        problems: counts.problems,
        done: counts.done(),
        workers,
        seed: run.seed,
        lean: lean.clone(),
    }));
    let pool = lean::pool(launcher, &config.lean).await?;
    let learnt: BanditStats = store
        .learnt(run.id)?
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default();
    let scheduler = Scheduler {
        store: Arc::clone(&store),
        run: run.id,
        seed: run.seed,
        in_flight: in_flight(&config, workers),
        prover: Arc::new(SearchProver {
            resources: Resources {
                pool: pool.clone(),
                policy,
                goals: Arc::new(SharedGoals::new()),
                bandit: Arc::new(SharedBandit::new(learnt)),
            },
            config: config.search.clone(),
        }),
        sink: Arc::clone(&context.console) as Arc<dyn EventSink>,
        stop: stop.clone(),
    };
    let worked = scheduler.work().await;
    pool.shutdown().await;
    drop(lock);
    let mut summary = worked.map_err(|e| {
        Failure::from(e).hint(format!(
            "`lakatos resume {}` goes on with the run",
            run.name
        ))
    })?;
    summary.input_errors = input_errors;
    let results = store.results(run.id, false)?;
    if !context.console.is_json() {
        table::print(&context.console, &results, &summary);
    }
    if let Some(path) = &report {
        report::write(&store, &run.name, path)?;
        context
            .console
            .event(&Event::ReportWritten { path: path.clone() });
    }
    if stop.is_cancelled() {
        context.console.event(&Event::Interrupted {
            run: run.name.clone(),
            resume: context.resume_command(&run.name),
        });
    }
    let unusable = input_errors > 0 || results.iter().any(table::is_bad_input);
    let exit = if summary.remaining > 0 {
        Exit::Interrupted
    } else if summary.faults > 0 {
        Exit::Internal
    } else if unusable {
        Exit::Usage
    } else {
        Exit::Success
    };
    context.console.event(&Event::Summary(summary));
    Ok(Done {
        exit,
        counts: store.counts(run.id)?,
        lean,
    })
}

/// One theorem a worker keeps Lean busy; where a model is asked, others run in the meantime: but not where it needs the same
/// cores.
fn in_flight(config: &Config, workers: usize) -> usize {
    let own_model = config.policy.http.base_url.is_empty();
    match (config.run.in_flight, config.policy.kind) {
        (0, PolicyKind::Portfolio) => workers,
        (0, PolicyKind::Mixture) if config.policy.turn() == When::Leftover => workers,
        (0, _) if own_model => workers + 1,
        (0, _) => workers + config.policy.http.concurrency,
        (n, _) => n,
    }
}
