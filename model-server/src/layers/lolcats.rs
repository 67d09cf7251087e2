//! The mixer of LoLCATs (arXiv 2410.10254, equations 6 and 7): softmax attention over the last w positions and linear
//! attention with learnt features over all earlier ones, under one normalisation. For query n of a head,
//!
//! o = (γ Σ_{n-w < i ≤ n} e^{s q·k_i - c} v_i + φ(q) Σ_{i ≤ n-w} φ(k_i) v_iᵀ) / (γ Σ e^{s q·k_i - c} + φ(q) Σ φ(k_i)),
//!
//! with c the largest score of the window, γ = σ(`window_factors`) and φ(x) = [softmax(x W), softmax(-x W)], a W a head.
//! Queries and keys are rotated first. Positions enter the linear part when they leave the window, so that its recurrence is
//! [`crate::kernels::lightning`] without decay on keys and values w positions late, with a column of ones for the divisor.
//!
//! Unlike the paper's code, keys have one W a *key* head: query heads of a group share the matrix in the state.

use super::attention::{self, Projections};
use super::features::FeatureMap;
use super::params::{Declare, Init, ParamId, Params};
use super::rope::rotate;
use super::scan::Operands;
use super::softmax::Softmax;
use super::{Ctx, LayerState, Segments, scan};
use crate::kernels::Shape;
use crate::kernels::heads::{fold, gather, repeat, scatter};
use crate::kernels::lightning::Gates;
use crate::kernels::vector::{add_assign, axpy, dot};
use crate::real::Real;

/// Sizes of the layer: those of the softmax layer that it was, with a window, and its features.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Heads, window and rotation.
    pub attention: attention::Config,
    /// Columns of W; φ has twice as many channels.
    pub feature_dim: usize,
}

/// The layer.
#[derive(Clone, Debug)]
pub struct Lolcats {
    projections: Projections,
    q_map: FeatureMap,
    k_map: FeatureMap,
    /// Logits of γ, `[heads]`.
    factors: ParamId,
    softmax: Softmax,
    window: usize,
    theta: f64,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    x: Vec<T>,
    attended: Attended<T>,
    heads: Vec<T>,
}

/// What the part between the projections needs for its backward pass; heads outermost.
#[derive(Debug)]
struct Attended<T> {
    q: Vec<T>,
    k: Vec<T>,
    v: Vec<T>,
    /// Positions that leave the window, and their values with the column of ones; 0 where none leaves.
    late_k: Vec<T>,
    late_v: Vec<T>,
    /// Features of queries and keys, and `late_v`: of one key head for each query head.
    recurrent: Operands<T>,
    kept: Vec<Vec<T>>,
    near: Vec<T>,
    sums: Vec<T>,
    /// `[heads, rows, dim + 1]`.
    far: Vec<T>,
    out: Vec<T>,
}

