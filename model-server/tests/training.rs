//! Training: a small task is learnt, a checkpoint continues bit for bit, data and settings are checked.

#![expect(clippy::unwrap_used, reason = "tests outside of test functions")]

use lakatos_model_server::model::tokenizer::Tokenizer;
use lakatos_model_server::train::data::{Example, order, read_pairs, read_rows};
use lakatos_model_server::train::{TrainConfig, Trainer, evaluate};
use lakatos_model_server::{Model, ModelConfig};
use serde_json::json;

/// Recall: the prompt is three letters and a separator, the completion the first of the letters.
fn recall(count: usize, seed: u64) -> Vec<Example> {
    let example = |i: usize| {
        // Numbers that look random: the bits of a multiplicative hash.
        let hash = (seed + i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        let letter = |n: u32| (hash / 6_u64.pow(n) % 6) as u32;
        Example::new(&[letter(0), letter(1), letter(2), 6], &[letter(0), 7]).unwrap()
    };
    (0..count).map(example).collect()
}

fn model(model_type: &str) -> Model {
    let config = json!({
        "model_type": model_type, "hidden_size": 48, "num_hidden_layers": 2, "vocab_size": 8,
        "intermediate_size": 96, "num_heads": 2, "head_dim": 16, "expand_v": 1.0, "expand_k": 1.0,
        "use_short_conv": true, "tie_word_embeddings": false
    });
    Model::random(ModelConfig::from_json(config).unwrap(), 1)
}

fn config(steps: u64) -> TrainConfig {
    TrainConfig {
        steps,
        batch_size: 64,
        learning_rate: 5e-3,
        final_rate: 0.1,
        warmup_steps: 10,
        weight_decay: 0.01,
        clip_norm: 1.0,
        seed: 3,
    }
}

#[test]
fn a_hundred_steps_learn_to_recall() {
    // Held-out examples are strings that training does not contain.
    let unseen = |e: &Example| (e.tokens[0] * 36 + e.tokens[1] * 6 + e.tokens[2]) % 11 == 3;
    let (mut held_out, training): (Vec<_>, Vec<_>) = recall(3000, 0).into_iter().partition(unseen);
    held_out.truncate(50);
    assert_eq!(held_out.len(), 50);
    for kind in ["gla", "gated_deltanet"] {
        let mut run = Trainer::new(model(kind), config(100), training.clone()).unwrap();
        let before = run.validate(&held_out).unwrap();
        let mut reports = 0;
        run.run(|_, progress| {
            reports += 1;
            assert!(progress.tokens == 64 * 6 && progress.tokens_per_second > 0.0);
        })
        .unwrap();
        let after = run.validate(&held_out).unwrap();
        assert_eq!(reports, 100);
        assert!(
            before.exact_match < 0.2,
            "{kind} knew it before: {before:?}"
        );
        assert!(after.exact_match >= 0.8, "{kind}: {after:?}");
        let plot = run.plot();
        assert!(plot.starts_with("<svg") && plot.contains("validation loss"));
    }
}

/// Associative recall: three pairs of a key (0 to 3) and a value (4 to 7), all keys different, then one of the keys; the
/// completion is its value. The pair asked for lies before what a short convolution reaches from the end.
fn associations(count: usize, seed: u64) -> Vec<Example> {
    let example = |i: usize| {
        let hash = (seed + i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
        let draw = |place: u32, of: u64| (hash / 4_u64.pow(place) % of) as u32;
        let missing = draw(0, 4);
        let mut keys: Vec<u32> = (0..4).filter(|k| *k != missing).collect();
        keys.rotate_left(draw(1, 3) as usize);
        let pairs: Vec<u32> = (0..3)
            .flat_map(|p| [keys[p], 4 + draw(2 + p as u32, 4)])
            .collect();
        let asked = draw(6, 2) as usize;
        let prompt = [pairs.as_slice(), &pairs[2 * asked..=2 * asked]].concat();
        Example::new(&prompt, &pairs[2 * asked + 1..=2 * asked + 1]).unwrap()
    };
    (0..count).map(example).collect()
}

#[test]
fn linear_mixers_learn_to_associate() {
    let unseen = |e: &Example| (e.tokens[1] * 16 + e.tokens[3] * 4 + e.tokens[5]) % 9 == 2;
    let (mut held_out, training): (Vec<_>, Vec<_>) =
        associations(6000, 0).into_iter().partition(unseen);
    held_out.truncate(100);
    assert_eq!(held_out.len(), 100);
    for kind in ["gla", "gated_deltanet"] {
        let mut run = Trainer::new(model(kind), config(250), training.clone()).unwrap();
        run.run(|_, _| ()).unwrap();
        let after = run.validate(&held_out).unwrap();
        // Guessing among the values of a prompt gets at most about a half.
        assert!(after.exact_match >= 0.9, "{kind}: {after:?}");
    }
}

#[test]
fn a_resumed_run_continues_bit_for_bit() {
    let examples = recall(50, 0);
    let mut straight = Trainer::new(model("gla"), config(8), examples.clone()).unwrap();
    straight.run(|_, _| ()).unwrap();
    let mut first = Trainer::new(model("gla"), config(8), examples.clone()).unwrap();
    for _ in 0..3 {
        first.step().unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    first.save(dir.path()).unwrap();
    drop(first);
    let mut second = Trainer::resume(dir.path(), examples.clone()).unwrap();
    assert_eq!(second.steps_made(), 3);
    second.run(|_, _| ()).unwrap();
    let bits = |run: &Trainer| -> Vec<u32> {
        run.model()
            .params()
            .tensors()
            .iter()
            .flatten()
            .map(|x| x.to_bits())
            .collect()
    };
    assert_eq!(bits(&second), bits(&straight));
    assert_eq!(second.plot(), straight.plot());
    let error = Trainer::resume(dir.path(), examples[1..].to_vec()).unwrap_err();
    assert!(
        error.to_string().contains("not those of the checkpoint"),
        "{error}"
    );
}

#[test]
fn the_learning_rate_warms_up_and_decays() {
    let config = TrainConfig {
        learning_rate: 1.0,
        ..config(110)
    };
    assert!((config.rate(1) - 0.1).abs() < 1e-12 && (config.rate(10) - 1.0).abs() < 1e-12);
    assert!((config.rate(60) - 0.55).abs() < 1e-12 && (config.rate(110) - 0.1).abs() < 1e-12);
    let mut seen = order(10, 1, 0);
    assert_ne!(seen, order(10, 1, 1));
    seen.sort_unstable();
    assert_eq!(seen, (0..10).collect::<Vec<_>>());
}

/// A tokenizer of single words.
fn tokenizer(words: &[&str]) -> Vec<u8> {
    let vocab: serde_json::Map<String, serde_json::Value> = words
        .iter()
        .enumerate()
        .map(|(i, w)| (w.to_string(), json!(i)))
        .collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null,
        "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "?"}
    })
    .to_string()
    .into_bytes()
}

#[test]
fn rows_are_read_and_what_is_wrong_is_said() {
    let words = ["?", "a", "b", "c", "d", "e", "f", "g"];
    let model = model("gla");
    let good = Tokenizer::from_bytes(&tokenizer(&words), model.config()).unwrap();
    let more: Vec<&str> = words.iter().copied().chain(["h"]).collect();
    let error = Tokenizer::from_bytes(&tokenizer(&more), model.config()).unwrap_err();
    assert!(error.to_string().contains("token 8"), "{error}");
    assert!(Tokenizer::from_bytes(b"{}", model.config()).is_err());
    assert_eq!(
        good.decode(&good.encode("c a b").unwrap()).unwrap(),
        "c a b"
    );

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.jsonl");
    let rows = |text: &str| {
        std::fs::write(&path, text).unwrap();
        read_pairs(&path, &good, Some(7), 6)
    };
    let read = rows(
        "{\"prompt\": \"a b\", \"completion\": \"c\"}\n\n{\"prompt\": \"a a a a a a\", \"completion\": \"b\"}\n",
    );
    let read = read.unwrap();
    assert_eq!(
        read.examples,
        [Example {
            tokens: vec![1, 2, 3, 7],
            prompt: 2
        }]
    );
    assert_eq!(read.too_long, 1);
    let error = rows("{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"prompt\": 3}\n").unwrap_err();
    assert!(error.to_string().contains("rows.jsonl:2:"), "{error}");
    assert!(rows("{\"prompt\": \"\", \"completion\": \"b\"}\n").is_err());
}

#[test]
fn a_diverging_run_says_so_and_keeps_its_model() {
    let mut broken = model("gla");
    broken.update(|p| p.tensors_mut()[0].iter_mut().for_each(|x| *x = f32::NAN));
    let mut run = Trainer::new(broken, config(3), recall(40, 0)).unwrap();
    assert!(run.step().unwrap_err().to_string().contains("not finite"));
    assert_eq!(run.steps_made(), 0);
    assert!(Trainer::new(model("gla"), config(3), vec![]).is_err());
    let bad = TrainConfig {
        learning_rate: f64::NAN,
        ..config(3)
    };
    assert!(Trainer::new(model("gla"), bad, recall(4, 0)).is_err());
    assert_eq!(evaluate(&model("gla"), &[]).unwrap().exact_match, 0.0);
}

#[test]
fn pairs_are_read_from_parquet_as_from_json_lines() {
    use parquet::data_type::{ByteArray, ByteArrayType};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    let dir = tempfile::tempdir().unwrap();
    let (json, table) = (dir.path().join("p.jsonl"), dir.path().join("p.parquet"));
    let pairs = [("⊢ 1 = 1", "rfl"), ("h : p\n⊢ p", "exact h")];
    let lines: Vec<String> = pairs
        .iter()
        .map(|(p, c)| json!({"prompt": p, "completion": c, "n": 1}).to_string())
        .collect();
    std::fs::write(&json, lines.join("\n")).unwrap();
    let schema =
        "message pairs { required binary prompt (UTF8); required binary completion (UTF8); }";
    let schema = std::sync::Arc::new(parse_message_type(schema).unwrap());
    let file = std::fs::File::create(&table).unwrap();
    let properties = std::sync::Arc::new(WriterProperties::default());
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for texts in [pairs.map(|p| p.0), pairs.map(|p| p.1)] {
        let mut column = group.next_column().unwrap().unwrap();
        let values = texts.map(ByteArray::from);
        column
            .typed::<ByteArrayType>()
            .write_batch(&values, None, None)
            .unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    let rows = read_rows(&table).unwrap();
    assert_eq!(rows, read_rows(&json).unwrap());
    assert_eq!(rows[1].completion, "exact h");
    std::fs::write(&table, "PAR1 no table").unwrap();
    assert!(read_rows(&table).is_err());
}
