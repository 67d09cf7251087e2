//! Whole models of every kind: gradients, prefill against decode, forks, batches, checkpoints.

#![expect(clippy::unwrap_used, reason = "tests outside of test functions")]

mod common;

use common::{configs, tokens};
use lakatos_model_server::layers::params::Params;
use lakatos_model_server::model::Batch;
use lakatos_model_server::real::Real;
use lakatos_model_server::{Model, ModelConfig, ModelError, State};
use safetensors::{Dtype, tensor::TensorView};

/// Random weights; adapters, which start as 0, are random too.
fn model(config: &serde_json::Value) -> Model {
    let mut model = Model::random(ModelConfig::from_json(config.clone()).unwrap(), 5);
    let specs = model.params().specs().clone();
    let starts_at_0 = |name: &str| name.ends_with("lora_B.weight");
    model.update(|p| {
        for (spec, tensor) in specs.iter().zip(p.tensors_mut()) {
            if starts_at_0(&spec.name) {
                let number = |i: usize| (i as f32 * 0.7).sin() * 0.3;
                *tensor = (0..spec.len()).map(number).collect();
            }
        }
    });
    model
}

fn same_bits(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

/// A few elements of every tensor, and of the embedding those of a token that occurs.
#[test]
fn gradients_agree_with_differences_in_f64() {
    for (name, config) in configs() {
        let mut model: Model<f64> = model(&config).cast();
        let lengths = vec![21, 1, 13];
        let batch = Batch {
            tokens: tokens(35, 23, 3),
            lengths,
            targets: (4..21).chain(27..35).collect(),
        };
        let mut grads = Params::zeros(model.params().specs().clone());
        model.loss_and_gradients(&batch, &mut grads).unwrap();
        let specs = model.params().specs().clone();
        for (i, spec) in specs.iter().enumerate().filter(|(_, s)| s.trainable) {
            for pick in 0..4 {
                let at = if spec.name.contains("embed") {
                    batch.tokens[5 + pick] as usize * 16 + pick
                } else {
                    pick * 7919 % spec.len()
                };
                let step = 1e-5;
                let mut moved = |by: f64| {
                    model.update(|p| p.tensors_mut()[i][at] += by);
                    let loss = model.loss(&batch).unwrap().mean();
                    model.update(|p| p.tensors_mut()[i][at] -= by);
                    loss
                };
                let expected = (moved(step) - moved(-step)) / (2.0 * step);
                let found = grads.tensors()[i][at];
                let error = (found - expected).abs();
                assert!(
                    error <= 1e-4 * expected.abs().max(1e-4),
                    "{name}: {} at {at}: {found}, differences say {expected}",
                    spec.name
                );
            }
        }
    }
}

/// Largest difference between prefill and decoding of 150 tokens, over all ways to split the prefill, and the largest logit.
fn prefill_against_decode<T: Real>(model: &Model<T>) -> (f64, f64) {
    let text = tokens(150, 23, 9);
    let mut stepwise = model.new_state();
    let mut expected = Vec::new();
    for token in &text {
        expected.extend(model.decode(&mut [&mut stepwise], &[*token]).unwrap());
    }
    let difference = |a: &[T], b: &[T]| {
        assert_eq!(a.len(), b.len());
        a.iter()
            .zip(b)
            .map(|(a, b)| (a.to_f64() - b.to_f64()).abs())
            .fold(0.0, f64::max)
    };
    let all = model.prefill_all(&mut model.new_state(), &text).unwrap();
    let mut worst = difference(&all, &expected);
    for parts in [vec![150], vec![1, 149], vec![70, 3, 77]] {
        let mut state = model.new_state();
        let (mut at, mut logits) = (0, Vec::new());
        for part in &parts {
            logits = model.prefill(&mut state, &text[at..at + part]).unwrap();
            at += part;
        }
        assert_eq!(state.position(), 150);
        worst = worst.max(difference(&logits, &expected[149 * 23..]));
    }
    (
        worst,
        expected.iter().fold(0.0, |m, x| x.to_f64().abs().max(m)),
    )
}

/// In f64 the forms are the same function; in f32 they differ by rounding, which a random model's norms magnify.
#[test]
fn prefill_in_any_parts_agrees_with_decoding() {
    for (name, config) in configs() {
        let model = model(&config);
        let (worst, _) = prefill_against_decode::<f64>(&model.cast());
        assert!(worst <= 1e-10, "{name} in f64: {worst}");
        let (worst, largest) = prefill_against_decode(&model);
        assert!(
            worst <= 1e-4 * largest.max(1.0),
            "{name}: {worst} of {largest}"
        );
    }
}

/// With more threads than heads, the recurrence over a long prompt is split over several (LASP-2).
#[test]
fn a_long_prompt_over_many_threads_agrees_with_one_thread() {
    let text = tokens(1100, 23, 3);
    let read = |model: &Model<f64>, threads: usize| -> Vec<f64> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let prefill = || model.prefill(&mut model.new_state(), &text).unwrap();
        pool.unwrap().install(prefill)
    };
    for (name, config) in configs() {
        let model: Model<f64> = model(&config).cast();
        let (one, many) = (read(&model, 1), read(&model, 16));
        let apart = one.iter().zip(&many).map(|(a, b)| (a - b).abs());
        let apart = apart.fold(0.0, f64::max);
        assert!(apart <= 1e-9, "{name}: {apart}");
    }
}

