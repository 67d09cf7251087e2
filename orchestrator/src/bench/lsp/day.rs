//! A day at an editor without its pauses: does the server leak, does it leave processes behind?

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::editor::{Editor, URI};
use crate::bench::{Figure, Target};

/// Key presses in a minute.
const KEYS: usize = 60;
/// Minutes for which a file stays open.
const FILE: u32 = 15;
/// What the protocol answers to a cancelled request.
const CANCELLED: i64 = -32800;

/// What was counted.
#[derive(Default)]
struct Counts {
    keys: u32,
    asked: u32,
    proved: u32,
    suggested: u32,
    cancelled: u32,
    stale: u32,
    killed_workers: u32,
    killed_editors: u32,
    left: u32,
    /// Answers that are not what they should be.
    wrong: Vec<String>,
}

impl Counts {
    fn expect(&mut self, holds: bool, what: &str, answer: &Value) {
        if !holds {
            self.wrong.push(format!("{what}: {answer}"));
        }
    }
}

/// Plays so many hours, minute by minute: typing, what editors ask for after it, suggestions, proofs, cancelled and
/// outdated requests, other files, killed workers, and once an hour another editor that is killed while its server
/// searches. At the end the editor itself is killed. `said` hears of each hour.
///
/// # Errors
/// The program does not start, or ends early.
pub fn day(
    program: &Path,
    arguments: &[OsString],
    hours: u32,
    said: &dyn Fn(&str),
) -> io::Result<Vec<Figure>> {
    let begun = Instant::now();
    let mut person = Person::sit_down()?;
    let settings = json!({"seconds": 20, "idleSeconds": 1});
    let mut editor = Editor::start(program, arguments, person.pid(), settings)?;
    let mut counts = Counts::default();
    // The server's own memory and that of all processes, at each hour's end.
    let mut memory: Vec<(f64, f64)> = Vec::new();
    for minute in 0..60 * hours {
        tracing::debug!(minute, version = editor.version, "a minute of the day");
        if minute % FILE == 0 {
            if minute > 0 {
                close(&mut editor)?;
            }
            editor.show(&file(minute / FILE))?;
        }
        typing(&mut editor, minute, &mut counts)?;
        tracing::debug!("typed");
        asking(&mut editor, minute, &mut counts)?;
        if minute % 2 == 0 {
            suggesting(&mut editor, &mut counts)?;
        }
        if minute % 3 == 1 {
            proving(&mut editor, &mut counts)?;
        }
        match minute % 10 {
            3 => cancelling(&mut editor, &mut counts)?,
            6 => overtaking(&mut editor, &mut counts)?,
            // Nothing is typed, so that hints are looked for.
            9 => editor.listen(Duration::from_secs(3))?,
            _ => {}
        }
        if minute % 30 == 20 {
            for pid in editor.below() {
                kill(pid);
            }
            counts.killed_workers += 1;
        }
        if minute % 60 == 59 {
            another(program, arguments, &mut counts)?;
            // The bounds are those of a warm server: the first hour fills its caches.
            memory.push((editor.own_memory_mb(), editor.usage().memory_mb));
            let (own, all) = memory.last().copied().unwrap_or_default();
            said(&format!(
                "hour {} of {hours}: {own:.0} MB, with Lean {all:.0} MB, {} proofs, {} answers that were wrong",
                minute / 60 + 1,
                counts.proved,
                counts.wrong.len()
            ));
        }
    }
    hard(&mut editor)?;
    person.die()?;
    counts.killed_editors += 1;
    counts.left += editor.orphaned()?;
    for wrong in &counts.wrong {
        said(wrong);
    }
    Ok(figures(hours, begun.elapsed(), &counts, &memory))
}

