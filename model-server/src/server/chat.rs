//! `/v1/chat/completions`. Messages are written as ChatML where the tokenizer knows its marks, else as plain paragraphs.

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
use crate::model::tokenizer::Tokenizer;

#[derive(Debug, Deserialize)]
struct Body {
    messages: Vec<Message>,
    logprobs: Option<bool>,
    top_logprobs: Option<usize>,
    #[serde(flatten)]
    params: Params,
}

#[derive(Debug, Deserialize)]
struct Message {
    role: String,
    content: Content,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

/// A part of a message; only texts are known.
#[derive(Debug, Deserialize)]
struct Part {
    text: String,
}

/// Tokens where a request does not say how many.
const DEFAULT_TOKENS: usize = 256;

/// Answers a conversation.
pub async fn answer(
    State(server): State<Shared>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let loaded = server.loaded()?;
    let body: Body = answer::parse(body)?;
    if body.messages.is_empty() {
        return Err(ApiError::parameter("messages", "`messages` is empty"));
    }
    let logprobs = body.logprobs.unwrap_or(false);
    let top = body.top_logprobs.unwrap_or(0);
    if top > 0 && !logprobs {
        let message = "`top_logprobs` needs `logprobs: true`";
        return Err(ApiError::parameter("top_logprobs", message));
    }
    let text = conversation(&body.messages, &loaded.tokenizer);
    let prompt = loaded.tokenizer.encode(&text)?;
    let mut spec = body
        .params
        .spec(&server.options, loaded, prompt, top, DEFAULT_TOKENS)?;
    spec.request.ends.tokens.extend(loaded.tokenizer.token(END));
    answer::answer(server, spec, Chat { logprobs }).await
}

const START: &str = "<|im_start|>";
const END: &str = "<|im_end|>";

fn conversation(messages: &[Message], tokenizer: &Tokenizer) -> String {
    let chatml = tokenizer.token(START).is_some() && tokenizer.token(END).is_some();
    let mut text = String::new();
    for message in messages {
        let content = match &message.content {
            Content::Text(text) => text.clone(),
            Content::Parts(parts) => parts.iter().map(|p| p.text.as_str()).collect(),
        };
        if chatml {
            text.push_str(&format!("{START}{}\n{content}{END}\n", message.role));
        } else {
            text.push_str(&content);
            text.push('\n');
        }
    }
    if chatml {
        text.push_str(&format!("{START}assistant\n"));
    }
    text
}

/// How chat completions are worded.
struct Chat {
    logprobs: bool,
}

impl Chat {
    fn logprobs(&self, loaded: &Loaded, tokens: &[Scored]) -> Result<Option<Value>, ModelError> {
        self.logprobs
            .then(|| choice::chat(&loaded.tokenizer, tokens))
            .transpose()
    }
}

impl Wording for Chat {
    const OBJECTS: (&'static str, &'static str) = ("chat.completion", "chat.completion.chunk");
    const ID: &'static str = "chatcmpl";

    fn whole(&self, loaded: &Loaded, _: &Read, choice: &Choice) -> Result<Value, ModelError> {
        let message = json!({"role": "assistant", "content": choice.text(), "refusal": null});
        Ok(json!({"message": message, "logprobs": self.logprobs(loaded, &choice.tokens)?}))
    }

    fn piece(
        &self,
        loaded: &Loaded,
        _: &Read,
        text: &str,
        tokens: &[Scored],
        first: bool,
    ) -> Result<Value, ModelError> {
        let mut delta = json!({"content": text});
        if first {
            delta["role"] = json!("assistant");
        }
        Ok(json!({"delta": delta, "logprobs": self.logprobs(loaded, tokens)?}))
    }
}
