//! `lakatos repl`: the protocol of leanprover-community/repl on standard input and output.

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::Stdio;

use lakatos_lean_bridge::embedded::is_chatter;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{ChildStderr, ChildStdout};

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
    // Through pipes: Lean may write to no file, not even to one that this program's own output goes to.
    let mut lean = tokio::process::Command::from(launcher.repl(&files, args.write))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| Failure::environment(format!("Lean cannot be started: {e}")))?;
    let (answers, words) = (lean.stdout.take(), lean.stderr.take());
    let words = tokio::spawn(pass_words(words));
    match pass_answers(answers).await {
        // Nobody reads them any more.
        Err(e) if e.kind() == ErrorKind::BrokenPipe => return Ok(Exit::Success),
        passed => {
            passed.map_err(|e| Failure::environment(format!("answers cannot be passed on: {e}")))?
        }
    }
    let status = lean
        .wait()
        .await
        .map_err(|e| Failure::environment(format!("Lean's end cannot be seen: {e}")))?;
    let _ = words.await;
    if status.success() {
        Ok(Exit::Success)
    } else {
        Err(Failure::environment(format!("Lean ended with {status}")))
    }
}

async fn pass_answers(from: Option<ChildStdout>) -> std::io::Result<()> {
    let Some(mut from) = from else { return Ok(()) };
    let mut part = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut part).await?;
        if read == 0 {
            return Ok(());
        }
        let mut to = std::io::stdout();
        to.write_all(&part[..read])?;
        to.flush()?;
    }
}

/// What Lean says on standard error, but for what it always says.
async fn pass_words(from: Option<ChildStderr>) {
    let Some(from) = from else { return };
    let mut lines = BufReader::new(from).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        let line = String::from_utf8_lossy(&line);
        if !is_chatter(&line) {
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
}
