//! Element-wise loops and reductions, compiled once per instruction set.
//!
//! [`simd!`] compiles a block once for each instruction set and runs it with the machine's best, so that plain loops in it are
//! vectorised. Sums keep [`LANES`] partial sums in a fixed order: a result depends on the data alone,
//! not on the instruction set or on what else is in a batch.

use crate::real::Real;

/// Partial sums of a reduction.
pub const LANES: usize = 16;

/// Runs a block with the machine's vector instructions enabled. What the block takes from its surroundings stands before it with
/// its type, and its value where that is no variable of the same name. (A closure in its place would be called, not inlined, where it is long, and so be compiled without them.)
macro_rules! simd {
    ($(<$t:ident>)? ($($name:ident: $type:ty $(= $value:expr)?),* $(,)?) $(-> $out:ty)? $body:block) => {{
        struct Body<A>(A);
        impl $(<$t: $crate::real::Real>)? pulp::NullaryFnOnce for Body<($($type,)*)> {
            type Output = $crate::kernels::vector::simd!(@ $($out)?);
            #[inline(always)]
            fn call(self) -> Self::Output {
                let ($($name,)*) = self.0;
                $body
            }
        }
        let all: ($($type,)*) = ($($crate::kernels::vector::simd!(# $name $($value)?),)*);
        pulp::Arch::new().dispatch(Body(all))
    }};
    (# $name:ident) => { $name };
    (# $name:ident $value:expr) => { $value };
    (@) => { () };
    (@ $out:ty) => { $out };
}
pub(crate) use simd;

/// Σ a_i b_i.
#[inline(always)]
pub fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut lanes = [T::ZERO; LANES];
    let mut ca = a.chunks_exact(LANES);
    let mut cb = b.chunks_exact(LANES);
    for (x, y) in (&mut ca).zip(&mut cb) {
        for l in 0..LANES {
            lanes[l] += x[l] * y[l];
        }
    }
    let mut sum = fold(lanes);
    for (x, y) in ca.remainder().iter().zip(cb.remainder()) {
        sum += *x * *y;
    }
    sum
}

/// The sum of the lanes, as a tree.
#[inline(always)]
pub fn fold<T: Real>(mut lanes: [T; LANES]) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            let upper = lanes[l + width];
            lanes[l] += upper;
        }
        width /= 2;
    }
    lanes[0]
}

/// Σ x_i.
#[inline(always)]
pub fn total<T: Real>(x: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let mut chunks = x.chunks_exact(LANES);
    for chunk in &mut chunks {
        for l in 0..LANES {
            lanes[l] += chunk[l];
        }
    }
    let mut sum = fold(lanes);
    for x in chunks.remainder() {
        sum += *x;
    }
    sum
}

/// Σ (x_i - mean)².
#[inline(always)]
pub fn spread<T: Real>(x: &[T], mean: T) -> T {
    let mut lanes = [T::ZERO; LANES];
    let mut chunks = x.chunks_exact(LANES);
    for chunk in &mut chunks {
        for l in 0..LANES {
            let d = chunk[l] - mean;
            lanes[l] += d * d;
        }
    }
    let mut sum = fold(lanes);
    for x in chunks.remainder() {
        sum += (*x - mean) * (*x - mean);
    }
    sum
}

/// The largest element; of none, `least`.
#[inline(always)]
pub fn largest<T: Real>(x: &[T], least: T) -> T {
    let mut lanes = [least; LANES];
    let mut chunks = x.chunks_exact(LANES);
    for chunk in &mut chunks {
        for l in 0..LANES {
            lanes[l] = lanes[l].larger(chunk[l]);
        }
    }
    let rest = chunks.remainder().iter();
    lanes.iter().chain(rest).fold(least, |m, x| m.larger(*x))
}

/// y ← y + factor·x.
#[inline(always)]
pub fn axpy<T: Real>(y: &mut [T], factor: T, x: &[T]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += factor * *x;
    }
}

/// y ← y + x.
#[inline(always)]
pub fn add_assign<T: Real>(y: &mut [T], x: &[T]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += *x;
    }
}

/// y ← factor·y.
#[inline(always)]
pub fn scale<T: Real>(y: &mut [T], factor: T) {
    for y in y.iter_mut() {
        *y *= factor;
    }
}

/// silu(x) = x σ(x) and its derivative.
#[inline(always)]
pub fn silu_with_derivative<T: Real>(x: T) -> (T, T) {
    let s = x.sigmoid();
    (x * s, s * (T::ONE + x * (T::ONE - s)))
}

/// Softmax of a row, in place; returns Σ e^{x - max}.
#[inline(always)]
pub fn softmax<T: Real>(row: &mut [T]) -> T {
    let Some(first) = row.first() else {
        return T::ZERO;
    };
    // In loops of their own: a sum in the order of its terms is no vector code.
    let max = largest(row, *first);
    for x in row.iter_mut() {
        *x = (*x - max).exp();
    }
    let sum = total(row);
    scale(row, T::ONE / sum);
    sum
}

/// The gradient through a softmax whose result was `p`, in place: ∂x = p ⊙ (∂p - p·∂p).
#[inline(always)]
pub fn softmax_backward<T: Real>(p: &[T], d: &mut [T]) {
    let mean = dot(p, d);
    for (d, p) in d.iter_mut().zip(p) {
        *d = *p * (*d - mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_is_the_same_under_every_instruction_set() {
        let a: Vec<f32> = (0..1003).map(|i| (i as f32 * 0.37).sin()).collect();
        let b: Vec<f32> = (0..1003).map(|i| (i as f32 * 0.11).cos()).collect();
        let (x, y) = (a.as_slice(), b.as_slice());
        let fast = simd!((x: &[f32], y: &[f32]) -> f32 { dot(x, y) });
        assert_eq!(dot(&a, &b).to_bits(), fast.to_bits());
        let exact: f64 = a
            .iter()
            .zip(&b)
            .map(|(x, y)| f64::from(*x) * f64::from(*y))
            .sum();
        assert!((f64::from(dot(&a, &b)) - exact).abs() < 1e-4);
    }

    #[test]
    fn softmax_sums_to_one_and_bears_large_scores() {
        let mut row = [1000.0_f32, 1000.0, -1000.0];
        softmax(&mut row);
        assert!((row[0] - 0.5).abs() < 1e-6 && row[2] < 1e-30);
    }
}
