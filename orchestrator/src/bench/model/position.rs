//! Decoding far into a text: a state is constant in size, so position must not matter.

use lakatos_model_server::{ModelError, State};

use super::{Figure, median, seconds, small, text};
use crate::bench::Target;

const FAR: usize = 32_000;

pub fn measure() -> Result<Vec<Figure>, ModelError> {
    let model = small()?;
    let tokens = text(FAR, model.config().vocab_size);
    let mut near = model.new_state();
    model.prefill(&mut near, &tokens[..100])?;
    let mut far = model.new_state();
    for part in tokens.chunks(512) {
        model.prefill(&mut far, part)?;
    }
    let grown = far.bytes() as f64 / near.bytes() as f64;
    let one = |state: &mut State| -> Result<f64, ModelError> {
        let (time, logits) = seconds(|| model.decode(&mut [state], &[7]));
        logits.map(|_| time)
    };
    // In turns, so that what else the machine does falls on both.
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for _ in 0..300 {
        early.push(one(&mut near)?);
        late.push(one(&mut far)?);
    }
    Ok(vec![
        Figure::new(
            "decoding at 32,000 over at 100, median time",
            median(&late) / median(&early),
            "×",
        )
        .target(Target::AtMost(1.1)),
        Figure::new("state at 32,000 over state at 100, bytes", grown, "×")
            .target(Target::AtMost(1.0)),
    ])
}
