//! What a step of training makes smaller, and attention transfer (LoLCATs, arXiv 2410.10254, section 3.2): every linear layer
//! learns to give what softmax attention gives on the same inputs, which are the softmax model's.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::ModelError;
use crate::layers::params::Params;
use crate::model::{Batch, Model};

/// The objective of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Cross-entropy of the targets.
    #[default]
    NextToken,
    /// The mean squared error of the heads' outputs, averaged over layers.
    AttentionTransfer,
}

impl Objective {
    /// The loss of a batch; its gradients are added.
    pub(super) fn loss(
        self,
        model: &Model,
        batch: &Batch,
        grads: &mut Params<f32>,
    ) -> Result<f64, ModelError> {
        match self {
            Self::NextToken => Ok(model.loss_and_gradients(batch, grads)?.mean()),
            Self::AttentionTransfer => model.transfer_and_gradients(batch, grads),
        }
    }
}

/// The model of which only what LoLCATs adds is trained, for [`Objective::AttentionTransfer`].
///
/// # Errors
/// A model without such layers.
pub fn prepare(model: &Model) -> Result<Model, ModelError> {
    let words = json!(["feature_map_", "window_factors"]);
    let prepared = model.config().with([("trainable", words)])?;
    let prepared = crate::convert::linearise::transplant(model, prepared, 0);
    if prepared.params().specs().iter().any(|s| s.trainable) {
        return Ok(prepared);
    }
    Err(ModelError::Training(
        "the model has no layers that learn features".into(),
    ))
}

/// The model that [`prepare`] was given, with what it has learnt.
///
/// # Errors
/// A configuration that cannot be read back.
pub fn restore(model: &Model) -> Result<Model, ModelError> {
    let config = model.config().with([("trainable", json!(null))])?;
    Ok(crate::convert::linearise::transplant(model, config, 0))
}
