//! 8-bit weights in groups, with dynamic 16-bit activations.
//!
//! [`GROUP`] columns of a weight row are stored as w ≈ f (s W + m), W in 0..=255 between the smallest and the largest of them,
//! with s > 0 and m in half precision and a power of two f for the row. The same columns of an activation row are x ≈ b X with
//! |X| ≤ 32,639 and the least power of two b for that. So w·x ≈ f Σ (s b ΣWX + m b ΣX) over the groups, where ΣWX and ΣX are
//! exact integers and the rest is summed in one order: AVX-512 VNNI, AVX2 and scalar code give equal results, and a row's result
//! does not depend on its batch. A row with a number that is not finite, or beyond 2¹¹⁰, has no number in its products.
//! (Weights that were read from blocks of 32 in 4 bits lie on that grid, but for the rounding of s.)
//!
//! [`ROWS`] weight rows lie interleaved by four columns, so that a vector register has a sum for each of them, and up to
//! [`WIDE`] activation rows share a pass over the weights.

mod ahead;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod block;
mod scalar;
mod team;

use half::f16;
use rayon::prelude::*;

use block::{Block, Words};
pub use team::{Member, Team};

/// Columns that share a scale; rows of a tile; activation rows of a block.
pub const GROUP: usize = 32;
const ROWS: usize = 16;
const WIDE: usize = 8;

/// Weights of a tile in a group, and half-precision numbers beside them: ROWS steps s, then as many lows m.
const CELL: usize = ROWS * GROUP;
const SCALES: usize = 2 * ROWS;
/// The bits of the least positive number in half precision. No step is less, so that its exponent and that of b can be added.
const LEAST: u16 = 1;
/// Columns that lie together in a row of a tile, and how many such there are in a group.
const QUAD: usize = 4;
const QUADS: usize = GROUP / QUAD;
/// Bytes of weights that a thread takes at a time, and below which one thread is faster.
const PART: usize = 1 << 16;
const SERIAL: usize = 1 << 17;

/// Which code computes the products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// AVX-512 VNNI: 64 products an instruction, of weights by one of the two 8-bit digits of X.
    Avx512Vnni,
    /// AVX2, by widening weights to 16 bits.
    Avx2,
    /// Plain loops.
    Scalar,
}

impl Path {
    /// The paths that this machine can run, fastest first.
    pub fn available() -> Vec<Path> {
        let all = [Path::Avx512Vnni, Path::Avx2, Path::Scalar];
        all.into_iter().filter(|path| path.runs()).collect()
    }

    /// Whether this machine can run it.
    fn runs(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Path::Avx512Vnni => avx512::available(),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => avx2::available(),
            Path::Scalar => true,
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// See [`scalar::tile`]; by scalar code when the machine cannot run this path.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "calls code for instructions that were detected")
    )]
    fn tile(self, weights: &[u8], scales: &[u16], block: &Block, out: &mut [f32]) {
        match self {
            // SAFETY: AVX-512 F and VNNI were detected.
            #[cfg(target_arch = "x86_64")]
            Path::Avx512Vnni if self.runs() => unsafe { avx512::tile(weights, scales, block, out) },
            // SAFETY: AVX2, FMA and F16C were detected.
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 if self.runs() => unsafe { avx2::tile(weights, scales, block, out) },
            _ => scalar::tile(weights, scales, block, out),
        }
    }

    /// See [`block::quantise`], in what this path's [`Path::tile`] reads.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "calls code for instructions that were detected")
    )]
    fn quantise<'a>(self, groups: impl Iterator<Item = block::Place<'a>>) {
        match self {
            // SAFETY: AVX-512 F and VNNI were detected.
            #[cfg(target_arch = "x86_64")]
            Path::Avx512Vnni if self.runs() => unsafe { avx512::quantise(groups) },
            // SAFETY: AVX2, FMA and F16C were detected.
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 if self.runs() => unsafe { avx2::quantise(groups) },
            _ => block::quantise(groups),
        }
    }

    /// The fastest of them.
    pub fn best() -> Path {
        static BEST: std::sync::OnceLock<Path> = std::sync::OnceLock::new();
        *BEST.get_or_init(|| Path::available().first().copied().unwrap_or(Path::Scalar))
    }
}

/// A weight matrix `[outputs, inputs]` in 8 bits.
#[derive(Clone, Debug)]
pub struct Matrix {
    outputs: usize,
    inputs: usize,
    /// Groups of a row.
    groups: usize,
    /// W, `[tiles, groups, QUADS, ROWS, QUAD]`.
    weights: Vec<u8>,
    /// s and m in half precision, `[tiles, groups, 2, ROWS]`.
    scales: Vec<u16>,
    /// f, `[tiles, ROWS]`.
    factors: Vec<f32>,
}

