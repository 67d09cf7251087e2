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
    let errors = all.faults.len() + failures.len();
    for fault in all.faults {
        sink.event(&Event::InputError {
            place: format!("{}:{}", fault.path, fault.line),
            message: fault.message,
        });
    }
    if all.solutions.is_empty() {
        let why = failures.pop().map(|(_, e)| e.to_string());
        let why = why.unwrap_or_else(|| "the files hold no finished proof".to_owned());
        return Err(Failure::user(format!("there is nothing to verify: {why}")));
    }
    for (place, e) in failures {
        sink.event(&Event::InputError {
            place: place.to_owned(),
            message: e.to_string(),
        });
    }
    Ok((all.solutions, u32::try_from(errors).unwrap_or(u32::MAX)))
}
