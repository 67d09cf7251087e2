//! pass@k and equivalence@k, by form, and the spread over the forms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{LITERAL, ORIGINAL, VARIANTS, job::CaseRow};

/// The probability that one of `k` of `n` candidates, drawn without putting back, is among the `c` good
/// ones: 1 − C(n−c, k)/C(n, k), the unbiased estimator of Chen et al. (arXiv 2107.03374, equation 1).
/// None where there are fewer than `k` candidates.
pub fn at_k(n: u32, c: u32, k: u32) -> Option<f64> {
    if k == 0 || n < k {
        return None;
    }
    if n - c.min(n) < k {
        return Some(1.0);
    }
    let miss: f64 = (n - c + 1..=n)
        .map(|i| 1.0 - f64::from(k) / f64::from(i))
        .product();
    Some(1.0 - miss)
}

/// A form's scores: shares from 0 to 1, averages over its cases that have k candidates or more.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Candidates that are drawn.
    pub k: u32,
    /// Cases that have so many.
    pub cases: u32,
    /// One of them elaborates.
    pub elaborates: f64,
    /// One of them passes every gate.
    pub pass: f64,
    /// One of them is proved equivalent to the reference.
    pub equivalence: f64,
}

/// A form beside the read-out original, on the pairs that have both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Against {
    /// The form.
    pub variant: String,
    /// Pairs that have both, with candidates for both.
    pub pairs: u32,
    /// equivalence@1 of the form.
    pub own: f64,
    /// equivalence@1 of the read-out original on the same pairs.
    pub literal: f64,
}

/// All scores.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// By form.
    pub variants: BTreeMap<String, Vec<Score>>,
    /// Forms beside the read-out original.
    pub against: Vec<Against>,
    /// Largest difference between equivalence@1 of a form and that of the read-out original, each on the
    /// same pairs; absent where nothing can be compared.
    pub spread: Option<f64>,
    /// Pairs that have candidates for a form beside the original.
    pub robust_of: u32,
    /// Those of which every form has an equivalent candidate.
    pub robust: u32,
    /// Equivalent candidates that a gate failed: the gates' false alarms.
    pub equivalent_but_failed: u32,
    /// Candidates that passed every gate and were not proved equivalent: wrong, or beyond the short tries.
    pub passed_but_not_equivalent: u32,
}

/// The scores of cases.
pub fn score<'a>(cases: impl IntoIterator<Item = &'a CaseRow>, ks: &[u32]) -> Scores {
    let mut by_variant: BTreeMap<&str, Vec<&CaseRow>> = BTreeMap::new();
    let mut by_pair: BTreeMap<&str, BTreeMap<&str, &CaseRow>> = BTreeMap::new();
    let mut scores = Scores::default();
    for case in cases.into_iter().filter(|case| case.candidates > 0) {
        by_variant.entry(&case.variant).or_default().push(case);
        by_pair
            .entry(&case.id)
            .or_default()
            .insert(&case.variant, case);
        scores.equivalent_but_failed += case.equivalent_but_failed;
        scores.passed_but_not_equivalent += case.passed_but_not_equivalent;
    }
    for (variant, cases) in &by_variant {
        let scored = ks.iter().map(|k| averaged(cases, *k)).collect();
        scores.variants.insert((*variant).to_owned(), scored);
    }
    for variant in VARIANTS.into_iter().filter(|v| *v != LITERAL) {
        let mut found = Against {
            variant: variant.to_owned(),
            pairs: 0,
            own: 0.0,
            literal: 0.0,
        };
        for forms in by_pair.values() {
            if let (Some(own), Some(literal)) = (forms.get(variant), forms.get(LITERAL)) {
                found.pairs += 1;
                found.own += first(own);
                found.literal += first(literal);
            }
        }
        if found.pairs > 0 {
            found.own /= f64::from(found.pairs);
            found.literal /= f64::from(found.pairs);
            // What a person wrote is another text, and no other form of the same one.
            if variant != ORIGINAL {
                let difference = (found.own - found.literal).abs();
                scores.spread = Some(scores.spread.map_or(difference, |s| s.max(difference)));
            }
            scores.against.push(found);
        }
    }
    for forms in by_pair.values().filter(|forms| forms.len() > 1) {
        scores.robust_of += 1;
        scores.robust += u32::from(forms.values().all(|case| case.equivalent > 0));
    }
    scores
}

fn first(case: &CaseRow) -> f64 {
    at_k(case.candidates, case.equivalent, 1).unwrap_or_default()
}

fn averaged(cases: &[&CaseRow], k: u32) -> Score {
    let mut score = Score {
        k,
        ..Score::default()
    };
    for case in cases {
        let at = |c| at_k(case.candidates, c, k);
        let (Some(e), Some(p), Some(q)) =
            (at(case.elaborated), at(case.passed), at(case.equivalent))
        else {
            continue;
        };
        score.cases += 1;
        score.elaborates += e;
        score.pass += p;
        score.equivalence += q;
    }
    let of = f64::from(score.cases.max(1));
    score.elaborates /= of;
    score.pass /= of;
    score.equivalence /= of;
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-12)
    }

    #[test]
    fn the_estimator_is_the_share_of_draws_that_hit() {
        assert!(close(at_k(4, 1, 1), 0.25));
        assert!(close(at_k(4, 1, 2), 0.5));
        assert!(close(at_k(5, 2, 3), 0.9));
        assert!(close(at_k(4, 0, 4), 0.0));
        assert!(close(at_k(4, 4, 1), 1.0));
        assert!(close(at_k(3, 9, 2), 1.0));
        assert_eq!(at_k(3, 1, 4), None);
        assert_eq!(at_k(3, 1, 0), None);
    }

    fn case(id: &str, variant: &str, equivalent: u32) -> CaseRow {
        CaseRow {
            id: id.into(),
            variant: variant.into(),
            candidates: 2,
            elaborated: 2,
            passed: 1,
            equivalent,
            ..CaseRow::default()
        }
    }

    #[test]
    fn forms_are_compared_on_the_pairs_that_have_both() {
        let cases = [
            case("a", ORIGINAL, 2),
            case("a", LITERAL, 2),
            case("a", "renamed", 1),
            case("b", ORIGINAL, 0),
            case("b", LITERAL, 0),
            case("c", LITERAL, 2),
            case("c", "renamed", 0),
            CaseRow {
                candidates: 0,
                ..case("d", LITERAL, 0)
            },
        ];
        let scores = score(&cases, &[1, 2, 8]);
        let original = &scores.variants[ORIGINAL];
        assert_eq!((original[0].cases, original[0].equivalence), (2, 0.5));
        assert_eq!((original[1].pass, original[2].cases), (1.0, 0));
        let renamed = &scores.against[1];
        assert_eq!(
            (renamed.pairs, renamed.own, renamed.literal),
            (2, 0.25, 1.0)
        );
        assert_eq!(scores.spread, Some(0.75));
        assert_eq!((scores.robust, scores.robust_of), (1, 3));
    }
}
