//! OpenAI's chat protocol, as far as it is spoken here.

use serde::{Deserialize, Serialize};

use super::Message;

#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    pub model: &'a str,
    pub messages: &'a [Message],
    pub n: u32,
    pub temperature: f64,
    pub max_tokens: u32,
    pub seed: u32,
}

#[derive(Debug, Deserialize)]
pub(super) struct Response {
    pub choices: Vec<Choice>,
    #[serde(default)]
    pub usage: Usage,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    pub message: Said,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    pub content: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}
