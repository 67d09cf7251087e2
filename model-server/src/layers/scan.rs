//! Runs a recurrence over every (head, sequence): what all linear mixers do between their projections and their output.

use std::ops::Range;

use super::Mode;
use crate::kernels::heads::{run, split_mut, split_states};
use crate::kernels::lasp2::{self, Recurrence};
use crate::kernels::{RECURRENT_UP_TO, Shape};
use crate::real::Real;

/// Advances the states `[heads, K, V]`, one a sequence, by `inputs`, one for each (head, sequence), heads outermost. Returns
/// the heads' outputs `[heads, rows, V]` and, with `save`, what `chunks` kept for the backward pass.
///
/// The recurrent form runs single tokens and short stretches without gradients, the chunkwise one everything else; where
/// there are more threads than (head, sequence)s, a long stretch is split over several.
pub fn forward<T: Real, X: Recurrence<T>>(
    shape: Shape<T>,
    (mode, save): (Mode, bool),
    ranges: &[Range<usize>],
    inputs: Vec<X>,
    states: Vec<&mut [T]>,
) -> (Vec<T>, Vec<Vec<T>>) {
    let rows = ranges.last().map_or(0, |r| r.end);
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
                x.chunks(shape, state, out, keep);
            } else if mode == Mode::Decode || n <= RECURRENT_UP_TO {
                x.recurrent(shape, state, out);
            } else if threads >= X::SPLIT_FROM && n >= 2 * threads * shape.chunk {
                lasp2::chunks(x, shape, state, out, threads);
            } else {
                x.chunks(shape, state, out, None);
            }
        },
    );
    (out, kept)
}

/// The backward pass of [`forward`] from the gradients `d_out` of its outputs: `inputs` go with their gradients' places.
pub fn backward<T: Real, X: Send, G: Send>(
    shape: Shape<T>,
    ranges: &[Range<usize>],
    inputs: Vec<X>,
    kept: &[Vec<T>],
    d_out: &[T],
    grads: Vec<G>,
    chunks: impl Fn(Shape<T>, X, &[T], &[T], &mut [T], G) + Sync + Send,
) {
    let rows = ranges.last().map_or(0, |r| r.end);
    let heads = inputs.len().checked_div(ranges.len()).unwrap_or(0);
    let d_out = crate::kernels::heads::split(d_out, rows, shape.value, ranges);
    let jobs: Vec<_> = inputs.into_iter().zip(kept).zip(d_out).zip(grads).collect();
    run(
        jobs,
        work(shape, rows, heads),
        |(((x, kept), d_out), grad)| {
            let mut d_state = vec![T::ZERO; shape.key * shape.value];
            chunks(shape, x, kept, d_out, &mut d_state, grad);
        },
    );
}

/// Where query heads of a group share a state, the recurrence ran on a copy for each: keeps the first of every group.
pub fn keep_firsts<T: Real>(state: &mut [T], copies: &[T], kv_heads: usize, group: usize) {
    let size = state.len() / kv_heads;
    let firsts = copies.chunks_exact(size).step_by(group);
    for (state, first) in state.chunks_exact_mut(size).zip(firsts) {
        state.copy_from_slice(first);
    }
}

fn work<T>(shape: Shape<T>, rows: usize, heads: usize) -> usize {
    rows * heads * shape.key * shape.value
}
