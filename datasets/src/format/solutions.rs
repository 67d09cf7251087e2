//! Finished proofs, for verification: Lean files, directories of them, and JSONL with the proof in
//! `code`, `formal_proof` or `proof`.
//!
//! A challenge is made for each: the row's own statement where it has one, else the submission's
//! statements with their proofs taken out. Commands that run code while Lean reads them are left out
//! of a challenge, since the worker that judges must not run them; a theorem that needs one is then
//! rejected. This is not the boundary that keeps hostile code in (the worker's isolation is), only
//! what keeps honest judges apart from it.

use std::path::Path;

use super::row::{Object, rows, text};
use super::{Format, decode, pairs};
use crate::error::{FaultKind, ReadError, RowFault, SolutionReport};
use crate::lean::anatomy::{anatomy, is_theorem};
use crate::lean::commands::{Command, commands};
use crate::lean::lexer::{Kind, Lexed};
use crate::lean::scan::{Wanted, import, scan};
use crate::lean::scopes::{Scopes, source};
use crate::normalise;
use crate::problem::{Environment, Origin, Solution};

/// Fields that may hold a proof: the whole text, or only what follows the `:=`.
const PROOF: &[&str] = &["code", "full_code", "formal_proof", "proof", "full_proof"];
/// Fields that may hold the statement.
const STATEMENT: &[&str] = &["formal_statement"];
/// Fields that may hold what precedes either.
const HEADER: &[&str] = &["header"];
/// Fields that may hold a name.
pub(super) const NAME: &[&str] = &[
    "name",
    "theorem_name",
    "problem_id",
    "custom_id",
    "id",
    "uuid",
];

/// Commands that run code.
const CODE: &[&str] = &[
    "builtin_initialize",
    "declare_syntax_cat",
    "elab",
    "elab_rules",
    "initialize",
    "macro",
    "macro_rules",
    "run_cmd",
    "run_elab",
    "run_meta",
    "simproc",
];
/// Words that run code wherever they stand in a command.
const CODE_WORDS: &[&str] = &[
    "by_elab",
    "elab",
    "implemented_by",
    "extern",
    "run_cmd",
    "run_conv",
    "run_elab",
    "run_meta",
    "run_tac",
    "unsafe",
];
/// Attributes that make a definition part of Lean's elaborator.
const CODE_ATTRIBUTES: &[&str] = &[
    "app_elab",
    "builtin_init",
    "command_elab",
    "csimp",
    "delab",
    "init",
    "macro",
    "simproc",
    "tactic",
    "term_elab",
];

type Fault = (FaultKind, String);

/// Reads a file.
pub fn read_bytes(path: &str, bytes: &[u8]) -> Result<SolutionReport, ReadError> {
    let content = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii();
    let empty = |message: &str| ReadError::Empty {
        path: path.to_owned(),
        message: message.to_owned(),
    };
    if content.is_empty() {
        return Err(empty("the file is empty"));
    }
    let mut report = SolutionReport::default();
    if !path.ends_with(".lean") && (content.starts_with(b"{") || content.starts_with(b"[")) {
        for row in rows(bytes) {
            let name = row
                .object
                .as_ref()
                .ok()
                .and_then(|o| text(o, NAME))
                .map(str::to_owned);
            match row.object.and_then(|object| {
                pairs::from_row(path, row.line, &object)
                    .unwrap_or_else(|| from_row(path, row.line, &object))
            }) {
                Ok(solution) => report.solutions.push(solution),
                Err((kind, message)) => {
                    let path = path.to_owned();
                    report.faults.push(RowFault {
                        path,
                        line: row.line,
                        name,
                        kind,
                        message,
                    });
                }
            }
        }
        if report.solutions.is_empty() && report.faults.is_empty() {
            return Err(empty("it has no rows"));
        }
        return Ok(report);
    }
    let text = decode(path, bytes)?;
    match from_text(path, 1, &text) {
        Ok(solution) => report.solutions.push(solution),
        Err((_, message)) => return Err(empty(&message)),
    }
    Ok(report)
}

/// Reads the cases of a directory, or, where there is none, every Lean file below it, in the order of
/// their paths; files without a theorem are passed over.
pub fn read_directory(root: &Path) -> Result<SolutionReport, ReadError> {
    if let Some(cases) = pairs::read_directory(root) {
        return Ok(cases);
    }
    let mut report = SolutionReport::default();
    let files = super::lean::files(root, &mut report.faults)?;
    for (path, text) in files {
        report.solutions.extend(from_text(&path, 1, &text));
    }
    if report.solutions.is_empty() && report.faults.is_empty() {
        return Err(ReadError::Empty {
            path: root.display().to_string(),
            message: "no .lean file below it holds a theorem".to_owned(),
        });
    }
    Ok(report)
}

/// A finished text taken apart, as Lean has not read it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The modules that it imports.
    pub imports: Vec<String>,
    /// The text without its imports, line for line where it was.
    pub body: String,
    /// Its theorems with their proofs taken out, without commands that run code.
    pub reference: String,
    /// Full names of the theorems that have one which others can use.
    pub names: Vec<String>,
}

/// Takes a finished text apart. Any text will do.
pub fn finished(text: &str) -> Finished {
    let lexed = Lexed::new(text);
    let commands = commands(&lexed);
    let mut imports = Vec::new();
    let mut scopes = Scopes::default();
    let mut reference = String::new();
    let mut names = Vec::new();
    for command in &commands {
        let keyword = lexed.str(command.head);
        if matches!(keyword, "import" | "prelude") {
            import(&lexed, command, &mut imports);
            continue;
        }
        let part = if is_theorem(keyword) {
            let parts = anatomy(&lexed, command);
            let Some(name) = parts.name else { continue };
            if !command.private {
                names.push(scopes.full_name(lexed.str(name)));
            }
            let statement = Command {
                to: parts.statement_end,
                ..command.clone()
            };
            if runs_code(&lexed, &statement) {
                continue;
            }
            format!("{} := by sorry", source(&lexed, &statement))
        } else {
            scopes.command(&lexed, command);
            if runs_code(&lexed, command) {
                continue;
            }
            source(&lexed, command)
        };
        reference.push_str(&part);
        reference.push_str("\n\n");
    }
    Finished {
        imports,
        body: without_header(&lexed, &commands),
        reference,
        names,
    }
}

