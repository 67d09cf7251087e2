//! `lakatos model quantize`: a checkpoint in fewer bytes.

use std::path::PathBuf;

use lakatos_model_server::Model;

use crate::cli::context::Context;
use crate::exit::{Exit, Failure};

/// Write a checkpoint's weights as bfloat16: half the bytes, to be read like any other
///
/// Weights of 8 bits are made from either when a model is loaded to be served; no file holds them.
///
/// Example: lakatos model quantize tactics-v0 --out tactics-v0-bf16
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The checkpoint's directory
    #[arg(value_name = "DIR")]
    checkpoint: PathBuf,
    /// The directory to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let model = Model::load(&args.checkpoint)?;
    model.save_bf16(&args.out)?;
    let tokenizer = args.checkpoint.join("tokenizer.json");
    if tokenizer.exists() {
        let to = args.out.join("tokenizer.json");
        std::fs::copy(&tokenizer, &to)
            .map_err(|e| Failure::environment(format!("{}: {e}", to.display())))?;
    }
    context.console.say(format!(
        "{} parameters in {}",
        model.params().count(),
        args.out.display()
    ));
    Ok(Exit::Success)
}
