//! What becomes of the pool when workers hang, die, flood or talk nonsense.

use lakatos_lean_bridge::pool::{Outcome, Pool, PoolOptions, ProofState, Session, StateId};
use lakatos_lean_bridge::protocol::{ErrorClass, OutcomeStatus, TacticRequest};
use lakatos_lean_bridge::verdict::{Judged, Level, Verdict, VerifyRequest};
use lakatos_lean_bridge::{BridgeError, EnvironmentSpec};

mod fake;

/// Not a test: the scripted worker, when this program is started as one.
#[test]
fn fake_worker() {
    fake::main_if_asked();
}

const SOON: u64 = 400;
const PATIENT: u64 = 30_000;

async fn pool(options: PoolOptions) -> Pool {
    Pool::start(fake::spawner("ready"), options)
        .await
        .expect("the pool starts")
}

async fn session(pool: &Pool) -> (Session, ProofState) {
    let session = pool
        .session(EnvironmentSpec::default())
        .await
        .expect("a session");
    let root = session
        .start("root", false, PATIENT)
        .await
        .expect("a root")
        .root;
    (session, root)
}

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

async fn child(session: &Session, state: StateId, tactic: &str) -> ProofState {
    let mut outcomes = steps(session, state, &[tactic], PATIENT).await;
    outcomes.remove(0).children.remove(0)
}

/// The process behind a session, and the number of states it holds.
async fn process(session: &Session, state: StateId) -> (String, usize) {
    let mut found = session
        .suggest(state, &[], 1, PATIENT)
        .await
        .expect("an answer");
    let found = found.remove(0);
    (found.lemma, found.kind.parse().expect("a number"))
}

/// One tactic of a batch misbehaves: it alone fails, after its retry, and says why.
async fn check_killer(tactic: &str, class: ErrorClass, message: &str) {
    let pool = pool(fake::options()).await;
    let (session, root) = session(&pool).await;
    let earlier = child(&session, root.id, "open before").await;
    let outcomes = steps(&session, root.id, &["open a", tactic, "close"], SOON).await;
    let status: Vec<_> = outcomes.iter().map(|o| o.status).collect();
    let expect = [
        OutcomeStatus::Open,
        OutcomeStatus::Error,
        OutcomeStatus::Closed,
    ];
    assert_eq!(status, expect, "{tactic}");
    let error = outcomes[1].error.clone().expect("an error");
    assert_eq!(error.class, class, "{tactic}: {}", error.message);
    assert!(
        error.message.contains(message),
        "{tactic}: {}",
        error.message
    );
    assert_eq!(
        pool.stats().deaths,
        2,
        "{tactic}: once in the batch, once alone"
    );
    // What was there before is still there, and what came of the batch too.
    child(&session, earlier.id, "open after").await;
    child(&session, outcomes[0].children[0].id, "open after").await;
    pool.shutdown().await;
}

#[tokio::test]
async fn a_hang_costs_its_tactic() {
    check_killer("hang", ErrorClass::Deadline, "ignored its deadline").await;
}

#[tokio::test]
async fn a_death_costs_its_tactic() {
    check_killer("die", ErrorClass::Other, "Aargh").await;
}

#[tokio::test]
async fn a_flood_costs_its_tactic() {
    check_flood("flood").await;
    check_flood("long_line").await;
}

async fn check_flood(tactic: &str) {
    let pool = pool(fake::options()).await;
    let (session, root) = session(&pool).await;
    let outcomes = steps(&session, root.id, &[tactic, "open a"], 60_000).await;
    let error = outcomes[0].error.clone().expect("an error");
    assert!(
        error.message.contains("wrote more than 256 MB"),
        "{}",
        error.message
    );
    assert_eq!(outcomes[1].status, OutcomeStatus::Open);
    pool.shutdown().await;
}

#[tokio::test]
async fn nonsense_costs_its_tactic() {
    check_killer("nonsense", ErrorClass::Other, "it wrote").await;
    check_killer("wrong_shape", ErrorClass::Other, "cannot be read").await;
}

