//! Rotary positions (Su et al., arXiv 2104.09864), halves rotated against each other as in Llama and fla.

use super::Segments;
use crate::real::Real;

/// Rotates heads `[H, rows, dim]` in place by their positions; `turn` is 1, or -1 to undo it (and for gradients).
pub fn rotate<T: Real>(x: &mut [T], dim: usize, theta: f64, segments: &Segments, turn: f64) {
    let rows = segments.rows();
    if rows == 0 {
        return;
    }
    let half = dim / 2;
    let frequencies: Vec<f64> = (0..half)
        .map(|i| theta.powf(-2.0 * i as f64 / dim as f64))
        .collect();
    let mut turns = Vec::with_capacity(rows * half);
    for (range, start) in segments.ranges.iter().zip(&segments.starts) {
        for t in 0..range.len() {
            for f in &frequencies {
                let (sin, cos) = ((start + t) as f64 * f).sin_cos();
                turns.push((T::from_f64(turn * sin), T::from_f64(cos)));
            }
        }
    }
    for head in x.chunks_exact_mut(rows * dim) {
        for (row, turns) in head.chunks_exact_mut(dim).zip(turns.chunks_exact(half)) {
            let (low, high) = row.split_at_mut(half);
            for ((a, b), (sin, cos)) in low.iter_mut().zip(high).zip(turns) {
                (*a, *b) = (*a * *cos - *b * *sin, *b * *cos + *a * *sin);
            }
        }
    }
}
