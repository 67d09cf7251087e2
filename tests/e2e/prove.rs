//! `prove`, `verify`, `report`, `replay` and `resume` on a real Lean.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Ended, lakatos, lean, lean_home, of_kind, run};

/// A run's name that no other test, and no other process, uses.
fn run_name(what: &str) -> String {
    format!("test-{what}-{}", std::process::id())
}

fn file(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path
}

/// What became of a problem.
#[track_caller]
fn problem<'a>(events: &'a [Value], name: &str) -> &'a Value {
    let found: Vec<_> = of_kind(events, "problem")
        .into_iter()
        .filter(|e| e["name"] == name)
        .collect();
    assert_eq!(found.len(), 1, "{name} has one result");
    found[0]
}

#[test]
fn a_file_from_statement_to_report() {
    let _lean = lean();
    let dir = tempfile::tempdir().unwrap();
    let home = lean_home();
    let input = file(
        dir.path(),
        "mixed.lean",
        "theorem true_one (a b : Nat) : a + b = b + a := by sorry\n\
         theorem false_one (n : Nat) : n + 1 = n := by sorry\n\
         theorem no_syntax (n : Nat : n = := by sorry\n\
         theorem no_proposition (n : Nat) : Nat := by sorry\n\
         theorem no_such_name : Nat.noSuchThing 1 = 1 := by sorry\n",
    );
    let report = dir.path().join("report.html");
    let name = run_name("mixed");
    let ended = run(
        &home,
        &[
            "--json",
            "prove",
            input.to_str().unwrap(),
            "no/such/file.lean",
            "--embedded",
            "--refute",
            "--workers",
            "1",
            "--time-per-theorem",
            "60",
            "--run",
            &name,
            "--report",
            report.to_str().unwrap(),
        ],
    );
    let events = ended.events();
    assert_eq!(ended.code, 2, "some input was bad: {}", ended.err);
    let proved = problem(&events, "true_one");
    assert_eq!(
        (&proved["verdict"], &proved["level"]),
        (&"proved".into(), &3.into())
    );
    assert_eq!(proved["environment"], "core");
    assert!(
        proved["proof"]
            .as_str()
            .unwrap()
            .starts_with("theorem true_one")
    );
    let refuted = problem(&events, "false_one");
    assert_eq!(
        (&refuted["verdict"], &refuted["level"]),
        (&"refuted".into(), &3.into())
    );
    for (name, reason) in [
        ("no_proposition", "not_a_proposition"),
        ("no_such_name", "does_not_elaborate"),
        ("no_syntax", "does_not_elaborate"),
    ] {
        let declined = problem(&events, name);
        assert_eq!(
            (&declined["verdict"], &declined["reason"]),
            (&"declined".into(), &reason.into())
        );
        assert!(declined["message"].as_str().is_some_and(|m| !m.is_empty()));
    }
    let unread = of_kind(&events, "input_error");
    assert!(unread.iter().any(|e| e["place"] == "no/such/file.lean"));
    let summary = events.last().unwrap();
    assert_eq!(summary["event"], "summary");
    assert_eq!(
        (&summary["proved"], &summary["refuted"]),
        (&1.into(), &1.into())
    );
    assert_eq!(summary["faults"], 0);
    assert!(summary["seconds"].as_f64().is_some());
    let html = std::fs::read_to_string(&report).unwrap();
    assert!(html.contains("true_one") && html.contains("<svg"));

    let listed = run(&home, &["--json", "runs", &name]);
    assert_eq!(
        of_kind(&listed.events(), "problem").len(),
        of_kind(&events, "problem").len(),
        "the store holds what was announced"
    );
    for (problem, tactics) in [("true_one", true), ("false_one", false)] {
        let mut args = vec!["--json", "replay", &name, problem];
        args.extend(tactics.then_some("--tactics"));
        let replayed = run(&home, &args);
        assert_eq!(
            replayed.code, 0,
            "{problem}: {}{}",
            replayed.out, replayed.err
        );
    }
    let again = run(&home, &["--json", "resume", &name]);
    assert_eq!(again.code, 0);
    assert!(
        of_kind(&again.events(), "run_started").is_empty(),
        "there is nothing left to do"
    );
}

