//! Killed at random moments, a run loses nothing, proves nothing twice, and ends complete. `LAKATOS_KILLS=50` is the long form.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use lakatos::record::Outcome;
use lakatos::store::Store;
use rand::{Rng, SeedableRng};

use crate::support::{events, lakatos, lean, lean_home, run};

/// How often it is killed; every kill costs a start of Lean.
fn kills() -> usize {
    let asked = std::env::var("LAKATOS_KILLS").ok();
    asked.map_or(10, |n| n.parse().expect("LAKATOS_KILLS is a number"))
}

fn theorem(i: usize) -> String {
    match i % 4 {
        0 => format!("theorem k{i} (a b : Nat) : a + b + {i} = {i} + b + a"),
        1 => format!("theorem k{i} (p q : Prop) (h : p ∧ q) (_ : {i} = {i}) : q ∧ p"),
        2 => format!("theorem k{i} (x : Int) (h : {i} < x) : {i} ≤ x"),
        _ => format!("theorem k{i} : {i} + {i} = 2 * {i}"),
    }
}

/// Kills a run at a moment that the seed chooses: in every other round while it starts, otherwise
/// once it has announced a few results. Returns everything that it said.
fn kill(mut child: Child, round: usize, rng: &mut impl Rng) -> String {
    let out = child.stdout.take().expect("standard output is a pipe");
    let mut said = String::new();
    let mut reader = BufReader::new(out);
    if round % 2 == 1 {
        let results = rng.random_range(1..4);
        let mut seen = 0;
        while seen < results {
            let before = said.len();
            if reader.read_line(&mut said).expect("UTF-8") == 0 {
                break;
            }
            seen += usize::from(said[before..].contains("\"event\":\"problem\""));
        }
        std::thread::sleep(Duration::from_micros(rng.random_range(0..150_000)));
    } else {
        std::thread::sleep(Duration::from_millis(rng.random_range(0..3000)));
    }
    child.kill().expect("it can be killed");
    std::io::Read::read_to_string(&mut reader, &mut said).expect("UTF-8");
    child.wait().expect("it ends");
    said
}

/// The names that were announced, each with its verdict at level 3.
fn announced(said: &str) -> Vec<String> {
    events(said)
        .into_iter()
        .filter(|e| e["event"] == "problem")
        .map(|e| {
            assert_eq!(
                (&e["verdict"], &e["level"]),
                (&"proved".into(), &3.into()),
                "{e}"
            );
            e["name"].as_str().expect("a name").to_owned()
        })
        .collect()
}

/// What the store holds: every final result's name. Each is a proof with its verdict.
fn held(home: &Path, name: &str) -> HashSet<String> {
    let store = Store::open(home).expect("the store survives every kill");
    let Ok(stored) = store.run(name) else {
        return HashSet::new();
    };
    let results = store
        .results(stored.id, false)
        .expect("results can be read");
    let done = results.into_iter().filter(|r| r.is_final).map(|r| {
        let attempt = r.attempt.expect("a final result is an attempt");
        assert_eq!(attempt.outcome, Outcome::Proved);
        assert!(attempt.proof.is_some() && attempt.verdict.is_some_and(|v| v.is_proved()));
        r.problem.problem.name
    });
    done.collect()
}

#[test]
fn killed_again_and_again_a_run_ends_complete() {
    // More than all kills together can let through.
    let problems = 4 * kills();
    let _lean = lean();
    let dir = tempfile::tempdir().unwrap();
    let home = lean_home();
    // Installed before the clock of the first kill starts.
    assert_eq!(run(&home, &["setup"]).code, 0);
    let input = dir.path().join("many.lean");
    let text: String = (0..problems)
        .map(|i| theorem(i) + " := by sorry\n")
        .collect();
    std::fs::write(&input, text).unwrap();
    let name = format!("test-killed-{}", std::process::id());
    let options = ["--embedded", "--workers", "1", "--run", &name];
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(50);
    let mut heard: Vec<String> = Vec::new();
    let mut before = HashSet::new();
    let mut begun = false;
    for round in 0..kills() {
        let command = if begun {
            lakatos(&home, &["--json", "resume", &name]).spawn()
        } else {
            let args = [&["--json", "prove", input.to_str().unwrap()][..], &options].concat();
            lakatos(&home, &args).spawn()
        };
        let said = kill(command.unwrap(), round, &mut rng);
        let now = announced(&said);
        for result in &now {
            assert!(!before.contains(result), "{result} was proved twice");
        }
        heard.extend(now);
        let after = held(&home, &name);
        assert!(before.is_subset(&after), "nothing that was held is lost");
        for result in &heard {
            assert!(
                after.contains(result),
                "{result} was announced and is not held"
            );
        }
        begun |= Store::open(&home).unwrap().run(&name).is_ok();
        before = after;
    }
    assert!(
        !before.is_empty(),
        "the killed processes got some work done"
    );
    assert!(before.len() < problems, "the last kill came before the end");
    let last = run(&home, &["--json", "resume", &name]);
    assert_eq!(last.code, 0, "{}", last.err);
    heard.extend(announced(&last.out));
    let distinct: HashSet<_> = heard.iter().collect();
    assert_eq!(distinct.len(), heard.len(), "nothing was announced twice");
    assert_eq!(held(&home, &name).len(), problems);

    let store = Store::open(&home).unwrap();
    let stored = store.run(&name).unwrap();
    let results = store.results(stored.id, false).unwrap();
    let proofs: String = results
        .iter()
        .filter_map(|r| r.attempt.as_ref()?.proof.as_deref())
        .map(|proof| format!("{proof}\n\n"))
        .collect();
    let file = dir.path().join("proofs.lean");
    std::fs::write(&file, proofs).unwrap();
    let verified = run(
        &home,
        &["--json", "verify", "--embedded", file.to_str().unwrap()],
    );
    assert_eq!(verified.code, 0, "{}", verified.err);
    let summary = verified.events().pop().unwrap();
    assert_eq!(summary["accepted"], problems);
}
