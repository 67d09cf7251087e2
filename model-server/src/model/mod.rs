//! A model: configuration, weights, and the passes over all layers.
//!
//! [`Model::prefill`] reads many tokens of one sequence (chunkwise), [`Model::decode`] one token of each of many
//! (recurrent); [`Model::loss_and_gradients`] is for training. [`load`] reads and writes checkpoints.

pub mod chat_template;
pub mod config;
mod decode_pass;
pub mod load;
pub mod tokenizer;
pub mod tokenizer_train;
mod train_pass;
mod transfer_pass;

use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::error::ModelError;
use crate::kernels::int8;
use crate::layers::linear::Linear;
use crate::layers::mixer::{Mixer, Sizes};
use crate::layers::mlp::Mlp;
use crate::layers::norm::Norm;
use crate::layers::params::{Declare, Init, ParamId, Params, Spec};
use crate::layers::{Ctx, LayerState, Mode, Segments};
use crate::real::Real;
use crate::state::{State, WeightsId};
pub use config::{ModelConfig, Naming};
pub use train_pass::{Batch, LossSum};

/// One layer: x + mixer(norm x), then x + mlp(norm x).
#[derive(Clone, Debug)]
struct Block {
    mixer_norm: Norm,
    mixer: Mixer,
    mlp_norm: Norm,
    mlp: Mlp,
}

/// A language model. Cloning shares nothing but is only needed for tests; servers share one behind an [`Arc`].
#[derive(Clone, Debug)]
pub struct Model<T = f32> {
    config: ModelConfig,
    embeddings: ParamId,
    blocks: Vec<Block>,
    norm: Norm,
    head: Linear,
    params: Params<T>,
    int8: Option<Vec<Option<int8::Matrix>>>,
    weights: WeightsId,
}

/// The untrained parts of a model, and its tensors.
fn declare(config: &ModelConfig) -> (ParamId, Vec<Block>, Norm, Linear, Arc<[Spec]>) {
    let mut declare = Declare::new(config.lora.clone(), config.trainable.clone());
    let (width, depth) = (config.hidden_size, config.layers.len());
    let sizes = Sizes {
        width,
        depth,
        eps: config.norm_eps,
    };
    let (embeddings, mixer_norm, mixer, mlp_norm) = match config.naming {
        Naming::Fla => ("model.embeddings", "attn_norm", "attn", "mlp_norm"),
        Naming::Llama => (
            "model.embed_tokens",
            "input_layernorm",
            "self_attn",
            "post_attention_layernorm",
        ),
    };
    let vocab = config.vocab_size;
    let table = declare.add(
        format!("{embeddings}.weight"),
        &[vocab, width],
        Init::Normal(0.02),
    );
    let new_norm = |declare: &mut Declare, name: &str| {
        Norm::new(declare, name, config.norm, width, config.norm_eps)
    };
    let blocks = config
        .layers
        .iter()
        .enumerate()
        .map(|(i, layer)| {
            let name = format!("model.layers.{i}");
            Block {
                mixer_norm: new_norm(&mut declare, &format!("{name}.{mixer_norm}")),
                mixer: Mixer::new(&mut declare, &format!("{name}.{mixer}"), layer, sizes, i),
                mlp_norm: new_norm(&mut declare, &format!("{name}.{mlp_norm}")),
                mlp: Mlp::new(
                    &mut declare,
                    &format!("{name}.mlp"),
                    width,
                    config.intermediate_size,
                    depth,
                ),
            }
        })
        .collect();
    let norm = new_norm(&mut declare, "model.norm");
    let head = if config.tie_word_embeddings {
        Linear::tied(table, width, vocab)
    } else {
        Linear::new(&mut declare, "lm_head", width, vocab, false)
    };
    (table, blocks, norm, head, declare.finish())
}

/// The tensors of a configuration.
pub fn specs(config: &ModelConfig) -> Arc<[Spec]> {
    declare(config).4
}

