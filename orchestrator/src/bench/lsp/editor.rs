//! An editor with nobody in front of it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::processes::{self, Usage};
use crate::lsp::transport;

/// The one document.
pub const URI: &str = "file:///bench/Bench.lean";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long processes may take to end after their editor.
const END: Duration = Duration::from_secs(30);

/// A client of the server, which holds one document.
pub struct Editor {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    answers: HashMap<i64, Value>,
    /// How often diagnostics were published, by version.
    seen: HashMap<i64, u32>,
    next: i64,
    /// The document's version.
    pub version: i32,
    /// The document's text, where it was opened by [`Editor::show`].
    pub text: String,
}

impl Editor {
    /// Starts the server for the editor that has process number `of`, with these settings.
    pub fn start(
        program: &Path,
        arguments: &[OsString],
        of: u32,
        settings: Value,
    ) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let gone = || io::Error::other("the program has no standard streams");
        let input = child.stdin.take().ok_or_else(gone)?;
        let output = child.stdout.take().ok_or_else(gone)?;
        let (send, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(Some(Ok(message))) = transport::read(&mut output) {
                let value = serde_json::to_value(message).unwrap_or_default();
                if send.send(value).is_err() {
                    return;
                }
            }
        });
        let mut editor = Self {
            child,
            input,
            messages,
            answers: HashMap::new(),
            seen: HashMap::new(),
            next: 0,
            version: 1,
            text: String::new(),
        };
        let capabilities = json!({
            "general": {"positionEncodings": ["utf-8"]},
            "workspace": {"applyEdit": true, "workspaceEdit": {"documentChanges": true}},
        });
        editor.ask(
            "initialize",
            json!({"processId": of, "capabilities": capabilities, "initializationOptions": settings}),
        )?;
        editor.note("initialized", json!({}))?;
        Ok(editor)
    }

    /// Sends a notification.
    pub fn note(&mut self, method: &str, params: Value) -> io::Result<()> {
        let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        transport::write(&mut self.input, &message)
    }

    fn take(&mut self) -> io::Result<()> {
        let gone = |_| io::Error::other("the server said nothing for a long time, or has ended");
        let message = self.messages.recv_timeout(PATIENCE).map_err(gone)?;
        self.hear(message)
    }

    fn hear(&mut self, message: Value) -> io::Result<()> {
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") => {
                let version = message["params"]["version"].as_i64().unwrap_or(0);
                *self.seen.entry(version).or_default() += 1;
            }
            Some("workspace/applyEdit") => {
                let applied = self.apply(&message["params"]["edit"])?;
                let answer =
                    json!({"jsonrpc": "2.0", "id": message["id"], "result": {"applied": applied}});
                transport::write(&mut self.input, &answer)?;
            }
            Some(_) => {}
            None => {
                if let Some(id) = message["id"].as_i64() {
                    self.answers.insert(id, message);
                }
            }
        }
        Ok(())
    }

    /// Hears everything that is said within this time.
    pub fn listen(&mut self, time: Duration) -> io::Result<()> {
        let end = Instant::now() + time;
        loop {
            match self
                .messages
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(message) => self.hear(message)?,
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("the server has ended"));
                }
            }
        }
    }

    /// Waits until diagnostics of a version were published so often.
    pub fn published(&mut self, version: i32, times: u32) -> io::Result<()> {
        while self.seen.get(&version.into()).copied().unwrap_or(0) < times {
            self.take()?;
        }
        // Older ones are not asked for any more.
        self.seen.retain(|seen, _| *seen >= version.into());
        Ok(())
    }

    /// Sends a request; its number.
    pub fn begin(&mut self, method: &str, params: Value) -> io::Result<i64> {
        self.next += 1;
        let message =
            json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params});
        transport::write(&mut self.input, &message)?;
        Ok(self.next)
    }

    /// Waits for a request's answer.
    pub fn answer(&mut self, id: i64) -> io::Result<Value> {
        loop {
            if let Some(answer) = self.answers.remove(&id) {
                return Ok(answer);
            }
            self.take()?;
        }
    }

    /// A request and its answer.
    pub fn ask(&mut self, method: &str, params: Value) -> io::Result<Value> {
        let id = self.begin(method, params)?;
        self.answer(id)
    }

    /// Opens the document.
    pub fn open(&mut self, text: &str, version: i32) -> io::Result<()> {
        let document = json!({"uri": URI, "languageId": "lean4", "version": version, "text": text});
        self.note("textDocument/didOpen", json!({"textDocument": document}))
    }

    /// Opens the document with a new version, and keeps its text.
    pub fn show(&mut self, text: &str) -> io::Result<()> {
        self.version += 1;
        self.text = text.to_owned();
        self.open(text, self.version)
    }

    /// Types `new` at a byte of the kept text.
    pub fn type_at(&mut self, at: usize, new: &str) -> io::Result<()> {
        let place = self.position(at);
        self.text.insert_str(at, new);
        self.version += 1;
        let change = json!([{"range": {"start": place, "end": place}, "text": new}]);
        let document = json!({"uri": URI, "version": self.version});
        self.note(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": change}),
        )
    }

    /// The position of a byte of the kept text, in units of UTF-8.
    pub fn position(&self, at: usize) -> Value {
        let before = &self.text[..at];
        let line = before.matches('\n').count();
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        json!({"line": line, "character": at - start})
    }

    fn offset(&self, position: &Value) -> Option<usize> {
        let line = usize::try_from(position["line"].as_u64()?).ok()?;
        let character = usize::try_from(position["character"].as_u64()?).ok()?;
        let start = match line {
            0 => 0,
            n => self.text.match_indices('\n').nth(n - 1)?.0 + 1,
        };
        Some(start + character)
    }

    /// Applies an edit to the kept text, where it is of this version.
    fn apply(&mut self, edit: &Value) -> io::Result<bool> {
        let mut places = Vec::new();
        for change in edit["documentChanges"].as_array().into_iter().flatten() {
            if change["textDocument"]["version"].as_i64() != Some(self.version.into()) {
                return Ok(false);
            }
            for edit in change["edits"].as_array().into_iter().flatten() {
                let range = &edit["range"];
                let (Some(start), Some(end)) =
                    (self.offset(&range["start"]), self.offset(&range["end"]))
                else {
                    return Ok(false);
                };
                places.push((
                    start,
                    end,
                    edit["newText"].as_str().unwrap_or_default().to_owned(),
                ));
            }
        }
        places.sort_unstable();
        for (start, end, new) in places.iter().rev() {
            self.text.replace_range(start..end, new);
        }
        let text = std::mem::take(&mut self.text);
        self.rewrite(text)?;
        Ok(true)
    }

    /// Puts another text in the place of the kept one.
    pub fn rewrite(&mut self, text: String) -> io::Result<()> {
        self.text = text;
        self.version += 1;
        let document = json!({"uri": URI, "version": self.version});
        let whole = json!([{"text": self.text}]);
        self.note(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": whole}),
        )
    }

    /// Runs a command of the server's; its result.
    pub fn command(
        &mut self,
        name: &str,
        version: i32,
        line: usize,
        more: Value,
    ) -> io::Result<Value> {
        let position = json!({"line": line, "character": 3});
        let id = self.begin_command(name, version, &position, more)?;
        Ok(self.answer(id)?["result"].clone())
    }

    /// Sends a command of the server's; the request's number.
    pub fn begin_command(
        &mut self,
        name: &str,
        version: i32,
        position: &Value,
        more: Value,
    ) -> io::Result<i64> {
        let mut argument = json!({"uri": URI, "version": version, "position": position});
        if let (Some(fields), Some(more)) = (argument.as_object_mut(), more.as_object()) {
            fields.extend(more.clone());
        }
        self.begin(
            "workspace/executeCommand",
            json!({"command": name, "arguments": [argument]}),
        )
    }

    /// What the server and its processes take.
    pub fn usage(&self) -> Usage {
        Usage::of(self.child.id())
    }

    /// What the server's own process takes, in MiB.
    pub fn own_memory_mb(&self) -> f64 {
        processes::resident_mb(self.child.id())
    }

    /// All processes below the server.
    pub fn below(&self) -> Vec<u32> {
        processes::below(self.child.id())
    }

    /// Ends the server as the protocol has it; how many processes it has left behind.
    pub fn end(mut self) -> io::Result<u32> {
        let below = self.below();
        self.ask("shutdown", Value::Null)?;
        self.note("exit", Value::Null)?;
        self.child.wait()?;
        Ok(left(&below))
    }

    /// After the editor's process was killed: waits for the server's end; how many processes are left, the server one
    /// of them.
    pub fn orphaned(mut self) -> io::Result<u32> {
        let below = self.below();
        let end = Instant::now() + END;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > end {
                self.child.kill()?;
                self.child.wait()?;
                return Ok(1 + left(&below));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(left(&below))
    }
}

/// How many of these processes still run, after the time that they may take to end.
fn left(pids: &[u32]) -> u32 {
    let end = Instant::now() + END;
    loop {
        let left = pids.iter().filter(|pid| processes::runs(**pid)).count();
        if left == 0 || Instant::now() > end {
            return left as u32;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
