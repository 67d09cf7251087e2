//! Generation: continuous batching over the samples of many requests.
//!
//! A request's prompt is read once, from the longest cached prefix, however many samples it asks for; each sample then
//! decodes on a fork of that state. [`Engine::step`] admits what is waiting and decodes one token of every running sample; a
//! server calls it in a loop on a thread of its own. What a sample gives does not depend on the rest of the batch: decoding
//! is bitwise batch-invariant and draws have their own generators.

pub mod beam;
pub mod sampler;
pub mod stop;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::error::ModelError;
use crate::model::Model;
use crate::state::State;
use crate::state::cache::{StateCache, Stats};
use sampler::Sampling;

/// What to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Tokens of the prompt.
    pub prompt: Vec<u32>,
    /// Samples wanted.
    pub samples: usize,
    /// Most tokens of a sample.
    pub max_tokens: usize,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Tokens that end a sample; they are part of it.
    pub ends: Vec<u32>,
}

/// Identifies a request of an engine.
pub type RequestId = u64;

/// Why a sample ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// One of the ending tokens.
    End,
    /// As many tokens as were allowed.
    Length,
}

/// What a step reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// A sample got a token.
    Token {
        /// Whose.
        request: RequestId,
        /// Which sample.
        sample: usize,
        /// The token.
        token: u32,
        /// Its log-probability under the model.
        logprob: f64,
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
}

/// Counters since the engine was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Prompts read.
    pub prefills: u64,
    /// Tokens of prompts that were computed, not found in the cache.
    pub prefill_tokens: u64,
    /// Tokens decoded.
    pub decoded_tokens: u64,
}

/// One running sample.
#[derive(Debug)]
struct Running {
    request: RequestId,
    sample: usize,
    state: State,
    /// Chosen, not yet read by the model.
    last: u32,
    made: usize,
    settings: Arc<Request>,
}

/// Runs requests on a model.
#[derive(Debug)]
pub struct Engine {
    model: Arc<Model>,
    cache: StateCache<Arc<[f32]>>,
    waiting: VecDeque<(RequestId, Arc<Request>)>,
    running: Vec<Running>,
    max_batch: usize,
    next: RequestId,
    counters: Counters,
}

impl Engine {
    /// An engine with a cache of this many bytes that decodes at most `max_batch` samples at once, though one request's samples
    /// are always admitted together.
    pub fn new(model: Arc<Model>, cache_bytes: usize, max_batch: usize) -> Self {
        Self {
            model,
            cache: StateCache::new(cache_bytes),
            waiting: VecDeque::new(),
            running: Vec::new(),
            max_batch: max_batch.max(1),
            next: 0,
            counters: Counters::default(),
        }
    }

    /// Queues a request.
    ///
    /// # Errors
    /// No prompt, no samples, or settings out of range.
    pub fn submit(&mut self, request: Request) -> Result<RequestId, ModelError> {
        if request.prompt.is_empty() || request.samples == 0 || request.max_tokens == 0 {
            let message = "a request needs a prompt, a sample and room for a token";
            return Err(ModelError::Request(message.into()));
        }
        let vocab_size = self.model.config().vocab_size;
        if let Some(token) = request.prompt.iter().find(|t| **t as usize >= vocab_size) {
            return Err(ModelError::TokenOutside {
                token: *token,
                vocab_size,
            });
        }
        request.sampling.check()?;
        let id = self.next;
        self.next += 1;
        self.waiting.push_back((id, Arc::new(request)));
        Ok(id)
    }

    /// Forgets a request: its client went away.
    pub fn cancel(&mut self, request: RequestId) {
        self.waiting.retain(|(id, _)| *id != request);
        self.running.retain(|r| r.request != request);
    }

    /// True when nothing waits or runs.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }

    /// Counters since the start.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Counters of the cache.
    pub fn cache_stats(&self) -> Stats {
        self.cache.stats()
    }

    /// The state after `tokens` and the logits there, from the longest cached prefix; kept in the cache.
    ///
    /// # Errors
    /// What [`Model::prefill`] says.
    pub fn read(&mut self, tokens: &[u32]) -> Result<(State, Arc<[f32]>), ModelError> {
        let cached = self.cache.longest_prefix(self.model.weights_id(), tokens);
        let (from, mut state) = match cached {
            Some((len, state, logits)) if len == tokens.len() => return Ok((state, logits)),
            Some((len, state, _)) => (len, state),
            None => (0, self.model.new_state()),
        };
        let logits: Arc<[f32]> = self.model.prefill(&mut state, &tokens[from..])?.into();
        self.counters.prefills += 1;
        self.counters.prefill_tokens += (tokens.len() - from) as u64;
        self.cache
            .insert(tokens, state.clone(), Arc::clone(&logits));
        Ok((state, logits))
    }

    /// Admits waiting requests and decodes one token of each running sample.
    ///
    /// # Errors
    /// What the model says; the engine can go on.
    pub fn step(&mut self) -> Result<Vec<Event>, ModelError> {
        let mut events = Vec::new();
        while let Some((_, next)) = self.waiting.front()
            && (self.running.is_empty() || self.running.len() + next.samples <= self.max_batch)
        {
            let Some((id, settings)) = self.waiting.pop_front() else {
                break;
            };
            let (state, logits) = self.read(&settings.prompt)?;
            for sample in 0..settings.samples {
                let running = Running {
                    request: id,
                    sample,
                    state: state.clone(),
                    last: 0,
                    made: 0,
                    settings: Arc::clone(&settings),
                };
                if let Some(running) = advance(running, &logits, &mut events) {
                    self.running.push(running);
                }
            }
        }
        if self.running.is_empty() {
            return Ok(events);
        }
        let last: Vec<u32> = self.running.iter().map(|r| r.last).collect();
        let mut states: Vec<&mut State> = self.running.iter_mut().map(|r| &mut r.state).collect();
        let logits = self.model.decode(&mut states, &last)?;
        self.counters.decoded_tokens += last.len() as u64;
        let rows = logits.chunks_exact(self.model.config().vocab_size);
        self.running = std::mem::take(&mut self.running)
            .into_iter()
            .zip(rows)
            .filter_map(|(running, logits)| advance(running, logits, &mut events))
            .collect();
        Ok(events)
    }
}

/// Chooses a sample's next token; none when that completes it.
fn advance(mut running: Running, logits: &[f32], events: &mut Vec<Event>) -> Option<Running> {
    let Running {
        request,
        sample,
        made,
        ..
    } = running;
    let settings = &running.settings;
    let (token, logprob) = settings.sampling.choose(logits, sample as u64, made as u64);
    events.push(Event::Token {
        request,
        sample,
        token,
        logprob,
    });
    let reason = if settings.ends.contains(&token) {
        Some(Finish::End)
    } else if made + 1 >= settings.max_tokens {
        Some(Finish::Length)
    } else {
        None
    };
    if let Some(reason) = reason {
        events.push(Event::Finished {
            request,
            sample,
            reason,
        });
        return None;
    }
    running.last = token;
    running.made += 1;
    Some(running)
}
