//! From what a person names to problems: a file, a directory, a bundled benchmark, a statement.

use std::collections::HashSet;
use std::path::Path;

use crate::bundled;
use crate::error::{FaultKind, ReadError, ReadReport, RowFault, SolutionReport};
use crate::format::{self, Format, ReadOptions, lean, solutions};
use crate::lean::scan::{Wanted, scan};
use crate::normalise;
use crate::problem::Problem;

/// Reads a source: a path, or the name of a bundled benchmark where no such path exists.
pub fn read_source(name: &str, options: &ReadOptions) -> Result<ReadReport, ReadError> {
    let mut report = read_one(name, options)?;
    make_unique(&mut report);
    Ok(report)
}

/// Reads several sources as one. Names are unique over all of them; the first source that cannot be
/// read at all ends it.
pub fn read_sources(names: &[String], options: &ReadOptions) -> Result<ReadReport, ReadError> {
    let mut report = ReadReport::default();
    for name in names {
        let part = read_one(name, options)?;
        report.problems.extend(part.problems);
        report.faults.extend(part.faults);
    }
    make_unique(&mut report);
    Ok(report)
}

fn read_one(name: &str, options: &ReadOptions) -> Result<ReadReport, ReadError> {
    let path = Path::new(name);
    if path.is_dir() {
        return lean::read_directory(path);
    }
    if path.exists() {
        let bytes = std::fs::read(path).map_err(|e| format::io_error(path, e))?;
        return format::read_bytes(name, &bytes, options);
    }
    match bundled::problems(name) {
        Some(problems) => Ok(ReadReport {
            problems,
            faults: vec![],
        }),
        None => Err(ReadError::NotFound {
            name: name.to_owned(),
            known: bundled::names(),
        }),
    }
}

/// Reads a statement from the command line: `theorem foo … : …` with or without a proof's beginning,
/// or an `example`, after whatever `import`, `open` and definitions it needs.
pub fn read_statement(text: &str) -> Result<Problem, ReadError> {
    let text = normalise::big_operators(&text.replace('\0', "").replace("\r\n", "\n"));
    let scan = scan(&text, Wanted::Last);
    let Some(found) = scan.found.into_iter().next() else {
        return Err(ReadError::Statement {
            message: "it must say `theorem NAME … : …`, `lemma NAME … : …` or `example … : …`"
                .to_owned(),
        });
    };
    if let Some(fault) = lean::answer_fault("--statement", &found) {
        return Err(ReadError::Statement {
            message: fault.message,
        });
    }
    Ok(lean::problem(
        "--statement",
        Format::Statement,
        &scan.imports,
        found,
    ))
}

/// Reads finished proofs: a Lean file, a directory of them, or JSONL.
pub fn read_solutions(name: &str) -> Result<SolutionReport, ReadError> {
    let path = Path::new(name);
    if path.is_dir() {
        return solutions::read_directory(path);
    }
    match std::fs::read(path) {
        Ok(bytes) => solutions::read_bytes(name, &bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(ReadError::NotFound {
            name: name.to_owned(),
            known: vec![],
        }),
        Err(error) => Err(format::io_error(path, error)),
    }
}

/// Makes names unique, in order: the second `foo` becomes `foo#2`, the third `foo#3`, and each renamed
/// problem is reported.
pub fn make_unique(report: &mut ReadReport) {
    let mut taken: HashSet<String> = HashSet::new();
    let given: HashSet<String> = report.problems.iter().map(|p| p.name.clone()).collect();
    let mut counts = std::collections::HashMap::<String, u32>::new();
    for problem in &mut report.problems {
        if taken.insert(problem.name.clone()) {
            continue;
        }
        let count = counts.entry(problem.name.clone()).or_insert(1);
        let name = loop {
            *count += 1;
            let name = format!("{}#{count}", problem.name);
            if !given.contains(&name) && taken.insert(name.clone()) {
                break name;
            }
        };
        report.faults.push(RowFault {
            path: problem.origin.path.clone(),
            line: problem.origin.line,
            name: Some(problem.name.clone()),
            kind: FaultKind::DuplicateName,
            message: format!("the name came before; this problem goes on as `{name}`"),
        });
        problem.name = name;
    }
}
