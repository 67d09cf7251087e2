//! *Suggest next tactics*: what the policy proposes for the goal at the place, each tried in Lean.

use std::time::{Duration, Instant};

use lakatos_lean_bridge::pool::{Outcome, ProofState, Session};
use lakatos_lean_bridge::protocol::{OutcomeStatus, TacticRequest};
use lsp_types::request::ShowMessageRequest;
use lsp_types::{MessageActionItem, MessageType, ShowMessageRequestParams};
use serde::Serialize;

use super::prove::find;
use crate::lsp::job::{Ended, Job, Stop};
use crate::lsp::lean::Lean;
use crate::lsp::target::Target;
use crate::policy::{PolicyContext, Proposal};

/// A tactic that works, with what it leaves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggested {
    /// The tactic.
    pub tactic: String,
    /// The goals that remain, as Lean prints them.
    pub goals: Vec<String>,
    /// Whether none does.
    pub closes: bool,
    /// What puts it in place, with a `sorry` for each goal that remains.
    pub edit: lsp_types::TextEdit,
}

/// Rounds that the policy is asked for.
const ROUNDS: u32 = 4;
/// After this, no further round is begun.
const ENOUGH: Duration = Duration::from_millis(700);
/// Thousands of heartbeats for a tactic at most.
const HEARTBEATS: u32 = 1500;
/// Milliseconds for a tactic at most.
const TACTIC_MS: u32 = 800;
/// Tactics in one request to Lean.
const BATCH: usize = 24;
/// Milliseconds for a batch of tactics.
const BATCH_MS: u64 = 2500;

/// Tries what the policy proposes, and puts what the person chooses before the `sorry`.
pub async fn run(job: &Job) -> Result<Ended, Stop> {
    let lean = job.lean().await?;
    let target = find(job).await?;
    let showing = job
        .client
        .begin("Suggesting", job.token.clone(), &job.cancel)
        .await;
    let tried = job.unless(suggestions(&lean, &target)).await??;
    let edit = |tactic: &str, goals: usize| {
        let (span, filling) = target.edit(&job.text.text, filling(&target, tactic, goals));
        lsp_types::TextEdit::new(job.text.range(span, job.client.can().encoding), filling)
    };
    let with_edit = |t: Works| Suggested {
        edit: edit(&t.tactic, t.goals.len()),
        closes: t.goals.is_empty(),
        tactic: t.tactic,
        goals: t.goals,
    };
    let mut found: Vec<Suggested> = tried.into_iter().map(with_edit).collect();
    drop(showing);
    found.sort_by_key(|s| {
        (
            !s.closes,
            s.goals.len(),
            s.goals.iter().map(String::len).sum::<usize>(),
            // The shortest first, of those that leave the same.
            s.tactic.chars().count(),
        )
    });
    found.dedup_by(|a, b| a.goals == b.goals && !a.closes);
    found.truncate(job.settings.suggestions);
    let said = match found.len() {
        0 => "No tactic that was tried changes this goal.".to_owned(),
        1 => "One tactic works here.".to_owned(),
        n => format!("{n} tactics work here."),
    };
    let mut ended = Ended::with("suggested", said);
    if job.choose && job.client.can().show_message_request && !found.is_empty() {
        let chosen = job.unless(choose(job, &found)).await?;
        if let Some(chosen) = chosen {
            let edit = target.edit(
                &job.text.text,
                filling(&target, &chosen.tactic, chosen.goals.len()),
            );
            ended.applied = job
                .edit("Suggest next tactics", target.upto, vec![edit])
                .await?;
            ended.edits = usize::from(ended.applied);
        }
    }
    ended.suggestions = Some(found);
    Ok(ended)
}

/// A tactic that was tried and works.
struct Works {
    tactic: String,
    goals: Vec<String>,
}

