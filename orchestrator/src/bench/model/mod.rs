//! The model server's figures: each with its limit, measured in the same process.

mod agreement;
mod bandwidth;
mod decode;
mod position;
mod search;
mod states;

use std::path::Path;
use std::time::Instant;

use lakatos_model_server::{Model, ModelConfig, ModelError};

use super::figure::{Figure, percentile};

/// All figures; those that need a trained model only where a checkpoint and a text are given. `said` hears of each part.
///
/// # Errors
/// The checkpoint or the text cannot be used.
pub fn model(
    given: Option<(&Path, &Path)>,
    said: &dyn Fn(String),
) -> Result<Vec<Figure>, ModelError> {
    let mut figures = Vec::new();
    said("states".into());
    figures.extend(states::measure()?);
    said("tokens computed over a tree".into());
    figures.extend(search::measure()?);
    said("decoding at position 100 and 32,000".into());
    figures.extend(position::measure()?);
    said("8-bit decoding of a model over 64 MB".into());
    figures.extend(decode::measure()?);
    if let Some((checkpoint, text)) = given {
        said("8 bits against f32".into());
        figures.extend(agreement::measure(checkpoint, text)?);
    }
    Ok(figures)
}

/// A gated linear attention model with random weights and a state of 384 KiB.
fn small() -> Result<Model, ModelError> {
    let config = ModelConfig::parse(
        r#"{"model_type": "gla", "hidden_size": 256, "num_hidden_layers": 6, "vocab_size": 2048,
            "num_heads": 4, "expand_k": 1.0, "tie_word_embeddings": true}"#,
    )?;
    Ok(Model::random(config, 1))
}

/// A text without meaning.
fn text(tokens: usize, vocab_size: usize) -> Vec<u32> {
    let token = |i: usize| (i.wrapping_mul(2_654_435_761) >> 7) % vocab_size;
    (0..tokens).map(|i| token(i) as u32).collect()
}

/// Seconds that something takes.
fn seconds<T>(what: impl FnOnce() -> T) -> (f64, T) {
    let begin = Instant::now();
    let value = what();
    (begin.elapsed().as_secs_f64(), value)
}

fn median(values: &[f64]) -> f64 {
    percentile(values, 50.0)
}