#[tokio::test]
async fn half_an_answer_costs_its_tactic() {
    check_killer("partial", ErrorClass::Other, "ended with").await;
    check_killer("drip", ErrorClass::Deadline, "ignored its deadline").await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_memory_bomb_costs_its_tactic() {
    let pool = pool(PoolOptions {
        memory_mb: 100,
        ..fake::options()
    })
    .await;
    let (session, root) = session(&pool).await;
    let outcomes = steps(&session, root.id, &["fat", "open a"], 60_000).await;
    let error = outcomes[0].error.clone().expect("an error");
    assert!(error.message.contains("of memory"), "{}", error.message);
    assert_eq!(outcomes[1].status, OutcomeStatus::Open);
    pool.shutdown().await;
}

#[tokio::test]
async fn a_single_death_costs_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let marker = dir.path().join("marker");
    std::fs::write(&marker, "").expect("a marker");
    let pool = pool(fake::options()).await;
    let (session, root) = session(&pool).await;
    let tactic = format!("die_once {}", marker.display());
    let outcomes = steps(&session, root.id, &["close", &tactic, "two"], PATIENT).await;
    let status: Vec<_> = outcomes.iter().map(|o| o.status).collect();
    assert_eq!(
        status,
        [
            OutcomeStatus::Closed,
            OutcomeStatus::Open,
            OutcomeStatus::Open
        ]
    );
    assert_eq!(pool.stats().deaths, 1);
    pool.shutdown().await;
}

#[tokio::test]
async fn noise_is_no_answer() {
    let pool = pool(fake::options()).await;
    let (session, root) = session(&pool).await;
    for tactic in ["forge", "print", "complain"] {
        let outcomes = steps(&session, root.id, &[tactic], PATIENT).await;
        assert_eq!(outcomes[0].status, OutcomeStatus::Open, "{tactic}");
    }
    let big = child(&session, root.id, "big").await;
    assert_eq!(big.goals[0].text.len(), 64 << 20);
    assert_eq!(pool.stats().deaths, 0);
    pool.shutdown().await;
}

#[tokio::test]
async fn other_sessions_are_rebuilt() {
    let pool = pool(fake::options()).await;
    let (one, root) = session(&pool).await;
    let (other, other_root) = session(&pool).await;
    let left = child(&other, other_root.id, "two").await;
    let leaf = child(&other, left.id, "open leaf").await;
    other.free(&[other_root.id, left.id]).await;
    let (before, _) = process(&other, leaf.id).await;
    steps(&one, root.id, &["die"], PATIENT).await;
    let (after, _) = process(&other, leaf.id).await;
    assert_ne!(before, after);
    assert_eq!(child(&other, leaf.id, "open x").await.hash, {
        let (fresh, root) = session(&pool).await;
        let left = child(&fresh, root.id, "two").await;
        let leaf = child(&fresh, left.id, "open leaf").await;
        child(&fresh, leaf.id, "open x").await.hash
    });
    let freed = other.step(left.id, &[], false, SOON).await;
    assert!(
        freed.is_ok_and(|outcomes| outcomes.is_empty()),
        "no tactics need no state"
    );
    pool.shutdown().await;
}

#[tokio::test]
async fn a_state_that_comes_out_different_is_given_up() {
    let pool = pool(fake::options()).await;
    let (session, root) = session(&pool).await;
    let drifting = child(&session, root.id, "drift").await;
    let steady = child(&session, root.id, "open a").await;
    steps(&session, root.id, &["die"], PATIENT).await;
    let request = [TacticRequest {
        text: "close".into(),
        heartbeats: None,
        ms: None,
    }];
    let error = session
        .step(drifting.id, &request, false, PATIENT)
        .await
        .expect_err("an error");
    assert!(matches!(&error, BridgeError::Protocol { message } if message.contains("`drift`")));
    child(&session, steady.id, "open b").await;
    pool.shutdown().await;
}

#[tokio::test]
async fn sorries_are_states_that_can_be_rebuilt() {
    let pool = pool(fake::options()).await;
    let (session, root) = session(&pool).await;
    let holes = session
        .sorries("sorry and sorry", PATIENT)
        .await
        .expect("holes");
    assert_eq!(holes.len(), 2);
    let before = child(&session, holes[1].root.id, "open a").await;
    steps(&session, root.id, &["die"], PATIENT).await;
    let after = child(&session, holes[1].root.id, "open a").await;
    assert_eq!(before.hash, after.hash);
    pool.shutdown().await;
}

