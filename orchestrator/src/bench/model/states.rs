//! Snapshots and forks: what they cost, and that they change nothing.

use lakatos_model_server::{ModelError, State};

use super::{Figure, median, seconds, small, text};
use crate::bench::Target;

pub fn measure() -> Result<Vec<Figure>, ModelError> {
    let model = small()?;
    let tokens = text(300, model.config().vocab_size);
    let mut state = model.new_state();
    model.prefill(&mut state, &tokens[..200])?;

    // Fork, then decode; and decode without a fork.
    let mut fork = state.clone();
    let (mut apart, mut alone) = (0_u32, state.clone());
    alone.detach();
    for token in &tokens[200..264] {
        let forked = model.decode(&mut [&mut fork], &[*token])?;
        let unforked = model.decode(&mut [&mut alone], &[*token])?;
        let differ = |(a, b): (&f32, &f32)| a.to_bits() != b.to_bits();
        apart += forked.iter().zip(&unforked).filter(|p| differ(*p)).count() as u32;
    }

    // The whole prompt at once, and from a cached prefix.
    let cold = model.prefill(&mut model.new_state(), &tokens)?;
    let warm = model.prefill(&mut state.clone(), &tokens[200..])?;
    let size = cold.iter().fold(1.0_f32, |m, x| m.max(x.abs()));
    let worst = cold.iter().zip(&warm).map(|(a, b)| (a - b).abs());
    let worst = worst.fold(0.0, f32::max) / size;

    const MANY: usize = 10_000;
    let (snapshots, kept) = seconds(|| vec![state.clone(); MANY]);
    drop(kept);
    let forks: Vec<f64> = (0..2000)
        .map(|_| {
            let mut fork: State = state.clone();
            seconds(|| fork.detach()).0 * 1e6
        })
        .collect();
    Ok(vec![
        Figure::new("logits that differ after a fork", apart.into(), "")
            .target(Target::AtMost(0.0)),
        Figure::new(
            "warm against cold prefix, of the largest logit",
            worst.into(),
            "",
        )
        .target(Target::AtMost(1e-4)),
        Figure::new("snapshot", snapshots / MANY as f64 * 1e6, "µs").target(Target::AtMost(1.0)),
        Figure::new("size of the state", state.bytes() as f64 / 1024.0, "KiB"),
        Figure::new("fork of it, p50", median(&forks), "µs").target(Target::AtMost(25.0)),
    ])
}
