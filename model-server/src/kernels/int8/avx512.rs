//! Products with AVX-512 VNNI: u8 by i8, four at a time into 32 bits, without saturation.
//!
//! A register holds four columns of the tile's sixteen rows; the digits of each activation row are broadcast from memory. All
//! sums of a group stay in registers: two for the digits and one in f32 for each activation row.

#![expect(unsafe_code, reason = "vector loads and stores")]

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_loadu_si256, _mm512_add_epi32, _mm512_cvtepi32_ps, _mm512_cvtph_ps,
    _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_loadu_si512, _mm512_mul_ps, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512, _mm512_slli_epi32, _mm512_storeu_ps,
};

use super::{Block, CELL, QUAD, QUADS, ROWS, SCALES, ahead};

/// True when the machine has AVX-512 with VNNI.
pub fn available() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512vnni")
}

/// See [`super::scalar::tile`], of activations in digits.
#[target_feature(enable = "avx512f,avx512vnni")]
pub fn tile(weights: &[u8], scales: &[u16], block: &Block, out: &mut [f32]) {
    match block.width {
        1 => rows::<1>(weights, scales, block, out),
        2 => rows::<2>(weights, scales, block, out),
        3 => rows::<3>(weights, scales, block, out),
        4 => rows::<4>(weights, scales, block, out),
        5 => rows::<5>(weights, scales, block, out),
        6 => rows::<6>(weights, scales, block, out),
        7 => rows::<7>(weights, scales, block, out),
        _ => rows::<8>(weights, scales, block, out),
    }
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn rows<const X: usize>(weights: &[u8], scales: &[u16], block: &Block, out: &mut [f32]) {
    assert!(block.width == X && out.len() == X * ROWS);
    let mut sums = [_mm512_setzero_ps(); X];
    let groups = weights
        .chunks_exact(CELL)
        .zip(scales.chunks_exact(SCALES))
        .zip(block.words.chunks_exact(QUADS * X))
        .zip(block.scales.chunks_exact(2 * X));
    for (((cell, scales), words), factors) in groups {
        ahead::fetch(cell, scales);
        let (mut high, mut low) = ([_mm512_setzero_si512(); X], [_mm512_setzero_si512(); X]);
        for (w, words) in cell.chunks_exact(ROWS * QUAD).zip(words.chunks_exact(X)) {
            // SAFETY: the chunk has 64 bytes, and the load needs no alignment.
            let w = unsafe { _mm512_loadu_si512(w.as_ptr().cast::<__m512i>()) };
            for j in 0..X {
                let [h, l] = words[j];
                high[j] = _mm512_dpbusd_epi32(high[j], w, _mm512_set1_epi32(h));
                low[j] = _mm512_dpbusd_epi32(low[j], w, _mm512_set1_epi32(l));
            }
        }
        let sixteen = |from: usize| {
            let sixteen = &scales[from..][..ROWS];
            // SAFETY: the slice has 32 bytes, and the load needs no alignment.
            let halves = unsafe { _mm256_loadu_si256(sixteen.as_ptr().cast::<__m256i>()) };
            _mm512_cvtph_ps(halves)
        };
        let (step, least) = (sixteen(0), sixteen(ROWS));
        for j in 0..X {
            let whole = _mm512_add_epi32(_mm512_slli_epi32::<8>(high[j]), low[j]);
            let step = _mm512_mul_ps(step, _mm512_set1_ps(factors[2 * j]));
            let sum = _mm512_fmadd_ps(step, _mm512_cvtepi32_ps(whole), sums[j]);
            sums[j] = _mm512_fmadd_ps(least, _mm512_set1_ps(factors[2 * j + 1]), sum);
        }
    }
    for (sum, out) in sums.iter().zip(out.chunks_exact_mut(ROWS)) {
        // SAFETY: the chunk has 16 numbers, and the store needs no alignment.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), *sum) };
    }
}
