//! `lakatos repl`: the protocol of leanprover-community/repl on standard input and output.

use std::path::PathBuf;

use super::context::Context;
use super::lean::{self, LeanArgs};
use crate::exit::{Exit, Failure};

/// Speak the protocol of leanprover-community/repl, so that tools written for it work
///
/// A request is a JSON object ended by a blank line; so is an answer. Files that requests name
/// (`path`, `pickleTo`) are those below `--files`.
///
/// Example: printf '{"cmd": "example : 1 + 1 = 2 := by decide"}\n\n' | lakatos repl
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The directory whose files requests may name
    #[arg(long, value_name = "DIR", default_value = ".")]
    files: PathBuf,
    /// Let requests write there too (`pickleTo`)
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    lean: LeanArgs,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let mut config = context.config(None)?;
    args.lean.apply(&mut config.lean)?;
    let files = args.files.canonicalize().map_err(|e| {
        Failure::user(format!(
            "{} cannot be read: {e}; name a directory with --files",
            args.files.display()
        ))
    })?;
    let launcher = lean::launcher(context, &config.lean).await?;
    let status = tokio::process::Command::from(launcher.repl(&files, args.write))
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|e| Failure::environment(format!("Lean cannot be started: {e}")))?;
    if status.success() {
        Ok(Exit::Success)
    } else {
        Err(Failure::environment(format!("Lean ended with {status}")))
    }
}
