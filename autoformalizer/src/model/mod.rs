//! Any OpenAI-compatible chat endpoint.
//!
//! Requests under way are bounded, so that a slow server slows the job and nothing else. What may pass
//! (429, 5xx, a broken connection) is tried again with pauses that grow; what will not (an address that is
//! no such server, a refused key) ends the job, which loses nothing. An answer that is too long or not
//! what the protocol says counts against one candidate only, unless the server never answers otherwise.

mod chat;
mod wire;

pub use chat::{Chat, ChatConfig, Meter, Price};

use serde::{Deserialize, Serialize};

/// A turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// What is said.
    pub content: String,
}

impl Message {
    /// What the user says.
    pub fn user(content: impl Into<String>) -> Self {
        Self {
            role: "user".into(),
            content: content.into(),
        }
    }

    /// What the model has said.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self {
            role: "assistant".into(),
            content: content.into(),
        }
    }
}

/// Tokens that were paid for, as the server counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Of prompts.
    pub prompt: u64,
    /// Of answers.
    pub completion: u64,
}

impl Tokens {
    /// Both.
    pub fn total(self) -> u64 {
        self.prompt + self.completion
    }
}

impl std::ops::AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        self.prompt += other.prompt;
        self.completion += other.completion;
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the model says.
    pub text: String,
    /// What it cost.
    pub tokens: Tokens,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// The endpoint cannot be used, whatever it is asked.
    #[error("{message}")]
    Unavailable {
        /// What was tried, and the way out.
        message: String,
    },
    /// This answer cannot be used.
    #[error("{message}")]
    BadAnswer {
        /// What is wrong with it.
        message: String,
    },
    /// As many tokens as were allowed have been used.
    #[error(
        "the cap of {cap} tokens is reached ({used} were used); raise --token-cap and run the command again"
    )]
    Spent {
        /// The cap.
        cap: u64,
        /// Used so far.
        used: u64,
    },
    /// As much as was allowed has been spent.
    #[error(
        "the cap of {cap} on the cost is reached ({cost:.6} were spent); raise --cost-cap and run the command again"
    )]
    TooDear {
        /// The cap.
        cap: f64,
        /// Spent so far.
        cost: f64,
    },
}
