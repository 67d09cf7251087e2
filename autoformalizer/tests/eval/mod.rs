//! Candidates against references, in every form.

use lakatos_autoformalizer::eval::job::{CandidateRow, Source};
use lakatos_autoformalizer::eval::{
    CANDIDATES, CASES, CaseRow, Evaluate, Given, Pair, VARIANTS, score,
};
use lakatos_autoformalizer::formalise::Settings;
use lakatos_datasets::job::State;
use lakatos_lean_bridge::{EnvironmentSpec, testing};

const CANDIDATE_LINES: &str = r#"{"id": "below", "candidates": ["```lean\ntheorem x (a b : Nat) (h : b > a) (hb : 2 ∣ b) : b ≥ a + 1 := by sorry\n```", "theorem x (a b : Nat) (h : a ≤ b) (hb : 2 ∣ b) : a + 1 ≤ b", "theorem x (a b : Nat) : a <", "I cannot do that."]}
{"id": "below", "variant": "renamed", "formal": "theorem x (a b : Nat) (h : a < b) (hb : 2 ∣ b) : a + 1 ≤ b"}
{"id": "below", "variant": "literal", "formal": "theorem x (a b : Nat) (hb : 2 ∣ b) (h : a < b) : a + 1 ≤ b"}
{"id": "below", "variant": "irrelevant", "formal": "theorem x : 2 + 2 = 4"}
{"id": "doubled", "formal": "theorem x : double 3 = 6"}"#;

#[test]
fn candidates_are_scored_against_the_reference_in_every_form() {
    testing::with_pool(|pool| async move {
        let pair = |id: &str, informal: &str, formal: &str, text: &str| Pair {
            id: id.into(),
            informal: informal.into(),
            formal: formal.into(),
            env: EnvironmentSpec {
                imports: vec!["Std".into()],
                text: text.into(),
            },
        };
        let job = Evaluate {
            pool,
            pairs: vec![
                pair(
                    "below",
                    "Let n and m be natural numbers with n < m, and let 2 divide m. Then n + 1 ≤ m.",
                    "theorem below (n m : Nat) (h : n < m) (d : 2 ∣ m) : n + 1 ≤ m",
                    "",
                ),
                pair(
                    "doubled",
                    "Twice 3 is 6.",
                    "theorem doubled : double 3 = 6",
                    "def double (n : Nat) : Nat := n + n\n",
                ),
                pair("broken", "", "theorem broken : 1 = [2]", ""),
            ],
            variants: VARIANTS.map(str::to_owned).to_vec(),
            settings: Settings::default(),
            source: Source::Given(Given::read(CANDIDATE_LINES.as_bytes()).0),
        };
        let entries = crate::entries(&job, &["below", "doubled", "broken"]).await;
        assert!(matches!(&entries[2].state, State::Failed { reason } if reason.contains("Lean")));
        let cases: Vec<CaseRow> = crate::rows(&entries, CASES);
        let of = |id: &str| -> Vec<&CaseRow> { cases.iter().filter(|c| c.id == id).collect() };
        let names: Vec<_> = of("below").iter().map(|c| c.variant.clone()).collect();
        assert_eq!(names, VARIANTS);
        let below = of("below");
        let counts = |c: &CaseRow| (c.candidates, c.elaborated, c.passed, c.equivalent);
        assert_eq!(counts(below[0]), (4, 2, 1, 1));
        // The read-out forms tell the order, the names and the added condition.
        assert_eq!(counts(below[1]), (1, 1, 1, 1));
        assert!(
            !below[2].informal_statement.contains("n < m"),
            "{:?}",
            below[2]
        );
        assert_eq!(counts(below[2]).3, 1);
        assert_eq!(counts(below[3]).0, 0);
        assert_eq!(counts(below[4]).3, 0);
        assert!(below[2..].iter().all(|c| c.equivalence.is_some()));
        let doubled = of("doubled");
        assert_eq!(counts(doubled[0]), (1, 1, 1, 1), "{doubled:?}");
        let candidates: Vec<CandidateRow> = crate::rows(&entries, CANDIDATES);
        assert_eq!(candidates.len(), 8);
        let scores = score(&cases, &[1, 4]);
        assert_eq!(
            scores.variants["original"][0].equivalence,
            (0.25 + 1.0) / 2.0
        );
        assert_eq!(scores.spread, Some(1.0));
        assert_eq!((scores.robust, scores.robust_of), (0, 1));
    });
}
