//! `formalize`, `formalize eval`, `informalize` and `dataset check`: killed and gone on with, the jobs make the
//! files of unbroken ones; what they write loads with pandas, polars and `datasets`; a wrong proof is found.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use walkdir::WalkDir;

use crate::support::{lakatos, lean, lean_home, of_kind, run};

const PROBLEMS: &str = r#"{"id": "even", "problem": "Three times an even natural number is even."}
{"id": "square", "problem": "Four times the square of an integer is not negative."}
{"id": "comm", "problem": "Addition of natural numbers a and b is commutative."}
{"id": "again", "problem": "a + b = b + a for natural numbers a and b."}
"#;

/// Problems whose answers misbehave, and lines that are no problems.
const TROUBLE: &str = "\u{feff}{\"id\": \"prose\", \"problem\": \"Prose: n plus 0 is n, for a natural number n.\"}
{\"id\": \"unseen\", \"problem\": \"Unseen \\u202ecases: n times 1 is n, for e\u{301}very natural number n.\"}
{\"id\": \"busy\", \"problem\": \"Busy: n divides n, for a natural number n.\"}
{\"id\": \"sorrow\", \"problem\": \"A sorrow.\"}
{\"id\": \"axiom\", \"problem\": \"An axiom.\"}
{\"id\": \"html\", \"problem\": \"HTML.\"}
{\"id\": \"long\", \"problem\": \"Ten megabytes.\"}
{\"id\": \"half\", \"problem\": \"\\ud800\"}
no JSON
{\"id\": \"number\", \"problem\": 3}
";

/// An endpoint that says the same whenever it is asked the same.
fn endpoint() -> String {
    async fn chat(body: axum::Json<Value>) -> Response {
        static BUSY: AtomicBool = AtomicBool::new(true);
        let said = body["messages"][0]["content"].as_str().unwrap_or_default();
        if said.contains("Busy") && BUSY.swap(false, Ordering::SeqCst) {
            let wait = [(header::RETRY_AFTER, "1")];
            return (StatusCode::TOO_MANY_REQUESTS, wait, "slow down").into_response();
        }
        if said.contains("HTML") {
            return Html("<html>Please log in.</html>").into_response();
        }
        let text = match said {
            s if s.contains("Ten megabytes") => &"x".repeat(10 << 20),
            s if s.contains("Prose") => {
                "Here **it** is:\n\n```lean4\nimport Mathlib\n\ntheorem x (n : ℕ) : n + 0 = n := by\n  simp\n```\nIt says that."
            }
            s if s.contains("Unseen") => {
                "theorem x (n\u{200b} : Nat) : n * 1 = n\u{202e} := by sorry"
            }
            s if s.contains("Busy") => "theorem x (n : Nat) : n ∣ n",
            s if s.contains("sorrow") => "theorem x (n : Nat) : n + sorry = n",
            s if s.contains("axiom") => "theorem x : True\naxiom no : False",
            s if s.contains("even natural") => {
                "```lean\ntheorem x (a : Nat) (ha : a % 2 = 0) : (3 * a) % 2 = 0 := by sorry\n```"
            }
            s if s.contains("the square of") => "theorem x (a : Int) : 0 ≤ 4 * (a * a) := by sorry",
            s if s.contains("natural numbers a and b") => {
                "theorem x (a b : Nat) : a + b = b + a := by sorry"
            }
            _ => "I do not know.",
        };
        axum::Json(json!({
            "choices": [{"message": {"content": text}}],
            "usage": {"prompt_tokens": 20, "completion_tokens": 10},
        }))
        .into_response()
    }
    let (told, hears) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
                .await
                .expect("a port");
            told.send(listener.local_addr().expect("an address"))
                .expect("somebody listens");
            let app = Router::new().route("/v1/chat/completions", post(chat));
            axum::serve(listener, app).await.expect("it serves");
        });
    });
    format!("http://{}/v1", hears.recv().expect("an address"))
}

/// Every file of a dataset but what tells the wall clock, the job's name, or holds the lock.
fn files(out: &Path) -> BTreeMap<String, Vec<u8>> {
    WalkDir::new(out)
        .into_iter()
        .map(|e| e.expect("it can be read").into_path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.strip_prefix(out).expect("below").to_string_lossy();
            (name.into_owned(), path)
        })
        .filter(|(name, _)| !name.starts_with("funnel.") && !name.starts_with("job."))
        .map(|(name, path)| (name, std::fs::read(path).expect("it can be read")))
        .collect()
}

/// Runs a job to its end, and once more with a kill after its first item; both must make the same files.
fn whole_and_broken(home: &Path, arguments: &[&str], whole: &Path, broken: &Path) {
    let with = |out: &Path| -> Vec<String> {
        let common = ["--embedded", "--workers", "1", "--at-once", "1", "--out"];
        let all = ["--json"].iter().chain(arguments).chain(&common);
        all.map(|s| (*s).to_owned())
            .chain([out.to_string_lossy().into_owned()])
            .collect()
    };
    let ended = run(home, &with(whole));
    assert_eq!(ended.code, 0, "{}", ended.err);
    let mut child = lakatos(home, &with(broken))
        .spawn()
        .expect("the program starts");
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines() {
        if line.expect("UTF-8").contains("\"event\":\"job_item\"") {
            break;
        }
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(
        !broken.join("README.md").exists(),
        "nothing is finished before its time"
    );
    let ended = run(home, &with(broken));
    assert_eq!(ended.code, 0, "{}", ended.err);
    let (one, other) = (files(whole), files(broken));
    assert!(one.keys().eq(other.keys()));
    for (name, bytes) in &one {
        assert!(bytes == &other[name], "{name} differs");
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("it can be read");
    text.lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect()
}

/// A Python with the three readers, where one can be had.
fn python_with_readers() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dataset-readers");
    let python = venv.join("bin/python");
    let has = || {
        let mut command = Command::new(&python);
        command.args(["-c", "import pandas, polars, datasets"]);
        command.output().is_ok_and(|o| o.status.success())
    };
    if has() {
        return Some(python);
    }
    let _ = std::fs::remove_dir_all(&venv);
    let made = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&venv)
        .output();
    if !made.is_ok_and(|o| o.status.success()) {
        return None;
    }
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    pip.args(["pandas", "polars", "datasets"]);
    (pip.output().is_ok_and(|o| o.status.success()) && has()).then_some(python)
}

#[test]
fn jobs_between_english_and_lean_survive_kills_and_their_tables_load() {
    let _lean = lean();
    let home = lean_home();
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name);
    let text = |name: &str| path(name).to_string_lossy().into_owned();
    std::fs::write(path("problems.jsonl"), PROBLEMS).expect("it can be written");
    let (problems, url) = (text("problems.jsonl"), endpoint());

    let asked = [
        "formalize",
        &problems,
        "--endpoint",
        &url,
        "--n",
        "2",
        "--no-decide",
    ];
    whole_and_broken(&home, &asked, &path("formal"), &path("formal-broken"));
    let statements = lines(&path("formal/statements/train-00000-of-00001.jsonl"));
    let ids: Vec<&str> = statements.iter().filter_map(|s| s["id"].as_str()).collect();
    assert_eq!(ids, ["even", "square", "comm", "again"]);
    assert_eq!(statements[3]["duplicate_of"], 2);
    assert_eq!(
        statements[0]["tokens"],
        json!({"prompt": 40, "completion": 20})
    );

    // What is wrong with an answer or a line is told, and the others are done.
    std::fs::write(path("trouble.jsonl"), TROUBLE).expect("it can be written");
    let (trouble, spoilt) = (text("trouble.jsonl"), text("spoilt"));
    let mut arguments = vec!["--json", "formalize", &trouble, "--endpoint", &url];
    arguments.extend(["--n", "1", "--repairs", "0", "--no-decide"]);
    arguments.extend(["--embedded", "--workers", "1", "--out", &spoilt]);
    let ended = run(&home, &arguments);
    assert_eq!(ended.code, 2, "{}", ended.err);
    let statements = lines(&path("spoilt/statements/train-00000-of-00001.jsonl"));
    let ids: Vec<&str> = statements.iter().filter_map(|s| s["id"].as_str()).collect();
    assert_eq!(ids, ["prose", "unseen", "busy"], "{}", ended.out);
    assert_eq!(
        statements[0]["formal_statement"],
        "theorem x (n : Nat) : n + 0 = n"
    );
    let candidates = lines(&path("spoilt/candidates/train-00000-of-00001.jsonl"));
    let why = |id: &str| {
        let found = candidates.iter().find(|c| c["id"] == id).expect("a row");
        found["findings"].to_string()
    };
    for (id, expected) in [
        ("sorrow", "`sorry`"),
        ("axiom", "axiom"),
        ("html", "Please log in."),
        ("long", "went on after"),
    ] {
        assert!(why(id).contains(expected), "{id}: {}", why(id));
    }

    let read_out = [
        "informalize",
        "--targets",
        "Nat.gcd_",
        "--sample",
        "6",
        "--seed",
        "7",
        "--wordings",
    ];
    whole_and_broken(&home, &read_out, &path("english"), &path("english-broken"));
    assert_eq!(
        lines(&path("english/readings/train-00000-of-00001.jsonl")).len(),
        6
    );
    assert!(lines(&path("english/wordings/train-00000-of-00001.jsonl")).len() > 6);

    // What `formalize` has found, scored against references.
    let pairs: String = [
        json!({"name": "even", "informal_statement": "Three times an even natural number is even.",
               "formal_statement": "theorem even (n : Nat) (hn : n % 2 = 0) : 3 * n % 2 = 0 := by sorry"}),
        json!({"name": "square", "informal_statement": "Four times the square of an integer is positive.",
               "formal_statement": "theorem square (a : Int) : 0 < 4 * (a * a) := by sorry"}),
    ]
    .iter()
    .map(|row| format!("{row}\n"))
    .collect();
    std::fs::write(path("pairs.jsonl"), pairs).expect("it can be written");
    let (pairs, scores) = (text("pairs.jsonl"), text("scores"));
    let found = text("formal/candidates/train-00000-of-00001.jsonl");
    let scored = run(
        &home,
        &[
            "--json",
            "formalize",
            "eval",
            &pairs,
            "--candidates",
            &found,
            "--k",
            "1,2",
            "--variants",
            "original,renamed",
            "--embedded",
            "--workers",
            "1",
            "--out",
            &scores,
        ],
    );
    // Two of the candidates are of no pair.
    assert_eq!(scored.code, 2, "{}", scored.err);
    let events = scored.events();
    let said = of_kind(&events, "scores").pop().expect("scores");
    let original = &said["scores"]["variants"]["original"];
    assert_eq!(original[0]["equivalence"], 0.5, "{original}");
    assert_eq!(
        lines(&path("scores/cases/train-00000-of-00001.jsonl")).len(),
        4
    );

    // A dataset with a proof that is none: the kernel has the last word, and the report names the row.
    let row = |name: &str, statement: &str, proof: &str| {
        format!(
            "{}\n",
            json!({"name": name, "formal_statement": format!("theorem {name} {statement} := by sorry"),
               "formal_proof": format!("theorem {name} {statement} := by\n  {proof}")})
        )
    };
    let rows = row("good", "(n : Nat) : n + 0 = n", "rfl") + &row("bad", ": 1 + 1 = 3", "omega");
    std::fs::create_dir(path("theirs")).expect("it can be made");
    std::fs::write(path("theirs/train.jsonl"), rows).expect("it can be written");
    let (theirs, report) = (text("theirs"), text("report"));
    let checked = run(
        &home,
        &[
            "--json",
            "dataset",
            "check",
            &theirs,
            "--embedded",
            "--workers",
            "1",
            "--out",
            &report,
        ],
    );
    assert_eq!(checked.code, 1, "{}{}", checked.out, checked.err);
    let wrong = lines(&path("report/check.jsonl"));
    let rejected: Vec<&Value> = wrong.iter().filter(|f| f["kind"] == "rejected").collect();
    assert_eq!(rejected.len(), 1, "{wrong:?}");
    assert_eq!(rejected[0]["name"], "bad");

    let exported = text("exported");
    let export = run(
        &home,
        &["export", &theirs, "--format", "numina", "--out", &exported],
    );
    assert_eq!(export.code, 0, "{}", export.err);
    // A card that has come to lie.
    let card = std::fs::read_to_string(path("exported/README.md")).expect("a card");
    let lying = text("lying");
    let copied = Command::new("cp").args(["-r", &exported, &lying]).status();
    assert!(copied.expect("it can be copied").success());
    let changed = card
        .replace("num_examples: 2", "num_examples: 2000")
        .replace("n<1K", "1K<n<10K");
    std::fs::write(path("lying/README.md"), changed).expect("it can be written");
    let rows = path("lying/data/train-00000-of-00001.jsonl");
    let edited = std::fs::read_to_string(&rows).expect("rows");
    std::fs::write(&rows, edited.replace("1 + 1 = 3", "1 + 1 = 2")).expect("it can be written");
    let (found, mut told) = (text("lies"), Vec::new());
    let checked = run(
        &home,
        &["dataset", "check", &lying, "--no-proofs", "--out", &found],
    );
    assert_eq!(checked.code, 1, "{}{}", checked.out, checked.err);
    for finding in lines(&path("lies/check.jsonl")) {
        told.push(finding["class"].as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(told, ["rows", "size", "checksum"], "{}", checked.out);
    let Some(python) = python_with_readers() else {
        println!(
            "skipped: python3 with pip and its package index are needed for pandas, polars and datasets"
        );
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/e2e/load_datasets.py");
    let loaded = Command::new(python)
        .arg(script)
        .args(["formal", "english", "scores", "exported"].map(path))
        .env("HF_HOME", path("cache"))
        .env("HF_HUB_OFFLINE", "1")
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&loaded.stdout).into_owned();
    assert!(
        loaded.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&loaded.stderr)
    );
    assert!(
        said.contains("statements 4") && said.contains("readings 6"),
        "{said}"
    );
}
