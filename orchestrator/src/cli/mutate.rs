//! `lakatos mutate`: new theorems from a library's, each with a proof that the kernel accepted.

mod inputs;
pub(super) mod listing;
mod outputs;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use lakatos_datasets::job::{End, Identity, Plan, Provenance};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::launch::Launcher;
use lakatos_lean_bridge::pool::{Pool, PoolOptions};
use lakatos_mutator::job::{Mutate, Policy, STAGES, width};
use lakatos_mutator::lean::{LeanSource, Rules};
use lakatos_mutator::library::{Selection, select};
use lakatos_mutator::together::Together;

use super::context::Context;
use super::interrupt;
use super::lean::{self, LeanArgs};
use crate::config::LeanConfig;
use crate::data_job::DataJob;
use crate::difficulty::SearchProber;
use crate::exit::{Exit, Failure};
use crate::policy::portfolio::Portfolio;
use crate::report::funnel::Stage;
use crate::search::Cancel;
use listing::Listing;
use outputs::Export;

/// Make new theorems from a library's, each with a proof that the kernel accepted
///
/// The same command goes on with a run that was interrupted or killed, and makes the same files as if it had not
/// been; the same seed makes the same files. docs/mutation.md explains the rules and the columns.
///
/// Examples:
///   lakatos mutate --targets '^Nat\.' --limit 200 --out nat
///   lakatos mutate --sample 1000 --out thousand
///   lakatos mutate --rules rw,apply --exclude minif2f.jsonl --shards 16 --export leandojo --out mutated
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Where the dataset goes; a new directory, or that of the same run
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    select: inputs::SelectArgs,
    /// Rules to use [default: all of them]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    rules: Vec<String>,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Files that each table is cut into
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=99_999))]
    shards: u32,
    /// Of theorems that a finisher closes at once, keep at most so many a target, marked
    #[arg(long, value_name = "N", default_value_t = 2)]
    trivial: u32,
    /// Of a thousand kept theorems, search for the difficulty of so many
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1000))]
    probe: u32,
    /// Nodes that such a search may expand
    #[arg(long, value_name = "N", default_value_t = 16)]
    probe_nodes: u32,
    /// Of a thousand kept theorems, make wrong versions of so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=1000))]
    negatives: u32,
    /// Write the dataset in this schema too, below DIR/export
    #[arg(long, value_enum, value_name = "SCHEMA", value_delimiter = ',')]
    export: Vec<Export>,
    #[command(flatten)]
    lean: LeanArgs,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let mut config = context.config(None)?;
    args.lean.apply(&mut config.lean)?;
    let inputs = inputs::read(&args.select, args.seed)?;
    let rules = Rules::parse(&args.rules).map_err(|e| Failure::user(e.to_string()))?;
    let launcher = lean::launcher(context, &config.lean).await?;
    let (toolchain, described) = (launcher.lean_version().to_owned(), launcher.describe());
    let environment = environment(&config.lean)?;
    let workers = lean::workers(&config.lean);
    let lanes = config.lean.verify_lanes;
    let stop = Cancel::new();
    interrupt::listen(stop.clone(), Arc::clone(&context.console));
    let listing = Listing::of(context, launcher.fixed_library().as_deref(), &environment)?;
    context
        .console
        .say(format!("reading the library's theorems with {described}"));
    // What is wrong with the request is said before Lean starts, if it can be.
    let (theorems, started) = match listing.kept() {
        Some(theorems) => (theorems, None),
        None => {
            let pool = pool(launcher.clone(), &config.lean).await?;
            (listing.make(&pool, &environment).await?, Some(pool))
        }
    };
    let selection = select(&theorems, &inputs.request).map_err(|e| Failure::user(e.to_string()))?;
    let statements: HashSet<String> = theorems.iter().map(|t| t.hash.clone()).collect();
    let all = theorems.len();
    drop(theorems);
    context.console.say(format!(
        "{} targets of {all} theorems, {} held out, {} edges between them",
        selection.targets.len(),
        selection.held_out.len(),
        selection.edges,
    ));
    let policy = Policy {
        trivial: args.trivial,
        probed_per_thousand: args.probe,
        negatives_per_thousand: args.negatives,
    };
    let plan = Plan::new(
        selection
            .targets
            .iter()
            .map(|(name, _)| name.clone())
            .collect(),
    );
    let made_by = Provenance {
        program: format!("lakatos {}", env!("CARGO_PKG_VERSION")),
        toolchain: format!("Lean {toolchain}"),
        library: format!("{} of Lean {toolchain}", environment.imports.join(", ")),
    };
    let identity = Identity {
        kind: "mutate".into(),
        seed: args.seed,
        shards: args.shards,
        items: plan.len(),
        plan: plan.hash(),
        provenance: made_by.clone(),
        settings: settings(&args, &rules, &policy, &selection, &inputs),
    };
    let place = context.place(stop)?;
    let held_out: HashSet<&str> = selection.held_out.iter().map(String::as_str).collect();
    let premises: Option<HashSet<&str>> = selection
        .premises
        .as_ref()
        .map(|names| names.iter().map(String::as_str).collect());
    let data_job = DataJob::open(place, identity, plan, &args.out)?;
    let pool = match started {
        Some(pool) => pool,
        None => pool(launcher, &config.lean).await?,
    };
    let source = LeanSource::new(pool.clone(), environment.clone(), rules, policy.trivial);
    let prober = SearchProber {
        pool: pool.clone(),
        policy: Arc::new(Portfolio::new()),
        name: "portfolio".into(),
        nodes: args.probe_nodes,
    };
    let modules = |i: u64| {
        let at = usize::try_from(i).unwrap_or(usize::MAX);
        selection
            .targets
            .get(at)
            .map_or(String::new(), |(_, m)| m.clone())
    };
    let job = Mutate {
        source: &source,
        judge: &Together::new(&pool),
        prober: &prober,
        guard: &inputs.guard,
        known: &|hash| match hash {
            hash if statements.contains(hash) => Some("in the library"),
            hash if inputs.earlier.holds(hash) => Some("in an earlier run"),
            _ => None,
        },
        usable: &|name| {
            premises.as_ref().is_none_or(|p| p.contains(name)) && !held_out.contains(name)
        },
        modules: &modules,
        environment: environment.clone(),
        policy,
        made_by,
    };
    let worked = data_job.work(&job, width(workers, lanes)).await;
    pool.shutdown().await;
    let end = worked?;
    // A run of days that is stopped has its files too, of the targets so far.
    outputs::write(&data_job, &args.export, &environment.imports)?;
    let stages: Vec<Stage> = STAGES
        .iter()
        .map(|(name, asks)| Stage { name, asks })
        .collect();
    data_job.report(&stages)?;
    match end {
        End::Complete => Ok(Exit::Success),
        End::Interrupted => Err(Failure::interrupted(format!(
            "{} was interrupted; the files are of the targets so far",
            data_job.name()
        ))
        .hint("the same command goes on with it, and writes them anew")),
    }
}

