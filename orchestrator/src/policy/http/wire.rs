//! OpenAI's completions protocol, as far as the client speaks it. Servers differ in what they leave
//! out; everything beyond a choice's text is optional.

use serde::{Deserialize, Serialize};

/// The body of a request to `/completions` or `/chat/completions`.
#[derive(Debug, Serialize)]
pub struct Request<'a> {
    pub model: &'a str,
    #[serde(flatten)]
    pub ask: Ask<'a>,
    pub n: u32,
    pub temperature: f64,
    pub max_tokens: u32,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub stop: &'a [String],
    pub seed: u32,
    /// The prompt follows the text that left this state; our own server's extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_state_id: Option<&'a str>,
}

/// What is asked, in either of the two ways. `logprobs` is a count in the one and a flag in the other.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Ask<'a> {
    Completion {
        prompt: &'a str,
        logprobs: u32,
    },
    Chat {
        messages: Vec<ChatMessage<'a>>,
        logprobs: bool,
    },
}

#[derive(Debug, Serialize)]
pub struct ChatMessage<'a> {
    pub role: &'static str,
    pub content: &'a str,
}

/// The answer.
#[derive(Debug, Deserialize)]
pub struct Response {
    pub choices: Vec<Choice>,
    /// The state after the prompt, where the server keeps states.
    #[serde(default)]
    pub state_id: Option<String>,
}

/// `/models`, as far as our own server says more than others.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Models {
    pub data: Vec<Model>,
}

/// One model.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Model {
    pub id: String,
    pub lakatos: Option<Extension>,
}

/// What our own server can do beyond OpenAI's protocol.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Extension {
    /// Whether it keeps states to go on from.
    pub states: bool,
    /// The template that the model was trained with, as TOML.
    pub template: Option<String>,
}

/// One completion.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Choice {
    pub text: Option<String>,
    pub message: Option<Content>,
    pub finish_reason: Option<String>,
    pub logprobs: Option<Logprobs>,
    /// The project's own model server and vLLM's own protocol give these two.
    pub cumulative_logprob: Option<f64>,
    pub num_tokens: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Content {
    pub content: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Logprobs {
    /// Of completions; the first token's may be null.
    pub token_logprobs: Option<Vec<Option<f64>>>,
    /// Of chat completions.
    pub content: Option<Vec<TokenLogprob>>,
}

#[derive(Debug, Deserialize)]
pub struct TokenLogprob {
    pub logprob: f64,
}

/// Log-probability for each token where the server does not say: a model that is neither sure nor
/// lost, so that such proposals can stand beside others.
const UNKNOWN_PER_TOKEN: f64 = -1.0;
/// Characters to a token where the server does not count.
const CHARS_PER_TOKEN: usize = 3;

impl Choice {
    /// The completion's text.
    pub fn text(&self) -> Option<&str> {
        let chat = || self.message.as_ref().and_then(|m| m.content.as_deref());
        self.text.as_deref().or_else(chat)
    }

    /// Whether the server ran out of tokens.
    pub fn cut(&self) -> bool {
        self.finish_reason.as_deref() == Some("length")
    }

    /// The log-probability of the whole completion and its number of tokens.
    pub fn likelihood(&self) -> (f64, u32) {
        let listed: Vec<f64> = match &self.logprobs {
            Some(Logprobs {
                token_logprobs: Some(list),
                ..
            }) => list.iter().copied().flatten().collect(),
            Some(Logprobs {
                content: Some(list),
                ..
            }) => list.iter().map(|t| t.logprob).collect(),
            _ => Vec::new(),
        };
        let guess = self.text().unwrap_or_default().chars().count() / CHARS_PER_TOKEN;
        let counted = if listed.is_empty() {
            guess
        } else {
            listed.len()
        };
        let tokens = self.num_tokens.unwrap_or(counted as u32).max(1);
        let logprob = match self.cumulative_logprob {
            Some(sum) => sum,
            None if !listed.is_empty() => listed.iter().sum(),
            None => UNKNOWN_PER_TOKEN * f64::from(tokens),
        };
        let sane = if logprob.is_finite() {
            logprob.min(0.0)
        } else {
            -1e4
        };
        (sane, tokens)
    }
}
