//! A trained model in 8 bits against itself in f32, on a text.

use std::path::Path;

use lakatos_model_server::engine::sampler::{likeliest, log_sum_exp};
use lakatos_model_server::model::tokenizer::Tokenizer;
use lakatos_model_server::{Model, ModelError};

use super::Figure;
use crate::bench::Target;

/// Most tokens, and tokens read at a time.
const TOKENS: usize = 4096;
const PART: usize = 256;

pub fn measure(checkpoint: &Path, text: &Path) -> Result<Vec<Figure>, ModelError> {
    let full = Model::load(checkpoint)?;
    let tokenizer = Tokenizer::load(checkpoint, full.config())?;
    let text = std::fs::read_to_string(text).map_err(|source| ModelError::Io {
        path: text.to_path_buf(),
        source,
    })?;
    let mut tokens = tokenizer.encode(&text)?;
    tokens.truncate(TOKENS);
    if tokens.len() < 2 {
        return Err(ModelError::Request(
            "the text has fewer than two tokens".into(),
        ));
    }
    let mut quantised = full.clone();
    quantised.quantise();
    let vocab_size = full.config().vocab_size;
    let (mut a, mut b) = (full.new_state(), quantised.new_state());
    let (mut same, mut scored, mut nats) = (0_u32, 0_u32, [0.0; 2]);
    for (start, part) in tokens.chunks(PART).enumerate() {
        let exact = full.prefill_all(&mut a, part)?;
        let rounded = quantised.prefill_all(&mut b, part)?;
        let rows = exact
            .chunks_exact(vocab_size)
            .zip(rounded.chunks_exact(vocab_size));
        for (i, (exact, rounded)) in rows.enumerate() {
            same += u32::from(likeliest(exact) == likeliest(rounded));
            if let Some(next) = tokens.get(start * PART + i + 1) {
                let nat = |row: &[f32]| log_sum_exp(row) - f64::from(row[*next as usize]);
                nats[0] += nat(exact);
                nats[1] += nat(rounded);
                scored += 1;
            }
        }
    }
    let perplexity = nats.map(|n| (n / f64::from(scored.max(1))).exp());
    let apart = 100.0 * (perplexity[1] / perplexity[0] - 1.0).abs();
    Ok(vec![
        Figure::new(
            "8 bits and f32 agree on the likeliest token",
            100.0 * f64::from(same) / tokens.len() as f64,
            "%",
        )
        .target(Target::AtLeast(98.0)),
        Figure::new("perplexity in f32", perplexity[0], ""),
        Figure::new("perplexity in 8 bits, apart from it", apart, "%").target(Target::AtMost(1.0)),
    ])
}
