//! A compiled library besides Lean's own, on the embedded Lean: `--lean-path`, from a statement that
//! speaks of it to a verdict.

use lakatos_lean_bridge::launch::{LaunchOptions, Launcher};
use lakatos_lean_bridge::pool::{Pool, PoolOptions};
use lakatos_lean_bridge::protocol::{EnvironmentKind, OutcomeStatus, TacticRequest};
use lakatos_lean_bridge::testing;
use lakatos_lean_bridge::verdict::{STANDARD_AXIOMS, Verdict, VerifyRequest};

const MS: u64 = 120_000;
const LIBRARY: &str = "def triple (n : Nat) : Nat := 3 * n\n\
    theorem triple_add (a b : Nat) : triple (a + b) = triple a + triple b := Nat.mul_add 3 a b\n\
    axiom triple_magic : triple 1 = 4\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_library_is_imported_used_and_judged() {
    let dir = tempfile::tempdir().unwrap();
    let (sources, library) = (dir.path().join("src"), dir.path().join("lib"));
    for made in [&sources, &library] {
        std::fs::create_dir(made).unwrap();
    }
    std::fs::write(sources.join("Triples.lean"), LIBRARY).unwrap();
    testing::compile(&sources, &library, "Triples");

    let options = LaunchOptions {
        lean_path: vec![library],
        imports: vec!["Triples".to_owned()],
        path: std::env::var_os("PATH"),
        ..LaunchOptions::default()
    };
    let launcher = Launcher::embedded(testing::installation(), &options).unwrap();
    let options = PoolOptions {
        workers: 1,
        warm_spare: false,
        ..PoolOptions::default()
    };
    let pool = Pool::start(launcher, options).await.unwrap();
    let session = pool.session(testing::environment(&[])).await.unwrap();
    assert_eq!(session.opened().kind, EnvironmentKind::Project);
    assert_eq!(session.opened().imports, ["Triples"]);

    let statement = "theorem t (a : Nat) : triple (a + a) = triple a + triple a";
    let root = session.start(statement, false, MS).await.unwrap().root;
    let tactic = TacticRequest {
        text: "rw [triple_add]".to_owned(),
        heartbeats: None,
        ms: None,
    };
    let outcomes = session.step(root.id, &[tactic], true, MS).await.unwrap();
    assert_eq!(outcomes[0].status, OutcomeStatus::Closed);

    let judge = async |statement: &str, proof: &str| {
        let request = VerifyRequest {
            environment: testing::environment(&[]),
            reference: format!("{statement} := by sorry"),
            vouched: true,
            submission: format!("{statement} := by\n  {proof}"),
            names: vec!["t".to_owned()],
            axioms: STANDARD_AXIOMS.map(str::to_owned).to_vec(),
            timeout_ms: MS,
        };
        pool.verify(&request).await.theorems.remove(0).verdict
    };
    let proved = judge(statement, "rw [triple_add]").await;
    assert!(proved.is_proved(), "{proved:?}");
    // A library's axiom is not one of Lean's own.
    match judge("theorem t : triple 1 = 4", "exact triple_magic").await {
        Verdict::Rejected { reason } => assert_eq!(reason.class, "axioms", "{reason:?}"),
        other => panic!("{other:?}"),
    }
}
