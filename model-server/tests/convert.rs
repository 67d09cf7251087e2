//! Conversion: adapters, attention transfer, and whole jobs that are interrupted.

#![expect(clippy::unwrap_used, reason = "tests outside of test functions")]

mod common;

use common::{configs, tokens};
use lakatos_model_server::convert::job::{End, Job, Point, Report, Settings, Stage};
use lakatos_model_server::convert::linearise::{Method, linearise};
use lakatos_model_server::convert::source::Source;
use lakatos_model_server::layers::params::{Lora, Params};
use lakatos_model_server::model::Batch;
use lakatos_model_server::train::data::windows;
use lakatos_model_server::train::distil::{self, Objective};
use lakatos_model_server::train::{TrainConfig, Trainer, lora};
use lakatos_model_server::{Model, ModelConfig, ModelError};
use serde_json::json;

fn llama() -> Model {
    let config = configs()
        .into_iter()
        .find(|(n, _)| *n == "llama")
        .unwrap()
        .1;
    Model::random(ModelConfig::from_json(config).unwrap(), 5)
}

fn adapters(targets: &[&str]) -> Lora {
    Lora {
        rank: 2,
        alpha: 4.0,
        targets: targets.iter().map(|t| (*t).to_owned()).collect(),
    }
}

fn config(steps: u64, learning_rate: f64) -> TrainConfig {
    TrainConfig {
        steps,
        batch_size: 2,
        learning_rate,
        final_rate: 0.1,
        warmup_steps: 2,
        weight_decay: 0.0,
        clip_norm: 1.0,
        seed: 1,
    }
}

fn logits(model: &Model) -> Vec<f32> {
    model
        .prefill_all(&mut model.new_state(), &tokens(40, 23, 8))
        .unwrap()
}

#[test]
fn a_short_text_is_computed_as_softmax_would() {
    // Inside the window LoLCATs has no linear part: the softmax model's numbers come out.
    let model = llama();
    let wide = linearise(&model, Method::Lolcats, 40).unwrap();
    let worst = |a: &[f32], b: &[f32]| {
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max)
    };
    assert!(worst(&logits(&wide), &logits(&model)) < 1e-4);
    let narrow = linearise(&model, Method::Lolcats, 4).unwrap();
    assert!(worst(&logits(&narrow), &logits(&model)) > 1e-3);
    let twice = linearise(&wide, Method::Liger, 8);
    assert!(matches!(twice, Err(ModelError::Request(_))));
}

#[test]
fn adapters_learn_alone_and_merge_into_the_weights() {
    let model = linearise(&llama(), Method::Liger, 6).unwrap();
    let lora = adapters(&["q_proj", "v_proj"]);
    let adapted = lora::add(&model, &lora, 3).unwrap();
    assert_eq!(
        logits(&adapted),
        logits(&model),
        "adapters start as nothing"
    );
    assert!(lora::add(&model, &adapters(&["no_proj"]), 3).is_err());

    let examples = windows(&tokens(120, 23, 2), 30);
    let mut run = Trainer::new(adapted, config(20, 0.03), examples).unwrap();
    let mut losses = Vec::new();
    run.run(|_, p| losses.push(p.loss)).unwrap();
    assert!(
        losses[18] + losses[19] < losses[0] + losses[1],
        "{losses:?}"
    );
    let tuned = run.model();
    let merged = lora::merge(tuned).unwrap();
    assert_eq!(merged.params().specs(), model.params().specs());
    for (spec, (a, b)) in merged.params().specs().iter().zip(
        merged
            .params()
            .tensors()
            .iter()
            .zip(model.params().tensors()),
    ) {
        let adapted = spec.name.contains("q_proj") || spec.name.contains("v_proj");
        assert_eq!(a != b, adapted, "{}", spec.name);
    }
    let (a, b) = (logits(&merged), logits(tuned));
    let worst = a
        .iter()
        .zip(&b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst < 1e-4, "{worst}");
}

fn batch() -> Batch {
    Batch {
        tokens: tokens(60, 23, 4),
        lengths: vec![35, 25],
        targets: Vec::new(),
    }
}

#[test]
fn transfers_gradients_agree_with_differences_in_f64() {
    let linear = linearise(&llama(), Method::Lolcats, 5).unwrap();
    let mut model: Model<f64> = distil::prepare(&linear).unwrap().cast();
    let batch = batch();
    let specs = model.params().specs().clone();
    let mut grads = Params::trained(specs.clone());
    model.transfer_and_gradients(&batch, &mut grads).unwrap();
    let mut largest = 0.0_f64;
    for (i, spec) in specs.iter().enumerate().filter(|(_, s)| s.trainable) {
        for at in [0, spec.len() / 2, spec.len() - 1] {
            let mut moved = |by: f64| {
                model.update(|p| p.tensors_mut()[i][at] += by);
                let mut unused = Params::trained(specs.clone());
                let loss = model.transfer_and_gradients(&batch, &mut unused).unwrap();
                model.update(|p| p.tensors_mut()[i][at] -= by);
                loss
            };
            let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            let found = grads.tensors()[i][at];
            largest = largest.max(found.abs());
            let error = (found - expected).abs();
            assert!(
                error <= 1e-4 * expected.abs().max(1e-6),
                "{} at {at}: {found}, differences say {expected}",
                spec.name
            );
        }
    }
    assert!(largest > 1e-5, "nothing to compare: {largest}");
}