#[test]
fn a_fork_decodes_bitwise_like_an_unforked_state() {
    for (name, config) in configs() {
        let model = model(&config);
        let text = tokens(40, 23, 1);
        let mut state = model.new_state();
        model.prefill(&mut state, &text[..20]).unwrap();
        let snapshot = state.clone();
        assert!(
            snapshot.shares_all_with(&state),
            "{name}: a clone must not copy"
        );
        let run = |state: &mut State| -> Vec<f32> {
            let step = |t: &u32| model.decode(&mut [&mut *state], &[*t]).unwrap();
            text[20..].iter().flat_map(step).collect()
        };
        let unforked = run(&mut state);
        let mut fork = snapshot.clone();
        assert!(same_bits(&run(&mut fork), &unforked), "{name}");
        assert!(fork.same_numbers(&state), "{name}");
        // The snapshot itself was not written to.
        assert_eq!(snapshot.position(), 20);
        assert!(same_bits(&run(&mut snapshot.clone()), &unforked), "{name}");
    }
}

/// Also where weights are large enough for threads to compute their products together.
#[test]
fn a_sequence_decodes_bitwise_the_same_in_any_batch() {
    let kinds = configs().into_iter().flat_map(|(name, config)| {
        let mut large = config.clone();
        for (field, value) in [("hidden_size", 256), ("intermediate_size", 3000)] {
            large[field] = value.into();
        }
        [
            (name, config.clone(), false),
            (name, config, true),
            (name, large, true),
        ]
    });
    for (name, config, int8) in kinds {
        let mut model = model(&config);
        if int8 {
            model.quantise();
        }
        // So many that several threads take some of them each.
        let texts: Vec<_> = (0..17)
            .map(|s| tokens(12 + s as usize % 7, 23, s + 1))
            .collect();
        let mut states: Vec<State> = texts.iter().map(|_| model.new_state()).collect();
        for (state, text) in states.iter_mut().zip(&texts) {
            model.prefill(state, text).unwrap();
        }
        let some = [3, 16];
        let mut alone = some.map(|s: usize| states[s].clone());
        for t in 0..5 {
            let inputs: Vec<u32> = (0..17).map(|s| (s * 3 + t) % 23).collect();
            let mut all: Vec<&mut State> = states.iter_mut().collect();
            let together = model.decode(&mut all, &inputs).unwrap();
            for (s, state) in some.into_iter().zip(&mut alone) {
                let single = model.decode(&mut [state], &inputs[s..=s]).unwrap();
                assert!(
                    same_bits(&single, &together[s * 23..][..23]),
                    "{name}, int8: {int8}, sequence {s}"
                );
            }
        }
    }
}

#[test]
fn states_of_linear_mixers_and_windows_stay_constant_in_size() {
    for (name, config) in configs().into_iter().filter(|(n, _)| *n != "llama") {
        let model = model(&config);
        let mut state = model.new_state();
        model.prefill(&mut state, &tokens(20, 23, 2)).unwrap();
        let bytes = state.bytes();
        model.prefill(&mut state, &tokens(100, 23, 2)).unwrap();
        model.decode(&mut [&mut state], &[1]).unwrap();
        assert_eq!(state.bytes(), bytes, "{name}");
    }
}

