//! Comparisons: strict or not.

use lakatos_lean_bridge::assess::Assessment;

use super::super::{Verdict, doubts};
use super::text::Text;

const STRICT: [&str; 14] = [
    "<",
    ">",
    "greater than ",
    "larger than",
    "smaller than",
    "bigger than",
    "more than",
    "exceeds",
    "below",
    "above",
    "positive",
    "strictly",
    "less than ",
    "negative",
];
const WEAK: [&str; 10] = [
    "≤",
    "≥",
    "at most",
    "at least",
    "no more than",
    "not more than",
    "or equal",
    "does not exceed",
    "not negative",
    "nonnegative",
];

pub(super) fn compare(text: &Text, assessment: &Assessment) -> Verdict {
    let relations = &assessment.reading.facts.relations;
    let has = |names: [&str; 2]| relations.iter().any(|r| names.contains(&r.as_str()));
    let (strict, weak) = (has(["LT.lt", "GT.gt"]), has(["LE.le", "GE.ge"]));
    let (text_strict, text_weak) = (text.has(&STRICT), text.has(&WEAK));
    if text_strict && !text_weak && weak && !strict {
        return doubts("The text compares strictly, and the statement does not.");
    }
    if text_weak && !text_strict && strict && !weak {
        return doubts("The statement compares strictly, and the text does not.");
    }
    None
}
