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
use super::lasp2::{Effect, Recurrence};
use super::matmul::{Mat, MatMut, Threads, add, product, set};
use super::vector::{axpy, dot, simd};
use crate::real::Real;

/// Tokens of a block inside a chunk.
pub const BLOCK: usize = 16;

/// q, k `[n, K]`, v `[n, V]` and the log-decays g `[n, K]`.
#[derive(Clone, Copy)]
pub struct Inputs<'a, T> {
    /// Queries.
    pub q: &'a [T],
    /// Keys.
    pub k: &'a [T],
    /// Values.
    pub v: &'a [T],
    /// Log-decays, at most 0.
    pub g: &'a [T],
}

/// Where the gradients of [`Inputs`] are added.
pub struct Gradients<'a, T> {
    /// ∂q `[n, K]`.
    pub q: &'a mut [T],
    /// ∂k `[n, K]`.
    pub k: &'a mut [T],
    /// ∂v `[n, V]`.
    pub v: &'a mut [T],
    /// ∂g `[n, K]`.
    pub g: &'a mut [T],
}

/// The recurrent form: advances `state` `[K, V]` and writes `out` `[n, V]`.
pub fn recurrent<T: Real>(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
    simd!(<T>(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
        recurrent_body(shape, x, state, out);
    });
}

#[inline(always)]
fn recurrent_body<T: Real>(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
    let Shape {
        key, value, scale, ..
    } = shape;
    out.fill(T::ZERO);
    for (t, o) in out.chunks_exact_mut(value).enumerate() {
        let v = &x.v[t * value..][..value];
        for (d, row) in state.chunks_exact_mut(value).enumerate() {
            let at = t * key + d;
            let (decay, k, q) = (x.g[at].exp(), x.k[at], x.q[at] * scale);
            for ((s, v), o) in row.iter_mut().zip(v).zip(o.iter_mut()) {
                *s = *s * decay + k * *v;
                *o += q * *s;
            }
        }
    }
}

/// Backward of the recurrent form. `start` is the state before the first token; `d_state` comes in as the gradient of
/// the state after the last and leaves as that of `start`. Keeps every state: for checks and short sequences.
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
    let mut states = start.to_vec();
    let mut state = start.to_vec();
    for t in 0..n {
        for d in 0..key {
            let decay = x.g[t * key + d].exp();
            for c in 0..value {
                let s = &mut state[d * value + c];
                *s = *s * decay + x.k[t * key + d] * x.v[t * value + c];
            }
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
            let decay = x.g[at].exp();
            grad.g[at] += decay * dot(ds, &before[row]);
            super::vector::scale(ds, decay);
        }
    }
}

/// The chunkwise form of the same map. When `kept` is given, the state at the start of every chunk is appended to it for
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
        work.prepare(part, len, shape);
        let out = &mut out[from * value..][..len * value];
        let v = Mat::new(part.v, len, value);
        let q_decayed = Mat::new(&work.q_decayed, len, key);
        product(
            MatMut::new(out, len, value),
            false,
            scale,
            q_decayed,
            Mat::new(state, key, value),
            Threads::One,
        );
        add(
            MatMut::new(out, len, value),
            Mat::new(&work.a, len, len),
            v,
            Threads::One,
        );
        decay_rows(state, &work.total, value);
        let k_decayed = Mat::new(&work.k_decayed, len, key);
        add(
            MatMut::new(state, key, value),
            k_decayed.t(),
            v,
            Threads::One,
        );
        from += len;
    }
}

/// Advances the state `[K, V]` as [`chunk_forward`] does, without outputs.
fn advance<T: Real>(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T]) {
    let Shape {
        key, value, chunk, ..
    } = shape;
    let n = x.v.len() / value;
    let mut work = Work::new(shape);
    for from in (0..n).step_by(chunk) {
        let len = chunk.min(n - from);
        let part = x.part(shape, from..from + len);
        simd!(<T>(work: &mut Work<T> = &mut work, part: Inputs<'_, T>, len: usize, key: usize) {
            work.decays(part, len, key);
        });
        decay_rows(state, &work.total, value);
        let keys = Mat::new(&work.k_decayed, len, key).t();
        let v = Mat::new(part.v, len, value);
        add(MatMut::new(state, key, value), keys, v, Threads::One);
    }
}

