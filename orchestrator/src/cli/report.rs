//! `lakatos report`: the HTML report of a run, from what the store holds.

use std::path::{Path, PathBuf};

use super::context::Context;
use crate::config::Config;
use crate::events::{Event, EventSink};
use crate::exit::{Exit, Failure};
use crate::report::{ReportProblem, ReportRun, render};
use crate::store::{FinishedProblem, Store, StoredRun};

/// Write the HTML report of a run: one file that needs no network
///
/// Example: lakatos report bundled-1 -o report.html
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run's name, as `lakatos runs` prints it
    run: String,
    /// The file to write [default: RUN.html]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let store = context.store()?;
    let path = match &args.output {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{}.html", args.run)),
    };
    write(&store, &args.run, &path)?;
    context.console.event(&Event::ReportWritten { path });
    Ok(Exit::Success)
}

/// Renders a run's report into a file.
pub fn write(store: &Store, name: &str, path: &Path) -> Result<(), Failure> {
    let run = store.run(name)?;
    let results = store.results(run.id, true)?;
    let problems: Vec<ReportProblem> = results.into_iter().map(|r| problem(&run, r)).collect();
    let html = render(&header(store, &run, &problems)?, &problems);
    std::fs::write(path, html).map_err(|e| {
        Failure::environment(format!(
            "the report {} cannot be written: {e}",
            path.display()
        ))
    })
}

fn header(
    store: &Store,
    run: &StoredRun,
    problems: &[ReportProblem],
) -> Result<ReportRun, Failure> {
    let last = problems
        .iter()
        .filter_map(|p| p.finished_at)
        .fold(0.0, f64::max);
    let config = serde_json::from_value::<Config>(run.config.clone())
        .ok()
        .map(|c| c.to_toml())
        .transpose()?;
    let words = |value: &serde_json::Value, key: &str| {
        value
            .get(key)
            .and_then(|v| v.as_str())
            .unwrap_or("unknown")
            .to_owned()
    };
    Ok(ReportRun {
        name: run.name.clone(),
        command: shell(&command(run)),
        seed: run.seed,
        started: store.rfc3339(run.created_at)?,
        seconds: last,
        version: words(&run.versions, "lakatos"),
        lean: words(&run.lean, "description"),
        isolation: isolation(run.lean.get("isolation")),
        config: config.unwrap_or_default(),
    })
}

fn problem(run: &StoredRun, result: FinishedProblem) -> ReportProblem {
    let p = result.problem.problem;
    let informal = p
        .payload
        .get("informal")
        .and_then(|v| v.as_str())
        .map(str::to_owned);
    let imports: String = p
        .environment
        .imports
        .iter()
        .map(|module| format!("import {module}\n"))
        .collect();
    let began = run.created_at;
    ReportProblem {
        reproduce: reproduce(run, &p.name),
        name: p.name,
        split: p.split,
        informal,
        context: format!("{imports}{}", p.environment.text),
        statement: p.statement,
        origin: p.origin,
        attempt: result.attempt.filter(|_| result.is_final),
        finished_at: result
            .ended_at
            .filter(|_| result.is_final)
            .map(|t| (t - began).max(0) as f64 / 1000.0),
    }
}

/// The isolation of the workers, in words.
fn isolation(value: Option<&serde_json::Value>) -> String {
    let Some(object) = value.and_then(|v| v.as_object()) else {
        return "unknown".to_owned();
    };
    let mut kept_from: Vec<&str> = Vec::new();
    for (key, word) in [
        ("network", "network"),
        ("writes", "writing files"),
        ("reads", "reading other files"),
        ("processes", "starting processes"),
        ("environment", "the caller's environment variables"),
    ] {
        if object.get(key).and_then(serde_json::Value::as_bool) == Some(true) {
            kept_from.push(word);
        }
    }
    let mut text = if kept_from.is_empty() {
        "not isolated".to_owned()
    } else {
        format!("kept from {}", kept_from.join(", "))
    };
    if let Some(mb) = object.get("memory_mb").and_then(serde_json::Value::as_u64) {
        text.push_str(&format!("; at most {mb} MiB of memory"));
    }
    text
}

/// The command line as typed, whatever path the program was started by.
fn command(run: &StoredRun) -> Vec<String> {
    let given = run.command_line.iter().skip(1).cloned();
    std::iter::once("lakatos".to_owned()).chain(given).collect()
}

/// The run's own command line, for one problem, with its seed. Later flags win over earlier ones.
fn reproduce(run: &StoredRun, problem: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut given = run.command_line.iter().skip(1);
    while let Some(word) = given.next() {
        match word.as_str() {
            "--run" | "--report" | "--limit" => {
                given.next();
            }
            w if ["--run=", "--report=", "--limit="]
                .iter()
                .any(|p| w.starts_with(p)) => {}
            _ => words.push(word.clone()),
        }
    }
    words.insert(0, "lakatos".to_owned());
    words.extend([
        "--filter".to_owned(),
        format!("^{}$", regex::escape(problem)),
        "--seed".to_owned(),
        run.seed.to_string(),
    ]);
    shell(&words)
}

/// Words as a POSIX shell reads them back.
pub fn shell(words: &[String]) -> String {
    let quoted = words.iter().map(|word| {
        let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        let words = ["lakatos", "--statement", "theorem it's : 1 = 1", ""].map(str::to_owned);
        let out = std::process::Command::new("sh")
            .args(["-c", &format!("printf '%s\\n' {}", shell(&words))])
            .output()
            .unwrap();
        let back = String::from_utf8(out.stdout).unwrap();
        assert_eq!(back.split_terminator('\n').collect::<Vec<_>>(), words);
    }

    #[test]
    fn isolation_in_words() {
        let value = serde_json::json!({
            "network": true, "writes": true, "reads": false, "memory_mb": 2048,
        });
        assert_eq!(
            isolation(Some(&value)),
            "kept from network, writing files; at most 2048 MiB of memory"
        );
        assert_eq!(isolation(None), "unknown");
    }
}
