//! `lakatos model eval`: how a checkpoint does on pairs.

use std::path::{Path, PathBuf};

use lakatos_model_server::Model;
use lakatos_model_server::model::tokenizer::Tokenizer;
use lakatos_model_server::train::data::read_pairs;
use lakatos_model_server::train::evaluate;
use serde::Serialize;

use crate::checkpoint;
use crate::cli::context::Context;
use crate::exit::{Exit, Failure};

/// Measure a checkpoint on pairs: loss, perplexity, exact matches of greedy decoding
///
/// Example: lakatos model eval tactics-v0 held-out.jsonl
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The checkpoint's directory, or the name of a bundled one
    #[arg(value_name = "DIR|NAME")]
    checkpoint: String,
    /// Files of pairs of prompt and completion (JSONL or Parquet)
    #[arg(value_name = "FILE", required = true)]
    inputs: Vec<PathBuf>,
    /// Pairs of more tokens are left out
    #[arg(long, value_name = "N", default_value_t = 1024)]
    max_tokens: usize,
}

#[derive(Serialize)]
struct Figures {
    event: &'static str,
    pairs: usize,
    left_out: usize,
    loss: f64,
    perplexity: f64,
    token_accuracy: f64,
    exact_match: f64,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let dir = checkpoint::resolve(&args.checkpoint, &context.data_dir()?)?;
    let figures = tokio::task::spawn_blocking(move || measure(&dir, &args))
        .await
        .map_err(|e| Failure::internal(format!("the measurement ended: {e}")))??;
    if context.console.is_json() {
        context.console.json(&figures);
    } else {
        context.console.out(format!(
            "{} pairs ({} too long): loss {:.4} nats a token, perplexity {:.3}, tokens right {:.1} %, exact match {:.1} %",
            figures.pairs,
            figures.left_out,
            figures.loss,
            figures.perplexity,
            100.0 * figures.token_accuracy,
            100.0 * figures.exact_match
        ));
    }
    Ok(Exit::Success)
}

fn measure(dir: &Path, args: &Args) -> Result<Figures, Failure> {
    let model = Model::load(dir)?;
    let tokenizer = Tokenizer::load(dir, model.config())?;
    let end = model.config().eos_token_ids.first().copied();
    let (mut examples, mut left_out) = (Vec::new(), 0);
    for input in &args.inputs {
        let read = read_pairs(input, &tokenizer, end, args.max_tokens)?;
        left_out += read.too_long;
        examples.extend(read.examples);
    }
    if examples.is_empty() {
        return Err(Failure::user("there are no pairs to measure"));
    }
    let evaluation = evaluate(&model, &examples)?;
    let loss = evaluation.loss;
    Ok(Figures {
        event: "evaluation",
        pairs: examples.len(),
        left_out,
        loss: loss.mean(),
        perplexity: loss.mean().exp(),
        token_accuracy: loss.correct as f64 / loss.targets.max(1) as f64,
        exact_match: evaluation.exact_match,
    })
}
