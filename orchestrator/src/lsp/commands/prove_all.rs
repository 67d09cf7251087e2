//! *Replace sorry in this file*: every `sorry` of the file's theorems in turn, and one edit at the end.

use lakatos_lean_bridge::outline::{Outline, Span};

use super::prove::told;
use crate::lsp::job::{Ended, Job, Stop};
use crate::lsp::target;
use crate::search::hole::{self, End, Progress};

/// Searches for all, in the order of the file. Later ones are searched with the earlier ones filled. What is
/// found is put in place at the end, and each filled theorem is judged once more as it then stands.
pub async fn run(job: &Job) -> Result<Ended, Stop> {
    let lean = job.lean().await?;
    let outlined = job.outlined().await?;
    let (outline, text) = (&outlined.outline, &job.text.text);
    let holes: Vec<Span> = theorems(outline)
        .flat_map(|c| c.sorries.iter().map(|s| s.span))
        .collect();
    let passed: usize = outline
        .commands
        .iter()
        .filter(|c| !c.is_theorem())
        .map(|c| c.sorries.len())
        .sum();
    if holes.is_empty() {
        let said = if passed > 0 {
            "The `sorry`s of this file stand in definitions, on which a kernel passes no verdict."
        } else {
            "There is no `sorry` in this file."
        };
        return Ok(Ended::with("declined", said));
    }
    let showing = job
        .client
        .begin("Proving all", job.token.clone(), &job.cancel)
        .await;
    let config = job.search(&lean);
    let mut edits: Vec<(Span, String)> = Vec::new();
    let (mut proved, mut failed) = (0, passed);
    for (n, place) in holes.iter().enumerate() {
        let report =
            |p: Progress| showing.report(format!("{} of {}: {}", n + 1, holes.len(), told(&p)));
        let (now, moved) = filled(text, &edits);
        let shifted = moved_by(&edits, place.start);
        let fresh = shift(outline, &moved, text.len(), now.len());
        let at = (place.start as isize + shifted) as usize;
        let Ok(target) = target::at(&now, &fresh, at, &job.settings.axioms) else {
            failed += 1;
            continue;
        };
        match hole::fill(
            &target.hole,
            &lean.resources,
            &config,
            lean.seed,
            &job.cancel,
            &report,
        )
        .await
        {
            End::Cancelled => return Err(Stop::Cancelled),
            End::Not(_) => failed += 1,
            End::Proved(found) => {
                let (span, filling) = target.edit(&now, found.text);
                let back = |at: usize| (at as isize - shifted) as usize;
                let span = Span {
                    start: back(span.start),
                    end: back(span.end),
                };
                edits.push((span, filling));
                proved += 1;
            }
        }
    }
    let settled = job.unless(judged(job, &lean, outline, &edits)).await?;
    let dropped = edits.len() - settled.len();
    let applied = !settled.is_empty()
        && job
            .edit("Replace sorry in this file", text.len(), settled.clone())
            .await?;
    let total = holes.len() + passed;
    Ok(Ended {
        applied,
        edits: if applied { settled.len() } else { 0 },
        failed: failed + dropped,
        ..Ended::with(
            if proved > dropped { "proved" } else { "failed" },
            format!(
                "{} of {total} proved, each accepted by the kernel.",
                proved - dropped
            ),
        )
    })
}

fn theorems(outline: &Outline) -> impl Iterator<Item = &lakatos_lean_bridge::outline::Command> {
    outline.commands.iter().filter(|c| c.is_theorem())
}

/// The text with the edits made, and for each its old end and how far what follows has moved.
fn filled(text: &str, edits: &[(Span, String)]) -> (String, Vec<(usize, isize)>) {
    let (mut now, mut at, mut by, mut moved) = (String::new(), 0, 0isize, Vec::new());
    for (span, new) in edits {
        now.push_str(text.get(at..span.start).unwrap_or_default());
        now.push_str(new);
        at = span.end;
        by += new.len() as isize - (span.end - span.start) as isize;
        moved.push((span.end, by));
    }
    now.push_str(text.get(at..).unwrap_or_default());
    (now, moved)
}

fn moved_by(edits: &[(Span, String)], at: usize) -> isize {
    let before = edits.iter().filter(|(span, _)| span.end <= at);
    before
        .map(|(span, new)| new.len() as isize - (span.end - span.start) as isize)
        .sum()
}

/// The outline with its places where the edits have moved them, and the filled holes gone.
fn shift(outline: &Outline, moved: &[(usize, isize)], old: usize, new: usize) -> Outline {
    let by = |at: usize| {
        let last = moved.iter().rev().find(|(end, _)| *end <= at);
        let to = at as isize + last.map_or(0, |(_, by)| *by);
        (to as usize).min(if at >= old { new } else { usize::MAX })
    };
    let span = |s: Span| Span {
        start: by(s.start),
        end: by(s.end),
    };
    let filled = |s: Span| moved.iter().any(|(end, _)| *end == s.end);
    let mut outline = outline.clone();
    for c in &mut outline.commands {
        c.sorries.retain(|s| !filled(s.span));
        if c.sorries.is_empty() {
            c.messages.retain(|m| !m.sorry);
        }
        c.piece = span(c.piece);
        c.text = c.text.map(span);
        c.id = c.id.map(span);
        c.value = c.value.map(span);
        c.blocks.iter_mut().for_each(|b| *b = span(*b));
        c.sorries.iter_mut().for_each(|s| s.span = span(s.span));
        c.messages.iter_mut().for_each(|m| m.span = span(m.span));
    }
    outline
}

/// The edits of the theorems that the kernel accepts as they stand in the end.
async fn judged(
    job: &Job,
    lean: &crate::lsp::lean::Lean,
    outline: &Outline,
    edits: &[(Span, String)],
) -> Vec<(Span, String)> {
    let text = &job.text.text;
    let mut kept: Vec<(Span, String)> = Vec::new();
    for (index, command) in outline.commands.iter().enumerate() {
        let own: Vec<_> = edits
            .iter()
            .filter(|(s, _)| command.piece.start <= s.start && s.end <= command.piece.end)
            .cloned()
            .collect();
        if own.is_empty() {
            continue;
        }
        let all = [kept.clone(), own.clone()].concat();
        let (now, moved) = filled(text, &all);
        let fresh = shift(outline, &moved, text.len(), now.len());
        let Ok(mut target) = target::whole(&now, &fresh, index, &job.settings.axioms) else {
            continue;
        };
        let value = target.place.of(&now).unwrap_or_default();
        let left = fresh
            .commands
            .get(index)
            .is_some_and(|c| !c.sorries.is_empty());
        if left && !target.hole.axioms.iter().any(|a| a == "sorryAx") {
            target.hole.axioms.push("sorryAx".into());
        }
        let seconds = lean.search.verify_seconds;
        let verdict = target.hole.judge(&lean.resources.pool, seconds, value);
        if verdict.await.is_proved() {
            kept.extend(own);
        }
    }
    kept
}
