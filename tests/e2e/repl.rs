//! `lakatos repl`: a client of the community REPL's protocol, on the real Lean.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{lakatos, lean, lean_home};

/// Sends a whole input, and reads what is answered. The program is told of both directories by symbolic links to them.
fn answers(files: &Path, input: &[u8]) -> Vec<Value> {
    let _guard = lean();
    let links = tempfile::tempdir().expect("a directory");
    let link = |name: &str, to: &Path| {
        std::fs::create_dir_all(to).expect("a directory");
        let link = links.path().join(name);
        let to = to.canonicalize().expect("it is there");
        std::os::unix::fs::symlink(to, &link).expect("a link");
        link
    };
    let (home, files) = (link("home", &lean_home()), link("files", files));
    let mut child = lakatos(&home, &["repl", "--embedded", "--write", "--files"])
        .arg(files)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    json(&String::from_utf8(output.stdout).expect("UTF-8"))
}

/// Values one after the other.
fn json(text: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .map(|answer| answer.expect("an answer is JSON"))
        .collect()
}

/// Sends requests, each ended by a blank line, and reads all answers.
fn converse(files: &Path, requests: &[&str]) -> Vec<Value> {
    let input: String = requests.iter().map(|r| format!("{r}\n\n")).collect();
    answers(files, input.as_bytes())
}

/// The community's own tests: `LAKATOS_REPL_TESTS` names a checkout of leanprover-community/repl at
/// the Lean that runs here (v4.28.0-rc1 for the embedded one). Files that tests pickle are written
/// into a copy of it.
#[test]
fn the_communitys_own_tests_pass() {
    let Some(checkout) = std::env::var_os("LAKATOS_REPL_TESTS") else {
        eprintln!("skipped: LAKATOS_REPL_TESTS names no checkout of leanprover-community/repl");
        return;
    };
    let files = tempfile::tempdir().unwrap();
    let tests = Path::new(&checkout).join("test");
    std::fs::create_dir(files.path().join("test")).unwrap();
    let mut inputs = Vec::new();
    for entry in std::fs::read_dir(tests).expect("the checkout has tests") {
        let path = entry.unwrap().path();
        if path.is_file() {
            let copy = files
                .path()
                .join("test")
                .join(path.file_name().unwrap_or_default());
            std::fs::copy(&path, copy).unwrap();
        }
        if path.extension().is_some_and(|e| e == "in") {
            inputs.push(path);
        }
    }
    inputs.sort();
    let mut compared = 0;
    let mut wrong = Vec::new();
    for input in &inputs {
        let Ok(expected) = std::fs::read_to_string(input.with_extension("expected.out")) else {
            continue;
        };
        compared += 1;
        let got = answers(files.path(), &std::fs::read(input).unwrap());
        if got != json(&expected) {
            wrong.push(format!("{}: {got:?}", input.display()));
        }
    }
    assert!(compared > 0, "no test states what it expects");
    assert!(
        wrong.is_empty(),
        "{compared} compared:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn a_client_of_the_community_repl_is_served() {
    let files = tempfile::tempdir().unwrap();
    std::fs::write(
        files.path().join("f.lean"),
        "theorem t : 2 ≤ 3 := by\n  decide\n",
    )
    .unwrap();
    let answers = converse(
        files.path(),
        &[
            r#"{"cmd": "inductive T | node (ts : List T)\ndef f (n : Nat) := n + 1\ntheorem g (n : Nat) : f n = n + 1 := by sorry"}"#,
            r#"{"tactic": "unfold f", "proofState": 0}"#,
            r#"{"tactic": "exact g n", "proofState": 0}"#,
            r#"{"tactic": "rfl", "proofState": 0}"#,
            r#"{"cmd": "example : f 1 = 2 := by rfl", "env": 0, "allTactics": true}"#,
            r#"{"path": "f.lean"}"#,
            "this is not JSON",
            r#"{"cmd": "example : True := trivial", "env": 77}"#,
            r#"{"pickleTo": "env.olean", "env": 0}"#,
            r#"{"unpickleEnvFrom": "env.olean"}"#,
            r#"{"cmd": "example : f 1 = 2 := by rfl\nexample (t : T) : t = t := by cases t; rfl", "env": 3}"#,
        ],
    );
    assert_eq!(answers.len(), 11, "one answer a request: {answers:#?}");
    assert_eq!(answers[0]["env"], 0);
    assert_eq!(answers[0]["sorries"][0]["goal"], "n : Nat\n⊢ f n = n + 1");
    // `unfold` leaves the equation; a theorem may not be used in its own proof.
    assert_eq!(answers[1]["goals"][0], "n : Nat\n⊢ n + 1 = n + 1");
    assert_eq!(answers[1]["proofStatus"], "Incomplete: open goals remain");
    let own = answers[2]["proofStatus"].as_str().unwrap();
    assert!(own.starts_with("Error: kernel type check failed"), "{own}");
    assert_eq!(answers[3]["proofStatus"], "Completed");
    assert_eq!(answers[4]["tactics"][0]["tactic"], "rfl");
    assert_eq!(answers[5], serde_json::json!({"env": 2}));
    assert!(answers[6]["message"].as_str().unwrap().contains("JSON"));
    assert_eq!(answers[7]["message"], "Unknown environment.");
    assert_eq!(answers[10], serde_json::json!({"env": 4}));
}

/// One request, whose answer and words go to files; the exit code.
fn redirected(answers: File, words: File) -> Option<i32> {
    let _guard = lean();
    let files = tempfile::tempdir().expect("a directory");
    let mut child = lakatos(&lean_home(), &["repl", "--embedded", "--files"])
        .arg(files.path())
        .stdin(Stdio::piped())
        .stdout(answers)
        .stderr(words)
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin
        .write_all(br#"{"cmd": "example : 1 + 1 = 2 := by decide"}"#)
        .expect("it reads");
    drop(stdin);
    child.wait().expect("it ends").code()
}

/// Lean may write no file, and yet its answers can go to one, without what it says of itself.
#[test]
fn answers_and_words_can_go_to_files() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| File::create(dir.path().join(name)).unwrap();
    assert_eq!(redirected(file("answers"), file("words")), Some(0));
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(json(&read("answers")), [serde_json::json!({"env": 0})]);
    assert_eq!(read("words"), "");
}

#[test]
fn answers_that_a_full_disk_does_not_take_end_it_with_a_sentence() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        eprintln!("skipped: this system has no /dev/full");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("words");
    assert_eq!(redirected(full, File::create(&path).unwrap()), Some(4));
    let words = std::fs::read_to_string(path).unwrap();
    assert!(words.contains("answers cannot be passed on"), "{words}");
}