/// A pool without a process in reserve: a job can wait for one, and a start costs as much as seventy theorems.
async fn pool(launcher: Launcher, config: &LeanConfig) -> Result<Pool, Failure> {
    let options = PoolOptions {
        warm_spare: false,
        ..lean::pool_options(&launcher, config)
    };
    Ok(Pool::start(launcher, options).await?)
}

/// What candidates stand in: the modules that were chosen, or the core library.
fn environment(config: &LeanConfig) -> Result<EnvironmentSpec, Failure> {
    let imports = match config.imports.as_slice() {
        [] if config.project.is_some() => {
            return Err(
                Failure::user("which of the project's libraries are mutated is not said")
                    .hint("name their modules with --import, such as --import Mathlib"),
            );
        }
        [] => vec!["Init".to_owned(), "Std".to_owned()],
        chosen => chosen.to_vec(),
    };
    Ok(EnvironmentSpec {
        imports,
        text: String::new(),
    })
}

/// Everything besides seed, shards, plan and versions that decides what a run makes.
fn settings(
    args: &Args,
    rules: &Rules,
    policy: &Policy,
    selection: &Selection,
    inputs: &inputs::Inputs,
) -> serde_json::Value {
    let plan_of = |names: &[String]| Plan::new(names.to_vec()).hash();
    serde_json::json!({
        "rules": rules,
        "targets": args.select.targets,
        "sample": args.select.sample,
        "limit": args.select.limit,
        "premises": selection.premises.as_deref().map(plan_of),
        "held_out": plan_of(&selection.held_out),
        "exclude": inputs.guard.names(),
        "novel_to": inputs.earlier.digest(),
        "policy": policy,
        "probe_nodes": args.probe_nodes,
    })
}
