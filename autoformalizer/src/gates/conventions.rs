//! The statement does not rest on a convention that its author is unlikely to have meant: a subtraction
//! of natural numbers that is cut off at 0, a division that leaves a remainder, where the text speaks of
//! neither.

use lakatos_lean_bridge::assess::Assessment;

use super::{Candidate, Verdict, doubts, fails, shown};

/// Words of a text that means whole quotients.
const WHOLE: [&str; 9] = [
    "quotient",
    "floor",
    "rounded",
    "rounding",
    "div ",
    "whole number of",
    "integer part",
    "⌊",
    "truncat",
];

pub(super) fn gate(candidate: &Candidate<'_>, assessment: &Assessment) -> Verdict {
    let text = candidate.informal.to_lowercase();
    let meant = |key: &str| match key {
        "natural_subtraction" => text.contains("truncat") || text.contains("monus"),
        "natural_division" | "integer_division" => WHOLE.iter().any(|word| text.contains(word)),
        _ => false,
    };
    let met = assessment
        .instances
        .roundings
        .iter()
        .find(|r| !meant(&r.key))?;
    let (term, values) = (&met.term, shown(&met.values));
    match met.key.as_str() {
        "natural_subtraction" => fails(format!(
            "The subtraction {term} of natural numbers is cut off at 0 {values}."
        )),
        "division_by_zero" => doubts(format!("{term} divides by 0 {values}.")),
        _ => fails(format!("The division {term} leaves a remainder {values}.")),
    }
}
