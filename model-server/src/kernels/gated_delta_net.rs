//! The gated delta rule of one head of one sequence (Yang et al., arXiv 2412.06464; its chunkwise form after
//! arXiv 2406.06484).
//!
//! S ← e^{g_t} S, u_t = β_t (v_t - Sᵀ k_t), S ← S + k_t u_tᵀ, o_t = s Sᵀ q_t, with one log-decay g ≤ 0 a token.
//!
//! In a chunk with G = cumsum(g) and Γ_ij = e^{G_i - G_j} the updates solve a triangular system,
//! (I + L) U = β ⊙ (V - (K ⊙ e^G) S) with L = tril₋₁(β ⊙ K Kᵀ ⊙ Γ); then
//! O = s (Q ⊙ e^G) S + tril(s Q Kᵀ ⊙ Γ) U and S ← e^{G_C} S + (K ⊙ e^{G_C - G})ᵀ U.
//! Backward solves the transposed system. Without g it is the plain delta rule ([`super::delta_net`]).

#![expect(
    clippy::needless_range_loop,
    reason = "indices over several matrices, as in the formulas"
)]

use std::ops::Range;

use super::Shape;
use super::lasp2::{Effect, Recurrence};
use super::matmul::{Mat, MatMut, Threads, add, product, set};
use super::vector::{axpy, dot, scale as rescale, simd};
use crate::real::Real;

/// q, k `[n, K]`, v `[n, V]`, β `[n]` and the log-decays g `[n]`.
#[derive(Clone, Copy)]
pub struct Inputs<'a, T> {
    /// Queries.
    pub q: &'a [T],
    /// Keys, of length 1.
    pub k: &'a [T],
    /// Values.
    pub v: &'a [T],
    /// Strength of the update: in (0, 1), or (0, 2) where negative eigenvalues are allowed.
    pub beta: &'a [T],
    /// Log-decays, at most 0; none for the plain delta rule.
    pub g: Option<&'a [T]>,
}

/// Where the gradients of [`Inputs`] are added.
pub struct Gradients<'a, T> {
    /// ∂q `[n, K]`.
    pub q: &'a mut [T],
    /// ∂k `[n, K]`.
    pub k: &'a mut [T],
    /// ∂v `[n, V]`.
    pub v: &'a mut [T],
    /// ∂β `[n]`.
    pub beta: &'a mut [T],
    /// ∂g `[n]`, where there are decays.
    pub g: Option<&'a mut [T]>,
}

/// The recurrent form: advances `state` `[K, V]` and writes `out` `[n, V]`.
pub fn recurrent<T: Real>(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
    simd!(<T>(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
        let Shape {
            key, value, scale, ..
        } = shape;
        let mut update = vec![T::ZERO; value];
        for (t, o) in out.chunks_exact_mut(value).enumerate() {
            let decay = x.g.map_or(T::ONE, |g| g[t].exp());
            let (q, k) = (&x.q[t * key..][..key], &x.k[t * key..][..key]);
            step(
                state,
                decay,
                k,
                &x.v[t * value..][..value],
                x.beta[t],
                &mut update,
            );
            o.fill(T::ZERO);
            for (row, q) in state.chunks_exact(value).zip(q) {
                axpy(o, scale * *q, row);
            }
        }
    });
}

/// One token: decays the state, computes u and adds k uᵀ.
#[inline(always)]
fn step<T: Real>(state: &mut [T], decay: T, k: &[T], v: &[T], beta: T, u: &mut [T]) {
    let value = v.len();
    u.copy_from_slice(v);
    for (row, k) in state.chunks_exact_mut(value).zip(k) {
        for (s, u) in row.iter_mut().zip(u.iter_mut()) {
            *s *= decay;
            *u -= *k * *s;
        }
    }
    rescale(u, beta);
    for (row, k) in state.chunks_exact_mut(value).zip(k) {
        axpy(row, *k, u);
    }
}

