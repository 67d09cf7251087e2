//! Causal softmax attention with rotary positions, grouped key heads and an optional sliding window: the mixer of
//! Llama, and of hybrids. With a window the state keeps the last window - 1 positions and so is constant in size.

use super::linear::Linear;
use super::output::residual_scale;
use super::params::{Declare, Params};
use super::rope::rotate;
use super::{Ctx, LayerState, Segments};
use crate::kernels::heads::{gather, run, scatter, split, split_mut};
use crate::kernels::{Shape, softmax_attention as kernel};
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

/// The layer.
#[derive(Clone, Debug)]
pub struct Attention {
    q: Linear,
    k: Linear,
    v: Linear,
    output: Linear,
    config: Config,
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

impl Attention {
    /// Declares the layer's tensors under `name`.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        config: &Config,
        sizes: super::mixer::Sizes,
    ) -> Self {
        let (width, dim) = (sizes.width, config.head_dim);
        let (queries, keys) = (config.num_heads * dim, config.num_kv_heads * dim);
        let mut linear = |what: &str, outputs| {
            Linear::new(
                declare,
                &format!("{name}.{what}_proj"),
                width,
                outputs,
                config.qkv_bias,
            )
        };
        let (q, k, v) = (linear("q", queries), linear("k", keys), linear("v", keys));
        let name = format!("{name}.o_proj");
        let output = Linear::scaled(
            declare,
            &name,
            queries,
            width,
            false,
            residual_scale(sizes.depth),
        );
        Self {
            q,
            k,
            v,
            output,
            config: config.clone(),
        }
    }

    /// The state before the first token.
    pub fn new_state<T: Real>(&self) -> LayerState<T> {
        LayerState {
            keys: vec![Vec::new(); self.config.num_kv_heads],
            values: vec![Vec::new(); self.config.num_kv_heads],
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
        let Config {
            num_heads,
            num_kv_heads,
            head_dim: dim,
            ..
        } = self.config;
        let group = num_heads / num_kv_heads;
        let mut q = gather(&self.q.forward(ctx, &x), rows, dim, 1);
        let mut k = gather(&self.k.forward(ctx, &x), rows, dim, 1);
        let v = gather(&self.v.forward(ctx, &x), rows, dim, 1);
        rotate(&mut q, dim, self.config.rope_theta, segments, 1.0);
        rotate(&mut k, dim, self.config.rope_theta, segments, 1.0);
        let (new_keys, new_values) = (split(&k, rows, dim, ranges), split(&v, rows, dim, ranges));
        for (s, state) in states.iter_mut().enumerate() {
            for h in 0..num_kv_heads {
                state.keys[h].extend_from_slice(new_keys[h * ranges.len() + s]);
                state.values[h].extend_from_slice(new_values[h * ranges.len() + s]);
            }
        }
        let mut out = vec![T::ZERO; q.len()];
        let shape = Shape::new(dim, dim);
        let jobs: Vec<_> = split(&q, rows, dim, ranges)
            .into_iter()
            .zip(split_mut(&mut out, rows, dim, ranges))
            .enumerate()
            .map(|(i, (q, out))| {
                let (h, state) = (i / ranges.len() / group, &states[i % ranges.len()]);
                let (k, v) = (state.keys[h].as_slice(), state.values[h].as_slice());
                (
                    kernel::Inputs {
                        q,
                        k,
                        v,
                        window: self.config.window_size,
                    },
                    out,
                )
            })
            .collect();
        let work = jobs
            .iter()
            .map(|(x, _)| x.q.len() * (x.k.len() / dim).max(1))
            .sum();
        run(jobs, work, |(x, out)| {
            if !x.q.is_empty() {
                kernel::forward(shape, x, out);
            }
        });
        if let Some(window) = self.config.window_size {
            let keep = window.saturating_sub(1) * dim;
            for state in states.iter_mut() {
                for list in state.keys.iter_mut().chain(&mut state.values) {
                    let extra = list.len().saturating_sub(keep);
                    list.drain(..extra);
                }
            }
        }
        let heads = scatter(&out, rows, dim, 1);
        let y = self.output.forward(ctx, &heads);
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
        let (rows, ranges) = (segments.rows(), &segments.ranges);
        let Config {
            num_heads,
            num_kv_heads,
            head_dim: dim,
            ..
        } = self.config;
        let group = num_heads / num_kv_heads;
        let mut d_heads = vec![T::ZERO; heads.len()];
        self.output.backward(ctx, &heads, d_y, grads, &mut d_heads);
        let d_out = gather(&d_heads, rows, dim, 1);
        // One gradient of k and v for each query head; scatter adds those of a group.
        let shape = Shape::new(dim, dim);
        let zeros = || vec![T::ZERO; q.len()];
        let (mut d_q, mut d_k, mut d_v) = (zeros(), zeros(), zeros());
        let (keys, values) = (split(&k, rows, dim, ranges), split(&v, rows, dim, ranges));
        let jobs: Vec<_> = split(&q, rows, dim, ranges)
            .into_iter()
            .zip(split(&d_out, rows, dim, ranges))
            .zip(split_mut(&mut d_q, rows, dim, ranges))
            .zip(split_mut(&mut d_k, rows, dim, ranges))
            .zip(split_mut(&mut d_v, rows, dim, ranges))
            .enumerate()
            .map(|(i, ((((q, d_out), d_q), d_k), d_v))| {
                let at = i / ranges.len() / group * ranges.len() + i % ranges.len();
                let window = self.config.window_size;
                let x = kernel::Inputs {
                    q,
                    k: keys[at],
                    v: values[at],
                    window,
                };
                (
                    x,
                    d_out,
                    kernel::Gradients {
                        q: d_q,
                        k: d_k,
                        v: d_v,
                    },
                )
            })
            .collect();
        run(jobs, rows * q.len().max(1), |(x, d_out, grad)| {
            kernel::backward(shape, x, d_out, grad);
        });
        rotate(&mut d_q, dim, self.config.rope_theta, segments, -1.0);
        rotate(&mut d_k, dim, self.config.rope_theta, segments, -1.0);
        let mut d_x = vec![T::ZERO; x.len()];
        self.q
            .backward(ctx, &x, &scatter(&d_q, rows, dim, 1), grads, &mut d_x);
        self.k
            .backward(ctx, &x, &scatter(&d_k, rows, dim, group), grads, &mut d_x);
        self.v
            .backward(ctx, &x, &scatter(&d_v, rows, dim, group), grads, &mut d_x);
        d_x
    }
}
