//! 8-bit weights with dynamic activations of two 8-bit digits.
//!
//! A weight row w is stored as i8 with one scale: w ≈ a·W, W in -127..=127. An activation row x becomes X around 2¹⁵:
//! x ≈ b·(X - 2¹⁵), X in 1..=65535, written as digits of eight bits, X = 2⁸ H + L. Then w·x ≈ a b (2⁸ Σ W H + Σ W L - 2¹⁵ Σ W),
//! and the sums are exact integers: AVX-512 VNNI, AVX2 and scalar code give equal results, and a row's result does not
//! depend on its batch. With one digit, the outliers among a language model's activations cost the others their precision
//! (docs/benchmarks.md).

mod avx2;
mod avx512;
mod scalar;

use rayon::prelude::*;

/// Columns are padded with zeros to a multiple of this.
pub const PAD: usize = 64;

/// Which code computes the integer products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// AVX-512 VNNI: 64 products an instruction.
    Avx512Vnni,
    /// AVX2, by widening to 16 bits so that nothing saturates.
    Avx2,
    /// Plain loops.
    Scalar,
}

impl Path {
    /// The paths that this machine can run, fastest first.
    pub fn available() -> Vec<Path> {
        let mut paths = Vec::new();
        if avx512::available() {
            paths.push(Path::Avx512Vnni);
        }
        if avx2::available() {
            paths.push(Path::Avx2);
        }
        paths.push(Path::Scalar);
        paths
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
    padded: usize,
    data: Vec<i8>,
    scales: Vec<f32>,
    /// 2¹⁵ ΣW of each row.
    offsets: Vec<i64>,
}

impl Matrix {
    /// Quantises a row-major matrix, each row by its largest absolute value.
    pub fn quantise(weight: &[f32], outputs: usize, inputs: usize) -> Self {
        let padded = inputs.next_multiple_of(PAD);
        let mut data = vec![0_i8; outputs * padded];
        let (mut scales, mut offsets) = (Vec::with_capacity(outputs), Vec::with_capacity(outputs));
        for (row, out) in weight
            .chunks_exact(inputs)
            .zip(data.chunks_exact_mut(padded))
        {
            let largest = row.iter().fold(0.0_f32, |m, w| m.max(w.abs()));
            let scale = largest / 127.0;
            let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            let mut sum = 0_i64;
            for (o, w) in out.iter_mut().zip(row) {
                *o = (w * inverse).round() as i8;
                sum += i64::from(*o);
            }
            scales.push(scale);
            offsets.push(MIDDLE * sum);
        }
        Self {
            outputs,
            inputs,
            padded,
            data,
            scales,
            offsets,
        }
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
        self.data.len() + 4 * self.scales.len() + 8 * self.offsets.len()
    }

    /// x `[rows, inputs]` → `[rows, outputs]`, by the fastest path.
    pub fn linear(&self, x: &[f32]) -> Vec<f32> {
        self.linear_by(Path::best(), x)
    }

    /// The same by a given path; one that the machine lacks falls back to scalar code.
    pub fn linear_by(&self, path: Path, x: &[f32]) -> Vec<f32> {
        let rows = x.len().checked_div(self.inputs).unwrap_or(0);
        let mut y = vec![0.0; rows * self.outputs];
        if y.is_empty() {
            return y;
        }
        let activations = Activations::quantise(x, self.inputs, self.padded);
        let mut turned = vec![0_i32; self.outputs * DIGITS * rows];
        let run = |(w, out): (&[i8], &mut [i32])| {
            dots(path, w, &activations.data, self.padded, out);
        };
        if self.data.len() < 1 << 17 {
            run((&self.data, &mut turned));
        } else {
            let block = self.outputs.div_ceil(64).next_multiple_of(4);
            self.data
                .par_chunks(block * self.padded)
                .zip(turned.par_chunks_mut(block * DIGITS * rows))
                .for_each(run);
        }
        for (b, y) in y.chunks_exact_mut(self.outputs).enumerate() {
            let scale = activations.scales[b];
            for (o, y) in y.iter_mut().enumerate() {
                let at = DIGITS * (o * rows + b);
                let (high, low) = (i64::from(turned[at]), i64::from(turned[at + 1]));
                let sum = (high << 8) + low - self.offsets[o];
                *y = sum as f32 * (self.scales[o] * scale);
            }
        }
        y
    }
}

/// Digits of an activation, and what stands for 0.
const DIGITS: usize = 2;
const MIDDLE: i64 = 1 << 15;

/// Rows of activations: of each, the high digits and then the low ones.
struct Activations {
    data: Vec<u8>,
    scales: Vec<f32>,
}

impl Activations {
    fn quantise(x: &[f32], inputs: usize, padded: usize) -> Self {
        let rows = x.len() / inputs;
        // What is behind a row's end meets weights of 0.
        let mut data = vec![0_u8; DIGITS * rows * padded];
        let mut scales = Vec::with_capacity(rows);
        let both = data.chunks_exact_mut(DIGITS * padded);
        for (row, both) in x.chunks_exact(inputs).zip(both) {
            let largest = row.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
            let inverse = if largest > 0.0 {
                32_767.0 / largest
            } else {
                0.0
            };
            scales.push(largest / 32_767.0);
            let (high, low) = both.split_at_mut(padded);
            for ((high, low), x) in high.iter_mut().zip(low).zip(row) {
                let digits = ((x * inverse).round() + MIDDLE as f32) as u16;
                [*high, *low] = digits.to_be_bytes();
            }
        }
        Self { data, scales }
    }
}

/// out[o * rows + b] = Σ_i w[o, i] x[b, i] for rows of `padded` columns; a row's digits are two of them.
fn dots(path: Path, w: &[i8], x: &[u8], padded: usize, out: &mut [i32]) {
    match path {
        Path::Avx512Vnni if avx512::dots(w, x, padded, out) => {}
        Path::Avx2 if avx2::dots(w, x, padded, out) => {}
        _ => scalar::dots(w, x, padded, out),
    }
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
            // And a row alone gives what it gives in a batch.
            let last = matrix.linear(&x[(rows - 1) * inputs..]);
            assert_eq!(last, expected[(rows - 1) * outputs..]);
        }
    }

    #[test]
    fn extremes_do_not_saturate() {
        let inputs = 4096;
        let matrix = Matrix::quantise(&vec![-1.0; inputs], 1, inputs);
        let x = vec![3.0; inputs];
        for path in Path::available() {
            let y = matrix.linear_by(path, &x)[0];
            assert!((y + 3.0 * inputs as f32).abs() < 0.5, "{path:?}: {y}");
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
            .for_each(|w| *w = 0.0);
        let y = Matrix::quantise(&weight, 64, 512).linear(&x);
        for (row, y) in weight.chunks_exact(512).zip(&y) {
            let exact = super::super::vector::dot(&x, row);
            // One digit would be off by up to 2000 / 254 · Σ|w| here.
            assert!((y - exact).abs() < 1.0, "{y} against {exact}");
        }
    }

    #[test]
    fn close_to_the_exact_product() {
        let (weight, x) = example(64, 512, 2);
        let y = Matrix::quantise(&weight, 64, 512).linear(&x);
        for (i, y) in y.iter().enumerate() {
            let (b, o) = (i / 64, i % 64);
            let exact = super::super::vector::dot(&x[b * 512..][..512], &weight[o * 512..][..512]);
            let bound: f32 = x[b * 512..][..512].iter().map(|x| x.abs()).sum::<f32>() * 0.3 * 0.02;
            assert!((y - exact).abs() < bound, "{y} against {exact}");
        }
    }
}
