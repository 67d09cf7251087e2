//! Back-translation: what the elaborated statement says, against the informal text.
//!
//! The verbaliser's facts (numbers, ranges of variables, quantifiers, relations, hypotheses) are compared
//! with what can be read off the text. A text is loose, so that only clear disagreements fail: a number in
//! digits that the statement does not have, another kind of numbers, quantifiers the other way round, a
//! stated condition without any hypothesis. What may be another way of saying the same is only doubtful.

mod conditions;
mod numbers;
mod quantifiers;
mod ranges;
mod relations;
mod text;

use lakatos_lean_bridge::assess::Assessment;

use super::{Candidate, Outcome, Verdict};
use text::Text;

/// A comparison of one kind.
type Comparison = fn(&Text, &Assessment) -> Verdict;

const COMPARISONS: [Comparison; 5] = [
    ranges::compare,
    quantifiers::compare,
    conditions::compare,
    numbers::compare,
    relations::compare,
];

/// The worst of the comparisons, and the first of these.
pub(super) fn gate(candidate: &Candidate<'_>, assessment: &Assessment) -> Verdict {
    let text = Text::new(candidate.informal);
    let mut worst: Verdict = None;
    for verdict in COMPARISONS
        .iter()
        .filter_map(|compare| compare(&text, assessment))
    {
        let outcome = worst.as_ref().map_or(Outcome::Passed, |w| w.0);
        if verdict.0 > outcome {
            worst = Some(verdict);
        }
    }
    worst
}
