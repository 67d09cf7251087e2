//! `lakatos lsp`: a whole session of an editor with the built program, on the real Lean.

use std::collections::HashMap;
use std::io::{BufReader, Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lakatos::lsp::transport;
use lsp_server::Message;
use serde_json::{Value, json};

use crate::support::{lakatos, lean, lean_home};

/// An editor.
struct Editor {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    answers: HashMap<i64, Value>,
    notes: Vec<Value>,
    edits: Vec<Value>,
    next: i64,
}

/// How long an answer may take where the machine is slow: nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(600);

impl Editor {
    fn start() -> Self {
        let mut child = lakatos(&lean_home(), &["lsp", "--embedded"])
            .stdin(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program starts");
        let input = child.stdin.take().expect("piped");
        let output = child.stdout.take().expect("piped");
        let (send, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(Some(message)) = transport::read(&mut output) {
                let value = match message {
                    Ok(message) => serde_json::to_value(message).expect("JSON"),
                    // An error without an id: the reader of a server does not know such answers.
                    Err(malformed) => json!({"unreadable": malformed.0}),
                };
                if send.send(value).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            input,
            messages,
            answers: HashMap::new(),
            notes: Vec::new(),
            edits: Vec::new(),
            next: 0,
        }
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).expect("the server reads");
    }

    fn send(&mut self, message: Value) {
        let mut bytes = Vec::new();
        transport::write(&mut bytes, &message).expect("memory");
        self.raw(&bytes);
    }

    fn note(&mut self, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn request(&mut self, method: &str, params: Value) -> i64 {
        self.next += 1;
        let id = self.next;
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// Takes one message in; edits are applied, progress is created.
    fn take(&mut self) {
        let message = self
            .messages
            .recv_timeout(PATIENCE)
            .expect("the server goes on");
        match (
            message.get("method").and_then(Value::as_str),
            message.get("id"),
        ) {
            (Some(method), Some(id)) => {
                let result = match method {
                    "workspace/applyEdit" => {
                        self.edits.push(message["params"]["edit"].clone());
                        json!({"applied": true})
                    }
                    "workspace/configuration" => json!([{"idleSeconds": 0, "maxFileKiB": 8}]),
                    _ => Value::Null,
                };
                let id = id.clone();
                self.send(json!({"jsonrpc": "2.0", "id": id, "result": result}));
            }
            (Some(_), None) => self.notes.push(message),
            (None, Some(id)) => {
                let before = self.answers.insert(id.as_i64().expect("our own"), message);
                assert!(before.is_none(), "one answer each");
            }
            (None, None) => self.notes.push(message),
        }
    }

    fn answer(&mut self, id: i64) -> Value {
        while !self.answers.contains_key(&id) {
            self.take();
        }
        self.answers.remove(&id).expect("it is there")
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.answer(id)
    }

    fn wait(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = std::time::Instant::now();
        loop {
            if let Some(found) = self.notes.iter().find(|n| wanted(n)) {
                return found.clone();
            }
            assert!(begun.elapsed() < PATIENCE, "{what} did not come");
            self.take();
        }
    }

    fn initialize(&mut self) -> Value {
        let capabilities = json!({
            "general": {"positionEncodings": ["utf-16"]},
            "window": {"workDoneProgress": true},
            "workspace": {"configuration": true, "workspaceEdit": {"documentChanges": true}},
        });
        let answer = self.ask(
            "initialize",
            json!({"processId": std::process::id(), "capabilities": capabilities}),
        );
        self.note("initialized", json!({}));
        answer
    }

    fn open(&mut self, text: &str) {
        let document = json!({"uri": URI, "languageId": "lean4", "version": 1, "text": text});
        self.note("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn command(&mut self, name: &str, version: i32, place: (usize, usize)) -> i64 {
        let position = json!({"line": place.0, "character": place.1});
        let argument = json!({"uri": URI, "version": version, "position": position});
        self.request(
            "workspace/executeCommand",
            json!({"command": name, "arguments": [argument]}),
        )
    }

    fn end(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", Value::Null)["result"], Value::Null);
        assert_eq!(
            self.ask("textDocument/hover", json!({}))["error"]["code"],
            -32600
        );
        self.note("exit", Value::Null);
        self.child
            .wait()
            .expect("it ends")
            .code()
            .expect("an exit code")
    }
}

const URI: &str = "file:///made/up/%C3%86r%C3%B8%20%F0%9D%94%B8.lean";

const TEXT: &str = "import Std
open Nat
namespace Here
variable (n : Nat)
local notation \"𝔸\" => Nat
def double (m : 𝔸) := m + m
/-- a 𝔸 sorry in a comment -/
theorem uses : double n = 2 * n := by
  have h : n = n := rfl
  sorry
theorem wrong (a b : 𝔸) : a + b = a * b := sorry
example (p q : Prop) (h : p ∧ q) : q ∧ p := by
  rw [nothing]
end Here
theorem long (a b : Nat) (h : a < b) : a ≤ b := by
  have h1 : a ≤ a := by simp
  omega
";

fn place(word: &str) -> (usize, usize) {
    let at = TEXT.find(word).expect("it is there");
    let line = TEXT[..at].matches('\n').count();
    let begin = TEXT[..at].rfind('\n').map_or(0, |i| i + 1);
    (line, TEXT[begin..at].encode_utf16().count())
}

#[test]
fn an_editors_session() {
    let _lean = lean();
    let mut editor = Editor::start();
    assert_eq!(
        editor.ask("textDocument/hover", json!({}))["error"]["code"],
        -32002
    );
    let answer = editor.initialize();
    assert_eq!(
        answer["result"]["capabilities"]["positionEncoding"],
        "utf-16"
    );
    editor.raw(b"Content-Length: 4\r\n\r\n\xff\xfe{}");
    let said = editor.wait("the answer to nonsense", |n| n.get("unreadable").is_some());
    assert_eq!(
        said["unreadable"]["error"]["code"], -32600,
        "an answer with no id is no message of ours: {said}"
    );
    assert_eq!(
        editor.ask("lakatos/unknown", json!({}))["error"]["code"],
        -32601
    );
    assert_eq!(
        editor.ask("textDocument/codeAction", json!({"textDocument": 1}))["error"]["code"],
        -32602
    );

    editor.open(TEXT);
    let (line, character) = place("sorry\ntheorem wrong");
    let at = json!({"line": line, "character": character});
    let context = json!({"textDocument": {"uri": URI}, "range": {"start": at, "end": at}, "context": {"diagnostics": []}});
    let actions = editor.ask("textDocument/codeAction", context);
    let titles: Vec<&str> = actions["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["title"].as_str().unwrap())
        .collect();
    assert_eq!(
        titles[..4],
        [
            "Prove this goal",
            "Prove or refute",
            "Suggest next tactics",
            "Replace sorry in this file"
        ]
    );

    // The file's own notation, variable and definition are there; the proof comes from a kernel.
    let id = editor.command("lakatos.prove", 1, (line, character));
    let proved = editor.answer(id)["result"].clone();
    assert_eq!(proved["outcome"], "proved", "{proved}");
    let edit = editor.edits.pop().expect("an edit");
    let change = &edit["documentChanges"][0];
    assert_eq!(change["textDocument"]["version"], 1);
    let range = &change["edits"][0]["range"];
    assert_eq!(
        (&range["start"]["line"], &range["start"]["character"]),
        (&json!(line), &json!(character))
    );
    assert!(editor.notes.iter().any(|n| n["method"] == "$/progress"));

    let id = editor.command("lakatos.refute", 1, place("sorry\nexample"));
    let refuted = editor.answer(id)["result"].clone();
    assert_eq!(refuted["outcome"], "refuted", "{refuted}");
    assert!(refuted["refutation"].as_str().unwrap().contains("¬"));
    let refuted = |n: &Value| n["params"]["diagnostics"].to_string().contains("refuted");
    editor.wait("the diagnostic", refuted);

    // A `by` block with an error, in an example.
    let id = editor.command("lakatos.prove", 1, place("rw [nothing]"));
    let proved = editor.answer(id)["result"].clone();
    assert_eq!(proved["outcome"], "proved", "{proved}");
    assert_eq!(
        editor.edits.pop().unwrap()["documentChanges"][0]["edits"][0]["range"]["start"]["line"],
        place("rw [nothing]").0
    );

    let id = editor.command("lakatos.shorten", 1, place("have h1"));
    let shortened = editor.answer(id)["result"].clone();
    assert_eq!(
        (&shortened["outcome"], &shortened["proof"]),
        (&json!("shortened"), &json!("by omega"))
    );
    let id = editor.command("lakatos.explain", 1, place("wrong"));
    assert!(
        editor.answer(id)["result"]["english"]
            .as_str()
            .unwrap()
            .contains("natural numbers")
    );
    let id = editor.command("lakatos.suggest", 1, place("sorry\nexample"));
    let suggested = editor.answer(id)["result"].clone();
    assert!(
        !suggested["suggestions"].as_array().unwrap().is_empty(),
        "{suggested}"
    );

    // Another version: nothing is edited for the old one; and an edit before the place makes a search stale.
    editor.edits.clear();
    let insert = |line: usize, text: &str| {
        let at = json!({"line": line, "character": 0});
        json!([{"range": {"start": at, "end": at}, "text": text}])
    };
    editor.note("textDocument/didChange", json!({"textDocument": {"uri": URI, "version": 2}, "contentChanges": insert(99, "\n-- end")}));
    let id = editor.command("lakatos.prove", 1, (line, character));
    assert_eq!(editor.answer(id)["result"]["outcome"], "stale");
    let id = editor.command("lakatos.prove", 2, (line, character));
    editor.note("textDocument/didChange", json!({"textDocument": {"uri": URI, "version": 3}, "contentChanges": insert(1, "-- new\n")}));
    assert_eq!(editor.answer(id)["result"]["outcome"], "stale");
    assert!(editor.edits.is_empty(), "{:?}", editor.edits);

    // Cancelled: one answer, with the protocol's code.
    let id = editor.command("lakatos.refute", 3, (11, 44));
    editor.note("$/cancelRequest", json!({"id": id}));
    assert_eq!(editor.answer(id)["error"]["code"], -32800);

    // A hint that the kernel has accepted, found by itself.
    let whole = json!([{"text": "theorem easy (a b : Nat) : a + b = b + a := by\n  sorry\n"}]);
    editor.note(
        "textDocument/didChange",
        json!({"textDocument": {"uri": URI, "version": 4}, "contentChanges": whole}),
    );
    editor.wait("the hint", |n| {
        n["params"]["version"] == 4 && n["params"]["diagnostics"].to_string().contains("closes")
    });
    let place = json!({"textDocument": {"uri": URI}, "position": {"line": 1, "character": 3}});
    let hover = editor.ask("textDocument/hover", place);
    assert!(
        hover["result"]["contents"]["value"]
            .as_str()
            .unwrap()
            .contains("omega"),
        "{hover}"
    );

    // The last command is taken away, and comes back.
    let both = "theorem easy (a b : Nat) : a + b = b + a := by\n  sorry\ntheorem more (p : Prop) (h : p) : p := sorry\n";
    let one = &both[..both.find("theorem more").expect("it is there")];
    for (version, text) in [(5, both), (6, one), (7, both)] {
        let whole = json!([{"text": text}]);
        editor.note(
            "textDocument/didChange",
            json!({"textDocument": {"uri": URI, "version": version}, "contentChanges": whole}),
        );
        let id = editor.command("lakatos.explain", version, (0, 10));
        assert_eq!(editor.answer(id)["result"]["outcome"], "explained");
    }
    let id = editor.command("lakatos.prove", 7, (2, 40));
    let proved = editor.answer(id)["result"].clone();
    assert_eq!(proved["outcome"], "proved", "{proved}");

    // Too large a file is left alone, and says so.
    let whole = json!([{"text": "theorem easy : True := sorry\n".to_owned() + &"-- a line\n".repeat(2000)}]);
    editor.note(
        "textDocument/didChange",
        json!({"textDocument": {"uri": URI, "version": 8}, "contentChanges": whole}),
    );
    let id = editor.command("lakatos.prove", 8, (0, 26));
    let declined = editor.answer(id)["result"].clone();
    assert_eq!(declined["outcome"], "declined");
    assert!(
        declined["message"]
            .as_str()
            .expect("a sentence")
            .contains("maxFileKiB"),
        "{declined}"
    );
    assert_eq!(editor.end(), 0);
}

#[test]
fn an_editor_that_dies_takes_the_server_with_it() {
    let mut editor = Editor::start();
    editor.initialize();
    drop(editor.input);
    let ended = editor.child.wait().expect("it ends");
    assert_eq!(ended.code(), Some(1));
    let mut rest = String::new();
    if let Some(mut err) = editor.child.stderr.take() {
        err.read_to_string(&mut rest).unwrap();
    }
    assert_eq!(rest, "");
    // The type of a message is the library's own.
    assert!(matches!(
        serde_json::from_value(json!({"method": "exit"})),
        Ok(Message::Notification(_))
    ));
}
