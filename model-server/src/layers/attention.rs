//! Causal softmax attention with rotary positions, grouped key heads and an optional sliding window: the mixer of
//! Llama, and of hybrids. With a window the state keeps the last window - 1 positions and so is constant in size.

use super::linear::{Linear, together};
use super::output::residual_scale;
use super::params::{Declare, Params};
use super::rope::rotate;
use super::softmax::Softmax;
use super::{Ctx, LayerState, Segments};
use crate::kernels::heads::{gather, scatter};
use crate::real::Real;

/// Sizes of the layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Query heads.
    pub num_heads: usize,
    /// Key and value heads; a group of query heads shares one.
    pub num_kv_heads: usize,
    /// Channels of a head.
    pub head_dim: usize,
    /// Whether q, k and v have a bias.
    pub qkv_bias: bool,
    /// Positions that a query sees, its own included; none: all before it.
    pub window_size: Option<usize>,
    /// Base of the rotary frequencies.
    pub rope_theta: f64,
}

impl Config {
    /// The part that attends.
    pub(super) fn softmax(&self) -> Softmax {
        Softmax {
            heads: self.num_heads,
            kv_heads: self.num_kv_heads,
            dim: self.head_dim,
            window: self.window_size,
        }
    }
}

/// The projections of a softmax layer, which its linearised forms keep.
#[derive(Clone, Debug)]
pub(super) struct Projections {
    pub(super) q: Linear,
    pub(super) k: Linear,
    pub(super) v: Linear,
    pub(super) output: Linear,
}

/// The layer.
#[derive(Clone, Debug)]
pub struct Attention {
    projections: Projections,
    softmax: Softmax,
    theta: f64,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    x: Vec<T>,
    q: Vec<T>,
    k: Vec<T>,
    v: Vec<T>,
    heads: Vec<T>,
}

impl Projections {
    /// Declares `{name}.{q,k,v,o}_proj`.
    pub(super) fn new(
        declare: &mut Declare,
        name: &str,
        config: &Config,
        sizes: super::mixer::Sizes,
    ) -> Self {
        let (width, dim) = (sizes.width, config.head_dim);
        let (queries, keys) = (config.num_heads * dim, config.num_kv_heads * dim);
        let mut linear = |what: &str, outputs| {
            let name = format!("{name}.{what}_proj");
            Linear::new(declare, &name, width, outputs, config.qkv_bias)
        };
        let (q, k, v) = (linear("q", queries), linear("k", keys), linear("v", keys));
        let name = format!("{name}.o_proj");
        let factor = residual_scale(sizes.depth);
        let output = Linear::scaled(declare, &name, queries, width, false, factor);
        Self { q, k, v, output }
    }

    /// q `[heads, rows, dim]`, k and v `[kv_heads, rows, dim]` of x `[rows, width]`.
    pub(super) fn heads<T: Real>(&self, ctx: &Ctx<'_, T>, x: &[T], dim: usize) -> [Vec<T>; 3] {
        let rows = x.len() / self.q.inputs();
        together(ctx, [&self.q, &self.k, &self.v], x).map(|y| gather(&y, rows, dim, 1))
    }

    /// The gradient of x from those of [`Projections::heads`].
    pub(super) fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: &[T],
        d: [&[T]; 3],
        dim: usize,
        grads: &mut Params<T>,
    ) -> Vec<T> {
        let mut d_x = vec![T::ZERO; x.len()];
        for (linear, d) in [&self.q, &self.k, &self.v].into_iter().zip(d) {
            let d = scatter(d, x.len() / linear.inputs(), dim, 1);
            linear.backward(ctx, x, &d, grads, &mut d_x);
        }
        d_x
    }
}

impl Attention {
    /// Declares the layer's tensors under `name`.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        config: &Config,
        sizes: super::mixer::Sizes,
    ) -> Self {
        Self {
            projections: Projections::new(declare, name, config, sizes),
            softmax: config.softmax(),
            theta: config.rope_theta,
        }
    }

    /// The state before the first token.
    pub fn new_state<T: Real>(&self) -> LayerState<T> {
        self.softmax.new_state()
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
        let (rows, softmax) = (segments.rows(), self.softmax);
        let dim = softmax.dim;
        let [mut q, mut k, v] = self.projections.heads(ctx, &x, dim);
        rotate(&mut q, dim, self.theta, segments, 1.0);
        rotate(&mut k, dim, self.theta, segments, 1.0);
        let (out, _) = softmax.forward(&q, &k, &v, segments, states);
        if let Some(window) = softmax.window {
            softmax.trim(states, window.saturating_sub(1));
        }
        let heads = scatter(&out, rows, dim, 1);
        let y = self.projections.output.forward(ctx, &heads);
        (y, save.then_some(Saved { x, q, k, v, heads }))
    }

    /// The gradient of x, for sequences that started with empty states.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        saved: Saved<T>,
        segments: &Segments,
        d_y: &[T],
        grads: &mut Params<T>,
    ) -> Vec<T> {
        let Saved { x, q, k, v, heads } = saved;
        let (rows, softmax) = (segments.rows(), self.softmax);
        let dim = softmax.dim;
        let mut d_heads = vec![T::ZERO; heads.len()];
        let output = &self.projections.output;
        output.backward(ctx, &heads, d_y, grads, &mut d_heads);
        let d_out = gather(&d_heads, rows, dim, 1);
        let mut d = softmax.backward(&q, &k, &v, segments, &d_out, None);
        rotate(&mut d.q, dim, self.theta, segments, -1.0);
        rotate(&mut d.k, dim, self.theta, segments, -1.0);
        let d = [d.q.as_slice(), &d.k, &d.v];
        self.projections.backward(ctx, &x, d, dim, grads)
    }
}