impl Lolcats {
    /// Declares the layer's tensors under `name`: the softmax layer's, `feature_map_{q,k}.weight` `[heads, dim, feature_dim]`
    /// and `window_factors` `[heads]`.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        config: &Config,
        sizes: super::mixer::Sizes,
    ) -> Self {
        let softmax = config.attention.softmax();
        let (dim, features) = (softmax.dim, config.feature_dim);
        let mut map = |what: &str, heads| {
            let name = format!("{name}.feature_map_{what}");
            FeatureMap::new(declare, &name, heads, dim, features)
        };
        let (q_map, k_map) = (map("q", softmax.heads), map("k", softmax.kv_heads));
        // γ starts at 0.1.
        let start = Init::Values(vec![-(9.0_f64.ln()); softmax.heads]);
        Self {
            q_map,
            k_map,
            factors: declare.add(format!("{name}.window_factors"), &[softmax.heads], start),
            projections: Projections::new(declare, name, &config.attention, sizes),
            softmax,
            window: softmax.window.unwrap_or(1),
            theta: config.attention.rope_theta,
        }
    }

    /// Channels of all heads.
    pub fn inner(&self) -> usize {
        self.softmax.heads * self.softmax.dim
    }

    fn shape<T: Real>(&self) -> Shape<T> {
        Shape {
            scale: T::ONE,
            ..Shape::new(self.k_map.outputs(), self.softmax.dim + 1)
        }
    }

    /// The state before the first token.
    pub fn new_state<T: Real>(&self) -> LayerState<T> {
        let Shape { key, value, .. } = self.shape::<T>();
        LayerState {
            recurrent: vec![T::ZERO; self.softmax.kv_heads * key * value],
            ..self.softmax.new_state()
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
        let dim = self.softmax.dim;
        let attended = self.attend(ctx, &x, segments, states, save);
        let heads = scatter(&attended.out, segments.rows(), dim, 1);
        let y = self.projections.output.forward(ctx, &heads);
        let saved = save.then_some(Saved { x, attended, heads });
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
        let Saved { x, attended, heads } = saved;
        let dim = self.softmax.dim;
        let mut d_heads = vec![T::ZERO; heads.len()];
        let output = &self.projections.output;
        output.backward(ctx, &heads, d_y, grads, &mut d_heads);
        let d_out = gather(&d_heads, segments.rows(), dim, 1);
        let [mut q, mut k, v] = self.attend_backward(ctx, &attended, segments, &d_out, grads);
        rotate(&mut q, dim, self.theta, segments, -1.0);
        rotate(&mut k, dim, self.theta, segments, -1.0);
        self.projections.backward(ctx, &x, [&q, &k, &v], dim, grads)
    }

    /// Attention transfer (the paper's first stage) on sequences that start here: the output of softmax attention with this
    /// layer's projections, and Σ (o - softmax's o)² over all heads. The gradient of that sum times `share` is added to
    /// those of the features and factors.
    pub fn transfer<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: &[T],
        segments: &Segments,
        share: T,
        grads: &mut Params<T>,
    ) -> (Vec<T>, f64) {
        let empty = || segments.ranges.iter().map(|_| self.new_state()).collect();
        let mut states: Vec<LayerState<T>> = empty();
        let mut states: Vec<&mut LayerState<T>> = states.iter_mut().collect();
        let attended = self.attend(ctx, x, segments, &mut states, true);
        let teacher = Softmax {
            window: None,
            ..self.softmax
        };
        let mut states: Vec<LayerState<T>> = empty();
        let mut states: Vec<&mut LayerState<T>> = states.iter_mut().collect();
        let Attended { q, k, v, .. } = &attended;
        let (wanted, _) = teacher.forward(q, k, v, segments, &mut states);
        let mut d: Vec<T> = attended.out.clone();
        axpy(&mut d, -T::ONE, &wanted);
        let error = dot(&d, &d).to_f64();
        crate::kernels::vector::scale(&mut d, share + share);
        self.attend_backward(ctx, &attended, segments, &d, grads);
        let heads = scatter(&wanted, segments.rows(), self.softmax.dim, 1);
        (self.projections.output.forward(ctx, &heads), error)
    }

    /// Between the projections.
    fn attend<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: &[T],
        segments: &Segments,
        states: &mut [&mut LayerState<T>],
        save: bool,
    ) -> Attended<T> {
        let Softmax { kv_heads, dim, .. } = self.softmax;
        let group = self.softmax.group();
        let [mut q, mut k, v] = self.projections.heads(ctx, x, dim);
        rotate(&mut q, dim, self.theta, segments, 1.0);
        rotate(&mut k, dim, self.theta, segments, 1.0);
        let (near, sums) = self.softmax.forward(&q, &k, &v, segments, states);
        let (late_k, late_v) = self.late(segments, states);
        self.softmax.trim(states, self.window);
        let mut k_features = self.k_map.forward(ctx, &late_k);
        let shape: Shape<T> = self.shape();
        // The column of ones is 0 where no position leaves the window: there is no feature then either.
        let rows = k_features.chunks_exact_mut(shape.key);
        for (features, v) in rows.zip(late_v.chunks_exact(shape.value)) {
            crate::kernels::vector::scale(features, v[dim]);
        }
        let recurrent = Operands {
            q: self.q_map.forward(ctx, &q),
            k: repeat(&k_features, kv_heads, group),
            v: repeat(&late_v, kv_heads, group),
        };
        let mut matrices: Vec<Vec<T>> = states
            .iter()
            .map(|s| repeat(&s.recurrent, kv_heads, group))
            .collect();
        let (far, kept) = scan::forward(
            shape,
            (ctx.mode, save),
            &segments.ranges,
            &recurrent,
            self.gates(segments),
            matrices.iter_mut().map(Vec::as_mut_slice).collect(),
        );
        for (state, matrices) in states.iter_mut().zip(&matrices) {
            scan::keep_firsts(&mut state.recurrent, matrices, kv_heads, group);
        }
        let mut out = near.clone();
        for (i, (o, far)) in out
            .chunks_exact_mut(dim)
            .zip(far.chunks_exact(dim + 1))
            .enumerate()
        {
            let weight = self.gamma(ctx, i / segments.rows()) * sums[i];
            let inverse = T::ONE / (weight + far[dim]);
            for (o, f) in o.iter_mut().zip(far) {
                *o = (weight * *o + *f) * inverse;
            }
        }
        Attended {
            q,
            k,
            v,
            late_k,
            late_v,
            recurrent,
            kept,
            near,
            sums,
            far,
            out,
        }
    }

    fn gamma<T: Real>(&self, ctx: &Ctx<'_, T>, head: usize) -> T {
        ctx.get(self.factors)[head].sigmoid()
    }

    /// No decay, of every (head, sequence).
    fn gates<T: Real>(&self, segments: &Segments) -> Vec<Gates<T>> {
        vec![Gates { g: T::ZERO }; self.softmax.heads * segments.ranges.len()]
    }

    /// Of each row, the key `[kv_heads, rows, dim]` and the value `[kv_heads, rows, dim + 1]` that leave its window. States
    /// hold the positions before and of these rows.
    fn late<T: Real>(
        &self,
        segments: &Segments,
        states: &[&mut LayerState<T>],
    ) -> (Vec<T>, Vec<T>) {
        let Softmax { kv_heads, dim, .. } = self.softmax;
        let rows = segments.rows();
        let mut keys = vec![T::ZERO; kv_heads * rows * dim];
        let mut values = vec![T::ZERO; kv_heads * rows * (dim + 1)];
        for head in 0..kv_heads {
            for (range, state) in segments.ranges.iter().zip(states) {
                let past = state.keys[head].len() / dim - range.len();
                for (t, row) in range.clone().enumerate() {
                    let Some(from) = (past + t).checked_sub(self.window) else {
                        continue;
                    };
                    let at = head * rows + row;
                    keys[at * dim..][..dim].copy_from_slice(&state.keys[head][from * dim..][..dim]);
                    let value = &mut values[at * (dim + 1)..][..dim + 1];
                    value[..dim].copy_from_slice(&state.values[head][from * dim..][..dim]);
                    value[dim] = T::ONE;
                }
            }
        }
        (keys, values)
    }

    /// The gradients of rotated q and k and of v, heads outermost, for sequences that started with empty states.
    fn attend_backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: &Attended<T>,
        segments: &Segments,
        d_out: &[T],
        grads: &mut Params<T>,
    ) -> [Vec<T>; 3] {
        let Softmax { kv_heads, dim, .. } = self.softmax;
        let (rows, ranges, group) = (segments.rows(), &segments.ranges, self.softmax.group());
        let shape: Shape<T> = self.shape();
        let mut d_near = vec![T::ZERO; d_out.len()];
        let mut d_far = vec![T::ZERO; x.far.len()];
        let mut d_sums = vec![T::ZERO; x.sums.len()];
        for i in 0..x.sums.len() {
            let (at, gamma) = (i * dim..(i + 1) * dim, self.gamma(ctx, i / rows));
            let (far, d_far) = (&x.far[i * (dim + 1)..], &mut d_far[i * (dim + 1)..]);
            let inverse = T::ONE / (gamma * x.sums[i] + far[dim]);
            let d_divisor = -dot(&d_out[at.clone()], &x.out[at.clone()]) * inverse;
            axpy(&mut d_far[..dim], inverse, &d_out[at.clone()]);
            d_far[dim] = d_divisor;
            // The window's weight γ Σ: once in the numerator with o, once in the divisor.
            let d_weight = dot(&d_out[at.clone()], &x.near[at.clone()]) * inverse + d_divisor;
            axpy(
                &mut d_near[at.clone()],
                gamma * x.sums[i] * inverse,
                &d_out[at],
            );
            d_sums[i] = d_weight * gamma;
            if grads.wants(self.factors) {
                let d_logit = d_weight * x.sums[i] * gamma * (T::ONE - gamma);
                grads.get_mut(self.factors)[i / rows] += d_logit;
            }
        }
        let near =
            self.softmax
                .backward(&x.q, &x.k, &x.v, segments, &d_near, Some(d_sums.as_slice()));
        let (mut d_q, mut d_k, mut d_v) = (near.q, near.k, near.v);

        let gates = self.gates(segments);
        let d_gates = vec![(); gates.len()];
        let d = scan::backward(
            shape,
            ranges,
            &x.recurrent,
            (gates, d_gates),
            &x.kept,
            &d_far,
        );
        add_assign(&mut d_q, &self.q_map.backward(ctx, &x.q, d.q, grads));
        let mut d_kf = fold(&d.k, kv_heads, group);
        for (d, v) in d_kf
            .chunks_exact_mut(shape.key)
            .zip(x.late_v.chunks_exact(shape.value))
        {
            crate::kernels::vector::scale(d, v[dim]);
        }
        let d_late_k = self.k_map.backward(ctx, &x.late_k, d_kf, grads);
        let d_late_v = fold(&d.v, kv_heads, group);
        for head in 0..kv_heads {
            for range in ranges {
                for row in range.clone().skip(self.window) {
                    let (from, to) = (head * rows + row, head * rows + row - self.window);
                    let d = &d_late_k[from * dim..][..dim];
                    add_assign(&mut d_k[to * dim..][..dim], d);
                    let d = &d_late_v[from * (dim + 1)..][..dim];
                    add_assign(&mut d_v[to * dim..][..dim], d);
                }
            }
        }
        [d_q, d_k, d_v]
    }
}
