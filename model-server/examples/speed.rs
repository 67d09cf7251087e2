//! Speed of a 5.7-million-parameter GLA model: training, decoding and forking. Run it optimised, on a quiet machine:
//! `cargo run --release -p lakatos-model-server --example speed`.

use std::time::Instant;

use lakatos_model_server::kernels::recurrence::{Inputs, chunk_forward};
use lakatos_model_server::kernels::{Shape, gla, lasp2};
use lakatos_model_server::train::data::Example;
use lakatos_model_server::train::{TrainConfig, Trainer};
use lakatos_model_server::{Model, ModelConfig, ModelError, State};

fn main() -> Result<(), ModelError> {
    let config = ModelConfig::parse(
        r#"{"model_type": "gla", "hidden_size": 256, "num_hidden_layers": 6, "vocab_size": 2048,
            "num_heads": 4, "tie_word_embeddings": true}"#,
    )?;
    let model = Model::random(config, 1);
    println!(
        "{} parameters, {} threads",
        model.params().count(),
        rayon::current_num_threads()
    );
    let tokens: Vec<u32> = (0..256_u32).map(|i| i * 37 % 2048).collect();

    for batch in [1, 8] {
        let mut states: Vec<State> = (0..batch).map(|_| model.new_state()).collect();
        for state in &mut states {
            model.prefill(state, &tokens)?;
        }
        let start = Instant::now();
        for i in 0..64 {
            let mut all: Vec<&mut State> = states.iter_mut().collect();
            model.decode(&mut all, &vec![i; batch])?;
        }
        let rate = 64.0 * batch as f64 / start.elapsed().as_secs_f64();
        println!("decoding at batch {batch}, f32: {rate:.0} tokens/s");
    }

    let mut state = model.new_state();
    model.prefill(&mut state, &tokens)?;
    let start = Instant::now();
    let snapshots: Vec<State> = (0..10_000).map(|_| state.clone()).collect();
    let nanos = start.elapsed().as_nanos() / snapshots.len() as u128;
    println!("snapshot of {} KiB: {nanos} ns", state.bytes() / 1024);

    split_stretch();

    let examples = (0..64)
        .filter_map(|_| Example::new(&tokens[..1], &tokens[1..]))
        .collect();
    let config = TrainConfig {
        steps: 12,
        batch_size: 8,
        learning_rate: 1e-3,
        final_rate: 0.1,
        warmup_steps: 2,
        weight_decay: 0.01,
        clip_norm: 1.0,
        seed: 1,
    };
    let mut rates = Vec::new();
    Trainer::new(model, config, examples)?.run(|_, p| rates.push(p.tokens_per_second))?;
    rates.sort_by(f64::total_cmp);
    println!(
        "training, 8 sequences of 256 a step: median {:.0} tokens/s",
        rates[rates.len() / 2]
    );
    Ok(())
}

/// One head over 65,536 tokens: in one piece, and split over the threads.
fn split_stretch() {
    let (n, key, value) = (1 << 16, 64, 64);
    let numbers = |n: usize| {
        (0..n)
            .map(|i| (i as f32 * 0.37).sin())
            .collect::<Vec<f32>>()
    };
    let (q, k, v) = (numbers(n * key), numbers(n * key), numbers(n * value));
    let g: Vec<f32> = q.iter().map(|x| -0.01 * (1.0 + x)).collect();
    let x = Inputs {
        q: &q,
        k: &k,
        v: &v,
        gates: gla::Gates { g: &g },
    };
    let shape = Shape::new(key, value);
    let mut out = vec![0.0; n * value];
    let mut time = |run: &dyn Fn(&mut [f32], &mut [f32])| {
        let seconds = (0..5).map(|_| {
            let start = Instant::now();
            run(&mut vec![0.0; key * value], &mut out);
            start.elapsed().as_secs_f64()
        });
        seconds.fold(f64::INFINITY, f64::min)
    };
    let whole = time(&|state, out| chunk_forward(shape, x, state, out, None));
    let threads = rayon::current_num_threads();
    let split = time(&|state, out| lasp2::chunks(shape, x, state, out, threads));
    println!(
        "one head over {n} tokens: {:.0} ms whole, {:.0} ms split over {threads} threads",
        1e3 * whole,
        1e3 * split
    );
}
