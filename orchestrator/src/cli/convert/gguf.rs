//! `lakatos convert gguf`: a GGUF file as a checkpoint in safetensors, computed as it is.

use std::path::PathBuf;

use lakatos_model_server::convert::source::Source;

use crate::cli::context::Context;
use crate::exit::{Exit, Failure};

/// Write a GGUF file of a Llama as a checkpoint in safetensors, in full precision
///
/// Example: lakatos convert gguf SmolLM2-135M.gguf --out smollm2
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The GGUF file
    source: PathBuf,
    /// Directory of the checkpoint
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let source = Source::read(&args.source)?;
    source.save(&args.out)?;
    let parameters = source.model.params().count();
    if context.console.is_json() {
        context.console.json(&serde_json::json!({
            "event": "converted", "out": args.out, "parameters": parameters,
        }));
    } else {
        context.console.out(format!(
            "{} parameters are in {}.",
            parameters,
            args.out.display()
        ));
    }
    Ok(Exit::Success)
}
