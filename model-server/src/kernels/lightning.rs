//! Linear attention with one constant decay a head (Lightning Attention-2, arXiv 2401.04658; TransNormerLLM,
//! arXiv 2307.14995): S_t = λ S_{t-1} + k_t v_tᵀ, o_t = s S_tᵀ q_t with λ = e^g, g ≤ 0 fixed.
//!
//! Chunkwise: O = s (Q ⊙ λ^{i}) S + tril(s Q Kᵀ ⊙ λ^{i-j}) V; S ← λ^C S + (K ⊙ λ^{C-i})ᵀ V, i counted from 1.
//! The decay is no parameter, so it has no gradient.

use std::ops::Range;

use super::Shape;
use super::lasp2::{Effect, Recurrence};
use super::matmul::{Mat, MatMut, Threads, add, product};
use super::vector::{axpy, dot, scale as rescale, simd};
use crate::real::Real;

/// q, k `[n, K]`, v `[n, V]` and the head's log-decay.
#[derive(Clone, Copy)]
pub struct Inputs<'a, T> {
    /// Queries.
    pub q: &'a [T],
    /// Keys.
    pub k: &'a [T],
    /// Values.
    pub v: &'a [T],
    /// ln λ, at most 0.
    pub g: T,
}

/// Where the gradients of [`Inputs`] are added.
pub struct Gradients<'a, T> {
    /// ∂q `[n, K]`.
    pub q: &'a mut [T],
    /// ∂k `[n, K]`.
    pub k: &'a mut [T],
    /// ∂v `[n, V]`.
    pub v: &'a mut [T],
}

impl<T: Real> Recurrence<T> for Inputs<'_, T> {
    const SPLIT_FROM: usize = 2;

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
            g: self.g,
        }
    }

    fn effect(self, shape: Shape<T>) -> Effect<T> {
        let Shape {
            key, value, chunk, ..
        } = shape;
        let n = self.v.len() / value;
        let mut add_up = vec![T::ZERO; key * value];
        for from in (0..n).step_by(chunk) {
            let len = chunk.min(n - from);
            let mut k = self.k[from * key..][..len * key].to_vec();
            for (i, row) in k.chunks_exact_mut(key).enumerate() {
                rescale(row, (self.g * T::from_f64((len - 1 - i) as f64)).exp());
            }
            rescale(&mut add_up, (self.g * T::from_f64(len as f64)).exp());
            let v = Mat::new(&self.v[from * value..][..len * value], len, value);
            let k = Mat::new(&k, len, key).t();
            add(MatMut::new(&mut add_up, key, value), k, v, Threads::One);
        }
        Effect {
            keep: vec![(self.g * T::from_f64(n as f64)).exp(); key],
            add: add_up,
        }
    }
}

/// The recurrent form: advances `state` `[K, V]` and writes `out` `[n, V]`.
pub fn recurrent<T: Real>(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
    simd!(<T>(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
        let Shape {
            key, value, scale, ..
        } = shape;
        let decay = x.g.exp();
        for (t, o) in out.chunks_exact_mut(value).enumerate() {
            let v = &x.v[t * value..][..value];
            o.fill(T::ZERO);
            for (d, row) in state.chunks_exact_mut(value).enumerate() {
                let (k, q) = (x.k[t * key + d], scale * x.q[t * key + d]);
                for ((s, v), o) in row.iter_mut().zip(v).zip(o.iter_mut()) {
                    *s = *s * decay + k * *v;
                    *o += q * *s;
                }
            }
        }
    });
}

/// Backward of the recurrent form; arguments as in [`super::gla::recurrent_backward`].
pub fn recurrent_backward<T: Real>(
    shape: Shape<T>,
    x: Inputs<'_, T>,
    start: &[T],
    d_out: &[T],
    d_state: &mut [T],
    grad: Gradients<'_, T>,
) {
    let Shape {
        key, value, scale, ..
    } = shape;
    let n = d_out.len() / value;
    let decay = x.g.exp();
    let mut states = Vec::with_capacity(n * key * value);
    let mut state = start.to_vec();
    for t in 0..n {
        for d in 0..key {
            let row = &mut state[d * value..][..value];
            rescale(row, decay);
            axpy(row, x.k[t * key + d], &x.v[t * value..][..value]);
        }
        states.extend_from_slice(&state);
    }
    for t in (0..n).rev() {
        let d_o = &d_out[t * value..][..value];
        for d in 0..key {
            let at = t * key + d;
            grad.q[at] += scale * dot(&states[t * key * value + d * value..][..value], d_o);
            let ds = &mut d_state[d * value..][..value];
            axpy(ds, scale * x.q[at], d_o);
            grad.k[at] += dot(ds, &x.v[t * value..][..value]);
            axpy(&mut grad.v[t * value..][..value], x.k[at], ds);
            rescale(ds, decay);
        }
    }
}

