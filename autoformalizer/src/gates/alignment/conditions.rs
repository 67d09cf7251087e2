//! Conditions: where the text states one, the statement has a hypothesis or an implication.

use std::sync::LazyLock;

use lakatos_lean_bridge::assess::Assessment;
use regex::Regex;

use super::super::{Verdict, fails};
use super::text::{Text, pattern};

/// A clause that states a condition.
static CLAUSE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"\b(?:if|suppose(?: that)?|assume(?: that)?|given that|whenever|provided that)\b([^.;]*?)(?:, then|then|[.;,]|$)",
    )
});

/// What makes a clause a condition, beyond the kind of a thing.
static CONDITION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"[=<>≤≥≠∣]|\b(positive|negative|nonzero|nonnegative|even|odd|prime|coprime|divides|divisible|multiple|less|greater|larger|smaller|below|above|at least|at most|not 0|not zero|increasing|decreasing|equal|equals|injective|surjective|implies)\b",
    )
});

/// A property that stands before a kind of things: `an odd natural number`.
static ATTRIBUTE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"\b(odd|even|prime|positive|negative|nonzero|coprime|composite|(?:strictly )?(?:increasing|decreasing)|injective|surjective|bijective|symmetric|transitive|sorted|nonempty) (?:natural|integers?|numbers?|rational|real|functions?|relations?|lists?)\b",
    )
});

pub(super) fn compare(text: &Text, assessment: &Assessment) -> Verdict {
    let reading = &assessment.reading;
    let connectives = &reading.facts.connectives;
    let conditional = connectives.iter().any(|c| c == "implies" || c == "iff");
    if !reading.hypotheses.is_empty() || conditional || reading.variables.is_empty() {
        return None;
    }
    let (clause, condition) = (CLAUSE.as_ref()?, CONDITION.as_ref()?);
    let stated = clause
        .captures_iter(&text.words)
        .filter_map(|found| found.get(1))
        .find(|clause| condition.is_match(clause.as_str()))
        .map(|clause| clause.as_str().trim().to_owned())
        .or_else(|| Some(ATTRIBUTE.as_ref()?.find(&text.words)?.as_str().to_owned()))?;
    fails(format!(
        "The text states a condition ({stated}), and the statement has no hypothesis."
    ))
}
