//! `lakatos mutate`: killed and gone on with, a run equals an unbroken one byte for byte; what is wrong is named.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command};

use serde_json::Value;
use walkdir::WalkDir;

use crate::support::{Ended, ended, lakatos, lean, lean_home, of_kind, run};

/// Targets of both runs: small, some of which use others.
const TARGETS: &str = "Nat.add_comm\nNat.le_antisymm\nNat.add_left_cancel\nNat.sub_add_cancel\nNat.two_mul\n\
                       Nat.dvd_trans\nNat.dvd_add\nNat.le_of_dvd\nNat.dvd_antisymm\nNat.mod_lt\n";

/// How many.
const COUNT: u64 = 10;

/// A small part of the library: listing all of it takes a minute.
const LIBRARY: &str = "Init.Data.Nat.Dvd";

/// Every file of the dataset but what tells the wall clock, the job's name, or holds the lock.
fn files(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let inside = |e: walkdir::Result<walkdir::DirEntry>| {
        let path = e.expect("it can be read").into_path();
        let name = path
            .strip_prefix(out)
            .expect("below")
            .to_string_lossy()
            .into_owned();
        let own = name.starts_with("funnel.") || name.starts_with("job.");
        (path.is_file() && !own).then(|| (name, std::fs::read(&path).expect("it can be read")))
    };
    WalkDir::new(out).into_iter().filter_map(inside).collect()
}

fn options<'a>(targets: &'a str, out: &'a str) -> Vec<&'a str> {
    vec![
        "--json",
        "mutate",
        "--targets",
        targets,
        "--shards",
        "2",
        "--seed",
        "7",
        "--probe",
        "100",
        "--probe-nodes",
        "4",
        "--negatives",
        "300",
        "--export",
        "leandojo,alchemy",
        "--embedded",
        "--import",
        LIBRARY,
        "--workers",
        "1",
        "--out",
        out,
    ]
}

/// The command, when it has written so many more items. Its output goes on being read, so that it never waits for a reader.
fn after(items: usize, home: &Path, args: &[&str]) -> Child {
    let mut child = lakatos(home, args).spawn().expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    lines
        .by_ref()
        .map(|line| line.expect("UTF-8"))
        .filter(|line| line.contains("\"event\":\"job_item\""))
        .nth(items - 1)
        .expect("items are written");
    std::thread::spawn(move || lines.for_each(drop));
    child
}

/// Kills the command after two more items.
fn killed(home: &Path, args: &[&str]) {
    let mut child = after(2, home, args);
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
}

/// Interrupts the command, as Ctrl-C does, after one more item.
fn interrupted(home: &Path, args: &[&str]) -> Ended {
    let child = after(1, home, args);
    let status = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(status.success());
    ended(child.wait_with_output().expect("it ends"))
}

fn last<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    of_kind(events, kind).pop().expect("there is such an event")
}

#[track_caller]
fn refused(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.code, code, "{}", ended.err);
    for word in words {
        assert!(
            ended.err.contains(word),
            "it does not say `{word}`: {}",
            ended.err
        );
    }
}

