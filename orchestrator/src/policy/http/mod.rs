//! A policy that asks a model server which speaks OpenAI's completions protocol (vLLM, llama.cpp, the
//! project's own model server, a hosted API).
//!
//! Each round asks for `samples` completions of the template's prompt, hotter from round to round;
//! equal tactics are one proposal with the likeliest one's log-probability. The search's theorems
//! share one client, whose bounded number of requests under way is the back-pressure.
//!
//! Our own server keeps the state after each prompt and says its name; the search keeps the name with the node, and where the
//! template's prompts extend their parents', a child's request sends that name and what is new. Nothing of this is sent to a
//! server whose `/models` does not offer it.

mod client;
mod config;
#[cfg(test)]
mod tests;
mod wire;

use super::templates::{Template, TemplateError};
use super::{Policy, PolicyContext, PolicyError, PolicyFuture, Proposal, Round};
use client::Client;
pub use config::{AUTO, HttpConfig};
use tokio::sync::OnceCell;

/// Asks a model server for tactics.
pub struct HttpPolicy {
    client: Client,
    config: HttpConfig,
    template: Template,
    source: String,
    known: OnceCell<Known>,
}

/// How this server is asked.
struct Known {
    template: Template,
    states: bool,
}

/// A prompt, and the shorter way to it.
struct Prompt {
    whole: String,
    /// A state, and what follows the text that left it.
    rest: Option<(String, String)>,
    /// The goal that proposals are for.
    goal: String,
}

impl Prompt {
    /// A prompt and, with the names of its beginnings' states, the shortest rest of it. `names` are those of the ancestors from
    /// the root and of the node itself.
    fn new(parts: &[String], names: &[Option<&str>]) -> Self {
        let known = names.iter().rposition(Option::is_some);
        let rest = known.filter(|_| parts.len() == names.len()).and_then(|i| {
            let name = names[i]?.to_owned();
            Some((name, parts[i + 1..].concat()))
        });
        Self {
            whole: parts.concat(),
            rest,
            goal: String::new(),
        }
    }
}

/// The template where neither the user nor the server names one.
const FALLBACK: &str = "bfs-prover";

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
        let auto = config.template == AUTO;
        let template = Template::load(if auto { FALLBACK } else { &config.template })?;
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
            known: OnceCell::new(),
        })
    }

    /// What the server says of itself, asked until it was there once. The error is none where it is not there yet.
    async fn known(&self) -> Result<&Known, Option<PolicyError>> {
        let ask = async || {
            let said = self.client.extension().await.ok_or(None)?;
            let own = said.template.filter(|_| self.config.template == AUTO);
            let template = match own {
                Some(text) => {
                    let wrong = |e: TemplateError| PolicyError::Protocol {
                        message: e.to_string(),
                    };
                    Template::parse("of the server", &text).map_err(|e| Some(wrong(e)))?
                }
                None => self.template.clone(),
            };
            Ok(Known {
                template,
                states: said.states && self.config.states && !self.config.chat,
            })
        };
        self.known.get_or_try_init(ask).await
    }

    async fn round(
        &self,
        template: &Template,
        prompt: &Prompt,
        round: u32,
        seed: u64,
    ) -> Result<Round, PolicyError> {
        if round >= self.config.rounds.max(1) {
            return Ok(Round::default());
        }
        let mut answer = Err(PolicyError::StateGone);
        if let Some((state, rest)) = &prompt.rest {
            answer = self.ask(template, rest, Some(state), round, seed).await;
        }
        if matches!(answer, Err(PolicyError::StateGone)) {
            answer = self.ask(template, &prompt.whole, None, round, seed).await;
        }
        let answer = answer?;
        Ok(Round {
            proposals: self.read(template, &prompt.goal, &answer),
            more: round + 1 < self.config.rounds,
            memory: answer.state_id,
        })
    }

    async fn ask(
        &self,
        template: &Template,
        prompt: &str,
        state: Option<&str>,
        round: u32,
        seed: u64,
    ) -> Result<wire::Response, PolicyError> {
        let ask = if self.config.chat {
            let system = (!template.system.is_empty()).then_some(wire::ChatMessage {
                role: "system",
                content: &template.system,
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
            stop: &template.stop,
            seed: (seed >> 33) as u32,
            parent_state_id: state,
        };
        self.client.send(&body, seed).await
    }

    fn read(&self, template: &Template, goal: &str, answer: &wire::Response) -> Vec<Proposal> {
        let mut proposals: Vec<Proposal> = Vec::new();
        for choice in &answer.choices {
            let Some(text) = choice.text() else { continue };
            let (logprob, tokens) = choice.likelihood();
            for tactic in template.proposals(goal, text, choice.cut()) {
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
            // A server that is not there yet gets the usual attempts below, without the extension.
            let plain = || Known {
                template: self.template.clone(),
                states: false,
            };
            let unknown;
            let known = match self.known().await {
                Ok(known) => known,
                Err(Some(error)) => return Err(error),
                Err(None) => {
                    unknown = plain();
                    &unknown
                }
            };
            let parts = known.template.parts(context);
            let mut names: Vec<Option<&str>> = Vec::new();
            if known.states {
                // Prompts that stand alone have no beginnings that are others'.
                let above = context.history.iter().map(|a| a.memory);
                names.extend(above.filter(|_| parts.len() > 1));
                names.push(context.memory);
            }
            let goal = context.state.goals.first();
            let prompt = Prompt {
                goal: goal.map(|g| g.text.clone()).unwrap_or_default(),
                ..Prompt::new(&parts, &names)
            };
            let mut round = self
                .round(&known.template, &prompt, context.round, context.seed)
                .await?;
            round.memory.take_if(|_| !known.states);
            Ok(round)
        })
    }
}
