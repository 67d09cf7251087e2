//! Activations in 16 bits, as the products read them.

use rayon::prelude::*;

use super::{GROUP, Path, QUAD, QUADS, WIDE};
use crate::kernels::vector::{largest, simd};

/// The largest |X|: with it both digits of X are in -128..=127.
const LARGEST: f32 = 32_639.0;

/// Up to [`WIDE`] rows of activations, group by group.
#[derive(Debug)]
pub struct Block {
    /// Rows.
    pub width: usize,
    /// X, `[groups, QUADS, width]`: four of them in a word. For VNNI their high digits and then their low ones, in 8 bits; else
    /// 16 bits each, the first and third before the second and fourth.
    pub words: Vec<[i32; 2]>,
    /// b and bΣX, `[groups, width, 2]`.
    pub scales: Vec<f32>,
}

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
        let width = parts.iter().map(|b| b.width).sum();
        let all = parts.iter().map(|b| b.words.len()).sum();
        let (mut words, mut scales) = (vec![[0; 2]; all], vec![0.0; all / QUADS * 2]);
        let mut at = 0;
        for block in parts {
            let from = block.words.chunks_exact(block.width);
            for (out, from) in words.chunks_exact_mut(width).zip(from) {
                out[at..at + block.width].copy_from_slice(from);
            }
            let from = block.scales.chunks_exact(2 * block.width);
            for (out, from) in scales.chunks_exact_mut(2 * width).zip(from) {
                out[2 * at..2 * (at + block.width)].copy_from_slice(from);
            }
            at += block.width;
        }
        Self {
            width,
            words,
            scales,
        }
    }

    fn quantise(path: Path, x: &[f32], inputs: usize) -> Self {
        let (width, groups) = (x.len() / inputs, inputs.div_ceil(GROUP));
        let mut words = vec![[0; 2]; groups * QUADS * width];
        let mut scales = vec![0.0; groups * 2 * width];
        let digits = path == Path::Avx512Vnni && path.runs();
        simd!((
            x: &[f32], inputs: usize, width: usize, digits: bool,
            all_words: &mut [[i32; 2]] = &mut words, all_scales: &mut [f32] = &mut scales,
        ) {
            for (j, row) in x.chunks_exact(inputs).enumerate() {
                let places = all_words
                    .chunks_exact_mut(QUADS * width)
                    .zip(all_scales.chunks_exact_mut(2 * width));
                for (x, (words, scales)) in row.chunks(GROUP).zip(places) {
                    let mut whole = [0.0; GROUP];
                    whole[..x.len()].copy_from_slice(x);
                    let (scale, numbers) = round(&whole);
                    let sum: i32 = numbers.iter().sum();
                    scales[2 * j] = scale;
                    scales[2 * j + 1] = scale * sum as f32;
                    let packed = if digits { in_digits(&numbers) } else { in_16(&numbers) };
                    for (q, word) in packed.into_iter().enumerate() {
                        words[q * width + j] = word;
                    }
                }
            }
        });
        Self {
            width,
            words,
            scales,
        }
    }
}

/// b and X of a group.
#[inline(always)]
fn round(x: &[f32; GROUP]) -> (f32, [i32; GROUP]) {
    // Adding 1.5 * 2²³ rounds to an integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let mut sizes = [0.0; GROUP];
    for (size, x) in sizes.iter_mut().zip(x) {
        *size = x.abs();
    }
    let largest = largest(&sizes, 0.0);
    if largest < 1e-30 {
        return (0.0, [0; GROUP]);
    }
    let inverse = LARGEST / largest;
    let limit = LARGEST as i32;
    let mut numbers = [0; GROUP];
    for (n, x) in numbers.iter_mut().zip(x) {
        let bits = (x * inverse + ROUND).to_bits() as i32;
        *n = bits
            .wrapping_sub(ROUND.to_bits() as i32)
            .clamp(-limit, limit);
    }
    (largest / LARGEST, numbers)
}

/// X = 2⁸ H + L with both digits in -128..=127.
#[inline(always)]
fn in_digits(numbers: &[i32; GROUP]) -> [[i32; 2]; QUADS] {
    let (mut high, mut low) = ([0; GROUP], [0; GROUP]);
    for ((h, l), x) in high.iter_mut().zip(&mut low).zip(numbers) {
        (*h, *l) = (((x + 128) >> 8) as u8, *x as u8);
    }
    let mut words = [[0; 2]; QUADS];
    let quads = high.chunks_exact(QUAD).zip(low.chunks_exact(QUAD));
    for (word, (h, l)) in words.iter_mut().zip(quads) {
        *word = [h, l].map(|d| i32::from_le_bytes([d[0], d[1], d[2], d[3]]));
    }
    words
}

/// The first and third of four, and the second and fourth.
#[inline(always)]
fn in_16(numbers: &[i32; GROUP]) -> [[i32; 2]; QUADS] {
    let mut words = [[0; 2]; QUADS];
    for (word, x) in words.iter_mut().zip(numbers.chunks_exact(QUAD)) {
        *word = [0, 1].map(|i| (x[i] & 0xFFFF) | x[i + 2] << 16);
    }
    words
}
