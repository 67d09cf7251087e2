use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::protocol::EnvironmentKind;
use lakatos_lean_bridge::verdict::{Level, Reason, Verdict};
use serde_json::json;

use super::*;
use crate::record::{
    AttemptRecord, Cost, NodeRecord, NodeStatus, Outcome, TacticRecord, TacticStatus,
};

fn new_run(name: Option<&str>) -> NewRun {
    NewRun {
        name: name.map(str::to_owned),
        stem: "bundled".into(),
        seed: u64::MAX,
        source: "the bundled benchmark".into(),
        command_line: vec!["lakatos".into(), "prove".into()],
        config: json!({"seed": 1}),
        versions: json!({"lakatos": "0.1.0"}),
        lean: json!("embedded"),
    }
}

fn problem(name: &str) -> NewProblem {
    NewProblem {
        name: name.into(),
        split: Some("valid".into()),
        environment: EnvironmentSpec {
            imports: vec!["Mathlib".into()],
            text: "open Nat\n".into(),
        },
        statement: format!("theorem {name} : 1 = 1"),
        origin: "a.jsonl:3".into(),
        payload: json!({"informal": "one is one"}),
    }
}

fn problems(n: usize) -> Vec<NewProblem> {
    (0..n).map(|i| problem(&format!("p{i}"))).collect()
}

fn record(outcome: Outcome) -> AttemptRecord {
    let proved = outcome == Outcome::Proved;
    AttemptRecord {
        outcome,
        reason: (!proved).then(|| Reason {
            class: "budget".into(),
            message: "60 s".into(),
        }),
        environment: Some(EnvironmentKind::Core),
        theorem: Some("foo".into()),
        theorem_type: Some("1 = 1".into()),
        statement_hash: Some("abc".into()),
        proof: proved.then(|| "theorem foo : 1 = 1 := by\n  rfl".into()),
        verdict: proved.then(|| Verdict::Accepted {
            level: Level::Kernel,
            axioms: vec!["propext".into()],
            library_bodies: false,
        }),
        nodes: vec![NodeRecord {
            id: 0,
            parent: None,
            depth: 0,
            hash: "00".into(),
            goals: vec!["⊢ 1 = 1".into()],
            tags: vec![String::new()],
            status: NodeStatus::Proved,
            duplicate_of: None,
            score: -0.5,
            expanded: Some(0),
        }],
        tactics: vec![TacticRecord {
            id: 0,
            node: 0,
            text: "rfl".into(),
            source: "portfolio/finisher".into(),
            logprob: -1.0,
            status: TacticStatus::Closed,
            error_class: None,
            error: None,
            children: vec![],
            heartbeats: 0.2,
            ms: 1.5,
            in_proof: true,
        }],
        cost: Cost {
            seconds: 1.0,
            lean_seconds: 0.5,
            policy_seconds: 0.1,
            verify_seconds: 0.3,
            expanded: 1,
            tactics: 1,
            tokens: 7,
        },
    }
}

fn learning() -> Learning {
    Learning {
        before: json!({"arms": {}}),
        after: json!({"arms": {"*": {}}}),
    }
}

fn open() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (dir, store)
}

fn finish(store: &Store, p: ProblemId, outcome: Outcome, last: bool) -> Result<(), StoreError> {
    let attempt = store.begin_attempt(p)?;
    store.finish_attempt(attempt, &record(outcome), &learning(), last)
}

#[test]
fn the_migrations_are_sound() {
    Migrations::from_slice(MIGRATIONS).validate().unwrap();
}

#[test]
fn an_attempt_comes_back_as_it_was_written() {
    let (_dir, store) = open();
    let (run, _lock) = store.create_run(&new_run(Some("r")), &problems(2)).unwrap();
    assert_eq!(run.seed, u64::MAX);
    let waiting = store.waiting(run.id).unwrap();
    assert_eq!(waiting[1].problem, problem("p1"));
    finish(&store, waiting[0].id, Outcome::Proved, true).unwrap();
    let result = store.result(&run, "p0").unwrap();
    assert_eq!(result.attempt, Some(record(Outcome::Proved)));
    assert!(result.is_final);
    let rejected = AttemptRecord {
        verdict: Some(Verdict::Rejected {
            reason: Reason {
                class: "kernel".into(),
                message: "no".into(),
            },
        }),
        ..record(Outcome::Failed)
    };
    let attempt = store.begin_attempt(waiting[1].id).unwrap();
    store
        .finish_attempt(attempt, &rejected, &learning(), true)
        .unwrap();
    assert_eq!(store.result(&run, "p1").unwrap().attempt, Some(rejected));
    assert_eq!(store.learnt(run.id).unwrap(), Some(learning().after));
    let counts = store.counts(run.id).unwrap();
    assert_eq!((counts.problems, counts.proved, counts.failed), (2, 1, 1));
    assert_eq!(store.end_run(run.id).unwrap(), RunStatus::Finished);
}

