//! Hints: a `sorry` that a finisher closes. They are looked for when nothing has been typed for a while, tried in Lean
//! with small budgets, and judged by the kernel before they are shown.

use lakatos_lean_bridge::outline::Span;
use lakatos_lean_bridge::protocol::{OutcomeStatus, TacticRequest};

use super::client::Client;
use super::documents::{Documents, Mark, MarkKind, Outlined};
use super::lean::Lean;
use super::settings::Settings;
use super::target;

/// What is tried, the plainest first.
const FINISHERS: [&str; 7] = [
    "rfl",
    "trivial",
    "assumption",
    "simp",
    "omega",
    "decide",
    "simp_all",
];
/// Thousands of heartbeats for each.
const HEARTBEATS: u32 = 400;
/// Milliseconds for each.
const TACTIC_MS: u32 = 500;
/// Milliseconds for all.
const ALL_MS: u64 = 3000;
/// Holes of a file that are looked at.
const HOLES: usize = 32;

/// Looks at the file's holes that have no hint yet; what is found is marked and shown at once.
pub async fn look(
    documents: &Documents,
    client: &Client,
    lean: &Lean,
    settings: &Settings,
    outlined: &Outlined,
) {
    let (text, outline) = (&outlined.text, &outlined.outline);
    let known = documents.marks(&text.uri);
    let holes = outline
        .commands
        .iter()
        .filter(|c| c.is_theorem())
        .flat_map(|c| &c.sorries);
    for hole in holes.take(HOLES) {
        if known
            .iter()
            .any(|m| m.span == hole.span && matches!(m.kind, MarkKind::Closes(_)))
        {
            continue;
        }
        let Ok(target) = target::at(&text.text, outline, hole.span.start, &settings.axioms) else {
            continue;
        };
        let Some(filling) = closing(lean, &target).await else {
            continue;
        };
        let about = Span {
            start: 0,
            end: hole.span.end,
        };
        let kind = MarkKind::Closes(filling);
        let mark = Mark {
            span: hole.span,
            about,
            kind,
        };
        if !documents.mark(text, mark) {
            return;
        }
        if let Some((text, said)) = documents.diagnostics(&text.uri, client.can().encoding) {
            client.publish(&text, said);
        }
        client.refresh();
    }
}

/// What closes the hole, as it belongs there.
async fn closing(lean: &Lean, target: &target::Target) -> Option<String> {
    let session = lean
        .resources
        .pool
        .session(target.hole.environment.clone())
        .await
        .ok()?;
    let root = target.hole.root(&session).await.ok()??.root;
    let requests: Vec<TacticRequest> = FINISHERS
        .iter()
        .map(|t| TacticRequest {
            text: (*t).to_owned(),
            heartbeats: Some(HEARTBEATS),
            ms: Some(TACTIC_MS),
        })
        .collect();
    let outcomes = session.step(root.id, &requests, true, ALL_MS).await.ok()?;
    let closed = outcomes
        .iter()
        .position(|o| o.status == OutcomeStatus::Closed)?;
    let tactic = (*FINISHERS.get(closed)?).to_owned();
    let filling = target.hole.layouts(&[tactic]).into_iter().next()?;
    let seconds = lean.search.verify_seconds;
    let verdict = target.hole.judge(&lean.resources.pool, seconds, &filling);
    verdict.await.is_proved().then_some(filling)
}
