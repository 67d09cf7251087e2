//! Products of a few rows with a weight matrix, for decoding: y_b = W x_b.
//!
//! Each element is one dot product whose order of summation is that of [`super::vector::dot`], whatever the number of
//! rows: what a sequence computes does not depend on what else is in its batch. (A blocked matrix product promises no such thing.)

use rayon::prelude::*;

use super::vector::{LANES, dot, fold, simd};
use crate::real::Real;

/// Weights below which one thread is faster.
const SERIAL: usize = 1 << 16;

/// x `[rows, inputs]`, weight `[outputs, inputs]`; returns `[rows, outputs]`.
pub fn linear<T: Real>(x: &[T], weight: &[T], inputs: usize, outputs: usize) -> Vec<T> {
    let rows = x.len().checked_div(inputs).unwrap_or(0);
    // Outputs first, so that threads write disjoint parts.
    let mut turned = vec![T::ZERO; outputs * rows];
    if rows == 0 || outputs == 0 {
        return turned;
    }
    let block = if weight.len() < SERIAL {
        outputs
    } else {
        outputs.div_ceil(64).max(4)
    };
    let run = |(w, out): (&[T], &mut [T])| {
        simd!(<T>(x: &[T], w: &[T], out: &mut [T], inputs: usize, rows: usize) {
            block_of_rows(x, w, out, inputs, rows);
        });
    };
    if block == outputs {
        run((weight, &mut turned));
    } else {
        weight
            .par_chunks(block * inputs)
            .zip(turned.par_chunks_mut(block * rows))
            .for_each(run);
    }
    if rows == 1 {
        return turned;
    }
    let mut y = vec![T::ZERO; rows * outputs];
    for (o, column) in turned.chunks_exact(rows).enumerate() {
        for (b, value) in column.iter().enumerate() {
            y[b * outputs + o] = *value;
        }
    }
    y
}

/// The dot products of every row of `w` with one vector, each as [`dot`] would sum it.
#[inline(always)]
pub(super) fn dots<T: Real>(w: &[T], x: &[T], out: &mut [T]) {
    let inputs = x.len();
    // Four rows at a time hide the latency of the sums.
    let mut quads = w.chunks_exact(4 * inputs);
    let mut o = 0;
    for quad in &mut quads {
        out[o..o + 4].copy_from_slice(&four_dots(quad, x, inputs));
        o += 4;
    }
    for w in quads.remainder().chunks_exact(inputs) {
        out[o] = dot(w, x);
        o += 1;
    }
}

#[inline(always)]
fn block_of_rows<T: Real>(x: &[T], w: &[T], out: &mut [T], inputs: usize, rows: usize) {
    if rows == 1 {
        return dots(w, x, out);
    }
    for (w, out) in w.chunks_exact(inputs).zip(out.chunks_exact_mut(rows)) {
        dots(x, w, out);
    }
}

/// The dot products of four rows with one vector, each as [`dot`] would sum it.
#[inline(always)]
fn four_dots<T: Real>(quad: &[T], b: &[T], inputs: usize) -> [T; 4] {
    let (a0, rest) = quad.split_at(inputs);
    let (a1, rest) = rest.split_at(inputs);
    let (a2, a3) = rest.split_at(inputs);
    let whole = inputs / LANES * LANES;
    let mut sums = [[T::ZERO; LANES]; 4];
    let mut at = 0;
    while at < whole {
        let y = &b[at..at + LANES];
        let (r0, r1) = (&a0[at..at + LANES], &a1[at..at + LANES]);
        let (r2, r3) = (&a2[at..at + LANES], &a3[at..at + LANES]);
        for l in 0..LANES {
            sums[0][l] += r0[l] * y[l];
        }
        for l in 0..LANES {
            sums[1][l] += r1[l] * y[l];
        }
        for l in 0..LANES {
            sums[2][l] += r2[l] * y[l];
        }
        for l in 0..LANES {
            sums[3][l] += r3[l] * y[l];
        }
        at += LANES;
    }
    let mut out = sums.map(fold);
    for i in whole..inputs {
        out[0] += a0[i] * b[i];
        out[1] += a1[i] * b[i];
        out[2] += a2[i] * b[i];
        out[3] += a3[i] * b[i];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_bitwise_the_same_in_every_batch() {
        let (inputs, outputs, rows) = (83, 1021, 9);
        let weight: Vec<f32> = (0..inputs * outputs)
            .map(|i| (i as f32 * 0.7).sin())
            .collect();
        let x: Vec<f32> = (0..inputs * rows).map(|i| (i as f32 * 0.3).cos()).collect();
        let whole = linear(&x, &weight, inputs, outputs);
        for size in 1..rows {
            let part = linear(&x[..size * inputs], &weight, inputs, outputs);
            assert!(
                part.iter()
                    .zip(&whole)
                    .all(|(a, b)| a.to_bits() == b.to_bits()),
                "{size} rows"
            );
        }
        for b in 0..rows {
            for o in 0..outputs {
                let expected = dot(&x[b * inputs..][..inputs], &weight[o * inputs..][..inputs]);
                assert_eq!(whole[b * outputs + o].to_bits(), expected.to_bits());
            }
        }
    }
}
