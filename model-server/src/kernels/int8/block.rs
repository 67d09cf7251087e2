//! Activations in 16 bits, as the products read them.

use rayon::prelude::*;

use super::{GROUP, Path, QUAD, QUADS, WIDE};

/// The largest |X|: with it both digits of X are in -128..=127.
pub const LARGEST: i32 = 32_639;

/// Up to [`WIDE`] rows of activations, group by group.
#[derive(Debug)]
pub struct Block {
    /// Rows.
    pub width: usize,
    /// X, `[groups, width]`.
    pub words: Vec<Words>,
    /// b and bΣX, `[groups, width]`.
    pub scales: Vec<[f32; 2]>,
}

/// X of a row in a group: four of them in a word. For VNNI their high digits, `[QUADS]`, and their low ones, in 8 bits; else the
/// first and third of each four, and the second and fourth, in 16 bits.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub struct Words(pub [[i32; QUADS]; 2]);

impl Block {
    /// Rows x `[rows, inputs]` in blocks of [`WIDE`].
    pub fn all(path: Path, x: &[f32], inputs: usize) -> Vec<Self> {
        let one = |x: &[f32]| Self::quantise(path, x, inputs);
        if x.len() <= WIDE * inputs {
            x.chunks(WIDE * inputs).map(one).collect()
        } else {
            x.par_chunks(WIDE * inputs).map(one).collect()
        }
    }

    /// The same rows in as few blocks as their order allows without splitting one.
    pub fn joined<'a>(blocks: impl Iterator<Item = &'a Self>) -> Vec<Self> {
        let mut parts: Vec<Vec<&Self>> = Vec::new();
        let mut room = 0;
        for block in blocks {
            match parts.last_mut().filter(|_| block.width <= room) {
                Some(part) => part.push(block),
                None => {
                    parts.push(vec![block]);
                    room = WIDE;
                }
            }
            room -= block.width;
        }
        parts.iter().map(|part| Self::join(part)).collect()
    }

    fn join(parts: &[&Self]) -> Self {
        let mut all = Self::new(
            parts.iter().map(|b| b.width).sum(),
            parts.iter().map(|b| b.words.len()).sum(),
        );
        let mut at = 0;
        for block in parts {
            let rows = at..at + block.width;
            let from = block.words.chunks_exact(block.width);
            for (out, from) in all.words.chunks_exact_mut(all.width).zip(from) {
                out[rows.clone()].copy_from_slice(from);
            }
            let from = block.scales.chunks_exact(block.width);
            for (out, from) in all.scales.chunks_exact_mut(all.width).zip(from) {
                out[rows.clone()].copy_from_slice(from);
            }
            at = rows.end;
        }
        all
    }

    fn new(width: usize, count: usize) -> Self {
        Self {
            width,
            words: vec![Words::default(); count],
            scales: vec![[0.0; 2]; count],
        }
    }

    fn quantise(path: Path, x: &[f32], inputs: usize) -> Self {
        let (width, groups) = (x.len() / inputs, inputs.div_ceil(GROUP));
        let mut block = Self::new(width, groups * width);
        for (j, row) in x.chunks_exact(inputs).enumerate() {
            let words = block.words[j..].iter_mut().step_by(width);
            let places = words.zip(block.scales[j..].iter_mut().step_by(width));
            let groups = row.chunks(GROUP).zip(places);
            path.quantise(groups.map(|(x, (words, scales))| {
                let whole = x.try_into().unwrap_or_else(|_| {
                    let mut whole = [0.0; GROUP];
                    whole[..x.len()].copy_from_slice(x);
                    whole
                });
                (whole, words, scales)
            }));
        }
        block
    }
}

/// A group of a row, with zeros where it has no columns, and where its X, and b and bΣX, belong.
pub type Place<'a> = ([f32; GROUP], &'a mut Words, &'a mut [f32; 2]);

/// Writes X, b and bΣX of a row's groups, the former in 16 bits. Compiled anew where it is called, for the instructions there.
#[inline(always)]
pub fn quantise<'a>(groups: impl Iterator<Item = Place<'a>>) {
    // Adding 1.5 * 2²³ rounds to an integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    for (x, words, scales) in groups {
        let sizes = x.iter().map(|x| x.abs().to_bits());
        let unit = Unit::of(sizes.fold(0, u32::max));
        let numbers = x.map(|x| {
            let number = (x * unit.inverse + ROUND)
                .to_bits()
                .wrapping_sub(ROUND.to_bits());
            number.cast_signed().clamp(-LARGEST, LARGEST)
        });
        *scales = unit.scales(numbers.iter().sum());
        for (i, words) in words.0.iter_mut().enumerate() {
            for (word, x) in words.iter_mut().zip(numbers.chunks_exact(QUAD)) {
                *word = (x[i] & 0xFFFF) | x[i + 2] << 16;
            }
        }
    }
}

/// The unit of a group's activations, b.
pub struct Unit {
    /// 1 / b.
    pub inverse: f32,
    scale: f32,
    finite: bool,
}

impl Unit {
    /// That of a group whose largest |x| has these bits.
    #[inline(always)]
    pub fn of(largest: u32) -> Self {
        // 2¹⁴ times a number in 1..2 rounds to more than LARGEST from this many 2⁻²³ below 2 on.
        const OVER: u32 = (2 * ((1 << 15) - LARGEST as u32) - 1) << 8;
        // From 2⁻¹⁰⁰ to 2⁹⁶.
        let exponent = ((largest + OVER) >> 23).clamp(41, 237);
        Self {
            inverse: f32::from_bits((268 - exponent) << 23),
            scale: f32::from_bits((exponent - 14) << 23),
            finite: largest < 237 << 23,
        }
    }

    /// b and bΣX. The latter is no number where an activation is none, or is infinite or beyond 2¹¹⁰.
    #[inline(always)]
    pub fn scales(&self, sum: i32) -> [f32; 2] {
        let total = self.scale * sum as f32;
        [self.scale, if self.finite { total } else { f32::NAN }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_the_least_power_of_two_that_will_do() {
        let unit = |x: f32| Unit::of(x.to_bits());
        let mut largest = 1e-25_f32;
        while largest < 1e33 {
            // Below, at and above the number that just rounds to LARGEST.
            let border = 32_639.5 * unit(largest).scale;
            for x in [largest, border.next_down(), border, border.next_up()] {
                let Unit { scale, inverse, .. } = unit(x);
                assert_eq!(scale * inverse, 1.0);
                assert_eq!(scale.to_bits() & 0x007F_FFFF, 0, "{scale} for {x}");
                let count = |scale: f32| (x / scale).round_ties_even();
                assert!(count(scale) <= LARGEST as f32, "{x}");
                assert!(count(scale / 2.0) > LARGEST as f32, "{x}");
            }
            largest *= 1.37;
        }
        for x in [0.0, 1e-40] {
            assert!(unit(x).scales(0)[1] == 0.0, "{x}");
        }
    }
}
