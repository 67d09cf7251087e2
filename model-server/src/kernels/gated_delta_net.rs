//! The gated delta rule of one head of one sequence (Yang et al., arXiv 2412.06464; its chunkwise form after
//! arXiv 2406.06484).
//!
//! S ← e^{g_t} S, u_t = β_t (v_t - Sᵀ k_t), S ← S + k_t u_tᵀ, o_t = s Sᵀ q_t, with one log-decay g ≤ 0 a token.
//!
//! In a chunk with G = cumsum(g) and Γ_ij = e^{G_i - G_j} the updates solve a triangular system,
//! (I + L) U = β ⊙ (V - (K ⊙ e^G) S) with L = tril₋₁(β ⊙ K Kᵀ ⊙ Γ); then
//! O = s (Q ⊙ e^G) S + tril(s Q Kᵀ ⊙ Γ) U and S ← e^{G_C} S + (K ⊙ e^{G_C - G})ᵀ U.
//! Backward solves the transposed system. Without g it is the plain delta rule (Schlag et al., arXiv 2102.11174).

#![expect(
    clippy::needless_range_loop,
    reason = "indices over several matrices, as in the formulas"
)]

use std::ops::Range;

use super::Shape;
use super::matmul::{Mat, MatMut, Threads, add, product, set};
use super::recurrence::{self, Recurrence, Step, Terms};
use super::vector::{add_assign, axpy, dot, scale as rescale, simd};
use crate::real::Real;

/// Strengths and decays of a head. Keys have length 1.
#[derive(Clone, Copy)]
pub struct Gates<'a, T> {
    /// β `[n]`, the strength of the update: in (0, 1), or (0, 2) where negative eigenvalues are allowed.
    pub beta: &'a [T],
    /// Log-decays g `[n]`, at most 0; none for the plain delta rule.
    pub g: Option<&'a [T]>,
}

/// Where the gradients of [`Gates`] are added.
pub struct GateGradients<'a, T> {
    /// ∂β `[n]`.
    pub beta: &'a mut [T],
    /// ∂g `[n]`, where there are decays.
    pub g: Option<&'a mut [T]>,
}

/// q, k `[n, K]`, v `[n, V]`, strengths and decays.
pub type Inputs<'a, T> = recurrence::Inputs<'a, T, Gates<'a, T>>;

/// Where the gradients of [`Inputs`] are added.
pub type Gradients<'a, T> = recurrence::Gradients<'a, T, GateGradients<'a, T>>;

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

impl<'a, T: Real> Recurrence<T> for Gates<'a, T> {
    type Gradients = GateGradients<'a, T>;
    type Chunk = Chunk<T>;
    // An effect takes two passes, one of them over a square state.
    const SPLIT_FROM: usize = 4;

    fn part(self, _: Shape<T>, tokens: Range<usize>) -> Self {
        Gates {
            beta: &self.beta[tokens.clone()],
            g: self.g.map(|g| &g[tokens]),
        }
    }

    fn recurrent(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
        simd!(<T>(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
            let Shape {
                key, value, scale, ..
            } = shape;
            let mut update = vec![T::ZERO; value];
            for (t, o) in out.chunks_exact_mut(value).enumerate() {
                let decay = x.gates.g.map_or(T::ONE, |g| g[t].exp());
                let (q, k) = (&x.q[t * key..][..key], &x.k[t * key..][..key]);
                let v = &x.v[t * value..][..value];
                step(state, decay, k, v, x.gates.beta[t], &mut update);
                o.fill(T::ZERO);
                for (row, q) in state.chunks_exact(value).zip(q) {
                    axpy(o, scale * *q, row);
                }
            }
        });
    }

    fn recurrent_backward(
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
            let decay = x.gates.g.map_or(T::ONE, |g| g[t].exp());
            let u = &mut updates[t * value..][..value];
            step(
                &mut state,
                decay,
                &x.k[t * key..][..key],
                &x.v[t * value..][..value],
                x.gates.beta[t],
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
            let decay = x.gates.g.map_or(T::ONE, |g| g[t].exp());
            let beta = x.gates.beta[t];
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
            grad.gates.beta[t] += dot(&d_u, &r);
            rescale(&mut d_u, beta);
            add_assign(&mut grad.v[t * value..][..value], &d_u);
            let mut d_decay = T::ZERO;
            for d in 0..key {
                let row = d * value..(d + 1) * value;
                grad.k[t * key + d] -= decay * dot(&before[row.clone()], &d_u);
                let ds = &mut d_state[row.clone()];
                axpy(ds, -k[d], &d_u);
                d_decay += dot(ds, &before[row]);
                rescale(ds, decay);
            }
            if let Some(g) = grad.gates.g.as_deref_mut() {
                g[t] += d_decay * decay;
            }
        }
    }

