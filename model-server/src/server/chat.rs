//! `/v1/chat/completions`. Messages are written by the checkpoint's own template; without one, as ChatML where the tokenizer
//! knows its marks, else as plain paragraphs.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{self, Read, Wording};
use super::choice::{self, Choice};
use super::error::ApiError;
use super::params::Params;
use super::{Loaded, Shared};
use crate::engine::Scored;
use crate::error::ModelError;
use crate::model::chat_template::ChatTemplate;
use crate::model::tokenizer::Tokenizer;

#[derive(Debug, Deserialize)]
struct Body {
    messages: Vec<Map<String, Value>>,
    logprobs: Option<bool>,
    top_logprobs: Option<usize>,
    #[serde(flatten)]
    params: Params,
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
    let messages: Result<Vec<Value>, ApiError> = body.messages.into_iter().map(message).collect();
    let messages = messages?;
    let template = server.options.chat.as_ref();
    let template = template.map_err(|e| ModelError::ChatTemplate(e.clone()))?;
    let text = match template {
        Some(template) => template.render(&messages)?,
        None => conversation(&messages, &loaded.tokenizer),
    };
    let prompt = loaded.tokenizer.encode(&text)?;
    let mut spec = body
        .params
        .spec(&server.options, loaded, prompt, top, DEFAULT_TOKENS)?;
    let end = template.as_ref().and_then(ChatTemplate::end);
    for end in [Some(END), end].into_iter().flatten() {
        spec.request.ends.tokens.extend(loaded.tokenizer.token(end));
    }
    answer::answer(server, spec, Chat { logprobs }).await
}

const START: &str = "<|im_start|>";
const END: &str = "<|im_end|>";

/// A message whose content is one text.
fn message(mut message: Map<String, Value>) -> Result<Value, ApiError> {
    let wrong = |message: &str| ApiError::parameter("messages", message);
    if !message.get("role").is_some_and(Value::is_string) {
        return Err(wrong("each message needs a `role`, which is a text"));
    }
    let part = |part: &Value| part.get("text").and_then(Value::as_str).map(str::to_owned);
    let text = match message.get("content") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Array(parts)) => parts.iter().map(part).collect(),
        _ => None,
    };
    let text = text.ok_or_else(|| {
        wrong("each message needs a `content`: a text, or a list of parts that are texts")
    })?;
    message.insert("content".into(), text.into());
    Ok(message.into())
}

/// The text where the checkpoint has no template.
fn conversation(messages: &[Value], tokenizer: &Tokenizer) -> String {
    let chatml = tokenizer.token(START).is_some() && tokenizer.token(END).is_some();
    let mut text = String::new();
    for message in messages {
        let field = |name: &str| message[name].as_str().unwrap_or_default();
        let (role, content) = (field("role"), field("content"));
        if chatml {
            text.push_str(&format!("{START}{role}\n{content}{END}\n"));
        } else {
            text.push_str(content);
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