/// Backward of the recurrent form; arguments as in [`super::gla::recurrent_backward`].
pub fn recurrent_backward<T: Real>(
    shape: Shape<T>,
    x: Inputs<'_, T>,
    start: &[T],
    d_out: &[T],
    d_state: &mut [T],
    mut grad: Gradients<'_, T>,
) {
    let Shape {
        key, value, scale, ..
    } = shape;
    let n = d_out.len() / value;
    let size = key * value;
    let mut states = start.to_vec();
    let mut state = start.to_vec();
    let mut updates = vec![T::ZERO; n * value];
    for t in 0..n {
        let decay = x.g.map_or(T::ONE, |g| g[t].exp());
        let u = &mut updates[t * value..][..value];
        step(
            &mut state,
            decay,
            &x.k[t * key..][..key],
            &x.v[t * value..][..value],
            x.beta[t],
            u,
        );
        states.extend_from_slice(&state);
    }
    for t in (0..n).rev() {
        let (before, after) = (
            &states[t * size..][..size],
            &states[(t + 1) * size..][..size],
        );
        let (q, k) = (&x.q[t * key..][..key], &x.k[t * key..][..key]);
        let (d_o, u) = (&d_out[t * value..][..value], &updates[t * value..][..value]);
        let decay = x.g.map_or(T::ONE, |g| g[t].exp());
        let beta = x.beta[t];
        let mut d_u = vec![T::ZERO; value];
        for d in 0..key {
            let row = d * value..(d + 1) * value;
            grad.q[t * key + d] += scale * dot(&after[row.clone()], d_o);
            let ds = &mut d_state[row];
            axpy(ds, scale * q[d], d_o);
            grad.k[t * key + d] += dot(ds, u);
            axpy(&mut d_u, k[d], ds);
        }
        // u = β r with r = v - Sᵀk, S the decayed state.
        let mut r = x.v[t * value..][..value].to_vec();
        for d in 0..key {
            axpy(&mut r, -(k[d] * decay), &before[d * value..][..value]);
        }
        grad.beta[t] += dot(&d_u, &r);
        rescale(&mut d_u, beta);
        super::vector::add_assign(&mut grad.v[t * value..][..value], &d_u);
        let mut d_decay = T::ZERO;
        for d in 0..key {
            let row = d * value..(d + 1) * value;
            grad.k[t * key + d] -= decay * dot(&before[row.clone()], &d_u);
            let ds = &mut d_state[row.clone()];
            axpy(ds, -k[d], &d_u);
            d_decay += dot(ds, &before[row]);
            rescale(ds, decay);
        }
        if let Some(g) = grad.g.as_deref_mut() {
            g[t] += d_decay * decay;
        }
    }
}

/// The chunkwise form. When `kept` is given, the state at the start of every chunk is appended to it for
/// [`chunk_backward`].
pub fn chunk_forward<T: Real>(
    shape: Shape<T>,
    x: Inputs<'_, T>,
    state: &mut [T],
    out: &mut [T],
    mut kept: Option<&mut Vec<T>>,
) {
    let Shape {
        key,
        value,
        chunk,
        scale,
    } = shape;
    let n = out.len() / value;
    let mut work = Work::new(shape);
    let mut from = 0;
    while from < n {
        let len = chunk.min(n - from);
        let part = x.part(shape, from..from + len);
        if let Some(kept) = kept.as_deref_mut() {
            kept.extend_from_slice(state);
        }
        work.prepare(part, state, len, shape);
        let out = &mut out[from * value..][..len * value];
        let q = Mat::new(&work.q_decayed, len, key);
        let s = Mat::new(&*state, key, value);
        product(
            MatMut::new(out, len, value),
            false,
            scale,
            q,
            s,
            Threads::One,
        );
        let u = Mat::new(&work.u, len, value);
        add(
            MatMut::new(out, len, value),
            Mat::new(&work.p, len, len),
            u,
            Threads::One,
        );
        rescale(state, work.total);
        let k = Mat::new(&work.k_to_end, len, key);
        add(MatMut::new(state, key, value), k.t(), u, Threads::One);
        from += len;
    }
}

