//! Gated linear attention of one head of one sequence (Yang et al., arXiv 2312.06635, equations 3 to 6).
//!
//! S_t = diag(e^{g_t}) S_{t-1} + k_t v_tᵀ and o_t = s S_tᵀ q_t with log-decays g ≤ 0, one for each key channel.
//!
//! The chunkwise form writes G = cumsum(g) in a chunk of C tokens:
//! A_ij = s Σ_d q_id k_jd e^{G_id - G_jd} for j ≤ i; O = s (Q ⊙ e^G) S + A V; S ← diag(e^{G_C}) S + (K ⊙ e^{G_C - G})ᵀ V.
//! e^{-G} is never formed: a chunk is cut in blocks of [`BLOCK`] tokens; between blocks both factors of a product are
//! taken relative to the block's border, and inside a block the decays are multiplied up token by token, so that every
//! exponent is ≤ 0.
//!
//! Backward: with P = q ⊙ ∂q - k ⊙ ∂k, ∂G = P, plus Σ_v S_C ⊙ ∂S_C at the chunk's end; ∂g is its suffix sum.

use std::ops::Range;

use super::Shape;
use super::matmul::{Mat, MatMut, Threads, product, set};
use super::recurrence::{self, Recurrence, Step, Terms};
use super::vector::{add_assign, axpy, dot, scale as rescale, simd};
use crate::real::Real;

/// Tokens of a block inside a chunk.
pub const BLOCK: usize = 16;

/// The log-decays of a head.
#[derive(Clone, Copy)]
pub struct Gates<'a, T> {
    /// g `[n, K]`, at most 0.
    pub g: &'a [T],
}

/// q, k `[n, K]`, v `[n, V]` and the log-decays.
pub type Inputs<'a, T> = recurrence::Inputs<'a, T, Gates<'a, T>>;

/// Where the gradients of [`Inputs`] are added, that of g `[n, K]` among them.
pub type Gradients<'a, T> = recurrence::Gradients<'a, T, &'a mut [T]>;

/// λ of every token and key channel.
pub(super) trait Decay<T>: Copy {
    /// That of element `at` of `[n, K]`.
    fn at(self, at: usize) -> T;
}

impl<T: Real> Decay<T> for Gates<'_, T> {
    #[inline(always)]
    fn at(self, at: usize) -> T {
        self.g[at].exp()
    }
}

/// The recurrent form under any decay.
#[inline(always)]
pub(super) fn recurrent<T: Real, G>(
    shape: Shape<T>,
    x: recurrence::Inputs<'_, T, G>,
    decay: impl Decay<T>,
    state: &mut [T],
    out: &mut [T],
) {
    let Shape {
        key, value, scale, ..
    } = shape;
    out.fill(T::ZERO);
    for (t, o) in out.chunks_exact_mut(value).enumerate() {
        let v = &x.v[t * value..][..value];
        for (d, row) in state.chunks_exact_mut(value).enumerate() {
            let at = t * key + d;
            let (decay, k, q) = (decay.at(at), x.k[at], x.q[at] * scale);
            for ((s, v), o) in row.iter_mut().zip(v).zip(o.iter_mut()) {
                *s = *s * decay + k * *v;
                *o += q * *s;
            }
        }
    }
}

/// Backward of [`recurrent`]; the gradients of g are added to `d_g`, where there is one.
pub(super) fn recurrent_backward<T: Real, G>(
    shape: Shape<T>,
    x: recurrence::Inputs<'_, T, G>,
    decay: impl Decay<T>,
    start: &[T],
    d_out: &[T],
    d_state: &mut [T],
    grad: recurrence::Gradients<'_, T, Option<&mut [T]>>,
) {
    let Shape {
        key, value, scale, ..
    } = shape;
    let n = d_out.len() / value;
    let mut d_g = grad.gates;
    let mut states = start.to_vec();
    let mut state = start.to_vec();
    for t in 0..n {
        for d in 0..key {
            let row = &mut state[d * value..][..value];
            rescale(row, decay.at(t * key + d));
            axpy(row, x.k[t * key + d], &x.v[t * value..][..value]);
        }
        states.extend_from_slice(&state);
    }
    for t in (0..n).rev() {
        let before = &states[t * key * value..][..key * value];
        let after = &states[(t + 1) * key * value..][..key * value];
        let d_o = &d_out[t * value..][..value];
        let v = &x.v[t * value..][..value];
        for d in 0..key {
            let at = t * key + d;
            let row = d * value..(d + 1) * value;
            grad.q[at] += scale * dot(&after[row.clone()], d_o);
            let ds = &mut d_state[row.clone()];
            axpy(ds, scale * x.q[at], d_o);
            grad.k[at] += dot(ds, v);
            axpy(&mut grad.v[t * value..][..value], x.k[at], ds);
            let decay = decay.at(at);
            if let Some(d_g) = d_g.as_deref_mut() {
                d_g[at] += decay * dot(ds, &before[row]);
            }
            rescale(ds, decay);
        }
    }
}

