//! Runs a recurrence over every (head, sequence): what all linear mixers do between their projections and their output.

use std::ops::Range;

use super::Mode;
use crate::kernels::heads::{run, split, split_mut, split_states};
use crate::kernels::recurrence::{self, Gradients, Inputs, Recurrence};
use crate::kernels::{RECURRENT_UP_TO, Shape, lasp2};
use crate::real::Real;

/// Queries and keys `[heads, rows, K]` and values `[heads, rows, V]` of a recurrence, or their gradients.
#[derive(Debug)]
pub struct Operands<T> {
    /// Queries.
    pub q: Vec<T>,
    /// Keys.
    pub k: Vec<T>,
    /// Values.
    pub v: Vec<T>,
}

impl<T: Real> Operands<T> {
    fn inputs<G>(
        &self,
        shape: Shape<T>,
        ranges: &[Range<usize>],
        gates: Vec<G>,
    ) -> Vec<Inputs<'_, T, G>> {
        let part = |x, dim| split(x, rows(ranges), dim, ranges);
        part(&self.q, shape.key)
            .into_iter()
            .zip(part(&self.k, shape.key))
            .zip(part(&self.v, shape.value))
            .zip(gates)
            .map(|(((q, k), v), gates)| Inputs { q, k, v, gates })
            .collect()
    }

    fn gradients<G>(
        &mut self,
        shape: Shape<T>,
        ranges: &[Range<usize>],
        gates: Vec<G>,
    ) -> Vec<Gradients<'_, T, G>> {
        let part = |x, dim| split_mut(x, rows(ranges), dim, ranges);
        part(&mut self.q, shape.key)
            .into_iter()
            .zip(part(&mut self.k, shape.key))
            .zip(part(&mut self.v, shape.value))
            .zip(gates)
            .map(|(((q, k), v), gates)| Gradients { q, k, v, gates })
            .collect()
    }
}

/// Advances the states `[heads, K, V]`, one a sequence, by `x` and `gates`, one for each (head, sequence), heads outermost.
/// Returns the heads' outputs `[heads, rows, V]` and, with `save`, what the chunkwise form kept for the backward pass.
///
/// The recurrent form runs single tokens and short stretches without gradients, the chunkwise one everything else; where
/// there are more threads than (head, sequence)s, a long stretch is split over several.
pub fn forward<T: Real, G: Recurrence<T>>(
    shape: Shape<T>,
    (mode, save): (Mode, bool),
    ranges: &[Range<usize>],
    x: &Operands<T>,
    gates: Vec<G>,
    states: Vec<&mut [T]>,
) -> (Vec<T>, Vec<Vec<T>>) {
    let rows = rows(ranges);
    let inputs = x.inputs(shape, ranges, gates);
    let heads = inputs.len().checked_div(ranges.len()).unwrap_or(0);
    let mut out = vec![T::ZERO; heads * rows * shape.value];
    let mut kept = vec![Vec::new(); if save { inputs.len() } else { 0 }];
    let mut keep: Vec<Option<&mut Vec<T>>> = kept.iter_mut().map(Some).collect();
    keep.resize_with(inputs.len(), || None);
    let jobs: Vec<_> = inputs
        .into_iter()
        .zip(split_mut(&mut out, rows, shape.value, ranges))
        .zip(split_states(states, shape.key * shape.value))
        .zip(keep)
        .collect();
    let threads = rayon::current_num_threads() / jobs.len().max(1);
    run(
        jobs,
        work(shape, rows, heads),
        |(((x, out), state), keep)| {
            let n = out.len() / shape.value;
            if keep.is_some() {
                recurrence::chunk_forward(shape, x, state, out, keep);
            } else if mode == Mode::Decode || n <= RECURRENT_UP_TO {
                G::recurrent(shape, x, state, out);
            } else if threads >= G::SPLIT_FROM && n >= 2 * threads * shape.chunk {
                lasp2::chunks(shape, x, state, out, threads);
            } else {
                recurrence::chunk_forward(shape, x, state, out, None);
            }
        },
    );
    (out, kept)
}

/// The backward pass of [`forward`] from the gradients `d_out` of its outputs: returns those of `x`; `gates` go with the places
/// where theirs are added.
pub fn backward<T: Real, G: Recurrence<T>>(
    shape: Shape<T>,
    ranges: &[Range<usize>],
    x: &Operands<T>,
    (gates, d_gates): (Vec<G>, Vec<G::Gradients>),
    kept: &[Vec<T>],
    d_out: &[T],
) -> Operands<T> {
    let zeros = |like: &[T]| vec![T::ZERO; like.len()];
    let mut d = Operands {
        q: zeros(&x.q),
        k: zeros(&x.k),
        v: zeros(&x.v),
    };
    let rows = rows(ranges);
    let inputs = x.inputs(shape, ranges, gates);
    let heads = inputs.len().checked_div(ranges.len()).unwrap_or(0);
    let jobs: Vec<_> = inputs
        .into_iter()
        .zip(kept)
        .zip(split(d_out, rows, shape.value, ranges))
        .zip(d.gradients(shape, ranges, d_gates))
        .collect();
    run(
        jobs,
        work(shape, rows, heads),
        |(((x, kept), d_out), grad)| {
            let mut d_state = vec![T::ZERO; shape.key * shape.value];
            recurrence::chunk_backward(shape, x, kept, d_out, &mut d_state, grad);
        },
    );
    d
}

/// Where query heads of a group share a state, the recurrence ran on a copy for each: keeps the first of every group.
pub fn keep_firsts<T: Real>(state: &mut [T], copies: &[T], kv_heads: usize, group: usize) {
    let size = state.len() / kv_heads;
    let firsts = copies.chunks_exact(size).step_by(group);
    for (state, first) in state.chunks_exact_mut(size).zip(firsts) {
        state.copy_from_slice(first);
    }
}

fn rows(ranges: &[Range<usize>]) -> usize {
    ranges.last().map_or(0, |r| r.end)
}

fn work<T>(shape: Shape<T>, rows: usize, heads: usize) -> usize {
    rows * heads * shape.key * shape.value
}
