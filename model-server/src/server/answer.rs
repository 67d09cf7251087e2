//! From the engine's events to an answer: whole, or as a stream of server-sent events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::sse::{Event as Sent, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::choice::{self, Choice};
use super::error::ApiError;
use super::params::Spec;
use super::{Loaded, Shared};
use crate::engine::{Event, Finish, Scored};
use crate::error::ModelError;
use crate::state::cache::StateKey;

/// What the reading of the prompt gave.
#[derive(Debug)]
pub struct Read {
    pub state: Option<StateKey>,
    pub tokens: usize,
    pub cached: usize,
    pub scores: Vec<Scored>,
}

/// How one endpoint words its answers.
pub trait Wording: Send + Sync + 'static {
    /// `object` of an answer, and of a stream's chunk.
    const OBJECTS: (&'static str, &'static str);
    /// How `id` begins.
    const ID: &'static str;

    /// A whole choice, without its index and extras.
    fn whole(&self, loaded: &Loaded, read: &Read, choice: &Choice) -> Result<Value, ModelError>;

    /// A piece of a choice in a stream, with its new tokens; `first` of its sample.
    fn piece(
        &self,
        loaded: &Loaded,
        read: &Read,
        text: &str,
        tokens: &[Scored],
        first: bool,
    ) -> Result<Value, ModelError>;
}

/// A body as a value.
pub fn parse<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, ApiError> {
    let body = body.map_err(|e| match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::too_large(e.body_text()),
        _ => ApiError::malformed(e.body_text()),
    })?;
    serde_json::from_slice(&body)
        .map_err(|e| ApiError::malformed(format!("the body is not what is asked for: {e}")))
}

/// Waits until the prompt was read, or refused.
pub async fn begin(events: &mut UnboundedReceiver<Event>) -> Result<Read, ApiError> {
    match events.recv().await {
        Some(Event::Read {
            state,
            tokens,
            cached,
            scores,
            ..
        }) => Ok(Read {
            state,
            tokens,
            cached,
            scores,
        }),
        Some(Event::Failed { error, .. }) => Err(error.into()),
        _ => Err(ApiError::internal("the request was lost")),
    }
}

/// Waits for all of a request's choices, best first where there is a choice among them.
pub async fn collect(
    loaded: &Loaded,
    spec: &Spec,
    mut events: UnboundedReceiver<Event>,
) -> Result<Vec<Choice>, ApiError> {
    let tokenizer = &*loaded.tokenizer;
    let mut choices = vec![Choice::new(&spec.stops); spec.request.samples];
    while let Some(event) = events.recv().await {
        match event {
            Event::Token { sample, token, .. } => {
                choices[sample].push(tokenizer, token)?;
            }
            Event::Finished { sample, reason, .. } => {
                choices[sample].end(tokenizer, reason)?;
            }
            Event::Beams { beams, .. } => {
                choices.truncate(beams.len());
                for (choice, beam) in choices.iter_mut().zip(beams) {
                    for token in beam.tokens {
                        choice.push(tokenizer, token)?;
                    }
                    choice.end(tokenizer, ended(beam.ended))?;
                }
            }
            Event::Done { .. } => {
                for choice in &mut choices {
                    choice.end(tokenizer, Finish::Length)?;
                }
            }
            Event::Failed { error, .. } => return Err(error.into()),
            Event::Read { .. } => {}
        }
    }
    if choices.iter().any(|c| c.finish.is_none()) {
        return Err(ApiError::internal("the computation ended early"));
    }
    if spec.dedupe {
        choices = choice::merge(choices);
    }
    if spec.request.beam.is_none() && spec.wanted < spec.request.samples {
        let mean = |c: &Choice| c.logprob() / c.tokens.len().max(1) as f64;
        choices.sort_by(|a, b| mean(b).total_cmp(&mean(a)));
    }
    choices.truncate(spec.wanted);
    Ok(choices)
}

fn ended(by_itself: bool) -> Finish {
    if by_itself {
        Finish::End
    } else {
        Finish::Length
    }
}

/// Does the work and answers, in an endpoint's words.
pub async fn answer<W: Wording>(
    server: Shared,
    spec: Spec,
    wording: W,
) -> Result<Response, ApiError> {
    let mut events = server.submit(spec.request.clone())?;
    let read = begin(&mut events).await?;
    let loaded = server.loaded()?;
    let head = json!({
        "id": format!("{}-{:016x}", W::ID, super::entropy()),
        "created": loaded.since, "model": server.options.model,
    });
    if spec.stream {
        return Ok(stream_of(
            Arc::clone(&server),
            spec,
            wording,
            head,
            read,
            events,
        ));
    }
    let choices = collect(loaded, &spec, events).await?;
    let mut all = Vec::new();
    for (i, choice) in choices.iter().enumerate() {
        let mut value = wording.whole(loaded, &read, choice)?;
        value["index"] = json!(i);
        value["finish_reason"] = json!(choice.finish);
        join(&mut value, choice.extras());
        all.push(value);
    }
    let made = choices.iter().map(|c| c.tokens.len()).sum();
    let mut answer = head;
    let state = read.state.map(|s| s.to_string());
    let rest = json!({"object": W::OBJECTS.0, "choices": all, "usage": usage(&read, made), "state_id": state});
    join(&mut answer, rest);
    Ok(Json(answer).into_response())
}

