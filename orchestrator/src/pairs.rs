//! Pairs of goal and tactic from proofs: each row says where it comes from.
//!
//! A row is a step of a proof that the kernel accepted, of a run or of a table of steps. Where a run's step was `first | a | b`, the
//! row has the alternative that stands in the accepted text.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::policy::templates::{Taken, Template};
use crate::record::{AttemptRecord, NodeRecord, Outcome, TacticRecord};
use crate::search::alternatives::replaced;
use crate::store::{Store, StoreError, StoredRun};
use lakatos_lean_bridge::verdict::Verdict;

/// A pair with its provenance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// What the template asks at this step; see [`Template::example`].
    pub prompt: String,
    /// The tactic, in the names that the prompt has.
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

/// The steps of a run's accepted proofs, each pair once.
///
/// # Errors
/// The store cannot be read, or [`Template::example`]'s.
pub fn of_run(
    store: &Store,
    run: &StoredRun,
    template: &Template,
) -> Result<Vec<Pair>, PairsError> {
    let lean = run
        .versions
        .get("lean")
        .and_then(|v| v.as_str())
        .unwrap_or("unknown");
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
        let taken: Vec<(&TacticRecord, String)> = steps(&attempt).collect();
        let accepted: HashMap<u32, &str> = taken
            .iter()
            .map(|(t, text)| (t.id, text.as_str()))
            .collect();
        for (tactic, text) in &taken {
            let Some(node) = attempt.nodes.get(tactic.node as usize) else {
                continue;
            };
            let mut way = vec![Taken {
                goals: &node.goals,
                tactic: text,
            }];
            way.extend(above(&attempt, node, &accepted));
            way.reverse();
            let Some((prompt, completion)) =
                template.example(&way).map_err(PairsError::Template)?
            else {
                continue;
            };
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
    Ok(once(pairs))
}

/// The steps that led to a node, the last one first.
fn above<'a>(
    attempt: &'a AttemptRecord,
    node: &'a NodeRecord,
    accepted: &'a HashMap<u32, &'a str>,
) -> impl Iterator<Item = Taken<'a>> {
    let mut at = node.parent;
    std::iter::from_fn(move || {
        let tactic = attempt.tactics.get(at? as usize)?;
        let node = attempt.nodes.get(tactic.node as usize)?;
        at = node.parent;
        Some(Taken {
            goals: &node.goals,
            tactic: accepted.get(&tactic.id).copied().unwrap_or(&tactic.text),
        })
    })
}

/// Why there are no pairs.
#[derive(Debug, thiserror::Error)]
pub enum PairsError {
    /// The run store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A line of a file.
    #[error("{source_name}:{line}: {error}; {form}")]
    Line {
        /// The file.
        source_name: String,
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        error: serde_json::Error,
        /// What a line is.
        form: &'static str,
    },
    /// The template asks for what a pair does not have.
    #[error("the template does not suit pairs: {0}")]
    Template(String),
}

/// The lines of a file, each of which is a value; `form` says what.
fn lines<'a, T: serde::de::DeserializeOwned>(
    text: &'a str,
    source: &'a str,
    form: &'static str,
) -> impl Iterator<Item = Result<T, PairsError>> + 'a {
    let filled = text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty());
    filled.map(move |(i, line)| {
        serde_json::from_str(line).map_err(|error| PairsError::Line {
            source_name: source.to_owned(),
            line: i + 1,
            error,
            form,
        })
    })
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
/// A line is not of that form, or [`Template::example`]'s.
pub fn of_lines(text: &str, source: &str, template: &Template) -> Result<Vec<Pair>, PairsError> {
    let mut pairs = Vec::new();
    for row in lines::<Closed>(text, source, r#"a line is {"goal", "tactic", "problem"}"#) {
        let row = row?;
        let step = Taken {
            goals: std::slice::from_ref(&row.goal),
            tactic: &row.tactic,
        };
        let written = template.example(&[step]).map_err(PairsError::Template)?;
        pairs.extend(written.map(|(prompt, completion)| Pair {
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
        }));
    }
    Ok(once(pairs))
}

/// A row of a table `steps`, as `lakatos mutate` writes it.
#[derive(Debug, Clone, Deserialize)]
struct TableStep {
    name: String,
    step: u32,
    state: String,
    tactic: String,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    rule: String,
    #[serde(default)]
    toolchain: String,
}