/// Backward of the chunkwise form. `kept` is what [`chunk_forward`] kept; `d_state` comes in as the gradient of the last
/// state and leaves as that of the first. Gradients are added to `grad`.
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
    let mut work = Work::new(shape);
    let mut d_a = vec![T::ZERO; chunk * chunk];
    let (mut d_q, mut d_k) = (vec![T::ZERO; chunk * key], vec![T::ZERO; chunk * key]);
    let mut end = vec![T::ZERO; key * value];
    for (c, start) in kept.chunks_exact(key * value).enumerate().rev() {
        let from = c * chunk;
        let len = chunk.min(n - from);
        let part = x.part(shape, from..from + len);
        let keys = from * key..(from + len) * key;
        work.prepare(part, len, shape);
        let d_o = Mat::new(&d_out[from * value..][..len * value], len, value);
        let v = Mat::new(part.v, len, value);
        let k_decayed = Mat::new(&work.k_decayed, len, key);
        // The state at the chunk's end, for the gradient of its total decay.
        end.copy_from_slice(start);
        decay_rows(&mut end, &work.total, value);
        add(
            MatMut::new(&mut end, key, value),
            k_decayed.t(),
            v,
            Threads::One,
        );
        // Values.
        let d_v = &mut grad.v[from * value..][..len * value];
        add(
            MatMut::new(d_v, len, value),
            Mat::new(&work.a, len, len).t(),
            d_o,
            Threads::One,
        );
        add(
            MatMut::new(d_v, len, value),
            k_decayed,
            Mat::new(d_state, key, value),
            Threads::One,
        );
        // Queries and keys through the states.
        product(
            MatMut::new(&mut d_q, len, key),
            false,
            scale,
            d_o,
            Mat::new(start, key, value).t(),
            Threads::One,
        );
        set(
            MatMut::new(&mut d_k, len, key),
            v,
            Mat::new(d_state, key, value).t(),
            Threads::One,
        );
        // Queries and keys inside the chunk.
        set(MatMut::new(&mut d_a, len, len), d_o, v.t(), Threads::One);
        let chunk = Chunk {
            part,
            len,
            shape,
            end: &end,
            d_state,
        };
        simd!(<T>(
            chunk: Chunk<'_, T>, work: &mut Work<T> = &mut work,
            d_a: &[T] = &d_a, d_q: &mut [T] = &mut d_q, d_k: &mut [T] = &mut d_k,
            g_q: &mut [T] = &mut grad.q[keys.clone()],
            g_k: &mut [T] = &mut grad.k[keys.clone()],
            g_g: &mut [T] = &mut grad.g[keys],
        ) {
            let Chunk { part, len, shape, end, d_state } = chunk;
            let Shape { key, value, scale, .. } = shape;
            for (d, e) in d_q[..len * key].iter_mut().zip(&work.from_start) {
                *d *= *e;
            }
            for (d, e) in d_k[..len * key].iter_mut().zip(&work.to_end) {
                *d *= *e;
            }
            work.intra_backward(part, len, key, scale, d_a, d_q, d_k);
            let mut suffix = vec![T::ZERO; key];
            for d in 0..key {
                suffix[d] = dot(&end[d * value..][..value], &d_state[d * value..][..value]);
            }
            for i in (0..len).rev() {
                let row = i * key..(i + 1) * key;
                let (q, k) = (&part.q[row.clone()], &part.k[row.clone()]);
                let (dq, dk) = (&d_q[row.clone()], &d_k[row.clone()]);
                let out = &mut g_g[row];
                for d in 0..key {
                    suffix[d] += q[d] * dq[d] - k[d] * dk[d];
                    out[d] += suffix[d];
                }
            }
            super::vector::add_assign(g_q, &d_q[..len * key]);
            super::vector::add_assign(g_k, &d_k[..len * key]);
        });
        decay_rows(d_state, &work.total, value);
        product(
            MatMut::new(d_state, key, value),
            true,
            scale,
            Mat::new(&work.q_decayed, len, key).t(),
            d_o,
            Threads::One,
        );
    }
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
            g: &self.g[from * key..][..len * key],
        }
    }

    fn effect(self, shape: Shape<T>) -> Effect<T> {
        let mut keep = vec![T::ZERO; shape.key];
        let mut add = vec![T::ZERO; shape.key * shape.value];
        advance(shape, self, &mut add);
        for g in self.g.chunks_exact(shape.key) {
            super::vector::add_assign(&mut keep, g);
        }
        keep.iter_mut().for_each(|k| *k = k.exp());
        Effect { keep, add }
    }
}

#[inline(always)]
fn decay_rows<T: Real>(state: &mut [T], decay: &[T], value: usize) {
    for (row, decay) in state.chunks_exact_mut(value).zip(decay) {
        super::vector::scale(row, *decay);
    }
}

/// What the backward pass knows of a chunk.
#[derive(Clone, Copy)]
struct Chunk<'a, T> {
    part: Inputs<'a, T>,
    len: usize,
    shape: Shape<T>,
    /// The state at its end.
    end: &'a [T],
    /// The gradient of that.
    d_state: &'a [T],
}

