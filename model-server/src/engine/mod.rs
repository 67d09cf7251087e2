//! Generation: continuous batching over the samples and beams of many requests.
//!
//! A request's prompt is read once, from the longest cached prefix or from the state that it names, however many samples it
//! asks for; each sample then decodes on a fork of that state. [`Engine::step`] reads a part of what is waiting and decodes one
//! token of every running sample and beam; a server calls it in a loop on a thread of its own. What a sample gives does not
//! depend on the rest of the batch: decoding is bitwise batch-invariant and draws have their own generators.

pub mod beam;
mod filling;
pub mod request;
pub mod sampler;
pub mod stop;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::error::ModelError;
use crate::model::Model;
use crate::state::State;
use crate::state::cache::{StateCache, Stats};
use beam::{BeamOptions, BeamSearch};
use filling::Filling;
pub use request::{Counters, Ends, Event, Finish, Request, RequestId, Scored, StopTest};
use sampler::top;

/// Tokens of prompts that a step reads at most, so that running samples wait no longer.
const PROMPT_PART: usize = 512;

/// One running sample.
#[derive(Debug)]
struct Running {
    request: RequestId,
    sample: usize,
    state: State,
    /// The last was chosen and not yet read by the model.
    tokens: Vec<u32>,
    settings: Arc<Request>,
}

/// One running beam search.
#[derive(Debug)]
struct Searching {
    request: RequestId,
    search: BeamSearch,
    bytes: usize,
}

/// Sizes of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of states that are kept of texts read before.
    pub cache_bytes: usize,
    /// Bytes of the states of running samples.
    pub running_bytes: usize,
    /// Samples decoded at once, though one request's samples are always admitted together.
    pub max_batch: usize,
}

/// Runs requests on a model.
#[derive(Debug)]
pub struct Engine {
    model: Arc<Model>,
    limits: Limits,
    cache: StateCache<Arc<[f32]>>,
    waiting: VecDeque<(RequestId, Arc<Request>)>,
    filling: Option<Filling>,
    running: Vec<Running>,
    searching: Vec<Searching>,
    next: RequestId,
    counters: Counters,
}

impl Engine {
    /// An engine with nothing to do.
    pub fn new(model: Arc<Model>, limits: Limits) -> Self {
        Self {
            cache: StateCache::new(limits.cache_bytes)
                .with_payload(size_of::<f32>() * model.config().vocab_size),
            model,
            limits,
            waiting: VecDeque::new(),
            filling: None,
            running: Vec::new(),
            searching: Vec::new(),
            next: 0,
            counters: Counters::default(),
        }
    }

    /// Queues a request.
    ///
    /// # Errors
    /// Neither a prompt nor a parent, no samples, a token outside the vocabulary, or settings out of range.
    pub fn submit(&mut self, request: Request) -> Result<RequestId, ModelError> {
        if (request.prompt.is_empty() && request.parent.is_none()) || request.samples == 0 {
            let message = "a request needs a prompt, or a state to go on from, and a sample";
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
        if request.beam.is_some_and(|penalty| !penalty.is_finite()) {
            let message = "a length penalty must be a finite number";
            return Err(ModelError::Request(message.into()));
        }
        let id = self.next;
        self.next += 1;
        self.waiting.push_back((id, Arc::new(request)));
        Ok(id)
    }

    /// Forgets a request: its client went away.
    pub fn cancel(&mut self, request: RequestId) {
        self.waiting.retain(|(id, _)| *id != request);
        self.filling.take_if(|f| f.request == request);
        self.running.retain(|r| r.request != request);
        self.searching.retain(|s| s.request != request);
    }

    /// True when nothing waits or runs.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.filling.is_none() && self.active() == 0
    }

    /// Samples and beams that are decoded.
    pub fn active(&self) -> usize {
        self.running.len() + self.searching.iter().map(|s| s.search.len()).sum::<usize>()
    }

    /// Requests of which nothing was read yet.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Counters since the start.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Counters of the cache.
    pub fn cache_stats(&self) -> Stats {
        self.cache.stats()
    }

    /// Bytes that the cache holds, and states.
    pub fn cache_size(&self) -> (usize, usize) {
        (self.cache.bytes(), self.cache.len())
    }

    /// Reads a part of the waiting prompts and decodes one token of each running sample and beam. A request that fails is
    /// reported as [`Event::Failed`]; the others go on.
    pub fn step(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        self.fill(&mut events);
        self.decode(&mut events);
        events
    }

    /// Reads prompts, at most [`PROMPT_PART`] tokens, and starts what was read as far as there is room.
    fn fill(&mut self, events: &mut Vec<Event>) {
        let mut left = PROMPT_PART;
        loop {
            let mut filling = match self.filling.take() {
                Some(filling) => filling,
                None => {
                    let Some((id, settings)) = self.waiting.pop_front() else {
                        return;
                    };
                    match Filling::begin(id, settings, &self.model, &mut self.cache) {
                        Ok(filling) => filling,
                        Err(error) => {
                            events.push(Event::Failed { request: id, error });
                            continue;
                        }
                    }
                }
            };
            let request = filling.request;
            let cache = &mut self.cache;
            match filling.read(&self.model, left, cache, &mut self.counters) {
                Ok(read) => left -= read,
                Err(error) => {
                    events.push(Event::Failed { request, error });
                    continue;
                }
            }
            if !filling.is_read() {
                self.filling = Some(filling);
                if left == 0 {
                    return;
                }
                continue;
            }
            match self.admit(filling, events) {
                Ok(None) => {}
                Ok(Some(later)) => {
                    self.filling = Some(later);
                    return;
                }
                Err(error) => events.push(Event::Failed { request, error }),
            }
        }
    }

