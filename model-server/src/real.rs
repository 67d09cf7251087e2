//! The numbers of the model: `f32` to serve and train, `f64` so that gradients can be checked by finite differences.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// A floating-point type that kernels and layers compute in.
pub trait Real:
    Copy
    + Default
    + Debug
    + PartialOrd
    + Send
    + Sync
    + Sum
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// The nearest value.
    fn from_f64(x: f64) -> Self;
    /// The value, exactly.
    fn to_f64(self) -> f64;
    /// e^x. For `f32` within 2 ulp between -87 and 88 and clamped outside, without a branch, so that loops over it
    /// become vector code.
    fn exp(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + x).
    fn ln_1p(self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// |x|.
    fn abs(self) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;

    /// The greater of two.
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if other > self { other } else { self }
    }

    /// 1 / (1 + e^-x).
    #[inline(always)]
    fn sigmoid(self) -> Self {
        Self::ONE / (Self::ONE + (-self).exp())
    }

    /// ln(1 + e^x), without overflow.
    #[inline(always)]
    fn softplus(self) -> Self {
        self.larger(Self::ZERO) + (-self.abs()).exp().ln_1p()
    }
}

impl Real for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
    #[inline(always)]
    fn from_f64(x: f64) -> f32 {
        x as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn exp(self) -> f32 {
        // Cody-Waite reduction x = n ln2 + r, |r| <= ln2/2, and the Taylor polynomial of e^r to the 7th power
        // (remainder below 1e-8). Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits. NaN stays NaN.
        const ROUND: f32 = 12_582_912.0;
        let x = if self > 88.0 { 88.0 } else { self };
        let x = if x < -87.0 { -87.0 } else { x };
        let t = x * std::f32::consts::LOG2_E + ROUND;
        let n = t - ROUND;
        let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
        let p = 1.0 / 5040.0;
        let p = p * r + 1.0 / 720.0;
        let p = p * r + 1.0 / 120.0;
        let p = p * r + 1.0 / 24.0;
        let p = p * r + 1.0 / 6.0;
        let p = p * r + 0.5;
        let p = p * r + 1.0;
        let p = p * r + 1.0;
        let scale = f32::from_bits(t.to_bits().wrapping_sub(0x4B40_0000).wrapping_add(127) << 23);
        p * scale
    }
    #[inline(always)]
    fn ln(self) -> f32 {
        f32::ln(self)
    }
    #[inline(always)]
    fn ln_1p(self) -> f32 {
        f32::ln_1p(self)
    }
    #[inline(always)]
    fn softplus(self) -> f32 {
        // With u = e^-|x| in (0, 1]: ln(1 + u) = 2 artanh(s), s = u / (2 + u) <= 1/3; the series to the 15th power leaves less
        // than 2e-9. Unlike the library's function it is inlined into loops.
        let u = (-Real::abs(self)).exp();
        let s = u / (2.0 + u);
        let s2 = s * s;
        let p = 1.0 / 15.0;
        let p = p * s2 + 1.0 / 13.0;
        let p = p * s2 + 1.0 / 11.0;
        let p = p * s2 + 1.0 / 9.0;
        let p = p * s2 + 1.0 / 7.0;
        let p = p * s2 + 0.2;
        let p = p * s2 + 1.0 / 3.0;
        let p = p * s2 + 1.0;
        self.larger(0.0) + 2.0 * s * p
    }
    #[inline(always)]
    fn sqrt(self) -> f32 {
        f32::sqrt(self)
    }
    #[inline(always)]
    fn abs(self) -> f32 {
        f32::abs(self)
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
}

impl Real for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    #[inline(always)]
    fn from_f64(x: f64) -> f64 {
        x
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn exp(self) -> f64 {
        f64::exp(self)
    }
    #[inline(always)]
    fn ln(self) -> f64 {
        f64::ln(self)
    }
    #[inline(always)]
    fn ln_1p(self) -> f64 {
        f64::ln_1p(self)
    }
    #[inline(always)]
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn abs(self) -> f64 {
        f64::abs(self)
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Real;

    #[test]
    fn softplus_of_f32_is_close_over_its_whole_range() {
        let mut x = -80.0_f32;
        while x < 80.0 {
            let exact = f64::from(x).exp().ln_1p();
            let error = (f64::from(Real::softplus(x)) - exact).abs() / exact.max(1e-30);
            assert!(error < 1e-6, "softplus {x}: relative error {error}");
            x += 0.0171;
        }
    }

    #[test]
    fn exp_of_f32_is_close_over_its_whole_range() {
        let mut x = -86.9_f32;
        while x < 87.9 {
            let exact = f64::from(x).exp();
            let error = ((Real::exp(x) as f64 - exact) / exact).abs();
            assert!(error < 4e-7, "e^{x}: relative error {error}");
            x += 0.0137;
        }
        assert_eq!(Real::exp(0.0_f32), 1.0);
        assert!(Real::exp(f32::NAN).is_nan());
        assert!(Real::exp(f32::NEG_INFINITY) < 2e-38);
    }
}