#[test]
fn what_needs_mathlib_is_declined_in_words() {
    let _lean = lean();
    let ended = run(
        &lean_home(),
        &[
            "--json",
            "prove",
            "--statement",
            "theorem foo (x : ℝ) : x ^ 2 ≥ 0",
            "--import",
            "Mathlib",
            "--embedded",
            "--workers",
            "1",
            "--run",
            &run_name("mathlib"),
        ],
    );
    assert_eq!(
        ended.code, 0,
        "what needs Mathlib is not bad input: {}",
        ended.err
    );
    let events = ended.events();
    let declined = problem(&events, "foo");
    assert_eq!(declined["verdict"], "declined");
    assert_eq!(declined["reason"], "needs_mathlib");
    assert!(declined["message"].as_str().unwrap().contains("--project"));
}

/// A data directory with the same Lean, in which no model can be written.
fn home_without_models() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a directory");
    let installed = lean_home().join("embedded");
    let installed = installed.canonicalize().expect("it is installed");
    std::os::unix::fs::symlink(installed, home.path().join("embedded")).expect("a link");
    file(home.path(), "models", "in the way");
    home
}

#[test]
fn a_mixture_whose_bundled_model_cannot_be_written_goes_on_without_it() {
    let _lean = lean();
    // So that there is a Lean to link to.
    assert_eq!(run(&lean_home(), &["setup"]).code, 0);
    let home = home_without_models();
    let prove = |what: &str, more: &[&str]| {
        let statement = ["--statement", "theorem foo (a b : Nat) : a + b = b + a"];
        let settings = ["--embedded", "--workers", "1", "--run"];
        let run_name = run_name(what);
        let args = [
            &["prove"],
            &statement[..],
            &settings[..],
            &[&run_name],
            more,
        ]
        .concat();
        run(home.path(), &args)
    };
    let ended = prove("no-model", &[]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let said = format!("{}{}", ended.out, ended.err);
    assert!(said.contains("the portfolio searches without it"), "{said}");
    assert!(said.contains("1 proved"), "{said}");
    // One that was asked for by name is missed.
    let ended = prove("no-checkpoint", &["--checkpoint", "nowhere"]);
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(
        ended.err.contains("there is no checkpoint `nowhere`"),
        "{}",
        ended.err
    );
}

#[test]
fn finished_proofs_get_verdicts_and_exit_codes() {
    let _lean = lean();
    let dir = tempfile::tempdir().unwrap();
    let verify_with = |path: &Path, more: &[&str]| {
        let args = ["--json", "verify", "--embedded", path.to_str().unwrap()];
        run(&lean_home(), &[&args, more].concat())
    };
    let verify = |path: &Path| verify_with(path, &[]);
    // The worker may have to be compiled first, which is told before.
    let verdict = |ended: &Ended| {
        let events = ended.events();
        let mut verdicts = events.into_iter().filter(|e| e.get("verdict").is_some());
        verdicts.next_back().expect("a verdict")
    };
    let good = file(
        dir.path(),
        "good.lean",
        "theorem good (n : Nat) : n + 0 = n := by\n  rfl\n",
    );
    let ended = verify(&good);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let accepted = verdict(&ended);
    assert_eq!(accepted["verdict"], "accepted");
    assert_eq!(accepted["level"], 3);
    // An independent kernel, played by `grep`: exit code 0 where the statement is there to be read.
    let reads = "grep -q _lakatos";
    let ended = verify_with(&good, &["--level", "4", "--checker", reads]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let accepted = verdict(&ended);
    assert_eq!(accepted["level"], 4);
    assert_eq!(accepted["checker"]["command"], reads);
    assert_eq!(accepted["checker"]["format"], "lean4export 3.1.0");
    assert!(accepted["checker"]["declarations"].as_u64() > Some(1));
    for (name, code, word, text) in [
        (
            "exit.lean",
            6,
            "fault",
            "#eval (IO.Process.exit 0 : IO Unit)\ntheorem gone : 1 = 1 := rfl\n",
        ),
        (
            "mathlib.lean",
            2,
            "declined",
            "import Mathlib\ntheorem real (x : ℝ) : x ^ 2 ≥ 0 := by positivity\n",
        ),
        (
            "wrong.lean",
            1,
            "rejected",
            "theorem wrong (n : Nat) : n + 0 = n := by\n  exact absurd rfl rfl\n",
        ),
        (
            "axiom.lean",
            1,
            "rejected",
            "axiom cheat : False\ntheorem bad : 1 = 2 := cheat.elim\n",
        ),
    ] {
        let ended = verify(&file(dir.path(), name, text));
        assert_eq!(ended.code, code, "{name}: {}{}", ended.out, ended.err);
        assert_eq!(verdict(&ended)["verdict"], word, "{name}");
    }
    // What is worst decides: a rejection outweighs what was declined.
    let ended = verify_with(
        &dir.path().join("axiom.lean"),
        &[dir.path().join("mathlib.lean").to_str().unwrap()],
    );
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    let documented = include_str!("../../docs/exit-codes.md");
    for (code, words) in [
        (1, "`verify` rejected a theorem"),
        (2, "`verify` declined a theorem"),
        (6, "With `verify`: a worker died"),
    ] {
        let line = format!("| {code} | ");
        let line = documented.lines().find(|l| l.starts_with(&line));
        assert!(line.is_some_and(|l| l.contains(words)), "{code}: {line:?}");
    }
}

#[test]
fn a_second_process_on_a_run_is_refused_and_an_interrupt_is_written() {
    use std::io::{BufRead, BufReader};
    let _lean = lean();
    let dir = tempfile::tempdir().unwrap();
    let home = lean_home();
    let text: String = (0..40)
        .map(|i| format!("theorem t{i} (a b : Nat) : a + b + {i} = {i} + b + a := by sorry\n"))
        .collect();
    let input = file(dir.path(), "many.lean", &text);
    let name = run_name("interrupted");
    let mut child = lakatos(
        &home,
        &[
            "--json",
            "prove",
            input.to_str().unwrap(),
            "--embedded",
            "--workers",
            "1",
            "--run",
            &name,
        ],
    )
    .spawn()
    .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.find(|l| l.as_ref().unwrap().contains("\"event\":\"problem\""));
    assert!(first.is_some(), "something is proved");
    let second = run(&home, &["resume", &name]);
    assert_eq!(second.code, 5);
    assert!(second.err.contains("another process"), "{}", second.err);
    let pid = child.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let rest: Vec<Value> = lines
        .map(|l| serde_json::from_str(&l.unwrap()).unwrap())
        .collect();
    let code = child.wait().unwrap().code();
    let left = &rest.last().unwrap()["remaining"];
    assert_eq!(code, Some(130), "{left} were left");
    let interrupted = of_kind(&rest, "interrupted");
    assert!(
        interrupted[0]["resume"]
            .as_str()
            .unwrap()
            .contains(&format!("resume {name}"))
    );
    let resumed = run(&home, &["--json", "resume", &name]);
    assert_eq!(resumed.code, 0, "{}", resumed.err);
    let events = resumed.events();
    let summary = events.last().unwrap();
    assert_eq!(
        (&summary["proved"], &summary["remaining"]),
        (&40.into(), &0.into())
    );
    assert!(
        of_kind(&events, "problem").len() as u64 <= left.as_u64().unwrap(),
        "only what was left is proved"
    );
}