/// Backward of the chunkwise form; arguments as in [`super::gla::chunk_backward`].
pub fn chunk_backward<T: Real>(
    shape: Shape<T>,
    x: Inputs<'_, T>,
    kept: &[T],
    d_out: &[T],
    d_state: &mut [T],
    mut grad: Gradients<'_, T>,
) {
    let Shape {
        key,
        value,
        chunk,
        scale,
    } = shape;
    let n = d_out.len() / value;
    let mut work = Work::new(shape);
    let mut back = Back::new(shape);
    for (c, start) in kept.chunks_exact(key * value).enumerate().rev() {
        let from = c * chunk;
        let len = chunk.min(n - from);
        let part = x.part(shape, from..from + len);
        work.prepare(part, start, len, shape);
        let one = Threads::One;
        let d_o = Mat::new(&d_out[from * value..][..len * value], len, value);
        let s = Mat::new(start, key, value);
        let (q, k) = (Mat::new(part.q, len, key), Mat::new(part.k, len, key));
        let u = Mat::new(&work.u, len, value);
        let d_q = &mut grad.q[from * key..][..len * key];
        let d_k = &mut grad.k[from * key..][..len * key];
        let d_v = &mut grad.v[from * value..][..len * value];
        let d_beta = &mut grad.beta[from..from + len];
        back.d_g[..len].fill(T::ZERO);

        // U: from the outputs of the chunk and from its last state; then through the triangular system.
        set(
            MatMut::new(&mut back.d_u, len, value),
            Mat::new(&work.p, len, len).t(),
            d_o,
            one,
        );
        let (k_end, ds) = (
            Mat::new(&work.k_to_end, len, key),
            Mat::new(&*d_state, key, value),
        );
        add(MatMut::new(&mut back.d_u, len, value), k_end, ds, one);
        set(MatMut::new(&mut back.d_p, len, len), d_o, u.t(), one);
        set(MatMut::new(&mut back.d_keys, len, key), u, ds.t(), one); // ∂(K ⊙ e^{G_C - G})
        simd!(<T>(
            work: &Work<T> = &work, back: &mut Back<T> = &mut back, part: Inputs<'_, T>,
            d_k: &mut [T], start: &[T], d_state: &[T], len: usize, shape: Shape<T>,
        ) {
            let Shape { key, value, .. } = shape;
            let mut d_last = work.total * dot(start, d_state);
            for i in 0..len {
                let d = &back.d_keys[i * key..][..key];
                let through = work.to_end[i] * dot(d, &part.k[i * key..][..key]);
                axpy(&mut d_k[i * key..][..key], work.to_end[i], d);
                d_last += through;
                back.d_g[i] -= through;
            }
            back.d_g[len - 1] += d_last;
            solve_transposed(&work.l, &mut back.d_u, len, value); // now ∂R of (I + L) U = R
        });
        let d_r = Mat::new(&back.d_u, len, value);
        product(
            MatMut::new(&mut back.d_l, len, len),
            false,
            -T::ONE,
            d_r,
            u.t(),
            one,
        );

        // The states' part of the outputs.
        product(
            MatMut::new(&mut back.d_keys, len, key),
            false,
            scale,
            d_o,
            s.t(),
            one,
        );
        rescale(d_state, work.total);
        let q_decayed = Mat::new(&work.q_decayed, len, key);
        product(
            MatMut::new(d_state, key, value),
            true,
            scale,
            q_decayed.t(),
            d_o,
            one,
        );
        simd!(<T>(
            work: &Work<T> = &work, back: &mut Back<T> = &mut back, part: Inputs<'_, T>,
            d_q: &mut [T], d_v: &mut [T], d_beta: &mut [T], len: usize, shape: Shape<T>,
        ) {
            let Shape { key, value, scale, .. } = shape;
            for i in 0..len {
                let d = &back.d_keys[i * key..][..key];
                back.d_g[i] += work.from_start[i] * dot(d, &part.q[i * key..][..key]);
                axpy(&mut d_q[i * key..][..key], work.from_start[i], d);
                // R_i = β_i (v_i - e^{G_i} z_i) with Z = K S.
                let row = i * value..(i + 1) * value;
                let (d_r, z) = (&back.d_u[row.clone()], &work.z[row.clone()]);
                let (beta, decay) = (part.beta[i], work.from_start[i]);
                let d_r_z = dot(d_r, z);
                d_beta[i] += dot(d_r, &part.v[row.clone()]) - decay * d_r_z;
                axpy(&mut d_v[row.clone()], beta, d_r);
                back.d_g[i] -= beta * decay * d_r_z;
                for (o, d) in back.d_z[row].iter_mut().zip(d_r) {
                    *o = -(beta * decay) * *d;
                }
            }
            // L and P share K Kᵀ ⊙ Γ and Q Kᵀ ⊙ Γ; turn ∂L and ∂P into the gradients of the bare products.
            for i in 0..len {
                for j in 0..len {
                    let at = i * len + j;
                    if j > i {
                        back.d_l[at] = T::ZERO;
                        back.d_p[at] = T::ZERO;
                        continue;
                    }
                    let through = back.d_p[at] * work.p[at];
                    back.d_g[i] += through;
                    back.d_g[j] -= through;
                    let ratio = work.ratio[at];
                    back.d_p[at] *= scale * ratio;
                    if j == i {
                        back.d_l[at] = T::ZERO;
                        continue;
                    }
                    let through = back.d_l[at] * work.l[at];
                    back.d_g[i] += through;
                    back.d_g[j] -= through;
                    d_beta[i] += back.d_l[at] * work.kk[at] * ratio;
                    back.d_l[at] *= part.beta[i] * ratio;
                }
            }
        });
        let d_z = Mat::new(&back.d_z, len, value);
        add(MatMut::new(d_k, len, key), d_z, s.t(), one);
        add(MatMut::new(d_state, key, value), k.t(), d_z, one);
        let (d_l, d_p) = (Mat::new(&back.d_l, len, len), Mat::new(&back.d_p, len, len));
        add(MatMut::new(d_k, len, key), d_l, k, one);
        add(MatMut::new(d_k, len, key), d_l.t(), k, one);
        add(MatMut::new(d_q, len, key), d_p, k, one);
        add(MatMut::new(d_k, len, key), d_p.t(), q, one);
        if let Some(g) = grad.g.as_deref_mut() {
            let mut suffix = T::ZERO;
            for i in (0..len).rev() {
                suffix += back.d_g[i];
                g[from + i] += suffix;
            }
        }
    }
}

