//! Causal softmax attention of one query head of one sequence, full or with a sliding window, in blocks of queries:
//! o_i = Σ_j softmax_j(s q_i·k_j) v_j over the last `window` positions up to i (its own included).

use super::matmul::{Mat, MatMut, Threads, add, product, set};
use super::vector::{axpy, simd, softmax, softmax_backward};
use super::{Shape, rows};
use crate::real::Real;

/// q `[n, K]` of the last n of m positions; k `[m, K]` and v `[m, V]` of all of them.
#[derive(Clone, Copy)]
pub struct Inputs<'a, T> {
    /// Queries.
    pub q: &'a [T],
    /// Keys.
    pub k: &'a [T],
    /// Values.
    pub v: &'a [T],
    /// Positions that a query sees, its own included; none: all up to it.
    pub window: Option<usize>,
}

/// Where the gradients of [`Inputs`] are added.
pub struct Gradients<'a, T> {
    /// ∂q `[n, K]`.
    pub q: &'a mut [T],
    /// ∂k `[m, K]`.
    pub k: &'a mut [T],
    /// ∂v `[m, V]`.
    pub v: &'a mut [T],
}

/// One block of queries: which they are and which keys any of them sees.
struct Block {
    from: usize,
    len: usize,
    first_key: usize,
    keys: usize,
}

fn blocks<T: Real>(shape: Shape<T>, x: Inputs<'_, T>) -> impl Iterator<Item = Block> {
    let n = x.q.len() / shape.key;
    let past = x.k.len() / shape.key - n;
    let window = x.window;
    (0..n).step_by(shape.chunk).map(move |from| {
        let len = shape.chunk.min(n - from);
        let first_key = first_seen(past + from, window);
        Block {
            from,
            len,
            first_key,
            keys: past + from + len - first_key,
        }
    })
}

fn first_seen(position: usize, window: Option<usize>) -> usize {
    window.map_or(0, |w| (position + 1).saturating_sub(w))
}

/// Writes the block's attention weights `[len, keys]`, zero where a query does not see, and the queries' sums `[len]`.
fn weights<T: Real>(shape: Shape<T>, x: Inputs<'_, T>, block: &Block, p: &mut [T], sums: &mut [T]) {
    let Shape { key, scale, .. } = shape;
    let Block {
        from,
        len,
        first_key,
        keys,
    } = *block;
    let past = (x.k.len() - x.q.len()) / key;
    let q = Mat::new(&x.q[from * key..], len, key);
    let k = Mat::new(&x.k[first_key * key..], keys, key);
    product(
        MatMut::new(p, len, keys),
        false,
        scale,
        q,
        k.t(),
        Threads::One,
    );
    let window = x.window;
    simd!(<T>(
        p: &mut [T], sums: &mut [T], keys: usize, len: usize, first: usize = past + from,
        first_key: usize, window: Option<usize>,
    ) {
        for (i, (row, sum)) in p.chunks_exact_mut(keys).zip(sums).enumerate().take(len) {
            let position = first + i;
            let (lo, hi) = (
                first_seen(position, window) - first_key,
                position + 1 - first_key,
            );
            row[..lo].fill(T::ZERO);
            *sum = softmax(&mut row[lo..hi]);
            row[hi..].fill(T::ZERO);
        }
    });
}

/// Writes `out` `[n, V]` and, of each query, `sums` `[n]` = Σ_j e^{s q·k_j - max}.
pub fn forward<T: Real>(shape: Shape<T>, x: Inputs<'_, T>, out: &mut [T], sums: &mut [T]) {
    let value = shape.value;
    if x.q.len() == shape.key {
        return simd!(<T>(shape: Shape<T>, x: Inputs<'_, T>, out: &mut [T], sums: &mut [T]) {
            one(shape, x, out, sums);
        });
    }
    let mut p = Vec::new();
    for block in blocks(shape, x) {
        p.resize(block.len * block.keys, T::ZERO);
        weights(shape, x, &block, &mut p, &mut sums[block.from..]);
        set(
            MatMut::new(&mut out[block.from * value..], block.len, value),
            Mat::new(&p, block.len, block.keys),
            Mat::new(&x.v[block.first_key * value..], block.keys, value),
            Threads::One,
        );
    }
}

