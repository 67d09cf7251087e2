//! JSONL in general: lines to objects, and objects to problems by a [`Shape`] that says which fields
//! hold what. Proofs and goals that a row carries are never read.

use serde_json::{Map, Value};

use super::{Format, lean};
use crate::error::{FaultKind, ReadReport, RowFault};
use crate::lean::scan::{Wanted, scan, uncomment};
use crate::normalise;
use crate::problem::Problem;

/// A JSON object.
pub type Object = Map<String, Value>;

/// Which fields of a row hold what. The first one that is there and not blank counts.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The format.
    pub format: Format,
    /// The problem's name; the theorem's own where none is there.
    pub name: &'static [&'static str],
    /// The Lean text that ends in the theorem.
    pub statement: &'static [&'static str],
    /// The Lean text before it.
    pub header: &'static [&'static str],
    /// The statement in English.
    pub informal: &'static [&'static str],
}

/// A row: its line, from 1, and the object or what is wrong with it.
pub struct Row {
    /// The line, or the number in a JSON array.
    pub line: u32,
    /// The object.
    pub object: Result<Object, (FaultKind, String)>,
}

/// Reads a field's text; blank counts as missing.
pub fn text<'a>(object: &'a Object, fields: &[&str]) -> Option<&'a str> {
    let texts = fields
        .iter()
        .filter_map(|f| object.get(*f))
        .filter_map(Value::as_str);
    texts.map(str::trim_end).find(|t| !t.is_empty())
}

/// A file's rows: one a line, or one array of them. Blank lines and NUL padding are passed over.
pub fn rows(bytes: &[u8]) -> Vec<Row> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii_start().starts_with(b"[")
        && let Ok(array) = serde_json::from_slice::<Vec<Value>>(bytes)
    {
        return (1u32..)
            .zip(array)
            .map(|(line, value)| Row {
                line,
                object: object(value),
            })
            .collect();
    }
    let lines = (1u32..).zip(bytes.split(|&b| b == b'\n'));
    lines
        .filter(|(_, line)| !line.iter().all(|b| b.is_ascii_whitespace() || *b == 0))
        .map(|(line, bytes)| Row {
            line,
            object: parse(bytes),
        })
        .collect()
}

fn parse(bytes: &[u8]) -> Result<Object, (FaultKind, String)> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let message = format!(
            "the line is not UTF-8: its byte {} (from 0) begins no character; save the file as UTF-8",
            e.valid_up_to()
        );
        (FaultKind::NotUtf8, message)
    })?;
    let value = serde_json::from_str(text).map_err(|e| {
        let message =
            format!("the line is not JSON ({e}); each line must hold one complete JSON object");
        (FaultKind::NotJson, message)
    })?;
    object(value)
}

fn object(value: Value) -> Result<Object, (FaultKind, String)> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err((
            FaultKind::NotJson,
            "the row is JSON, but not an object `{…}`".to_owned(),
        )),
    }
}

/// Reads rows by a shape.
pub fn read(path: &str, bytes: &[u8], shape: &Shape) -> ReadReport {
    let mut report = ReadReport::default();
    for row in rows(bytes) {
        let fault = |name: Option<&str>, kind, message| RowFault {
            path: path.to_owned(),
            line: row.line,
            name: name.map(str::to_owned),
            kind,
            message,
        };
        match &row.object {
            Err((kind, message)) => report.faults.push(fault(None, *kind, message.clone())),
            Ok(object) => match problem(path, row.line, object, shape) {
                Ok(problem) => report.problems.push(problem),
                Err((kind, message)) => {
                    report
                        .faults
                        .push(fault(text(object, shape.name), kind, message));
                }
            },
        }
    }
    report
}

/// Reads one row by a shape.
fn problem(
    path: &str,
    line: u32,
    object: &Object,
    shape: &Shape,
) -> Result<Problem, (FaultKind, String)> {
    let fields = shape.statement.join("` or `");
    let body = text(object, shape.statement).ok_or_else(|| {
        let message = format!("the row has no text in `{fields}`; a row needs a Lean statement");
        (FaultKind::MissingField, message)
    })?;
    let header = text(object, shape.header).unwrap_or("");
    let source = normalise::big_operators(
        &format!("{header}\n\n{body}")
            .replace('\0', "")
            .replace("\r\n", "\n"),
    );
    let scan = scan(&source, Wanted::Last);
    let Some(found) = scan.found.into_iter().next() else {
        return Err(match scan.definition {
            Some((keyword, name)) => (
                FaultKind::NotATheorem,
                format!(
                    "`{keyword} {name}` asks for a value and not for a proof; only `theorem`, \
                     `lemma` and `example` can be proved"
                ),
            ),
            None => (
                FaultKind::NoStatement,
                format!("`{fields}` holds no `theorem`, `lemma` or `example`"),
            ),
        });
    };
    if let Some(fault) = lean::answer_fault(path, &found) {
        return Err((fault.kind, fault.message));
    }
    let mut problem = lean::problem(path, shape.format, &scan.imports, found);
    problem.origin.line = line;
    if let Some(name) = text(object, shape.name) {
        name.trim().clone_into(&mut problem.name);
    }
    problem.split = text(object, &["split"]).map(|s| s.trim().to_owned());
    problem.informal = text(object, shape.informal)
        .map(uncomment)
        .or(problem.informal);
    Ok(problem)
}
