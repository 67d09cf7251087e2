//! The gates: what a proposed statement must pass.
//!
//! A gate looks at a candidate and gives a [`Finding`]: it passes, or is doubtful, or fails, with a
//! sentence. All gates are asked and all findings kept; a candidate passes if none fails. The gates stand
//! in the order in which they are told: what Lean says first, what the comparison with the informal text
//! says last. No gate needs a model or a network; the opinion of a [`judge`], where one is asked, stands
//! beside them.

pub mod alignment;
mod contradictory;
mod conventions;
mod elaborates;
mod instances;
pub mod judge;
mod leaked;
mod sound;
mod trivial;
mod unused;

use lakatos_lean_bridge::assess::Assessment;
use lakatos_lean_bridge::verbalise::Unread;
use serde::{Deserialize, Serialize};

/// What a gate makes of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing is wrong.
    Passed,
    /// Something may be wrong; it lowers the candidate's class.
    Doubtful,
    /// It is wrong.
    Failed,
}

/// A gate's verdict on a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The gate.
    pub gate: String,
    /// What it makes of the candidate.
    pub outcome: Outcome,
    /// Why, as a sentence; empty where it passed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// A proposed statement with all that the gates may look at.
pub struct Candidate<'a> {
    /// The informal statement.
    pub informal: &'a str,
    /// The proposed statement, without `:=`.
    pub formal: &'a str,
    /// What Lean made of it.
    pub assessed: &'a Result<Assessment, Unread>,
}

/// What a gate says: `None` where it passes.
type Verdict = Option<(Outcome, String)>;

fn fails(why: impl Into<String>) -> Verdict {
    Some((Outcome::Failed, why.into()))
}

fn doubts(why: impl Into<String>) -> Verdict {
    Some((Outcome::Doubtful, why.into()))
}

/// A gate that looks at an assessed candidate.
type Gate = fn(&Candidate<'_>, &Assessment) -> Verdict;

/// The gates after `elaborates`, in order.
const GATES: [(&str, Gate); 8] = [
    ("sound", sound::gate),
    ("unused", unused::gate),
    ("contradictory", contradictory::gate),
    ("trivial", trivial::gate),
    ("leaked", leaked::gate),
    ("instances", instances::gate),
    ("conventions", conventions::gate),
    ("alignment", alignment::gate),
];

/// The gates' names, in the order in which they are asked.
pub fn names() -> Vec<&'static str> {
    std::iter::once(elaborates::NAME)
        .chain(GATES.iter().map(|(name, _)| *name))
        .collect()
}

/// All findings on a candidate; those of gates that need an elaborated statement only where it is one.
pub fn judge(candidate: &Candidate<'_>) -> Vec<Finding> {
    let mut findings = vec![finding(elaborates::NAME, elaborates::gate(candidate))];
    if let Ok(assessment) = candidate.assessed {
        let judged = GATES
            .iter()
            .map(|(name, gate)| finding(name, gate(candidate, assessment)));
        findings.extend(judged);
    }
    findings
}

fn finding(gate: &str, verdict: Verdict) -> Finding {
    let (outcome, why) = verdict.unwrap_or((Outcome::Passed, String::new()));
    Finding {
        gate: gate.to_owned(),
        outcome,
        why,
    }
}

/// The worst of the findings.
pub fn worst(findings: &[Finding]) -> Outcome {
    findings
        .iter()
        .map(|f| f.outcome)
        .max()
        .unwrap_or(Outcome::Passed)
}

/// The first gate that a candidate fails.
pub fn failed(findings: &[Finding]) -> Option<&Finding> {
    findings.iter().find(|f| f.outcome == Outcome::Failed)
}

/// `n = 3, m = 0`.
fn shown(values: &[lakatos_lean_bridge::assess::Value]) -> String {
    if values.is_empty() {
        return "as it stands".into();
    }
    let values: Vec<_> = values
        .iter()
        .map(|v| format!("{} = {}", v.name, v.value))
        .collect();
    format!("for {}", values.join(", "))
}
