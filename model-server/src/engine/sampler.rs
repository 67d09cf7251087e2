//! Choosing the next token.
//!
//! Each draw has a generator of its own, seeded by the request's seed, the sample's index and the position: nothing else
//! in a batch, and no earlier draw, can change it. Log-probabilities are those of the model, before temperature and top-p.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::error::ModelError;
use crate::kernels::vector::{self, LANES, simd};
use crate::real::Real;

/// How tokens are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0: always the likeliest token.
    pub temperature: f64,
    /// Draws among the likeliest tokens whose probabilities first reach this sum.
    pub top_p: f64,
    /// Seed of the draws.
    pub seed: u64,
}

impl Sampling {
    /// The likeliest token every time.
    pub const GREEDY: Self = Self {
        temperature: 0.0,
        top_p: 1.0,
        seed: 0,
    };

    /// Checks the ranges.
    ///
    /// # Errors
    /// A temperature outside 0..=100 or a `top_p` outside 0..=1 (0 excluded).
    pub fn check(&self) -> Result<(), ModelError> {
        if !(0.0..=100.0).contains(&self.temperature) {
            return Err(ModelError::Request(
                "temperature must be from 0 to 100".into(),
            ));
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Err(ModelError::Request(
                "top_p must be above 0 and at most 1".into(),
            ));
        }
        Ok(())
    }

    /// The token at `position` of sample `sample`, and its log-probability under the model. The first of equals wins.
    pub fn choose(&self, logits: &[f32], sample: u64, position: u64) -> (u32, f64) {
        let normaliser = log_sum_exp(logits);
        let token = if self.temperature == 0.0 {
            likeliest(logits)
        } else {
            self.draw(logits, sample, position)
        };
        (token as u32, f64::from(logits[token]) - normaliser)
    }

    fn draw(&self, logits: &[f32], sample: u64, position: u64) -> usize {
        let max = largest(logits);
        let inverse = (1.0 / self.temperature).min(f64::from(f32::MAX)) as f32;
        let mut exps = vec![0.0_f32; logits.len()];
        simd!((exps: &mut [f32] = &mut exps, logits: &[f32], max: f32, inverse: f32) {
            for (e, x) in exps.iter_mut().zip(logits) {
                *e = Real::exp((*x - max) * inverse);
            }
        });
        let mut weights: Vec<(usize, f64)> =
            exps.iter().map(|e| f64::from(*e)).enumerate().collect();
        if self.top_p < 1.0 {
            let total: f64 = weights.iter().map(|(_, w)| w).sum();
            // All that are lighter than this together weigh less than what is to be cut off.
            let least = (1.0 - self.top_p) * total / weights.len() as f64;
            weights.retain(|(_, w)| *w >= least);
            weights.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let mut sum = 0.0;
            let kept = weights.iter().position(|(_, w)| {
                sum += w;
                sum >= self.top_p * total
            });
            weights.truncate(kept.map_or(weights.len(), |k| k + 1));
        }
        let mut seed = [0; 32];
        for (part, number) in seed.chunks_exact_mut(8).zip([self.seed, sample, position]) {
            part.copy_from_slice(&number.to_le_bytes());
        }
        let uniform = (ChaCha8Rng::from_seed(seed).next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let mut left = uniform * weights.iter().map(|(_, w)| w).sum::<f64>();
        for (token, weight) in &weights {
            left -= weight;
            if left < 0.0 {
                return *token;
            }
        }
        weights
            .iter()
            .rev()
            .find(|(_, w)| *w > 0.0)
            .map_or(0, |(t, _)| *t)
    }
}

/// ln Σ e^x.
pub fn log_sum_exp(logits: &[f32]) -> f64 {
    let max = largest(logits);
    let sum = simd!((logits: &[f32], max: f32) -> f64 {
        let mut lanes = [0.0_f64; LANES];
        let mut chunks = logits.chunks_exact(LANES);
        for chunk in &mut chunks {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *lane += f64::from(Real::exp(*x - max));
            }
        }
        for (lane, x) in lanes.iter_mut().zip(chunks.remainder()) {
            *lane += f64::from(Real::exp(*x - max));
        }
        lanes.iter().sum()
    });
    f64::from(max) + sum.ln()
}

fn largest(logits: &[f32]) -> f32 {
    simd!((logits: &[f32]) -> f32 {
        vector::largest(logits, f32::NEG_INFINITY)
    })
}

/// The `n` likeliest tokens with their log-probabilities, best first; the first of equals.
pub fn top(logits: &[f32], n: usize) -> Vec<(u32, f64)> {
    if n == 0 {
        return Vec::new();
    }
    let normaliser = log_sum_exp(logits);
    let better = |a: &u32, b: &u32| {
        let (x, y) = (logits[*a as usize], logits[*b as usize]);
        y.total_cmp(&x).then(a.cmp(b))
    };
    let mut tokens: Vec<u32> = (0..logits.len() as u32).collect();
    if n < tokens.len() {
        tokens.select_nth_unstable_by(n - 1, better);
        tokens.truncate(n);
    }
    tokens.sort_by(better);
    let scored = |t: u32| (t, f64::from(logits[t as usize]) - normaliser);
    tokens.into_iter().map(scored).collect()
}

/// The token of the largest logit; the first of equals.
pub fn likeliest(logits: &[f32]) -> usize {
    let mut best = 0;
    for (i, x) in logits.iter().enumerate() {
        if *x > logits[best] {
            best = i;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_the_tempered_distribution() {
        let logits = [0.0_f32, 1.0, 2.0];
        let sampling = Sampling {
            temperature: 0.5,
            top_p: 1.0,
            seed: 3,
        };
        let mut counts = [0.0; 3];
        for position in 0..20_000 {
            counts[sampling.choose(&logits, 0, position).0 as usize] += 1.0 / 20_000.0;
        }
        let total: f64 = (0..3).map(|i| f64::from(2 * i).exp()).sum();
        for (i, count) in (0..3).zip(counts) {
            let expected = f64::from(2 * i).exp() / total;
            assert!(
                (count - expected).abs() < 0.01,
                "{i}: {count} against {expected}"
            );
        }
    }

    #[test]
    fn top_p_cuts_the_tail_and_log_probabilities_are_untempered() {
        let logits = [3.0_f32, 2.9, -5.0];
        let sampling = Sampling {
            temperature: 5.0,
            top_p: 0.6,
            seed: 1,
        };
        for position in 0..200 {
            let (token, logprob) = sampling.choose(&logits, 0, position);
            assert!(token < 2);
            let expected = f64::from(logits[token as usize]) - log_sum_exp(&logits);
            assert!((logprob - expected).abs() < 1e-12);
        }
        assert!(
            Sampling {
                top_p: 0.0,
                ..sampling
            }
            .check()
            .is_err()
        );
        assert!(
            Sampling {
                temperature: f64::NAN,
                ..sampling
            }
            .check()
            .is_err()
        );
    }
}
