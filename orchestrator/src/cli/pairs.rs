//! `lakatos pairs`: what to learn from proofs that were found.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::context::Context;
use crate::exit::{Exit, Failure};
use crate::pairs;

/// Write the steps of proved problems as pairs of goal and tactic, to train on
///
/// Example: lakatos pairs generated-1 --at-most 200 --out pairs.jsonl
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The runs whose proofs are taken
    #[arg(value_name = "RUN", required_unless_present = "goals")]
    runs: Vec<String>,
    /// Files of goals and tactics that closed them, JSON lines `{goal, tactic, problem}`
    #[arg(long, value_name = "FILE")]
    goals: Vec<PathBuf>,
    /// Of pairs with the same tactic, keep at most so many
    #[arg(long, value_name = "N")]
    at_most: Option<usize>,
    /// Where the pairs go (JSONL)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let mut rows = Vec::new();
    for name in &args.runs {
        let store = context.store()?;
        rows.extend(pairs::of_run(&store, &store.run(name)?)?);
    }
    for file in &args.goals {
        let shown = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|e| Failure::user(format!("{shown} cannot be read: {e}")))?;
        let read = pairs::of_lines(&text, &shown.to_string()).map_err(|(line, e)| {
            Failure::user(format!(
                "{shown}:{line}: {e}; a line is {{\"goal\", \"tactic\", \"problem\"}}"
            ))
        })?;
        rows.extend(read);
    }
    let found = rows.len();
    let rows = pairs::thin(rows, args.at_most);
    write_lines(&args.out, &rows)?;
    context.console.say(format!(
        "{} pairs of {found} different ones in {}",
        rows.len(),
        args.out.display()
    ));
    Ok(Exit::Success)
}

/// Writes values as JSON, one a line.
pub fn write_lines<T: serde::Serialize>(path: &Path, rows: &[T]) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::environment(format!("{}: {e}", path.display()));
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).map_err(failed)?);
    for row in rows {
        let line = serde_json::to_string(row).map_err(|e| Failure::internal(e.to_string()))?;
        writeln!(file, "{line}").map_err(failed)?;
    }
    file.flush().map_err(failed)
}
