//! `lakatos serve check`: verdicts over HTTP, on the real Lean, and Kimina's own client against it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::{lakatos, lean, lean_home, run};

const TOKEN: &str = "a token of this test";

/// A running service, which is told to stop when the test ends.
struct Service {
    child: Child,
    url: String,
    out: BufReader<std::process::ChildStdout>,
}

impl Service {
    fn start(more: &[&str]) -> Self {
        let mut args = vec!["--json", "serve", "check", "--embedded", "--port", "0"];
        args.extend(["--workers", "1"]);
        args.extend(more);
        let mut command = lakatos(&lean_home(), &args);
        let mut child = command
            .env("LAKATOS_SERVE_TOKEN", TOKEN)
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let url = loop {
            let mut line = String::new();
            assert!(out.read_line(&mut line).unwrap() > 0, "it ended early");
            let event: Value = serde_json::from_str(&line).expect("a line of JSON");
            if event["event"] == "listening" {
                assert_eq!(event["lanes"], 1);
                break event["url"].as_str().unwrap().to_owned();
            }
        };
        Self { child, url, out }
    }

    fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let request = reqwest::Client::new()
            .post(format!("{}{path}", self.url))
            .bearer_auth(TOKEN)
            .body(body);
        answer(request)
    }

    fn json(&self, path: &str, body: &Value) -> Value {
        let (status, value) = self.post(path, body.to_string());
        assert_eq!(status, 200, "{value}");
        value
    }

    fn metric(&self, name: &str) -> f64 {
        let request = reqwest::Client::new()
            .get(format!("{}/metrics", self.url))
            .bearer_auth(TOKEN);
        let (status, text) = text(request);
        assert_eq!(status, 200);
        let line = text.lines().find_map(|l| l.strip_prefix(name));
        line.expect(name).trim().parse().expect("a number")
    }

    /// Asks it to stop, and reads what it still says.
    #[cfg(unix)]
    fn stop(mut self) {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        let rest: Vec<String> = BufRead::lines(&mut self.out).map(Result::unwrap).collect();
        assert!(
            rest.last().is_some_and(|l| l.contains("stopped")),
            "{rest:?}"
        );
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(request: reqwest::RequestBuilder) -> (u16, String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let response = request.send().await.expect("it answers");
        let status = response.status().as_u16();
        (status, response.text().await.expect("text"))
    })
}

fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let (status, text) = text(request);
    let value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    (status, value)
}

/// What a client of Kimina's believes to be proved.
fn believed(result: &Value) -> bool {
    let response = &result["response"];
    let messages = response["messages"].as_array().into_iter().flatten();
    response.is_object()
        && response.get("sorries").is_none()
        && messages.into_iter().all(|m| m["severity"] != "error")
}

const CHEATS: [&str; 8] = [
    "theorem a : 1 = 2 := sorryAx _",
    "axiom x : False\ntheorem a : 1 = 2 := x.elim",
    "axiom x : False\nexample : 1 = 2 := x.elim",
    "axiom x : False\nprivate theorem a : 1 = 2 := x.elim\ntheorem b : True := trivial",
    "theorem a : 2 ^ 10 = 1024 := by native_decide",
    "open Lean in\nset_option debug.skipKernelTC true in\nrun_cmd Elab.Command.liftCoreM <| addDecl <| .thmDecl { name := `a, levelParams := [], type := mkConst ``False, value := mkConst ``trivial }\ntheorem b : False := a",
    "macro_rules | `($a = $b) => `(True)\ntheorem a : 1 = 2 := trivial",
    "#eval (IO.Process.exit 0 : IO Unit)\ntheorem a : 1 = 2 := rfl",
];

