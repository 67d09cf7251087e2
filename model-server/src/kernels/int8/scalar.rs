//! Products in plain loops.

use half::f16;

use super::{Block, CELL, QUAD, QUADS, ROWS, SCALES, Words};

/// See [`super`]: one tile by one block, `out` `[width, ROWS]`, without the rows' factors.
pub fn tile(weights: &[u8], scales: &[u16], block: &Block, out: &mut [f32]) {
    let width = block.width;
    out.fill(0.0);
    let groups = weights
        .chunks_exact(CELL)
        .zip(scales.chunks_exact(SCALES))
        .zip(block.words.chunks_exact(width))
        .zip(block.scales.chunks_exact(width));
    for (((cell, scales), words), factors) in groups {
        let scales: Vec<f32> = scales.iter().map(|h| f16::from_bits(*h).to_f32()).collect();
        for (j, out) in out.chunks_exact_mut(ROWS).enumerate() {
            for (r, out) in out.iter_mut().enumerate() {
                let mut sum = 0_i32;
                for q in 0..QUADS {
                    let Words(halves) = &words[j];
                    let w = &cell[(q * ROWS + r) * QUAD..][..QUAD];
                    for (c, w) in w.iter().enumerate() {
                        sum += i32::from(*w) * i32::from((halves[c % 2][q] >> (c / 2 * 16)) as i16);
                    }
                }
                let [scale, total] = factors[j];
                *out = (scales[r] * scale).mul_add(sum as f32, *out);
                *out = scales[ROWS + r].mul_add(total, *out);
            }
        }
    }
}