async fn suggestions(lean: &Lean, target: &Target) -> Result<Vec<Works>, Stop> {
    let declined = |message: String| Stop::from(Ended::with("declined", message));
    let begin = Instant::now();
    let session = lean
        .resources
        .pool
        .session(target.hole.environment.clone())
        .await;
    let session = session.map_err(|e| declined(e.to_string()))?;
    let root = target
        .hole
        .root(&session)
        .await
        .map_err(|e| declined(e.to_string()))?;
    let unreached = "Lean does not come to this place: mend the errors before it first.";
    let root = root.ok_or_else(|| declined(unreached.into()))?.root;
    let mut found: Vec<Works> = Vec::new();
    let mut tried = std::collections::HashSet::new();
    for round in 0..ROUNDS {
        let context = PolicyContext {
            session: &session,
            state: &root,
            depth: 0,
            round,
            path: &[],
            history: &[],
            leftover: None,
            memory: None,
            theorem: &target.hole.name,
            negated: false,
            seed: lean.seed,
        };
        let Ok(answer) = lean.resources.policy.propose(&context).await else {
            break;
        };
        let fresh: Vec<Proposal> = answer
            .proposals
            .into_iter()
            .filter(|p| tried.insert(p.tactic.clone()))
            .collect();
        for batch in fresh.chunks(BATCH) {
            if !found.is_empty() && begin.elapsed() > ENOUGH {
                break;
            }
            found.extend(trial(&session, &root, batch).await);
        }
        if !answer.more || begin.elapsed() > ENOUGH {
            break;
        }
    }
    Ok(found)
}

async fn trial(session: &Session, root: &ProofState, batch: &[Proposal]) -> Vec<Works> {
    let requests: Vec<TacticRequest> = batch
        .iter()
        .map(|p| TacticRequest {
            text: p.tactic.clone(),
            heartbeats: Some(p.heartbeats.map_or(HEARTBEATS, |h| h.min(HEARTBEATS))),
            ms: Some(TACTIC_MS),
        })
        .collect();
    let outcomes = session
        .step(root.id, &requests, false, BATCH_MS)
        .await
        .unwrap_or_default();
    let mut found = Vec::new();
    let mut left = Vec::new();
    for (proposal, outcome) in batch.iter().zip(&outcomes) {
        left.extend(outcome.children.iter().map(|c| c.id));
        found.extend(suggested(proposal, outcome));
    }
    session.free(&left).await;
    found
}

fn suggested(proposal: &Proposal, outcome: &Outcome) -> Option<Works> {
    if !matches!(outcome.status, OutcomeStatus::Closed | OutcomeStatus::Open) {
        return None;
    }
    let goals = outcome
        .children
        .iter()
        .flat_map(|c| &c.goals)
        .map(|g| g.text.clone());
    Some(Works {
        tactic: proposal.tactic.clone(),
        goals: goals.collect(),
    })
}

async fn choose<'a>(job: &Job, found: &'a [Suggested]) -> Option<&'a Suggested> {
    let title = |s: &Suggested| {
        let lines: Vec<&str> = s.tactic.lines().map(str::trim).collect();
        let tactic = lines.join("; ");
        match s.goals.len() {
            0 => format!("{tactic} — closes it"),
            1 => format!("{tactic} — 1 goal"),
            n => format!("{tactic} — {n} goals"),
        }
    };
    let titles: Vec<String> = found.iter().map(title).collect();
    let actions = titles.iter().map(|title| MessageActionItem {
        title: title.clone(),
        properties: Default::default(),
    });
    let params = ShowMessageRequestParams {
        typ: MessageType::INFO,
        message: "Which tactic?".into(),
        actions: Some(actions.collect()),
    };
    let chosen = job.client.ask::<ShowMessageRequest>(params).await??;
    let at = titles.iter().position(|t| *t == chosen.title)?;
    found.get(at)
}

/// The tactic, and a `sorry` for each goal that it leaves.
fn filling(target: &Target, tactic: &str, goals: usize) -> String {
    let mut lines: Vec<String> = tactic.lines().map(str::to_owned).collect();
    match goals {
        0 => {}
        1 => lines.push("sorry".into()),
        n => lines.extend((0..n).map(|_| "· sorry".to_owned())),
    }
    target
        .hole
        .layouts(&lines)
        .into_iter()
        .next()
        .unwrap_or_default()
}
