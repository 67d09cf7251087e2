//! Draws from a seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

/// A source of draws, a function of seed, family and index.
pub struct Draw(ChaCha8Rng);

/// What the names of definitions are made of.
const STARTS: &[&str] = &[
    "b", "br", "d", "dr", "f", "fl", "g", "gr", "j", "k", "kl", "l", "m", "n", "p", "pl", "r", "s",
    "sk", "t", "tr", "v", "w", "z",
];
const MIDDLES: &[&str] = &["a", "e", "i", "o", "u", "ai", "oo", "ea"];
const ENDS: &[&str] = &[
    "b", "ck", "d", "ft", "g", "l", "lt", "m", "mp", "n", "nk", "p", "r", "rd", "sh", "st", "t",
    "x", "zz",
];

impl Draw {
    pub fn new(seed: u64, family: &str, index: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update(index.to_le_bytes());
        hash.update(family);
        Self(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// From `low` to `high`, both included.
    pub fn number(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low) + 1;
        low + (self.0.next_u64() % span) as i64
    }

    /// One in `n`.
    pub fn one_in(&mut self, n: i64) -> bool {
        self.number(1, n) == 1
    }

    /// One of some.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.number(0, from.len() as i64 - 1) as usize]
    }

    /// `n` different ones of some, in an order of chance.
    pub fn several<T: Copy>(&mut self, from: &[T], n: usize) -> Vec<T> {
        let mut rest = from.to_vec();
        (0..n.min(from.len()))
            .map(|_| rest.swap_remove(self.number(0, rest.len() as i64 - 1) as usize))
            .collect()
    }

    /// Different variables for numbers.
    pub fn variables<const N: usize>(&mut self) -> [&'static str; N] {
        let sets: [&[&str]; 4] = [
            &["a", "b", "c", "d"],
            &["x", "y", "z", "w"],
            &["m", "n", "k", "l"],
            &["i", "j", "s", "t"],
        ];
        let set = self.pick(&sets);
        std::array::from_fn(|i| set[i % set.len()])
    }

    /// Different names for definitions: made-up words, so that no model can know them by heart.
    pub fn words<const N: usize>(&mut self) -> [String; N] {
        let mut made: Vec<String> = Vec::new();
        while made.len() < N {
            let mut word = String::new();
            for _ in 0..self.number(1, 2) {
                word.push_str(self.pick(STARTS));
                word.push_str(self.pick(MIDDLES));
            }
            word.push_str(self.pick(ENDS));
            if word.len() > 3 && !made.contains(&word) {
                made.push(word);
            }
        }
        std::array::from_fn(|i| made[i].clone())
    }
}
