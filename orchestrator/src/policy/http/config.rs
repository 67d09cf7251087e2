//! How the model server is reached and asked: the `[policy.http]` table of the configuration file.

use serde::{Deserialize, Serialize};

use crate::local_model;

/// The template that leaves the choice to the server.
pub const AUTO: &str = "auto";

/// Settings of the OpenAI-compatible client. The API key is not among them: the program's edge
/// reads it from the environment and passes it to [`super::HttpPolicy::new`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Where the API's `/v1` is, such as `http://127.0.0.1:8000/v1`. Empty: the program serves `checkpoint` to itself.
    pub base_url: String,
    /// What it serves then: a directory, or the name of a bundled checkpoint.
    pub checkpoint: String,
    /// The model's name, as the server knows it.
    pub model: String,
    /// The prompt template: a bundled one's name (`history`, `lakatos`, `reprover`, `bfs-prover`, `internlm`,
    /// `deepseek`), the path of a TOML file, or `auto`: the one that the server names for its model, else
    /// `bfs-prover`.
    pub template: String,
    /// Completions asked for in each round.
    pub samples: u32,
    /// Rounds for each node, with the temperature rising from the first to the last.
    pub rounds: u32,
    /// Sampling temperature of the first round.
    pub temperature: f64,
    /// Added to the temperature in each later round.
    pub temperature_step: f64,
    /// Tokens of a completion at most.
    pub max_tokens: u32,
    /// Seconds for one request, the answer included.
    pub timeout_s: u32,
    /// Attempts for one request in all.
    pub attempts: u32,
    /// First pause before another attempt, in milliseconds; doubles each time, with jitter.
    pub backoff_ms: u64,
    /// Longest pause, in milliseconds, also where the server's `Retry-After` asks for a longer one.
    pub max_backoff_ms: u64,
    /// Requests under way at once, over all theorems; others wait their turn.
    pub concurrency: usize,
    /// Go on from the states that the server keeps, where it says that it does.
    pub states: bool,
    /// Ask `/chat/completions` instead of `/completions`.
    pub chat: bool,
    /// Proxy to go through; empty for none. Proxies of the environment are not used.
    pub proxy: String,
}

impl HttpConfig {
    /// Whether this is the bundled model, which nobody asked for by name.
    pub fn is_bundled(&self) -> bool {
        self.base_url.is_empty() && self.checkpoint == local_model::NAME
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            checkpoint: local_model::NAME.into(),
            model: "default".into(),
            template: AUTO.into(),
            samples: 8,
            rounds: 2,
            temperature: 0.7,
            temperature_step: 0.3,
            max_tokens: 128,
            timeout_s: 60,
            attempts: 4,
            backoff_ms: 250,
            max_backoff_ms: 20_000,
            concurrency: 8,
            states: true,
            chat: false,
            proxy: String::new(),
        }
    }
}
