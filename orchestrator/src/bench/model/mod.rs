//! The model server's figures: each with its limit, measured in the same process.

mod agreement;
mod bandwidth;
mod candle;
mod decode;
mod llama_cpp;
mod position;
mod products;
mod search;
mod states;
mod training;

use std::path::PathBuf;
use std::time::Instant;

use lakatos_model_server::{Model, ModelConfig, ModelError};

use super::figure::{Figure, percentile};
pub use llama_cpp::LlamaCpp;

/// A group of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Snapshots and forks.
    States,
    /// Tokens computed over a made-up tree.
    Tree,
    /// Decoding far into a text.
    Position,
    /// 8-bit decoding against the memory's rate.
    Decode,
    /// Training beside candle.
    Training,
    /// 8 bits against f32; needs a checkpoint and a text.
    Agreement,
    /// Beside llama.cpp; needs a GGUF file.
    LlamaCpp,
}

/// What some parts need.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// A trained checkpoint, and a text that it should know how to continue.
    pub trained: Option<(PathBuf, PathBuf)>,
    /// What is compared with llama.cpp.
    pub llama: Option<LlamaCpp>,
}

/// Figures of these parts; of all that can be measured, where none is named. `said` hears of each part.
///
/// # Errors
/// A part is named without what it needs, or a file cannot be used.
pub fn model(
    parts: &[Part],
    given: &Given,
    said: &dyn Fn(String),
) -> Result<Vec<Figure>, ModelError> {
    let needs = |what: &str| ModelError::Request(format!("this part needs {what}"));
    let mut figures = Vec::new();
    let wanted = |part| parts.is_empty() || parts.contains(&part);
    if wanted(Part::States) {
        said("states".into());
        figures.extend(states::measure()?);
    }
    if wanted(Part::Tree) {
        said("tokens computed over a tree".into());
        figures.extend(search::measure()?);
    }
    if wanted(Part::Position) {
        said("decoding at position 100 and 32,000".into());
        figures.extend(position::measure()?);
    }
    if wanted(Part::Decode) {
        said("8-bit decoding of a model over 64 MB".into());
        figures.extend(decode::measure()?);
    }
    if wanted(Part::Training) {
        said("training beside candle".into());
        figures.extend(training::measure()?);
    }
    if let Some((checkpoint, text)) = given.trained.as_ref().filter(|_| wanted(Part::Agreement)) {
        said("8 bits against f32".into());
        figures.extend(agreement::measure(checkpoint, text)?);
    } else if parts.contains(&Part::Agreement) {
        return Err(needs("--checkpoint and --text"));
    }
    if let Some(llama) = given.llama.as_ref().filter(|_| wanted(Part::LlamaCpp)) {
        said("beside llama.cpp".into());
        figures.extend(llama_cpp::measure(llama)?);
    } else if parts.contains(&Part::LlamaCpp) {
        return Err(needs("--gguf"));
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
