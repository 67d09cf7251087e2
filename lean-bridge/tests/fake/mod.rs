//! A scripted worker that misbehaves on demand: the test program itself, started again.
//!
//! Real Lean cannot be made to hang, die or drip reliably at a chosen instant; this can. What it
//! does is in the request: in a tactic's text, a statement, or a submission.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, Write};
use std::time::Duration;

use lakatos_lean_bridge::pool::{PoolOptions, Role, Spawner};
use serde_json::{Value, json};

const SCENARIO: &str = "LAKATOS_FAKE_WORKER";

/// Call from a `#[test] fn fake_worker()`: runs the worker where the environment asks for it.
pub fn main_if_asked() {
    if let Ok(scenario) = std::env::var(SCENARIO) {
        Fake::new().run(&scenario);
        std::process::exit(0);
    }
}

/// Workers of this scenario: `ready`, or a way of failing at the start.
pub fn spawner(scenario: &'static str) -> Spawner {
    let program = std::env::current_exe().expect("the test program has a path");
    Spawner::new(move |role: Role| {
        let mut command = std::process::Command::new(&program);
        command.args(["--exact", "fake_worker", "--nocapture"]);
        command
            .env(SCENARIO, scenario)
            .env("LAKATOS_FAKE_ROLE", format!("{role:?}"));
        command
    })
}

/// Options for fast tests: one worker, no spare.
pub fn options() -> PoolOptions {
    PoolOptions {
        workers: 1,
        warm_spare: false,
        grace_ms: 300,
        ready_timeout_s: 20,
        ..PoolOptions::default()
    }
}

struct Fake {
    states: HashMap<u64, String>,
    next: u64,
    opened: u64,
    role: String,
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // A reader who has gone is the end of this worker.
    if out
        .write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .is_err()
    {
        std::process::exit(1);
    }
}

fn forever() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

impl Fake {
    fn new() -> Self {
        let role = std::env::var("LAKATOS_FAKE_ROLE").unwrap_or_default();
        Self {
            states: HashMap::new(),
            next: u64::from(std::process::id()),
            opened: 0,
            role,
        }
    }