impl<T: Real> Recurrence<T> for Inputs<'_, T> {
    // An effect takes two passes, one of them over a square state.
    const SPLIT_FROM: usize = 4;

    fn recurrent(self, shape: Shape<T>, state: &mut [T], out: &mut [T]) {
        recurrent(shape, self, state, out);
    }

    fn chunks(self, shape: Shape<T>, state: &mut [T], out: &mut [T], kept: Option<&mut Vec<T>>) {
        chunk_forward(shape, self, state, out, kept);
    }

    fn part(self, shape: Shape<T>, tokens: Range<usize>) -> Self {
        let Shape { key, value, .. } = shape;
        let (from, len) = (tokens.start, tokens.len());
        Inputs {
            q: &self.q[from * key..][..len * key],
            k: &self.k[from * key..][..len * key],
            v: &self.v[from * value..][..len * value],
            beta: &self.beta[from..][..len],
            g: self.g.map(|g| &g[from..][..len]),
        }
    }

    fn effect(self, shape: Shape<T>) -> Effect<T> {
        let Shape { key, value, .. } = shape;
        let n = self.beta.len();
        let mut add = vec![T::ZERO; key * value];
        chunk_forward(shape, self, &mut add, &mut vec![T::ZERO; n * value], None);
        let mut keep = vec![T::ZERO; key * key];
        keep.iter_mut().step_by(key + 1).for_each(|k| *k = T::ONE);
        let square = Shape {
            value: key,
            ..shape
        };
        let zeros = vec![T::ZERO; n * key];
        let without = Inputs { v: &zeros, ..self };
        chunk_forward(
            square,
            without,
            &mut keep,
            &mut vec![T::ZERO; n * key],
            None,
        );
        Effect { keep, add }
    }
}

/// Solves (I + L) X = R in place, L strictly lower triangular `[len, len]`, R `[len, cols]`.
#[inline(always)]
fn solve<T: Real>(l: &[T], r: &mut [T], len: usize, cols: usize) {
    for i in 1..len {
        let (done, rest) = r.split_at_mut(i * cols);
        let row = &mut rest[..cols];
        for (j, x) in done.chunks_exact(cols).enumerate() {
            axpy(row, -l[i * len + j], x);
        }
    }
}

/// Solves (I + L)ᵀ X = R in place.
#[inline(always)]
fn solve_transposed<T: Real>(l: &[T], r: &mut [T], len: usize, cols: usize) {
    for i in (0..len).rev() {
        let (head, tail) = r.split_at_mut((i + 1) * cols);
        let row = &mut head[i * cols..];
        for (j, x) in tail.chunks_exact(cols).enumerate().take(len - i - 1) {
            axpy(row, -l[(i + 1 + j) * len + i], x);
        }
    }
}

