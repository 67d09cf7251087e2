//! The language server in an editor's hands: how soon actions are there, how far it lags behind typing, what it
//! takes. The program itself is run, as an editor runs it.

mod day;
mod editor;

use std::ffi::OsString;
use std::io;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Figure, Target, percentile};
pub use day::day;
use editor::{Editor, URI};

/// Lines of the file that is typed into.
const LINES: usize = 1000;
/// Edits of the typing.
const EDITS: usize = 200;
/// Seconds that the server has nothing to do.
const IDLE: Duration = Duration::from_secs(30);

/// Measures `program`, which is run with `arguments` (`lsp` and which Lean).
///
/// # Errors
/// The program does not start, or ends early.
pub fn lsp(program: &std::path::Path, arguments: &[OsString]) -> io::Result<Vec<Figure>> {
    let mut editor = Editor::start(program, arguments, std::process::id(), json!({}))?;
    let mut figures = Vec::new();
    let small = small();
    editor.open(&small, 1)?;
    // Until the file is read: Lean has started then.
    editor.published(1, 1)?;
    figures.extend(suggesting(&mut editor, &small)?);
    editor.note(
        "textDocument/didClose",
        json!({"textDocument": {"uri": URI}}),
    )?;

    let file = file();
    editor.open(&file, FIRST)?;
    editor.published(FIRST, 1)?;
    let warm = editor.usage();
    figures.extend(typing(&mut editor)?);
    figures.extend(offering(&mut editor, &file)?);
    let end = editor.usage();
    figures.push(Figure::new(
        "memory of all processes before the edits",
        warm.memory_mb,
        "MB",
    ));
    let growth = 100.0 * (end.memory_mb - warm.memory_mb) / warm.memory_mb.max(1.0);
    figures.push(Figure::new("growth over the edits", growth, "%").target(Target::AtMost(10.0)));
    // Hints have been looked for by then.
    std::thread::sleep(Duration::from_secs(10));
    let before = editor.usage();
    std::thread::sleep(IDLE);
    let idle = 100.0 * editor.usage().cpu_since(&before) / IDLE.as_secs_f64();
    figures.push(
        Figure::new("processor time when idle, of one core", idle, "%").target(Target::AtMost(1.0)),
    );
    figures.push(
        Figure::new(
            "processes left behind",
            f64::from(editor.end()?),
            "processes",
        )
        .target(Target::AtMost(0.0)),
    );
    Ok(figures)
}

/// The first version of the second file, so that it cannot be taken for one of the first.
const FIRST: i32 = 1000;

/// Goals for suggestions: plain statements of several kinds.
fn small() -> String {
    let statements = [
        "(a b : Nat) : a + b = b + a",
        "(p q : Prop) (h : p ∧ q) : q ∧ p",
        "(a b c : Nat) (h : a ≤ b) : a ≤ b + c",
        "(l : List Nat) : l ++ [] = l",
        "(x y : Int) (h : x < y) : ¬ y ≤ x",
        "(p q : Prop) : p ∨ q → q ∨ p",
        "(n : Nat) (h : 0 < n) : ∃ m, n = m + 1",
        "(s t : List Nat) : (s ++ t).length = t.length + s.length",
        "(f : Nat → Nat) (h : ∀ x, f x = x) : f (f 2) = 2",
        "(a b : Bool) : (a && b) = (b && a)",
    ];
    let theorems = statements
        .iter()
        .enumerate()
        .map(|(i, s)| format!("theorem goal{i} {s} := by\n  sorry\n"));
    format!("import Std\n{}", theorems.collect::<String>())
}

/// A file of a thousand lines: definitions, theorems with finished proofs, comments.
fn file() -> String {
    let mut text = String::from("import Std\nnamespace Bench\n");
    let mut lines = 2;
    let mut n = 0;
    while lines + 8 <= LINES {
        text.push_str(&format!(
            "/-- Number {n}. -/\ndef f{n} (x : Nat) : Nat := x + {n}\n\ntheorem f{n}_le (x : Nat) : x ≤ f{n} x :=\n  Nat.le_add_right x {n}\n\ntheorem f{n}_eq (x : Nat) : f{n} x = {n} + x := by\n  rw [f{n}, Nat.add_comm]\n"
        ));
        lines += 8;
        n += 1;
    }
    while lines + 2 <= LINES {
        text.push_str("-- a line\n");
        lines += 1;
    }
    text.push_str("theorem last (a b : Nat) : a + b = b + a := by\n  sorry\n");
    text
}

