//! `lakatos serve`: HTTP services.

mod check;
mod door;
mod model;

use super::context::Context;
use crate::exit::{Exit, Failure};

/// Serve over HTTP
///
/// Example: lakatos serve check --port 8000
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Check(check::Args),
    Model(model::Args),
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    match args.what {
        What::Check(args) => check::run(context, args).await,
        What::Model(args) => model::run(context, args).await,
    }
}