impl Matrix {
    /// Quantises a row-major matrix.
    pub fn quantise(weight: &[f32], outputs: usize, inputs: usize) -> Self {
        let (tiles, groups) = (outputs.div_ceil(ROWS), inputs.div_ceil(GROUP));
        let mut matrix = Self {
            outputs,
            inputs,
            groups,
            weights: vec![0; tiles * groups * CELL],
            scales: vec![LEAST; tiles * groups * SCALES],
            factors: vec![0.0; tiles * ROWS],
        };
        if inputs > 0 {
            let parts = matrix.weights.par_chunks_mut(groups * CELL);
            let scales = matrix.scales.par_chunks_mut(groups * SCALES);
            let factors = matrix.factors.par_chunks_mut(ROWS);
            let rows = weight.par_chunks(ROWS * inputs);
            parts
                .zip(scales)
                .zip(factors)
                .zip(rows)
                .for_each(|(((w, s), f), rows)| {
                    for (r, row) in rows.chunks_exact(inputs).enumerate() {
                        f[r] = quantise_row(row, r, w, s);
                    }
                });
        }
        matrix
    }

    /// Rows of the matrix.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Columns of the matrix.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.weights.len() + 2 * self.scales.len() + 4 * self.factors.len()
    }

    /// x `[rows, inputs]` → `[rows, outputs]`, by the fastest path.
    pub fn linear(&self, x: &[f32]) -> Vec<f32> {
        self.linear_by(Path::best(), x)
    }

    /// The same by a given path; one that the machine lacks falls back to scalar code.
    pub fn linear_by(&self, path: Path, x: &[f32]) -> Vec<f32> {
        linear_all_by(path, &[self], x).pop().unwrap_or_default()
    }

    /// Bytes of a tile's weights.
    fn tile(&self) -> usize {
        self.groups * CELL
    }

    /// Tiles that a thread takes at a time.
    fn part(&self) -> usize {
        PART.div_ceil(self.tile())
    }

    /// Asks for the first of some tiles' weights, which [`Matrix::tiles`] is about to read.
    fn ask(&self, first: usize) {
        let weights = self.weights.get(first * self.tile()..);
        let scales = self.scales.get(first * self.groups * SCALES..);
        if let Some((weights, scales)) = weights.zip(scales) {
            ahead::begin(weights, scales);
        }
    }

    /// Some tiles, from `first`, by all blocks of activation rows: `out` is `[rows, tiles, ROWS]`.
    fn tiles(&self, path: Path, first: usize, blocks: &[Block], out: &mut [f32]) {
        let rows: usize = blocks.iter().map(|b| b.width).sum();
        let columns = out.len().checked_div(rows).unwrap_or(0);
        let mut products = [0.0; WIDE * ROWS];
        for (i, column) in (0..columns).step_by(ROWS).enumerate() {
            let at = first + i;
            let weights = &self.weights[at * self.tile()..][..self.tile()];
            let scales = &self.scales[at * self.groups * SCALES..][..self.groups * SCALES];
            let factors = &self.factors[at * ROWS..][..ROWS];
            let mut places = out.chunks_exact_mut(columns);
            for block in blocks {
                let products = &mut products[..block.width * ROWS];
                path.tile(weights, scales, block, products);
                for (product, place) in products.chunks_exact(ROWS).zip(&mut places) {
                    let place = &mut place[column..][..ROWS];
                    for ((o, p), f) in place.iter_mut().zip(product).zip(factors) {
                        *o = p * f;
                    }
                }
            }
        }
    }
}

/// Quantises row `r` of a tile; returns f.
fn quantise_row(row: &[f32], r: usize, weights: &mut [u8], scales: &mut [u16]) -> f32 {
    let largest = row.iter().fold(0.0_f32, |m, w| m.max(w.abs()));
    // Half precision reaches from 2⁻²⁴ to 2¹⁶; the largest weight is put below 2¹⁴.
    let exponent = (largest.log2().floor() as i32)
        .saturating_sub(13)
        .clamp(-120, 114);
    let factor = 2.0_f32.powi(exponent);
    let cells = weights
        .chunks_exact_mut(CELL)
        .zip(scales.chunks_exact_mut(SCALES));
    for (group, (cell, scales)) in row.chunks(GROUP).zip(cells) {
        let least = group.iter().fold(f32::INFINITY, |m, w| m.min(*w)) / factor;
        let most = group.iter().fold(f32::NEG_INFINITY, |m, w| m.max(*w)) / factor;
        let step = f16::from_f32((most - least) / 255.0);
        let (step, low) = (step.max(f16::from_bits(LEAST)), f16::from_f32(least));
        (scales[r], scales[ROWS + r]) = (step.to_bits(), low.to_bits());
        let (step, low) = (step.to_f32(), low.to_f32());
        let inverse = 1.0 / step;
        for (i, w) in group.iter().enumerate() {
            cell[(i / QUAD * ROWS + r) * QUAD + i % QUAD] =
                ((w / factor - low) * inverse).round() as u8;
        }
    }
    factor
}

