//! `lakatos model`: what can be done with a checkpoint besides serving it.

mod eval;
mod info;
mod quantize;

use super::context::Context;
use crate::exit::{Exit, Failure};

/// Look at, measure and shrink checkpoints of language models
///
/// Example: lakatos model info tactics-v0
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Info(info::Args),
    Eval(eval::Args),
    Quantize(quantize::Args),
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    match args.what {
        What::Info(args) => info::run(context, &args),
        What::Eval(args) => eval::run(context, args).await,
        What::Quantize(args) => quantize::run(context, &args),
    }
}