    fn keep(shape: Shape<T>, x: Inputs<'_, T>) -> Vec<T> {
        let key = shape.key;
        let mut keep = vec![T::ZERO; key * key];
        keep.iter_mut().step_by(key + 1).for_each(|k| *k = T::ONE);
        let square = Shape {
            value: key,
            ..shape
        };
        let zeros = vec![T::ZERO; x.k.len()];
        let without = Inputs { v: &zeros, ..x };
        recurrence::advance(square, without, &mut keep);
        keep
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

/// What a chunk needs besides its inputs.
pub struct Chunk<T> {
    terms: Terms<T>,
    /// e^{G_i}, e^{G_C - G_i} and e^{G_C}.
    from_start: Vec<T>,
    to_end: Vec<T>,
    total: T,
    /// Γ_ij = e^{G_i - G_j}, zero above the diagonal.
    ratio: Vec<T>,
    /// K Kᵀ.
    kk: Vec<T>,
    l: Vec<T>,
    /// K S.
    z: Vec<T>,
    /// U, for the longest chunk.
    u: Vec<T>,
}

/// What its backward pass needs besides.
pub struct Back<T> {
    d_u: Vec<T>,
    d_p: Vec<T>,
    d_l: Vec<T>,
    d_z: Vec<T>,
    d_keys: Vec<T>,
    d_g: Vec<T>,
}

impl<'a, T: Real> recurrence::Chunk<T, Gates<'a, T>> for Chunk<T> {
    type Back = Back<T>;

    fn new(shape: Shape<T>, _: Gates<'a, T>) -> Self {
        let Shape { value, chunk, .. } = shape;
        let zeros = |n: usize| vec![T::ZERO; n];
        Self {
            terms: Terms::new(shape),
            from_start: zeros(chunk),
            to_end: zeros(chunk),
            total: T::ONE,
            ratio: zeros(chunk * chunk),
            kk: zeros(chunk * chunk),
            l: zeros(chunk * chunk),
            z: zeros(chunk * value),
            u: zeros(chunk * value),
        }
    }

    fn back(shape: Shape<T>) -> Back<T> {
        let Shape {
            key, value, chunk, ..
        } = shape;
        let zeros = |n: usize| vec![T::ZERO; n];
        Back {
            d_u: zeros(chunk * value),
            d_p: zeros(chunk * chunk),
            d_l: zeros(chunk * chunk),
            d_z: zeros(chunk * value),
            d_keys: zeros(chunk * key),
            d_g: zeros(chunk),
        }
    }

    fn prepare(&mut self, shape: Shape<T>, x: Inputs<'_, T>, start: &[T]) {
        let Shape {
            key, value, scale, ..
        } = shape;
        let len = x.v.len() / value;
        let (q, k) = (Mat::new(x.q, len, key), Mat::new(x.k, len, key));
        set(MatMut::new(&mut self.kk, len, len), k, k.t(), Threads::One);
        let p = MatMut::new(&mut self.terms.a, len, len);
        product(p, false, scale, q, k.t(), Threads::One);
        let s = Mat::new(start, key, value);
        set(MatMut::new(&mut self.z, len, value), k, s, Threads::One);
        simd!(<T>(work: &mut Chunk<T> = self, x: Inputs<'_, T>, len: usize, shape: Shape<T>) {
            let Shape { key, value, .. } = shape;
            let mut sums = vec![T::ZERO; len];
            if let Some(g) = x.gates.g {
                let mut sum = T::ZERO;
                for (s, g) in sums.iter_mut().zip(g) {
                    sum += *g;
                    *s = sum;
                }
            }
            let last = sums[len - 1];
            work.total = last.exp();
            work.terms.keep.fill(work.total);
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
                    work.terms.a[at] *= ratio[j];
                    work.l[at] = x.gates.beta[i] * work.kk[at] * ratio[j];
                }
                work.l[i * len + i] = T::ZERO;
                let row = i * key..(i + 1) * key;
                let (from_start, to_end) = (work.from_start[i], work.to_end[i]);
                for (o, q) in work.terms.q[row.clone()]
                    .iter_mut()
                    .zip(&x.q[row.clone()])
                {
                    *o = *q * from_start;
                }
                for (o, k) in work.terms.k[row.clone()].iter_mut().zip(&x.k[row]) {
                    *o = *k * to_end;
                }
                let row = i * value..(i + 1) * value;
                let (v, z) = (&x.v[row.clone()], &work.z[row.clone()]);
                for ((u, v), z) in work.u[row].iter_mut().zip(v).zip(z) {
                    *u = x.gates.beta[i] * (*v - from_start * *z);
                }
            }
            solve(&work.l, &mut work.u, len, value);
        });
    }

