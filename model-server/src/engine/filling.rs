//! A prompt that is being read, part by part.

use std::sync::Arc;

use super::finite;
use super::request::{Counters, Event, Request, RequestId, Scored};
use super::sampler::{log_sum_exp, top};
use crate::error::ModelError;
use crate::model::Model;
use crate::state::State;
use crate::state::cache::StateCache;

/// The next-token logits at a state.
pub(super) type Logits = Arc<[f32]>;

/// A prompt, and how far it was read.
#[derive(Debug)]
pub(super) struct Filling {
    pub request: RequestId,
    pub settings: Arc<Request>,
    /// The whole text, a parent's included.
    tokens: Vec<u32>,
    state: State,
    logits: Logits,
    /// Tokens that were found, not computed.
    cached: usize,
    scores: Vec<Scored>,
    empty_bytes: usize,
    reported: bool,
    /// Where another text that was read parts from this one: a state is kept there too, so that the next one that shares this
    /// beginning pays for its own tokens only (after Marconi, arXiv 2411.19379).
    parting: Option<usize>,
}

/// Tokens that a state at a parting must save to be worth keeping.
const WORTH_KEEPING: usize = 16;

impl Filling {
    /// Finds where to start: at the parent, at the longest cached prefix, or at the beginning.
    pub fn begin(
        request: RequestId,
        settings: Arc<Request>,
        model: &Model,
        cache: &mut StateCache<Logits>,
    ) -> Result<Self, ModelError> {
        let empty = model.new_state();
        let empty_bytes = empty.bytes();
        let mut start = (0, empty, Logits::from([]));
        let mut tokens = settings.prompt.clone();
        if let Some(key) = settings.parent {
            let (before, state, logits) = cache
                .get(key)
                .ok_or_else(|| ModelError::UnknownState(key.to_string()))?;
            tokens = [&before, &settings.prompt[..]].concat();
            start = (before.len(), state, logits);
        }
        if !settings.score
            && tokens.len() > start.0
            && let Some(found) = cache.longest_prefix(model.weights_id(), &tokens)
            && found.0 > start.0
        {
            start = found;
        }
        let (cached, state, logits) = start;
        let parting = cache.shared(model.weights_id(), &tokens);
        let worth = !settings.score && parting >= cached + WORTH_KEEPING && parting < tokens.len();
        Ok(Self {
            request,
            settings,
            tokens,
            state,
            logits,
            cached,
            scores: Vec::new(),
            empty_bytes,
            reported: false,
            parting: worth.then_some(parting),
        })
    }

    /// Reads at most so many tokens; returns how many it were.
    pub fn read(
        &mut self,
        model: &Model,
        most: usize,
        cache: &mut StateCache<Logits>,
        counters: &mut Counters,
    ) -> Result<usize, ModelError> {
        let from = self.state.position();
        let end = self.parting.unwrap_or(self.tokens.len());
        let to = end.min(from + most);
        if from == to {
            return Ok(0);
        }
        let part = &self.tokens[from..to];
        if self.settings.score {
            let rows = model.prefill_all(&mut self.state, part)?;
            let vocab_size = model.config().vocab_size;
            let mut before: &[f32] = &self.logits;
            for (token, after) in part.iter().zip(rows.chunks_exact(vocab_size)) {
                self.scores.push(score(before, *token, self.settings.top));
                before = after;
            }
            self.logits = before.into();
        } else {
            self.logits = model.prefill(&mut self.state, part)?.into();
        }
        if !finite(&self.logits) {
            return Err(ModelError::Overflow);
        }
        counters.prefill_tokens += part.len() as u64;
        if self.parting.take_if(|at| *at == to).is_some() {
            let logits = Arc::clone(&self.logits);
            cache.insert(&self.tokens[..to], self.state.clone(), logits);
        }
        Ok(to - from)
    }

    /// True when the whole prompt was read.
    pub fn is_read(&self) -> bool {
        self.state.position() == self.tokens.len()
    }

    /// Keeps the state and says, once, what was read.
    pub fn report(
        &mut self,
        cache: &mut StateCache<Logits>,
        counters: &mut Counters,
        events: &mut Vec<Event>,
    ) {
        if std::mem::replace(&mut self.reported, true) {
            return;
        }
        let computed = self.tokens.len() - self.cached;
        counters.prompts += 1;
        counters.prefills += u64::from(computed > 0);
        counters.prompt_tokens += self.tokens.len() as u64;
        let logits = Arc::clone(&self.logits);
        events.push(Event::Read {
            request: self.request,
            state: cache.insert(&self.tokens, self.state.clone(), logits),
            tokens: self.tokens.len(),
            cached: self.cached,
            scores: std::mem::take(&mut self.scores),
        });
    }

    /// Bytes that one sample's state will take at most: what grows with a text is taken to grow evenly.
    pub fn bytes_when_done(&self) -> usize {
        let (now, position) = (self.state.bytes(), self.state.position().max(1));
        let grown = now.saturating_sub(self.empty_bytes);
        now.saturating_add(grown.saturating_mul(self.settings.max_tokens) / position)
    }

    /// The state after the prompt, and the logits there.
    pub fn end(self) -> (State, Logits) {
        (self.state, self.logits)
    }
}

/// A prompt's token under the logits before it.
fn score(before: &[f32], token: u32, n: usize) -> Scored {
    let logit = before.get(token as usize);
    Scored {
        token,
        logprob: logit.map(|x| f64::from(*x) - log_sum_exp(before)),
        top: top(before, n),
    }
}
