//! Integer products with AVX-512 VNNI: u8 by i8, four at a time into 32 bits, without saturation.
//!
//! Tiles of four weight rows by up to four activation rows keep sixteen sums in registers; for one activation row the
//! four weight rows are four streams from memory.

/// True when the machine has AVX-512 with VNNI.
pub fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512vnni")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}

/// See [`super::dots`]; false, with nothing done, when the machine has no such instructions.
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "calls code for AVX-512")
)]
pub fn dots(w: &[i8], x: &[u8], padded: usize, out: &mut [i32]) -> bool {
    #[cfg(target_arch = "x86_64")]
    if available() && padded.is_multiple_of(super::PAD) {
        // SAFETY: AVX-512 F, BW and VNNI were detected.
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
        __m512i, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_reduce_add_epi32,
        _mm512_setzero_si512,
    };

    const WIDTH: usize = 64;

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub fn dots(w: &[i8], x: &[u8], padded: usize, out: &mut [i32]) {
        let rows = x.len() / padded;
        let outputs = w.len() / padded;
        let mut o = 0;
        while o < outputs {
            let tall = (outputs - o).min(4);
            let w = &w[o * padded..(o + tall) * padded];
            let mut b = 0;
            while b < rows {
                let wide = (rows - b).min(4);
                let x = &x[b * padded..(b + wide) * padded];
                let out = &mut out[o * rows + b..];
                match (tall, wide) {
                    (4, 4) => tile::<4, 4>(w, x, padded, rows, out),
                    (4, 3) => tile::<4, 3>(w, x, padded, rows, out),
                    (4, 2) => tile::<4, 2>(w, x, padded, rows, out),
                    (4, _) => tile::<4, 1>(w, x, padded, rows, out),
                    _ => {
                        for (i, w) in w.chunks_exact(padded).enumerate() {
                            for (j, x) in x.chunks_exact(padded).enumerate() {
                                tile::<1, 1>(w, x, padded, rows, &mut out[i * rows + j..]);
                            }
                        }
                    }
                }
                b += wide;
            }
            o += tall;
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn tile<const W: usize, const X: usize>(
        w: &[i8],
        x: &[u8],
        padded: usize,
        rows: usize,
        out: &mut [i32],
    ) {
        assert!(w.len() == W * padded && x.len() == X * padded && padded.is_multiple_of(WIDTH));
        let mut sums = [[_mm512_setzero_si512(); X]; W];
        let mut at = 0;
        while at < padded {
            let mut columns = [_mm512_setzero_si512(); X];
            for (j, column) in columns.iter_mut().enumerate() {
                // SAFETY: at + 64 <= padded and j < X, so the 64 bytes lie in `x` by the assertion above.
                *column = unsafe {
                    _mm512_loadu_si512(x.as_ptr().add(j * padded + at).cast::<__m512i>())
                };
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                // SAFETY: likewise in `w`, with i < W.
                let row = unsafe {
                    _mm512_loadu_si512(w.as_ptr().add(i * padded + at).cast::<__m512i>())
                };
                for (sum, column) in sums.iter_mut().zip(&columns) {
                    *sum = _mm512_dpbusd_epi32(*sum, *column, row);
                }
            }
            at += WIDTH;
        }
        for (i, sums) in sums.iter().enumerate() {
            for (j, sum) in sums.iter().enumerate() {
                out[i * rows + j] = _mm512_reduce_add_epi32(*sum);
            }
        }
    }
}
