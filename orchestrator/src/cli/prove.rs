//! `lakatos prove`: searches for proofs, and for refutations where asked.

use std::path::PathBuf;

use super::context::Context;
use super::inputs::{InputArgs, Inputs};
use super::lean::{self, LeanArgs};
use super::policy::PolicyArgs;
use super::work::{self, Done, Job};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::store::{Counts, NewRun};

/// Search for proofs that Lean's kernel accepts
///
/// Examples:
///   lakatos prove
///   lakatos prove problems.jsonl --split valid --time-per-theorem 60
///   lakatos prove --statement 'theorem foo (a b : Nat) : a + b = b + a'
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    search: SearchArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    lean: LeanArgs,
    /// A configuration file (TOML) on top of the data directory's
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    config: Option<PathBuf>,
    /// The run's name, for `resume` and `report` [default: made from the input]
    #[arg(long, value_name = "NAME", value_parser = parse_run_name, help_heading = "Run")]
    run: Option<String>,
    /// Write an HTML report here at the end
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    report: Option<PathBuf>,
}

/// How to search.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Search")]
pub struct SearchArgs {
    /// Seed of everything random
    #[arg(long, value_name = "N", overrides_with = "seed")]
    seed: Option<u64>,
    /// Seconds for each theorem; 0: no limit
    #[arg(long, value_name = "SECONDS", overrides_with = "time_per_theorem")]
    time_per_theorem: Option<u32>,
    /// Nodes that a search may expand; 0: no limit
    #[arg(long, value_name = "N", overrides_with = "nodes")]
    nodes: Option<u32>,
    /// Theorems in flight at once
    #[arg(long, value_name = "N", overrides_with = "in_flight")]
    in_flight: Option<usize>,
    /// Search for a proof of the negation as well
    #[arg(long)]
    refute: bool,
}

impl SearchArgs {
    fn apply(&self, config: &mut Config) {
        let search = &mut config.search;
        search.refute |= self.refute;
        search.budget.seconds = self.time_per_theorem.unwrap_or(search.budget.seconds);
        search.budget.nodes = self.nodes.unwrap_or(search.budget.nodes);
        config.seed = self.seed.unwrap_or(config.seed);
        config.run.in_flight = self.in_flight.unwrap_or(config.run.in_flight);
    }
}

/// A run's name becomes part of file names and of command lines.
fn parse_run_name(name: &str) -> Result<String, String> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(plain) {
        Ok(name.to_owned())
    } else {
        Err("a run's name is made of letters, digits, `-`, `_` and `.`".into())
    }
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let mut config = context.config(args.config)?;
    args.search.apply(&mut config);
    args.policy.apply(&mut config.policy);
    args.lean.apply(&mut config.lean)?;
    let inputs = args.inputs.read(&config.lean.imports, &*context.console)?;
    Ok(prove(context, config, inputs, args.run, args.report)
        .await?
        .exit)
}

/// Proves what is named and says how many problems ended how, and by which Lean.
pub async fn measure(
    context: &Context,
    mut config: Config,
    inputs: &InputArgs,
    search: &SearchArgs,
) -> Result<(Counts, String), Failure> {
    search.apply(&mut config);
    let inputs = inputs.read(&config.lean.imports, &*context.console)?;
    let done = prove(context, config, inputs, None, None).await?;
    if done.exit == Exit::Interrupted {
        return Err(Failure::interrupted("the measurement was interrupted"));
    }
    Ok((done.counts, done.lean))
}

async fn prove(
    context: &Context,
    config: Config,
    inputs: Inputs,
    name: Option<String>,
    report: Option<PathBuf>,
) -> Result<Done, Failure> {
    config.check("the command line")?;
    let store = context.store()?;
    let launcher = lean::launcher(context, &config.lean).await?;
    let new = NewRun {
        name,
        stem: inputs.stem,
        seed: config.seed,
        source: inputs.source,
        command_line: std::env::args_os()
            .map(|a| a.to_string_lossy().into_owned())
            .collect(),
        config: serde_json::to_value(&config)
            .map_err(|e| Failure::internal(format!("the configuration cannot be stored: {e}")))?,
        versions: serde_json::json!({
            "lakatos": env!("CARGO_PKG_VERSION"),
            "lean": launcher.lean_version(),
            "system": std::env::consts::OS,
            "machine": std::env::consts::ARCH,
        }),
        lean: serde_json::json!({
            "description": launcher.describe(),
            "isolation": launcher.isolation(),
        }),
    };
    let (run, lock) = store.create_run(&new, &inputs.problems)?;
    let job = Job {
        store,
        run,
        lock,
        config,
        launcher,
        report,
    };
    work::work(context, job, inputs.errors).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_runs() {
        for good in ["a", "minif2f-valid-2", "ℕ_1", "v1.2"] {
            assert_eq!(parse_run_name(good).as_deref(), Ok(good));
        }
        for bad in ["", "-x", "a b", "a/b", "..\\x"] {
            assert!(parse_run_name(bad).is_err(), "{bad}");
        }
    }
}