/// The chunkwise form; arguments as in [`super::gla::chunk_forward`].
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
    let mut work = Work::new(shape, x.g);
    let mut from = 0;
    while from < n {
        let len = chunk.min(n - from);
        if let Some(kept) = kept.as_deref_mut() {
            kept.extend_from_slice(state);
        }
        work.prepare(x, from, len, shape);
        let v = Mat::new(&x.v[from * value..][..len * value], len, value);
        let out = &mut out[from * value..][..len * value];
        let (q, s) = (Mat::new(&work.q, len, key), Mat::new(&*state, key, value));
        product(
            MatMut::new(out, len, value),
            false,
            scale,
            q,
            s,
            Threads::One,
        );
        add(
            MatMut::new(out, len, value),
            Mat::new(&work.p, len, len),
            v,
            Threads::One,
        );
        rescale(state, work.powers[len]);
        let k = Mat::new(&work.k, len, key);
        add(MatMut::new(state, key, value), k.t(), v, Threads::One);
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
    grad: Gradients<'_, T>,
) {
    let Shape {
        key,
        value,
        chunk,
        scale,
    } = shape;
    let n = d_out.len() / value;
    let one = Threads::One;
    let mut work = Work::new(shape, x.g);
    let (mut d_p, mut d_x) = (vec![T::ZERO; chunk * chunk], vec![T::ZERO; chunk * key]);
    for (c, start) in kept.chunks_exact(key * value).enumerate().rev() {
        let from = c * chunk;
        let len = chunk.min(n - from);
        work.prepare(x, from, len, shape);
        let d_o = Mat::new(&d_out[from * value..][..len * value], len, value);
        let v = Mat::new(&x.v[from * value..][..len * value], len, value);
        let q = Mat::new(&x.q[from * key..][..len * key], len, key);
        let k = Mat::new(&x.k[from * key..][..len * key], len, key);
        let (ds, s) = (Mat::new(&*d_state, key, value), Mat::new(start, key, value));
        let d_q = &mut grad.q[from * key..][..len * key];
        let d_k = &mut grad.k[from * key..][..len * key];
        let d_v = &mut grad.v[from * value..][..len * value];
        add(
            MatMut::new(d_v, len, value),
            Mat::new(&work.p, len, len).t(),
            d_o,
            one,
        );
        add(
            MatMut::new(d_v, len, value),
            Mat::new(&work.k, len, key),
            ds,
            one,
        );
        product(
            MatMut::new(&mut d_x, len, key),
            false,
            scale,
            d_o,
            s.t(),
            one,
        );
        for i in 0..len {
            axpy(
                &mut d_q[i * key..][..key],
                work.powers[i + 1],
                &d_x[i * key..][..key],
            );
        }
        product(
            MatMut::new(&mut d_x, len, key),
            false,
            T::ONE,
            v,
            ds.t(),
            one,
        );
        for i in 0..len {
            axpy(
                &mut d_k[i * key..][..key],
                work.powers[len - 1 - i],
                &d_x[i * key..][..key],
            );
        }
        product(
            MatMut::new(&mut d_p, len, len),
            false,
            scale,
            d_o,
            v.t(),
            one,
        );
        work.mask(&mut d_p, len);
        let d_p = Mat::new(&d_p, len, len);
        add(MatMut::new(d_q, len, key), d_p, k, one);
        add(MatMut::new(d_k, len, key), d_p.t(), q, one);
        rescale(d_state, work.powers[len]);
        let q_decayed = Mat::new(&work.q, len, key);
        product(
            MatMut::new(d_state, key, value),
            true,
            scale,
            q_decayed.t(),
            d_o,
            one,
        );
    }
}

/// What a chunk needs besides its inputs.
struct Work<T> {
    /// λ^i for i = 0 ..= C.
    powers: Vec<T>,
    q: Vec<T>,
    k: Vec<T>,
    p: Vec<T>,
}

impl<T: Real> Work<T> {
    fn new(shape: Shape<T>, g: T) -> Self {
        let Shape { key, chunk, .. } = shape;
        Self {
            powers: (0..=chunk)
                .map(|i| (g * T::from_f64(i as f64)).exp())
                .collect(),
            q: vec![T::ZERO; chunk * key],
            k: vec![T::ZERO; chunk * key],
            p: vec![T::ZERO; chunk * chunk],
        }
    }

    /// Multiplies by λ^{i-j} on and below the diagonal and clears what is above.
    fn mask(&self, p: &mut [T], len: usize) {
        for (i, row) in p.chunks_exact_mut(len).enumerate().take(len) {
            for (j, p) in row.iter_mut().enumerate() {
                *p = if j <= i {
                    *p * self.powers[i - j]
                } else {
                    T::ZERO
                };
            }
        }
    }

    fn prepare(&mut self, x: Inputs<'_, T>, from: usize, len: usize, shape: Shape<T>) {
        let Shape { key, scale, .. } = shape;
        let q = &x.q[from * key..][..len * key];
        let k = &x.k[from * key..][..len * key];
        for i in 0..len {
            let row = i * key..(i + 1) * key;
            for (o, q) in self.q[row.clone()].iter_mut().zip(&q[row.clone()]) {
                *o = *q * self.powers[i + 1];
            }
            for (o, k) in self.k[row.clone()].iter_mut().zip(&k[row]) {
                *o = *k * self.powers[len - 1 - i];
            }
        }
        let (q, k) = (Mat::new(q, len, key), Mat::new(k, len, key));
        let mut p = std::mem::take(&mut self.p);
        product(
            MatMut::new(&mut p, len, len),
            false,
            scale,
            q,
            k.t(),
            Threads::One,
        );
        self.mask(&mut p, len);
        self.p = p;
    }
}
