//! `lakatos completions`: a completion script for a shell.

use clap::CommandFactory;

use super::context::Context;
use crate::exit::{Exit, Failure};

/// Print a completion script for a shell
///
/// Example: lakatos completions bash > ~/.local/share/bash-completion/completions/lakatos
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which shell
    shell: clap_complete::Shell,
}

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut super::Cli::command(),
        "lakatos",
        &mut script,
    );
    context
        .console
        .out(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Success)
}
