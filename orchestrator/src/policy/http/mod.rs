//! A policy that asks a model server which speaks OpenAI's completions protocol (vLLM, llama.cpp, the
//! project's own model server, a hosted API).
//!
//! Each round asks for `samples` completions of the template's prompt, hotter from round to round;
//! equal tactics are one proposal with the likeliest one's log-probability. The search's theorems
//! share one client, whose bounded number of requests under way is the back-pressure.

mod client;
mod config;
#[cfg(test)]
mod tests;
mod wire;

use super::templates::{Template, TemplateError};
use super::{Policy, PolicyContext, PolicyError, PolicyFuture, Proposal, Round};
use client::Client;
pub use config::HttpConfig;

/// Asks a model server for tactics.
pub struct HttpPolicy {
    client: Client,
    config: HttpConfig,
    template: Template,
    source: String,
}

/// Why a model server cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum HttpPolicyError {
    /// The prompt template cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// An address cannot be read.
    #[error("{message}")]
    Address {
        /// Which, and why.
        message: String,
    },
}

impl HttpPolicy {
    /// A policy for a server; `key` is sent as a bearer token. Nothing is sent yet.
    pub fn new(config: HttpConfig, key: Option<String>) -> Result<Self, HttpPolicyError> {
        let template = Template::load(&config.template)?;
        let client = Client::new(config.clone(), key)
            .map_err(|message| HttpPolicyError::Address { message })?;
        let stem = std::path::Path::new(&config.template).file_stem();
        let name = stem.map_or_else(
            || config.template.clone(),
            |s| s.to_string_lossy().into_owned(),
        );
        Ok(Self {
            client,
            config,
            template,
            source: format!("http/{name}"),
        })
    }

    async fn round(&self, prompt: &str, round: u32, seed: u64) -> Result<Round, PolicyError> {
        if round >= self.config.rounds.max(1) {
            return Ok(Round::default());
        }
        let ask = if self.config.chat {
            let system = (!self.template.system.is_empty()).then_some(wire::ChatMessage {
                role: "system",
                content: &self.template.system,
            });
            let user = wire::ChatMessage {
                role: "user",
                content: prompt,
            };
            wire::Ask::Chat {
                messages: system.into_iter().chain([user]).collect(),
                logprobs: true,
            }
        } else {
            wire::Ask::Completion {
                prompt,
                logprobs: 1,
            }
        };
        let body = wire::Request {
            model: &self.config.model,
            ask,
            n: self.config.samples.max(1),
            temperature: self.config.temperature + self.config.temperature_step * f64::from(round),
            max_tokens: self.config.max_tokens,
            stop: &self.template.stop,
            seed: (seed >> 33) as u32,
        };
        let answer = self.client.send(&body, seed).await?;
        Ok(Round {
            proposals: self.read(&answer),
            more: round + 1 < self.config.rounds,
        })
    }

    fn read(&self, answer: &wire::Response) -> Vec<Proposal> {
        let mut proposals: Vec<Proposal> = Vec::new();
        for choice in &answer.choices {
            let Some(text) = choice.text() else { continue };
            let (logprob, tokens) = choice.likelihood();
            for tactic in self.template.tactics(text, choice.cut()) {
                match proposals.iter_mut().find(|p| p.tactic == tactic) {
                    Some(known) if known.logprob >= logprob => {}
                    Some(known) => (known.logprob, known.tokens) = (logprob, tokens),
                    None => proposals.push(Proposal {
                        tactic,
                        logprob,
                        tokens,
                        source: self.source.clone(),
                        heartbeats: None,
                    }),
                }
            }
        }
        proposals.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
        proposals
    }
}

impl Policy for HttpPolicy {
    fn name(&self) -> &str {
        &self.source
    }

    fn propose<'a>(&'a self, context: &'a PolicyContext<'a>) -> PolicyFuture<'a> {
        Box::pin(async move {
            let prompt = self.template.prompt(context);
            self.round(&prompt, context.round, context.seed).await
        })
    }
}
