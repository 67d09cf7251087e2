//! `/v1/completions`.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{self, Read, Wording};
use super::choice::{self, Choice};
use super::error::ApiError;
use super::params::Params;
use super::{Loaded, Shared};
use crate::engine::Scored;
use crate::error::ModelError;

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    prompt: Option<Prompt>,
    logprobs: Option<usize>,
    echo: Option<bool>,
    #[serde(flatten)]
    params: Params,
}

/// A text or its tokens; a list of one of them counts as that one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Prompt {
    Text(String),
    Tokens(Vec<u32>),
    Texts(Vec<String>),
    Lists(Vec<Vec<u32>>),
}

/// How completions are worded.
struct Completion {
    /// The prompt, where it is to be repeated.
    echo: Option<String>,
    logprobs: bool,
}

/// Continues a text.
pub async fn answer(
    State(server): State<Shared>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let loaded = server.loaded()?;
    let body: Body = answer::parse(body)?;
    let several = || {
        ApiError::parameter(
            "prompt",
            "one prompt a request is served; send others beside it",
        )
    };
    let (text, prompt) = match body.prompt {
        None => (None, Vec::new()),
        Some(Prompt::Text(text)) => (Some(text), Vec::new()),
        Some(Prompt::Tokens(tokens)) => (None, tokens),
        Some(Prompt::Texts(texts)) => match <[String; 1]>::try_from(texts) {
            Ok([text]) => (Some(text), Vec::new()),
            Err(_) => return Err(several()),
        },
        Some(Prompt::Lists(lists)) => match <[Vec<u32>; 1]>::try_from(lists) {
            Ok([tokens]) => (None, tokens),
            Err(_) => return Err(several()),
        },
    };
    let prompt = match &text {
        Some(text) => loaded.tokenizer.encode(text)?,
        None => prompt,
    };
    let echo = body.echo.unwrap_or(false);
    let logprobs = body.logprobs.is_some();
    let echoed = match (echo, text) {
        (false, _) => None,
        (true, Some(text)) => Some(text),
        (true, None) => Some(loaded.tokenizer.decode(&prompt)?),
    };
    let top = body.logprobs.unwrap_or(0);
    let mut spec = body.params.spec(&server.options, loaded, prompt, top, 16)?;
    spec.request.score = echo && logprobs;
    let wording = Completion {
        echo: echoed,
        logprobs,
    };
    answer::answer(server, spec, wording).await
}

impl Wording for Completion {
    const OBJECTS: (&'static str, &'static str) = ("text_completion", "text_completion");
    const ID: &'static str = "cmpl";

    fn whole(&self, loaded: &Loaded, read: &Read, choice: &Choice) -> Result<Value, ModelError> {
        self.piece(loaded, read, choice.text(), &choice.tokens, true)
    }

    fn piece(
        &self,
        loaded: &Loaded,
        read: &Read,
        text: &str,
        tokens: &[Scored],
        first: bool,
    ) -> Result<Value, ModelError> {
        let echo = self.echo.as_deref().filter(|_| first).unwrap_or_default();
        let logprobs = if self.logprobs {
            let before = if first { &read.scores[..] } else { &[] };
            let tokens = [before, tokens].concat();
            Some(choice::legacy(&loaded.tokenizer, &tokens)?)
        } else {
            None
        };
        Ok(json!({"text": format!("{echo}{text}"), "logprobs": logprobs}))
    }
}