fn figures(hours: u32, took: Duration, counts: &Counts, memory: &[(f64, f64)]) -> Vec<Figure> {
    let number = |measure: &str, n: u32| Figure::new(measure, f64::from(n), "");
    let (first, last) = (memory.first().copied(), memory.last().copied());
    let ((own, all), (own_end, all_end)) = (first.unwrap_or_default(), last.unwrap_or_default());
    let growth = |warm: f64, end: f64| 100.0 * (end - warm) / warm.max(1.0);
    vec![
        Figure::new("hours of editing", f64::from(hours), "h"),
        Figure::new("in", took.as_secs_f64() / 60.0, "min"),
        number("key presses", counts.keys),
        number("requests of the editor's own", counts.asked),
        number("proofs put in place", counts.proved),
        number("lists of suggestions", counts.suggested),
        number("requests cancelled", counts.cancelled),
        number("requests overtaken by an edit", counts.stale),
        number("times that all workers were killed", counts.killed_workers),
        number("editors that were killed", counts.killed_editors),
        number(
            "answers that are not what they should be",
            counts.wrong.len() as u32,
        )
        .target(Target::AtMost(0.0)),
        Figure::new("the server's own memory after an hour", own, "MB"),
        Figure::new("its growth until the end", growth(own, own_end), "%")
            .target(Target::AtMost(10.0)),
        Figure::new("memory of all processes after an hour", all, "MB"),
        Figure::new("their growth until the end", growth(all, all_end), "%")
            .target(Target::AtMost(10.0)),
        number("processes left behind", counts.left).target(Target::AtMost(0.0)),
    ]
}

/// Ends a process at once. One that has ended is no matter.
fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// A process for the editor's to be: the server watches it.
struct Person(std::process::Child);

impl Person {
    fn sit_down() -> io::Result<Self> {
        let mut command = Command::new("sleep");
        command.arg("1000000").stdin(Stdio::null());
        Ok(Self(command.spawn()?))
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn die(&mut self) -> io::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        let _ = self.die();
    }
}

/// A file of definitions and open theorems; its number is in all names, so that no two files are the same.
fn file(n: u32) -> String {
    let statements = [
        "(a b : Nat) : a + b = b + a",
        "(p q : Prop) (h : p ∧ q) : q ∧ p",
        "(a b c : Nat) (h : a ≤ b) : a ≤ b + c",
        "(l : List Nat) : l ++ [] = l",
        "(x y : Int) (h : x < y) : ¬ y ≤ x",
        "(s t : List Nat) : (s ++ t).length = t.length + s.length",
    ];
    let mut text = format!("import Std\nnamespace Day{n}\nvariable (k : Nat)\n\n");
    for (i, statement) in statements.iter().cycle().take(24).enumerate() {
        text.push_str(&format!(
            "/-- 𝔸 number {i} of {n}. -/\ndef f{i} (x : Nat) : Nat := x + {i} + {n}\n\ntheorem t{i} {statement} := by\n  sorry\n\n"
        ));
    }
    text.push_str("theorem hard (a : Nat) (h : a * a = 4) : a = 3 := by\n  sorry\n-- end\n");
    text
}

/// Where the first hole is: none but the hard one's, where everything is proved.
fn hole(editor: &Editor) -> Option<usize> {
    let hard = editor
        .text
        .find("theorem hard")
        .unwrap_or(editor.text.len());
    editor.text[..hard].find("sorry")
}

fn hard_hole(editor: &Editor) -> usize {
    editor.text.rfind("sorry").unwrap_or_default()
}

fn close(editor: &mut Editor) -> io::Result<()> {
    editor.note(
        "textDocument/didClose",
        json!({"textDocument": {"uri": URI}}),
    )
}

/// Words into a comment, letter by letter; now in one half of the file, now in the other.
fn typing(editor: &mut Editor, minute: u32, counts: &mut Counts) -> io::Result<()> {
    let comments: Vec<usize> = editor.text.match_indices(". -/").map(|(i, _)| i).collect();
    let comment = comments.get(7 * minute as usize % comments.len().max(1));
    let mut at = comment.copied().unwrap_or(0);
    let before = editor.text.clone();
    for key in "and ∀ so on, 🦀 ".chars().cycle().take(KEYS) {
        let mut bytes = [0; 4];
        editor.type_at(at, key.encode_utf8(&mut bytes))?;
        at += key.len_utf8();
        counts.keys += 1;
        editor.published(editor.version, 1)?;
    }
    // And taken back, so that the file's size says nothing about memory.
    editor.rewrite(before)?;
    editor.published(editor.version, 2)
}