#[test]
fn a_problem_has_one_final_result() {
    let (_dir, store) = open();
    let (run, _lock) = store.create_run(&new_run(None), &problems(1)).unwrap();
    let p = store.waiting(run.id).unwrap()[0].id;
    let attempt = store.begin_attempt(p).unwrap();
    assert!(
        matches!(store.begin_attempt(p), Err(StoreError::Rule { .. })),
        "it is running"
    );
    store
        .finish_attempt(attempt, &record(Outcome::Failed), &learning(), true)
        .unwrap();
    let twice = store.finish_attempt(attempt, &record(Outcome::Proved), &learning(), true);
    assert!(matches!(twice, Err(StoreError::Rule { .. })));
    assert!(
        matches!(store.begin_attempt(p), Err(StoreError::Rule { .. })),
        "it is done"
    );
    for defect in [
        "INSERT INTO attempts (problem, number, started_at, outcome, final) \
         VALUES (1, 9, 0, 'failed', 1)",
        "UPDATE problems SET state = 'waiting'",
        "UPDATE attempts SET outcome = 'declined'",
    ] {
        let error = store.connection().execute(defect, []).unwrap_err();
        assert_eq!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::ConstraintViolation),
            "{defect}"
        );
    }
    assert_eq!(store.counts(run.id).unwrap().failed, 1);
}

#[test]
fn a_proof_is_part_of_being_proved() {
    let (_dir, store) = open();
    let (run, _lock) = store.create_run(&new_run(None), &problems(1)).unwrap();
    let attempt = store
        .begin_attempt(store.waiting(run.id).unwrap()[0].id)
        .unwrap();
    let hollow = AttemptRecord {
        proof: None,
        ..record(Outcome::Proved)
    };
    assert!(matches!(
        store.finish_attempt(attempt, &hollow, &learning(), true),
        Err(StoreError::Rule { .. })
    ));
    assert_eq!(store.counts(run.id).unwrap().done(), 0);
}

#[test]
fn interrupted_and_retried_problems_wait_again() {
    let (_dir, store) = open();
    let (run, lock) = store.create_run(&new_run(None), &problems(3)).unwrap();
    let waiting = store.waiting(run.id).unwrap();
    finish(&store, waiting[0].id, Outcome::Interrupted, true).unwrap();
    finish(&store, waiting[1].id, Outcome::Fault, false).unwrap();
    store.begin_attempt(waiting[2].id).unwrap();
    assert_eq!(store.end_run(run.id).unwrap(), RunStatus::Interrupted);
    store.recover(run.id, &lock).unwrap();
    for p in store.waiting(run.id).unwrap() {
        finish(&store, p.id, Outcome::Proved, true).unwrap();
    }
    assert_eq!(store.counts(run.id).unwrap().proved, 3);
    let attempts: Vec<u32> = store
        .results(run.id, false)
        .unwrap()
        .iter()
        .map(|r| r.attempts)
        .collect();
    assert_eq!(attempts, [2, 2, 2]);
}

#[test]
fn names_of_runs() {
    let (_dir, store) = open();
    let first = store.create_run(&new_run(None), &problems(1)).unwrap();
    let second = store.create_run(&new_run(None), &problems(1)).unwrap();
    assert_eq!([first.0.name, second.0.name], ["bundled-1", "bundled-2"]);
    let taken = store.create_run(&new_run(Some("bundled-1")), &problems(1));
    assert!(matches!(taken, Err(StoreError::RunExists { .. })));
    let message = store.run("nothing").unwrap_err().to_string();
    assert_eq!(
        message,
        "there is no run `nothing`; the latest are bundled-2, bundled-1"
    );
}

#[test]
fn a_second_worker_is_refused() {
    let (dir, store) = open();
    let (run, lock) = store.create_run(&new_run(None), &problems(1)).unwrap();
    let other = Store::open(dir.path()).unwrap();
    assert!(other.is_locked(run.id));
    assert!(matches!(other.lock(&run), Err(StoreError::Locked { .. })));
    drop(lock);
    assert!(!other.is_locked(run.id));
    other.lock(&run).unwrap();
}

#[test]
fn damaged_newer_and_misplaced_stores_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    std::fs::write(
        &path,
        "this is not a database, whatever its name says".repeat(100),
    )
    .unwrap();
    assert!(matches!(
        Store::open(dir.path()),
        Err(StoreError::Corrupt { .. })
    ));

    let (newer, store) = open();
    store
        .connection()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    drop(store);
    assert!(matches!(
        Store::open(newer.path()),
        Err(StoreError::Newer {
            version: 99,
            known: 4,
            ..
        })
    ));

    let under_a_file = path.join("data");
    assert!(matches!(
        Store::open(&under_a_file),
        Err(StoreError::Directory { .. })
    ));
}

