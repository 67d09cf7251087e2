//! `lakatos train`: trains a language model from pairs.

use std::path::PathBuf;

use super::context::Context;
use super::interrupt;
use crate::exit::{Exit, Failure};
use crate::search::Cancel;
use crate::train::{self, End, config::TrainFile};

/// Train a language model from pairs of prompt and completion; continues an interrupted training
///
/// Example: lakatos train --config tactics.toml
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The training's configuration (TOML; docs/training.md)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Begin anew where the output directory holds checkpoints of an earlier run
    #[arg(long)]
    fresh: bool,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let file = TrainFile::read(&args.config)?;
    if args.fresh {
        file.forget()?;
    }
    let stop = Cancel::default();
    interrupt::listen(stop.clone(), context.console.clone());
    let console = context.console.clone();
    let end = tokio::task::spawn_blocking(move || train::train(&file, &stop, &*console))
        .await
        .map_err(|e| Failure::internal(format!("the training ended: {e}")))??;
    match end {
        End::Finished => Ok(Exit::Success),
        End::Interrupted => Err(Failure::interrupted(
            "the training was interrupted; its checkpoint is written",
        )
        .hint("the same command goes on with it")),
    }
}
