//! `lakatos runs`: what has been run in this data directory, and what came of one run.

use serde::Serialize;

use super::context::Context;
use super::table;
use crate::events::{Event, EventSink, Summary};
use crate::exit::{Exit, Failure};
use crate::scheduler::problem_end;
use crate::store::{Counts, RunStatus, RunSummary, Store, StoredRun};

/// List the runs of this data directory, the latest first, or one run's results
///
/// Examples:
///   lakatos runs --limit 5
///   lakatos runs bundled-1
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A run whose results are listed
    run: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Row<'a> {
    event: &'static str,
    run: &'a str,
    status: &'static str,
    created_at: i64,
    ended_at: Option<i64>,
    seed: u64,
    source: &'a str,
    #[serde(flatten)]
    counts: Counts,
}

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let store = context.store()?;
    if let Some(name) = &args.run {
        results(context, &store, &store.run(name)?)?;
        return Ok(Exit::Success);
    }
    let runs = store.summaries()?;
    let runs = &runs[..args.limit.unwrap_or(usize::MAX).min(runs.len())];
    if context.console.is_json() {
        for r in runs {
            context.console.json(&Row {
                event: "run",
                run: &r.run.name,
                status: status(r),
                created_at: r.run.created_at,
                ended_at: r.run.ended_at,
                seed: r.run.seed,
                source: &r.run.source,
                counts: r.counts,
            });
        }
        return Ok(Exit::Success);
    }
    if runs.is_empty() {
        context
            .console
            .out("No run has been made in this data directory yet; try `lakatos prove`.");
        return Ok(Exit::Success);
    }
    let width = runs
        .iter()
        .map(|r| r.run.name.chars().count())
        .max()
        .unwrap_or(0)
        .max(3);
    context.console.out(format!(
        "{:width$}  {:11}  {:>9}  {:>6}  {:>7}  {:>6}  {:>8}  {:>6}",
        "RUN", "STATUS", "DONE", "PROVED", "REFUTED", "FAILED", "DECLINED", "FAULTS"
    ));
    for r in runs {
        let c = &r.counts;
        context.console.out(format!(
            "{:width$}  {:11}  {:>9}  {:>6}  {:>7}  {:>6}  {:>8}  {:>6}",
            r.run.name,
            status(r),
            format!("{}/{}", c.done(), c.problems),
            c.proved,
            c.refuted,
            c.failed,
            c.declined,
            c.faults
        ));
    }
    Ok(Exit::Success)
}

/// What came of a run so far: its table, or its problems' events and a summary.
pub fn results(context: &Context, store: &Store, run: &StoredRun) -> Result<Summary, Failure> {
    let results = store.results(run.id, false)?;
    let counts = store.counts(run.id)?;
    let seconds = results
        .iter()
        .filter_map(|r| r.attempt.as_ref())
        .map(|a| a.cost.seconds)
        .sum();
    let summary = Summary::of(run, &counts, seconds);
    if context.console.is_json() {
        for r in results.into_iter().filter(|r| r.is_final) {
            if let Some(attempt) = r.attempt {
                let end = problem_end(r.problem.problem.name, &attempt);
                context.console.event(&Event::Problem(Box::new(end)));
            }
        }
        context.console.event(&Event::Summary(summary.clone()));
    } else {
        table::print(&context.console, &results, &summary);
    }
    Ok(summary)
}

/// A run that was left `running` by a process that is gone has died.
fn status(r: &RunSummary) -> &'static str {
    match (r.active, r.run.status) {
        (true, _) => "running",
        (false, RunStatus::Running) => "died",
        (false, RunStatus::Interrupted) => "interrupted",
        (false, RunStatus::Finished) => "finished",
    }
}
