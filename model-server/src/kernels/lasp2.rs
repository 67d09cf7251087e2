//! A long stretch of one head split over threads (LASP-2, arXiv 2502.07563): every part computes what it does to a state,
//! those effects are exchanged once, a prefix sum gives each part the state that it starts from, and all parts run at once.
//!
//! A part's effect on a state S is S ← A S + M. M is the part's last state from an empty one. A is diagonal for GLA (e to the
//! sum of its log-decays, one a key channel) and one number for constant decays; for the delta rules it is a K by K matrix,
//! which the same recurrence gives when it starts from the identity and every value is 0.

use rayon::prelude::*;

use super::matmul::{Mat, MatMut, Threads, add};
use super::{Shape, gated_delta_net, gla};
use crate::real::Real;

/// What a part does to a state.
struct Effect<T> {
    /// A: `[K]`, a diagonal, or `[K, K]`.
    keep: Vec<T>,
    /// M, `[K, V]`.
    add: Vec<T>,
}

impl<T: Real> Effect<T> {
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
fn parts(n: usize, chunk: usize, threads: usize) -> Vec<std::ops::Range<usize>> {
    let size = n.div_ceil(threads.max(1)).next_multiple_of(chunk).max(1);
    (0..n)
        .step_by(size)
        .map(|from| from..(from + size).min(n))
        .collect()
}

/// Advances `state` over all parts and runs each from the state that it starts with.
fn split<T: Real>(
    shape: Shape<T>,
    state: &mut [T],
    out: &mut [T],
    threads: usize,
    effect: impl Fn(std::ops::Range<usize>) -> Effect<T> + Sync,
    run: impl Fn(std::ops::Range<usize>, &mut [T], &mut [T]) + Sync,
) {
    let parts = parts(out.len() / shape.value, shape.chunk, threads);
    // The last part's effect is what it leaves in its state.
    let effects: Vec<Effect<T>> = parts[..parts.len().saturating_sub(1)]
        .par_iter()
        .map(|part| effect(part.clone()))
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
        .for_each(|(state, (part, out))| run(part, state, out));
    if let Some(last) = starts.last() {
        state.copy_from_slice(last);
    }
}

/// [`gla::chunk_forward`] over `threads` parts.
pub fn gla<T: Real>(
    shape: Shape<T>,
    x: gla::Inputs<'_, T>,
    state: &mut [T],
    out: &mut [T],
    threads: usize,
) {
    let Shape { key, value, .. } = shape;
    let effect = |part: std::ops::Range<usize>| {
        let part = x.part(part.start, part.len(), key, value);
        let mut keep = vec![T::ZERO; key];
        let mut add = vec![T::ZERO; key * value];
        gla::advance(shape, part, &mut add);
        for g in part.g.chunks_exact(key) {
            super::vector::add_assign(&mut keep, g);
        }
        keep.iter_mut().for_each(|k| *k = k.exp());
        Effect { keep, add }
    };
    split(shape, state, out, threads, effect, |part, state, out| {
        let part = x.part(part.start, part.len(), key, value);
        gla::chunk_forward(shape, part, state, out, None);
    });
}

/// [`gated_delta_net::chunk_forward`] over `threads` parts.
pub fn gated_delta_net<T: Real>(
    shape: Shape<T>,
    x: gated_delta_net::Inputs<'_, T>,
    state: &mut [T],
    out: &mut [T],
    threads: usize,
) {
    let Shape { key, value, .. } = shape;
    let effect = |part: std::ops::Range<usize>| {
        let part = x.part(part.start, part.len(), key, value);
        let n = part.beta.len();
        let mut add = vec![T::ZERO; key * value];
        let mut unused = vec![T::ZERO; n * value];
        gated_delta_net::chunk_forward(shape, part, &mut add, &mut unused, None);
        let mut keep = vec![T::ZERO; key * key];
        keep.iter_mut().step_by(key + 1).for_each(|k| *k = T::ONE);
        let zeros = vec![T::ZERO; n * key];
        let mut unused = vec![T::ZERO; n * key];
        let square = Shape {
            value: key,
            ..shape
        };
        let part = gated_delta_net::Inputs { v: &zeros, ..part };
        gated_delta_net::chunk_forward(square, part, &mut keep, &mut unused, None);
        Effect { keep, add }
    };
    split(shape, state, out, threads, effect, |part, state, out| {
        let part = x.part(part.start, part.len(), key, value);
        gated_delta_net::chunk_forward(shape, part, state, out, None);
    });
}
