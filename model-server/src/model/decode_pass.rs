//! One token of each of many sequences.

use std::sync::{Mutex, PoisonError, TryLockError};

use rayon::prelude::*;

use super::{Model, in_pool};
use crate::error::ModelError;
use crate::kernels::int8::Team;
use crate::layers::{Ctx, Mode, Segments};
use crate::real::Real;
use crate::state::State;

/// Sequences that a thread wants before it takes some through all layers by itself: as many as the kernels want at once.
const ENOUGH: usize = 4;
/// Bytes of 8-bit weights from which threads gain by reading them together.
const LARGE: usize = 1 << 22;
/// The most steps without a team after one that had to end.
const REST: u32 = 64;

/// Whoever has a team holds it: the members of two would wait for each other's threads.
static TEAM: Mutex<Rest> = Mutex::new(Rest { left: 0, last: 0 });

/// Steps without a team: one after a team that had to end, since what kept a member (the first touch of new states, another process
/// for a moment) may be over, and twice as many each time that the next one had to end as well.
struct Rest {
    left: u32,
    last: u32,
}

impl Rest {
    /// Whether a team is to be left out.
    fn take(&mut self) -> bool {
        let rests = self.left > 0;
        self.left -= u32::from(rests);
        rests
    }

    /// A team has done its work, to the end or not.
    fn after(&mut self, is_over: bool) {
        self.last = if is_over {
            (2 * self.last).clamp(1, REST)
        } else {
            0
        };
        self.left = self.last;
    }
}

impl<T: Real> Model<T> {
    /// Reads one token of each of several sequences; returns their logits, `[sequences, vocab_size]`. A sequence's logits are
    /// bitwise the same whatever the others are.
    ///
    /// # Errors
    /// A token outside the vocabulary, a state of other weights, or not as many tokens as states.
    pub fn decode(
        &self,
        states: &mut [&mut State<T>],
        tokens: &[u32],
    ) -> Result<Vec<T>, ModelError> {
        if states.len() != tokens.len() {
            let message = format!("{} tokens for {} states", tokens.len(), states.len());
            return Err(ModelError::Request(message));
        }
        self.check_tokens(tokens)?;
        if states.iter().any(|s| s.weights != self.weights) {
            return Err(ModelError::ForeignState);
        }
        if tokens.is_empty() {
            return Ok(Vec::new());
        }
        let logits = match self.decode_as_team(states, tokens) {
            Some(logits) => logits,
            None => in_pool(|| self.decode_apart(states, tokens)),
        };
        for state in states.iter_mut() {
            state.position += 1;
        }
        Ok(logits)
    }

    /// Every thread takes its sequences through all layers, and all of them compute each product with 8-bit weights together.
    /// Nothing where that does not pay or is not possible now.
    fn decode_as_team(&self, states: &mut [&mut State<T>], tokens: &[u32]) -> Option<Vec<T>> {
        let threads = rayon::current_num_threads();
        if threads < 2 || tokens.len() < threads || self.quantised_bytes() < LARGE {
            return None;
        }
        let mut rest = match TEAM.try_lock() {
            Ok(rest) => rest,
            Err(TryLockError::Poisoned(rest)) => rest.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        if rest.take() {
            return None;
        }
        let rows = tokens.len().div_ceil(threads);
        let parts: Vec<_> = states
            .chunks_mut(rows)
            .zip(tokens.chunks(rows))
            .map(Mutex::new)
            .collect();
        let team = Team::new(parts.len());
        let logits = rayon::broadcast(|thread| {
            let part = parts.get(thread.index())?;
            let (states, tokens) = &mut *part.lock().unwrap_or_else(PoisonError::into_inner);
            let member = team.member(thread.index());
            let ctx = Ctx {
                member: Some(&member),
                ..self.ctx(Mode::Decode)
            };
            Some(self.step(&ctx, states, tokens))
        });
        rest.after(team.is_over());
        let logits: Vec<Vec<T>> = logits.into_iter().flatten().collect();
        Some(logits.concat())
    }

    /// Where every thread has enough sequences, each takes its own through all layers: they need not wait for each other at every
    /// matrix, and what one of them read may still be in the cache when the others come to it. Else all of them work on one part.
    fn decode_apart(&self, states: &mut [&mut State<T>], tokens: &[u32]) -> Vec<T> {
        let ctx = self.ctx(Mode::Decode);
        let threads = rayon::current_num_threads();
        if tokens.len() < ENOUGH * threads {
            return self.step(&ctx, states, tokens);
        }
        let rows = tokens.len().div_ceil(threads).next_multiple_of(ENOUGH);
        let parts = states.par_chunks_mut(rows).zip(tokens.par_chunks(rows));
        let logits: Vec<Vec<T>> = parts.map(|(s, t)| self.step(&ctx, s, t)).collect();
        logits.concat()
    }

    fn step(&self, ctx: &Ctx<'_, T>, states: &mut [&mut State<T>], tokens: &[u32]) -> Vec<T> {
        let segments = Segments::new(states.iter().map(|s| (1, s.position)));
        let hidden = self.layers(ctx, self.embed(tokens), &segments, states);
        self.logits(ctx, &hidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModelConfig;

    #[test]
    fn a_team_rests_longer_only_while_it_fails() {
        let mut rest = Rest { left: 0, last: 0 };
        let mut rests = |is_over| {
            rest.after(is_over);
            std::iter::from_fn(|| rest.take().then_some(())).count()
        };
        let found: Vec<usize> = (0..9).map(|_| rests(true)).collect();
        assert_eq!(found, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
        assert_eq!([rests(false), rests(true), rests(true)], [0, 1, 2]);
    }

    #[test]
    fn threads_of_a_team_give_the_bits_that_they_give_apart() {
        let config = ModelConfig::parse(
            r#"{"model_type": "mom", "hidden_size": 256, "intermediate_size": 3000, "vocab_size": 23, "num_hidden_layers": 2,
                "num_heads": 2, "head_dim": 128, "num_memories": 4, "topk": 2, "shared_mem": true}"#,
        );
        let mut model: Model = Model::random(config.unwrap(), 3);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build();
        let pool = pool.unwrap();
        for quantised in [false, true] {
            if quantised {
                model.quantise();
            }
            for count in [1, 2, 5, 9] {
                let tokens: Vec<u32> = (0..count).collect();
                let new = || -> Vec<State> { tokens.iter().map(|_| model.new_state()).collect() };
                let (mut apart, mut team) = (new(), new());
                let expected =
                    model.decode_apart(&mut apart.iter_mut().collect::<Vec<_>>(), &tokens);
                let mut all: Vec<&mut State> = team.iter_mut().collect();
                let mut try_once = || pool.install(|| model.decode_as_team(&mut all, &tokens));
                // Other tests may have a team, or a busy machine may have ended one: that is over after so many steps at most.
                let tries = if quantised && count > 1 {
                    100 * REST
                } else {
                    1
                };
                let found = (0..tries).find_map(|_| try_once());
                assert_eq!(found.is_some(), tries > 1, "{count}, {quantised}");
                if let Some(found) = found {
                    assert_eq!(found, expected);
                    assert!(team.iter().zip(&apart).all(|(a, b)| a.same_numbers(b)));
                }
            }
        }
    }
}