fn usage(read: &Read, made: usize) -> Value {
    json!({
        "prompt_tokens": read.tokens, "completion_tokens": made, "total_tokens": read.tokens + made,
        "prompt_tokens_details": {"cached_tokens": read.cached},
    })
}

fn join(value: &mut Value, more: Value) {
    if let (Value::Object(value), Value::Object(more)) = (value, more) {
        value.extend(more);
    }
}

/// A stream under way. Dropping the response drops the events' end, which cancels the request.
struct Streaming<W> {
    server: Shared,
    wording: W,
    head: Value,
    read: Read,
    choices: Vec<Choice>,
    /// Tokens of each choice that were sent.
    sent: Vec<usize>,
    made: usize,
    out: UnboundedSender<Sent>,
}

fn stream_of<W: Wording>(
    server: Shared,
    spec: Spec,
    wording: W,
    head: Value,
    read: Read,
    mut events: UnboundedReceiver<Event>,
) -> Response {
    let (out, sent) = unbounded_channel();
    let usage_wanted = spec.usage;
    let mut streaming = Streaming {
        server,
        wording,
        head,
        read,
        choices: vec![Choice::new(&spec.stops); spec.request.samples],
        sent: vec![0; spec.request.samples],
        made: 0,
        out,
    };
    tokio::spawn(async move {
        loop {
            let event = tokio::select! {
                () = streaming.out.closed() => return,
                event = events.recv() => event,
            };
            let Some(event) = event else { break };
            if let Err(error) = streaming.take(event) {
                return streaming.send(&error.json());
            }
        }
        if streaming.choices.iter().any(|c| c.finish.is_none()) {
            let error = ApiError::internal("the computation ended early");
            return streaming.send(&error.json());
        }
        if usage_wanted {
            let usage = usage(&streaming.read, streaming.made);
            streaming.chunk(&json!({"choices": [], "usage": usage}));
        }
        let _ = streaming.out.send(Sent::default().data("[DONE]"));
    });
    let body = stream::unfold(sent, async |mut sent| {
        let event = sent.recv().await?;
        Some((Ok::<_, Infallible>(event), sent))
    });
    Sse::new(body).into_response()
}

impl<W: Wording> Streaming<W> {
    fn take(&mut self, event: Event) -> Result<(), ApiError> {
        match event {
            Event::Token { sample, token, .. } => self.token(sample, token),
            Event::Finished { sample, reason, .. } => self.finish(sample, reason),
            Event::Beams { beams, .. } => {
                self.choices.truncate(beams.len());
                for (i, beam) in beams.into_iter().enumerate() {
                    for token in beam.tokens {
                        self.token(i, token)?;
                    }
                    self.finish(i, ended(beam.ended))?;
                }
                Ok(())
            }
            Event::Done { .. } => {
                (0..self.choices.len()).try_for_each(|i| self.finish(i, Finish::Length))
            }
            Event::Failed { error, .. } => Err(error.into()),
            Event::Read { .. } => Ok(()),
        }
    }

    fn token(&mut self, i: usize, token: Scored) -> Result<(), ApiError> {
        self.made += 1;
        let server = Arc::clone(&self.server);
        let text = self.choices[i].push(&server.loaded()?.tokenizer, token)?;
        if text.is_empty() {
            return Ok(());
        }
        let value = self.piece(i, &text)?;
        self.chunk(&json!({"choices": [value]}));
        Ok(())
    }

    fn finish(&mut self, i: usize, reason: Finish) -> Result<(), ApiError> {
        let server = Arc::clone(&self.server);
        let text = self.choices[i].end(&server.loaded()?.tokenizer, reason)?;
        let mut value = self.piece(i, &text)?;
        value["finish_reason"] = json!(self.choices[i].finish);
        join(&mut value, self.choices[i].extras());
        let state = self.read.state.map(|s| s.to_string());
        self.chunk(&json!({"choices": [value], "state_id": state}));
        Ok(())
    }

    fn piece(&mut self, i: usize, text: &str) -> Result<Value, ApiError> {
        let loaded = self.server.loaded()?;
        let tokens = &self.choices[i].tokens[self.sent[i]..];
        let first = self.sent[i] == 0;
        let mut value = self
            .wording
            .piece(loaded, &self.read, text, tokens, first)?;
        self.sent[i] = self.choices[i].tokens.len();
        value["index"] = json!(i);
        value["finish_reason"] = Value::Null;
        Ok(value)
    }

    fn chunk(&self, more: &Value) {
        let mut value = self.head.clone();
        value["object"] = json!(W::OBJECTS.1);
        join(&mut value, more.clone());
        self.send(&value);
    }

    fn send(&self, value: &Value) {
        // A client that went away is seen by the loop.
        let _ = self.out.send(Sent::default().data(value.to_string()));
    }
}
