//! `lakatos tokenizer train`, `train` and `model`, through the program: a small task is learnt in a hundred steps, an
//! interrupted training ends as an uninterrupted one does, and what is wrong is said.

use std::path::Path;

use crate::support::{of_kind, run};

/// Pairs of a goal `a b c ⊢` and its first letter.
fn pairs() -> String {
    let letter = |n: usize| ["p", "q", "r", "s"][n % 4];
    let row = |i: usize| {
        let (a, b, c) = (letter(i), letter(i / 4), letter(i / 16));
        serde_json::json!({"prompt": format!("{a} {b} {c} ⊢"), "completion": format!("exact {a}")})
    };
    (0..64).map(|i| format!("{}\n", row(i))).collect()
}

fn config(steps: u32, name: &str) -> String {
    format!(
        "tokenizer = \"tokenizer.json\"\n[model]\nmodel_type = \"gla\"\nhidden_size = 48\nnum_hidden_layers = 2\nnum_heads = 2\nvocab_size = 280\nuse_short_conv = true\neos_token_id = 0\n[data]\ntrain = [\"pairs.jsonl\"]\nvalidation_share = 0.2\n[train]\nsteps = {steps}\nbatch_size = 16\nlearning_rate = 5e-3\nfinal_rate = 0.1\nwarmup_steps = 10\nweight_decay = 0.01\nclip_norm = 1.0\nseed = 3\n[output]\ndirectory = \"{name}\"\ncheckpoint_every = 5\nvalidate_every = 50\nlog_every = 1\n"
    )
}

/// A directory with pairs, a tokenizer and a configuration.
fn prepared(steps: u32) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    std::fs::write(at("pairs.jsonl"), pairs()).expect("a temporary directory");
    std::fs::write(at("train.toml"), config(steps, "out")).expect("a temporary directory");
    let made = run(
        dir.path(),
        &[
            "tokenizer",
            "train",
            &at("pairs.jsonl"),
            "--vocab-size",
            "280",
            "--out",
            &at("tokenizer.json"),
        ],
    );
    assert_eq!(made.code, 0, "{}", made.err);
    let config = at("train.toml");
    (dir, config)
}

#[test]
fn a_small_task_is_learnt_in_a_hundred_steps() {
    let (dir, config) = prepared(100);
    let ended = run(dir.path(), &["--json", "train", "--config", &config]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let events = ended.events();
    assert_eq!(of_kind(&events, "training_step").len(), 100);
    let measured = of_kind(&events, "validated");
    let last = measured.last().unwrap();
    assert!(last["exact_match"].as_f64().unwrap() >= 0.8, "{last}");
    assert!(measured[0]["loss"].as_f64() > last["loss"].as_f64());

    let out = dir.path().join("out");
    let card = std::fs::read_to_string(out.join("README.md")).unwrap();
    assert!(card.contains("steps = 100") && card.contains("pairs.jsonl"));
    assert!(
        std::fs::read_to_string(out.join("loss.svg"))
            .unwrap()
            .starts_with("<svg")
    );

    let small = dir.path().join("bf16");
    let (out, small) = (out.display().to_string(), small.display().to_string());
    assert_eq!(
        run(dir.path(), &["model", "quantize", &out, "--out", &small]).code,
        0
    );
    let exact = |checkpoint: &str| {
        let pairs = dir.path().join("pairs.jsonl").display().to_string();
        let ended = run(dir.path(), &["--json", "model", "eval", checkpoint, &pairs]);
        ended.events()[0]["exact_match"].as_f64().unwrap()
    };
    assert!(exact(&out) >= 0.8 && (exact(&out) - exact(&small)).abs() < 0.1);
    let size = |d: &str| {
        std::fs::metadata(Path::new(d).join("model.safetensors"))
            .unwrap()
            .len()
    };
    assert!(size(&small) * 10 < size(&out) * 6);
    let info = &run(dir.path(), &["--json", "model", "info", &small]).events()[0];
    assert_eq!(
        (info["layers"].as_u64(), info["model_type"].as_str()),
        (Some(2), Some("gla"))
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_training_ends_as_an_uninterrupted_one() {
    use std::io::{BufRead, BufReader};

    let (dir, config) = prepared(60);
    let mut child = crate::support::lakatos(dir.path(), &["--json", "train", "--config", &config])
        .spawn()
        .unwrap();
    let out = child.stdout.take().unwrap();
    let mut lines = BufReader::new(out).lines();
    assert!(lines.any(|l| l.unwrap().contains("training_step")));
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(sent.unwrap().success());
    lines.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(
        !dir.path().join("out/model.safetensors").exists(),
        "it was not over"
    );
    assert_eq!(run(dir.path(), &["train", "--config", &config]).code, 0);

    let straight = dir.path().join("straight.toml");
    std::fs::write(&straight, self::config(60, "straight")).unwrap();
    let straight = straight.display().to_string();
    assert_eq!(run(dir.path(), &["train", "--config", &straight]).code, 0);
    let weights = |d: &str| std::fs::read(dir.path().join(d).join("model.safetensors")).unwrap();
    assert!(weights("out") == weights("straight"));
}

#[test]
fn what_is_wrong_is_said() {
    let (dir, path) = prepared(10);
    for (from, to, code, word) in [
        ("steps = 10", "stepz = 10", 3, "did you mean `steps`"),
        ("pairs.jsonl", "absent.jsonl", 2, "absent.jsonl"),
        (
            "vocab_size = 280",
            "vocab_size = 100",
            2,
            "vocabulary ends at 100",
        ),
        (
            "learning_rate = 5e-3",
            "learning_rate = -1.0",
            3,
            "learning_rate",
        ),
    ] {
        std::fs::write(&path, config(10, "out").replace(from, to)).unwrap();
        let ended = run(dir.path(), &["train", "--config", &path]);
        assert!(
            ended.code == code && ended.err.contains(word),
            "{}: {}",
            ended.code,
            ended.err
        );
    }
    std::fs::write(dir.path().join("pairs.jsonl"), "{\"prompt\": \"p\"}\n").unwrap();
    std::fs::write(&path, config(10, "out")).unwrap();
    let ended = run(dir.path(), &["train", "--config", &path]);
    assert!(
        ended.code == 2
            && ended
                .err
                .contains("pairs.jsonl:1: missing field `completion`"),
        "{}",
        ended.err
    );
}

#[test]
fn generated_problems_are_the_same_from_the_same_seed() {
    let dir = tempfile::tempdir().unwrap();
    let made = |name: &str, count: &str| {
        let out = dir.path().join(name);
        let args = [
            "generate",
            "--count",
            count,
            "--seed",
            "7",
            "--out",
            out.to_str().unwrap(),
        ];
        assert_eq!(run(dir.path(), &args).code, 0);
        std::fs::read_to_string(out).unwrap()
    };
    let (short, long) = (made("a.jsonl", "40"), made("b.jsonl", "80"));
    assert_eq!(short.lines().count(), 40);
    assert!(
        long.starts_with(&short),
        "more problems begin with the same ones"
    );
}
