//! `lakatos verify`: verdicts for finished proofs.

use std::collections::VecDeque;

use lakatos_datasets::{Solution, sources};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::protocol::EnvironmentKind;
use lakatos_lean_bridge::verdict::{Reason, STANDARD_AXIOMS, Verdict, VerifyRequest};
use serde::Serialize;
use tokio::task::JoinSet;

use super::context::Context;
use super::lean::{self, LeanArgs};
use crate::events::{Event, EventSink};
use crate::exit::{Exit, Failure};
use crate::progress::first_line;

/// Judge finished proofs: each theorem is replayed through Lean's kernel in a process of its own
///
/// The exit code is 0 if every theorem is accepted at level 3 or more, and 1 if one is not.
///
/// Example: lakatos verify Solution.lean
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Lean files, directories of them, or JSONL with statements and proofs
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Allow one more axiom than propext, Classical.choice and Quot.sound
    #[arg(long, value_name = "NAME")]
    axiom: Vec<String>,
    /// Seconds for elaboration and for replay, each
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    timeout: u32,
    #[command(flatten)]
    lean: LeanArgs,
}

#[derive(Serialize)]
struct Judged<'a> {
    event: &'static str,
    place: &'a str,
    name: &'a str,
    #[serde(flatten)]
    verdict: &'a Verdict,
    proved: bool,
}

#[derive(Default, Serialize)]
struct Totals {
    event: &'static str,
    theorems: u32,
    accepted: u32,
    rejected: u32,
    declined: u32,
    faults: u32,
    input_errors: u32,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let mut config = context.config(None)?;
    args.lean.apply(&mut config.lean)?;
    let mut totals = Totals {
        event: "summary",
        ..Totals::default()
    };
    let solutions = read(context, &args.files, &mut totals)?;
    let launcher = lean::launcher(context, &config.lean).await?;
    // Here the workers that are asked for are those that verify; a pool has at least one other.
    config.lean.verify_lanes = config.lean.verify_lanes.max(config.lean.workers);
    config.lean.workers = 1;
    let lanes = config.lean.verify_lanes;
    let pool = lean::pool(launcher, &config.lean).await?;
    let mut axioms: Vec<String> = STANDARD_AXIOMS.map(str::to_owned).to_vec();
    axioms.extend(args.axiom);
    let mut queue: VecDeque<(usize, Solution)> = solutions.into_iter().enumerate().collect();
    let mut under_way = JoinSet::new();
    // Verdicts are printed in the order of the inputs, as soon as those before them are.
    let mut done = std::collections::BTreeMap::new();
    let mut next = 0;
    loop {
        while under_way.len() < lanes
            && let Some((index, solution)) = queue.pop_front()
        {
            let pool = pool.clone();
            let request = VerifyRequest {
                environment: EnvironmentSpec {
                    imports: match config.lean.imports.as_slice() {
                        [] => solution.environment.imports,
                        chosen => chosen.to_vec(),
                    },
                    text: solution.environment.text,
                },
                reference: solution.reference,
                submission: solution.submission,
                names: solution.names,
                axioms: axioms.clone(),
                timeout_ms: u64::from(args.timeout) * 1000,
            };
            let place = format!("{}:{}", solution.origin.path, solution.origin.line);
            under_way.spawn(async move { (index, place, judge(&pool, &request).await) });
        }
        let Some(joined) = under_way.join_next().await else {
            break;
        };
        let (index, place, verdicts) =
            joined.map_err(|e| Failure::internal(format!("a verification failed: {e}")))?;
        done.insert(index, (place, verdicts));
        while let Some((place, verdicts)) = done.remove(&next) {
            next += 1;
            for (name, verdict) in &verdicts {
                announce(context, &mut totals, &place, name, verdict);
            }
        }
    }
    pool.shutdown().await;
    if context.console.is_json() {
        context.console.json(&totals);
    } else {
        context.console.out(format!(
            "{} of {} theorems accepted, {} rejected, {} declined, {} faults",
            totals.accepted, totals.theorems, totals.rejected, totals.declined, totals.faults
        ));
    }
    Ok(if totals.faults > 0 {
        Exit::Internal
    } else if totals.input_errors > 0 {
        Exit::Usage
    } else if totals.accepted < totals.theorems {
        Exit::NotAccepted
    } else {
        Exit::Success
    })
}

/// Verdicts, where a text that does not elaborate for want of Mathlib is declined and not rejected:
/// nothing can be said of it here.
async fn judge(pool: &Pool, request: &VerifyRequest) -> Vec<(String, Verdict)> {
    let mut verdicts = pool.verify(request).await;
    if !verdicts.iter().any(|(_, v)| does_not_elaborate(v)) {
        return verdicts;
    }
    let Ok(session) = pool.session(request.environment.clone()).await else {
        return verdicts;
    };
    let opened = session.opened();
    if opened.kind != EnvironmentKind::Core || opened.dropped_imports.is_empty() {
        return verdicts;
    }
    for (_, verdict) in verdicts.iter_mut().filter(|(_, v)| does_not_elaborate(v)) {
        *verdict = Verdict::Declined {
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
    verdicts
}

fn does_not_elaborate(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Rejected { reason } => matches!(reason.class.as_str(), "elaboration" | "missing"),
        Verdict::Declined { reason } => reason.class == "reference",
        Verdict::Accepted { .. } | Verdict::Fault { .. } => false,
    }
}

fn read(
    context: &Context,
    files: &[String],
    totals: &mut Totals,
) -> Result<Vec<Solution>, Failure> {
    let mut solutions = Vec::new();
    let mut last = None;
    for file in files {
        match sources::read_solutions(file) {
            Ok(report) => {
                solutions.extend(report.solutions);
                for fault in report.faults {
                    totals.input_errors += 1;
                    context.console.event(&Event::InputError {
                        place: format!("{}:{}", fault.path, fault.line),
                        message: fault.message,
                    });
                }
            }
            Err(e) => {
                totals.input_errors += 1;
                context.console.event(&Event::InputError {
                    place: file.clone(),
                    message: e.to_string(),
                });
                last = Some(e);
            }
        }
    }
    if solutions.is_empty() {
        let why = last.map_or("the files hold no finished proof".to_owned(), |e| {
            e.to_string()
        });
        return Err(Failure::user(format!("there is nothing to verify: {why}")));
    }
    Ok(solutions)
}

fn announce(context: &Context, totals: &mut Totals, place: &str, name: &str, verdict: &Verdict) {
    totals.theorems += 1;
    match verdict {
        Verdict::Accepted { .. } if verdict.is_proved() => totals.accepted += 1,
        Verdict::Accepted { .. } | Verdict::Declined { .. } => totals.declined += 1,
        Verdict::Rejected { .. } => totals.rejected += 1,
        Verdict::Fault { .. } => totals.faults += 1,
    }
    if context.console.is_json() {
        context.console.json(&Judged {
            event: "verdict",
            place,
            name,
            verdict,
            proved: verdict.is_proved(),
        });
        return;
    }
    let words = match verdict {
        Verdict::Accepted { level, axioms, .. } => {
            let axioms = if axioms.is_empty() {
                "no axioms".to_owned()
            } else {
                axioms.join(", ")
            };
            format!("level {}, {axioms}", u8::from(*level))
        }
        Verdict::Rejected { reason } | Verdict::Declined { reason } | Verdict::Fault { reason } => {
            format!("{}: {}", reason.class, first_line(&reason.message))
        }
    };
    context
        .console
        .out(format!("{:<9} {place} {name} ({words})", verdict.word()));
}