#[test]
fn texts_are_judged_over_http() {
    let _guard = lean();
    let service = Service::start(&["--max-body", "1", "--queue", "64"]);

    // What Lean says, where, and what stands at a `sorry`.
    let snippets = json!([
        {"id": "check", "code": "#check Nat"},
        {"id": "good", "code": "import Init\n\ntheorem a (n : Nat) : n + 0 = n := by simp\nexample : 2 = 2 := rfl"},
        {"id": "open", "code": "theorem a (n : Nat) : n + 0 = n := by\n  sorry"},
        {"id": "bad", "code": "\ntheorem a : 1 = 2 := by rfl"},
    ]);
    let body = json!({"snippets": snippets, "timeout": 600, "debug": true, "reuse": true, "infotree": null});
    let results = service.json("/api/check", &body);
    let [check, good, open, bad] = results["results"].as_array().unwrap().as_slice() else {
        panic!("{results}");
    };
    assert_eq!(
        check["response"]["messages"],
        json!([{"severity": "info", "data": "Nat : Type",
            "pos": {"line": 1, "column": 0}, "endPos": {"line": 1, "column": 6}}])
    );
    assert!(believed(good), "{good}");
    assert_eq!(good["id"], "good");
    assert_eq!(good["lakatos"]["level"], 3);
    assert!(good["diagnostics"]["memory_max"].as_f64().unwrap() > 1e6);
    assert_eq!(
        open["response"]["sorries"][0]["goal"],
        "n : Nat\n⊢ n + 0 = n"
    );
    assert_eq!(
        open["response"]["sorries"][0]["pos"],
        json!({"line": 2, "column": 2})
    );
    assert_eq!(open["response"]["messages"][0]["severity"], "warning");
    assert!(!believed(bad));
    assert_eq!(bad["response"]["messages"][0]["pos"]["line"], 2);

    // Nothing that cheats is believed, and honest texts beside it are.
    let honest = "theorem fine (a b : Nat) : a + b = b + a := by omega";
    let codes: Vec<Value> = CHEATS
        .iter()
        .flat_map(|cheat| [cheat, honest])
        .enumerate()
        .map(|(i, code)| json!({"custom_id": i, "proof": code}))
        .collect();
    let body = json!({"codes": codes, "timeout": 600, "infotree_type": "original"});
    let results = service.json("/verify", &body);
    for (i, result) in results["results"].as_array().unwrap().iter().enumerate() {
        assert_eq!(result["custom_id"], i.to_string());
        assert_eq!(believed(result), i % 2 == 1, "{result:#}");
    }
    let tree = &results["results"][1]["response"]["infotree"];
    assert!(tree.to_string().contains("omega"), "{tree}");

    // The kernel has its say once, where the verdict is made; what it refuses, Lean itself then speaks of,
    // and a text that asks the kernel gets its answer.
    let assigned = "import Lean\nopen Lean Elab Tactic in\nelab \"assigned\" : tactic => do (← getMainGoal).assign (mkConst ``trivial)\ntheorem a : 1 = 2 := by assigned";
    let asks =
        "theorem a (n : Nat) (h : n = 1) : n + 1 = 2 := by\n  first | decide +kernel | omega";
    let body = json!({"codes": [{"custom_id": 1, "proof": assigned}, {"custom_id": 2, "proof": asks}], "timeout": 600});
    let results = service.json("/verify", &body);
    let said = results["results"][0]["response"]["messages"].to_string();
    assert!(said.contains("(kernel)"), "{said}");
    assert!(believed(&results["results"][1]), "{results:#}");

    // Examples are judged with the variables of their section; data is not judged, and hides no axiom.
    let section = "variable (p q : Prop) (h : p ∧ q)\nexample : q := h.2\nexample : p := h.1";
    let cheat = "axiom x : False\nvariable (p : Prop) (h : p)\nexample : 1 = 2 := by\n  have := h\n  exact x.elim";
    let data = "axiom x : False\nexample : Nat := 3";
    let bodies = [section, cheat, data].map(|code| json!({"id": code, "code": code}));
    let results = service.json("/api/check", &json!({"snippets": bodies, "timeout": 600}));
    let [section, cheat, data] = results["results"].as_array().unwrap().as_slice() else {
        panic!("{results}");
    };
    assert!(believed(section), "{section:#}");
    assert_eq!(section["lakatos"]["proved"], true);
    assert_eq!(section["lakatos"]["unjudged_examples"], json!([]));
    assert!(!believed(cheat), "{cheat:#}");
    assert_eq!(cheat["lakatos"]["reason"]["class"], "axioms");
    assert_eq!(data["lakatos"]["unjudged_examples"], json!([2]));
    assert_ne!(data["lakatos"]["proved"], true);

    // The same text again is remembered, unless the client says otherwise.
    let hits = service.metric("lakatos_cache_hits_total");
    let again = json!({"codes": [{"custom_id": "x", "code": honest}], "infotree_type": "original"});
    let result = service.json("/verify", &again);
    assert_eq!(result["results"][0]["lakatos"]["cached"], true);
    assert!(service.metric("lakatos_cache_hits_total") > hits);
    let fresh = json!({"codes": [{"custom_id": "x", "code": honest}], "infotree_type": "original", "disable_cache": true});
    let result = service.json("/verify", &fresh);
    assert_eq!(result["results"][0]["lakatos"]["cached"], false);

    // An endless text times out, and the next one is served.
    let endless = json!({"snippets": [{"id": "e", "code": "import Lean\nopen Lean Elab Tactic\nelab \"spin\" : tactic => do while true do Core.checkSystem \"spin\"\nset_option maxHeartbeats 0 in\ntheorem a : True := by spin"}], "timeout": 2});
    let result = service.json("/api/check", &endless);
    let error = result["results"][0]["error"].as_str();
    assert!(error.is_some_and(|e| e.contains("timed out")), "{result}");

    // Verdicts of our own: a challenge and its solution, a text, what cannot be judged.
    let items = json!([
        {"id": 1, "challenge": "theorem a : 1 + 1 = 2 := by sorry", "solution": "theorem a : 1 + 1 = 2 := rfl"},
        {"id": 2, "challenge": "theorem a : 1 + 1 = 2 := by sorry", "solution": "theorem a : 1 = 1 := rfl"},
        {"id": 3, "solution": "theorem a : 1 + 1 = 2 := rfl\ntheorem b : 1 = 2 := rfl"},
        {"id": 4, "challenge": "def x := 1", "solution": ""},
    ]);
    let results = service.json("/v1/verdicts", &items);
    let results = results["results"].as_array().unwrap();
    assert_eq!(results[0]["verdict"], "accepted");
    assert_eq!(results[0]["level"], 3);
    assert_eq!(results[1]["reason"]["class"], "statement");
    assert_eq!(results[2]["verdict"], "rejected");
    assert_eq!(results[2]["theorems"][0]["verdict"], "accepted");
    assert_eq!(results[2]["theorems"][1]["verdict"], "rejected");
    assert_eq!(results[3]["error"]["type"], "invalid_request");

    // A stream, with lines that are no items.
    let mut lines: Vec<String> = (0..20)
        .map(|i| json!({"id": i, "solution": format!("theorem t{i} : {i} + 1 = {} := rfl", i + 1)}))
        .map(|item| item.to_string())
        .collect();
    lines.insert(7, "this is not JSON".into());
    lines.insert(9, String::new());
    let request = reqwest::Client::new()
        .post(format!("{}/v1/verdicts", service.url))
        .bearer_auth(TOKEN)
        .header("content-type", "application/x-ndjson")
        .body(lines.join("\n"));
    let (status, said) = text(request);
    assert_eq!(status, 200);
    let said: Vec<Value> = said
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(said.len(), 21);
    assert_eq!(said.iter().filter(|v| v["proved"] == true).count(), 20);
    let wrong = said.iter().find(|v| v.get("error").is_some()).unwrap();
    assert_eq!(
        (&wrong["index"], &wrong["error"]["type"]),
        (&json!(7), &json!("malformed_json"))
    );

    hostile_requests(&service);
    #[cfg(unix)]
    service.stop();
}

