//! Linear attention with constant decays (Lightning Attention-2, arXiv 2401.04658; TransNormerLLM, arXiv 2307.14995):
//! q = silu(W_q x), k = silu(W_k x), v = W_v x, one decay a head, then the output of GLA: normalised heads, gated by
//! silu(W_g x). (TransNormerLLM gates without silu and normalises without a weight.)
//!
//! The log-decay of head h in layer l of L is -(8/H)(1 - l/L) h. It is stored as `slopes` and not trained.

use std::ops::Range;

use super::linear::{Linear, together};
use super::output::{self, Output};
use super::params::{Declare, Init, ParamId, Params};
use super::{Ctx, LayerState, Segments, scan, silu, silu_backward};
use crate::kernels::heads::{gather, scatter, split, split_mut};
use crate::kernels::{Shape, lightning as kernel};
use crate::real::Real;

/// Sizes of the layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Heads.
    pub num_heads: usize,
    /// Key channels of all heads over the model's width.
    pub expand_k: f64,
    /// Value channels of all heads over the model's width.
    pub expand_v: f64,
    /// Whether the output is gated.
    pub use_output_gate: bool,
}

/// The layer.
#[derive(Clone, Debug)]
pub struct Lightning {
    q: Linear,
    k: Linear,
    v: Linear,
    slopes: ParamId,
    output: Output,
    heads: usize,
    key: usize,
    value: usize,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    x: Vec<T>,
    /// Before silu, `[rows, heads * key]`.
    q_raw: Vec<T>,
    k_raw: Vec<T>,
    q: Vec<T>,
    k: Vec<T>,
    v: Vec<T>,
    kept: Vec<Vec<T>>,
    output: Option<output::Saved<T>>,
}

impl Lightning {
    /// Declares the layer's tensors under `name`; it is layer `index` of `sizes.depth`.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        config: &Config,
        sizes: super::mixer::Sizes,
        index: usize,
    ) -> Self {
        let (width, heads) = (sizes.width, config.num_heads);
        let key = (width as f64 * config.expand_k) as usize / heads;
        let value = (width as f64 * config.expand_v) as usize / heads;
        let share = 1.0 - index as f64 / sizes.depth as f64;
        let slopes = (0..heads)
            .map(|h| -(8.0 / heads as f64) * share * h as f64)
            .collect();
        let mut linear = |what: &str, outputs| {
            Linear::new(
                declare,
                &format!("{name}.{what}_proj"),
                width,
                outputs,
                false,
            )
        };
        let (q, k, v) = (
            linear("q", heads * key),
            linear("k", heads * key),
            linear("v", heads * value),
        );
        let ends = output::Sizes {
            width,
            heads,
            value,
            eps: sizes.eps,
            depth: sizes.depth,
        };
        Self {
            q,
            k,
            v,
            slopes: declare.constant(format!("{name}.slopes"), &[heads], Init::Values(slopes)),
            output: Output::new(declare, name, "o_norm", config.use_output_gate, ends),
            heads,
            key,
            value,
        }
    }

    /// The state before the first token.
    pub fn new_state<T: Real>(&self) -> LayerState<T> {
        let recurrent = vec![T::ZERO; self.heads * self.key * self.value];
        LayerState {
            recurrent,
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
        let (rows, ranges) = (segments.rows(), &segments.ranges);
        let [q_raw, k_raw, v] = together(ctx, [&self.q, &self.k, &self.v], &x);
        let q = gather(&silu(&q_raw), rows, self.key, 1);
        let k = gather(&silu(&k_raw), rows, self.key, 1);
        let v = gather(&v, rows, self.value, 1);
        let states = states
            .iter_mut()
            .map(|s| s.recurrent.as_mut_slice())
            .collect();
        let (out, kept) = scan::forward(
            Shape::new(self.key, self.value),
            (ctx.mode, save),
            ranges,
            self.inputs(ctx, &q, &k, &v, rows, ranges),
            states,
        );
        let heads = scatter(&out, rows, self.value, 1);
        let (y, output) = self.output.forward(ctx, &x, heads, save);
        (
            y,
            save.then_some(Saved {
                x,
                q_raw,
                k_raw,
                q,
                k,
                v,
                kept,
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
            q_raw,
            k_raw,
            q,
            k,
            v,
            kept,
            output,
        } = saved;
        let (rows, ranges) = (segments.rows(), &segments.ranges);
        let mut d_x = vec![T::ZERO; x.len()];
        let Some(output) = output else { return d_x };
        let d_heads = self.output.backward(ctx, output, &x, d_y, grads, &mut d_x);
        let d_out = gather(&d_heads, rows, self.value, 1);
        let zeros = |like: &[T]| vec![T::ZERO; like.len()];
        let (mut d_q, mut d_k, mut d_v) = (zeros(&q), zeros(&k), zeros(&v));
        let grads_of = split_mut(&mut d_q, rows, self.key, ranges)
            .into_iter()
            .zip(split_mut(&mut d_k, rows, self.key, ranges))
            .zip(split_mut(&mut d_v, rows, self.value, ranges))
            .map(|((q, k), v)| kernel::Gradients { q, k, v });
        scan::backward(
            Shape::new(self.key, self.value),
            ranges,
            self.inputs(ctx, &q, &k, &v, rows, ranges),
            &kept,
            &d_out,
            grads_of.collect(),
            kernel::chunk_backward,
        );
        let mut d_q = scatter(&d_q, rows, self.key, 1);
        let mut d_k = scatter(&d_k, rows, self.key, 1);
        silu_backward(&mut d_q, &q_raw);
        silu_backward(&mut d_k, &k_raw);
        let d_v = scatter(&d_v, rows, self.value, 1);
        for (linear, d) in [(&self.q, &d_q), (&self.k, &d_k), (&self.v, &d_v)] {
            linear.backward(ctx, &x, d, grads, &mut d_x);
        }
        d_x
    }

    fn inputs<'a, T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        q: &'a [T],
        k: &'a [T],
        v: &'a [T],
        rows: usize,
        ranges: &[Range<usize>],
    ) -> Vec<kernel::Inputs<'a, T>> {
        let slopes = ctx.get(self.slopes);
        split(q, rows, self.key, ranges)
            .into_iter()
            .zip(split(k, rows, self.key, ranges))
            .zip(split(v, rows, self.value, ranges))
            .enumerate()
            .map(|(i, ((q, k), v))| kernel::Inputs {
                q,
                k,
                v,
                g: slopes[i / ranges.len()],
            })
            .collect()
    }
}
