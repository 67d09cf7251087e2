//! `lakatos replay`: repeats what the store holds of a problem, and compares.

use std::collections::BTreeMap;

use lakatos_lean_bridge::pool::{Pool, ProofState, Session};
use lakatos_lean_bridge::protocol::{OutcomeStatus, TacticRequest};
use lakatos_lean_bridge::verdict::{Judged, STANDARD_AXIOMS, VerifyRequest};
use serde::Serialize;

use super::context::Context;
use super::lean;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::record::{AttemptRecord, Outcome, TacticRecord, TacticStatus};
use crate::store::StoredProblem;

/// Verify a stored proof again, and with --tactics execute its stored tactics and compare goals
///
/// Example: lakatos replay bundled-1 add_comm --tactics
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run's name, as `lakatos runs` prints it
    run: String,
    /// The problem's name
    problem: String,
    /// Execute the tactics of the stored proof, and compare each goal's hash with the stored one
    #[arg(long)]
    tactics: bool,
}

#[derive(Default, Serialize)]
struct Comparison {
    event: &'static str,
    /// Tactics that were executed again.
    executed: u32,
    /// Of them, those that left the stored goals.
    same: u32,
    /// What was different, in words.
    differences: Vec<String>,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let store = context.store()?;
    let run = store.run(&args.run)?;
    let result = store.result(&run, &args.problem)?;
    let attempt = result
        .attempt
        .ok_or_else(|| Failure::user(format!("`{}` has not been attempted yet", args.problem)))?;
    let (Some(proof), Some(theorem)) = (&attempt.proof, &attempt.theorem) else {
        return Err(Failure::user(format!(
            "the store holds no proof of `{}`: its attempt ended as {}",
            args.problem,
            attempt.outcome.word()
        )));
    };
    let config: Config = serde_json::from_value(run.config.clone())
        .map_err(|e| Failure::store(format!("the run's configuration cannot be used: {e}")))?;
    let one = crate::config::LeanConfig {
        workers: 1,
        ..config.lean
    };
    let launcher = lean::launcher(context, &one).await?;
    let pool = lean::pool(launcher, &one).await?;
    let request = VerifyRequest {
        environment: result.problem.problem.environment.clone(),
        reference: reference(proof, &result.problem, attempt.outcome),
        vouched: true,
        submission: proof.clone(),
        names: vec![match attempt.outcome {
            Outcome::Refuted => format!("{theorem}_refuted"),
            _ => theorem.clone(),
        }],
        axioms: STANDARD_AXIOMS.map(str::to_owned).to_vec(),
        timeout_ms: 1000 * u64::from(config.search.verify_seconds.max(60)),
    };
    let mut same = true;
    for Judged { name, verdict, .. } in pool.verify(&request).await.theorems {
        same &= verdict.is_proved();
        if context.console.is_json() {
            context.console.json(&serde_json::json!({
                "event": "verdict", "name": name, "verdict": verdict, "proved": verdict.is_proved(),
            }));
        } else {
            context.console.out(format!("{name}: {}", verdict.word()));
        }
    }
    if args.tactics {
        let comparison = compare(&pool, &result.problem, &attempt).await?;
        same &= comparison.differences.is_empty();
        if context.console.is_json() {
            context.console.json(&comparison);
        } else {
            for line in &comparison.differences {
                context.console.out(line);
            }
            context.console.out(format!(
                "{} tactics executed again, {} with the stored goals",
                comparison.executed, comparison.same
            ));
        }
    }
    pool.shutdown().await;
    Ok(if same {
        Exit::Success
    } else {
        Exit::NotAccepted
    })
}

/// The challenge: the problem's own statement, never the stored text's. For a refutation there is no
/// statement in the source, and the stored text's own head is the best there is.
fn reference(proof: &str, problem: &StoredProblem, outcome: Outcome) -> String {
    let statement = match outcome {
        Outcome::Refuted => proof.split(":= by").next().unwrap_or(proof).trim_end(),
        _ => problem.problem.statement.trim_end(),
    };
    format!("{statement} := by sorry")
}

/// Executes the tactics of the stored proof from the root, and compares what they leave.
async fn compare(
    pool: &Pool,
    problem: &StoredProblem,
    attempt: &AttemptRecord,
) -> Result<Comparison, Failure> {
    let session = pool.session(problem.problem.environment.clone()).await?;
    let negated = attempt.outcome == Outcome::Refuted;
    let started = session
        .start(&problem.problem.statement, negated, 60_000)
        .await?;
    let mut comparison = Comparison {
        event: "replay",
        ..Comparison::default()
    };
    let root = attempt.nodes.first().map_or("", |n| n.hash.as_str());
    if started.root.hash != root {
        comparison
            .differences
            .push(format!("the root is {}, was {root}", started.root.hash));
    }
    // In a proof every node has one tactic.
    let chosen: BTreeMap<u32, &TacticRecord> = attempt
        .tactics
        .iter()
        .filter(|t| t.in_proof)
        .map(|t| (t.node, t))
        .collect();
    let mut waiting = vec![(0, started.root)];
    while let Some((node, state)) = waiting.pop() {
        let Some(tactic) = chosen.get(&node) else {
            continue;
        };
        comparison.executed += 1;
        match step(&session, &state, tactic, attempt).await? {
            Ok(children) => {
                comparison.same += 1;
                waiting.extend(tactic.children.iter().copied().zip(children));
            }
            Err(difference) => comparison.differences.push(difference),
        }
    }
    Ok(comparison)
}

async fn step(
    session: &Session,
    state: &ProofState,
    tactic: &TacticRecord,
    attempt: &AttemptRecord,
) -> Result<Result<Vec<ProofState>, String>, Failure> {
    let request = TacticRequest {
        text: tactic.text.clone(),
        heartbeats: None,
        ms: None,
    };
    let outcomes = session.step(state.id, &[request], false, 60_000).await?;
    let Some(outcome) = outcomes.into_iter().next() else {
        return Ok(Err(format!("`{}` had no outcome", tactic.text)));
    };
    let expected: Vec<&str> = tactic
        .children
        .iter()
        .filter_map(|id| attempt.nodes.get(*id as usize))
        .map(|n| n.hash.as_str())
        .collect();
    let got: Vec<&str> = outcome.children.iter().map(|c| c.hash.as_str()).collect();
    let closed = outcome.status == OutcomeStatus::Closed;
    if got != expected || closed != (tactic.status == TacticStatus::Closed) {
        return Ok(Err(format!(
            "`{}` left {got:?}, had left {expected:?}",
            tactic.text
        )));
    }
    Ok(Ok(outcome.children))
}
