//! A Llama with linear mixers in place of softmax. Every weight is kept; LoLCATs adds its features and window factors.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::ModelError;
use crate::layers::mixer;
use crate::layers::params::Params;
use crate::model::config::{LIGER, LOLCATS};
use crate::model::{Model, ModelConfig, specs};

/// How softmax is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Gated recurrence driven by the layer's own projections (arXiv 2503.01496).
    Liger,
    /// Linear attention with learnt features (arXiv 2410.10254).
    Lolcats,
}

/// The linearised model, before any training.
///
/// # Errors
/// A model whose layers are not all softmax attention without a window.
pub fn linearise(model: &Model, method: Method, window: usize) -> Result<Model, ModelError> {
    let softmax = |l: &mixer::Config| matches!(l, mixer::Config::Attention(a) if a.window_size.is_none() && !a.qkv_bias);
    if !model.config().layers.iter().all(softmax) {
        return Err(ModelError::Request(
            "only a Llama whose layers are softmax attention can be linearised".into(),
        ));
    }
    let name = match method {
        Method::Liger => LIGER,
        Method::Lolcats => LOLCATS,
    };
    let config = model.config().with([
        ("model_type", json!(name)),
        ("window_size", json!(window)),
        ("architectures", Value::Null),
    ])?;
    Ok(transplant(model, config, 0))
}

/// A model of another configuration that takes over every tensor of the same name and shape; others start from the seed.
pub(crate) fn transplant(model: &Model, config: ModelConfig, seed: u64) -> Model {
    let mut params = Params::random(specs(&config), seed);
    let old = model.params();
    let known: std::collections::HashMap<&str, (usize, &[usize])> = old
        .specs()
        .iter()
        .enumerate()
        .map(|(i, s)| (s.name.as_str(), (i, s.shape.as_slice())))
        .collect();
    let specs = params.specs().clone();
    for (spec, tensor) in specs.iter().zip(params.tensors_mut()) {
        if let Some((i, shape)) = known.get(spec.name.as_str())
            && *shape == spec.shape
        {
            tensor.copy_from_slice(&old.tensors()[*i]);
        }
    }
    Model::with_params(config, params)
}
