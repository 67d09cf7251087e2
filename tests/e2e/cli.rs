//! The command line, as far as it goes without Lean: help, configuration, bad input, exit codes.

use std::path::Path;

use crate::support::{lakatos, run};

const COMMANDS: [&str; 19] = [
    "prove",
    "verify",
    "resume",
    "runs",
    "report",
    "replay",
    "serve",
    "generate",
    "mutate",
    "pairs",
    "tokenizer",
    "train",
    "model",
    "setup",
    "doctor",
    "config",
    "bench",
    "convert",
    "completions",
];

#[test]
fn help() {
    let home = tempfile::tempdir().unwrap();
    let mut all = run(home.path(), &["--help"]).out;
    for command in COMMANDS {
        let help = run(home.path(), &[command, "--help"]);
        assert_eq!(help.code, 0);
        assert!(
            help.out.contains("Example"),
            "{command} --help has an example"
        );
        all.push_str(&format!("\n======== {command}\n{}", help.out));
    }
    insta::assert_snapshot!("help", all);
    assert_eq!(
        std::fs::read_dir(home.path()).unwrap().count(),
        0,
        "help touches nothing"
    );
}

/// The exit code, and words that the message on standard error must have.
#[track_caller]
fn refused(home: &Path, args: &[&str], code: i32, words: &[&str]) {
    let ended = run(home, args);
    assert_eq!(ended.code, code, "{args:?}: {}", ended.err);
    for word in words {
        assert!(
            ended.err.contains(word),
            "{args:?} does not say `{word}`: {}",
            ended.err
        );
    }
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
    if args.first() == Some(&"--json") {
        let events = ended.events();
        let last = events.last().expect("an error is an event");
        assert_eq!(last["event"], "error");
        assert_eq!(last["exit"], code);
    }
}

#[test]
fn bad_input_is_named_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    refused(
        &home,
        &["prove", "no/such/file.jsonl"],
        2,
        &["no/such/file.jsonl"],
    );
    refused(
        &home,
        &["--json", "prove", "no/such/file.jsonl"],
        2,
        &["no/such/file.jsonl"],
    );
    let path = file("latin1.jsonl", b"{\"name\": \"caf\xe9\"}\n");
    refused(&home, &["prove", &path], 2, &["latin1.jsonl"]);
    let path = file("what.csv", b"a,b,c\n1,2,3\n");
    refused(&home, &["prove", &path], 2, &["what.csv", "format"]);
    let path = file("empty.jsonl", b"");
    refused(&home, &["prove", &path], 2, &["empty.jsonl"]);
    let path = file("empty.lean", b"-- nothing here\n");
    refused(&home, &["prove", &path], 2, &["empty.lean"]);
    let path = file(
        "row.jsonl",
        b"{\"name\": \"a\", \"split\": \"valid\", \"header\": \"\", \"formal_statement\": \"\"}\n",
    );
    refused(&home, &["prove", &path], 2, &["row.jsonl:1"]);
    let path = file("short.gguf", b"GGUF\x03");
    let gguf = ["convert", "gguf", path.as_str(), "--out", "nowhere"];
    refused(&home, &gguf, 2, &["short.gguf", "GGUF"]);
    let path = file("one.lean", b"theorem one : 1 = 1 := by sorry\n");
    refused(
        &home,
        &["prove", &path, "--filter", "^two$"],
        2,
        &["--filter"],
    );
    refused(
        &home,
        &["prove", &path, "--filter", "("],
        2,
        &["regular expression"],
    );
    refused(
        &home,
        &["prove", &path, "--run", "a/b"],
        2,
        &["letters, digits"],
    );
    refused(
        &home,
        &["prove", &path, "--workers", "0"],
        2,
        &["--workers"],
    );
    refused(
        &home,
        &["prove", &path, "--format", "csv"],
        2,
        &["deep-seek"],
    );
    refused(&home, &["prove", "--statement", "hello"], 2, &["theorem"]);
    refused(
        &home,
        &["verify", "no/such/file.lean"],
        2,
        &["no/such/file.lean"],
    );
    let proof = file("proof.lean", b"theorem t : 1 = 1 := rfl\n");
    let verify = |args: &[&str], code: i32, words: &[&str]| {
        let args = [&["verify", proof.as_str()], args].concat();
        refused(&home, &args, code, words);
    };
    verify(&["--level", "4"], 2, &["independent", "--checker"]);
    verify(&["--level", "5"], 2, &["1..=4"]);
    let both = ["--level", "3", "--checker", "true"];
    verify(&both, 2, &["level 4 only", "leave out --level"]);
    let nowhere = ["--checker", "no-such-checker {config}"];
    verify(&nowhere, 4, &["no-such-checker", "PATH"]);
    refused(&home, &["resume", "nothing"], 2, &["nothing"]);
    refused(&home, &["report", "nothing"], 2, &["nothing"]);
    refused(&home, &["nonsense"], 2, &["nonsense"]);
    let runs = run(&home, &["--json", "runs"]);
    assert_eq!((runs.code, runs.out.as_str()), (0, ""), "no run was made");
}