    fn terms(&self) -> &Terms<T> {
        &self.terms
    }

    fn updates<'u>(&'u self, x: recurrence::Inputs<'u, T, Gates<'a, T>>) -> &'u [T] {
        &self.u[..x.v.len()]
    }

    fn backward(
        &mut self,
        back: &mut Back<T>,
        shape: Shape<T>,
        step: Step<'_, T, Gates<'_, T>>,
        d_state: &mut [T],
        grad: recurrence::Gradients<'_, T, &mut GateGradients<'a, T>>,
    ) {
        let Shape {
            key, value, scale, ..
        } = shape;
        let (x, len, one) = (step.x, step.d_out.len() / value, Threads::One);
        let d_o = Mat::new(step.d_out, len, value);
        let s = Mat::new(step.start, key, value);
        let (q, k) = (Mat::new(x.q, len, key), Mat::new(x.k, len, key));
        let (d_q, d_k, d_v) = (grad.q, grad.k, grad.v);
        let d_beta = &mut grad.gates.beta[step.from..][..len];
        back.d_g[..len].fill(T::ZERO);

        // U: from the outputs of the chunk and from its last state; then through the triangular system.
        let d_u = &mut back.d_u[..len * value];
        d_u.fill(T::ZERO);
        self.terms.updates_backward(shape, step.d_out, d_state, d_u);
        let (u, ds) = (Mat::new(&self.u, len, value), Mat::new(d_state, key, value));
        set(MatMut::new(&mut back.d_p, len, len), d_o, u.t(), one);
        set(MatMut::new(&mut back.d_keys, len, key), u, ds.t(), one); // ∂(K ⊙ e^{G_C - G})
        simd!(<T>(
            work: &Chunk<T> = self, back: &mut Back<T>, x: Inputs<'_, T>,
            d_k: &mut [T] = &mut *d_k, start: &[T] = step.start, d_state: &[T], len: usize, shape: Shape<T>,
        ) {
            let Shape { key, value, .. } = shape;
            let mut d_last = work.total * dot(start, d_state);
            for i in 0..len {
                let d = &back.d_keys[i * key..][..key];
                let through = work.to_end[i] * dot(d, &x.k[i * key..][..key]);
                axpy(&mut d_k[i * key..][..key], work.to_end[i], d);
                d_last += through;
                back.d_g[i] -= through;
            }
            back.d_g[len - 1] += d_last;
            solve_transposed(&work.l, &mut back.d_u, len, value); // now ∂R of (I + L) U = R
        });
        let d_r = Mat::new(&back.d_u, len, value);
        let d_l = MatMut::new(&mut back.d_l, len, len);
        product(d_l, false, -T::ONE, d_r, u.t(), one);

        // The states' part of the outputs.
        let d_keys = MatMut::new(&mut back.d_keys, len, key);
        product(d_keys, false, scale, d_o, s.t(), one);
        self.terms.state_backward(shape, step.d_out, d_state);
        simd!(<T>(
            work: &Chunk<T> = self, back: &mut Back<T>, x: Inputs<'_, T>,
            d_q: &mut [T] = &mut *d_q, d_v: &mut [T], d_beta: &mut [T], len: usize, shape: Shape<T>,
        ) {
            let Shape { key, value, scale, .. } = shape;
            for i in 0..len {
                let d = &back.d_keys[i * key..][..key];
                back.d_g[i] += work.from_start[i] * dot(d, &x.q[i * key..][..key]);
                axpy(&mut d_q[i * key..][..key], work.from_start[i], d);
                // R_i = β_i (v_i - e^{G_i} z_i) with Z = K S.
                let row = i * value..(i + 1) * value;
                let (d_r, z) = (&back.d_u[row.clone()], &work.z[row.clone()]);
                let (beta, decay) = (x.gates.beta[i], work.from_start[i]);
                let d_r_z = dot(d_r, z);
                d_beta[i] += dot(d_r, &x.v[row.clone()]) - decay * d_r_z;
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
                    let through = back.d_p[at] * work.terms.a[at];
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
                    back.d_l[at] *= x.gates.beta[i] * ratio;
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
        if let Some(g) = grad.gates.g.as_deref_mut() {
            let mut suffix = T::ZERO;
            for i in (0..len).rev() {
                suffix += back.d_g[i];
                g[step.from + i] += suffix;
            }
        }
    }
}
