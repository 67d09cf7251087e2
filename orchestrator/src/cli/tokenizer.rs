//! `lakatos tokenizer`: byte-level BPE from pairs.

use std::path::PathBuf;

use lakatos_model_server::model::tokenizer_train::{Digits, train_tokenizer};
use lakatos_model_server::train::data::read_rows;

use super::context::Context;
use crate::exit::{Exit, Failure};

/// Make tokenizers
///
/// Example: lakatos tokenizer train pairs.jsonl --out tokenizer.json
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Learn a byte-level BPE tokenizer from pairs of prompt and completion
    ///
    /// Example: lakatos tokenizer train pairs.jsonl --vocab-size 1024 --out tokenizer.json
    Train {
        /// Files of pairs (JSONL or Parquet)
        #[arg(value_name = "FILE", required = true)]
        inputs: Vec<PathBuf>,
        /// Tokens at most
        #[arg(long, value_name = "N", default_value_t = 1024)]
        vocab_size: usize,
        /// How numbers are cut: a token a digit, or threes from the right
        #[arg(long, value_name = "HOW", default_value = "single", value_parser = parse_digits)]
        digits: Digits,
        /// Where tokenizer.json goes
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

fn parse_digits(word: &str) -> Result<Digits, String> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|_| "digits can be cut `single` or in `threes`".to_owned())
}

pub fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let What::Train {
        inputs,
        vocab_size,
        digits,
        out,
    } = args.what;
    let mut texts = Vec::new();
    for input in &inputs {
        for row in read_rows(input)? {
            texts.extend([row.prompt, row.completion]);
        }
    }
    let json = train_tokenizer(texts.iter(), vocab_size, digits)?;
    std::fs::write(&out, json)
        .map_err(|e| Failure::environment(format!("{}: {e}", out.display())))?;
    context
        .console
        .say(format!("the tokenizer is in {}", out.display()));
    Ok(Exit::Success)
}