impl<T: Real> Model<T> {
    /// A model with random weights: the start of training. The same seed gives the same weights.
    pub fn random(config: ModelConfig, seed: u64) -> Self {
        let specs = specs(&config);
        Self::with_params(config, Params::random(specs, seed))
    }

    /// A model with these weights, which must be of this configuration's [`specs`].
    pub(crate) fn with_params(config: ModelConfig, params: Params<T>) -> Self {
        let (embeddings, blocks, norm, head, _) = declare(&config);
        let weights = identify(&params);
        Self {
            config,
            embeddings,
            blocks,
            norm,
            head,
            params,
            int8: None,
            weights,
        }
    }

    /// The configuration.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The weights.
    pub fn params(&self) -> &Params<T> {
        &self.params
    }

    /// Changes the weights. States made before are refused afterwards, and 8-bit copies are dropped.
    pub fn update(&mut self, change: impl FnOnce(&mut Params<T>)) {
        change(&mut self.params);
        self.int8 = None;
        self.weights = self
            .weights
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .wrapping_add(1);
    }

    /// Identifies the weights.
    pub fn weights_id(&self) -> WeightsId {
        self.weights
    }

    /// The same model in another precision.
    pub fn cast<U: Real>(&self) -> Model<U> {
        Model::with_params(self.config.clone(), self.params.cast())
    }

    /// Uses 8-bit copies of the large matrices that multiply activations. The embedding as a table, norms, convolutions and what
    /// makes gates' logits, decays and routes stay as they are, and so do the full weights, for training and saving.
    pub fn quantise(&mut self) {
        let head = self.head.weight();
        let specs = self.params.specs();
        let quantised =
            specs
                .iter()
                .zip(self.params.tensors())
                .enumerate()
                .map(|(i, (spec, data))| {
                    let [outputs, inputs] = spec.shape[..] else {
                        return None;
                    };
                    (spec.quantisable || i == head.index()).then(|| {
                        let data: Vec<f32> = data.iter().map(|x| x.to_f64() as f32).collect();
                        int8::Matrix::quantise(&data, outputs, inputs)
                    })
                });
        self.int8 = Some(quantised.collect());
        self.weights = self.weights.wrapping_add(1);
    }

    /// Bytes of the 8-bit copies; 0 without them.
    pub fn quantised_bytes(&self) -> usize {
        let matrices = self.int8.iter().flatten().flatten();
        matrices.map(int8::Matrix::bytes).sum()
    }

    /// The state before the first token.
    pub fn new_state(&self) -> State<T> {
        State {
            layers: self
                .blocks
                .iter()
                .map(|b| Arc::new(b.mixer.new_state()))
                .collect(),
            position: 0,
            weights: self.weights,
        }
    }

