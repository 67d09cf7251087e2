//! Gated linear attention (arXiv 2312.06635): q, k, v by projections, log-decays logσ(W₁ W₀ x + b) / 16 by a projection
//! of low rank, the recurrence of [`crate::kernels::gla`], and a normalised, gated output.

use std::ops::Range;

use super::conv::{self, ShortConv};
use super::linear::{Linear, together};
use super::output::{self, Output};
use super::params::{Declare, Params};
use super::{Ctx, LayerState, Segments, fill, scan};
use crate::kernels::heads::{gather, scatter, split, split_mut};
use crate::kernels::vector::simd;
use crate::kernels::{Shape, gla as kernel};
use crate::real::Real;

/// Sizes of the layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Query heads.
    pub num_heads: usize,
    /// Key and value heads; a group of query heads shares one.
    pub num_kv_heads: usize,
    /// Key channels of all query heads over the model's width.
    pub expand_k: f64,
    /// Value channels of all query heads over the model's width.
    pub expand_v: f64,
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
    q: Linear,
    k: Linear,
    v: Linear,
    low: Linear,
    decay: Linear,
    convs: Option<[ShortConv; 3]>,
    output: Output,
    heads: usize,
    group: usize,
    key: usize,
    value: usize,
    normalizer: f64,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    x: Vec<T>,
    low: Vec<T>,
    /// Before logσ.
    logits: Vec<T>,
    q: Vec<T>,
    k: Vec<T>,
    v: Vec<T>,
    g: Vec<T>,
    kept: Vec<Vec<T>>,
    convs: Option<conv::ThreeSaved<T>>,
    output: Option<output::Saved<T>>,
}

