//! Logits against those of `golden/make.py`: the published equations in f64 NumPy.

#![expect(clippy::unwrap_used, reason = "tests outside of test functions")]

use std::path::Path;

use lakatos_model_server::Model;

fn check(kind: &str) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(kind);
    let model = Model::load(&dir).unwrap();
    let text = std::fs::read_to_string(dir.join("logits.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&text).unwrap();
    let tokens: Vec<u32> = serde_json::from_value(golden["tokens"].clone()).unwrap();
    let expected: Vec<Vec<f64>> = serde_json::from_value(golden["logits"].clone()).unwrap();
    let expected: Vec<f64> = expected.into_iter().flatten().collect();
    let mut state = model.new_state();
    let prefill = model.prefill_all(&mut state, &tokens).unwrap();
    let mut state = model.new_state();
    let step = |t: &u32| model.decode(&mut [&mut state], &[*t]).unwrap();
    let decode: Vec<f32> = tokens.iter().flat_map(step).collect();
    for (form, found) in [("prefill", prefill), ("decode", decode)] {
        assert_eq!(found.len(), expected.len());
        let difference = |(a, b): (&f32, &f64)| (f64::from(*a) - b).abs();
        let worst = found
            .iter()
            .zip(&expected)
            .map(difference)
            .fold(0.0, f64::max);
        assert!(worst <= 1e-4, "{kind}, {form}: {worst}");
    }
    assert!(
        expected.iter().any(|x| x.abs() > 0.5),
        "{kind}: nothing to compare"
    );
}

macro_rules! golden {
    ($($kind:ident),+) => {
        $(#[test]
        fn $kind() {
            check(stringify!($kind));
        })+
    };
}

golden!(
    gla,
    gla_hybrid,
    delta_net,
    gated_deltanet,
    lightning,
    mom,
    llama,
    liger,
    lolcats
);
