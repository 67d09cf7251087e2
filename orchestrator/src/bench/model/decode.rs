//! 8-bit decoding of a model that no cache holds: its share of the memory's rate, what a batch gains, and the most that one could
//! gain if nothing but its products took time.

use lakatos_model_server::{Model, ModelConfig, ModelError, State};

use super::{Figure, bandwidth, median, products, seconds};
use crate::bench::Target;

pub fn measure() -> Result<Vec<Figure>, ModelError> {
    let config = ModelConfig::parse(
        r#"{"model_type": "gla", "hidden_size": 1024, "num_hidden_layers": 6, "vocab_size": 8192,
            "num_heads": 4, "tie_word_embeddings": true}"#,
    )?;
    let mut model = Model::random(config, 1);
    model.quantise();
    let bytes = model.quantised_bytes() as f64;
    let (mut rates, mut products) = (Vec::new(), Vec::new());
    let (mut single, mut eight) = (Vec::new(), Vec::new());
    // In turns, so that what else the machine does falls on all.
    for _ in 0..5 {
        rates.push(bandwidth::read());
        products.push(products::rate(8));
        single.push(per_token(&model, 1)?);
        eight.push(per_token(&model, 8)?);
    }
    let (rate, single, eight) = (median(&rates), median(&single), median(&eight));
    let reached = bytes / single / 1e9;
    let limit = 8.0 * median(&products) * 1e9 / bytes;
    Ok(vec![
        Figure::new("8-bit weights read for a token", bytes / 1e6, "MB"),
        Figure::new("read bandwidth of this process", rate, "GB/s"),
        Figure::new("decoding at batch 1", 1.0 / single, "tokens/s"),
        Figure::new(
            "its weights read, share of the bandwidth",
            100.0 * reached / rate,
            "%",
        )
        .target(Target::AtLeast(60.0)),
        Figure::new("decoding at batch 8", 1.0 / eight, "tokens/s"),
        Figure::new("its products alone, weights in a cache", limit, "tokens/s"),
        Figure::new("what that would be over batch 1", limit * single, "×"),
        Figure::new("batch 8 over batch 1", single / eight, "×").target(Target::AtLeast(4.0)),
    ])
}

/// Median seconds of a token.
fn per_token(model: &Model, batch: usize) -> Result<f64, ModelError> {
    let mut states: Vec<State> = (0..batch).map(|_| model.new_state()).collect();
    let tokens: Vec<u32> = (0..batch as u32).collect();
    let mut times = Vec::new();
    for _ in 0..20 {
        let mut all: Vec<&mut State> = states.iter_mut().collect();
        let (time, logits) = seconds(|| model.decode(&mut all, &tokens));
        logits?;
        times.push(time / batch as f64);
    }
    Ok(median(&times))
}
