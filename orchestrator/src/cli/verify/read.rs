//! What is to be judged: from the command line's words to solutions.

use lakatos_datasets::format::pairs;
use lakatos_datasets::{ReadError, Solution, SolutionReport, sources};

use crate::events::{Event, EventSink};
use crate::exit::Failure;

/// Everything that was named, and how many files, rows or cases could not be used.
///
/// Two Lean files of which the first leaves theorems open are a challenge and its solution: as
/// finished proofs, the first could only be rejected.
///
/// # Errors
/// Nothing is left to judge.
pub fn solutions(
    files: &[String],
    challenge: Option<&str>,
    sink: &dyn EventSink,
) -> Result<(Vec<Solution>, u32), Failure> {
    let (challenge, files) = match (challenge, files) {
        (None, [first, second]) if second.ends_with(".lean") && pairs::is_challenge(first) => {
            (Some(first.as_str()), &files[1..])
        }
        (challenge, files) => (challenge, files),
    };
    let mut all = SolutionReport::default();
    let mut failures: Vec<(&str, ReadError)> = Vec::new();
    for file in files {
        let read = match challenge {
            Some(challenge) => pairs::read_files(challenge, file).map(|pair| SolutionReport {
                solutions: vec![pair],
                faults: vec![],
            }),
            None => sources::read_solutions(file),
        };
        match read {
            Ok(report) => {
                all.solutions.extend(report.solutions);
                all.faults.extend(report.faults);
            }
            Err(e) => failures.push((file, e)),
        }
    }
    // A job that was stopped has not come to its last shards; they are no reason against the others.
    let (mut bare, mut failures): (Vec<_>, Vec<_>) = failures
        .into_iter()
        .partition(|(file, _)| challenge.is_none() && is_bare(file));
    let errors = all.faults.len() + failures.len();
    for fault in all.faults {
        sink.event(&Event::InputError {
            place: format!("{}:{}", fault.path, fault.line),
            message: fault.message,
        });
    }
    if all.solutions.is_empty() {
        let why = failures.pop().or(bare.pop()).map(|(_, e)| e.to_string());
        let why = why.unwrap_or_else(|| "the files hold no finished proof".to_owned());
        return Err(Failure::user(format!("there is nothing to verify: {why}")));
    }
    for (_, e) in bare {
        let message = e.to_string();
        sink.event(&Event::Warning { message });
    }
    for (place, e) in failures {
        sink.event(&Event::InputError {
            place: place.to_owned(),
            message: e.to_string(),
        });
    }
    Ok((all.solutions, u32::try_from(errors).unwrap_or(u32::MAX)))
}

/// Whether it is a file for rows that has none: nothing at all, not something that cannot be read.
fn is_bare(file: &str) -> bool {
    file.ends_with(".jsonl") && std::fs::read(file).is_ok_and(|bytes| bytes.trim_ascii().is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    struct Heard(Mutex<Vec<String>>);

    impl EventSink for Heard {
        fn event(&self, event: &Event) {
            let word = match event {
                Event::Warning { message } => format!("warning: {message}"),
                Event::InputError { message, .. } => format!("error: {message}"),
                other => format!("{other:?}"),
            };
            self.0.lock().unwrap().push(word);
        }
    }

    #[test]
    fn a_file_without_rows_is_an_error_only_where_it_is_all() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let row = r#"{"name": "a", "formal_statement": "theorem a : True := by", "proof": "theorem a : True := trivial"}"#;
        let (full, bare) = (file("a.jsonl", row), file("b.jsonl", "\n"));
        let nothing = file("c.lean", "");
        let damaged = file("d.jsonl", "no rows, but words\n");
        let read = |files: &[&String]| {
            let files: Vec<String> = files.iter().map(|f| (*f).clone()).collect();
            let heard = Heard(Mutex::default());
            let read = solutions(&files, None, &heard).map(|(s, errors)| (s.len(), errors));
            (read.ok(), heard.0.into_inner().unwrap())
        };
        let (found, heard) = read(&[&full, &bare]);
        assert_eq!(found, Some((1, 0)), "{heard:?}");
        assert!(
            heard.len() == 1 && heard[0].starts_with("warning: "),
            "{heard:?}"
        );
        for unusable in [&nothing, &damaged] {
            let (found, heard) = read(&[&full, unusable]);
            assert_eq!(found, Some((1, 1)), "{heard:?}");
        }
        assert_eq!(read(&[&bare]).0, None);
    }
}
