//! Beam search: the `width` likeliest continuations, all returned, ranked by log-probability over length^penalty.

use super::request::{Ends, Scored};
use super::sampler::top;
use crate::error::ModelError;
use crate::model::Model;
use crate::state::State;

/// Settings of a beam search.
#[derive(Clone, Debug)]
pub struct BeamOptions {
    /// Continuations kept.
    pub width: usize,
    /// Exponent of the length in the rank: 0 ranks by probability alone, 1 by the mean log-probability.
    pub length_penalty: f64,
    /// Most tokens of a continuation.
    pub max_tokens: usize,
    /// What ends one.
    pub ends: Ends,
    /// Likeliest tokens to note beside each of its tokens.
    pub top: usize,
}

/// One continuation.
#[derive(Clone, Debug, PartialEq)]
pub struct Beam {
    /// Its tokens, the ending one included.
    pub tokens: Vec<Scored>,
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

    /// Its tokens alone.
    pub fn ids(&self) -> Vec<u32> {
        self.tokens.iter().map(|t| t.token).collect()
    }
}

/// A search under way: [`BeamSearch::rows`] says what to decode, [`BeamSearch::advance`] takes the logits.
#[derive(Debug)]
pub struct BeamSearch {
    options: BeamOptions,
    alive: Vec<(Beam, State)>,
    done: Vec<Beam>,
    made: usize,
}

impl BeamSearch {
    /// Begins at `state`, whose next-token logits are `logits`.
    ///
    /// # Errors
    /// A width of 0.
    pub fn new(options: BeamOptions, state: State, logits: &[f32]) -> Result<Self, ModelError> {
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
        let mut search = Self {
            options,
            alive: vec![(empty, state)],
            done: Vec::new(),
            made: 0,
        };
        if search.options.max_tokens > 0 {
            search.advance(logits);
        }
        Ok(search)
    }

    /// True when nothing is left to decode.
    pub fn is_over(&self) -> bool {
        self.alive.is_empty()
            || self.made >= self.options.max_tokens
            || self.done.len() >= self.options.width
    }

    /// The states of the beams that go on, and the token that each is to read.
    pub fn rows(&mut self) -> impl Iterator<Item = (&mut State, u32)> {
        self.alive
            .iter_mut()
            .filter_map(|(beam, state)| Some((state, beam.tokens.last()?.token)))
    }

    /// Beams that go on.
    pub fn len(&self) -> usize {
        self.alive.len()
    }

    /// True when none does.
    pub fn is_empty(&self) -> bool {
        self.alive.is_empty()
    }

    /// Takes the logits of [`BeamSearch::rows`], `[beams, vocab_size]`, and chooses what goes on.
    pub fn advance(&mut self, logits: &[f32]) {
        let Self {
            options,
            alive,
            done,
            made,
        } = self;
        *made += 1;
        let vocab = logits.len() / alive.len().max(1);
        let rows: Vec<&[f32]> = logits.chunks_exact(vocab.max(1)).collect();
        let mut next: Vec<(f64, usize, u32, f64)> = Vec::new();
        for (b, ((beam, _), logits)) in alive.iter().zip(&rows).enumerate() {
            let best = top(logits, options.width);
            next.extend(best.into_iter().map(|(t, p)| (beam.logprob + p, b, t, p)));
        }
        next.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        next.truncate(options.width);
        let mut grown = Vec::new();
        for (sum, from, token, logprob) in next {
            let (beam, state) = &alive[from];
            let mut tokens = beam.tokens.clone();
            tokens.push(Scored {
                token,
                logprob: Some(logprob),
                top: top(rows[from], options.top),
            });
            let mut beam = Beam {
                tokens,
                logprob: sum,
                ended: false,
            };
            beam.ended = options.ends.reached(&beam.ids());
            if beam.ended {
                done.push(beam);
            } else {
                grown.push((beam, state.clone()));
            }
        }
        *alive = grown;
    }

    /// The continuations, best first.
    pub fn finish(self) -> Vec<Beam> {
        let mut done = self.done;
        let unfinished = self.alive.into_iter().map(|(beam, _)| beam);
        done.extend(unfinished.filter(|b| !b.tokens.is_empty()));
        let score = |beam: &Beam| beam.score(self.options.length_penalty);
        done.sort_by(|a, b| score(b).total_cmp(&score(a)));
        done.truncate(self.options.width);
        done
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
    let mut search = BeamSearch::new(options.clone(), state.clone(), logits)?;
    while !search.is_over() {
        let (mut states, last): (Vec<_>, Vec<_>) = search.rows().unzip();
        let logits = model.decode(&mut states, &last)?;
        search.advance(&logits);
    }
    Ok(search.finish())
}