    fn ctx(&self, mode: Mode) -> Ctx<'_, T> {
        Ctx {
            params: &self.params,
            int8: self.int8.as_deref(),
            member: None,
            mode,
        }
    }

    fn check_tokens(&self, tokens: &[u32]) -> Result<(), ModelError> {
        let vocab_size = self.config.vocab_size;
        match tokens.iter().find(|t| **t as usize >= vocab_size) {
            Some(token) => Err(ModelError::TokenOutside {
                token: *token,
                vocab_size,
            }),
            None => Ok(()),
        }
    }

    fn embed(&self, tokens: &[u32]) -> Vec<T> {
        let width = self.config.hidden_size;
        let table = self.params.get(self.embeddings);
        let mut x = Vec::with_capacity(tokens.len() * width);
        for token in tokens {
            x.extend_from_slice(&table[*token as usize * width..][..width]);
        }
        x
    }

    /// Reads tokens of one sequence; returns the logits after the last, `[vocab_size]`.
    ///
    /// # Errors
    /// No tokens, a token outside the vocabulary, or a state of other weights.
    pub fn prefill(&self, state: &mut State<T>, tokens: &[u32]) -> Result<Vec<T>, ModelError> {
        let hidden = self.read(state, tokens)?;
        let last = hidden.len() - self.config.hidden_size;
        Ok(self.logits(&self.ctx(Mode::Decode), &hidden[last..]))
    }

    /// Reads tokens of one sequence; returns the logits after each, `[tokens, vocab_size]`: for scoring.
    ///
    /// # Errors
    /// As [`Model::prefill`].
    pub fn prefill_all(&self, state: &mut State<T>, tokens: &[u32]) -> Result<Vec<T>, ModelError> {
        let hidden = self.read(state, tokens)?;
        Ok(self.logits(&self.ctx(Mode::Fill), &hidden))
    }

    fn read(&self, state: &mut State<T>, tokens: &[u32]) -> Result<Vec<T>, ModelError> {
        if tokens.is_empty() {
            return Err(ModelError::Request("there are no tokens to read".into()));
        }
        self.check_tokens(tokens)?;
        if state.weights != self.weights {
            return Err(ModelError::ForeignState);
        }
        let segments = Segments::new([(tokens.len(), state.position)]);
        let x = self.embed(tokens);
        let hidden =
            in_pool(|| self.layers(&self.ctx(Mode::Fill), x, &segments, &mut [&mut *state]));
        state.position += tokens.len();
        Ok(hidden)
    }

    /// All layers, without the final norm. Layers' states are copied here when somebody else holds them too.
    fn layers(
        &self,
        ctx: &Ctx<'_, T>,
        mut x: Vec<T>,
        segments: &Segments,
        states: &mut [&mut State<T>],
    ) -> Vec<T> {
        for (i, block) in self.blocks.iter().enumerate() {
            let mut layer: Vec<&mut LayerState<T>> = states
                .iter_mut()
                .map(|s| Arc::make_mut(&mut s.layers[i]))
                .collect();
            let normed = block.mixer_norm.forward(ctx, &x);
            let (y, _) = block
                .mixer
                .forward(ctx, normed, segments, &mut layer, false);
            crate::kernels::vector::add_assign(&mut x, &y);
            let normed = block.mlp_norm.forward(ctx, &x);
            let (y, _) = block.mlp.forward(ctx, normed, false);
            crate::kernels::vector::add_assign(&mut x, &y);
        }
        x
    }

    fn logits(&self, ctx: &Ctx<'_, T>, hidden: &[T]) -> Vec<T> {
        self.head.forward(ctx, &self.norm.forward(ctx, hidden))
    }
}

/// Runs a pass on a thread of the pool, so that its many small parallel parts need not wake one each.
pub(crate) fn in_pool<R: Send>(pass: impl FnOnce() -> R + Send) -> R {
    rayon::scope(|_| pass())
}

/// Numbers that are hashed as one part.
const HASHED: usize = 1 << 20;

/// A number that other weights do not share: SHA-256 over all numbers in order, of which 64 bits are taken. Parts are
/// hashed on several threads, and their digests once more.
fn identify<T: Real>(params: &Params<T>) -> WeightsId {
    let parts: Vec<(usize, &[T])> = params
        .tensors()
        .iter()
        .enumerate()
        .flat_map(|(i, tensor)| tensor.chunks(HASHED).map(move |part| (i, part)))
        .collect();
    let digest = |(tensor, part): &(usize, &[T])| {
        let mut hasher = Sha256::new();
        hasher.update((*tensor as u64).to_le_bytes());
        let mut bytes = [0; 1024];
        for numbers in part.chunks(bytes.len() / 8) {
            for (out, x) in bytes.chunks_exact_mut(8).zip(numbers) {
                out.copy_from_slice(&x.to_f64().to_bits().to_le_bytes());
            }
            hasher.update(&bytes[..8 * numbers.len()]);
        }
        hasher.finalize()
    };
    let digests: Vec<_> = parts.par_iter().map(digest).collect();
    let whole = digests
        .iter()
        .fold(Sha256::new(), |all, part| all.chain_update(part))
        .finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&whole[..8]);
    u64::from_le_bytes(first)
}