/// Reads a Lean text: every theorem of it that has a name which others can use is to be judged.
pub fn from_text(path: &str, line: u32, text: &str) -> Result<Solution, Fault> {
    let Finished {
        imports,
        body,
        reference,
        names,
    } = finished(text);
    if names.is_empty() {
        return Err((
            FaultKind::NoProof,
            "it holds no named theorem to verify".to_owned(),
        ));
    }
    Ok(Solution {
        name: match names.as_slice() {
            [name] => name.clone(),
            _ => path.to_owned(),
        },
        environment: Environment {
            imports,
            text: String::new(),
        },
        submission: body,
        reference,
        vouched: false,
        names,
        origin: Origin {
            path: path.to_owned(),
            format: Format::Solutions,
            line,
        },
    })
}

/// Whether Lean would run code of a command's own while reading it.
fn runs_code(lexed: &Lexed<'_>, command: &Command) -> bool {
    let keyword = lexed.str(command.head);
    let words = |from: usize, to: usize| {
        (from..to)
            .filter(|&i| lexed.tokens[i].kind == Kind::Word)
            .map(|i| lexed.str(i))
    };
    keyword.starts_with('#')
        || CODE.contains(&keyword)
        || words(command.from, command.to).any(|w| CODE_WORDS.contains(&w))
        || words(command.from, command.head).any(|w| CODE_ATTRIBUTES.contains(&w))
}

/// The text without its imports and with `theorem` for `lemma`, line for line where it was.
pub(super) fn without_header(lexed: &Lexed<'_>, commands: &[Command]) -> String {
    let mut out = String::with_capacity(lexed.text.len());
    let mut at = 0;
    let mut replace = |start: usize, end: usize, by: &str| {
        out.push_str(lexed.slice(at, start));
        out.push_str(by);
        out.extend(lexed.slice(start, end).chars().filter(|&c| c == '\n'));
        at = end;
    };
    // A `module` line, or what Lean would not read anyway.
    if let Some((first, before)) = commands
        .first()
        .and_then(|c| Some((c.from.checked_sub(1)?, 0)))
    {
        replace(lexed.tokens[before].start, lexed.tokens[first].end, "");
    }
    for command in commands {
        if matches!(lexed.str(command.head), "import" | "prelude") {
            replace(
                lexed.tokens[command.from].start,
                lexed.tokens[command.to - 1].end,
                "",
            );
            continue;
        }
        for i in command.from..=command.head {
            let token = lexed.tokens[i];
            match lexed.str(i) {
                "lemma" if i == command.head => replace(token.start, token.end, "theorem"),
                "public" | "meta" if token.kind == Kind::Word && token.depth == 0 => {
                    replace(token.start, token.end, "");
                }
                _ => {}
            }
        }
    }
    out.push_str(lexed.slice(at, lexed.text.len()));
    out
}

fn from_row(path: &str, line: u32, object: &Object) -> Result<Solution, Fault> {
    let clean = |t: &str| t.replace('\0', "").replace("\r\n", "\n");
    let proof = text(object, PROOF).map(clean).ok_or_else(|| {
        let message = format!("the row has no proof in `{}`", PROOF.join("`, `"));
        (FaultKind::NoProof, message)
    })?;
    let header = text(object, HEADER).map(clean).unwrap_or_default();
    let challenge = text(object, STATEMENT)
        .map(|statement| normalise::big_operators(&format!("{header}\n\n{}", clean(statement))));
    let whole = scan(&proof, Wanted::Last);
    let submission = if whole.theorems > 0 {
        if whole.imports.is_empty() {
            format!("{header}\n\n{proof}")
        } else {
            proof
        }
    } else {
        let found = challenge.as_ref().map(|text| scan(text, Wanted::Last));
        let Some((imports, found)) = found.and_then(|mut s| Some((s.imports, s.found.pop()?)))
        else {
            let message = "the proof holds no theorem, and the row has no `formal_statement` that it \
                           could belong to";
            return Err((FaultKind::NoProof, message.to_owned()));
        };
        let imports: String = imports.iter().map(|i| format!("import {i}\n")).collect();
        format!(
            "{imports}{}{} := {}\n",
            found.context,
            found.statement,
            body(&proof)
        )
    };
    let mut solution = from_text(path, line, &submission)?;
    if let Some(mut challenge) = challenge.and_then(|text| from_text(path, line, &text).ok()) {
        solution.environment = challenge.environment;
        solution.reference = challenge.reference;
        solution.names = challenge.names.pop().into_iter().collect();
    }
    solution.name = match (text(object, NAME), solution.names.as_slice()) {
        (Some(name), _) => name.trim().to_owned(),
        (None, [name]) => name.clone(),
        (None, _) => format!("{path}:{line}"),
    };
    Ok(solution)
}

/// A proof's body as it follows a `:=`: a term as it is, tactics after `by`.
fn body(proof: &str) -> String {
    let body = proof.trim_end();
    let body = body.trim_start().strip_prefix(":=").unwrap_or(body);
    if Lexed::new(body).is_word(0, "by") {
        return body.trim_start().to_owned();
    }
    let lines: String = body.lines().map(|line| format!("\n  {line}")).collect();
    format!("by{lines}")
}
