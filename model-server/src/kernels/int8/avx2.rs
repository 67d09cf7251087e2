//! Products with AVX2. Weights are widened to 16 bits before they are multiplied: the instruction that multiplies bytes
//! directly saturates its sums.

#![expect(unsafe_code, reason = "vector loads and stores")]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm256_add_epi32, _mm256_cvtepi32_ps, _mm256_cvtepu8_epi16,
    _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_hadd_epi32, _mm256_loadu_ps, _mm256_madd_epi16,
    _mm256_mul_ps, _mm256_permute4x64_epi64, _mm256_set1_epi64x, _mm256_set1_ps,
    _mm256_setzero_si256, _mm256_storeu_ps,
};

use super::{Block, CELL, QUAD, QUADS, ROWS, SCALES};

/// True when the machine has AVX2, FMA and conversions from half precision.
pub fn available() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("fma")
        && std::arch::is_x86_feature_detected!("f16c")
}

/// Rows of a register of sums.
const HALF: usize = ROWS / 2;

fn four([low, high]: [i32; 2]) -> i64 {
    i64::from(low as u32) | i64::from(high) << 32
}

/// See [`super::scalar::tile`].
#[target_feature(enable = "avx2,fma,f16c")]
pub fn tile(weights: &[u8], scales: &[u16], block: &Block, out: &mut [f32]) {
    let width = block.width;
    out.fill(0.0);
    let groups = weights
        .chunks_exact(CELL)
        .zip(scales.chunks_exact(SCALES))
        .zip(block.words.chunks_exact(QUADS * width))
        .zip(block.scales.chunks_exact(2 * width));
    for (((cell, scales), words), factors) in groups {
        for (j, out) in out.chunks_exact_mut(ROWS).enumerate() {
            for (half, out) in out.chunks_exact_mut(HALF).enumerate() {
                let mut sums = [_mm256_setzero_si256(); 2];
                for (q, row) in cell.chunks_exact(ROWS * QUAD).enumerate() {
                    let x = _mm256_set1_epi64x(four(words[q * width + j]));
                    let row = row[half * HALF * QUAD..][..HALF * QUAD].chunks_exact(16);
                    for (sum, w) in sums.iter_mut().zip(row) {
                        // SAFETY: the chunk has 16 bytes, and the load needs no alignment.
                        let w = unsafe { _mm_loadu_si128(w.as_ptr().cast::<__m128i>()) };
                        let pairs = _mm256_madd_epi16(_mm256_cvtepu8_epi16(w), x);
                        *sum = _mm256_add_epi32(*sum, pairs);
                    }
                }
                // Two sums of each of rows 0 to 3 and 4 to 7; added, they lie as 0 1 4 5 2 3 6 7.
                let added = _mm256_hadd_epi32(sums[0], sums[1]);
                let whole: __m256i = _mm256_permute4x64_epi64::<0b11_01_10_00>(added);
                let eight = |from: usize| {
                    let eight = &scales[from..][..HALF];
                    // SAFETY: the slice has 16 bytes, and the load needs no alignment.
                    unsafe { _mm_loadu_si128(eight.as_ptr().cast::<__m128i>()) }
                };
                let step = _mm256_cvtph_ps(eight(half * HALF));
                let low = _mm256_cvtph_ps(eight(ROWS + half * HALF));
                let (scale, total) = (factors[2 * j], factors[2 * j + 1]);
                let step = _mm256_mul_ps(step, _mm256_set1_ps(scale));
                // SAFETY: `out` is a chunk of 8 numbers, here and below; neither needs alignment.
                let sum = unsafe { _mm256_loadu_ps(out.as_ptr()) };
                let sum = _mm256_fmadd_ps(step, _mm256_cvtepi32_ps(whole), sum);
                let sum = _mm256_fmadd_ps(low, _mm256_set1_ps(total), sum);
                unsafe { _mm256_storeu_ps(out.as_mut_ptr(), sum) };
            }
        }
    }
}