/// What a chunk needs besides its inputs; allocated once a sequence.
struct Work<T> {
    /// e^{g_i}.
    step: Vec<T>,
    /// G_i, the inclusive sum of g.
    sum: Vec<T>,
    /// e^{G_i}.
    from_start: Vec<T>,
    /// e^{G_C - G_i}.
    to_end: Vec<T>,
    /// e^{G_C}.
    total: Vec<T>,
    q_decayed: Vec<T>,
    k_decayed: Vec<T>,
    /// A, zero above the diagonal.
    a: Vec<T>,
    q_block: Vec<T>,
    k_block: Vec<T>,
    d_q_block: Vec<T>,
    d_k_block: Vec<T>,
}

impl<T: Real> Work<T> {
    fn new(shape: Shape<T>) -> Self {
        let rows = shape.chunk * shape.key;
        let zeros = || vec![T::ZERO; rows];
        Self {
            step: zeros(),
            sum: zeros(),
            from_start: zeros(),
            to_end: zeros(),
            total: vec![T::ZERO; shape.key],
            q_decayed: zeros(),
            k_decayed: zeros(),
            a: vec![T::ZERO; shape.chunk * shape.chunk],
            q_block: vec![T::ZERO; BLOCK * shape.key],
            k_block: zeros(),
            d_q_block: vec![T::ZERO; BLOCK * shape.key],
            d_k_block: zeros(),
        }
    }

    /// Decays and A.
    fn prepare(&mut self, x: Inputs<'_, T>, len: usize, shape: Shape<T>) {
        simd!(<T>(work: &mut Work<T> = self, x: Inputs<'_, T>, len: usize, shape: Shape<T>) {
            work.decays(x, len, shape.key);
            work.intra(x, len, shape.key, shape.scale);
        });
    }

    #[inline(always)]
    fn decays(&mut self, x: Inputs<'_, T>, len: usize, key: usize) {
        self.sum[..key].copy_from_slice(&x.g[..key]);
        for i in 1..len {
            let (done, rest) = self.sum.split_at_mut(i * key);
            let before = &done[(i - 1) * key..];
            for ((s, b), g) in rest[..key]
                .iter_mut()
                .zip(before)
                .zip(&x.g[i * key..][..key])
            {
                *s = *b + *g;
            }
        }
        let n = len * key;
        for (s, g) in self.step[..n].iter_mut().zip(x.g) {
            *s = g.exp();
        }
        for (e, s) in self.from_start[..n].iter_mut().zip(&self.sum) {
            *e = s.exp();
        }
        let last = &self.sum[(len - 1) * key..][..key];
        for (t, s) in self.total.iter_mut().zip(last) {
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
        for ((o, q), e) in self.q_decayed[..n]
            .iter_mut()
            .zip(x.q)
            .zip(&self.from_start)
        {
            *o = *q * *e;
        }
        for ((o, k), e) in self.k_decayed[..n].iter_mut().zip(x.k).zip(&self.to_end) {
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
        self.a[..len * len].fill(T::ZERO);
        let mut decayed = vec![T::ZERO; key];
        let mut b = 0;
        while b < len {
            let e = (b + BLOCK).min(len);
            if b > 0 {
                self.border(x, b, e, key);
                product(
                    MatMut::strided(&mut self.a[b * len..], e - b, b, len),
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
                    self.a[i * len + j] = scale * dot(&x.q[i * key..][..key], &decayed);
                }
            }
            b = e;
        }
    }

    /// Adds the gradients of q and k through A.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "a kernel's operands")]
    fn intra_backward(
        &mut self,
        x: Inputs<'_, T>,
        len: usize,
        key: usize,
        scale: T,
        d_a: &[T],
        d_q: &mut [T],
        d_k: &mut [T],
    ) {
        let mut decay = vec![T::ZERO; key];
        let mut b = 0;
        while b < len {
            let e = (b + BLOCK).min(len);
            if b > 0 {
                self.border(x, b, e, key);
                let d_block = Mat::strided(&d_a[b * len..], e - b, b, len);
                product(
                    MatMut::new(&mut self.d_q_block, e - b, key),
                    false,
                    scale,
                    d_block,
                    Mat::new(&self.k_block, b, key),
                    Threads::One,
                );
                product(
                    MatMut::new(&mut self.d_k_block, b, key),
                    false,
                    scale,
                    d_block.t(),
                    Mat::new(&self.q_block, e - b, key),
                    Threads::One,
                );
                let reference = &self.sum[(b - 1) * key..][..key];
                for i in b..e {
                    let (d, s) = (
                        &self.d_q_block[(i - b) * key..][..key],
                        &self.sum[i * key..][..key],
                    );
                    let out = &mut d_q[i * key..][..key];
                    for c in 0..key {
                        out[c] += d[c] * (s[c] - reference[c]).exp();
                    }
                }
                for j in 0..b {
                    let (d, s) = (
                        &self.d_k_block[j * key..][..key],
                        &self.sum[j * key..][..key],
                    );
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
