//! Records of the theorems that a run proved: what is exported of it.

use lakatos_datasets::Problem;
use lakatos_datasets::exchange::{Record, Step};
use lakatos_lean_bridge::verdict::Verdict;

use crate::pairs;
use crate::record::Outcome;
use crate::store::{FinishedProblem, StoredRun};

/// The record of a problem whose proof was accepted; none where there is none.
pub fn of_result(run: &StoredRun, result: &FinishedProblem) -> Option<Record> {
    let attempt = result.attempt.as_ref()?;
    let Some(Verdict::Accepted { level, axioms, .. }) = &attempt.verdict else {
        return None;
    };
    if attempt.outcome != Outcome::Proved {
        return None;
    }
    let problem = &result.problem.problem;
    let payload: Option<Problem> = serde_json::from_value(problem.payload.clone()).ok();
    let imports = problem.environment.imports.iter();
    let imports: String = imports.map(|m| format!("import {m}\n")).collect();
    let steps = pairs::steps(attempt).filter_map(|(tactic, text)| {
        let goals = |id: u32| attempt.nodes.get(id as usize).map(|n| n.goals.join("\n\n"));
        let after: Option<Vec<String>> = tactic.children.iter().map(|id| goals(*id)).collect();
        let after = after.map(|goals| match goals.is_empty() {
            true => "no goals".to_owned(),
            false => goals.join("\n\n"),
        });
        Some(Step {
            state_before: goals(tactic.node)?,
            tactic: text,
            state_after: after,
            ..Step::default()
        })
    });
    let lean = run.versions.get("lean").and_then(|v| v.as_str());
    Some(Record {
        name: problem.name.clone(),
        split: problem.split.clone(),
        header: Some(format!("{imports}{}", problem.environment.text)).filter(|h| !h.is_empty()),
        formal_statement: format!("{} := by sorry", problem.statement.trim_end()),
        formal_proof: Some(attempt.proof.clone()?),
        informal_statement: payload.and_then(|p| p.informal),
        source: Some(problem.origin.clone()),
        steps: Some(steps.collect()),
        level: Some(u8::from(*level).into()),
        axioms: Some(axioms.clone()),
        lean: lean.map(str::to_owned),
        ..Record::default()
    })
}
