//! Lean files whose theorems end in `sorry`, and directories of them.

use std::path::Path;

use walkdir::WalkDir;

use super::{Format, decode, io_error};
use crate::error::{FaultKind, ReadError, ReadReport, RowFault};
use crate::lean::scan::{Found, Wanted, scan};
use crate::normalise;
use crate::problem::{Environment, Origin, Problem};

/// Reads a Lean text's theorems that have no finished proof.
pub fn read(path: &str, text: &str) -> ReadReport {
    let text = normalise::big_operators(text);
    let scan = scan(&text, Wanted::Holes);
    let mut report = ReadReport::default();
    for found in scan.found {
        match answer_fault(path, &found) {
            Some(fault) => report.faults.push(fault),
            None => report
                .problems
                .push(problem(path, Format::Lean, &scan.imports, found)),
        }
    }
    report
}

/// Reads every Lean file below a directory, in the order of their paths. Files without an open
/// theorem are passed over; those that cannot be read are faults.
pub fn read_directory(root: &Path) -> Result<ReadReport, ReadError> {
    let mut report = ReadReport::default();
    for (path, text) in files(root, &mut report.faults)? {
        let part = read(&path, &text);
        report.problems.extend(part.problems);
        report.faults.extend(part.faults);
    }
    if report.problems.is_empty() && report.faults.is_empty() {
        return Err(ReadError::Empty {
            path: root.display().to_string(),
            message: "no .lean file below it has a theorem that ends in `sorry`; to read a .jsonl \
                      file, name the file itself"
                .to_owned(),
        });
    }
    Ok(report)
}

/// The Lean files below a directory with their texts, in the order of their paths; hidden directories
/// and those of builds and packages are passed over.
pub fn files(root: &Path, faults: &mut Vec<RowFault>) -> Result<Vec<(String, String)>, ReadError> {
    let mut files = Vec::new();
    let passed_over =
        |name: &str| name.starts_with('.') || name == "lake-packages" || name == "build";
    let walk = WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|e| {
            e.depth() == 0
                || !(e.file_type().is_dir() && passed_over(&e.file_name().to_string_lossy()))
        });
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.depth() == 0 => return Err(io_error(root, error.into())),
            Err(error) => {
                let path = error.path().unwrap_or(root).display().to_string();
                faults.push(unreadable(path, &error.to_string()));
                continue;
            }
        };
        if !entry.file_type().is_file() || entry.path().extension().is_none_or(|e| e != "lean") {
            continue;
        }
        let path = entry.path().display().to_string();
        match std::fs::read(entry.path()) {
            Err(error) => faults.push(unreadable(path, &error.to_string())),
            Ok(bytes) => match decode(&path, &bytes) {
                Ok(text) => files.push((path, text)),
                Err(error) => faults.push(RowFault {
                    message: error.to_string(),
                    kind: FaultKind::NotUtf8,
                    line: 0,
                    name: None,
                    path,
                }),
            },
        }
    }
    Ok(files)
}

fn unreadable(path: String, message: &str) -> RowFault {
    RowFault {
        path,
        line: 0,
        name: None,
        kind: FaultKind::Unreadable,
        message: format!("the file cannot be read: {message}; check its permissions"),
    }
}

/// A theorem of a Lean text as a problem.
pub fn problem(path: &str, format: Format, imports: &[String], found: Found) -> Problem {
    Problem {
        name: found.full_name,
        decl: found.decl,
        split: None,
        environment: Environment {
            imports: imports.to_vec(),
            text: found.context,
        },
        statement: found.statement,
        informal: found.doc,
        origin: Origin {
            path: path.to_owned(),
            format,
            line: found.line,
        },
    }
}

/// The fault of a statement that speaks of a definition without a value.
pub fn answer_fault(path: &str, found: &Found) -> Option<RowFault> {
    let answer = found.answer_missing.as_deref()?;
    Some(RowFault {
        path: path.to_owned(),
        line: found.line,
        name: Some(found.full_name.clone()),
        kind: FaultKind::AnswerMissing,
        message: format!(
            "the statement speaks of `{answer}`, whose value is `sorry`; give it the answer, then \
             the theorem can be proved"
        ),
    })
}