#[test]
fn checkpoints_are_read_back_exactly() {
    for (name, config) in configs() {
        let model = Model::random(ModelConfig::from_json(config).unwrap(), 5);
        let dir = tempfile::tempdir().unwrap();
        model.save(dir.path()).unwrap();
        let read = Model::load(dir.path()).unwrap();
        assert_eq!(read.config(), model.config(), "{name}");
        assert_eq!(read.params().tensors(), model.params().tensors(), "{name}");
        assert_eq!(read.weights_id(), model.weights_id(), "{name}");
    }
}

#[test]
fn damaged_checkpoints_are_told_apart() {
    let (_, config) = configs().remove(0);
    let good = model(&config);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let config_with = |name: &str, value: serde_json::Value| {
        let mut config = config.clone();
        config[name] = value;
        std::fs::write(path.join("config.json"), config.to_string()).unwrap();
        Model::load(path).map(|_| ())
    };
    assert!(matches!(Model::load(path), Err(ModelError::Io { .. })));
    good.save(path).unwrap();
    let error = config_with("num_hidden_layers", 3.into()).unwrap_err();
    assert!(matches!(error, ModelError::MissingTensor { .. }), "{error}");
    let error = config_with("vocab_size", 24.into()).unwrap_err();
    assert!(matches!(error, ModelError::WrongShape { .. }), "{error}");
    let error = config_with("model_type", "mamba2".into()).unwrap_err();
    assert!(matches!(error, ModelError::UnknownLayer(_)), "{error}");
    let mut nan = good.clone();
    nan.update(|p| p.tensors_mut()[3][1] = f32::NAN);
    nan.save(path).unwrap();
    let error = Model::load(path).unwrap_err();
    assert!(
        matches!(error, ModelError::NotFinite { at: 1, .. }),
        "{error}"
    );
    let wrong = TensorView::new(Dtype::I64, vec![23, 16], &[0; 23 * 16 * 8]).unwrap();
    let file = safetensors::serialize([("model.embeddings.weight", wrong)], None).unwrap();
    std::fs::write(path.join("model.safetensors"), file).unwrap();
    let error = Model::load(path).unwrap_err();
    assert!(matches!(error, ModelError::WrongType { .. }), "{error}");
    std::fs::write(
        path.join("model.safetensors"),
        b"\xff\xff\xff\xff\xff\xff\xff\x7fnonsense",
    )
    .unwrap();
    assert!(matches!(Model::load(path), Err(ModelError::Damaged { .. })));
}

#[test]
fn bad_requests_leave_the_state_alone() {
    let (_, config) = configs().remove(0);
    let mut model = model(&config);
    let mut state = model.new_state();
    assert!(matches!(
        model.prefill(&mut state, &[]),
        Err(ModelError::Request(_))
    ));
    assert!(matches!(
        model.prefill(&mut state, &[23]),
        Err(ModelError::TokenOutside { token: 23, .. })
    ));
    assert!(matches!(
        model.decode(&mut [&mut state], &[1, 2]),
        Err(ModelError::Request(_))
    ));
    assert_eq!(state.position(), 0);
    model.update(|p| p.tensors_mut()[0][0] += 1.0);
    assert!(matches!(
        model.prefill(&mut state, &[1]),
        Err(ModelError::ForeignState)
    ));
}

/// A bound against blunders: random weights magnify rounding. How good 8 bits are needs a trained model.
#[test]
fn eight_bits_stay_close() {
    for (name, config) in configs() {
        let full = model(&config);
        let mut int8 = full.clone();
        int8.quantise();
        let text = tokens(60, 23, 4);
        let a = full.prefill_all(&mut full.new_state(), &text).unwrap();
        let b = int8.prefill_all(&mut int8.new_state(), &text).unwrap();
        let square = |x: f32| f64::from(x) * f64::from(x);
        let share = |(a, b): (&[f32], &[f32])| {
            let error: f64 = a.iter().zip(b).map(|(a, b)| square(a - b)).sum();
            (error / a.iter().map(|a| square(*a)).sum::<f64>()).sqrt()
        };
        // Where a router chooses, rounding in the layer below can send a token to another memory: that token and what its
        // memory is asked later are then other numbers. So there it is the middle token that is bounded.
        let found = if name.starts_with("mom") {
            let mut shares: Vec<f64> = a.chunks(23).zip(b.chunks(23)).map(share).collect();
            shares.sort_by(f64::total_cmp);
            shares[shares.len() / 2]
        } else {
            share((&a, &b))
        };
        assert!(found < 0.25, "{name}: {found}");
        assert!(!same_bits(&a, &b), "{name}: the 8-bit copies were not used");
    }
}
