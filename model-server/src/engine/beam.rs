//! Beam search: the `width` likeliest continuations, all returned, ranked by log-probability over length^penalty.

use super::sampler::log_sum_exp;
use crate::error::ModelError;
use crate::model::Model;
use crate::state::State;

/// Settings of a beam search.
#[derive(Clone, Debug, PartialEq)]
pub struct BeamOptions {
    /// Continuations kept.
    pub width: usize,
    /// Exponent of the length in the rank: 0 ranks by probability alone, 1 by the mean log-probability.
    pub length_penalty: f64,
    /// Most tokens of a continuation.
    pub max_tokens: usize,
    /// Tokens that end one; they are part of it.
    pub ends: Vec<u32>,
}

/// One continuation.
#[derive(Clone, Debug, PartialEq)]
pub struct Beam {
    /// Its tokens, the ending one included.
    pub tokens: Vec<u32>,
    /// Sum of its tokens' log-probabilities.
    pub logprob: f64,
    /// Whether it ended by itself.
    pub ended: bool,
}

impl Beam {
    /// What beams are ranked by.
    pub fn score(&self, length_penalty: f64) -> f64 {
        self.logprob / (self.tokens.len().max(1) as f64).powf(length_penalty)
    }
}

/// Continues from `state`, whose next-token logits are `logits`; best first.
///
/// # Errors
/// A width of 0, or what [`Model::decode`] says.
pub fn beam_search(
    model: &Model,
    state: &State,
    logits: &[f32],
    options: &BeamOptions,
) -> Result<Vec<Beam>, ModelError> {
    if options.width == 0 {
        return Err(ModelError::Request(
            "a beam search needs a width of at least 1".into(),
        ));
    }
    let empty = Beam {
        tokens: Vec::new(),
        logprob: 0.0,
        ended: false,
    };
    let mut alive = vec![(empty, state.clone(), logits.to_vec())];
    let mut done: Vec<Beam> = Vec::new();
    for _ in 0..options.max_tokens {
        let mut next: Vec<(f64, usize, u32)> = Vec::new();
        for (b, (beam, _, logits)) in alive.iter().enumerate() {
            let normaliser = log_sum_exp(logits);
            let mut best: Vec<(f64, usize, u32)> = logits
                .iter()
                .enumerate()
                .map(|(t, x)| (beam.logprob + f64::from(*x) - normaliser, b, t as u32))
                .collect();
            best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
            best.truncate(options.width);
            next.extend(best);
        }
        next.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        next.truncate(options.width);
        let mut grown = Vec::new();
        for (logprob, from, token) in next {
            let (beam, state, _) = &alive[from];
            let mut tokens = beam.tokens.clone();
            tokens.push(token);
            let ended = options.ends.contains(&token);
            let beam = Beam {
                tokens,
                logprob,
                ended,
            };
            if ended {
                done.push(beam);
            } else {
                grown.push((beam, state.clone()));
            }
        }
        if grown.is_empty() {
            alive.clear();
            break;
        }
        let last: Vec<u32> = grown
            .iter()
            .filter_map(|(b, _)| b.tokens.last().copied())
            .collect();
        let mut states: Vec<&mut State> = grown.iter_mut().map(|(_, s)| s).collect();
        let logits = model.decode(&mut states, &last)?;
        let rows = logits
            .chunks_exact(model.config().vocab_size)
            .map(<[f32]>::to_vec);
        alive = grown
            .into_iter()
            .zip(rows)
            .map(|((beam, state), logits)| (beam, state, logits))
            .collect();
        if done.len() >= options.width {
            break;
        }
    }
    done.extend(
        alive
            .into_iter()
            .map(|(beam, ..)| beam)
            .filter(|b| !b.tokens.is_empty()),
    );
    let score = |beam: &Beam| beam.score(options.length_penalty);
    done.sort_by(|a, b| score(b).total_cmp(&score(a)));
    done.truncate(options.width);
    Ok(done)
}
