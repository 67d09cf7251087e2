//! Proofs told line by line, and their states as statements, on the real Lean.

use lakatos_autoformalizer::informalise::proofs::{
    PROOFS, ProofRow, Proved, STATES, StateRow, Tell,
};
use lakatos_datasets::job::State;
use lakatos_lean_bridge::testing;

#[test]
fn a_proof_is_told_and_its_states_are_statements() {
    testing::with_pool(|pool| async move {
        let theorem = |name: &str, statement: &str, proof: &str| Proved {
            name: name.into(),
            env: testing::environment(&["Std"]),
            statement: statement.into(),
            text: format!("{statement} := by\n{proof}"),
            source: None,
            informal: None,
        };
        let job = Tell {
            pool,
            theorems: vec![
                theorem(
                    "sum",
                    "theorem sum (n : Nat) (f : Nat → Nat) (h : ∀ k, f (k + 1) = f k + 1) (h0 : f 0 = 0) : f n = n",
                    "  induction n with\n  | zero => exact h0\n  | succ k ih =>\n    rw [h]\n    rw [ih]\n",
                ),
                theorem("broken", "theorem broken : 1 = 2", "  omega\n"),
            ],
            chat: None,
            heartbeats: 4000,
            timeout_ms: 120_000,
        };
        let entries = crate::entries(&job, &["sum", "broken"]).await;
        assert!(
            matches!(&entries[1].state, State::Failed { reason } if reason.contains("does not accept"))
        );
        let proofs: Vec<ProofRow> = crate::rows(&entries, PROOFS);
        let states: Vec<StateRow> = crate::rows(&entries, STATES);
        let lines = proofs[0].lines.iter().map(|l| {
            format!(
                "{}: {}\n  {}",
                l.line,
                l.tactic.replace('\n', "⏎"),
                l.english
            )
        });
        let stated = states
            .iter()
            .map(|s| format!("{}\n  {}", s.formal_statement, s.informal_statement));
        let shown: Vec<String> = lines.chain(stated).collect();
        insta::assert_snapshot!(shown.join("\n"));
        assert_eq!(proofs[0].informalizer, "verbaliser");
    });
}