#[test]
fn transfer_brings_the_layers_nearer_to_softmax() {
    let linear = linearise(&llama(), Method::Lolcats, 5).unwrap();
    let prepared = distil::prepare(&linear).unwrap();
    let examples = windows(&tokens(160, 23, 2), 40);
    let run = Trainer::new(prepared, config(60, 0.05), examples).unwrap();
    let mut run = run.with_objective(Objective::AttentionTransfer);
    let mut losses = Vec::new();
    run.run(|_, p| losses.push(p.loss)).unwrap();
    assert!(losses[59] < 0.7 * losses[0], "{losses:?}");
    let learnt = distil::restore(run.model()).unwrap();
    for (spec, (a, b)) in learnt.params().specs().iter().zip(
        learnt
            .params()
            .tensors()
            .iter()
            .zip(linear.params().tensors()),
    ) {
        let new = spec.name.contains("feature_map") || spec.name.contains("window_factors");
        assert_eq!(a != b, new, "{}", spec.name);
    }
}

/// A tokenizer of words `w0`, `w1`, …
fn tokenizer() -> Vec<u8> {
    let vocab: serde_json::Map<String, serde_json::Value> =
        (0..23).map(|i| (format!("w{i}"), json!(i))).collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null,
        "decoder": null, "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "w0"}
    })
    .to_string()
    .into_bytes()
}

fn text(seed: u64) -> String {
    let words = tokens(200, 23, seed);
    words.iter().map(|t| format!("w{t} ")).collect()
}

fn run(
    out: &std::path::Path,
    method: Method,
    steps: u64,
    stop_after: usize,
) -> Result<End, ModelError> {
    let settings = Settings {
        method,
        window: 6,
        transfer: Stage {
            steps: 4,
            learning_rate: 0.05,
        },
        tuning: Stage {
            steps,
            learning_rate: 0.01,
        },
        rank: 2,
        alpha: 4.0,
        targets: vec!["q_proj".into(), "k_proj".into()],
        length: 40,
        batch_size: 2,
        seed: 1,
    };
    let made = std::cell::Cell::new(0);
    let source = Source {
        model: llama(),
        tokenizer: tokenizer(),
        chat: vec![("chat_template.jinja", b"{{ messages }}".to_vec())],
    };
    let job = Job {
        source,
        out,
        settings,
        text: &text(1),
        evaluation: &text(2),
        stop: &|| made.get() >= stop_after,
        report: &mut |report| {
            if matches!(report, Report::Step { .. }) {
                made.set(made.get() + 1);
            }
        },
    };
    job.run()
}

#[test]
fn an_interrupted_job_ends_as_an_uninterrupted_one() {
    for method in [Method::Liger, Method::Lolcats] {
        let dir = tempfile::tempdir().unwrap();
        let (straight, broken) = (dir.path().join("straight"), dir.path().join("broken"));
        let End::Done(measures) = run(&straight, method, 5, usize::MAX).unwrap() else {
            panic!("nobody stopped it");
        };
        assert_eq!(measures.last().unwrap().point, Point::Tuned);
        assert!(
            measures
                .iter()
                .all(|m| m.perplexity.is_finite() && m.tokens > 150)
        );
        let last = measures.last().unwrap();
        assert!(
            last.state_bytes * 10 < measures[0].state_bytes,
            "{measures:?}"
        );
        assert_eq!(run(&broken, method, 5, 2).unwrap(), End::Interrupted);
        assert!(!broken.join("config.json").exists());
        let error = run(&broken, method, 6, 2).unwrap_err();
        assert!(error.to_string().contains("other settings"), "{error}");
        assert_eq!(run(&broken, method, 5, 2).unwrap(), End::Interrupted);
        assert_eq!(
            run(&broken, method, 5, usize::MAX).unwrap(),
            End::Done(measures)
        );
        let (a, b) = (
            Model::load(&straight).unwrap(),
            Model::load(&broken).unwrap(),
        );
        assert_eq!(a.params().tensors(), b.params().tensors());
        assert!(!broken.join("unfinished").exists());
    }
}

#[test]
fn what_is_no_source_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("model.gguf");
    let reading = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        Source::read(&file).unwrap_err()
    };
    for bytes in [
        b"".as_slice(),
        b"GGUF",
        b"nonsense",
        b"GGUF\x03\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f\0",
    ] {
        let error = reading(bytes);
        assert!(matches!(error, ModelError::Damaged { .. }), "{error}");
    }
    // A file in good order without a model in it.
    let error = reading(b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    assert!(
        error.to_string().contains("general.architecture"),
        "{error}"
    );
    assert!(matches!(
        Source::read(&dir.path().join("none")),
        Err(ModelError::Io { .. })
    ));
}
