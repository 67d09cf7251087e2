//! From rows to heads and back: kernels work on one head of one sequence with contiguous rows.
//!
//! Rows are `[rows, H * D]`; heads are `[H, rows, D]`, so that a head's part of a sequence is one slice.

use std::ops::Range;

use rayon::prelude::*;

use crate::real::Real;

/// `[rows, H * D]` → `[H * repeat, rows, D]`; head h of the result is head h / repeat of the source.
pub fn gather<T: Real>(x: &[T], rows: usize, dim: usize, repeat: usize) -> Vec<T> {
    let mut out = vec![T::ZERO; x.len() * repeat];
    if rows == 0 {
        return out;
    }
    let width = x.len() / rows;
    let fill = |(head, out): (usize, &mut [T])| {
        let from = head / repeat * dim;
        for (out, row) in out.chunks_exact_mut(dim).zip(x.chunks_exact(width)) {
            out.copy_from_slice(&row[from..from + dim]);
        }
    };
    if out.len() < 1 << 15 {
        out.chunks_exact_mut(rows * dim).enumerate().for_each(fill);
    } else {
        out.par_chunks_exact_mut(rows * dim)
            .enumerate()
            .for_each(fill);
    }
    out
}

/// `[H * repeat, rows, D]` → `[rows, H * D]`, the heads of a group added.
pub fn scatter<T: Real>(x: &[T], rows: usize, dim: usize, repeat: usize) -> Vec<T> {
    let mut out = vec![T::ZERO; x.len() / repeat];
    if rows == 0 {
        return out;
    }
    let width = out.len() / rows;
    let fill = |(row, out): (usize, &mut [T])| {
        for (group, out) in out.chunks_exact_mut(dim).enumerate() {
            for head in group * repeat..(group + 1) * repeat {
                let from = &x[(head * rows + row) * dim..][..dim];
                for (o, x) in out.iter_mut().zip(from) {
                    *o += *x;
                }
            }
        }
    };
    if out.len() < 1 << 15 {
        out.chunks_exact_mut(width).enumerate().for_each(fill);
    } else {
        out.par_chunks_exact_mut(width).enumerate().for_each(fill);
    }
    out
}

/// `[H, ..]` → `[H * repeat, ..]`; head h of the result is head h / repeat of the source.
pub fn repeat<T: Real>(x: &[T], heads: usize, repeat: usize) -> Vec<T> {
    if repeat == 1 {
        return x.to_vec();
    }
    let mut out = Vec::with_capacity(x.len() * repeat);
    for head in x.chunks_exact((x.len() / heads).max(1)) {
        (0..repeat).for_each(|_| out.extend_from_slice(head));
    }
    out
}

/// `[H * repeat, ..]` → `[H, ..]`, the heads of a group added.
pub fn fold<T: Real>(x: &[T], heads: usize, repeat: usize) -> Vec<T> {
    let size = x.len() / (heads * repeat);
    let mut out = Vec::with_capacity(heads * size);
    for group in x.chunks_exact((size * repeat).max(1)) {
        let (first, others) = group.split_at(size);
        let mut sum = first.to_vec();
        for head in others.chunks_exact(size) {
            super::vector::add_assign(&mut sum, head);
        }
        out.extend(sum);
    }
    out
}

/// The slices of every (head, sequence) in `[H, rows, D]`, heads outermost. Sequences are contiguous ranges that cover
/// all rows in order.
pub fn split<'a, T>(x: &'a [T], rows: usize, dim: usize, ranges: &[Range<usize>]) -> Vec<&'a [T]> {
    let heads = x.len().checked_div(rows * dim).unwrap_or(0);
    let mut out = Vec::with_capacity(heads * ranges.len());
    for head in 0..heads {
        for range in ranges {
            out.push(&x[(head * rows + range.start) * dim..(head * rows + range.end) * dim]);
        }
    }
    out
}

/// [`split`], writable.
pub fn split_mut<'a, T>(
    x: &'a mut [T],
    rows: usize,
    dim: usize,
    ranges: &[Range<usize>],
) -> Vec<&'a mut [T]> {
    let heads = x.len().checked_div(rows * dim).unwrap_or(0);
    let mut out = Vec::with_capacity(heads * ranges.len());
    let mut rest = x;
    for _ in 0..heads {
        for range in ranges {
            let (slice, tail) = std::mem::take(&mut rest).split_at_mut(range.len() * dim);
            out.push(slice);
            rest = tail;
        }
    }
    out
}

/// The states `[H, K, V]` of every sequence, in the order of [`split`].
pub fn split_states<T>(states: Vec<&mut [T]>, size: usize) -> Vec<&mut [T]> {
    let sequences = states.len();
    let mut by_sequence: Vec<_> = states
        .into_iter()
        .map(|s| s.chunks_exact_mut(size))
        .collect();
    let mut out = Vec::new();
    loop {
        let before = out.len();
        out.extend(by_sequence.iter_mut().filter_map(Iterator::next));
        if out.len() < before + sequences || sequences == 0 {
            return out;
        }
    }
}

/// Runs jobs on all threads, or on this one when there is little to do.
pub fn run<J: Send>(jobs: Vec<J>, work: usize, job: impl Fn(J) + Sync + Send) {
    if work < 1 << 15 {
        jobs.into_iter().for_each(job);
    } else {
        jobs.into_par_iter().for_each(job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gather_and_scatter_with_groups() {
        // 2 rows, 2 heads of 2, each used by 2 heads.
        let x: Vec<f64> = (0..8).map(f64::from).collect();
        let heads = gather(&x, 2, 2, 2);
        assert_eq!(&heads[..8], &[0.0, 1.0, 4.0, 5.0, 0.0, 1.0, 4.0, 5.0]);
        let back = scatter(&heads, 2, 2, 2);
        assert_eq!(back, x.iter().map(|x| 2.0 * x).collect::<Vec<_>>());
        assert_eq!(split(&heads, 2, 2, &[0..1, 1..2])[1], &[4.0, 5.0]);
    }
}
