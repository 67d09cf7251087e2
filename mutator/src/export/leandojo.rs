//! LeanDojo's benchmark: `random/{train,val,test}.json`, `corpus.jsonl`, and the Lean files that their
//! positions speak of.
//!
//! The theorems stand in files `Mutated/PartNNNNN.lean`, a thousand each, which Lean accepts. A hundredth of
//! them is for validation, another for testing, chosen by the statement's hash. No premise is annotated in a
//! tactic: its place in the library's sources is not known here.

use std::path::Path;

use lakatos_datasets::job::Journal;
use serde::Serialize;

use super::{ExportError, Kept, Sink, visit};

/// Theorems of a file.
const PART: usize = 1000;

#[derive(Serialize)]
struct Theorem<'a> {
    url: &'a str,
    commit: &'a str,
    file_path: &'a str,
    full_name: &'a str,
    /// Line and column, from 1.
    start: [usize; 2],
    end: [usize; 2],
    traced_tactics: Vec<Tactic<'a>>,
}

#[derive(Serialize)]
struct Tactic<'a> {
    tactic: &'a str,
    annotated_tactic: (&'a str, [(); 0]),
    state_before: &'a str,
    state_after: &'a str,
}

#[derive(Serialize)]
struct CorpusFile {
    path: String,
    imports: Vec<String>,
    premises: Vec<Premise>,
}

#[derive(Serialize)]
struct Premise {
    full_name: String,
    code: String,
    start: [usize; 2],
    end: [usize; 2],
    kind: &'static str,
}

/// The file that is being written.
struct Part {
    sink: Sink,
    path: String,
    line: usize,
    premises: Vec<Premise>,
}

/// A JSON array that is written element by element.
struct Array {
    sink: Sink,
    empty: bool,
}

impl Array {
    fn create(path: &Path) -> Result<Self, ExportError> {
        let mut sink = Sink::create(path)?;
        sink.write("[")?;
        Ok(Self { sink, empty: true })
    }

    fn push(&mut self, value: &impl Serialize) -> Result<(), ExportError> {
        let comma = if std::mem::replace(&mut self.empty, false) {
            "\n"
        } else {
            ",\n"
        };
        let text = serde_json::to_string(value).map_err(super::unreadable)?;
        self.sink.write(comma)?;
        self.sink.write(&text)
    }

    fn finish(mut self) -> Result<(), ExportError> {
        self.sink.write("\n]\n")?;
        self.sink.finish()
    }
}

/// Writes the benchmark into a directory.
///
/// # Errors
/// The journal cannot be read or a file cannot be written.
pub fn write(journal: &dyn Journal, out: &Path, imports: &[String]) -> Result<(), ExportError> {
    let split = |name: &str| Array::create(&out.join(format!("random/{name}.json")));
    let (mut train, mut val, mut test) = (split("train")?, split("val")?, split("test")?);
    let mut corpus = Sink::create(&out.join("corpus.jsonl"))?;
    let mut parts = 0;
    let mut part: Option<Part> = None;
    visit(journal, |kept| {
        if part.as_ref().is_some_and(|p| p.premises.len() >= PART)
            && let Some(full) = part.take()
        {
            close(full, imports, &mut corpus)?;
        }
        let file = match &mut part {
            Some(file) => file,
            None => {
                let opened = open(out, parts, imports)?;
                parts += 1;
                part.insert(opened)
            }
        };
        let (start, end) = append(file, &kept)?;
        let row = row(&kept, &file.path, start, end);
        match bucket(&kept.theorem.statement_hash) {
            0 => val.push(&row),
            1 => test.push(&row),
            _ => train.push(&row),
        }
    })?;
    if let Some(last) = part {
        close(last, imports, &mut corpus)?;
    }
    corpus.finish()?;
    [train, val, test].into_iter().try_for_each(Array::finish)
}

fn open(out: &Path, number: usize, imports: &[String]) -> Result<Part, ExportError> {
    let path = format!("Mutated/Part{number:05}.lean");
    let mut sink = Sink::create(&out.join(&path))?;
    for module in imports {
        sink.write(&format!("import {module}\n"))?;
    }
    Ok(Part {
        sink,
        path,
        line: imports.len() + 1,
        premises: Vec::new(),
    })
}

/// Writes a theorem after an empty line; its first and last place.
fn append(part: &mut Part, kept: &Kept) -> Result<([usize; 2], [usize; 2]), ExportError> {
    let text = &kept.theorem.formal_proof;
    part.sink.write("\n")?;
    part.sink.write(text)?;
    part.sink.write("\n")?;
    let start = [part.line + 1, 1];
    let lines = text.lines().count();
    let last = text.lines().next_back().map_or(0, |l| l.chars().count());
    let end = [part.line + lines, last + 1];
    part.line += lines + 1;
    part.premises.push(Premise {
        full_name: kept.theorem.name.clone(),
        code: text.clone(),
        start,
        end,
        kind: "theorem",
    });
    Ok((start, end))
}

fn close(part: Part, imports: &[String], corpus: &mut Sink) -> Result<(), ExportError> {
    part.sink.finish()?;
    corpus.line(&CorpusFile {
        path: part.path,
        imports: imports.to_vec(),
        premises: part.premises,
    })
}

fn row<'a>(kept: &'a Kept, path: &'a str, start: [usize; 2], end: [usize; 2]) -> Theorem<'a> {
    let after = kept.steps.iter().skip(1).map(|s| s.state.as_str());
    let steps = kept.steps.iter().zip(after.chain(["no goals"]));
    Theorem {
        url: "",
        commit: "",
        file_path: path,
        full_name: &kept.theorem.name,
        start,
        end,
        traced_tactics: steps
            .map(|(step, state_after)| Tactic {
                tactic: &step.tactic,
                annotated_tactic: (&step.tactic, []),
                state_before: &step.state,
                state_after,
            })
            .collect(),
    }
}

/// The hundredth that a statement falls into.
fn bucket(hash: &str) -> u64 {
    let first: String = hash.chars().take(8).collect();
    u64::from_str_radix(&first, 16).map_or(99, |n| n % 100)
}
