//! Quantifiers: which comes first.

use std::sync::LazyLock;

use lakatos_lean_bridge::assess::Assessment;
use regex::Regex;

use super::super::{Verdict, doubts, fails};
use super::text::{Text, pattern};

static ALL: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\b(every|all|each|any|whatever|arbitrary)\b"));
static SOME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"\b(there (is|are|exists?)|exists?|some|has an?|have an?|can find|one can choose)\b")
});
static NONE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\b(there (is|are|exists?) no|no|never|not|cannot)\b"));

pub(super) fn compare(text: &Text, assessment: &Assessment) -> Verdict {
    let quantifiers = &assessment.reading.facts.quantifiers;
    let place = |kind: &str| quantifiers.iter().position(|q| q.kind.starts_with(kind));
    let (all, some) = (place("forall"), place("exists"));
    let (text_all, text_some) = (text.first(&ALL), text.first(&SOME));
    // What is denied turns its quantifiers round.
    if text.first(&NONE).is_some() {
        return None;
    }
    match (text_all, text_some, all, some) {
        (Some(a), Some(s), Some(fa), Some(fs)) if (a < s) != (fa < fs) => {
            let (first, then) = if a < s {
                ("every", "some")
            } else {
                ("some", "every")
            };
            fails(format!(
                "The text says `{first}` before `{then}`, and the statement the other way round."
            ))
        }
        (_, Some(_), _, None) if assessment.reading.hypotheses.is_empty() => {
            doubts("The text says that there is something, and the statement does not.")
        }
        _ => None,
    }
}