/// y = W x of several matrices of as many columns and the same rows x `[rows, inputs]`, in one go.
pub fn linear_all(matrices: &[&Matrix], x: &[f32]) -> Vec<Vec<f32>> {
    linear_all_by(Path::best(), matrices, x)
}

fn linear_all_by(path: Path, matrices: &[&Matrix], x: &[f32]) -> Vec<Vec<f32>> {
    let inputs = matrices.first().map_or(0, |m| m.inputs);
    let rows = x.len().checked_div(inputs).unwrap_or(0);
    if rows == 0 {
        return vec![Vec::new(); matrices.len()];
    }
    let blocks = Block::all(path, x, inputs);
    // Parts first, so that threads write what lies together.
    let empty = |m: &&Matrix| vec![0.0; m.outputs.next_multiple_of(ROWS) * rows];
    let mut turned: Vec<Vec<f32>> = matrices.iter().map(empty).collect();
    let mut jobs = Vec::new();
    for (matrix, out) in matrices.iter().copied().zip(&mut turned) {
        let tiles = matrix.part();
        let parts = out.chunks_mut(tiles * ROWS * rows).enumerate();
        jobs.extend(parts.map(|(i, out)| (matrix, i * tiles, out)));
    }
    let run = |(matrix, first, out): (&Matrix, usize, &mut [f32])| {
        matrix.tiles(path, first, &blocks, out);
    };
    let bytes: usize = matrices.iter().map(|m| m.weights.len()).sum();
    if bytes * rows.min(WIDE) < SERIAL {
        jobs.into_iter().for_each(run);
    } else {
        jobs.into_par_iter().for_each(run);
    }
    let turned = turned.into_iter().zip(matrices);
    turned.map(|(t, m)| untile(t, rows, m)).collect()
}

/// One row of parts `[rows, columns]` that lie side by side → `[outputs]`, without what the last tile has too many.
fn take_row<'a>(parts: impl Iterator<Item = &'a [f32]>, rows: usize, row: usize, y: &mut [f32]) {
    let mut rest = y;
    for part in parts {
        let columns = part.len() / rows;
        let here = columns.min(rest.len());
        let (y, after) = rest.split_at_mut(here);
        y.copy_from_slice(&part[row * columns..][..here]);
        rest = after;
    }
}

