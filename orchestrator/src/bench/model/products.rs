//! The rate at which this process computes 8-bit products whose weights are in a cache, as a limit for decoding.

use lakatos_model_server::kernels::int8::Matrix;

use super::{median, seconds};

/// Rows and columns of a matrix that a second cache holds: of few columns, so that most of the time goes into products.
const SIZE: [usize; 2] = [2048, 256];

/// Bytes of weights a second, in GB/s, that all threads together multiply by `batch` rows each.
pub fn rate(batch: usize) -> f64 {
    let [outputs, inputs] = SIZE;
    let numbers = |count: usize| -> Vec<f32> { (0..count).map(|i| (i as f32).sin()).collect() };
    let x = numbers(batch * inputs);
    let rates = rayon::broadcast(|_| {
        let matrix = Matrix::quantise(&numbers(outputs * inputs), outputs, inputs);
        let product = || seconds(|| std::hint::black_box(matrix.linear(&x))).0;
        let times: Vec<f64> = (0..200).map(|_| product()).collect();
        matrix.bytes() as f64 / median(&times) / 1e9
    });
    rates.iter().sum()
}
