//! What is to be proved: from the command line's words to problems of a run.

use std::path::PathBuf;

use lakatos_datasets::{
    FaultKind, Filter, Format, Problem, ReadError, ReadReport, format::ReadOptions, sources,
};
use lakatos_lean_bridge::EnvironmentSpec;

use crate::events::{Event, EventSink};
use crate::exit::Failure;
use crate::store::NewProblem;

/// The bundled benchmark that is proved where nothing is named.
const DEFAULT: &str = "bundled";

/// What to prove.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "What to prove")]
pub struct InputArgs {
    /// JSONL or Lean files, directories of Lean files, or names of bundled benchmarks [default:
    /// the bundled benchmark]
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,
    /// A statement, in place of or beside inputs: 'theorem foo (n : Nat) : n + 0 = n'
    #[arg(long, value_name = "THEOREM")]
    statement: Vec<String>,
    /// Only problems of this split (`valid`, `test`, …)
    #[arg(long, value_name = "NAME", overrides_with = "split")]
    split: Option<String>,
    /// Only problems whose name matches
    #[arg(long, value_name = "REGEX", overrides_with = "filter")]
    filter: Option<String>,
    /// At most so many problems
    #[arg(long, value_name = "N", overrides_with = "limit")]
    limit: Option<usize>,
    /// The inputs' format, where it cannot be told from their content
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    format: Option<Format>,
    /// The checkout that LeanDojo rows speak of
    #[arg(long, value_name = "DIR")]
    source_root: Option<PathBuf>,
}

fn parse_format(word: &str) -> Result<Format, String> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(|_| {
        let known: Vec<&str> = KNOWN.iter().map(|f| f.word()).collect();
        format!("the formats are {}", known.join(", "))
    })
}

/// The formats that a file can be said to have.
const KNOWN: [Format; 7] = [
    Format::DeepSeek,
    Format::Minif2fV2,
    Format::Numina,
    Format::FormalMath,
    Format::CombiBench,
    Format::LeanDojo,
    Format::Lean,
];

/// Problems that were read, and how many inputs or rows could not be.
pub struct Inputs {
    /// In order; names are unique.
    pub problems: Vec<NewProblem>,
    /// Faults that cost a problem.
    pub errors: u32,
    /// What was asked for, in words.
    pub source: String,
    /// What the run's name begins with.
    pub stem: String,
}

impl InputArgs {
    /// One source, whole.
    pub fn of(source: &str) -> Self {
        Self {
            inputs: vec![source.to_owned()],
            ..Self::default()
        }
    }

    /// Reads everything that is named. What cannot be read is said and counted; the rest goes on.
    ///
    /// # Errors
    /// Nothing is left to prove.
    pub fn read(&self, imports: &[String], sink: &dyn EventSink) -> Result<Inputs, Failure> {
        let filter = Filter::new(self.split.clone(), self.filter.as_deref(), self.limit)
            .map_err(|e| Failure::user(e.to_string()))?;
        let options = ReadOptions {
            format: self.format,
            source_root: self.source_root.clone(),
        };
        let mut names = self.inputs.clone();
        if names.is_empty() && self.statement.is_empty() {
            names.push(DEFAULT.to_owned());
        }
        let mut all = ReadReport::default();
        let mut failures: Vec<(String, ReadError)> = Vec::new();
        for text in &self.statement {
            match sources::read_statement(text) {
                Ok(problem) => all.problems.push(problem),
                Err(e) => failures.push(("--statement".to_owned(), e)),
            }
        }
        for name in &names {
            match sources::read_source(name, &options) {
                Ok(report) => {
                    all.problems.extend(report.problems);
                    all.faults.extend(report.faults);
                }
                Err(e) => failures.push((name.clone(), e)),
            }
        }
        sources::make_unique(&mut all);
        let mut errors = 0;
        for fault in &all.faults {
            if fault.kind == FaultKind::DuplicateName {
                sink.event(&Event::Warning {
                    message: fault.to_string(),
                });
            } else {
                errors += 1;
                sink.event(&Event::InputError {
                    place: if fault.line > 0 {
                        format!("{}:{}", fault.path, fault.line)
                    } else {
                        fault.path.clone()
                    },
                    message: fault.message.clone(),
                });
            }
        }
        let read = all.problems.len();
        let problems = filter.apply(all.problems);
        if problems.is_empty() {
            return Err(nothing_left(read, errors, failures));
        }
        for (place, e) in failures {
            errors += 1;
            sink.event(&Event::InputError {
                place,
                message: e.to_string(),
            });
        }
        Ok(Inputs {
            problems: problems.into_iter().map(|p| stored(p, imports)).collect(),
            errors,
            source: self.describe(&names),
            stem: stem(&names),
        })
    }

    fn describe(&self, names: &[String]) -> String {
        let mut words = names.to_vec();
        words.extend(self.statement.iter().map(|s| format!("`{s}`")));
        let mut text = words.join(", ");
        for (word, value) in [("split", &self.split), ("filter", &self.filter)] {
            if let Some(value) = value {
                text.push_str(&format!(", {word} {value}"));
            }
        }
        text
    }
}

fn nothing_left(read: usize, errors: u32, mut failures: Vec<(String, ReadError)>) -> Failure {
    if let Some((_, first)) = failures.pop() {
        for (place, e) in failures {
            tracing::error!("{place}: {e}");
        }
        return Failure::user(first.to_string());
    }
    if read > 0 {
        return Failure::user(format!("none of the {read} problems passes the filters"))
            .hint("look at --split, --filter and --limit");
    }
    let rows = if errors > 0 {
        "every row has a fault"
    } else {
        "the inputs hold no theorem"
    };
    Failure::user(format!("there is nothing to prove: {rows}"))
}

/// The problem as the store keeps it, with the imports that the user chose.
fn stored(problem: Problem, imports: &[String]) -> NewProblem {
    let payload = serde_json::to_value(&problem).unwrap_or_default();
    let origin = if problem.origin.line > 0 {
        format!("{}:{}", problem.origin.path, problem.origin.line)
    } else {
        problem.origin.path
    };
    let from_source = problem.environment.imports;
    NewProblem {
        name: problem.name,
        split: problem.split,
        environment: EnvironmentSpec {
            imports: if imports.is_empty() {
                from_source
            } else {
                imports.to_vec()
            },
            text: problem.environment.text,
        },
        statement: problem.statement,
        origin,
        payload,
    }
}

/// What a run over these inputs is called: the first one's file name, in plain letters.
fn stem(names: &[String]) -> String {
    let first = names.first().map_or("statement", String::as_str);
    let file = std::path::Path::new(first)
        .file_stem()
        .map_or_else(|| first.to_owned(), |s| s.to_string_lossy().into_owned());
    let plain: String = file
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let plain = plain.trim_matches('-');
    if plain.is_empty() {
        "run".to_owned()
    } else {
        plain.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems() {
        for (name, expect) in [
            ("bundled", "bundled"),
            ("data/minif2f-valid.jsonl", "minif2f-valid"),
            ("My File (2).lean", "my-file--2"),
            ("...", "run"),
        ] {
            assert_eq!(stem(&[name.to_owned()]), expect);
        }
        assert_eq!(stem(&[]), "statement");
    }

    #[test]
    fn formats_are_named_as_in_json() {
        assert_eq!(parse_format("minif2f-v2"), Ok(Format::Minif2fV2));
        assert!(
            parse_format("csv")
                .unwrap_err()
                .starts_with("the formats are deep-seek, ")
        );
        for f in KNOWN {
            assert_eq!(parse_format(f.word()), Ok(f));
        }
    }
}