#[test]
fn a_killed_run_makes_the_same_files_as_an_unbroken_one() {
    let _lean = lean();
    let home = lean_home();
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let (targets, whole, broken) = (path("targets.txt"), path("whole"), path("broken"));
    std::fs::write(&targets, TARGETS).expect("it can be written");

    let ended = run(&home, &options(&targets, &whole));
    assert_eq!(ended.code, 0, "{}", ended.err);
    let events = ended.events();
    let end = last(&events, "job_ended");
    assert_eq!(
        (&end["items"], &end["done"], &end["failed"]),
        (&COUNT.into(), &COUNT.into(), &0.into()),
        "{end}"
    );
    let kept = end["rows"]["theorems"].as_u64().expect("theorems are kept");
    assert!(kept >= COUNT, "{kept} theorems of {COUNT} targets");

    // Killed after the first items: no file of them yet. Then to the end.
    killed(&home, &options(&targets, &broken));
    assert!(
        !Path::new(&broken).join("README.md").exists(),
        "nothing is finished before its time"
    );
    let ended = run(&home, &options(&targets, &broken));
    assert_eq!(ended.code, 0, "{}", ended.err);
    let begun = ended.events();
    let done = last(&begun, "job_started")["done"]
        .as_u64()
        .expect("a number");
    assert!((2..COUNT).contains(&done), "it went on at {done}");

    let (one, two) = (files(Path::new(&whole)), files(Path::new(&broken)));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&two));
    for (name, bytes) in &one {
        assert!(two.get(name) == Some(bytes), "{name} differs");
    }
    assert!(
        one.contains_key("theorems/train-00001-of-00002.parquet"),
        "{:?}",
        names(&one)
    );

    // The rows are proofs to anybody who looks at them, and one that is none does not spoil its neighbours.
    let rows = path("whole/theorems/train-00000-of-00002.jsonl");
    let verify = |rows: &str| {
        let args = ["--json", "verify", "--embedded", "--together", "16", rows];
        run(&home, &args)
    };
    let verified = verify(&rows);
    assert_eq!(verified.code, 0, "{}", verified.err);
    let count = |ended: &Ended, of: &str| last(&ended.events(), "summary")[of].as_u64();
    let theorems = count(&verified, "theorems").expect("a number");
    assert_eq!(count(&verified, "accepted"), Some(theorems));
    let text = std::fs::read_to_string(&rows).expect("its rows");
    let mut lines: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).expect("a row"))
        .collect();
    let statement = lines[1]["formal_statement"].as_str().expect("a statement");
    let wrong = statement.replace(":= by sorry", ":= by\n  exact absurd");
    lines[1]["formal_proof"] = wrong.into();
    let spoilt = path("spoilt.jsonl");
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    std::fs::write(&spoilt, text).expect("the rows can be written");
    let verified = verify(&spoilt);
    assert_eq!(verified.code, 1, "{}", verified.err);
    assert_eq!(count(&verified, "rejected"), Some(1), "{}", verified.out);
    assert_eq!(count(&verified, "accepted"), Some(theorems - 1));

    // Interrupted, a long run has the files of its targets so far, and a card that says so.
    let long = path("long");
    let stopped = interrupted(&home, &options("^Nat\\.", &long));
    assert_eq!(stopped.code, 130, "{}", stopped.err);
    let card = std::fs::read_to_string(path("long/README.md")).expect("its card");
    assert!(card.contains(": the run was interrupted"), "{card}");
    let rows = std::fs::read_to_string(path("long/theorems/train-00000-of-00002.jsonl"))
        .expect("its rows");
    assert!(
        !rows.is_empty()
            && rows
                .lines()
                .all(|l| serde_json::from_str::<Value>(l).is_ok())
    );

    // The same directory is not another run's.
    let mut other = options(&targets, &whole);
    other[7] = "8";
    refused(
        &run(&home, &other),
        2,
        &["holds another run", "seed 7 and not 8", "--out"],
    );

    // A target that is not there, and an expression that matches nothing.
    std::fs::write(&targets, "Nat.add_com\n").expect("it can be written");
    let elsewhere = path("elsewhere");
    refused(
        &run(&home, &options(&targets, &elsewhere)),
        2,
        &["no theorem `Nat.add_com`"],
    );
    refused(
        &run(&home, &options("^Nonsense\\.", &elsewhere)),
        2,
        &["no theorem's name matches"],
    );
    assert!(
        !Path::new(&elsewhere).exists(),
        "nothing is made of bad input"
    );
}

#[test]
fn bad_input_is_named_before_lean_starts() {
    let home = tempfile::tempdir().expect("a directory");
    let mutate = |args: &[&str]| run(home.path(), &[&["mutate", "--out", "x"][..], args].concat());
    refused(
        &mutate(&["--targets", "Nat.("]),
        2,
        &["neither a file nor a regular expression"],
    );
    refused(&mutate(&["--rules", "magic"]), 2, &["magic", "rw"]);
    refused(
        &mutate(&["--novel-to", home.path().to_str().expect("UTF-8")]),
        2,
        &["holds no theorems"],
    );
    refused(
        &mutate(&["--exclude", "nowhere.jsonl"]),
        2,
        &["nowhere.jsonl"],
    );
    refused(
        &mutate(&["--limit", "0"]),
        2,
        &["--limit must be at least 1"],
    );
    refused(&mutate(&["--shards", "0"]), 2, &["--shards"]);
}
