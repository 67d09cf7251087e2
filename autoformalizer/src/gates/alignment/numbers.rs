//! Numbers: those of the text occur in the statement, and those of the statement in the text.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use lakatos_lean_bridge::assess::Assessment;
use regex::Regex;

use super::super::{Verdict, doubts, fails};
use super::text::{Text, pattern};

/// Numbers that both sides use without writing them: `even`, `twice`, `positive`, `n + 1`.
const TACIT: [&str; 3] = ["0", "1", "2"];

static DIGITS: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(\^\s*\{?\s*)?(?:^|[^\w.])?(\d+(?:\.\d+)?)"));

/// Words for numbers.
const WORDS: [(&str, &str); 20] = [
    ("three", "3"),
    ("third", "3"),
    ("cube", "3"),
    ("triple", "3"),
    ("four", "4"),
    ("five", "5"),
    ("fifth", "5"),
    ("six", "6"),
    ("sixth", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("dozen", "12"),
    ("twenty", "20"),
    ("fifty", "50"),
    ("hundred", "100"),
    ("thousand", "1000"),
];

pub(super) fn compare(text: &Text, assessment: &Assessment) -> Verdict {
    let mut written = BTreeSet::new();
    let mut any = BTreeSet::new();
    if let Some(digits) = DIGITS.as_ref() {
        for found in digits.captures_iter(&text.words) {
            let Some(number) = found.get(2) else { continue };
            let number = number.as_str().to_owned();
            // An exponent may be written as a product.
            if found.get(1).is_none() {
                written.insert(number.clone());
            }
            any.insert(number);
        }
    }
    for (word, number) in WORDS {
        if text.words.contains(word) {
            any.insert(number.to_owned());
        }
    }
    let formal: BTreeSet<String> = assessment.reading.facts.numbers.iter().cloned().collect();
    let tacit = |n: &&String| !TACIT.contains(&n.as_str());
    let missing = written.difference(&formal).find(tacit);
    let foreign = formal.difference(&any).find(tacit);
    match (missing, foreign) {
        (Some(missing), Some(foreign)) => fails(format!(
            "The text has {missing}, and the statement has {foreign} in its place."
        )),
        (Some(missing), None) => fails(format!(
            "The text has the number {missing}, and the statement has not."
        )),
        (None, Some(foreign)) => doubts(format!(
            "The statement has the number {foreign}, and the text has not."
        )),
        (None, None) => None,
    }
}