#[tokio::test]
async fn states_are_freed() {
    let pool = pool(fake::options()).await;
    let (session, root) = session(&pool).await;
    for _ in 0..500 {
        let outcomes = steps(&session, root.id, &["two", "open a"], PATIENT).await;
        let ids: Vec<_> = outcomes
            .iter()
            .flat_map(|o| &o.children)
            .map(|c| c.id)
            .collect();
        session.free(&ids).await;
    }
    let (_, held) = process(&session, root.id).await;
    assert!(
        held < 400,
        "1500 states were made and freed, and {held} are held"
    );
    let (other, other_root) = self::session(&pool).await;
    drop(session);
    for _ in 0..100 {
        // The worker is told when it has been idle for a moment.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        if process(&other, other_root.id).await.1 == 1 {
            pool.shutdown().await;
            return;
        }
    }
    panic!("the dropped session's states are still held");
}

#[tokio::test]
async fn a_caller_who_leaves_spoils_nothing() {
    let pool = pool(fake::options()).await;
    let (session, root) = session(&pool).await;
    let request = [TacticRequest {
        text: "hang".into(),
        heartbeats: None,
        ms: None,
    }];
    for _ in 0..2 {
        let hanging = session.step(root.id, &request, false, SOON);
        let pause = std::time::Duration::from_millis(30);
        assert!(tokio::time::timeout(pause, hanging).await.is_err());
        child(&session, root.id, "open a").await;
    }
    pool.shutdown().await;
}