/// Parts `[rows, columns]` → `[rows, outputs]`.
fn untile(mut turned: Vec<f32>, rows: usize, matrix: &Matrix) -> Vec<f32> {
    let outputs = matrix.outputs;
    if rows == 1 {
        turned.truncate(outputs);
        return turned;
    }
    let mut y = vec![0.0; rows * outputs];
    let one = |(row, y): (usize, &mut [f32])| {
        take_row(turned.chunks(matrix.part() * ROWS * rows), rows, row, y);
    };
    if y.len() < SERIAL {
        y.chunks_exact_mut(outputs).enumerate().for_each(one);
    } else {
        y.par_chunks_exact_mut(outputs).enumerate().for_each(one);
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(outputs: usize, inputs: usize, rows: usize) -> (Vec<f32>, Vec<f32>) {
        let weight = (0..outputs * inputs)
            .map(|i| (i as f32 * 0.613).sin() * 0.3)
            .collect();
        let x = (0..rows * inputs)
            .map(|i| (i as f32 * 0.271).cos() * 4.0 - 1.0)
            .collect();
        (weight, x)
    }

    /// w·x in f64 of every pair of rows.
    fn exact(weight: &[f32], x: &[f32], inputs: usize) -> Vec<f64> {
        let product = |(a, b): (&f32, &f32)| f64::from(*a) * f64::from(*b);
        x.chunks_exact(inputs)
            .flat_map(|x| {
                weight
                    .chunks_exact(inputs)
                    .map(move |w| w.iter().zip(x).map(product).sum::<f64>())
            })
            .collect()
    }

    #[test]
    fn every_path_gives_the_same_bits() {
        for (outputs, inputs, rows) in [(5, 64, 1), (37, 100, 3), (259, 576, 9), (64, 1536, 8)] {
            let (weight, x) = example(outputs, inputs, rows);
            let matrix = Matrix::quantise(&weight, outputs, inputs);
            let expected = matrix.linear_by(Path::Scalar, &x);
            for path in Path::available() {
                assert_eq!(
                    matrix.linear_by(path, &x),
                    expected,
                    "{path:?} {outputs}x{inputs}"
                );
            }
            // And a row alone, or beside another matrix, gives what it gives in a batch.
            let last = &x[(rows - 1) * inputs..];
            assert_eq!(matrix.linear(last), expected[(rows - 1) * outputs..]);
            let other = Matrix::quantise(&weight[..inputs], 1, inputs);
            let both = linear_all(&[&other, &matrix], last);
            assert_eq!(both[0], expected[(rows - 1) * outputs..][..1]);
            assert_eq!(both[1], expected[(rows - 1) * outputs..]);
        }
    }

    #[test]
    fn products_are_close_to_exact_ones() {
        let (outputs, inputs, rows) = (37, 100, 3);
        let (weight, x) = example(outputs, inputs, rows);
        let y = Matrix::quantise(&weight, outputs, inputs).linear(&x);
        for (y, exact) in y.iter().zip(exact(&weight, &x, inputs)) {
            // A weight is off by about half a step of 0.6 / 255 at most, and 100 products have activations up to 5.
            assert!((f64::from(*y) - exact).abs() < 0.15, "{y} for {exact}");
        }
    }

    #[test]
    fn extremes_do_not_saturate() {
        let inputs = 4096;
        let mut weight = vec![-1.0; inputs];
        weight.extend((0..inputs).map(|i| if i % GROUP == 0 { -1.0 } else { 1.0 }));
        let matrix = Matrix::quantise(&weight, 2, inputs);
        let x = [vec![3.0; inputs], vec![-3.0e-20; inputs]].concat();
        for path in Path::available() {
            let y = matrix.linear_by(path, &x);
            for (y, exact) in y.iter().zip(exact(&weight, &x, inputs)) {
                let error = (f64::from(*y) - exact).abs();
                assert!(error < 1e-4 * exact.abs(), "{path:?}: {y} for {exact}");
            }
        }
    }

    #[test]
    fn a_row_with_what_is_no_number_has_none_in_its_products() {
        let (weight, x) = example(37, 100, 2);
        let matrix = Matrix::quantise(&weight, 37, 100);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1e37] {
            let mut x = x.clone();
            x[41] = bad;
            for path in Path::available() {
                let y = matrix.linear_by(path, &x);
                assert!(y[..37].iter().all(|y| y.is_nan()), "{path:?}, {bad}");
                assert_eq!(y[37..], matrix.linear_by(path, &x[100..]), "{path:?}");
            }
        }
    }

    #[test]
    fn an_outlier_costs_the_others_little() {
        let (mut weight, mut x) = example(64, 512, 1);
        x[7] = 2000.0;
        weight
            .iter_mut()
            .skip(7)
            .step_by(512)
            .for_each(|w| *w = -0.5); // the group's least, which is kept exactly
        let y = Matrix::quantise(&weight, 64, 512).linear(&x);
        let mut worst = 0.0_f64;
        for (y, exact) in y.iter().zip(exact(&weight, &x, 512)) {
            worst = worst.max((f64::from(*y) - exact).abs());
        }
        assert!(worst < 0.6, "{worst}");
    }

    #[test]
    fn weights_of_four_bits_in_blocks_are_kept() {
        // As a GGUF block of type Q4_1 has them: w = d q + m with d and m in half precision.
        let half = |x: f32| f16::from_f32(x).to_f32();
        let weight: Vec<f32> = (0..16 * 64)
            .map(|i| {
                let block = (i / GROUP) as f32;
                let (d, m) = (half(0.013 + 0.0007 * block), half(-0.1 - 0.003 * block));
                d * (i % GROUP * 7 % 16) as f32 + m
            })
            .collect();
        let x: Vec<f32> = (0..64 * 64)
            .map(|i| if i / 64 == i % 64 { 1.0 } else { 0.0 })
            .collect();
        let y = Matrix::quantise(&weight, 16, 64).linear(&x);
        for (c, row) in y.chunks_exact(16).enumerate() {
            for (r, y) in row.iter().enumerate() {
                let w = weight[r * 64 + c];
                // Any weight of such a range could be off by 1e-3.
                assert!((y - w).abs() < 4e-4, "{y} for {w}");
            }
        }
    }
}