impl Gla {
    /// Declares the layer's tensors under `name`; sizes were checked by the configuration.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        config: &Config,
        sizes: super::mixer::Sizes,
    ) -> Self {
        let width = sizes.width;
        let heads = config.num_heads;
        let group = heads / config.num_kv_heads;
        let key = (width as f64 * config.expand_k) as usize / heads;
        let value = (width as f64 * config.expand_v) as usize / heads;
        let (all_k, all_v) = (key * heads, value * heads);
        let (keys, values) = (all_k / group, all_v / group);
        let rank = config.gate_low_rank_dim;
        let convs = config.conv_size.map(|size| {
            let mut conv = |what: &str, channels| {
                ShortConv::new(
                    declare,
                    &format!("{name}.{what}_conv1d"),
                    channels,
                    size,
                    false,
                )
            };
            [conv("q", all_k), conv("k", keys), conv("v", values)]
        });
        let norm = if config.use_output_gate {
            "g_norm_swish_gate"
        } else {
            "g_norm"
        };
        Self {
            q: Linear::new(declare, &format!("{name}.q_proj"), width, all_k, false),
            k: Linear::new(declare, &format!("{name}.k_proj"), width, keys, false),
            v: Linear::new(declare, &format!("{name}.v_proj"), width, values, false),
            low: Linear::precise(declare, &format!("{name}.gk_proj.0"), width, rank, false),
            decay: Linear::precise(declare, &format!("{name}.gk_proj.1"), rank, keys, true),
            convs,
            output: Output::new(
                declare,
                name,
                norm,
                config.use_output_gate,
                output::Sizes {
                    width,
                    heads,
                    value,
                    eps: sizes.eps,
                    depth: sizes.depth,
                },
            ),
            heads,
            group,
            key,
            value,
            normalizer: config.gate_logit_normalizer,
        }
    }

    /// The state before the first token.
    pub fn new_state<T: Real>(&self) -> LayerState<T> {
        let conv = self.convs.iter().flatten().map(ShortConv::state_len).sum();
        LayerState {
            recurrent: vec![T::ZERO; self.heads * self.key * self.value],
            conv: vec![T::ZERO; conv],
            ..LayerState::default()
        }
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
        let rows = segments.rows();
        let projections = together(ctx, [&self.q, &self.k, &self.v], &x);
        let ranges = &segments.ranges;
        let (states, mut conv_states): (Vec<_>, Vec<_>) = states
            .iter_mut()
            .map(|s| (s.recurrent.as_mut_slice(), s.conv.as_mut_slice()))
            .unzip();
        let (projections, convs) = conv::three(
            self.convs.as_ref(),
            ctx,
            projections,
            ranges,
            &mut conv_states,
            save,
        );
        let [q, k, v] = projections;
        let low = self.low.forward(ctx, &x);
        let logits = self.decay.forward(ctx, &low);
        let factor = T::from_f64(-1.0 / self.normalizer);
        let mut g = vec![T::ZERO; logits.len()];
        fill(&mut g, 1, |from, out| {
            simd!(<T>(out: &mut [T], logits: &[T] = &logits[from..], factor: T) {
                for (o, z) in out.iter_mut().zip(logits) {
                    *o = factor * (-*z).softplus();
                }
            });
        });
        let (q, k) = (
            gather(&q, rows, self.key, 1),
            gather(&k, rows, self.key, self.group),
        );
        let v = gather(&v, rows, self.value, self.group);
        let g = gather(&g, rows, self.key, self.group);
        let (out, kept) = scan::forward(
            Shape::new(self.key, self.value),
            (ctx.mode, save),
            ranges,
            inputs(&q, &k, &v, &g, self, rows, ranges),
            states,
        );
        let heads = scatter(&out, rows, self.value, 1);
        let (y, output) = self.output.forward(ctx, &x, heads, save);
        (
            y,
            save.then_some(Saved {
                x,
                low,
                logits,
                q,
                k,
                v,
                g,
                kept,
                convs,
                output,
            }),
        )
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
            x,
            low,
            logits,
            q,
            k,
            v,
            g,
            kept,
            convs,
            output,
        } = saved;
        let (rows, ranges) = (segments.rows(), &segments.ranges);
        let mut d_x = vec![T::ZERO; x.len()];
        let Some(output) = output else { return d_x };
        let d_heads = self.output.backward(ctx, output, &x, d_y, grads, &mut d_x);
        let d_out = gather(&d_heads, rows, self.value, 1);
        let zeros = |like: &[T]| vec![T::ZERO; like.len()];
        let (mut d_q, mut d_k, mut d_v, mut d_g) = (zeros(&q), zeros(&k), zeros(&v), zeros(&g));
        let grads_of = split_mut(&mut d_q, rows, self.key, ranges)
            .into_iter()
            .zip(split_mut(&mut d_k, rows, self.key, ranges))
            .zip(split_mut(&mut d_v, rows, self.value, ranges))
            .zip(split_mut(&mut d_g, rows, self.key, ranges))
            .map(|(((q, k), v), g)| kernel::Gradients { q, k, v, g });
        scan::backward(
            Shape::new(self.key, self.value),
            ranges,
            inputs(&q, &k, &v, &g, self, rows, ranges),
            &kept,
            &d_out,
            grads_of.collect(),
            kernel::chunk_backward,
        );
        let d_g = scatter(&d_g, rows, self.key, self.group);
        let factor = T::from_f64(1.0 / self.normalizer);
        let mut d_logits = d_g;
        fill(&mut d_logits, 1, |from, out| {
            simd!(<T>(out: &mut [T], logits: &[T] = &logits[from..], factor: T) {
                for (o, z) in out.iter_mut().zip(logits) {
                    *o *= factor * (-*z).sigmoid();
                }
            });
        });
        let mut d_low = vec![T::ZERO; low.len()];
        self.decay.backward(ctx, &low, &d_logits, grads, &mut d_low);
        self.low.backward(ctx, &x, &d_low, grads, &mut d_x);
        let d = [
            scatter(&d_q, rows, self.key, 1),
            scatter(&d_k, rows, self.key, self.group),
            scatter(&d_v, rows, self.value, self.group),
        ];
        let d = conv::three_backward(self.convs.as_ref(), ctx, convs, ranges, d, grads);
        for (linear, d) in [&self.q, &self.k, &self.v].into_iter().zip(&d) {
            linear.backward(ctx, &x, d, grads, &mut d_x);
        }
        d_x
    }
}

fn inputs<'a, T>(
    q: &'a [T],
    k: &'a [T],
    v: &'a [T],
    g: &'a [T],
    layer: &Gla,
    rows: usize,
    ranges: &[Range<usize>],
) -> Vec<kernel::Inputs<'a, T>> {
    let keys = |x| split(x, rows, layer.key, ranges);
    keys(q)
        .into_iter()
        .zip(keys(k))
        .zip(split(v, rows, layer.value, ranges))
        .zip(keys(g))
        .map(|(((q, k), v), g)| kernel::Inputs { q, k, v, g })
        .collect()
}
