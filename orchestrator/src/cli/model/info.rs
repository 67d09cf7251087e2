//! `lakatos model info`: a checkpoint's sizes.

use lakatos_model_server::Model;
use lakatos_model_server::model::tokenizer::{TOKENIZER, Tokenizer};
use serde::Serialize;

use crate::checkpoint;
use crate::cli::context::Context;
use crate::exit::{Exit, Failure};

/// Say what a checkpoint is: its layers, its sizes, its state
///
/// Example: lakatos model info tactics-v0
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The checkpoint's directory, or the name of a bundled one
    #[arg(value_name = "DIR|NAME")]
    checkpoint: String,
}

#[derive(Serialize)]
struct Info<'a> {
    event: &'static str,
    model_type: &'a str,
    parameters: usize,
    layers: usize,
    hidden_size: usize,
    vocab_size: usize,
    state_bytes: usize,
    tokenizer: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let dir = checkpoint::resolve(&args.checkpoint, &context.data_dir()?)?;
    let model = Model::load(&dir)?;
    let tokenizer = if dir.join(TOKENIZER).exists() {
        Tokenizer::load(&dir, model.config())?;
        true
    } else {
        false
    };
    let config = model.config();
    // A state has its size only once it has read something.
    let mut state = model.new_state();
    model.prefill(&mut state, &[0])?;
    let json = config.to_json();
    let info = Info {
        event: "model",
        model_type: json
            .get("model_type")
            .and_then(|v| v.as_str())
            .unwrap_or_default(),
        parameters: model.params().count(),
        layers: config.layers.len(),
        hidden_size: config.hidden_size,
        vocab_size: config.vocab_size,
        state_bytes: state.bytes(),
        tokenizer,
    };
    if context.console.is_json() {
        context.console.json(&info);
        return Ok(Exit::Success);
    }
    for (what, value) in [
        ("type", info.model_type.to_owned()),
        ("parameters", info.parameters.to_string()),
        ("layers", info.layers.to_string()),
        ("width", info.hidden_size.to_string()),
        ("vocabulary", info.vocab_size.to_string()),
        (
            "state",
            format!(
                "{} KiB a sequence, after its first token",
                info.state_bytes / 1024
            ),
        ),
        (
            "tokenizer",
            if tokenizer { "fits" } else { "none" }.to_owned(),
        ),
    ] {
        context.console.out(format!("{what:<11} {value}"));
    }
    Ok(Exit::Success)
}
