//! Exact fractions in machine integers; every operation is checked.

/// Numerator and denominator; the denominator is positive and the two are coprime.
pub type Fraction = (i128, i128);

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Lowest terms; none for a zero denominator or on overflow.
pub fn reduce((n, d): Fraction) -> Option<Fraction> {
    if d == 0 {
        return None;
    }
    let g = gcd(n.checked_abs()?, d.checked_abs()?).max(1);
    let sign = d.signum();
    Some((n / g * sign, d / g * sign))
}

/// Product; none on overflow.
pub fn times(a: Fraction, b: Fraction) -> Option<Fraction> {
    reduce((a.0.checked_mul(b.0)?, a.1.checked_mul(b.1)?))
}

/// Quotient; none for a zero divisor or on overflow.
pub fn over(a: Fraction, b: Fraction) -> Option<Fraction> {
    times(a, reduce((b.1, b.0))?)
}

/// Difference; none on overflow.
pub fn minus(a: Fraction, b: Fraction) -> Option<Fraction> {
    let n = a.0.checked_mul(b.1)?.checked_sub(b.0.checked_mul(a.1)?)?;
    reduce((n, a.1.checked_mul(b.1)?))
}

/// Sum; none on overflow.
pub fn plus(a: Fraction, b: Fraction) -> Option<Fraction> {
    minus(a, (b.0.checked_neg()?, b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowest_terms_and_signs() {
        assert_eq!(reduce((6, -4)), Some((-3, 2)));
        assert_eq!(plus((1, 2), (1, 3)), Some((5, 6)));
        assert_eq!(over((1, 2), (0, 1)), None);
        assert_eq!(times((i128::MAX, 1), (2, 1)), None);
    }
}
