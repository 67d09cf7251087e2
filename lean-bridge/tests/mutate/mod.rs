//! The operations `mutate` and `negatives` on a small part of the library.

use std::collections::BTreeSet;

use lakatos_lean_bridge::mutate::MutationRequest;
use lakatos_lean_bridge::testing;

use super::MS;

const LIBRARY: &[&str] = &["Init.Data.Nat.Dvd"];

fn wanted(target: &str, rules: &[&str], limit: u32) -> MutationRequest {
    MutationRequest {
        target: target.into(),
        rules: rules.iter().map(|r| (*r).into()).collect(),
        limit,
        trivial: 1,
        seed: 3,
    }
}

#[test]
fn theorems_are_mutated() {
    testing::with_pool(|pool| async move {
        let env = testing::environment(LIBRARY);
        let mutate = async |request| pool.mutate(&env, request, MS).await;
        let made = mutate(wanted("Nat.dvd_add", &[], 64)).await.unwrap();
        let rules: BTreeSet<&str> = made.candidates.iter().map(|c| c.rule.as_str()).collect();
        for rule in ["rw", "apply", "compose", "specialise"] {
            assert!(rules.contains(rule), "no candidate by {rule}: {rules:?}");
        }
        let gates = |c: &lakatos_lean_bridge::mutate::Mutated| {
            let names: Vec<&str> = c.gates.iter().map(|g| g.gate.as_str()).collect();
            names == ["size", "round_trip", "triviality", "vacuity"] && !c.steps.is_empty()
        };
        assert!(made.candidates.iter().all(gates), "{made:?}");
        let trivial = |c: &&lakatos_lean_bridge::mutate::Mutated| !c.gates[2].passed;
        assert!(made.candidates.iter().filter(trivial).count() <= 1);
        // `a ∣ a` is not supposed, since it holds.
        let specialised = made.candidates.iter().find(|c| c.rule == "specialise");
        let specialised = specialised.unwrap();
        assert!(!specialised.signature.contains("a ∣ a)"), "{specialised:?}");
        // The same again, and fewer of them.
        assert_eq!(mutate(wanted("Nat.dvd_add", &[], 64)).await.unwrap(), made);
        let few = mutate(wanted("Nat.dvd_add", &[], 3)).await.unwrap();
        assert!(few.candidates.len() + few.refused.len() <= 3);
        for (request, words) in [
            (wanted("Nat.dvd_ad", &[], 8), "no theorem `Nat.dvd_ad`"),
            (wanted("Nat.dvd_add", &["magic"], 8), "no rule `magic`"),
        ] {
            let error = mutate(request).await.unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    });
}

#[test]
fn theorems_are_made_wrong() {
    testing::with_pool(|pool| async move {
        let env = testing::environment(LIBRARY);
        let mut errors = BTreeSet::new();
        for (signature, script) in [
            (
                "(a b : Nat) (h : a < b) : a + 1 ≤ b",
                "exact Nat.succ_le_of_lt h",
            ),
            (
                "(a b c : Nat) (h : a ≤ b) : a + c ≤ b + c",
                "have := Nat.add_le_add_right h c\nexact this",
            ),
        ] {
            for seed in 0..4 {
                let made = pool.negatives(&env, signature, script, seed, MS).await;
                errors.extend(made.unwrap().into_iter().map(|n| n.error));
            }
        }
        for error in ["wrong_lemma", "weakened_hypothesis", "strict_for_weak"] {
            assert!(errors.contains(error), "no {error}: {errors:?}");
        }
        let refused = pool
            .negatives(&env, "(a : Nat) : a < a", "omega", 0, MS)
            .await;
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("does not accept the proof"), "{error}");
    });
}