/// [`forward`] of a single query: what decoding does at every step, for which blocks are too large a tool.
#[inline(always)]
fn one<T: Real>(shape: Shape<T>, x: Inputs<'_, T>, out: &mut [T], sums: &mut [T]) {
    let Shape {
        key, value, scale, ..
    } = shape;
    let positions = x.k.len() / key;
    let first = first_seen(positions - 1, x.window);
    let mut p = vec![T::ZERO; positions - first];
    rows::dots(&x.k[first * key..], x.q, &mut p);
    super::vector::scale(&mut p, scale);
    sums[0] = softmax(&mut p);
    out.fill(T::ZERO);
    for (p, v) in p.iter().zip(x.v[first * value..].chunks_exact(value)) {
        axpy(out, *p, v);
    }
}

/// Adds the gradients; the attention weights are computed again. `d_sums` `[n]` are the gradients of the sums, where those
/// were used.
pub fn backward<T: Real>(
    shape: Shape<T>,
    x: Inputs<'_, T>,
    d_out: &[T],
    d_sums: Option<&[T]>,
    grad: Gradients<'_, T>,
) {
    let Shape {
        key, value, scale, ..
    } = shape;
    let (mut p, mut d_p, mut sums) = (Vec::new(), Vec::new(), vec![T::ZERO; shape.chunk]);
    for block in blocks(shape, x) {
        let Block {
            from,
            len,
            first_key,
            keys,
        } = block;
        p.resize(len * keys, T::ZERO);
        d_p.resize(len * keys, T::ZERO);
        weights(shape, x, &block, &mut p, &mut sums);
        let d_o = Mat::new(&d_out[from * value..], len, value);
        let v = Mat::new(&x.v[first_key * value..], keys, value);
        let weights = Mat::new(&p, len, keys);
        let d_v = MatMut::new(&mut grad.v[first_key * value..], keys, value);
        add(d_v, weights.t(), d_o, Threads::One);
        set(MatMut::new(&mut d_p, len, keys), d_o, v.t(), Threads::One);
        simd!(<T>(
            p: &[T] = &p, d_p: &mut [T] = &mut d_p, sums: &[T] = &sums, d_sums: Option<&[T]>,
            from: usize, len: usize, keys: usize,
        ) {
            let rows = p.chunks_exact(keys).zip(d_p.chunks_exact_mut(keys));
            for (i, (p, d)) in rows.enumerate().take(len) {
                softmax_backward(p, d);
                if let Some(d_sums) = d_sums {
                    sum_backward(p, d, d_sums[from + i] * sums[i]);
                }
            }
        });
        let d_scores = Mat::new(&d_p, len, keys);
        let q = Mat::new(&x.q[from * key..], len, key);
        let k = Mat::new(&x.k[first_key * key..], keys, key);
        let d_q = MatMut::new(&mut grad.q[from * key..], len, key);
        product(d_q, true, scale, d_scores, k, Threads::One);
        let d_k = MatMut::new(&mut grad.k[first_key * key..], keys, key);
        product(d_k, true, scale, d_scores.t(), q, Threads::One);
    }
}

/// Adds `d` = ∂sum · sum times the gradient of ln Σ_j e^{x_j - max}, which is p less one at the largest score.
#[inline(always)]
fn sum_backward<T: Real>(p: &[T], d_scores: &mut [T], d: T) {
    axpy(d_scores, d, p);
    let mut largest = 0;
    for (j, x) in p.iter().enumerate() {
        if *x > p[largest] {
            largest = j;
        }
    }
    d_scores[largest] += -d;
}