fn suggesting(editor: &mut Editor, text: &str) -> io::Result<Vec<Figure>> {
    let holes: Vec<usize> = text
        .lines()
        .enumerate()
        .filter(|(_, l)| l.trim() == "sorry")
        .map(|(i, _)| i)
        .collect();
    let mut times = Vec::new();
    let mut found = 0;
    // The first round warms both the processes and what Lean keeps of its library.
    for round in 0..3 {
        for line in &holes {
            let begun = Instant::now();
            let answer = editor.command("lakatos.suggest", 1, *line, json!({"choose": false}))?;
            if round > 0 {
                times.push(begun.elapsed().as_secs_f64());
                found += usize::from(
                    answer["suggestions"]
                        .as_array()
                        .is_some_and(|s| !s.is_empty()),
                );
            }
        }
    }
    Ok(vec![
        Figure::new(
            "Suggest next tactics, warm, p50",
            percentile(&times, 50.0),
            "s",
        )
        .target(Target::AtMost(1.0)),
        Figure::new(
            "Suggest next tactics, warm, p95",
            percentile(&times, 95.0),
            "s",
        ),
        Figure::new(
            "of these with suggestions",
            100.0 * found as f64 / times.len().max(1) as f64,
            "%",
        ),
    ])
}

/// Types at the file's end, letter by letter, and into its middle.
fn typing(editor: &mut Editor) -> io::Result<Vec<Figure>> {
    let mut version = FIRST;
    let mut figures = Vec::new();
    for (place, line) in [
        ("in the last theorem", LINES - 1),
        ("in the middle", LINES / 2 + 1),
    ] {
        let (mut lags, mut whole) = (Vec::new(), Vec::new());
        for n in 0..EDITS / 2 {
            version += 1;
            // A comment at the end of a line, letter by letter.
            let text = if n == 0 { " -- " } else { "a" };
            let at = json!({"line": line, "character": 200});
            let change = json!([{"range": {"start": at, "end": at}, "text": text}]);
            let begun = Instant::now();
            editor.note(
                "textDocument/didChange",
                json!({"textDocument": {"uri": URI, "version": version}, "contentChanges": change}),
            )?;
            // At once what still holds, in its new place; and again when Lean has read the file to its end.
            editor.published(version, 1)?;
            lags.push(begun.elapsed().as_secs_f64());
            editor.published(version, 2)?;
            whole.push(begun.elapsed().as_secs_f64());
        }
        let most = lags.iter().copied().fold(0.0, f64::max);
        let lag = format!("edit {place} to that version's diagnostics, most");
        figures.push(Figure::new(lag, most, "s").target(Target::AtMost(1.0)));
        let read = format!("edit {place} to the whole file read again");
        figures.push(Figure::new(
            format!("{read}, p50"),
            percentile(&whole, 50.0),
            "s",
        ));
        figures.push(Figure::new(
            format!("{read}, p95"),
            percentile(&whole, 95.0),
            "s",
        ));
    }
    editor.version = version;
    Ok(figures)
}

/// A key press, and the actions that are offered after it.
fn offering(editor: &mut Editor, text: &str) -> io::Result<Vec<Figure>> {
    let line = text.lines().count() - 1;
    let mut times = Vec::new();
    for _ in 0..EDITS {
        editor.version += 1;
        let version = editor.version;
        let at = json!({"line": line, "character": 200});
        let change = json!([{"range": {"start": at, "end": at}, "text": "b"}]);
        let place = json!({"line": line, "character": 4});
        let begun = Instant::now();
        editor.note(
            "textDocument/didChange",
            json!({"textDocument": {"uri": URI, "version": version}, "contentChanges": change}),
        )?;
        let asked = json!({
            "textDocument": {"uri": URI}, "range": {"start": place, "end": place}, "context": {"diagnostics": []}
        });
        editor.ask("textDocument/codeAction", asked)?;
        times.push(1e3 * begun.elapsed().as_secs_f64());
        // A person's pace.
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(vec![
        Figure::new(
            "key press to offered actions, p50",
            percentile(&times, 50.0),
            "ms",
        )
        .target(Target::AtMost(50.0)),
        Figure::new(
            "key press to offered actions, p95",
            percentile(&times, 95.0),
            "ms",
        ),
    ])
}
