//! LeanDojo's rows name theorems of a checkout (`url, file_path, commit, split, full_name`); the text
//! comes from the files, so the checkout must be at hand.

use std::collections::HashMap;
use std::path::{Component, Path};

use super::row::{Object, rows, text};
use super::{Format, decode, lean};
use crate::error::{FaultKind, ReadReport, RowFault};
use crate::lean::scan::{Wanted, scan};
use crate::normalise;
use crate::problem::Problem;

/// Reads rows; `root` is the checkout that they speak of.
pub fn read(path: &str, bytes: &[u8], root: Option<&Path>) -> ReadReport {
    let mut report = ReadReport::default();
    let mut files = HashMap::new();
    for row in rows(bytes) {
        let result = row
            .object
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|object| {
                problem(object, root, &mut files).map(|p| with_origin(p, path, row.line))
            });
        match result {
            Ok(problem) => report.problems.push(problem),
            Err((kind, message)) => report.faults.push(RowFault {
                path: path.to_owned(),
                line: row.line,
                name: row
                    .object
                    .ok()
                    .and_then(|o| text(&o, &["full_name"]).map(str::to_owned)),
                kind,
                message,
            }),
        }
    }
    report
}

fn with_origin(mut problem: Problem, path: &str, line: u32) -> Problem {
    path.clone_into(&mut problem.origin.path);
    problem.origin.line = line;
    problem
}

type Files = HashMap<String, Result<String, String>>;

fn problem(
    object: &Object,
    root: Option<&Path>,
    files: &mut Files,
) -> Result<Problem, (FaultKind, String)> {
    let field = |name: &str| {
        text(object, &[name]).ok_or_else(|| {
            (
                FaultKind::MissingField,
                format!("the row has no text in `{name}`"),
            )
        })
    };
    let (file, name) = (field("file_path")?, field("full_name")?);
    let missing = |message: String| (FaultKind::SourceMissing, message);
    let at = match (text(object, &["url"]), text(object, &["commit"])) {
        (Some(url), Some(commit)) => format!("{url} at commit {commit}"),
        (Some(url), None) => url.to_owned(),
        _ => "its repository".to_owned(),
    };
    let Some(root) = root else {
        return Err(missing(format!(
            "the row only names `{name}` of {file}; check out {at} and name that directory as the \
             source root"
        )));
    };
    if !Path::new(file)
        .components()
        .all(|c| matches!(c, Component::Normal(_)))
    {
        return Err((
            FaultKind::MissingField,
            format!("`file_path` is `{file}`, which leads out of the checkout"),
        ));
    }
    let source = files.entry(file.to_owned()).or_insert_with(|| {
        let place = root.join(file);
        let bytes = std::fs::read(&place).map_err(|e| {
            format!(
                "{} cannot be read ({e}); check out {at} there",
                place.display()
            )
        })?;
        let text = decode(&place.display().to_string(), &bytes).map_err(|e| e.to_string())?;
        Ok(normalise::big_operators(&text))
    });
    let source = source
        .as_ref()
        .map_err(|message| missing(message.clone()))?;
    let scan = scan(source, Wanted::Named(name));
    let Some(found) = scan.found.into_iter().next() else {
        return Err(missing(format!(
            "{file} holds no theorem `{name}`; the source root may be another commit than {at}"
        )));
    };
    let mut problem = lean::problem(file, Format::LeanDojo, &scan.imports, found);
    problem.split = text(object, &["split"]).map(str::to_owned);
    Ok(problem)
}
