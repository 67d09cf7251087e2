//! Pairs of goal and tactic from the proofs of a run: each row says where it comes from.
//!
//! A row is a step of a proof that the kernel accepted. Where the step was `first | a | b`, the row has the alternative that
//! stands in the accepted text.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::policy::canonical::Names;
use crate::record::{AttemptRecord, Outcome, TacticRecord};
use crate::search::alternatives::replaced;
use crate::store::{Store, StoreError, StoredRun};
use lakatos_lean_bridge::verdict::Verdict;

/// A pair with its provenance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// The first goal in canonical names, and the template's end; see [`pair`].
    pub prompt: String,
    /// The tactic, in the same names.
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
    /// The level at which the proof was accepted; 0 for what was not verified as a proof of its own.
    pub level: u8,
    /// Steps from the root.
    pub depth: u32,
    /// What proposed the tactic.
    pub policy: String,
}

/// Prompt and completion for a tactic on the first of some goals, after the template `lakatos`; none where the tactic makes a
/// name that looks like a canonical one.
pub fn pair(goals: &[String], tactic: &str) -> Option<(String, String)> {
    let goal = goals.first()?;
    let names = Names::of(goal);
    let completion = names.tactic(tactic)?;
    Some((format!("{}\n:::\n", names.goal(goal)), completion))
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
            let Some((prompt, completion)) = pair(&node.goals, &completion) else {
                continue;
            };
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

/// A goal and a tactic that Lean accepted on it, from elsewhere: a line of JSON.
#[derive(Debug, Clone, Deserialize)]
pub struct Closed {
    /// The goal as Lean prints it.
    pub goal: String,
    /// The tactic.
    pub tactic: String,
    /// What the goal is of, such as a theorem of the library.
    pub problem: String,
}

/// Pairs of such lines, each once; `source` says where they were read.
///
/// # Errors
/// A line is not of that form: its number, from 1, and what is wrong.
pub fn of_lines(text: &str, source: &str) -> Result<Vec<Pair>, (usize, serde_json::Error)> {
    let mut seen = HashSet::new();
    let mut pairs = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let row: Closed = serde_json::from_str(line).map_err(|e| (i + 1, e))?;
        let Some((prompt, completion)) = pair(std::slice::from_ref(&row.goal), &row.tactic) else {
            continue;
        };
        if seen.insert((prompt.clone(), completion.clone())) {
            pairs.push(Pair {
                prompt,
                completion,
                problem: row.problem,
                source: source.to_owned(),
                run: String::new(),
                seed: 0,
                environment: String::new(),
                lean: String::new(),
                level: 0,
                depth: 0,
                policy: String::new(),
            });
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
    fn lines_become_pairs_in_canonical_names() {
        let line = r#"{"goal": "n : Nat\nh : 0 < n\n⊢ f n ≠ 0", "tactic": "simp [f, h]", "problem": "f_ne"}"#;
        let pairs = of_lines(&format!("{line}\n\n{line}\n"), "here").unwrap();
        let [pair] = pairs.as_slice() else {
            panic!("{pairs:?}");
        };
        assert_eq!(pair.prompt, "X1 : Nat\nH1 : 0 < X1\n⊢ F1 X1 ≠ 0\n:::\n");
        assert_eq!((pair.completion.as_str(), pair.level), ("simp [F1, H1]", 0));
        assert_eq!(of_lines(&format!("{line}\n{{}}"), "here").unwrap_err().0, 2);
    }

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
