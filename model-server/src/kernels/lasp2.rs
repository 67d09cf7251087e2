//! A long stretch of one head split over threads (LASP-2, arXiv 2502.07563): every part computes what it does to a state,
//! those effects are exchanged once, a prefix sum gives each part the state that it starts from, and all parts run at once.
//!
//! A part's effect on a state S is S ← A S + M. M is the part's last state from an empty one. A is diagonal for GLA (e to the
//! sum of its log-decays, one a key channel) and one number for constant decays; for the delta rules it is a K by K matrix,
//! which the same recurrence gives when it starts from the identity and every value is 0.

use std::ops::Range;

use rayon::prelude::*;

use super::Shape;
use super::matmul::{Mat, MatMut, Threads, add};
use super::recurrence::{self, Inputs, Recurrence};
use crate::real::Real;

/// What a part does to a state.
#[derive(Debug)]
pub struct Effect<T> {
    /// A: `[K]`, a diagonal, or `[K, K]`.
    pub keep: Vec<T>,
    /// M, `[K, V]`.
    pub add: Vec<T>,
}

impl<T: Real> Effect<T> {
    /// That of all tokens of `x`.
    fn of<G: Recurrence<T>>(shape: Shape<T>, x: Inputs<'_, T, G>) -> Self {
        let mut add = vec![T::ZERO; shape.key * shape.value];
        recurrence::advance(shape, x, &mut add);
        let keep = G::keep(shape, x);
        Self { keep, add }
    }

    fn apply(&self, shape: Shape<T>, state: &mut [T]) {
        let Shape { key, value, .. } = shape;
        let before = state.to_vec();
        state.copy_from_slice(&self.add);
        if self.keep.len() == key {
            for ((s, b), keep) in state
                .chunks_exact_mut(value)
                .zip(before.chunks_exact(value))
                .zip(&self.keep)
            {
                super::vector::axpy(s, *keep, b);
            }
        } else {
            let (keep, before) = (
                Mat::new(&self.keep, key, key),
                Mat::new(&before, key, value),
            );
            add(MatMut::new(state, key, value), keep, before, Threads::One);
        }
    }
}

/// Ranges of about equal length, whole chunks but for the last.
fn parts(n: usize, chunk: usize, threads: usize) -> Vec<Range<usize>> {
    let size = n.div_ceil(threads.max(1)).next_multiple_of(chunk).max(1);
    (0..n)
        .step_by(size)
        .map(|from| from..(from + size).min(n))
        .collect()
}

/// [`recurrence::chunk_forward`] over `threads` parts: advances `state` over all of them and runs each from the state that it starts
/// with.
pub fn chunks<T: Real, G: Recurrence<T>>(
    shape: Shape<T>,
    x: Inputs<'_, T, G>,
    state: &mut [T],
    out: &mut [T],
    threads: usize,
) {
    let parts = parts(out.len() / shape.value, shape.chunk, threads);
    // The last part's effect is what it leaves in its state.
    let effects: Vec<Effect<T>> = parts[..parts.len().saturating_sub(1)]
        .par_iter()
        .map(|part| Effect::of(shape, x.part(shape, part.clone())))
        .collect();
    let mut starts = vec![state.to_vec()];
    for effect in &effects {
        let mut next = starts[starts.len() - 1].clone();
        effect.apply(shape, &mut next);
        starts.push(next);
    }
    let mut jobs = Vec::with_capacity(parts.len());
    let mut rest = out;
    for part in &parts {
        let (mine, tail) = std::mem::take(&mut rest).split_at_mut(part.len() * shape.value);
        jobs.push((part.clone(), mine));
        rest = tail;
    }
    starts
        .par_iter_mut()
        .zip(jobs)
        .for_each(|(state, (part, out))| {
            recurrence::chunk_forward(shape, x.part(shape, part), state, out, None);
        });
    if let Some(last) = starts.last() {
        state.copy_from_slice(last);
    }
}