fn hostile_requests(service: &Service) {
    let refused = |path: &str, body: Vec<u8>, status: u16, kind: &str| {
        let (found, value) = service.post(path, body);
        assert_eq!(found, status, "{path}: {value}");
        assert_eq!(value["error"]["type"], kind, "{path}");
        assert!(
            value["error"]["message"]
                .as_str()
                .is_some_and(|m| m.len() > 10)
        );
    };
    for path in ["/api/check", "/verify", "/v1/verdicts"] {
        refused(path, b"{\"snippets\": [".to_vec(), 400, "malformed_json");
        refused(path, b"".to_vec(), 400, "malformed_json");
        refused(path, b"\"\xff\xfe\"".to_vec(), 400, "malformed_json");
        refused(path, b"3".to_vec(), 422, "invalid_request");
        refused(path, vec![b' '; (1 << 20) + 1], 413, "too_large");
        let (status, value) = service.post(path, "[".repeat(100_000));
        assert!(matches!(status, 400 | 422), "{status}: {value}");
    }
    let check = |value: Value| value.to_string().into_bytes();
    refused(
        "/api/check",
        check(json!({"snippets": []})),
        422,
        "invalid_request",
    );
    let twice = json!({"snippets": [{"id": "a", "code": ""}, {"id": "a", "code": ""}]});
    refused("/api/check", check(twice), 422, "invalid_request");
    let typed = json!({"snippets": [{"id": "a", "code": 3}]});
    refused("/api/check", check(typed), 422, "invalid_request");
    let negative = json!({"snippets": [{"id": "a", "code": ""}], "timeout": -1});
    refused("/api/check", check(negative), 422, "invalid_request");
    let tree = json!({"snippets": [{"id": "a", "code": ""}], "infotree": "all"});
    refused("/api/check", check(tree), 422, "invalid_request");
    refused(
        "/verify",
        check(json!({"codes": [{"custom_id": 1}]})),
        422,
        "invalid_request",
    );
    refused("/v1/verdicts", check(json!([])), 422, "invalid_request");
    refused("/nowhere", Vec::new(), 404, "not_found");

    let client = reqwest::Client::new();
    let url = &service.url;
    let (status, value) = answer(client.get(format!("{url}/verify")).bearer_auth(TOKEN));
    assert_eq!(
        (status, &value["error"]["type"]),
        (405, &json!("method_not_allowed"))
    );
    let (status, value) = answer(client.post(format!("{url}/verify")).body("{}"));
    assert_eq!(
        (status, &value["error"]["type"]),
        (401, &json!("unauthorized"))
    );
    let (status, _) = answer(client.get(format!("{url}/metrics")).bearer_auth("another"));
    assert_eq!(status, 401);
    let (status, value) = answer(client.get(format!("{url}/health")));
    assert_eq!((status, &value["status"]), (200, &json!("ok")));

    // While more texts than the queue holds are worked on, others are told when to come again.
    let many: Vec<Value> = (0..80)
        .map(|i| json!({"id": i.to_string(), "code": format!("theorem q{i} : {i} = {i} := by decide")}))
        .collect();
    let many = json!({"snippets": many}).to_string();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let send = |body: String| {
            let request = client.post(format!("{url}/api/check")).bearer_auth(TOKEN);
            request.body(body).send()
        };
        let first = tokio::spawn(send(many));
        // Only when they have all been let in: a text that came before them would keep them out.
        loop {
            let health = client.get(format!("{url}/health")).send().await.unwrap();
            let health: Value = health.json().await.unwrap();
            if health["queued"].as_u64() == Some(80) {
                break;
            }
            assert!(!first.is_finished(), "the queue was never full");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let one = json!({"snippets": [{"id": "one", "code": "#check 1"}]}).to_string();
        let refused = send(one).await.unwrap();
        assert_eq!(refused.status(), 429);
        assert!(refused.headers().contains_key("retry-after"));
        let results: Value = first.await.unwrap().unwrap().json().await.unwrap();
        let results = results["results"].as_array().unwrap();
        assert_eq!(results.len(), 80);
        assert!(results.iter().all(believed));
    });
}

