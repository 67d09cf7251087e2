//! Parameters that both kinds of completion share, checked.

use serde::Deserialize;
use serde_json::Value;

use super::error::ApiError;
use super::{Loaded, Options};
use crate::engine::sampler::Sampling;
use crate::engine::{Ends, Request, StopTest};
use crate::state::cache::StateKey;

/// One text or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// The shared fields of a request's body.
#[derive(Debug, Default, Deserialize)]
pub struct Params {
    pub model: Option<String>,
    pub n: Option<usize>,
    pub best_of: Option<usize>,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    pub seed: Option<i64>,
    pub stop: Option<OneOrMany>,
    pub max_tokens: Option<usize>,
    pub max_completion_tokens: Option<usize>,
    pub stream: Option<bool>,
    pub stream_options: Option<StreamOptions>,
    pub use_beam_search: Option<bool>,
    pub length_penalty: Option<f64>,
    pub dedupe: Option<bool>,
    pub parent_state_id: Option<String>,
    // Known, and not computed here.
    pub presence_penalty: Option<f64>,
    pub frequency_penalty: Option<f64>,
    pub logit_bias: Option<Value>,
    pub suffix: Option<Value>,
    pub tools: Option<Value>,
    pub response_format: Option<Value>,
}

/// What a stream says besides tokens.
#[derive(Debug, Deserialize)]
pub struct StreamOptions {
    #[serde(default)]
    pub include_usage: bool,
}

/// What is to be done, checked.
#[derive(Debug)]
pub struct Spec {
    pub request: Request,
    pub stops: Vec<String>,
    /// Choices given back, of those that are made.
    pub wanted: usize,
    pub dedupe: bool,
    pub stream: bool,
    pub usage: bool,
}

/// Most stop strings, and bytes of one.
const STOPS: (usize, usize) = (16, 256);

impl Params {
    /// The work that a prompt's tokens and the parameters mean.
    pub fn spec(
        self,
        options: &Options,
        loaded: &Loaded,
        prompt: Vec<u32>,
        top: usize,
        default_tokens: usize,
    ) -> Result<Spec, ApiError> {
        self.refuse(options)?;
        let wanted = in_range("n", self.n.unwrap_or(1), 1, options.max_samples)?;
        let made = in_range(
            "best_of",
            self.best_of.unwrap_or(wanted),
            wanted,
            options.max_samples,
        )?;
        let top = in_range("logprobs", top, 0, 20)?;
        let beam = self.use_beam_search.unwrap_or(false);
        let stream = self.stream.unwrap_or(false);
        if stream && made > wanted {
            return Err(ApiError::parameter(
                "best_of",
                "what is streamed cannot be chosen from: leave `best_of` out",
            ));
        }
        if stream && self.dedupe == Some(true) {
            return Err(ApiError::parameter(
                "dedupe",
                "what is streamed cannot be merged: leave `dedupe` out",
            ));
        }
        let parent: Option<StateKey> = self
            .parent_state_id
            .as_deref()
            .map(str::parse)
            .transpose()?;
        let asked = self.max_completion_tokens.or(self.max_tokens);
        // A name that was never given out can have any number of tokens in it.
        let read = parent
            .map_or(0, |p| p.tokens())
            .saturating_add(prompt.len());
        let max_tokens = asked.unwrap_or(default_tokens);
        if read.saturating_add(max_tokens) > options.max_context {
            return Err(ApiError::too_long(
                read.saturating_add(max_tokens),
                options.max_context,
            ));
        }
        let stops = self.stops()?;
        let seed = self.seed.map_or_else(super::entropy, |s| s as u64);
        let sampling = Sampling {
            temperature: self.temperature.unwrap_or(1.0),
            top_p: self.top_p.unwrap_or(1.0),
            seed,
        };
        sampling.check()?;
        let request = Request {
            parent,
            prompt,
            score: false,
            samples: made,
            max_tokens,
            sampling,
            beam: beam.then(|| self.length_penalty.unwrap_or(1.0)),
            top,
            ends: Ends {
                tokens: loaded.ends.clone(),
                test: stop_test(loaded, &stops),
            },
        };
        Ok(Spec {
            request,
            stops,
            wanted,
            dedupe: self.dedupe.unwrap_or(false),
            stream,
            usage: self.stream_options.is_some_and(|o| o.include_usage),
        })
    }

    fn refuse(&self, options: &Options) -> Result<(), ApiError> {
        if let Some(asked) = &self.model
            && *asked != options.model
            && asked != "default"
        {
            return Err(ApiError::unknown_model(asked, &options.model));
        }
        let number = |x: Option<f64>| x.is_some_and(|x| x != 0.0);
        let value = |v: &Option<Value>| v.as_ref().is_some_and(|v| !v.is_null());
        for (name, given) in [
            ("presence_penalty", number(self.presence_penalty)),
            ("frequency_penalty", number(self.frequency_penalty)),
            ("logit_bias", value(&self.logit_bias)),
            ("suffix", value(&self.suffix)),
            ("tools", value(&self.tools)),
            ("response_format", value(&self.response_format)),
        ] {
            if given {
                return Err(ApiError::parameter(name, format!("`{name}` is not served")));
            }
        }
        Ok(())
    }

    fn stops(&self) -> Result<Vec<String>, ApiError> {
        let stops = match &self.stop {
            None => Vec::new(),
            Some(OneOrMany::One(stop)) => vec![stop.clone()],
            Some(OneOrMany::Many(stops)) => stops.clone(),
        };
        if stops.len() > STOPS.0 || stops.iter().any(|s| s.is_empty() || s.len() > STOPS.1) {
            let message = format!(
                "`stop` takes at most {} texts of 1 to {} bytes",
                STOPS.0, STOPS.1
            );
            return Err(ApiError::parameter("stop", message));
        }
        Ok(stops)
    }
}

fn in_range(name: &'static str, value: usize, from: usize, to: usize) -> Result<usize, ApiError> {
    if (from..=to).contains(&value) {
        return Ok(value);
    }
    let message = format!("`{name}` must be from {from} to {to}, and is {value}");
    Err(ApiError::parameter(name, message))
}

/// Looks for stop strings in the last tokens' text: each token but a special one is a byte or more.
fn stop_test(loaded: &Loaded, stops: &[String]) -> Option<StopTest> {
    let longest = stops.iter().map(String::len).max()?;
    let (tokenizer, stops) = (loaded.tokenizer.clone(), stops.to_vec());
    Some(StopTest::new(move |tokens: &[u32]| {
        let tail = &tokens[tokens.len().saturating_sub(longest + 4)..];
        let text = tokenizer.decode(tail).unwrap_or_default();
        stops.iter().any(|stop| text.contains(stop.as_str()))
    }))
}
