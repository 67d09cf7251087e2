//! `lakatos model quantize`: a checkpoint in fewer bytes.

use std::path::PathBuf;

use lakatos_model_server::Model;
use lakatos_model_server::model::chat_template::{CHAT_TEMPLATE, TOKENIZER_CONFIG};
use lakatos_model_server::model::tokenizer::TOKENIZER;

use crate::checkpoint;
use crate::cli::context::Context;
use crate::exit::{Exit, Failure};

/// Write a checkpoint's weights as bfloat16: half the bytes, to be read like any other
///
/// Weights of 8 bits are made from either when a model is loaded to be served; no file holds them.
///
/// Example: lakatos model quantize tactics-v0 --out tactics-v0-bf16
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The checkpoint's directory, or the name of a bundled one
    #[arg(value_name = "DIR|NAME")]
    checkpoint: String,
    /// The directory to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let dir = checkpoint::resolve(&args.checkpoint, &context.data_dir()?)?;
    let model = Model::load(&dir)?;
    model.save_bf16(&args.out)?;
    for name in [
        TOKENIZER,
        TOKENIZER_CONFIG,
        CHAT_TEMPLATE,
        checkpoint::TEMPLATE,
    ] {
        let (from, to) = (dir.join(name), args.out.join(name));
        if from.exists() {
            std::fs::copy(&from, &to)
                .map_err(|e| Failure::environment(format!("{}: {e}", to.display())))?;
        }
    }
    context.console.say(format!(
        "{} parameters in {}",
        model.params().count(),
        args.out.display()
    ));
    Ok(Exit::Success)
}
