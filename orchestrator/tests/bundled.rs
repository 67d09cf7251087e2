//! The bundled benchmark on the real Lean: every reference proof is accepted at level 3, and so is
//! every refutation of a false statement.

use std::collections::VecDeque;

use lakatos::together;
use lakatos_datasets::{Solution, bundled};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::testing::with_pool;
use lakatos_lean_bridge::verdict::{STANDARD_AXIOMS, VerifyRequest};

/// Proofs that are judged as one text.
const TOGETHER: usize = 32;

fn request(solution: Solution) -> VerifyRequest {
    VerifyRequest {
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
    }
}

/// Verifies a set's reference proofs; gives how many were accepted, and what was not.
async fn verify(pool: &Pool, set: &str) -> (usize, Vec<String>) {
    let (mut accepted, mut wrong) = (0, Vec::new());
    let mut queue = VecDeque::from(bundled::references(set).expect("the set exists"));
    loop {
        let group = together::next(&mut queue, TOGETHER);
        if group.is_empty() {
            break;
        }
        let requests: Vec<VerifyRequest> = group.into_iter().map(request).collect();
        let reports = together::judge(&requests, |r| async move { pool.verify(&r).await }).await;
        for judged in reports.into_iter().flat_map(|r| r.theorems) {
            if judged.verdict.is_proved() {
                accepted += 1;
            } else {
                wrong.push(format!("{judged:?}"));
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
