//! Linear attention with constant decays (Lightning Attention-2, arXiv 2401.04658; TransNormerLLM, arXiv 2307.14995):
//! q = silu(W_q x), k = silu(W_k x), v = W_v x, one decay a head, then the output of GLA: normalised heads, gated by
//! silu(W_g x). (TransNormerLLM gates without silu and normalises without a weight.)
//!
//! The log-decay of head h in layer l of L is -(8/H)(1 - l/L) h. It is stored as `slopes` and not trained.

use super::frame::{self, Frame};
use super::linear::projections;
use super::mixer;
use super::output::Output;
use super::params::{Declare, Init, ParamId, Params};
use super::recurrent::{Recurrent, Sizes};
use super::{Ctx, LayerState, Segments, activation};
use crate::kernels::lightning::Gates;
use crate::real::Real;

/// Sizes of the layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Heads.
    pub heads: usize,
    /// Channels of a key head.
    pub key: usize,
    /// Channels of a value head.
    pub value: usize,
    /// Whether the output is gated.
    pub use_output_gate: bool,
}

/// The layer.
#[derive(Clone, Debug)]
pub struct Lightning {
    frame: Frame,
    slopes: ParamId,
}

/// What the backward pass needs.
pub type Saved<T> = frame::Saved<T>;

impl Lightning {
    /// Declares the layer's tensors under `name`; it is layer `index` of `model.depth`.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        config: &Config,
        model: mixer::Sizes,
        index: usize,
    ) -> Self {
        let heads = config.heads;
        let sizes = Sizes {
            heads,
            groups: [1; 3],
            key: config.key,
            value: config.value,
            unit: false,
            activation: activation::Sizes {
                conv_size: None,
                conv_bias: false,
                silu: [true, true, false],
            },
        };
        let share = 1.0 - index as f64 / model.depth as f64;
        let slope = |h: usize| -(8.0 / heads as f64) * share * h as f64;
        let slopes = Init::Values((0..heads).map(slope).collect());
        let projections = projections(declare, name, model.width, sizes.channels());
        Self {
            slopes: declare.constant(format!("{name}.slopes"), &[heads], slopes),
            frame: Frame {
                projections,
                recurrent: Recurrent::new(declare, name, sizes),
                output: Output::new(
                    declare,
                    name,
                    "o_norm",
                    config.use_output_gate,
                    model,
                    sizes,
                ),
            },
        }
    }

    /// The state before the first token.
    pub fn new_state<T: Real>(&self) -> LayerState<T> {
        self.frame.new_state()
    }

    /// x `[rows, width]` → the same shape; advances the states.
    pub fn forward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: Vec<T>,
        segments: &Segments,
        states: &mut [&mut LayerState<T>],
        save: bool,
    ) -> (Vec<T>, Option<Saved<T>>) {
        let gates = self.gates(ctx, segments);
        self.frame.forward(ctx, x, gates, segments, states, save)
    }

    /// The gradient of x.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        saved: Saved<T>,
        segments: &Segments,
        d_y: &[T],
        grads: &mut Params<T>,
    ) -> Vec<T> {
        let gates = self.gates(ctx, segments);
        let gates = (
            gates,
            vec![(); self.frame.recurrent.heads() * segments.ranges.len()],
        );
        let mut back = self.frame.backward(ctx, saved, gates, segments, d_y, grads);
        self.frame.project_backward(ctx, &mut back, grads);
        back.d_x
    }

    /// Of every (head, sequence).
    fn gates<T: Real>(&self, ctx: &Ctx<'_, T>, segments: &Segments) -> Vec<Gates<T>> {
        let of = |g: &T| vec![Gates { g: *g }; segments.ranges.len()];
        ctx.get(self.slopes).iter().flat_map(of).collect()
    }
}
