//! The mixer of Liger (arXiv 2503.01496): a softmax layer's own projections drive a gated recurrence, so that linearising adds
//! no parameter. o = ½ GLA(softmax q, softmax k, v, g) + ½ softmax attention in a sliding window (of rotated heads), with
//! g = logσ(k) / 16: the paper pools the key projection to the gate's size, which for GLA is the projection's own.
//!
//! A state holds a matrix for each *key* head: the query heads of a group share it, as they share keys.

use super::attention::{self, Projections};
use super::params::{Declare, Params};
use super::rope::rotate;
use super::scan::Operands;
use super::softmax::Softmax;
use super::{Ctx, LayerState, Segments, fill, gla, scan};
use crate::kernels::Shape;
use crate::kernels::heads::{fold, gather, repeat, scatter, split_mut};
use crate::kernels::vector::{add_assign, scale, simd, softmax, softmax_backward};
use crate::real::Real;

/// Sizes of the layer: those of the softmax layer that it was, with a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Heads, window and rotation.
    pub attention: attention::Config,
    /// What logσ is divided by: 16.
    pub gate_logit_normalizer: f64,
}

/// The layer.
#[derive(Clone, Debug)]
pub struct Liger {
    projections: Projections,
    softmax: Softmax,
    theta: f64,
    normalizer: f64,
}

/// What the backward pass needs; q, k, v and g of the recurrence are repeated for the query heads of a group.
#[derive(Debug)]
pub struct Saved<T> {
    x: Vec<T>,
    rotated: [Vec<T>; 2],
    /// The key projection, `[kv_heads, rows, dim]`.
    k_raw: Vec<T>,
    v: Vec<T>,
    recurrent: Operands<T>,
    g: Vec<T>,
    kept: Vec<Vec<T>>,
    heads: Vec<T>,
}

impl Liger {
    /// Declares the layer's tensors under `name`, named as the softmax layer's.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        config: &Config,
        sizes: super::mixer::Sizes,
    ) -> Self {
        Self {
            projections: Projections::new(declare, name, &config.attention, sizes),
            softmax: config.attention.softmax(),
            theta: config.attention.rope_theta,
            normalizer: config.gate_logit_normalizer,
        }
    }

    /// The state before the first token.
    pub fn new_state<T: Real>(&self) -> LayerState<T> {
        let Softmax { kv_heads, dim, .. } = self.softmax;
        LayerState {
            recurrent: vec![T::ZERO; kv_heads * dim * dim],
            ..self.softmax.new_state()
        }
    }

    /// s = 1: softmax has scaled queries and keys.
    fn shape<T: Real>(&self) -> Shape<T> {
        Shape {
            scale: T::ONE,
            ..Shape::new(self.softmax.dim, self.softmax.dim)
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
        let Softmax { kv_heads, dim, .. } = self.softmax;
        let group = self.softmax.group();
        let [mut q, mut k, v] = self.projections.heads(ctx, &x, dim);
        let recurrent = Operands {
            q: softmax_rows(&q, dim),
            k: repeat(&softmax_rows(&k, dim), kv_heads, group),
            v: repeat(&v, kv_heads, group),
        };
        let g = repeat(&gla::log_sigmoid(&k, self.normalizer), kv_heads, group);
        let mut matrices: Vec<Vec<T>> = states
            .iter()
            .map(|s| repeat(&s.recurrent, kv_heads, group))
            .collect();
        let (mut out, kept) = scan::forward(
            self.shape(),
            (ctx.mode, save),
            ranges,
            &recurrent,
            gla::gates(&g, dim, rows, ranges),
            matrices.iter_mut().map(Vec::as_mut_slice).collect(),
        );
        for (state, matrices) in states.iter_mut().zip(&matrices) {
            scan::keep_firsts(&mut state.recurrent, matrices, kv_heads, group);
        }
        let k_raw = if save { k.clone() } else { Vec::new() };
        rotate(&mut q, dim, self.theta, segments, 1.0);
        rotate(&mut k, dim, self.theta, segments, 1.0);
        let (near, _) = self.softmax.forward(&q, &k, &v, segments, states);
        if let Some(window) = self.softmax.window {
            self.softmax.trim(states, window.saturating_sub(1));
        }
        add_assign(&mut out, &near);
        scale(&mut out, T::from_f64(0.5));
        let heads = scatter(&out, rows, dim, 1);
        let y = self.projections.output.forward(ctx, &heads);
        let saved = save.then_some(Saved {
            x,
            rotated: [q, k],
            k_raw,
            v,
            recurrent,
            g,
            kept,
            heads,
        });
        (y, saved)
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
        let (rows, ranges) = (segments.rows(), &segments.ranges);
        let Softmax { kv_heads, dim, .. } = self.softmax;
        let group = self.softmax.group();
        let mut d_heads = vec![T::ZERO; saved.heads.len()];
        let output = &self.projections.output;
        output.backward(ctx, &saved.heads, d_y, grads, &mut d_heads);
        let mut d_out = gather(&d_heads, rows, dim, 1);
        scale(&mut d_out, T::from_f64(0.5));
        let [q, k] = &saved.rotated;
        let mut d = self
            .softmax
            .backward(q, k, &saved.v, segments, &d_out, None);
        rotate(&mut d.q, dim, self.theta, segments, -1.0);
        rotate(&mut d.k, dim, self.theta, segments, -1.0);

        let mut d_g = vec![T::ZERO; d_out.len()];
        let gates = gla::gates(&saved.g, dim, rows, ranges);
        let mut far = scan::backward(
            self.shape(),
            ranges,
            &saved.recurrent,
            (gates, split_mut(&mut d_g, rows, dim, ranges)),
            &saved.kept,
            &d_out,
        );
        softmax_rows_backward(&saved.recurrent.q, &mut far.q, dim);
        softmax_rows_backward(&saved.recurrent.k, &mut far.k, dim);
        add_assign(&mut d.q, &far.q);
        add_assign(&mut d.k, &fold(&far.k, kv_heads, group));
        add_assign(&mut d.v, &fold(&far.v, kv_heads, group));
        let factor = T::from_f64(1.0 / self.normalizer);
        let d_g = fold(&d_g, kv_heads, group);
        for ((d, d_g), k) in d.k.iter_mut().zip(&d_g).zip(&saved.k_raw) {
            *d += factor * *d_g * (-*k).sigmoid();
        }
        let d = [d.q.as_slice(), &d.k, &d.v];
        self.projections.backward(ctx, &saved.x, d, dim, grads)
    }
}

/// Softmax of every row of `dim` elements.
pub(super) fn softmax_rows<T: Real>(x: &[T], dim: usize) -> Vec<T> {
    let mut y = x.to_vec();
    fill(&mut y, dim, |_, part| {
        simd!(<T>(part: &mut [T], dim: usize) {
            for row in part.chunks_exact_mut(dim) {
                softmax(row);
            }
        });
    });
    y
}

/// The gradient through [`softmax_rows`], whose result was `p`, in place.
pub(super) fn softmax_rows_backward<T: Real>(p: &[T], d: &mut [T], dim: usize) {
    fill(d, dim, |from, part| {
        simd!(<T>(part: &mut [T], p: &[T] = &p[from..], dim: usize) {
            for (d, p) in part.chunks_exact_mut(dim).zip(p.chunks_exact(dim)) {
                softmax_backward(p, d);
            }
        });
    });
}