/// What a chunk needs besides its inputs; allocated once a sequence.
struct Work<T> {
    /// e^{G_i}, e^{G_C - G_i} and e^{G_C}.
    from_start: Vec<T>,
    to_end: Vec<T>,
    total: T,
    /// Γ_ij = e^{G_i - G_j}, zero above the diagonal.
    ratio: Vec<T>,
    q_decayed: Vec<T>,
    k_to_end: Vec<T>,
    /// K Kᵀ.
    kk: Vec<T>,
    l: Vec<T>,
    /// tril(s Q Kᵀ ⊙ Γ).
    p: Vec<T>,
    /// K S.
    z: Vec<T>,
    u: Vec<T>,
}

impl<T: Real> Work<T> {
    fn new(shape: Shape<T>) -> Self {
        let Shape {
            key, value, chunk, ..
        } = shape;
        let zeros = |n: usize| vec![T::ZERO; n];
        Self {
            from_start: zeros(chunk),
            to_end: zeros(chunk),
            total: T::ONE,
            ratio: zeros(chunk * chunk),
            q_decayed: zeros(chunk * key),
            k_to_end: zeros(chunk * key),
            kk: zeros(chunk * chunk),
            l: zeros(chunk * chunk),
            p: zeros(chunk * chunk),
            z: zeros(chunk * value),
            u: zeros(chunk * value),
        }
    }

    fn prepare(&mut self, x: Inputs<'_, T>, state: &[T], len: usize, shape: Shape<T>) {
        let Shape {
            key, value, scale, ..
        } = shape;
        let (q, k) = (Mat::new(x.q, len, key), Mat::new(x.k, len, key));
        set(MatMut::new(&mut self.kk, len, len), k, k.t(), Threads::One);
        product(
            MatMut::new(&mut self.p, len, len),
            false,
            scale,
            q,
            k.t(),
            Threads::One,
        );
        let s = Mat::new(state, key, value);
        set(MatMut::new(&mut self.z, len, value), k, s, Threads::One);
        simd!(<T>(work: &mut Work<T> = self, x: Inputs<'_, T>, len: usize, shape: Shape<T>) {
            let Shape { key, value, .. } = shape;
            let mut sums = vec![T::ZERO; len];
            if let Some(g) = x.g {
                let mut sum = T::ZERO;
                for (s, g) in sums.iter_mut().zip(g) {
                    sum += *g;
                    *s = sum;
                }
            }
            let last = sums[len - 1];
            work.total = last.exp();
            for i in 0..len {
                work.from_start[i] = sums[i].exp();
                work.to_end[i] = (last - sums[i]).exp();
                let ratio = &mut work.ratio[i * len..][..len];
                for j in 0..=i {
                    ratio[j] = (sums[i] - sums[j]).exp();
                }
                ratio[i + 1..].fill(T::ZERO);
                for j in 0..len {
                    let at = i * len + j;
                    work.p[at] *= ratio[j];
                    work.l[at] = x.beta[i] * work.kk[at] * ratio[j];
                }
                work.l[i * len + i] = T::ZERO;
                let row = i * key..(i + 1) * key;
                let (from_start, to_end) = (work.from_start[i], work.to_end[i]);
                for (o, q) in work.q_decayed[row.clone()]
                    .iter_mut()
                    .zip(&x.q[row.clone()])
                {
                    *o = *q * from_start;
                }
                for (o, k) in work.k_to_end[row.clone()].iter_mut().zip(&x.k[row]) {
                    *o = *k * to_end;
                }
                let row = i * value..(i + 1) * value;
                let (v, z) = (&x.v[row.clone()], &work.z[row.clone()]);
                for ((u, v), z) in work.u[row].iter_mut().zip(v).zip(z) {
                    *u = x.beta[i] * (*v - from_start * *z);
                }
            }
            solve(&work.l, &mut work.u, len, value);
        });
    }
}

/// What the backward pass of a chunk needs besides [`Work`].
struct Back<T> {
    d_u: Vec<T>,
    d_p: Vec<T>,
    d_l: Vec<T>,
    d_z: Vec<T>,
    d_keys: Vec<T>,
    d_g: Vec<T>,
}

impl<T: Real> Back<T> {
    fn new(shape: Shape<T>) -> Self {
        let Shape {
            key, value, chunk, ..
        } = shape;
        let zeros = |n: usize| vec![T::ZERO; n];
        Self {
            d_u: zeros(chunk * value),
            d_p: zeros(chunk * chunk),
            d_l: zeros(chunk * chunk),
            d_z: zeros(chunk * value),
            d_keys: zeros(chunk * key),
            d_g: zeros(chunk),
        }
    }
}