impl<'a, T: Real> Recurrence<T> for Gates<'a, T> {
    type Gradients = &'a mut [T];
    type Chunk = Chunk<T>;
    const SPLIT_FROM: usize = 2;

    fn part(self, shape: Shape<T>, tokens: Range<usize>) -> Self {
        let g = &self.g[tokens.start * shape.key..tokens.end * shape.key];
        Gates { g }
    }

    fn recurrent(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
        simd!(<T>(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
            recurrent(shape, x, x.gates, state, out);
        });
    }

    fn recurrent_backward(
        shape: Shape<T>,
        x: recurrence::Inputs<'_, T, Self>,
        start: &[T],
        d_out: &[T],
        d_state: &mut [T],
        grad: Gradients<'_, T>,
    ) {
        let grad = recurrence::Gradients {
            q: grad.q,
            k: grad.k,
            v: grad.v,
            gates: Some(grad.gates),
        };
        recurrent_backward(shape, x, x.gates, start, d_out, d_state, grad);
    }

    fn keep(shape: Shape<T>, x: recurrence::Inputs<'_, T, Self>) -> Vec<T> {
        let mut keep = vec![T::ZERO; shape.key];
        for g in x.gates.g.chunks_exact(shape.key) {
            add_assign(&mut keep, g);
        }
        keep.iter_mut().for_each(|k| *k = k.exp());
        keep
    }
}

/// What a chunk needs besides its inputs.
pub struct Chunk<T> {
    terms: Terms<T>,
    /// e^{g_i}.
    step: Vec<T>,
    /// G_i, the inclusive sum of g.
    sum: Vec<T>,
    /// e^{G_i}.
    from_start: Vec<T>,
    /// e^{G_C - G_i}.
    to_end: Vec<T>,
    q_block: Vec<T>,
    k_block: Vec<T>,
}

/// What its backward pass needs besides.
pub struct Back<T> {
    d_a: Vec<T>,
    d_q: Vec<T>,
    d_k: Vec<T>,
    d_q_block: Vec<T>,
    d_k_block: Vec<T>,
    /// The state at the chunk's end, for the gradient of its total decay.
    end: Vec<T>,
}

impl<'a, T: Real> recurrence::Chunk<T, Gates<'a, T>> for Chunk<T> {
    type Back = Back<T>;

    fn new(shape: Shape<T>, _: Gates<'a, T>) -> Self {
        let zeros = || vec![T::ZERO; shape.chunk * shape.key];
        Self {
            terms: Terms::new(shape),
            step: zeros(),
            sum: zeros(),
            from_start: zeros(),
            to_end: zeros(),
            q_block: vec![T::ZERO; BLOCK * shape.key],
            k_block: zeros(),
        }
    }

    fn back(shape: Shape<T>) -> Back<T> {
        let Shape {
            key, value, chunk, ..
        } = shape;
        let zeros = || vec![T::ZERO; chunk * key];
        Back {
            d_a: vec![T::ZERO; chunk * chunk],
            d_q: zeros(),
            d_k: zeros(),
            d_q_block: vec![T::ZERO; BLOCK * key],
            d_k_block: zeros(),
            end: vec![T::ZERO; key * value],
        }
    }

    fn prepare(&mut self, shape: Shape<T>, x: Inputs<'_, T>, _: &[T]) {
        let len = x.v.len() / shape.value;
        simd!(<T>(work: &mut Chunk<T> = self, x: Inputs<'_, T>, len: usize, shape: Shape<T>) {
            work.decays(x, len, shape.key);
            work.intra(x, len, shape.key, shape.scale);
        });
    }

    fn prepare_state(&mut self, shape: Shape<T>, x: Inputs<'_, T>, _: &[T]) {
        let len = x.v.len() / shape.value;
        simd!(<T>(work: &mut Chunk<T> = self, x: Inputs<'_, T>, len: usize, shape: Shape<T>) {
            work.decays(x, len, shape.key);
        });
    }

