//! Softmax attention of heads, full or in a sliding window, with the keys and values that a state remembers: the part that
//! [`super::attention`], [`super::liger`] and [`super::lolcats`] share.

use super::{LayerState, Segments};
use crate::kernels::heads::{fold, run, split, split_mut};
use crate::kernels::{Shape, softmax_attention as kernel};
use crate::real::Real;

/// Sizes of the heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax {
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; a group of query heads shares one.
    pub kv_heads: usize,
    /// Channels of a head.
    pub dim: usize,
    /// Positions that a query sees, its own included; none: all before it.
    pub window: Option<usize>,
}

/// Gradients of the operands: `q` `[heads, rows, dim]`, `k` and `v` `[kv_heads, rows, dim]`.
#[derive(Debug)]
pub struct Gradients<T> {
    /// ∂q.
    pub q: Vec<T>,
    /// ∂k.
    pub k: Vec<T>,
    /// ∂v.
    pub v: Vec<T>,
}

impl Softmax {
    /// Query heads that share a key head.
    pub fn group(&self) -> usize {
        self.heads / self.kv_heads
    }

    /// The lists of keys and values of a state before the first token.
    pub fn new_state<T: Real>(&self) -> LayerState<T> {
        LayerState {
            keys: vec![Vec::new(); self.kv_heads],
            values: vec![Vec::new(); self.kv_heads],
            ..LayerState::default()
        }
    }

    /// Appends k and v to the states and attends. Heads come after rotation, q `[heads, rows, dim]`, k and v
    /// `[kv_heads, rows, dim]`; returns the outputs `[heads, rows, dim]` and the kernel's sums `[heads, rows]`.
    pub fn forward<T: Real>(
        &self,
        q: &[T],
        k: &[T],
        v: &[T],
        segments: &Segments,
        states: &mut [&mut LayerState<T>],
    ) -> (Vec<T>, Vec<T>) {
        let (rows, ranges, dim) = (segments.rows(), &segments.ranges, self.dim);
        let (new_keys, new_values) = (split(k, rows, dim, ranges), split(v, rows, dim, ranges));
        for (s, state) in states.iter_mut().enumerate() {
            for h in 0..self.kv_heads {
                state.keys[h].extend_from_slice(new_keys[h * ranges.len() + s]);
                state.values[h].extend_from_slice(new_values[h * ranges.len() + s]);
            }
        }
        let mut out = vec![T::ZERO; q.len()];
        let mut sums = vec![T::ZERO; q.len() / dim];
        let mut jobs: Vec<_> = split(q, rows, dim, ranges)
            .into_iter()
            .zip(split_mut(&mut out, rows, dim, ranges))
            .zip(split_mut(&mut sums, rows, 1, ranges))
            .enumerate()
            .map(|(i, ((q, out), sums))| {
                let (head, sequence) = (i / ranges.len() / self.group(), i % ranges.len());
                let state = &states[sequence];
                let (k, v) = (state.keys[head].as_slice(), state.values[head].as_slice());
                let window = self.window;
                (sequence, kernel::Inputs { q, k, v, window }, out, sums)
            })
            .collect();
        // Query heads that share keys follow one another, which finds those in a core's cache.
        jobs.sort_by_key(|(sequence, ..)| *sequence);
        let pairs = |(_, x, ..): &(usize, kernel::Inputs<'_, T>, &mut [T], &mut [T])| {
            x.q.len() * (x.k.len() / dim).max(1)
        };
        let work = jobs.iter().map(pairs).sum();
        run(jobs, work, |(_, x, out, sums)| {
            if !x.q.is_empty() {
                kernel::forward(Shape::new(dim, dim), x, out, sums);
            }
        });
        (out, sums)
    }

    /// Forgets all but the last `keep` positions.
    pub fn trim<T: Real>(&self, states: &mut [&mut LayerState<T>], keep: usize) {
        for state in states.iter_mut() {
            for list in state.keys.iter_mut().chain(&mut state.values) {
                let extra = list.len().saturating_sub(keep * self.dim);
                list.drain(..extra);
            }
        }
    }

    /// The gradients, for sequences that started with empty states; `d_sums` where the sums were used.
    pub fn backward<T: Real>(
        &self,
        q: &[T],
        k: &[T],
        v: &[T],
        segments: &Segments,
        d_out: &[T],
        d_sums: Option<&[T]>,
    ) -> Gradients<T> {
        let (rows, ranges, dim) = (segments.rows(), &segments.ranges, self.dim);
        // One gradient of k and v for each query head; those of a group are added.
        let zeros = || vec![T::ZERO; q.len()];
        let (mut d_q, mut d_k, mut d_v) = (zeros(), zeros(), zeros());
        let (keys, values) = (split(k, rows, dim, ranges), split(v, rows, dim, ranges));
        let sums = d_sums.map(|d| split(d, rows, 1, ranges));
        let jobs: Vec<_> = split(q, rows, dim, ranges)
            .into_iter()
            .zip(split(d_out, rows, dim, ranges))
            .zip(split_mut(&mut d_q, rows, dim, ranges))
            .zip(split_mut(&mut d_k, rows, dim, ranges))
            .zip(split_mut(&mut d_v, rows, dim, ranges))
            .enumerate()
            .map(|(i, ((((q, d_out), d_q), d_k), d_v))| {
                let at = i / ranges.len() / self.group() * ranges.len() + i % ranges.len();
                let (k, v, window) = (keys[at], values[at], self.window);
                let x = kernel::Inputs { q, k, v, window };
                let (q, k, v) = (d_q, d_k, d_v);
                let d_sums = sums.as_ref().map(|s| s[i]);
                (x, d_out, d_sums, kernel::Gradients { q, k, v })
            })
            .collect();
        run(jobs, rows * q.len().max(1), |(x, d_out, d_sums, grad)| {
            kernel::backward(Shape::new(dim, dim), x, d_out, d_sums, grad);
        });
        Gradients {
            q: d_q,
            k: fold(&d_k, self.kv_heads, self.group()),
            v: fold(&d_v, self.kv_heads, self.group()),
        }
    }
}
