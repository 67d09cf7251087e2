//! The bundled benchmark on the real Lean: every reference proof is accepted at level 3, and so is
//! every refutation of a false statement.

use lakatos_datasets::bundled;
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::testing::with_pool;
use lakatos_lean_bridge::verdict::{STANDARD_AXIOMS, VerifyRequest};

/// Verifies a set's reference proofs; gives how many were accepted, and what was not.
async fn verify(pool: &Pool, set: &str) -> (usize, Vec<String>) {
    let mut accepted = 0;
    let mut wrong = Vec::new();
    for solution in bundled::references(set).expect("the set exists") {
        let request = VerifyRequest {
            environment: EnvironmentSpec {
                imports: solution.environment.imports,
                text: solution.environment.text,
            },
            reference: solution.reference,
            vouched: true,
            submission: solution.submission,
            names: solution.names,
            axioms: STANDARD_AXIOMS.map(str::to_owned).to_vec(),
            timeout_ms: 300_000,
        };
        for judged in pool.verify(&request).await.theorems {
            if judged.verdict.is_proved() {
                accepted += 1;
            } else {
                wrong.push(format!("{}: {judged:?}", solution.name));
            }
        }
    }
    (accepted, wrong)
}

#[test]
fn reference_proofs_are_accepted_by_the_kernel() {
    with_pool(|pool| async move {
        let (accepted, wrong) = verify(&pool, "bundled").await;
        assert!(wrong.is_empty(), "{wrong:#?}");
        let problems = bundled::problems("bundled").expect("the set exists").len();
        assert!(
            accepted >= problems,
            "{accepted} proofs, {problems} problems"
        );
    });
}

#[test]
fn false_statements_are_refuted() {
    with_pool(|pool| async move {
        let (accepted, wrong) = verify(&pool, "bundled/refutable").await;
        assert!(wrong.is_empty(), "{wrong:#?}");
        let set = bundled::problems("bundled/refutable").expect("the set exists");
        assert_eq!(accepted, set.len());
    });
}
