//! The table that a run ends with.

use lakatos_lean_bridge::verdict::Verdict;

use crate::events::Summary;
use crate::progress::{Console, first_line};
use crate::record::Outcome;
use crate::store::FinishedProblem;

/// Whether a problem was declined because of what its source says, and not of what is installed.
pub fn is_bad_input(result: &FinishedProblem) -> bool {
    let reason = result
        .attempt
        .as_ref()
        .filter(|a| a.outcome == Outcome::Declined)
        .and_then(|a| a.reason.as_ref());
    reason.is_some_and(|r| {
        matches!(
            r.class.as_str(),
            "does_not_elaborate" | "not_a_proposition" | "import"
        )
    })
}

/// Prints results and totals.
pub fn print(console: &Console, results: &[FinishedProblem], summary: &Summary) {
    for line in lines(results, summary) {
        console.out(line);
    }
}

fn lines(results: &[FinishedProblem], summary: &Summary) -> Vec<String> {
    let width = results
        .iter()
        .map(|r| r.problem.problem.name.chars().count())
        .max()
        .unwrap_or(0)
        .clamp(4, 48);
    let mut lines = vec![format!(
        "{:width$}  {:<9} {:>5}  {:>8}  {:>6}  {}",
        "NAME", "VERDICT", "LEVEL", "TIME", "NODES", "REASON"
    )];
    lines.extend(results.iter().map(|r| line(r, width).trim_end().to_owned()));
    lines.push(String::new());
    lines.push(totals(summary));
    lines
}

fn line(result: &FinishedProblem, width: usize) -> String {
    let name = &result.problem.problem.name;
    let Some(attempt) = &result.attempt else {
        return format!("{name:width$}  waiting");
    };
    let level = match &attempt.verdict {
        Some(Verdict::Accepted { level, .. }) => u8::from(*level).to_string(),
        _ => String::new(),
    };
    let word = if result.is_final {
        attempt.outcome.word()
    } else {
        "waiting"
    };
    let reason = attempt.reason.as_ref().map_or(String::new(), |r| {
        format!("{}: {}", r.class, first_line(&r.message))
    });
    format!(
        "{name:width$}  {word:<9} {level:>5}  {:>6.1} s  {:>6}  {reason}",
        attempt.cost.seconds, attempt.cost.expanded
    )
}

fn totals(s: &Summary) -> String {
    let mut parts = vec![format!("{} of {} proved", s.proved, s.problems)];
    for (n, word) in [
        (s.refuted, "refuted"),
        (s.failed, "failed"),
        (s.declined, "declined"),
        (s.faults, "faults"),
        (s.remaining, "waiting"),
        (s.input_errors, "input errors"),
    ] {
        if n > 0 {
            parts.push(format!("{n} {word}"));
        }
    }
    format!("{}; {:.1} s; run {}", parts.join(", "), s.seconds, s.run)
}
