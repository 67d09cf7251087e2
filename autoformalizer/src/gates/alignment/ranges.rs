//! Kinds of numbers: what the variables range over.

use std::sync::LazyLock;

use lakatos_lean_bridge::assess::Assessment;
use regex::Regex;

use super::super::{Verdict, doubts, fails};
use super::text::{Text, pattern};

static INTEGERS: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\bintegers?\b"));
static NATURAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"natural|whole numbers?|(positive|nonnegative|negative) integers?|counting number|ℕ")
});
static FRACTIONS: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\brationals?\b|\breals?\b|\bfractions?\b|ℚ|ℝ"));

pub(super) fn compare(text: &Text, assessment: &Assessment) -> Verdict {
    let ranges: Vec<&str> = assessment
        .reading
        .facts
        .quantifiers
        .iter()
        .map(|q| q.range.as_str())
        .collect();
    let over = |word: &str| ranges.iter().any(|range| range.contains(word));
    let (natural, integer) = (over("natural number"), over("integer"));
    let fraction = over("rational") || over("real number") || over("complex");
    let said = |pattern| text.first(pattern).is_some();
    if said(&FRACTIONS) && !fraction && (natural || integer) {
        let kind = if natural {
            "natural numbers"
        } else {
            "integers"
        };
        return fails(format!(
            "The text speaks of rational or real numbers, and the statement of {kind}."
        ));
    }
    if said(&INTEGERS) && !said(&NATURAL) && natural && !integer && !fraction {
        return fails("The text speaks of integers, and the statement of natural numbers.");
    }
    if said(&NATURAL) && !said(&INTEGERS) && integer && !natural {
        return doubts("The text speaks of natural numbers, and the statement of integers.");
    }
    None
}
