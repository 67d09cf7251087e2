//! `lakatos pairs`: what to learn from proofs that were found.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::context::Context;
use crate::exit::{Exit, Failure};
use crate::pairs::{self, PairsError};
use crate::policy::templates::Template;

/// Write the steps of proved problems as pairs of goal and tactic, to train on
///
/// Examples:
///   lakatos pairs generated-1 --at-most 200 --out pairs.jsonl
///   lakatos pairs --steps nat/steps/train-00000-of-00001.jsonl --template history --out pairs.jsonl
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The runs whose proofs are taken
    #[arg(value_name = "RUN", required_unless_present_any = ["goals", "steps"])]
    runs: Vec<String>,
    /// Files of goals and tactics that closed them, JSON lines `{goal, tactic, problem}`
    #[arg(long, value_name = "FILE")]
    goals: Vec<PathBuf>,
    /// Tables of steps, as `lakatos mutate` writes them (JSONL)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    steps: Vec<PathBuf>,
    /// The prompt template that the model is to be asked by: a bundled one, or a TOML file
    #[arg(long, value_name = "NAME|FILE", default_value = "lakatos")]
    template: String,
    /// Of pairs with the same tactic, keep at most so many
    #[arg(long, value_name = "N")]
    at_most: Option<usize>,
    /// Where the pairs go (JSONL)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let template = Template::load(&args.template).map_err(|e| Failure::user(e.to_string()))?;
    let mut rows = Vec::new();
    for name in &args.runs {
        let store = context.store()?;
        rows.extend(pairs::of_run(&store, &store.run(name)?, &template)?);
    }
    for file in &args.goals {
        rows.extend(pairs::of_lines(
            &read(file)?,
            &file.display().to_string(),
            &template,
        )?);
    }
    for file in &args.steps {
        rows.extend(pairs::of_steps(
            &read(file)?,
            &file.display().to_string(),
            &template,
        )?);
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

fn read(file: &Path) -> Result<String, Failure> {
    let failed = |e| Failure::user(format!("{} cannot be read: {e}", file.display()));
    std::fs::read_to_string(file).map_err(failed)
}

impl From<PairsError> for Failure {
    fn from(error: PairsError) -> Self {
        match error {
            PairsError::Store(error) => error.into(),
            error => Failure::user(error.to_string()),
        }
    }
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