    fn terms(&self) -> &Terms<T> {
        &self.terms
    }

    fn backward(
        &mut self,
        back: &mut Back<T>,
        shape: Shape<T>,
        step: Step<'_, T, Gates<'_, T>>,
        d_state: &mut [T],
        grad: recurrence::Gradients<'_, T, &mut &'a mut [T]>,
    ) {
        let Shape {
            key, value, scale, ..
        } = shape;
        let (x, len, one) = (step.x, step.d_out.len() / value, Threads::One);
        let d_o = Mat::new(step.d_out, len, value);
        let v = Mat::new(x.v, len, value);
        back.end.copy_from_slice(step.start);
        self.terms.advance(shape, x.v, &mut back.end);
        self.terms
            .updates_backward(shape, step.d_out, d_state, grad.v);
        // Queries and keys through the states, then inside the chunk.
        let s = Mat::new(step.start, key, value);
        let d_q = MatMut::new(&mut back.d_q, len, key);
        product(d_q, false, scale, d_o, s.t(), one);
        let ds = Mat::new(d_state, key, value);
        set(MatMut::new(&mut back.d_k, len, key), v, ds.t(), one);
        set(MatMut::new(&mut back.d_a, len, len), d_o, v.t(), one);
        let d_g = &mut grad.gates[step.from * key..][..len * key];
        simd!(<T>(
            work: &mut Chunk<T> = self, back: &mut Back<T>, x: Inputs<'_, T>, shape: Shape<T>, d_state: &[T],
            g_q: &mut [T] = grad.q, g_k: &mut [T] = grad.k, g_g: &mut [T] = d_g,
        ) {
            let Shape { key, value, scale, .. } = shape;
            let len = x.v.len() / value;
            for (d, e) in back.d_q[..len * key].iter_mut().zip(&work.from_start) {
                *d *= *e;
            }
            for (d, e) in back.d_k[..len * key].iter_mut().zip(&work.to_end) {
                *d *= *e;
            }
            work.intra_backward(back, x, len, key, scale);
            let mut suffix = vec![T::ZERO; key];
            for d in 0..key {
                suffix[d] = dot(&back.end[d * value..][..value], &d_state[d * value..][..value]);
            }
            for i in (0..len).rev() {
                let row = i * key..(i + 1) * key;
                let (q, k) = (&x.q[row.clone()], &x.k[row.clone()]);
                let (dq, dk) = (&back.d_q[row.clone()], &back.d_k[row.clone()]);
                let out = &mut g_g[row];
                for d in 0..key {
                    suffix[d] += q[d] * dq[d] - k[d] * dk[d];
                    out[d] += suffix[d];
                }
            }
            add_assign(g_q, &back.d_q[..len * key]);
            add_assign(g_k, &back.d_k[..len * key]);
        });
        self.terms.state_backward(shape, step.d_out, d_state);
    }
}

impl<T: Real> Chunk<T> {
    #[inline(always)]
    fn decays(&mut self, x: Inputs<'_, T>, len: usize, key: usize) {
        self.sum[..key].copy_from_slice(&x.gates.g[..key]);
        for i in 1..len {
            let (done, rest) = self.sum.split_at_mut(i * key);
            let before = &done[(i - 1) * key..];
            for ((s, b), g) in rest[..key]
                .iter_mut()
                .zip(before)
                .zip(&x.gates.g[i * key..][..key])
            {
                *s = *b + *g;
            }
        }
        let n = len * key;
        for (s, g) in self.step[..n].iter_mut().zip(x.gates.g) {
            *s = g.exp();
        }
        for (e, s) in self.from_start[..n].iter_mut().zip(&self.sum) {
            *e = s.exp();
        }
        let last = &self.sum[(len - 1) * key..][..key];
        for (t, s) in self.terms.keep.iter_mut().zip(last) {
            *t = s.exp();
        }
        for (to_end, sum) in self.to_end[..n]
            .chunks_exact_mut(key)
            .zip(self.sum.chunks_exact(key))
        {
            for ((e, s), l) in to_end.iter_mut().zip(sum).zip(last) {
                *e = (*l - *s).exp();
            }
        }
        for ((o, q), e) in self.terms.q[..n].iter_mut().zip(x.q).zip(&self.from_start) {
            *o = *q * *e;
        }
        for ((o, k), e) in self.terms.k[..n].iter_mut().zip(x.k).zip(&self.to_end) {
            *o = *k * *e;
        }
    }

