//! `lakatos dataset check`: a dataset that somebody else made, verified again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use lakatos_datasets::check::rows::{self, Numbered};
use lakatos_datasets::job::{End, Entry, Identity, Plan, Provenance};
use lakatos_datasets::table;
use lakatos_lean_bridge::verdict::STANDARD_AXIOMS;

use super::job::{CARD, Check, Finding, ROW, STAGES};
use crate::cli::context::Context;
use crate::cli::exchange::guard;
use crate::cli::interrupt;
use crate::cli::lean::{self, LeanArgs};
use crate::data_job::{DataJob, Place};
use crate::events::EventSink;
use crate::exit::{Exit, Failure};
use crate::report::funnel::Stage;
use crate::search::Cancel;

/// Check somebody's dataset: its card, duplicates, contamination, and every proof at level 3
///
/// The report goes into the directory of --out: check.jsonl (a line for everything that is wrong), funnel.json and
/// funnel.html. The same command goes on with a check that was interrupted. The exit code is 0 if nothing is
/// wrong, 1 if something is, 2 if a proof was declined, 6 at a fault.
///
/// Examples:
///   lakatos dataset check downloaded/ --out report
///   lakatos dataset check downloaded/ --exclude minif2f.jsonl --no-proofs --out report
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The dataset: a directory with a README.md and Parquet or JSONL files in any schema of docs/datasets.md
    #[arg(value_name = "DIR")]
    dataset: PathBuf,
    /// Where the report goes; a new directory, or that of the same check
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Benchmarks or files that must not be in it, besides the bundled one; repeat it
    #[arg(long, value_name = "INPUT")]
    exclude: Vec<String>,
    /// Tokens of a run that count as contamination; 0 compares whole statements alone
    #[arg(long, value_name = "N", default_value_t = lakatos_datasets::guard::RUN)]
    run_length: usize,
    /// Leave the proofs and Lean out
    #[arg(long)]
    no_proofs: bool,
    /// Seconds for elaboration and for replay of a proof, each
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    timeout: u32,
    #[command(flatten)]
    lean: LeanArgs,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let root = args.dataset.as_path();
    if !root.is_dir() {
        return Err(Failure::user(format!("{} is no directory", root.display()))
            .hint("name the directory that holds the dataset's README.md and its files"));
    }
    let files = table::files(root).map_err(|e| Failure::user(e.to_string()))?;
    if files.is_empty() {
        let message = format!("{} holds no .parquet and no .jsonl file", root.display());
        return Err(Failure::user(message));
    }
    let mut guard = guard(&args.exclude, args.run_length)?;
    guard.add_bundled();
    let plan = plan(root, &files)?;
    let mut config = context.config(None)?;
    args.lean.apply(&mut config.lean)?;
    let (pool, toolchain) = match args.no_proofs {
        true => (None, "none".to_owned()),
        false => {
            let launcher = lean::launcher(context, &config.lean).await?;
            let described = launcher.describe();
            (Some(lean::pool(launcher, &config.lean).await?), described)
        }
    };
    let at_once = match &pool {
        Some(_) => lean::workers(&config.lean) + config.lean.verify_lanes,
        None => 8,
    };
    let stop = Cancel::new();
    interrupt::listen(stop.clone(), Arc::clone(&context.console));
    let identity = Identity {
        kind: "check".into(),
        seed: 0,
        shards: 1,
        items: plan.len(),
        plan: plan.hash(),
        provenance: Provenance {
            program: format!("lakatos {}", env!("CARGO_PKG_VERSION")),
            toolchain,
            library: config.lean.imports.join(", "),
        },
        settings: serde_json::json!({
            "dataset": root.display().to_string(),
            "sizes": sizes(&files),
            "exclude": args.exclude,
            "run_length": args.run_length,
            "proofs": !args.no_proofs,
            "timeout": args.timeout,
            "axioms": STANDARD_AXIOMS,
        }),
    };
    let place = Place {
        store: Arc::new(context.store()?),
        sink: Arc::clone(&context.console) as Arc<dyn EventSink>,
        stop,
        command_line: std::env::args_os()
            .map(|a| a.to_string_lossy().into_owned())
            .collect(),
    };
    let data_job = DataJob::open(place, identity, plan, &args.out)?;
    let check = Check {
        root,
        files: &files,
        rows: Mutex::new(Numbered::new(files.clone())),
        window: 4 * at_once as u64,
        guard: &guard,
        pool: pool.clone(),
        imports: config.lean.imports.clone(),
        timeout_ms: u64::from(args.timeout) * 1000,
    };
    let worked = data_job.work(&check, at_once).await;
    if let Some(pool) = pool {
        pool.shutdown().await;
    }
    let end = worked?;
    let findings = write_findings(context, &data_job)?;
    let stages = STAGES.map(|(name, asks)| Stage { name, asks });
    let report = data_job.report(&stages)?;
    if end == End::Interrupted {
        return Err(Failure::interrupted("the check was interrupted")
            .hint("the same command goes on with it"));
    }
    let count = |kind: &str| findings.iter().filter(|k| *k == kind).count();
    if !context.console.is_json() {
        context.console.out(format!(
            "{} rows: {} lies of the card, {} unreadable, {} duplicates, {} of benchmarks, {} proofs rejected, \
             {} declined, {} faults",
            report.items.saturating_sub(1),
            count("card"),
            count("unreadable"),
            count("duplicate"),
            count("contamination"),
            count("rejected"),
            count("declined"),
            count("fault") + usize::try_from(report.failed).unwrap_or(usize::MAX),
        ));
    }
    let wrong = [
        "card",
        "unreadable",
        "duplicate",
        "contamination",
        "rejected",
    ];
    Ok(if count("fault") > 0 || report.failed > 0 {
        Exit::Internal
    } else if wrong.iter().any(|k| count(k) > 0) {
        Exit::NotAccepted
    } else if count("declined") > 0 {
        Exit::Usage
    } else {
        Exit::Success
    })
}

