//! Integer products with AVX2. Bytes are widened to 16 bits before they are multiplied: the instruction that multiplies
//! bytes directly saturates its sums.

/// True when the machine has AVX2.
pub fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("avx2")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}

/// See [`super::dots`]; false, with nothing done, when the machine has no AVX2.
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "calls code for AVX2")
)]
pub fn dots(w: &[i8], x: &[u8], padded: usize, out: &mut [i32]) -> bool {
    #[cfg(target_arch = "x86_64")]
    if available() && padded.is_multiple_of(super::PAD) {
        // SAFETY: AVX2 was detected.
        unsafe { x86::dots(w, x, padded, out) };
        return true;
    }
    let _ = (w, x, padded, out);
    false
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "vector loads")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_loadu_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16,
        _mm256_cvtepu8_epi16, _mm256_madd_epi16, _mm256_setzero_si256, _mm256_storeu_si256,
    };

    #[target_feature(enable = "avx2")]
    pub fn dots(w: &[i8], x: &[u8], padded: usize, out: &mut [i32]) {
        let rows = x.len() / padded;
        for (w, out) in w.chunks_exact(padded).zip(out.chunks_exact_mut(rows)) {
            for (x, out) in x.chunks_exact(padded).zip(out) {
                let mut sum = _mm256_setzero_si256();
                for (w, x) in w.chunks_exact(16).zip(x.chunks_exact(16)) {
                    // SAFETY: each chunk has 16 bytes, and the load needs no alignment.
                    let (w, x) = unsafe {
                        (
                            _mm_loadu_si128(w.as_ptr().cast::<__m128i>()),
                            _mm_loadu_si128(x.as_ptr().cast::<__m128i>()),
                        )
                    };
                    let pairs = _mm256_madd_epi16(_mm256_cvtepi8_epi16(w), _mm256_cvtepu8_epi16(x));
                    sum = _mm256_add_epi32(sum, pairs);
                }
                let mut lanes = [0_i32; 8];
                // SAFETY: the array has 32 bytes, and the store needs no alignment.
                unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast::<__m256i>(), sum) };
                *out = lanes.iter().sum();
            }
        }
    }
}
