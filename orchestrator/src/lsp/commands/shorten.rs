//! *Shorten this proof*: fewer steps, where Lean and then the kernel accept the shorter text.
//!
//! The steps of the theorem's tactic block are tried without each, and with a finisher in the place of
//! everything from some step on. The shortest text that elaborates is judged like any other.

use lakatos_lean_bridge::outline::Span;
use lakatos_lean_bridge::pool::Session;
use lakatos_lean_bridge::protocol::{OutcomeStatus, TacticRequest};

use crate::lsp::job::{Ended, Job, Stop};
use crate::lsp::lean::Lean;
use crate::lsp::target::{self, Target};
use crate::search::hole::Hole;

/// What may finish a proof early, the plainest first.
const FINISHERS: [&str; 9] = [
    "rfl",
    "trivial",
    "assumption",
    "simp",
    "omega",
    "decide",
    "simp_all",
    "simp; omega",
    "grind",
];
/// Thousands of heartbeats for a finisher.
const HEARTBEATS: u32 = 2000;
/// Milliseconds for a finisher.
const FINISHER_MS: u32 = 2000;
/// Milliseconds for a whole text.
const TEXT_MS: u64 = 20_000;
/// Texts that are tried at most.
const TRIES: usize = 60;

/// Shortens the proof of the theorem at the place.
pub async fn run(job: &Job) -> Result<Ended, Stop> {
    let lean = job.lean().await?;
    let outlined = job.outlined().await?;
    let declined = |why: &str| Stop::from(Ended::with("declined", why));
    let text = &job.text.text;
    let (index, command) =
        target::command(&outlined.outline, job.offset).map_err(|why| declined(&why))?;
    if !command.sorries.is_empty() || command.has_error() {
        return Err(declined(
            "This proof is not finished: there is nothing to shorten yet.",
        ));
    }
    let whole = target::whole(text, &outlined.outline, index, &job.settings.axioms);
    let whole = whole.map_err(|why| declined(&why))?;
    let block = command.blocks.iter().min_by_key(|b| b.start).copied();
    let block = block.filter(|b| {
        let before = Span {
            start: whole.place.start,
            end: b.start,
        };
        before.of(text).is_some_and(|t| t.trim() == "by")
    });
    let block = block.ok_or_else(|| declined("This proof is not a block of tactics."))?;
    let steps =
        steps(text, block).ok_or_else(|| declined("This proof is not a block of tactics."))?;
    let showing = job
        .client
        .begin("Shortening", job.token.clone(), &job.cancel)
        .await;
    let shortening = Shortening {
        lean: &lean,
        whole: &whole,
        tries: TRIES,
    };
    let shorter = job
        .unless(shortening.run(steps.clone(), |n| showing.report(n)))
        .await?;
    let shorter = match shorter {
        Ok(shorter) => shorter,
        Err(error) => return Err(declined(&error.to_string())),
    };
    if length(&shorter) >= length(&steps) {
        return Ok(Ended::with("failed", "No shorter proof was found."));
    }
    let lines = shorter
        .iter()
        .flat_map(|s| s.lines())
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let Some(filling) = job.unless(accepted(&lean, &whole, &lines)).await? else {
        return Ok(Ended::with(
            "failed",
            "What seemed shorter was not accepted by the kernel.",
        ));
    };
    let said = format!(
        "{} instead of {} steps, accepted by the kernel.",
        shorter.len(),
        steps.len()
    );
    let edit = whole.edit(text, filling.clone());
    let applied = job
        .edit("Shorten this proof", whole.upto, vec![edit])
        .await?;
    Ok(Ended {
        applied,
        edits: usize::from(applied),
        proof: Some(filling),
        ..Ended::with("shortened", said)
    })
}

fn length(steps: &[String]) -> usize {
    steps.iter().map(String::len).sum::<usize>() + steps.len()
}

/// The steps of a block: its lines, with what is indented deeper; unindented. None where they do not stand in one column.
fn steps(text: &str, block: Span) -> Option<Vec<String>> {
    let before = text.get(..block.start)?;
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    let mut steps: Vec<String> = Vec::new();
    for (n, line) in block.of(text)?.lines().enumerate() {
        let spaces = line.chars().take_while(|c| *c == ' ').count();
        if n == 0 {
            steps.push(line.trim_end().to_owned());
        } else if line.trim().is_empty() {
            continue;
        } else if spaces == column {
            steps.push(line.trim().to_owned());
        } else if spaces > column {
            let last = steps.last_mut()?;
            last.push('\n');
            last.push_str(line.get(column..)?.trim_end());
        } else {
            return None;
        }
    }
    Some(steps)
}