    /// q of the block that starts at `b` relative to the token before it, and k of all earlier tokens likewise.
    #[inline(always)]
    fn border(&mut self, x: Inputs<'_, T>, b: usize, e: usize, key: usize) {
        let reference = &self.sum[(b - 1) * key..][..key];
        for i in b..e {
            let out = &mut self.q_block[(i - b) * key..][..key];
            let (q, s) = (&x.q[i * key..][..key], &self.sum[i * key..][..key]);
            for d in 0..key {
                out[d] = q[d] * (s[d] - reference[d]).exp();
            }
        }
        for j in 0..b {
            let out = &mut self.k_block[j * key..][..key];
            let (k, s) = (&x.k[j * key..][..key], &self.sum[j * key..][..key]);
            for d in 0..key {
                out[d] = k[d] * (reference[d] - s[d]).exp();
            }
        }
    }

    /// Fills A.
    #[inline(always)]
    fn intra(&mut self, x: Inputs<'_, T>, len: usize, key: usize, scale: T) {
        self.terms.a[..len * len].fill(T::ZERO);
        let mut decayed = vec![T::ZERO; key];
        let mut b = 0;
        while b < len {
            let e = (b + BLOCK).min(len);
            if b > 0 {
                self.border(x, b, e, key);
                product(
                    MatMut::strided(&mut self.terms.a[b * len..], e - b, b, len),
                    false,
                    scale,
                    Mat::new(&self.q_block, e - b, key),
                    Mat::new(&self.k_block, b, key).t(),
                    Threads::One,
                );
            }
            for j in b..e {
                decayed.copy_from_slice(&x.k[j * key..][..key]);
                for i in j..e {
                    if i > j {
                        for (r, s) in decayed.iter_mut().zip(&self.step[i * key..][..key]) {
                            *r *= *s;
                        }
                    }
                    self.terms.a[i * len + j] = scale * dot(&x.q[i * key..][..key], &decayed);
                }
            }
            b = e;
        }
    }

    /// Adds the gradients of q and k through A.
    #[inline(always)]
    fn intra_backward(
        &mut self,
        back: &mut Back<T>,
        x: Inputs<'_, T>,
        len: usize,
        key: usize,
        scale: T,
    ) {
        let Back {
            d_a,
            d_q,
            d_k,
            d_q_block,
            d_k_block,
            ..
        } = back;
        let mut decay = vec![T::ZERO; key];
        let mut b = 0;
        while b < len {
            let e = (b + BLOCK).min(len);
            if b > 0 {
                self.border(x, b, e, key);
                let d_block = Mat::strided(&d_a[b * len..], e - b, b, len);
                product(
                    MatMut::new(d_q_block, e - b, key),
                    false,
                    scale,
                    d_block,
                    Mat::new(&self.k_block, b, key),
                    Threads::One,
                );
                product(
                    MatMut::new(d_k_block, b, key),
                    false,
                    scale,
                    d_block.t(),
                    Mat::new(&self.q_block, e - b, key),
                    Threads::One,
                );
                let reference = &self.sum[(b - 1) * key..][..key];
                for i in b..e {
                    let (d, s) = (
                        &d_q_block[(i - b) * key..][..key],
                        &self.sum[i * key..][..key],
                    );
                    let out = &mut d_q[i * key..][..key];
                    for c in 0..key {
                        out[c] += d[c] * (s[c] - reference[c]).exp();
                    }
                }
                for j in 0..b {
                    let (d, s) = (&d_k_block[j * key..][..key], &self.sum[j * key..][..key]);
                    let out = &mut d_k[j * key..][..key];
                    for c in 0..key {
                        out[c] += d[c] * (reference[c] - s[c]).exp();
                    }
                }
            }
            for j in b..e {
                decay.fill(T::ONE);
                let k = &x.k[j * key..][..key];
                for i in j..e {
                    if i > j {
                        for (r, s) in decay.iter_mut().zip(&self.step[i * key..][..key]) {
                            *r *= *s;
                        }
                    }
                    let factor = scale * d_a[i * len + j];
                    let q = &x.q[i * key..][..key];
                    let out = &mut d_q[i * key..][..key];
                    for c in 0..key {
                        out[c] += factor * decay[c] * k[c];
                    }
                    let out = &mut d_k[j * key..][..key];
                    for c in 0..key {
                        out[c] += factor * decay[c] * q[c];
                    }
                }
            }
            b = e;
        }
    }
}
