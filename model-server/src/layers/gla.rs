//! Gated linear attention (arXiv 2312.06635): q, k, v by projections, log-decays logσ(W₁ W₀ x + b) / 16 by a projection
//! of low rank, the recurrence of [`crate::kernels::gla`], and a normalised, gated output.

use std::ops::Range;

use super::frame::{self, Frame};
use super::linear::{Linear, projections};
use super::mixer;
use super::output::Output;
use super::params::{Declare, Params};
use super::recurrent::{Recurrent, Sizes};
use super::{Ctx, LayerState, Segments, activation, fill};
use crate::kernels::gla::Gates;
use crate::kernels::heads::{gather, scatter, split, split_mut};
use crate::kernels::vector::simd;
use crate::real::Real;

/// Sizes of the layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; a group of query heads shares one.
    pub kv_heads: usize,
    /// Channels of a key head.
    pub key: usize,
    /// Channels of a value head.
    pub value: usize,
    /// Whether the output is gated.
    pub use_output_gate: bool,
    /// Rank of the decays' projection.
    pub gate_low_rank_dim: usize,
    /// What logσ is divided by.
    pub gate_logit_normalizer: f64,
    /// Width of short convolutions of q, k, v; none: no convolutions.
    pub conv_size: Option<usize>,
}

/// The layer.
#[derive(Clone, Debug)]
pub struct Gla {
    frame: Frame,
    low: Linear,
    decay: Linear,
    /// Channels of a key head, and query heads that share one.
    key: usize,
    group: usize,
    normalizer: f64,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    frame: frame::Saved<T>,
    low: Vec<T>,
    /// Before logσ.
    logits: Vec<T>,
    g: Vec<T>,
}

impl Gla {
    /// Declares the layer's tensors under `name`; sizes were checked by the configuration.
    pub fn new(declare: &mut Declare, name: &str, config: &Config, model: mixer::Sizes) -> Self {
        let (width, rank, group) = (
            model.width,
            config.gate_low_rank_dim,
            config.heads / config.kv_heads,
        );
        let sizes = Sizes {
            heads: config.heads,
            groups: [1, group, group],
            key: config.key,
            value: config.value,
            unit: false,
            activation: activation::Sizes {
                conv_size: config.conv_size,
                conv_bias: false,
                silu: [false; 3],
            },
        };
        let recurrent = Recurrent::new(declare, name, sizes);
        let projections = projections(declare, name, width, sizes.channels());
        let low = Linear::precise(declare, &format!("{name}.gk_proj.0"), width, rank, false);
        let keys = config.kv_heads * config.key;
        let decay = Linear::precise(declare, &format!("{name}.gk_proj.1"), rank, keys, true);
        let gated = config.use_output_gate;
        let norm = if gated { "g_norm_swish_gate" } else { "g_norm" };
        Self {
            frame: Frame {
                projections,
                recurrent,
                output: Output::new(declare, name, norm, gated, model, sizes),
            },
            low,
            decay,
            key: config.key,
            group,
            normalizer: config.gate_logit_normalizer,
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
        let low = self.low.forward(ctx, &x);
        let logits = self.decay.forward(ctx, &low);
        let decays = log_sigmoid(&logits, self.normalizer);
        let g = gather(&decays, segments.rows(), self.key, self.group);
        let gates = gates(&g, self.key, segments.rows(), &segments.ranges);
        let (y, frame) = self.frame.forward(ctx, x, gates, segments, states, save);
        let saved = frame.map(|frame| Saved {
            frame,
            low,
            logits,
            g,
        });
        (y, saved)
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
        let Saved {
            frame,
            low,
            logits,
            g,
        } = saved;
        let (rows, ranges) = (segments.rows(), &segments.ranges);
        let mut d_g = vec![T::ZERO; g.len()];
        let d_gates = split_mut(&mut d_g, rows, self.key, ranges);
        let gates = (gates(&g, self.key, rows, ranges), d_gates);
        let mut back = self.frame.backward(ctx, frame, gates, segments, d_y, grads);
        let mut d_logits = scatter(&d_g, rows, self.key, self.group);
        let factor = T::from_f64(1.0 / self.normalizer);
        fill(&mut d_logits, 1, |from, out| {
            simd!(<T>(out: &mut [T], logits: &[T] = &logits[from..], factor: T) {
                for (o, z) in out.iter_mut().zip(logits) {
                    *o *= factor * (-*z).sigmoid();
                }
            });
        });
        let mut d_low = vec![T::ZERO; low.len()];
        self.decay.backward(ctx, &low, &d_logits, grads, &mut d_low);
        self.low
            .backward(ctx, &back.x, &d_low, grads, &mut back.d_x);
        self.frame.project_backward(ctx, &mut back, grads);
        back.d_x
    }
}

/// logσ(z) / normalizer.
pub(super) fn log_sigmoid<T: Real>(logits: &[T], normalizer: f64) -> Vec<T> {
    let factor = T::from_f64(-1.0 / normalizer);
    let mut g = vec![T::ZERO; logits.len()];
    fill(&mut g, 1, |from, out| {
        simd!(<T>(out: &mut [T], logits: &[T] = &logits[from..], factor: T) {
            for (o, z) in out.iter_mut().zip(logits) {
                *o = factor * (-*z).softplus();
            }
        });
    });
    g
}

/// The gates of every (head, sequence) in `g` `[heads, rows, key]`.
pub(super) fn gates<'a, T>(
    g: &'a [T],
    key: usize,
    rows: usize,
    ranges: &[Range<usize>],
) -> Vec<Gates<'a, T>> {
    let parts = split(g, rows, key, ranges).into_iter();
    parts.map(|g| Gates { g }).collect()
}
