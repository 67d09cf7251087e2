//! `lakatos model` and `lakatos serve model` on what is wrong: damaged checkpoints end the program with a sentence and exit code
//! 2; bad requests are answered by an error object while the server goes on.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{lakatos, run};

const BUNDLED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../model-server/checkpoints/tactics-v0"
);

/// A copy of the bundled checkpoint.
fn copy(to: &Path) {
    for name in ["config.json", "model.safetensors", "tokenizer.json"] {
        std::fs::copy(Path::new(BUNDLED).join(name), to.join(name)).unwrap();
    }
}

/// Changes a JSON file of a checkpoint.
fn edit(file: &Path, change: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    change(&mut value);
    std::fs::write(file, value.to_string()).unwrap();
}

#[test]
fn a_damaged_checkpoint_is_refused_by_what_is_wrong_with_it() {
    let home = tempfile::tempdir().unwrap();
    let config = |name: &'static str, value: Value| {
        move |dir: &Path| edit(&dir.join("config.json"), |c| c[name] = value)
    };
    type Damage = Box<dyn FnOnce(&Path)>;
    let cases: Vec<(&str, Damage)> = vec![
        (
            "the checkpoint has no tensor `model.layers.",
            Box::new(config("num_hidden_layers", json!(40))),
        ),
        (
            "the config asks for",
            Box::new(config("hidden_size", json!(64))),
        ),
        (
            "unknown model type `rwkv7`: known are gla",
            Box::new(config("model_type", json!("rwkv7"))),
        ),
        (
            "`hidden_size` is 0, but must be a whole number",
            Box::new(config("hidden_size", json!(0))),
        ),
        (
            "config.json",
            Box::new(|dir| std::fs::remove_file(dir.join("config.json")).unwrap()),
        ),
        (
            "not JSON",
            Box::new(|dir| std::fs::write(dir.join("config.json"), "{\"model_type\"").unwrap()),
        ),
        (
            "has a NaN or an infinite number at element",
            // The last bytes of the file are numbers of some tensor.
            Box::new(|dir| {
                let file = dir.join("model.safetensors");
                let mut bytes = std::fs::read(&file).unwrap();
                let end = bytes.len();
                bytes[end - 4..].fill(0xFF);
                std::fs::write(&file, bytes).unwrap();
            }),
        ),
        (
            "not a readable safetensors file",
            Box::new(|dir| {
                let file = dir.join("model.safetensors");
                let bytes = std::fs::read(&file).unwrap();
                std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
            }),
        ),
        (
            "but the model's vocabulary ends at",
            Box::new(|dir| {
                edit(&dir.join("tokenizer.json"), |t| {
                    t["model"]["vocab"]["zzzz"] = json!(1_000_000);
                });
            }),
        ),
        (
            "tokenizer.json cannot be read",
            Box::new(|dir| std::fs::write(dir.join("tokenizer.json"), "[]").unwrap()),
        ),
    ];
    for (expected, damage) in cases {
        let dir = tempfile::tempdir().unwrap();
        copy(dir.path());
        damage(dir.path());
        let path = dir.path().display().to_string();
        let ended = run(home.path(), &["model", "info", &path]);
        assert_eq!(ended.code, 2, "{expected}: {}", ended.err);
        assert!(ended.err.contains(expected), "{expected}: {}", ended.err);
        let ended = run(
            home.path(),
            &["serve", "model", "--checkpoint", &path, "--port", "0"],
        );
        assert_eq!(ended.code, 2, "served, {expected}: {}", ended.err);
        assert!(
            ended.err.contains(expected),
            "served, {expected}: {}",
            ended.err
        );
    }
    let ended = run(home.path(), &["model", "info", "no-such-model"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("tactics-v0"), "{}", ended.err);
    assert_eq!(run(home.path(), &["model", "info", "tactics-v0"]).code, 0);
}

/// One exchange over HTTP: the status and the body.
fn ask(address: &str, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status.expect("a status"), body.to_owned())
}

fn post(address: &str, path: &str, body: &str) -> (u16, String) {
    let length = body.len();
    ask(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
    )
}

#[test]
fn a_server_outlives_bad_requests() {
    let home = tempfile::tempdir().unwrap();
    let command = [
        "--json",
        "serve",
        "model",
        "--checkpoint",
        "tactics-v0",
        "--port",
        "0",
        "--max-context",
        "300",
        "--running-states",
        "1",
        "--state-cache",
        "1",
    ];
    let mut child = lakatos(home.path(), &command).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut event = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let listening = event();
    let address = listening["address"].as_str().unwrap().to_owned();
    assert_eq!(event()["event"], "loaded");
    let good = json!({"prompt": "⊢ 1 = 1\n:::\n", "seed": 1, "max_tokens": 8}).to_string();
    let (status, first) = post(&address, "/v1/completions", &good);
    assert_eq!(status, 200, "{first}");
    let lost = format!("state-{:016x}-{:016x}-{}", 1, 2, usize::MAX);
    let long = json!({"prompt": "⊢ a = b ".repeat(400)}).to_string();
    for (path, body, status, code) in [
        ("/v1/completions", "{", 400, "malformed_request"),
        (
            "/v1/completions",
            "{\"prompt\": {}}",
            400,
            "malformed_request",
        ),
        ("/v1/completions", &long, 400, "context_length_exceeded"),
        (
            "/v1/completions",
            &json!({"parent_state_id": lost, "prompt": "a"}).to_string(),
            400,
            "context_length_exceeded",
        ),
        (
            "/v1/completions",
            "{\"parent_state_id\": \"state-0000000000000001-0000000000000002-3\"}",
            404,
            "unknown_state",
        ),
        (
            "/v1/completions",
            "{\"prompt\": \"a\", \"n\": 200, \"stream\": true}",
            400,
            "no_memory",
        ),
        (
            "/v1/chat/completions",
            "{\"messages\": \"hello\"}",
            400,
            "malformed_request",
        ),
        ("/generate", "{}", 400, "malformed_request"),
    ] {
        let (found, answer) = post(&address, path, body);
        let error: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            (found, error["error"]["code"].as_str()),
            (status, Some(code)),
            "{body}: {answer}"
        );
    }
    let broken = "GET /v1/models/%FF HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let (status, answer) = ask(&address, broken);
    let error: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(
        (status, error["error"]["code"].as_str()),
        (400, Some("malformed_request"))
    );
    let (status, again) = post(&address, "/v1/completions", &good);
    let choices = |answer: &str| serde_json::from_str::<Value>(answer).unwrap()["choices"].clone();
    assert_eq!((status, choices(&again)), (200, choices(&first)));
    child.kill().unwrap();
    child.wait().unwrap();
}