/// Pairs of such a table's lines, each once. Rows of a proof lie together, in its order; all are of proofs that were accepted at
/// level 3, since `mutate` writes no others.
///
/// # Errors
/// A line is not of that form, or [`Template::example`]'s.
pub fn of_steps(text: &str, source: &str, template: &Template) -> Result<Vec<Pair>, PairsError> {
    let form =
        r#"a line is {"name", "step", "state", "tactic"}, as in `steps/` of `lakatos mutate`"#;
    let rows: Vec<TableStep> = lines(text, source, form).collect::<Result<_, _>>()?;
    let mut pairs = Vec::new();
    for proof in rows.chunk_by(|a, b| a.name == b.name && b.step > a.step) {
        let goals: Vec<[String; 1]> = proof.iter().map(|s| [s.state.clone()]).collect();
        let way: Vec<Taken<'_>> = proof
            .iter()
            .zip(&goals)
            .map(|(row, goals)| Taken {
                goals,
                tactic: &row.tactic,
            })
            .collect();
        for (i, row) in proof.iter().enumerate() {
            let written = template.example(&way[..=i]).map_err(PairsError::Template)?;
            pairs.extend(written.map(|(prompt, completion)| Pair {
                prompt,
                completion,
                problem: row.name.clone(),
                source: source.to_owned(),
                run: String::new(),
                seed: row.seed,
                environment: String::new(),
                lean: row.toolchain.clone(),
                level: 3,
                depth: row.step,
                policy: format!("mutate/{}", row.rule),
            }));
        }
    }
    Ok(once(pairs))
}

/// Each pair of prompt and completion once, the first.
fn once(mut pairs: Vec<Pair>) -> Vec<Pair> {
    let mut seen = HashSet::new();
    pairs.retain(|p| seen.insert((p.prompt.clone(), p.completion.clone())));
    pairs
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
        let template = Template::load("lakatos").unwrap();
        let pairs = of_lines(&format!("{line}\n\n{line}\n"), "here", &template).unwrap();
        let [pair] = pairs.as_slice() else {
            panic!("{pairs:?}");
        };
        assert_eq!(pair.prompt, "X1 : Nat\nH1 : 0 < X1\n⊢ F1 X1 ≠ 0\n:::\n");
        assert_eq!((pair.completion.as_str(), pair.level), ("simp [F1, H1]", 0));
        let error = of_lines(&format!("{line}\n{{}}"), "here", &template).unwrap_err();
        assert!(
            error.to_string().starts_with("here:2: missing field"),
            "{error}"
        );
    }

    #[test]
    fn steps_of_a_table_extend_each_other() {
        let row = |name: &str, step: u32, state: &str, tactic: &str| {
            serde_json::json!({"name": name, "step": step, "state": state, "tactic": tactic, "seed": 4, "rule": "rw"}).to_string()
        };
        let table = [
            row("a", 0, "⊢ p", "have := h"),
            row("a", 1, "this : q\n⊢ p", "exact this"),
            row("b", 0, "⊢ r", "simp"),
        ]
        .join("\n");
        let history = Template::load("history").unwrap();
        let pairs = of_steps(&table, "steps", &history).unwrap();
        let [first, second, third] = pairs.as_slice() else {
            panic!("{pairs:?}");
        };
        assert_eq!(first.prompt, "[GOAL]\n⊢ p\n[TACTIC]\n");
        assert_eq!(
            second.prompt,
            format!(
                "{}have := h\n[GOAL]\nthis : q\n⊢ p\n[TACTIC]\n",
                first.prompt
            )
        );
        assert_eq!(
            (second.completion.as_str(), second.depth, second.seed),
            ("exact this", 1, 4)
        );
        assert_eq!(
            (third.prompt.as_str(), third.policy.as_str()),
            ("[GOAL]\n⊢ r\n[TACTIC]\n", "mutate/rw")
        );
        // A template that asks for the theorem's name cannot be filled from steps.
        let template = Template::load("deepseek").unwrap();
        let error = of_steps(&table, "steps", &template).unwrap_err();
        assert!(error.to_string().contains("no `{theorem}`"), "{error}");
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
