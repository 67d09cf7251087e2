//! Training a gated linear attention model of 5.7 million parameters, in turns with the same model in candle.

use lakatos_model_server::train::data::Example;
use lakatos_model_server::train::{TrainConfig, Trainer};
use lakatos_model_server::{Model, ModelConfig, ModelError};

use super::candle::Candle;
use super::{Figure, median, seconds, text};
use crate::bench::Target;

/// Sequences of a step, tokens of each, turns, steps of ours in a turn (candle makes one).
const SEQUENCES: usize = 8;
const LENGTH: usize = 256;
const TURNS: usize = 5;
const STEPS: usize = 3;

pub fn measure() -> Result<Vec<Figure>, ModelError> {
    let config = ModelConfig::parse(
        r#"{"model_type": "gla", "hidden_size": 256, "num_hidden_layers": 6, "vocab_size": 2048,
            "num_heads": 4, "tie_word_embeddings": true}"#,
    )?;
    let model = Model::random(config, 1);
    let parameters = model.params().count() as f64;
    let tokens = text(SEQUENCES * LENGTH, model.config().vocab_size);
    let example = |t: &[u32]| Example::new(&t[..1], &t[1..]);
    let examples: Vec<Example> = tokens.chunks(LENGTH).filter_map(example).collect();
    let mut candle = Candle::new(&model)?;
    // A small rate, and none of what only one of them does: neither warms up, decays or clips.
    let mut trainer = Trainer::new(
        model,
        TrainConfig {
            steps: 1 << 20,
            batch_size: SEQUENCES,
            learning_rate: 1e-4,
            final_rate: 1.0,
            warmup_steps: 0,
            weight_decay: 0.0,
            clip_norm: 1e9,
            seed: 1,
        },
        examples,
    )?;
    let (mut ours, mut theirs, mut apart) = (Vec::new(), Vec::new(), 0.0);
    for turn in 0..TURNS {
        for step in 0..STEPS {
            let (time, progress) = seconds(|| trainer.step());
            let progress = progress?;
            ours.push(progress.tokens as f64 / time);
            if (turn, step) == (0, 0) {
                // Both start from the same weights, so the first losses tell whether they are one model.
                apart = progress.loss;
            }
        }
        let (time, loss) = seconds(|| candle.step(&tokens, SEQUENCES, 1e-4));
        theirs.push((SEQUENCES * LENGTH) as f64 / time);
        let loss = loss?;
        if turn == 0 {
            apart = (apart - loss).abs();
        }
    }
    let (ours, theirs) = (median(&ours), median(&theirs));
    Ok(vec![
        Figure::new("parameters that are trained", parameters / 1e6, "million"),
        Figure::new(
            "training, 8 sequences of 256 tokens a step",
            ours,
            "tokens/s",
        )
        .target(Target::AtLeast(3000.0)),
        Figure::new("the same in candle", theirs, "tokens/s"),
        Figure::new("training over candle", ours / theirs, "×"),
        Figure::new("first losses of the two, apart", apart, "nats").target(Target::AtMost(1e-3)),
    ])
}
