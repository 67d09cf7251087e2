//! Theorems put together, on the real Lean.

use lakatos_autoformalizer::compose::job::ComposedRow;
use lakatos_autoformalizer::compose::{Compose, PROBLEMS, Pairing};
use lakatos_autoformalizer::formalise::Settings;
use lakatos_datasets::guard::Guard;
use lakatos_datasets::job::State;
use lakatos_lean_bridge::testing;

fn pairing(concepts: [&str; 2], first: &str, second: &str) -> Pairing {
    Pairing {
        maker: "skills".into(),
        concepts: concepts.map(str::to_owned),
        walk: Vec::new(),
        first: first.into(),
        second: second.into(),
    }
}

#[test]
fn two_theorems_give_statements_that_the_kernel_accepts() {
    testing::with_pool(|pool| async move {
        let job = Compose {
            pool,
            env: testing::environment(&["Std"]),
            pairings: vec![
                pairing(
                    ["List.reverse", "List.map"],
                    "List.length_reverse",
                    "List.map_reverse",
                ),
                pairing(["Nat.gcd", "LE.le"], "Nat.gcd_comm", "Nat.le_of_lt"),
                pairing(["LT.lt", "LE.le"], "Nat.lt_of_lt_of_le", "Nat.le_of_lt"),
                pairing(["Nope", "Nat.le"], "Nat.no_such_lemma", "Nat.le_of_lt"),
            ],
            limit: 6,
            chat: None,
            settings: Settings::default(),
            guard: Guard::new(0),
            decider: None,
        };
        let entries = crate::entries(&job, &["lists", "substitute", "chain", "gone"]).await;
        assert!(matches!(entries[3].state, State::Failed { .. }));
        let rows: Vec<ComposedRow> = crate::rows(&entries, PROBLEMS);
        let shown: Vec<String> = rows
            .iter()
            .map(|r| {
                format!(
                    "{} {} {:?}\n{}",
                    r.by,
                    r.decision,
                    r.level,
                    r.formal_proof.as_deref().unwrap_or_default()
                )
            })
            .collect();
        let counts: Vec<_> = entries.iter().map(|e| &e.tally).collect();
        insta::assert_snapshot!(shown.join("\n\n"));
        assert!(
            !rows.is_empty() && rows.iter().all(|r| r.level == Some(3)),
            "{counts:#?}"
        );
    });
}