/// The card, and every row of every file.
fn plan(root: &Path, files: &[PathBuf]) -> Result<Plan, Failure> {
    let mut keys = vec![CARD.to_owned()];
    for file in files {
        // A file that cannot be opened is one row, which cannot be read.
        let n = rows::count(file).unwrap_or(1);
        let shown = file.strip_prefix(root).unwrap_or(file).display();
        keys.extend((1..=n).map(|row| format!("{shown}{ROW}{row}")));
    }
    Ok(Plan::new(keys))
}

/// The files' sizes: a dataset that has changed is another's.
fn sizes(files: &[PathBuf]) -> Vec<u64> {
    let size = |f: &PathBuf| std::fs::metadata(f).map_or(0, |m| m.len());
    files.iter().map(size).collect()
}

/// Writes check.jsonl from the journal, prints the first findings, and gives the kinds of all.
fn write_findings(context: &Context, job: &DataJob) -> Result<Vec<String>, Failure> {
    const SHOWN: usize = 20;
    let mut kinds = Vec::new();
    let mut lines = String::new();
    let journal = job.journal();
    let visited = journal.visit(0..u64::MAX, &mut |entry: Entry| {
        for row in entry.rows {
            if let Ok(finding) = serde_json::from_str::<Finding>(&row.json) {
                if kinds.len() < SHOWN && !context.console.is_json() {
                    context.console.out(format!(
                        "{:<13} {}: {}",
                        finding.kind, finding.place, finding.message
                    ));
                }
                if context.console.is_json() {
                    context.console.json(&finding);
                }
                kinds.push(finding.kind);
            }
            lines.push_str(&row.json);
            lines.push('\n');
        }
        Ok(())
    });
    visited.map_err(crate::data_job::DataJobError::from)?;
    crate::data_job::replace(&job.out().join("check.jsonl"), &lines)?;
    if kinds.len() > SHOWN && !context.console.is_json() {
        context.console.out(format!(
            "… and {} more in {}",
            kinds.len() - SHOWN,
            job.out().join("check.jsonl").display()
        ));
    }
    Ok(kinds)
}
