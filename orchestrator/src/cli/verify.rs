//! `lakatos verify`: verdicts for finished proofs.

mod independent;
mod read;
mod say;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use lakatos_datasets::Solution;
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::checker::Checker;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::protocol::EnvironmentKind;
use lakatos_lean_bridge::verdict::{Reason, Report, STANDARD_AXIOMS, Verdict, VerifyRequest};
use tokio::task::JoinSet;

use super::context::Context;
use super::lean::{self, LeanArgs};
use crate::config::LeanConfig;
use crate::exit::{Exit, Failure};
use crate::together;
use say::Totals;

/// Judge proofs: each theorem is replayed through Lean's kernel in a process of its own
///
/// With a challenge (a Lean file whose theorems end in `sorry`) the solution must prove the
/// challenge's theorems, all of them, as they are stated there. The exit code is 0 if every theorem is
/// accepted, 1 if one is rejected, 2 if one is declined or an input cannot be used, 6 at a fault.
///
/// Examples:
///   lakatos verify Solution.lean
///   lakatos verify Challenge.lean Solution.lean
///   lakatos verify cases/ --axioms propext,Quot.sound --timeout 60
///   lakatos verify mutated/theorems/*.jsonl --together 64
///   lakatos verify Challenge.lean Solution.lean --checker 'nanoda_bin {config}'
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Lean files, directories, or JSONL with proofs or with challenges and solutions; or a challenge
    /// and its solution
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Judge every FILE as a solution of this challenge
    #[arg(long, value_name = "FILE")]
    challenge: Option<String>,
    /// The axioms that are allowed
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_values_t = STANDARD_AXIOMS.map(String::from))]
    axioms: Vec<String>,
    /// Seconds for elaboration and for replay, each
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    timeout: u32,
    /// Judge up to so many short proofs that follow each other as one text, which is faster; where that does not
    /// accept all of them, each gets its verdict from a smaller one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    together: u32,
    /// Memory of each process in MiB
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,
    #[command(flatten)]
    level: independent::LevelArgs,
    #[command(flatten)]
    lean: LeanArgs,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let mut config = context.config(None)?;
    args.lean.apply(&mut config.lean)?;
    config.lean.memory_mb = args.memory.unwrap_or(config.lean.memory_mb);
    let challenge = args.challenge.as_deref();
    let (solutions, errors) = read::solutions(&args.files, challenge, &*context.console)?;
    let demanded = args.level.demanded()?;
    let checker = args.level.checker(context)?;
    let mut totals = Totals::new(errors, demanded);
    let launcher = lean::launcher(context, &config.lean).await?;
    let isolation = launcher.isolation();
    // Here the workers that are asked for are those that verify; a pool has at least one other.
    config.lean.verify_lanes = config.lean.verify_lanes.max(config.lean.workers);
    config.lean.workers = 1;
    let lanes = config.lean.verify_lanes;
    let pool = lean::pool(launcher, &config.lean).await?;
    let mut queue = VecDeque::from(solutions);
    let mut under_way = JoinSet::new();
    // Verdicts are printed in the order of the inputs, as soon as those before them are.
    let mut done = BTreeMap::new();
    let (mut taken, mut next) = (0, 0);
    loop {
        while under_way.len() < lanes {
            let group = together::next(&mut queue, args.together as usize);
            if group.is_empty() {
                break;
            }
            let first = taken;
            taken += group.len();
            let places: Vec<String> = group.iter().map(place).collect();
            let requests: Vec<VerifyRequest> = group
                .into_iter()
                .map(|s| args.request(s, &config.lean))
                .collect();
            let (pool, checker) = (pool.clone(), checker.clone());
            under_way.spawn(async move {
                let alone = |request| {
                    let (pool, checker) = (&pool, checker.as_ref());
                    async move { judge(pool, &request, checker).await }
                };
                let reports = together::judge(&requests, alone).await;
                (first, places, reports)
            });
        }
        let Some(joined) = under_way.join_next().await else {
            break;
        };
        let (first, places, reports) =
            joined.map_err(|e| Failure::internal(format!("a verification failed: {e}")))?;
        done.extend((first..).zip(places.into_iter().zip(reports)));
        while let Some((place, report)) = done.remove(&next) {
            next += 1;
            totals.say(&context.console, &place, &report, &isolation);
        }
    }
    pool.shutdown().await;
    totals.end(&context.console, &isolation);
    Ok(totals.exit())
}

fn place(solution: &Solution) -> String {
    format!("{}:{}", solution.origin.path, solution.origin.line)
}

impl Args {
    fn request(&self, solution: Solution, lean: &LeanConfig) -> VerifyRequest {
        VerifyRequest {
            environment: EnvironmentSpec {
                imports: match lean.imports.as_slice() {
                    [] => solution.environment.imports,
                    chosen => chosen.to_vec(),
                },
                text: solution.environment.text,
            },
            reference: solution.reference,
            vouched: solution.vouched,
            submission: solution.submission,
            names: solution.names,
            axioms: self.axioms.clone(),
            timeout_ms: u64::from(self.timeout) * 1000,
        }
    }
}

/// Verdicts, where a text that does not elaborate for want of Mathlib is declined and not rejected:
/// nothing can be said of it here.
pub(super) async fn judge(
    pool: &Pool,
    request: &VerifyRequest,
    checker: Option<&Arc<Checker>>,
) -> Report {
    let mut report = match checker {
        None => pool.verify(request).await,
        Some(checker) => pool.verify_independently(request, checker).await,
    };
    if !report
        .theorems
        .iter()
        .any(|t| does_not_elaborate(&t.verdict))
    {
        return report;
    }
    let Ok(session) = pool.session(request.environment.clone()).await else {
        return report;
    };
    let opened = session.opened();
    if opened.kind != EnvironmentKind::Core || opened.dropped_imports.is_empty() {
        return report;
    }
    for judged in &mut report.theorems {
        if !does_not_elaborate(&judged.verdict) {
            continue;
        }
        judged.verdict = Verdict::Declined {
            reason: Reason {
                class: "needs_mathlib".into(),
                message: format!(
                    "it imports {}, which this Lean does not have, and does not elaborate without; \
                     give a Lake project that has it with `--project DIR`",
                    opened.dropped_imports.join(", ")
                ),
            },
        };
    }
    report
}

fn does_not_elaborate(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Rejected { reason } => matches!(reason.class.as_str(), "elaboration" | "missing"),
        Verdict::Declined { reason } => reason.class == "reference",
        Verdict::Accepted { .. } | Verdict::Fault { .. } => false,
    }
}
