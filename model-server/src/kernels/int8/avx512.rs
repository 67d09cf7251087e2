//! Products with AVX-512 VNNI: u8 by i8, four at a time into 32 bits, without saturation.
//!
//! A register holds four columns of the tile's sixteen rows; the digits of each activation row are broadcast from memory. All
//! sums of a group stay in registers: two for the digits and one in f32 for each activation row.

#![expect(unsafe_code, reason = "vector loads and stores")]

use std::arch::x86_64::{
    __m256i, __m512i, _mm_storeu_si128, _mm256_loadu_si256, _mm512_abs_ps, _mm512_add_epi32,
    _mm512_castps_si512, _mm512_castsi512_ps, _mm512_cvtepi32_epi8, _mm512_cvtepi32_ps,
    _mm512_cvtph_ps, _mm512_cvtps_epi32, _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_loadu_ps,
    _mm512_loadu_si512, _mm512_max_epi32, _mm512_max_epu32, _mm512_min_epi32, _mm512_mul_ps,
    _mm512_reduce_add_epi32, _mm512_reduce_max_epu32, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_setzero_si512, _mm512_slli_epi32, _mm512_srai_epi32,
    _mm512_storeu_ps, _mm512_sub_epi32,
};

use super::block::{LARGEST, Place, Unit};
use super::{Block, CELL, QUAD, QUADS, ROWS, SCALES, Words, ahead};

/// The bits of 1.0.
const ONE: i32 = 127 << 23;

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

/// See [`super::block::quantise`], but for X in digits.
#[target_feature(enable = "avx512f,avx512vnni")]
pub fn quantise<'a>(groups: impl Iterator<Item = Place<'a>>) {
    for (x, words, scales) in groups {
        let x = [0, ROWS].map(|from| {
            let sixteen = &x[from..][..ROWS];
            // SAFETY: the slice has 16 numbers, and the load needs no alignment.
            unsafe { _mm512_loadu_ps(sixteen.as_ptr()) }
        });
        let sizes = x.map(|x| _mm512_castps_si512(_mm512_abs_ps(x)));
        let largest = _mm512_reduce_max_epu32(_mm512_max_epu32(sizes[0], sizes[1]));
        let unit = Unit::of(largest);
        let limit = _mm512_set1_epi32(LARGEST);
        let numbers = x.map(|x| {
            let number = _mm512_cvtps_epi32(_mm512_mul_ps(x, _mm512_set1_ps(unit.inverse)));
            let least = _mm512_sub_epi32(_mm512_setzero_si512(), limit);
            _mm512_max_epi32(_mm512_min_epi32(number, limit), least)
        });
        *scales = unit.scales(_mm512_reduce_add_epi32(_mm512_add_epi32(
            numbers[0], numbers[1],
        )));
        let half = _mm512_set1_epi32(128);
        let high = numbers.map(|x| _mm512_srai_epi32::<8>(_mm512_add_epi32(x, half)));
        for (digits, words) in [high, numbers].iter().zip(&mut words.0) {
            for (digits, words) in digits.iter().zip(words.chunks_exact_mut(QUADS / 2)) {
                // SAFETY: the chunk has 16 bytes, and the store needs no alignment.
                unsafe {
                    _mm_storeu_si128(words.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(*digits))
                };
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn rows<const X: usize>(weights: &[u8], scales: &[u16], block: &Block, out: &mut [f32]) {
    assert!(block.width == X && out.len() == X * ROWS);
    let mut sums = [_mm512_setzero_ps(); X];
    let groups = weights
        .chunks_exact(CELL)
        .zip(scales.chunks_exact(SCALES))
        .zip(block.words.chunks_exact(X))
        .zip(block.scales.chunks_exact(X));
    for (((cell, scales), words), factors) in groups {
        ahead::scales(scales);
        let (mut high, mut low) = ([_mm512_setzero_si512(); X], [_mm512_setzero_si512(); X]);
        for (q, w) in cell.chunks_exact(ROWS * QUAD).enumerate() {
            ahead::weights(w);
            // SAFETY: the chunk has 64 bytes, and the load needs no alignment.
            let w = unsafe { _mm512_loadu_si512(w.as_ptr().cast::<__m512i>()) };
            for j in 0..X {
                let Words([h, l]) = &words[j];
                high[j] = _mm512_dpbusd_epi32(high[j], w, _mm512_set1_epi32(h[q]));
                low[j] = _mm512_dpbusd_epi32(low[j], w, _mm512_set1_epi32(l[q]));
            }
        }
        let sixteen = |from: usize| {
            let sixteen = &scales[from..][..ROWS];
            // SAFETY: the slice has 32 bytes, and the load needs no alignment.
            let halves = unsafe { _mm256_loadu_si256(sixteen.as_ptr().cast::<__m256i>()) };
            _mm512_cvtph_ps(halves)
        };
        let (step, least) = (sixteen(0), sixteen(ROWS));
        // s b by adding exponents, since the units that multiply have enough to do.
        let step = _mm512_sub_epi32(_mm512_castps_si512(step), _mm512_set1_epi32(ONE));
        for j in 0..X {
            let [scale, total] = factors[j];
            let whole = _mm512_add_epi32(_mm512_slli_epi32::<8>(high[j]), low[j]);
            let step = _mm512_add_epi32(step, _mm512_set1_epi32(scale.to_bits().cast_signed()));
            let whole = _mm512_cvtepi32_ps(whole);
            let sum = _mm512_fmadd_ps(_mm512_castsi512_ps(step), whole, sums[j]);
            sums[j] = _mm512_fmadd_ps(least, _mm512_set1_ps(total), sum);
        }
    }
    for (sum, out) in sums.iter().zip(out.chunks_exact_mut(ROWS)) {
        // SAFETY: the chunk has 16 numbers, and the store needs no alignment.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), *sum) };
    }
}
