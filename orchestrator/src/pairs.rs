//! Pairs of goal and tactic from the proofs of a run: each row says where it comes from.
//!
//! A row is a step of a proof that the kernel accepted. Where the step was `first | a | b`, the row has the alternative that
//! stands in the accepted text.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::record::{AttemptRecord, Outcome, TacticRecord};
use crate::search::alternatives::replaced;
use crate::store::{Store, StoreError, StoredRun};
use lakatos_lean_bridge::verdict::Verdict;

/// A pair with its provenance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// The goals as Lean prints them, and the template's end; see [`prompt`].
    pub prompt: String,
    /// The tactic.
    pub completion: String,
    /// The problem's name.
    pub problem: String,
    /// Where the problem was read.
    pub source: String,
    /// The run.
    pub run: String,
    /// The run's seed.
    pub seed: u64,
    /// What the theorem stands in: imports and definitions.
    pub environment: String,
    /// Which Lean, in words.
    pub lean: String,
    /// The level at which the proof was accepted.
    pub level: u8,
    /// Steps from the root.
    pub depth: u32,
    /// What proposed the tactic.
    pub policy: String,
}

/// The prompt of goals: the template `lakatos`.
pub fn prompt(goals: &[String]) -> String {
    format!("{}\n:::\n", goals.join("\n\n"))
}

/// The steps of a run's accepted proofs, each pair once.
///
/// # Errors
/// The store cannot be read.
pub fn of_run(store: &Store, run: &StoredRun) -> Result<Vec<Pair>, StoreError> {
    let lean = run
        .versions
        .get("lean")
        .and_then(|v| v.as_str())
        .unwrap_or("unknown");
    let mut seen = HashSet::new();
    let mut pairs = Vec::new();
    for result in store.results(run.id, true)? {
        let problem = result.problem.problem;
        let Some(attempt) = result.attempt else {
            continue;
        };
        let (Outcome::Proved, Some(Verdict::Accepted { level, .. })) =
            (attempt.outcome, &attempt.verdict)
        else {
            continue;
        };
        for (tactic, completion) in steps(&attempt) {
            let Some(node) = attempt.nodes.get(tactic.node as usize) else {
                continue;
            };
            let prompt = prompt(&node.goals);
            if seen.insert((prompt.clone(), completion.clone())) {
                pairs.push(Pair {
                    prompt,
                    completion,
                    problem: problem.name.clone(),
                    source: problem.origin.clone(),
                    run: run.name.clone(),
                    seed: run.seed,
                    environment: format!(
                        "{}\n{}",
                        problem.environment.imports.join(" "),
                        problem.environment.text
                    ),
                    lean: lean.to_owned(),
                    level: u8::from(*level),
                    depth: node.depth,
                    policy: tactic.source.clone(),
                });
            }
        }
    }
    Ok(pairs)
}

/// The proof's steps, with the text that was accepted.
pub(crate) fn steps(attempt: &AttemptRecord) -> impl Iterator<Item = (&TacticRecord, String)> {
    let proof = squeezed(attempt.proof.as_deref().unwrap_or_default());
    let steps = attempt.tactics.iter().filter(|t| t.in_proof);
    steps.map(move |t| (t, narrowed(&t.text, &proof)))
}

/// Candidates that are looked at for a step.
const CANDIDATES: usize = 512;

/// The tactic with those of its alternatives that stand in the proof; as it is where none does.
fn narrowed(tactic: &str, proof: &str) -> String {
    let mut waiting = vec![tactic.to_owned()];
    let mut best: Option<String> = None;
    for _ in 0..CANDIDATES {
        let Some(text) = waiting.pop() else { break };
        let here = proof.contains(&squeezed(&text));
        if here && best.as_ref().is_none_or(|b| text.len() < b.len()) {
            best = Some(text.clone());
        }
        let mut n = 0;
        while let Some(candidates) = replaced(&text, n) {
            waiting.extend(candidates);
            n += 1;
        }
    }
    best.unwrap_or_else(|| tactic.to_owned())
}

/// Without what indentation changes.
fn squeezed(text: &str) -> String {
    text.lines()
        .map(|l| l.trim().trim_start_matches("· ").trim_start())
        .collect::<Vec<_>>()
        .join("\n")
}

/// At most so many rows of the same completion, the first ones.
pub fn thin(pairs: Vec<Pair>, at_most: Option<usize>) -> Vec<Pair> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let keep = |p: &Pair| {
        let count = counts.entry(p.completion.clone()).or_default();
        *count += 1;
        at_most.is_none_or(|most| *count <= most)
    };
    pairs
        .into_iter()
        .filter({
            let mut keep = keep;
            move |p| keep(p)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alternative_of_the_accepted_text_is_taken() {
        let tactic = "induction n with\n| zero => (first | omega | grind)\n| succ n ih => (first | omega | grind)";
        let proof = squeezed(
            "theorem t : p := by\n  · induction n with\n    | zero => omega\n    | succ n ih => grind\n",
        );
        assert_eq!(
            narrowed(tactic, &proof),
            "induction n with\n| zero => omega\n| succ n ih => grind"
        );
        assert_eq!(
            narrowed("first | omega | grind", "theorem t : p := by\nsimp"),
            "first | omega | grind"
        );
    }
}
