//! Products with AVX2. Weights are widened to 16 bits before they are multiplied: the instruction that multiplies bytes
//! directly saturates its sums.
//!
//! Of four columns that lie together, the first and third, and the second and fourth, are widened and multiplied as pairs, so
//! that a register has a sum for each of eight weight rows. A tile's rows by up to [`AT_ONCE`] activation rows fit the 16
//! registers: two of sums for each activation row, four of weights, which are widened once for all of these, and one of activations.

#![expect(unsafe_code, reason = "vector loads and stores")]

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_loadu_si128, _mm256_add_epi32, _mm256_and_si256,
    _mm256_cvtepi32_ps, _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_mul_ps, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_si256, _mm256_srli_epi16, _mm256_storeu_ps,
};

use super::{Block, CELL, QUAD, ROWS, SCALES, Words, ahead, block};

/// True when the machine has AVX2, FMA and conversions from half precision.
pub fn available() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("fma")
        && std::arch::is_x86_feature_detected!("f16c")
}

/// Weight rows whose sums lie in a register, and activation rows whose sums are computed together.
const HALF: usize = ROWS / 2;
const AT_ONCE: usize = 4;

/// What the products of a group with some activation rows are made of.
struct Group<'a> {
    /// W, `[QUADS, ROWS, QUAD]`.
    cell: &'a [u8],
    /// s and m, `[2, ROWS]`.
    scales: &'a [u16],
    /// X, `[width]`.
    words: &'a [Words],
    /// b and bΣX, `[width]`.
    factors: &'a [[f32; 2]],
}

/// See [`super::scalar::tile`].
#[target_feature(enable = "avx2,fma,f16c")]
pub fn tile(weights: &[u8], scales: &[u16], block: &Block, out: &mut [f32]) {
    let width = block.width;
    out.fill(0.0);
    let groups = weights
        .chunks_exact(CELL)
        .zip(scales.chunks_exact(SCALES))
        .zip(block.words.chunks_exact(width))
        .zip(block.scales.chunks_exact(width));
    for (((cell, scales), words), factors) in groups {
        ahead::weights(cell);
        ahead::scales(scales);
        let group = Group {
            cell,
            scales,
            words,
            factors,
        };
        let mut from = 0;
        while from < width {
            match width - from {
                1 => rows::<1>(&group, from, out),
                2 => rows::<2>(&group, from, out),
                3 => rows::<3>(&group, from, out),
                _ => rows::<AT_ONCE>(&group, from, out),
            }
            from += AT_ONCE;
        }
    }
}

/// See [`block::quantise`].
#[target_feature(enable = "avx2,fma,f16c")]
pub fn quantise<'a>(groups: impl Iterator<Item = block::Place<'a>>) {
    block::quantise(groups);
}

/// Adds to `out` `[width, ROWS]` the products with `X` activation rows.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn rows<const X: usize>(group: &Group, from: usize, out: &mut [f32]) {
    let mut sums = [[_mm256_setzero_si256(); 2]; X];
    let bytes = _mm256_set1_epi16(0xFF);
    let quads = group.cell.chunks_exact(ROWS * QUAD);
    for (q, quad) in quads.enumerate() {
        let [low, high] = halves(quad);
        let outer = [_mm256_and_si256(low, bytes), _mm256_and_si256(high, bytes)];
        let inner = [_mm256_srli_epi16::<8>(low), _mm256_srli_epi16::<8>(high)];
        for (sums, words) in sums.iter_mut().zip(&group.words[from..][..X]) {
            for (w, words) in [outer, inner].iter().zip(&words.0) {
                let x = _mm256_set1_epi32(words[q]);
                for (sum, w) in sums.iter_mut().zip(w) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(*w, x));
                }
            }
        }
    }
    let steps = [0, HALF].map(|at| from_half(&group.scales[at..]));
    let least = [0, HALF].map(|at| from_half(&group.scales[ROWS + at..]));
    for (j, sums) in (from..).zip(&sums) {
        let [scale, total] = group.factors[j].map(|factor| _mm256_set1_ps(factor));
        let out = out[j * ROWS..][..ROWS].chunks_exact_mut(HALF);
        for (i, out) in out.enumerate() {
            let step = _mm256_mul_ps(steps[i], scale);
            // SAFETY: `out` has 8 numbers, here and below; neither needs alignment.
            let sum = unsafe { _mm256_loadu_ps(out.as_ptr()) };
            let sum = _mm256_fmadd_ps(step, _mm256_cvtepi32_ps(sums[i]), sum);
            let sum = _mm256_fmadd_ps(least[i], total, sum);
            unsafe { _mm256_storeu_ps(out.as_mut_ptr(), sum) };
        }
    }
}

/// The weights of eight rows each, as they lie.
#[inline]
#[target_feature(enable = "avx2")]
fn halves(quad: &[u8]) -> [__m256i; 2] {
    let quad = &quad[..ROWS * QUAD];
    // SAFETY: each half of the slice has 32 bytes, and the load needs no alignment.
    [0, HALF * QUAD].map(|at| unsafe { _mm256_loadu_si256(quad[at..].as_ptr().cast::<__m256i>()) })
}

/// The first 8 numbers of half precision.
#[inline]
#[target_feature(enable = "avx2,f16c")]
fn from_half(numbers: &[u16]) -> __m256 {
    let eight = &numbers[..HALF];
    // SAFETY: the slice has 16 bytes, and the load needs no alignment.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(eight.as_ptr().cast::<__m128i>()) })
}