/// What an editor asks for by itself after typing.
fn asking(editor: &mut Editor, minute: u32, counts: &mut Counts) -> io::Result<()> {
    let at = hole(editor).unwrap_or_else(|| hard_hole(editor));
    let place = editor.position(at);
    let document = json!({"uri": URI});
    let range = json!({"start": place, "end": place});
    let end = editor.position(editor.text.len());
    let whole = json!({"start": {"line": 0, "character": 0}, "end": end});
    let requests = [
        (
            "textDocument/codeAction",
            json!({"textDocument": document, "range": range, "context": {"diagnostics": []}}),
        ),
        ("textDocument/codeLens", json!({"textDocument": document})),
        (
            "textDocument/inlayHint",
            json!({"textDocument": document, "range": whole}),
        ),
        (
            "textDocument/hover",
            json!({"textDocument": document, "position": place}),
        ),
        (
            "textDocument/completion",
            json!({"textDocument": document, "position": place}),
        ),
    ];
    for (i, (method, params)) in requests.into_iter().enumerate() {
        // Completion tries tactics; nobody completes in every minute.
        if i == 4 && !minute.is_multiple_of(5) {
            continue;
        }
        let answer = editor.ask(method, params)?;
        counts.asked += 1;
        counts.expect(answer.get("error").is_none(), method, &answer);
    }
    Ok(())
}

fn suggesting(editor: &mut Editor, counts: &mut Counts) -> io::Result<()> {
    let Some(at) = hole(editor) else {
        return Ok(());
    };
    let place = editor.position(at);
    let id = editor.begin_command(
        "lakatos.suggest",
        editor.version,
        &place,
        json!({"choose": false}),
    )?;
    let answer = editor.answer(id)?;
    let found = answer["result"]["suggestions"]
        .as_array()
        .map_or(0, Vec::len);
    counts.suggested += 1;
    counts.expect(found > 0, "suggestions", &answer);
    Ok(())
}

fn proving(editor: &mut Editor, counts: &mut Counts) -> io::Result<()> {
    let Some(at) = hole(editor) else {
        // Everything is proved: begin again.
        return editor.rewrite(file(1000 + counts.proved));
    };
    let place = editor.position(at);
    let id = editor.begin_command("lakatos.prove", editor.version, &place, json!({}))?;
    let answer = editor.answer(id)?;
    let result = &answer["result"];
    let proved = result["outcome"] == "proved" && result["applied"] == true;
    counts.proved += u32::from(proved);
    counts.expect(proved && hole(editor) != Some(at), "a proof", &answer);
    Ok(())
}

/// Begins a search that will not end soon.
fn hard(editor: &mut Editor) -> io::Result<i64> {
    let place = editor.position(hard_hole(editor));
    let id = editor.begin_command("lakatos.prove", editor.version, &place, json!({}))?;
    editor.listen(Duration::from_millis(500))?;
    Ok(id)
}

fn cancelling(editor: &mut Editor, counts: &mut Counts) -> io::Result<()> {
    let id = hard(editor)?;
    editor.note("$/cancelRequest", json!({"id": id}))?;
    let answer = editor.answer(id)?;
    counts.cancelled += 1;
    // A search that had ended before it could be cancelled has its own answer.
    let ended = answer["error"]["code"] == CANCELLED || answer["result"]["outcome"] == "failed";
    counts.expect(ended, "a cancelled search", &answer);
    Ok(())
}

/// An edit while a search runs: nothing is edited by it.
fn overtaking(editor: &mut Editor, counts: &mut Counts) -> io::Result<()> {
    let Some(at) = hole(editor) else {
        return Ok(());
    };
    let place = editor.position(at);
    let id = editor.begin_command("lakatos.prove", editor.version, &place, json!({}))?;
    editor.type_at(0, "-- above\n")?;
    let typed = editor.text.clone();
    let answer = editor.answer(id)?;
    counts.stale += 1;
    let result = &answer["result"];
    let kept = result["outcome"] == "stale" && editor.text == typed;
    counts.expect(kept, "an outdated request", &answer);
    Ok(())
}

/// Another editor with a server of its own, killed in the middle of a search.
fn another(program: &Path, arguments: &[OsString], counts: &mut Counts) -> io::Result<()> {
    let mut person = Person::sit_down()?;
    let mut editor = Editor::start(program, arguments, person.pid(), json!({"hints": false}))?;
    editor.show(&file(2000))?;
    editor.published(editor.version, 1)?;
    hard(&mut editor)?;
    person.die()?;
    counts.killed_editors += 1;
    counts.left += editor.orphaned()?;
    Ok(())
}
