//! Integer products in plain loops: the reference, and the fallback.

/// See [`super::dots`].
pub fn dots(w: &[i8], x: &[u8], padded: usize, out: &mut [i32]) {
    let rows = x.len() / padded;
    for (w, out) in w.chunks_exact(padded).zip(out.chunks_exact_mut(rows)) {
        for (x, out) in x.chunks_exact(padded).zip(out) {
            *out = w
                .iter()
                .zip(x)
                .map(|(w, x)| i32::from(*w) * i32::from(*x))
                .sum();
        }
    }
}
