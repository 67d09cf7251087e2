//! What an engine is asked, and what it reports.

use std::fmt;
use std::sync::Arc;

use super::beam::Beam;
use super::sampler::Sampling;
use crate::error::ModelError;
use crate::state::cache::StateKey;

type Test = dyn Fn(&[u32]) -> bool + Send + Sync;

/// Says whether a sample that has these tokens is complete: a test for stop strings, say.
#[derive(Clone)]
pub struct StopTest(Arc<Test>);

impl StopTest {
    /// A test by this function, which must depend on nothing but the tokens.
    pub fn new(test: impl Fn(&[u32]) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(test))
    }

    /// Whether it says so.
    pub fn says(&self, tokens: &[u32]) -> bool {
        (self.0)(tokens)
    }
}

impl fmt::Debug for StopTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StopTest(…)")
    }
}

/// What ends a sample besides its length.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    /// Tokens that end a sample; they are part of it.
    pub tokens: Vec<u32>,
    /// A test of the tokens so far.
    pub test: Option<StopTest>,
}

impl Ends {
    /// Whether a sample that has these tokens is complete.
    pub fn reached(&self, tokens: &[u32]) -> bool {
        tokens.last().is_some_and(|t| self.tokens.contains(t))
            || self.test.as_ref().is_some_and(|t| t.says(tokens))
    }
}

/// What to generate.
#[derive(Clone, Debug)]
pub struct Request {
    /// The state to go on from; without one, the empty text's.
    pub parent: Option<StateKey>,
    /// Tokens of the prompt, or those that follow the parent's.
    pub prompt: Vec<u32>,
    /// Whether the prompt's tokens are to be scored. Nothing but the parent is taken from the cache then.
    pub score: bool,
    /// Samples, or beams, wanted.
    pub samples: usize,
    /// Most tokens of a sample; 0: the prompt is read and no more.
    pub max_tokens: usize,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Searches for the likeliest continuations instead, ranked by this length penalty.
    pub beam: Option<f64>,
    /// Likeliest tokens to report beside each one chosen or scored.
    pub top: usize,
    /// What ends a sample.
    pub ends: Ends,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            parent: None,
            prompt: Vec::new(),
            score: false,
            samples: 1,
            max_tokens: 16,
            sampling: Sampling::GREEDY,
            beam: None,
            top: 0,
            ends: Ends::default(),
        }
    }
}

/// Identifies a request of an engine.
pub type RequestId = u64;

/// Why a sample ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// An ending token, or the test.
    End,
    /// As many tokens as were allowed.
    Length,
}

/// A token with its log-probability under the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// The token.
    pub token: u32,
    /// ln of its probability; none for the first token of a text.
    pub logprob: Option<f64>,
    /// The likeliest tokens in its place, best first, as many as were asked for.
    pub top: Vec<(u32, f64)>,
}

/// What a step reports.
#[derive(Debug)]
pub enum Event {
    /// A prompt was read.
    Read {
        /// Whose.
        request: RequestId,
        /// Names the state after it, while the cache keeps it.
        state: Option<StateKey>,
        /// Tokens of the whole text, the parent's included.
        tokens: usize,
        /// How many of them were not computed but found.
        cached: usize,
        /// The prompt's tokens, where they were to be scored.
        scores: Vec<Scored>,
    },
    /// A sample got a token.
    Token {
        /// Whose.
        request: RequestId,
        /// Which sample.
        sample: usize,
        /// The token.
        token: Scored,
    },
    /// A sample is complete.
    Finished {
        /// Whose.
        request: RequestId,
        /// Which sample.
        sample: usize,
        /// Why.
        reason: Finish,
    },
    /// A beam search is complete; the beams, best first.
    Beams {
        /// Whose.
        request: RequestId,
        /// The continuations.
        beams: Vec<Beam>,
    },
    /// A request was only to read its prompt, and has.
    Done {
        /// Whose.
        request: RequestId,
    },
    /// A request cannot be served; nothing more comes for it.
    Failed {
        /// Whose.
        request: RequestId,
        /// Why.
        error: ModelError,
    },
}

/// Counters since the engine was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Prompts.
    pub prompts: u64,
    /// Prompts of which something was computed.
    pub prefills: u64,
    /// Tokens of prompts that were computed, not found in the cache.
    pub prefill_tokens: u64,
    /// Tokens of prompts in all.
    pub prompt_tokens: u64,
    /// Tokens decoded.
    pub decoded_tokens: u64,
    /// Passes that decoded them.
    pub decode_steps: u64,
}