#[test]
fn bad_configuration_is_named_with_file_line_and_key() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.toml");
    std::fs::write(&file, "seed = 1\n[search]\nrefut = true\n").unwrap();
    let file = file.to_str().unwrap();
    let words = ["mine.toml:3", "`refut`", "did you mean `refute`?"];
    refused(dir.path(), &["config", "check", file], 3, &words);
    refused(dir.path(), &["config", "show", "--config", file], 3, &words);
    refused(dir.path(), &["prove", "--config", file], 3, &words);
    refused(
        dir.path(),
        &["config", "show", "--config", "absent.toml"],
        3,
        &["absent.toml"],
    );
    std::fs::write(dir.path().join("config.toml"), "[lean]\nworkers = -1\n").unwrap();
    refused(dir.path(), &["prove"], 3, &["config.toml:2"]);
}

#[test]
fn the_shown_configuration_can_be_used() {
    let dir = tempfile::tempdir().unwrap();
    let mine = dir.path().join("mine.toml");
    std::fs::write(&mine, "seed = 7\n[search.budget]\nseconds = 5\n").unwrap();
    let shown = run(
        dir.path(),
        &["config", "show", "--config", mine.to_str().unwrap()],
    );
    assert_eq!(shown.code, 0);
    let again = dir.path().join("again.toml");
    std::fs::write(&again, &shown.out).unwrap();
    let shown_again = run(
        dir.path(),
        &["config", "show", "--config", again.to_str().unwrap()],
    );
    assert_eq!(shown.out, shown_again.out);
    assert!(shown.out.contains("seed = 7") && shown.out.contains("seconds = 5"));
    let path = run(dir.path(), &["config", "path"]).out;
    assert_eq!(Path::new(path.trim()), dir.path().join("config.toml"));
}

#[test]
fn a_machine_without_npm_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let bin = dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let home = dir.path().join("home");
    let args = ["prove", "--statement", "theorem one : 1 = 1"];
    for args in [&args[..], &["setup"]] {
        let output = lakatos(&home, args)
            .env("PATH", &bin)
            .env_remove("LAKATOS_NPM")
            .env_remove("LAKATOS_NODE")
            .output()
            .unwrap();
        let ended = crate::support::ended(output);
        assert_eq!(ended.code, 4, "{}", ended.err);
        assert!(ended.err.contains("npm"), "{}", ended.err);
    }
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("home");
    let place = below.to_str().unwrap();
    for args in [
        &["prove", "--statement", "theorem one : 1 = 1"][..],
        &["runs"],
        &["setup"],
        &["resume", "x"],
        &["doctor", "--no-start"],
    ] {
        let ended = run(&below, args);
        assert_eq!(ended.code, 4, "{args:?}: {}", ended.err);
        let said = format!("{}{}", ended.out, ended.err);
        assert!(said.contains(place), "{args:?}: {said}");
    }
}

#[test]
fn a_damaged_store_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("runs.sqlite3");
    let damage = "not a database ".repeat(1000);
    std::fs::write(&store, &damage).unwrap();
    refused(dir.path(), &["runs"], 5, &["runs.sqlite3", "damaged"]);
    refused(
        dir.path(),
        &["prove", "--statement", "theorem one : 1 = 1"],
        5,
        &["runs.sqlite3"],
    );
    assert_eq!(std::fs::read_to_string(&store).unwrap(), damage);
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    for args in [
        &["config", "show"][..],
        &["--help"],
        &["completions", "bash"],
    ] {
        let mut child = lakatos(dir.path(), args).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[test]
fn completions_for_every_shell() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = run(dir.path(), &["completions", shell]);
        assert_eq!(ended.code, 0);
        assert!(ended.out.contains("time-per-theorem"), "{shell}");
    }
}
