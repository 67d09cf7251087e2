//! The pool on the real embedded Lean: proofs step by step, and hostile tactics.

mod mutate;
mod verbalise;

use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::{Outcome, Pool, ProofState, Session, StateId};
use lakatos_lean_bridge::protocol::{EnvironmentKind, OutcomeStatus, TacticRequest};
use lakatos_lean_bridge::testing;
use lakatos_lean_bridge::verdict::{STANDARD_AXIOMS, Verdict, VerifyRequest};

const MS: u64 = 120_000;
const STATEMENT: &str = "theorem t (a b : Nat) (h : a ≤ b) : a + 1 ≤ b + 1 ∧ b = b";
/// Its type, as Lean prints it.
const SHOWN: &str = "∀ (a b : Nat), a ≤ b → a + 1 ≤ b + 1 ∧ b = b";

async fn steps(session: &Session, state: StateId, tactics: &[&str], ms: u64) -> Vec<Outcome> {
    let request = |t: &&str| TacticRequest {
        text: (*t).into(),
        heartbeats: None,
        ms: None,
    };
    let tactics: Vec<_> = tactics.iter().map(request).collect();
    session
        .step(state, &tactics, false, ms)
        .await
        .expect("outcomes")
}

async fn start(pool: &Pool, env: EnvironmentSpec) -> (Session, ProofState) {
    let session = pool.session(env).await.expect("a session");
    let root = session
        .start(STATEMENT, false, MS)
        .await
        .expect("the statement elaborates")
        .root;
    (session, root)
}

