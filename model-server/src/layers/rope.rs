//! Rotary positions (Su et al., arXiv 2104.09864), halves rotated against each other as in Llama and fla.

use std::borrow::Cow;

use super::Segments;
use crate::real::Real;

/// Sines and cosines of every row's angles, `[rows, dim / 2]`.
#[derive(Clone, Debug)]
pub struct Turns {
    dim: usize,
    theta: f64,
    angles: Vec<(f64, f64)>,
}

impl Turns {
    fn new(dim: usize, theta: f64, segments: &Segments) -> Self {
        let half = dim / 2;
        let frequencies: Vec<f64> = (0..half)
            .map(|i| theta.powf(-2.0 * i as f64 / dim as f64))
            .collect();
        let mut angles = Vec::with_capacity(segments.rows() * half);
        for (range, start) in segments.ranges.iter().zip(&segments.starts) {
            for t in 0..range.len() {
                angles.extend(
                    frequencies
                        .iter()
                        .map(|f| ((start + t) as f64 * f).sin_cos()),
                );
            }
        }
        Self { dim, theta, angles }
    }

    /// Those of a pass, which are kept in `segments`: its layers nearly always agree on them.
    fn of(dim: usize, theta: f64, segments: &Segments) -> Cow<'_, Self> {
        let kept = segments
            .turns
            .get_or_init(|| Self::new(dim, theta, segments));
        if kept.dim == dim && kept.theta.to_bits() == theta.to_bits() {
            Cow::Borrowed(kept)
        } else {
            Cow::Owned(Self::new(dim, theta, segments))
        }
    }
}

/// Rotates heads `[H, rows, dim]` in place by their positions; `turn` is 1, or -1 to undo it (and for gradients).
pub fn rotate<T: Real>(x: &mut [T], dim: usize, theta: f64, segments: &Segments, turn: f64) {
    let rows = segments.rows();
    if rows == 0 {
        return;
    }
    let (half, turns) = (dim / 2, Turns::of(dim, theta, segments));
    for head in x.chunks_exact_mut(rows * dim) {
        for (row, angles) in head
            .chunks_exact_mut(dim)
            .zip(turns.angles.chunks_exact(half))
        {
            let (low, high) = row.split_at_mut(half);
            for ((a, b), (sin, cos)) in low.iter_mut().zip(high).zip(angles) {
                let (sin, cos) = (T::from_f64(turn * sin), T::from_f64(*cos));
                (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
            }
        }
    }
}