    /// Starts the samples of a prompt that was read; gives it back where there is no room yet.
    fn admit(
        &mut self,
        mut filling: Filling,
        events: &mut Vec<Event>,
    ) -> Result<Option<Filling>, ModelError> {
        let request = filling.request;
        let settings = Arc::clone(&filling.settings);
        let bytes = filling.bytes_when_done().saturating_mul(settings.samples);
        let available = self.limits.running_bytes;
        // Before anything is reported: whoever streams has not begun to answer.
        if settings.max_tokens > 0 && bytes > available {
            return Err(ModelError::NoMemory {
                needed: bytes,
                available,
            });
        }
        filling.report(&mut self.cache, &mut self.counters, events);
        if settings.max_tokens == 0 {
            events.push(Event::Done { request });
            return Ok(None);
        }
        let full = self.active() + settings.samples > self.limits.max_batch
            || self.held() + bytes > available;
        if full && self.active() > 0 {
            return Ok(Some(filling));
        }
        let (state, logits) = filling.end();
        if let Some(length_penalty) = settings.beam {
            let options = BeamOptions {
                width: settings.samples,
                length_penalty,
                max_tokens: settings.max_tokens,
                ends: settings.ends.clone(),
                top: settings.top,
            };
            let search = BeamSearch::new(options, state, &logits)?;
            self.searching.push(Searching {
                request,
                search,
                bytes,
            });
            return Ok(None);
        }
        for sample in 0..settings.samples {
            let running = Running {
                request,
                sample,
                state: state.clone(),
                tokens: Vec::new(),
                settings: Arc::clone(&settings),
            };
            self.running.extend(advance(running, &logits, events));
        }
        Ok(None)
    }

    /// Bytes of the states of what runs.
    fn held(&self) -> usize {
        let samples: usize = self.running.iter().map(|r| r.state.bytes()).sum();
        samples + self.searching.iter().map(|s| s.bytes).sum::<usize>()
    }

    fn decode(&mut self, events: &mut Vec<Event>) {
        self.end_searches(events);
        let mut states: Vec<&mut State> = Vec::new();
        let mut last: Vec<u32> = Vec::new();
        for running in &mut self.running {
            last.extend(running.tokens.last());
            states.push(&mut running.state);
        }
        for searching in &mut self.searching {
            for (state, token) in searching.search.rows() {
                states.push(state);
                last.push(token);
            }
        }
        if last.is_empty() {
            return;
        }
        let logits = match self.model.decode(&mut states, &last) {
            Ok(logits) => logits,
            // Tokens and states are the model's own; should it refuse them nevertheless, nobody is left waiting.
            Err(error) => return self.fail_all(&error, events),
        };
        self.counters.decoded_tokens += last.len() as u64;
        self.counters.decode_steps += 1;
        let vocab_size = self.model.config().vocab_size;
        let (own, mut rest) = logits.split_at(self.running.len() * vocab_size);
        let mut overflown: BTreeSet<RequestId> = self
            .running
            .iter()
            .zip(own.chunks_exact(vocab_size))
            .filter(|(_, logits)| !finite(logits))
            .map(|(running, _)| running.request)
            .collect();
        self.running = std::mem::take(&mut self.running)
            .into_iter()
            .zip(own.chunks_exact(vocab_size))
            .filter(|(running, _)| !overflown.contains(&running.request))
            .filter_map(|(running, logits)| advance(running, logits, events))
            .collect();
        for searching in &mut self.searching {
            let (own, others) = rest.split_at(searching.search.len() * vocab_size);
            if finite(own) {
                searching.search.advance(own);
            } else {
                overflown.insert(searching.request);
            }
            rest = others;
        }
        for request in overflown {
            self.cancel(request);
            let error = ModelError::Overflow;
            events.push(Event::Failed { request, error });
        }
        self.end_searches(events);
    }

    fn end_searches(&mut self, events: &mut Vec<Event>) {
        let over = self.searching.extract_if(.., |s| s.search.is_over());
        events.extend(over.map(|s| Event::Beams {
            request: s.request,
            beams: s.search.finish(),
        }));
    }

    fn fail_all(&mut self, error: &ModelError, events: &mut Vec<Event>) {
        let mut requests: Vec<RequestId> = self.running.drain(..).map(|r| r.request).collect();
        requests.extend(self.searching.drain(..).map(|s| s.request));
        requests.sort_unstable();
        requests.dedup();
        events.extend(requests.into_iter().map(|request| Event::Failed {
            request,
            error: ModelError::Request(error.to_string()),
        }));
    }
}

/// False where a computation overflowed, or its numbers were damaged: nothing can be chosen then.
pub(crate) fn finite(logits: &[f32]) -> bool {
    logits.iter().all(|x| x.is_finite())
}

/// Chooses a sample's next token; none when that completes it.
fn advance(mut running: Running, logits: &[f32], events: &mut Vec<Event>) -> Option<Running> {
    let (request, sample) = (running.request, running.sample);
    let settings = &running.settings;
    let made = running.tokens.len();
    let (token, logprob) = settings.sampling.choose(logits, sample as u64, made as u64);
    events.push(Event::Token {
        request,
        sample,
        token: Scored {
            token,
            logprob: Some(logprob),
            top: top(logits, settings.top),
        },
    });
    running.tokens.push(token);
    let reason = if settings.ends.reached(&running.tokens) {
        Finish::End
    } else if running.tokens.len() >= settings.max_tokens {
        Finish::Length
    } else {
        return Some(running);
    };
    events.push(Event::Finished {
        request,
        sample,
        reason,
    });
    None
}