#[test]
fn an_open_door_needs_a_token() {
    let home = tempfile::tempdir().unwrap();
    let ended = run(home.path(), &["serve", "check", "--host", "0.0.0.0"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("token"), "{}", ended.err);
    let blank = home.path().join("token");
    std::fs::write(&blank, "\n").unwrap();
    let blank = blank.to_str().unwrap();
    let ended = run(home.path(), &["serve", "check", "--token-file", blank]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("blank"), "{}", ended.err);
}

/// A Python with Kimina's client in it, where one can be had.
fn python_with_client() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/kimina-client");
    let python = venv.join("bin/python");
    let has = |python: &Path| {
        let mut command = Command::new(python);
        command.args(["-c", "import kimina_client"]);
        command.output().is_ok_and(|o| o.status.success())
    };
    if has(&python) {
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
    // What the client imports without asking for it: the rest of its requirements is for its benchmark.
    let needed = [
        "pydantic", "httpx", "tenacity", "tqdm", "tabulate", "colorama", "pygments",
    ];
    let pip = |more: &[&str]| {
        let mut command = Command::new(&python);
        command.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]);
        command
            .args(more)
            .output()
            .is_ok_and(|o| o.status.success())
    };
    (pip(&needed) && pip(&["--no-deps", "kimina-client==0.2.1"]) && has(&python)).then_some(python)
}

#[test]
fn kiminas_own_client_works_unchanged() {
    let Some(python) = python_with_client() else {
        println!("skipped: python3 with pip and its package index are needed for Kimina's client");
        return;
    };
    let _guard = lean();
    let service = Service::start(&[]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/e2e/kimina_client.py");
    let output = Command::new(python)
        .arg(script)
        .arg(&service.url)
        .arg(TOKEN)
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(said.contains("all as expected"), "{said}\n{errors}");
}
