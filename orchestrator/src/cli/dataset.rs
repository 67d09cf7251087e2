//! `lakatos dataset`: about datasets, ours and others'.

mod check;
mod job;

use super::context::Context;
use crate::exit::{Exit, Failure};

/// Check a dataset that somebody made
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Check(check::Args),
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    match args.command {
        Command::Check(args) => check::run(context, args).await,
    }
}