/// The first way of writing the steps that the kernel accepts.
async fn accepted(lean: &Lean, whole: &Target, lines: &[String]) -> Option<String> {
    for filling in whole.hole.layouts(lines) {
        let seconds = lean.search.verify_seconds;
        let verdict = whole.hole.judge(&lean.resources.pool, seconds, &filling);
        if verdict.await.is_proved() {
            return Some(filling);
        }
    }
    None
}

struct Shortening<'a> {
    lean: &'a Lean,
    whole: &'a Target,
    tries: usize,
}

impl Shortening<'_> {
    async fn run(
        mut self,
        mut steps: Vec<String>,
        report: impl Fn(String),
    ) -> Result<Vec<String>, lakatos_lean_bridge::BridgeError> {
        let session = self
            .lean
            .resources
            .pool
            .session(self.whole.hole.environment.clone())
            .await?;
        for kept in 0..steps.len() {
            report(format!("finishing after {kept} of {} steps", steps.len()));
            if let Some(finisher) = self.finisher(&session, &steps, kept).await? {
                let mut shorter = steps.get(..kept).unwrap_or_default().to_vec();
                shorter.push(finisher);
                if length(&shorter) < length(&steps) {
                    steps = shorter;
                    break;
                }
            }
        }
        let mut at = steps.len();
        while at > 0 {
            at -= 1;
            report(format!("without step {} of {}", at + 1, steps.len()));
            let mut without = steps.clone();
            without.remove(at);
            if !without.is_empty() && self.elaborates(&without).await {
                steps = without;
                at = at.min(steps.len());
            }
        }
        Ok(steps)
    }

    /// A finisher that closes what the first `kept` steps leave.
    async fn finisher(
        &mut self,
        session: &Session,
        steps: &[String],
        kept: usize,
    ) -> Result<Option<String>, lakatos_lean_bridge::BridgeError> {
        let mut lines: Vec<String> = steps
            .iter()
            .take(kept)
            .flat_map(|s| s.lines())
            .map(str::to_owned)
            .collect();
        lines.push("sorry".into());
        let filling = match lines.as_slice() {
            [only] => format!("by {only}"),
            _ => self
                .whole
                .hole
                .layouts(&lines)
                .into_iter()
                .next()
                .unwrap_or_default(),
        };
        let before = filling.strip_suffix("sorry").unwrap_or(&filling);
        let hole = Hole {
            head: format!("{}{before}", self.whole.hole.head),
            tactic: true,
            ..self.whole.hole.clone()
        };
        let Some(root) = hole.root(session).await? else {
            return Ok(None);
        };
        let requests: Vec<TacticRequest> = FINISHERS
            .iter()
            .map(|t| TacticRequest {
                text: (*t).to_owned(),
                heartbeats: Some(HEARTBEATS),
                ms: Some(FINISHER_MS),
            })
            .collect();
        let outcomes = session.step(root.root.id, &requests, true, TEXT_MS).await?;
        let closed = outcomes
            .iter()
            .position(|o| o.status == OutcomeStatus::Closed);
        let left: Vec<_> = outcomes
            .iter()
            .flat_map(|o| &o.children)
            .map(|c| c.id)
            .chain([root.root.id])
            .collect();
        session.free(&left).await;
        Ok(closed
            .and_then(|i| FINISHERS.get(i))
            .map(|t| (*t).to_owned()))
    }

    async fn elaborates(&mut self, steps: &[String]) -> bool {
        if self.tries == 0 {
            return false;
        }
        self.tries -= 1;
        let lines: Vec<String> = steps
            .iter()
            .flat_map(|s| s.lines())
            .map(str::to_owned)
            .collect();
        let Some(filling) = self.whole.hole.layouts(&lines).into_iter().next() else {
            return false;
        };
        let text = self.whole.hole.with(&filling);
        let checked = self
            .lean
            .resources
            .pool
            .check(&self.whole.hole.environment, &text, TEXT_MS)
            .await;
        checked.is_ok_and(|report| report.complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_lines_with_what_is_deeper() {
        let text = "theorem t : p := by\n  induction n with\n  | zero => simp\n  | succ n ih =>\n    rw [ih]\n    done\n  rfl\n";
        let start = text.find("induction").unwrap();
        let block = Span {
            start,
            end: text.len() - 1,
        };
        let found = steps(text, block).unwrap();
        assert_eq!(
            found,
            [
                "induction n with",
                "| zero => simp",
                "| succ n ih =>\n  rw [ih]\n  done",
                "rfl"
            ]
        );
        assert_eq!(steps("  simp\n rfl", Span { start: 2, end: 11 }), None);
    }
}