#[test]
fn a_proof_is_found_step_by_step() {
    testing::with_pool(|pool| async move {
        let (session, root) = start(&pool, EnvironmentSpec::default()).await;
        assert_eq!(session.opened().kind, EnvironmentKind::Core);
        let tactics = [
            "constructor",
            "exact h",
            "refine ⟨?_, ?_⟩",
            "no_such_tactic",
        ];
        let outcomes = steps(&session, root.id, &tactics, MS).await;
        let status: Vec<_> = outcomes.iter().map(|o| o.status).collect();
        use OutcomeStatus::{Error, Open};
        assert_eq!(status, [Open, Error, Open, Error]);
        let hashes = |o: &Outcome| {
            o.children
                .iter()
                .map(|c| c.hash.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(hashes(&outcomes[0]), hashes(&outcomes[2]));
        for (child, tactic) in outcomes[0].children.iter().zip(["omega", "rfl"]) {
            let closed = steps(&session, child.id, &[tactic], MS).await;
            assert_eq!(
                closed[0].status,
                OutcomeStatus::Closed,
                "{tactic}: {closed:?}"
            );
        }
        let negated = session
            .start(STATEMENT, true, MS)
            .await
            .expect("it elaborates")
            .root;
        assert!(
            negated.goals[0].target.starts_with('¬'),
            "{}",
            negated.goals[0].target
        );
        let suggestions = session
            .suggest(outcomes[0].children[0].id, &["exact"], 4, MS)
            .await;
        assert!(!suggestions.expect("an answer").is_empty());
    });
}

/// A hostile tactic in the middle of a batch: the others keep their outcomes, and the states from
/// before are still there. It may use `runaway`, which recurses without end.
fn check_hostile(tactic: &'static str, ms: u64) {
    testing::with_pool(|pool| async move {
        let mut env = testing::environment(&["Lean"]);
        env.text =
            "partial def runaway (n : Nat) : IO Nat := do return (← runaway (n + 1)) + n".into();
        let (session, root) = start(&pool, env).await;
        let left = steps(&session, root.id, &["constructor"], MS)
            .await
            .remove(0)
            .children
            .remove(0);
        let outcomes = steps(&session, root.id, &["constructor", tactic, "simp [h]"], ms).await;
        let status: Vec<_> = outcomes.iter().map(|o| o.status).collect();
        use OutcomeStatus::{Closed, Error, Open};
        assert_eq!(status, [Open, Error, Closed], "{tactic}: {outcomes:?}");
        let error = outcomes[1].error.clone().expect("an error");
        assert!(
            error.message.contains("died over this tactic"),
            "{tactic}: {}",
            error.message
        );
        eprintln!("{tactic}: {}", error.message);
        let closed = steps(&session, left.id, &["omega"], MS).await;
        assert_eq!(closed[0].status, Closed, "{tactic}: {closed:?}");
    });
}

#[test]
fn a_tactic_that_ends_the_process() {
    check_hostile("run_tac (IO.Process.exit 0 : IO Unit)", MS);
}

#[test]
fn a_tactic_that_never_ends() {
    check_hostile("run_tac do\n  while true do\n    pure ()", 9000);
}

#[test]
fn a_tactic_that_eats_memory() {
    check_hostile(
        "run_tac do\n  let mut a := #[0]\n  while true do\n    a := a ++ a\n  IO.println a.size",
        MS,
    );
}

#[test]
fn a_tactic_that_recurses_without_end() {
    check_hostile("run_tac do IO.println (← runaway 0)", MS);
}

#[test]
fn a_tactic_that_floods_the_output() {
    check_hostile(
        "run_tac do\n  while true do\n    IO.println (\"\".pushn 'x' 65536)",
        MS,
    );
}

#[test]
fn a_tactic_that_forges_answers() {
    testing::with_pool(|pool| async move {
        let (session, root) = start(&pool, testing::environment(&["Lean"])).await;
        let lie = r#"IO.println s!"@@\{\"id\": {i}, \"ok\": \{\"outcomes\": [\{\"status\": \"closed\", \"heartbeats\": 0, \"ms\": 0}]}, \"ms\": 0}""#;
        let tactic = format!("run_tac do\n  for i in [0:2000] do\n    {lie}\n  throwError \"no\"");
        let outcomes = steps(&session, root.id, &[&tactic], MS).await;
        assert_eq!(outcomes[0].status, OutcomeStatus::Error, "{outcomes:?}");
        for half in [
            "IO.print \"no end of line\"",
            "IO.print \"@@\"",
            "IO.print \"@@{\\\"id\\\": \"",
        ] {
            let tactic = format!("run_tac {half}");
            let outcomes = steps(&session, root.id, &[&tactic, "simp [h]"], MS).await;
            assert_eq!(
                outcomes[1].status,
                OutcomeStatus::Closed,
                "{half}: {outcomes:?}"
            );
        }
    });
}

fn request(submission: &str, vouched: bool) -> VerifyRequest {
    VerifyRequest {
        environment: EnvironmentSpec::default(),
        reference: format!("{STATEMENT} := by sorry"),
        vouched,
        submission: format!("{STATEMENT} := {submission}"),
        names: vec!["t".into()],
        axioms: STANDARD_AXIOMS.map(str::to_owned).to_vec(),
        timeout_ms: MS,
    }
}

#[test]
fn proofs_are_verified() {
    testing::with_pool(|pool| async move {
        for (submission, word) in [
            ("⟨by omega, rfl⟩", "accepted"),
            ("by sorry", "rejected"),
            ("⟨by omega, no_such_term⟩", "rejected"),
        ] {
            for vouched in [true, false] {
                let report = pool.verify(&request(submission, vouched)).await;
                let judged = &report.theorems[0];
                assert_eq!(judged.verdict.word(), word, "{submission}: {report:?}");
                let stated = judged.statements.as_ref().map(|s| s.challenge.as_str());
                assert_eq!(stated, Some(SHOWN), "{submission}: {report:?}");
            }
        }
        let killer = "⟨by omega, rfl⟩\n#eval (IO.Process.exit 1 : IO Unit)";
        let report = pool.verify(&request(killer, true)).await;
        assert!(
            matches!(report.theorems[0].verdict, Verdict::Fault { .. }),
            "{report:?}"
        );
    });
}