#[test]
fn a_full_disk_is_named_and_loses_nothing() {
    let (_dir, store) = open();
    let (run, _lock) = store.create_run(&new_run(None), &problems(300)).unwrap();
    let pages: i64 = store
        .connection()
        .pragma_query_value(None, "page_count", |r| r.get(0))
        .unwrap();
    store
        .connection()
        .pragma_update(None, "max_page_count", pages + 8)
        .unwrap();
    let mut done = 0;
    let full = store.waiting(run.id).unwrap().into_iter().find_map(|p| {
        match finish(&store, p.id, Outcome::Proved, true) {
            Ok(()) => {
                done += 1;
                None
            }
            Err(e) => Some(e),
        }
    });
    assert!(matches!(full, Some(StoreError::Full { .. })), "{full:?}");
    assert_eq!(store.counts(run.id).unwrap().proved, done);
    assert!(done > 0);
}

#[test]
fn times_are_readable() {
    let (_dir, store) = open();
    assert_eq!(
        store.rfc3339(1_700_000_000_999).unwrap(),
        "2023-11-14T22:13:20Z"
    );
}

#[test]
fn errors_are_classified_by_their_cause() {
    use rusqlite::ffi;
    let at = |code| {
        StoreError::at(
            Path::new("x"),
            rusqlite::Error::SqliteFailure(ffi::Error::new(code), None),
        )
    };
    assert!(matches!(
        at(ffi::SQLITE_READONLY),
        StoreError::ReadOnly { .. }
    ));
    assert!(matches!(
        at(ffi::SQLITE_CANTOPEN),
        StoreError::CannotOpen { .. }
    ));
    assert!(matches!(
        at(ffi::SQLITE_CORRUPT),
        StoreError::Corrupt { .. }
    ));
    assert!(matches!(at(ffi::SQLITE_FULL), StoreError::Full { .. }));
    assert!(matches!(at(ffi::SQLITE_BUSY), StoreError::Busy { .. }));
}

/// What the killed child of the next test does: works through the run, announcing each result on
/// standard output after the store has it.
#[test]
#[ignore = "only as a child process of `killed_at_any_instant_nothing_is_lost`"]
fn child_that_works() {
    let Some(dir) = std::env::var_os("LAKATOS_TEST_STORE") else {
        return;
    };
    let store = Store::open(Path::new(&dir)).unwrap();
    let run = store.run("killed").unwrap();
    let lock = store.lock(&run).unwrap();
    store.recover(run.id, &lock).unwrap();
    for p in store.waiting(run.id).unwrap() {
        finish(&store, p.id, Outcome::Proved, true).unwrap();
        println!("\nannounced {}", p.problem.name);
    }
    store.end_run(run.id).unwrap();
    println!("\nfinished");
}

#[test]
fn killed_at_any_instant_nothing_is_lost() {
    use rand::{Rng, SeedableRng};
    use std::io::Read;
    use std::process::{Command, Stdio};

    const PROBLEMS: usize = 400;
    let (dir, store) = open();
    let (run, lock) = store
        .create_run(&new_run(Some("killed")), &problems(PROBLEMS))
        .unwrap();
    drop(lock);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let mut announced = Vec::new();
    let mut kills = 0;
    loop {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "store::tests::child_that_works",
                "--ignored",
                "--nocapture",
            ])
            .env("LAKATOS_TEST_STORE", dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(rng.random_range(1..60)));
        child.kill().unwrap();
        let mut said = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        child.wait().unwrap();
        announced.extend(
            said.lines()
                .filter_map(|l| l.strip_prefix("announced "))
                .map(str::to_owned),
        );
        let results = store.results(run.id, true).unwrap();
        let done: Vec<_> = results.iter().filter(|r| r.is_final).collect();
        for r in &done {
            assert_eq!(
                r.attempt,
                Some(record(Outcome::Proved)),
                "a result is whole"
            );
        }
        for name in &announced {
            assert!(
                done.iter().any(|r| r.problem.problem.name == *name),
                "{name} was announced"
            );
        }
        if said.contains("finished") || done.len() == PROBLEMS {
            break;
        }
        kills += 1;
        assert!(kills < 2000, "the run makes progress");
    }
    assert!(
        kills >= 3,
        "the child was killed at work, and not {kills} times"
    );
    let distinct: std::collections::HashSet<_> = announced.iter().collect();
    assert_eq!(distinct.len(), announced.len(), "nothing was proved twice");
    assert_eq!(store.counts(run.id).unwrap().proved as usize, PROBLEMS);
}