    fn run(&mut self, scenario: &str) {
        match scenario {
            "no ready" => forever(),
            "dies" => {
                eprintln!("cannot start today");
                std::process::exit(9);
            }
            "wrong protocol" => say("@@{\"ready\":{\"protocol\":99}}\n"),
            "memory" => {
                eprintln!("INTERNAL PANIC: out of memory");
                std::process::exit(1);
            }
            _ => {}
        }
        say("a greeting that is noise\n@@{\"ready\":{\"protocol\":1,\"lean\":\"4.0.0\"}}\n");
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            let request: Value = serde_json::from_str(&line).expect("requests are JSON");
            let id = request["id"].as_u64().expect("requests have ids");
            let answer = match self.answer(&request, id) {
                Ok(value) => json!({"id": id, "ok": value, "ms": 0.5}),
                Err((kind, message)) => {
                    json!({"id": id, "error": {"kind": kind, "message": message}, "ms": 0.5})
                }
            };
            say(&format!("@@{answer}\n"));
        }
    }

    fn state(&mut self, hash: &str) -> Value {
        self.next += 1;
        self.states.insert(self.next, hash.to_owned());
        let goal = json!({"text": hash, "tag": "", "target": "", "hyps": [], "hash": hash});
        json!({"state": self.next, "hash": hash, "goals": [goal]})
    }

    fn answer(&mut self, request: &Value, id: u64) -> Result<Value, (&'static str, String)> {
        let text = |key: &str| request[key].as_str().unwrap_or_default().to_owned();
        match text("op").as_str() {
            "open" => {
                if text("text") == "die" {
                    std::process::exit(3);
                }
                if text("text") == "no import" {
                    return Err(("import", "unknown module `Nowhere`".into()));
                }
                self.opened += 1;
                Ok(json!({"env": self.opened, "kind": "core", "imports": request["imports"]}))
            }
            "start" => {
                let statement = text("statement");
                if statement == "evicted" && request["env"].as_u64() < Some(2) {
                    return Err(("unknown_env", "dropped".into()));
                }
                if statement == "wrong" {
                    return Err(("elaboration", "unknown identifier".into()));
                }
                let root = self.state(&statement);
                Ok(json!({"name": "t", "type": statement, "type_hash": "0", "root": root}))
            }
            "sorries" => {
                let count = text("text").matches("sorry").count();
                let sorries: Vec<Value> = (0..count)
                    .map(|i| {
                        let root = self.state(&format!("hole {i}"));
                        json!({"decl": null, "line": 1, "column": i, "end_line": 1,
                            "end_column": i + 5, "root": root})
                    })
                    .collect();
                Ok(json!({"sorries": sorries}))
            }
            "step" => {
                let handle = request["state"].as_u64().unwrap_or_default();
                let Some(hash) = self.states.get(&handle).cloned() else {
                    return Err(("unknown_state", format!("{handle}")));
                };
                let tactics = request["tactics"].as_array().cloned().unwrap_or_default();
                let outcomes: Vec<Value> = tactics
                    .iter()
                    .map(|t| self.tactic(&hash, t["text"].as_str().unwrap_or_default(), id))
                    .collect();
                Ok(json!({"outcomes": outcomes}))
            }
            // Tells the test which process this is, and how many states it holds.
            "suggest" => Ok(json!({"suggestions": [{"tactic": "",
                "lemma": std::process::id().to_string(), "kind": self.states.len().to_string()}]})),
            "check" => Ok(json!({"messages": [], "declarations": [], "complete": true})),
            "free" => {
                for state in request["states"].as_array().into_iter().flatten() {
                    self.states.remove(&state.as_u64().unwrap_or_default());
                }
                Ok(json!({}))
            }
            "export" => self.export(&text("text")),
            "verify" => self.verify(request),
            other => Err(("bad_request", format!("unknown op {other}"))),
        }
    }

    fn export(&self, submission: &str) -> Result<Value, (&'static str, String)> {
        assert_eq!(self.role, "Submission");
        let messages = match submission {
            "die" => std::process::exit(5),
            "hang" => forever(),
            "late" => return Err(("deadline", "cancelled".into())),
            "does not parse" => return Err(("elaboration", "expected token".into())),
            "broken" => json!([{"severity": "error", "line": 2, "column": 0, "data": "oh no"}]),
            _ => json!([]),
        };
        let export = format!("{} {submission}", std::process::id());
        // A hostile submission would claim that it was accepted; nobody may listen.
        let verdicts = json!([{"name": "t", "accepted": true, "axioms": []}]);
        Ok(json!({"messages": messages, "missing": [], "export": export, "verdicts": verdicts}))
    }

    fn verify(&self, request: &Value) -> Result<Value, (&'static str, String)> {
        assert_eq!(self.role, "Kernel");
        let export = request["export"].as_str().unwrap_or_default();
        let (pid, submission) = export.split_once(' ').unwrap_or_default();
        // A challenge is either text or terms, and the terms are of the process that sees the
        // submission next.
        match (&request["reference"], &request["reference_terms"]) {
            (Value::String(_), Value::Null) => {}
            (Value::Null, Value::String(terms)) => assert!(terms.starts_with(pid), "{request}"),
            _ => unreachable!("one reference"),
        }
        let refuse = |class: &str| {
            json!([{"name": "t", "accepted": false, "axioms": [],
                "reason": {"class": class, "message": pid}}])
        };
        let verdicts = match submission {
            "good" => json!([{"name": "t", "accepted": true, "axioms": ["propext"],
                "library_bodies": true}]),
            "broken" => refuse("sorry"),
            "silent" => json!([]),
            "other name" => json!([{"name": "u", "accepted": true}]),
            "twice" => json!([{"name": "t", "accepted": true}, {"name": "t", "accepted": false}]),
            "kernel dies" => std::process::exit(6),
            "bad reference" => return Err(("elaboration", "the statement".into())),
            _ => refuse("kernel"),
        };
        Ok(json!({"verdicts": verdicts}))
    }

    fn tactic(&mut self, hash: &str, text: &str, id: u64) -> Value {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let child = |fake: &mut Self, name: &str| {
            let mut hasher = DefaultHasher::new();
            (hash, text, name).hash(&mut hasher);
            fake.state(&format!("{:024x}", hasher.finish()))
        };
        let children = match word {
            "close" => {
                return json!({"status": "closed", "children": [], "heartbeats": 1.0, "ms": 0.1});
            }
            "fail" => {
                return json!({"status": "error", "ms": 0.1,
                    "error": {"class": "tactic_failed", "message": rest}});
            }
            "open" => vec![child(self, "")],
            "two" => vec![child(self, "left"), child(self, "right")],
            "drift" => vec![child(self, &std::process::id().to_string())],
            "hang" => forever(),
            "die" => {
                eprintln!("Aargh");
                std::process::exit(7);
            }
            "die_once" => {
                if std::fs::write(format!("{rest}.seen"), "").is_ok()
                    && std::fs::remove_file(rest).is_ok()
                {
                    std::process::exit(7);
                }
                vec![child(self, "")]
            }
            "flood" => loop {
                say(&"noise ".repeat(1 << 17));
            },
            "long_line" => {
                say("@@{\"id\":");
                loop {
                    say(&"1".repeat(1 << 20));
                }
            }
            "nonsense" => {
                say("@@{\"id\": what?}\n");
                forever()
            }
            "partial" => {
                say(&format!(
                    "@@{{\"id\":{id},\"ok\":{{\"outcomes\":[{{\"status\":"
                ));
                std::process::exit(0);
            }
            "wrong_shape" => {
                say(&format!(
                    "@@{{\"id\":{id},\"ok\":{{\"surprise\":1}},\"ms\":1}}\n"
                ));
                forever()
            }
            "drip" => {
                say(&format!("@@{{\"id\":{id},\"ok\":\""));
                loop {
                    say("x");
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            "forge" => {
                for guess in (0..100)
                    .chain(id.saturating_sub(50)..id)
                    .chain(id + 1..id + 50)
                {
                    let lie = r#"{"outcomes":[{"status":"closed","heartbeats":0,"ms":0}]}"#;
                    say(&format!("@@{{\"id\":{guess},\"ok\":{lie},\"ms\":0}}\n"));
                }
                vec![child(self, "")]
            }
            "print" => {
                say("a line without an end");
                vec![child(self, "")]
            }
            "complain" => {
                for _ in 0..64 {
                    eprintln!("{}", "e".repeat(1 << 16));
                }
                vec![child(self, "")]
            }
            "big" => {
                let mut state = child(self, "");
                state["goals"][0]["text"] = "g".repeat(64 << 20).into();
                vec![state]
            }
            "fat" => {
                let memory = vec![1u8; 400 << 20];
                std::hint::black_box(&memory);
                forever()
            }
            "grow" => {
                let memory = vec![1u8; 100 << 20];
                std::mem::forget(std::hint::black_box(memory));
                vec![child(self, "")]
            }
            _ => unreachable!("the test sent an unknown tactic {text:?}"),
        };
        json!({"status": "open", "children": children, "heartbeats": 1.0, "ms": 0.1})
    }
}