#[tokio::test]
async fn workers_are_recycled_between_requests() {
    let pool = pool(PoolOptions {
        recycle_steps: 10,
        ..fake::options()
    })
    .await;
    let (session, root) = session(&pool).await;
    let mut state = root.clone();
    for i in 0..25 {
        state = child(&session, state.id, &format!("open {i}")).await;
    }
    let stats = pool.stats();
    assert!(stats.recycled >= 2 && stats.deaths == 0, "{stats:?}");
    assert!(stats.replayed > 0, "{stats:?}");
    pool.shutdown().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn growth_recycles() {
    let options = PoolOptions {
        recycle_growth_mb: 150,
        ..fake::options()
    };
    let pool = pool(options).await;
    let (session, root) = session(&pool).await;
    let (before, _) = process(&session, root.id).await;
    for _ in 0..2 {
        steps(&session, root.id, &["grow"], PATIENT).await;
    }
    assert_ne!(process(&session, root.id).await.0, before);
    assert_eq!(pool.stats().deaths, 0);
    pool.shutdown().await;
}

#[tokio::test]
async fn a_spare_takes_the_place_of_the_dead() {
    let pool = pool(PoolOptions {
        warm_spare: true,
        ..fake::options()
    })
    .await;
    let (session, root) = session(&pool).await;
    for _ in 0..3 {
        steps(&session, root.id, &["die"], PATIENT).await;
        child(&session, root.id, "open a").await;
    }
    assert_eq!(pool.stats().deaths, 6);
    pool.shutdown().await;
}

#[tokio::test]
async fn bad_starts_are_explained() {
    for (scenario, words) in [
        ("no ready", "not ready after 1 s"),
        ("dies", "cannot start today"),
        ("wrong protocol", "version 99"),
        ("memory", "out of memory"),
    ] {
        let ready_timeout_s = if scenario == "no ready" { 1 } else { 60 };
        let options = PoolOptions {
            ready_timeout_s,
            ..fake::options()
        };
        let error = Pool::start(fake::spawner(scenario), options)
            .await
            .err()
            .expect("an error");
        assert!(
            matches!(error, BridgeError::Spawn { .. }),
            "{scenario}: {error}"
        );
        assert!(error.to_string().contains(words), "{scenario}: {error}");
    }
}

#[tokio::test]
async fn refusals_are_errors_of_their_request_alone() {
    let pool = pool(fake::options()).await;
    let (session, root) = session(&pool).await;
    let error = session
        .start("wrong", false, PATIENT)
        .await
        .expect_err("an error");
    assert!(matches!(error, BridgeError::Elaboration { .. }), "{error}");
    let env = |text: &str| EnvironmentSpec {
        imports: vec![],
        text: text.into(),
    };
    let error = pool
        .session(env("no import"))
        .await
        .err()
        .expect("an error");
    assert!(matches!(error, BridgeError::Import { .. }), "{error}");
    let error = pool.session(env("die")).await.err().expect("an error");
    assert!(matches!(error, BridgeError::WorkerDied { .. }), "{error}");
    session
        .start("evicted", false, PATIENT)
        .await
        .expect("the environment is opened again");
    child(&session, root.id, "open a").await;
    let report = pool
        .check(&env(""), "text", PATIENT)
        .await
        .expect("a report");
    assert!(report.complete);
    let found = pool
        .sorries(&env(""), "sorry", PATIENT)
        .await
        .expect("holes");
    assert_eq!(found.sorries.len(), 1);
    pool.shutdown().await;
    let error = session
        .start("root", false, PATIENT)
        .await
        .expect_err("an error");
    assert!(error.to_string().contains("shut down"), "{error}");
}

fn request(submission: &str) -> VerifyRequest {
    VerifyRequest {
        environment: EnvironmentSpec::default(),
        reference: "theorem t : True := by sorry".into(),
        vouched: true,
        submission: submission.into(),
        names: vec!["t".into()],
        axioms: vec![],
        timeout_ms: SOON,
    }
}

#[tokio::test]
async fn only_the_kernel_worker_accepts() {
    let pool = pool(fake::options()).await;
    for (submission, word, class) in [
        ("broken", "rejected", "elaboration"),
        ("liar", "rejected", "kernel"),
        ("does not parse", "rejected", "elaboration"),
        ("silent", "fault", "protocol"),
        ("other name", "fault", "protocol"),
        ("twice", "fault", "protocol"),
        ("die", "fault", "worker_died"),
        ("kernel dies", "fault", "worker_died"),
        ("hang", "declined", "timeout"),
        ("late", "declined", "timeout"),
        ("bad reference", "declined", "reference"),
    ] {
        let theorems = pool.verify(&request(submission)).await.theorems;
        assert_eq!(theorems.len(), 1, "{submission}");
        let Judged { name, verdict, .. } = &theorems[0];
        assert_eq!(
            (name.as_str(), verdict.word()),
            ("t", word),
            "{submission}: {verdict:?}"
        );
        let reason = match verdict {
            Verdict::Rejected { reason }
            | Verdict::Declined { reason }
            | Verdict::Fault { reason } => reason,
            Verdict::Accepted { .. } => panic!("{submission} was accepted"),
        };
        assert_eq!(reason.class, class, "{submission}: {}", reason.message);
    }
    let report = pool.verify(&request("good")).await;
    let axioms = vec!["propext".into()];
    let accepted = Verdict::Accepted {
        level: Level::Kernel,
        axioms,
        library_bodies: true,
    };
    assert!(report.is_proved());
    assert_eq!(report.theorems[0].name, "t");
    assert_eq!(report.theorems[0].verdict, accepted);
    pool.shutdown().await;
}

/// The process that elaborated a submission, as the fake kernel tells it.
async fn elaborated_by(pool: &Pool, request: &VerifyRequest) -> String {
    match &pool.verify(request).await.theorems[0].verdict {
        Verdict::Rejected { reason } => reason.message.clone(),
        other => unreachable!("the fake kernel refused, and the verdict is {other:?}"),
    }
}

#[tokio::test]
async fn a_process_that_ran_a_submissions_code_sees_no_other() {
    let pool = pool(fake::options()).await;
    let plain = elaborated_by(&pool, &request("liar")).await;
    assert_eq!(plain, elaborated_by(&pool, &request("liar")).await);
    // Its code runs in the process that is there, and in no later one.
    let coded = request("liar #eval 1");
    assert_eq!(plain, elaborated_by(&pool, &coded).await);
    let next = elaborated_by(&pool, &coded).await;
    assert_ne!(plain, next);
    assert_ne!(next, elaborated_by(&pool, &request("liar")).await);
    pool.shutdown().await;
}

#[tokio::test]
async fn what_nobody_vouches_for_is_elaborated_before_the_submission_and_not_by_the_kernel() {
    let pool = pool(fake::options()).await;
    let unvouched = |reference: &str, submission: &str| VerifyRequest {
        reference: reference.into(),
        vouched: false,
        ..request(submission)
    };
    assert!(
        pool.verify(&unvouched("theorem t", "good"))
            .await
            .is_proved()
    );
    let report = pool.verify(&unvouched("broken", "good")).await;
    match &report.theorems[0].verdict {
        Verdict::Declined { reason } => assert_eq!(reason.class, "reference", "{report:?}"),
        other => unreachable!("the reference has an error, and the verdict is {other:?}"),
    }
    // A reference with code of its own spoils the process as well.
    let plain = elaborated_by(&pool, &request("liar")).await;
    assert_eq!(
        plain,
        elaborated_by(&pool, &unvouched("#eval 1", "liar")).await
    );
    assert_ne!(plain, elaborated_by(&pool, &request("liar")).await);
    pool.shutdown().await;
}
