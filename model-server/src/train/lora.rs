//! Low-rank adapters (LoRA, Hu et al., arXiv 2106.09685): a model gets them before fine-tuning and takes them up after it.
//! While it has them, nothing else is trained.

use serde_json::{Value, json};

use crate::convert::linearise::transplant;
use crate::error::ModelError;
use crate::kernels::matmul::{Mat, MatMut, Threads, product};
use crate::layers::params::Lora;
use crate::model::Model;

/// The model with adapters that do nothing yet.
///
/// # Errors
/// A rank of 0, or targets of which the model has none.
pub fn add(model: &Model, lora: &Lora, seed: u64) -> Result<Model, ModelError> {
    let fields = json!({"rank": lora.rank, "alpha": lora.alpha, "targets": lora.targets});
    let config = model
        .config()
        .with([("lora", fields), ("trainable", json!(["lora_"]))])?;
    let adapted = transplant(model, config, seed);
    if adapted.params().specs().iter().any(|s| s.trainable) {
        return Ok(adapted);
    }
    Err(ModelError::Training(format!(
        "the model has none of the projections {:?}",
        lora.targets
    )))
}

/// The model with W + (alpha / rank) B A in place of each adapted W, and no adapters.
///
/// # Errors
/// A configuration that cannot be read back.
pub fn merge(model: &Model) -> Result<Model, ModelError> {
    let Some(lora) = &model.config().lora else {
        return Ok(model.clone());
    };
    let config = model
        .config()
        .with([("lora", Value::Null), ("trainable", Value::Null)])?;
    let mut merged = transplant(model, config, 0);
    let old = model.params();
    let tensor = |name: String| {
        let at = old.specs().iter().position(|s| s.name == name)?;
        Some(old.tensors()[at].as_slice())
    };
    let scale = (lora.alpha / lora.rank as f64) as f32;
    let specs = merged.params().specs().clone();
    merged.update(|params| {
        for (spec, weight) in specs.iter().zip(params.tensors_mut()) {
            let (Some(name), [outputs, inputs]) =
                (spec.name.strip_suffix(".weight"), spec.shape.as_slice())
            else {
                continue;
            };
            let part = |what: &str| tensor(format!("{name}.lora_{what}.weight"));
            let (Some(a), Some(b)) = (part("A"), part("B")) else {
                continue;
            };
            let a = Mat::new(a, lora.rank, *inputs);
            let b = Mat::new(b, *outputs, lora.rank);
            let w = MatMut::new(weight, *outputs, *inputs);
            product(w, true, scale, b, a, Threads::All);
        }
    });
    Ok(merged)
}
