//! The rate at which this process reads memory, as a limit for decoding.

use rayon::prelude::*;

use super::seconds;

/// GB/s of the fastest of several passes over memory that no cache holds, by all threads.
pub fn read() -> f64 {
    let numbers = vec![1_u64; 1 << 26];
    let pass = || -> u64 {
        numbers
            .par_chunks(1 << 16)
            .map(|part| part.iter().fold(0_u64, |sum, x| sum.wrapping_add(*x)))
            .reduce(|| 0, u64::wrapping_add)
    };
    let mut best = f64::INFINITY;
    for _ in 0..8 {
        let (time, sum) = seconds(pass);
        std::hint::black_box(sum);
        best = best.min(time);
    }
    (numbers.len() * 8) as f64 / best / 1e9
}
