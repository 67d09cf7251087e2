//! The errors of the bridge. Each says what happened, where, and what to do next.

use std::path::PathBuf;

use crate::protocol::Message;

/// Anything that keeps the bridge from doing its work. Verdicts are not errors.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// No Lean could be found or installed.
    #[error("no Lean can be used: {message}")]
    NoLean {
        /// What was tried, and the way out.
        message: String,
    },
    /// Installing the embedded Lean failed.
    #[error("the embedded Lean could not be installed: {message}")]
    Install {
        /// What failed, and the way out.
        message: String,
    },
    /// A file or directory could not be read or written.
    #[error("{action} {} failed: {source}", path.display())]
    Io {
        /// `reading`, `writing`, `creating`, …
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// An independent kernel cannot be used.
    #[error("the checker cannot be used: {message}")]
    Checker {
        /// Why, and the way out.
        message: String,
    },
    /// Workers would not be kept inside, and the caller has not allowed that.
    #[error(
        "workers of this Lean cannot be isolated on this machine, and proofs are hostile input: \
         nothing would keep them from {missing}{}. Use the embedded Lean (--embedded), or mend what \
         `lakatos doctor` names; --allow-unisolated starts them all the same, which is for proofs \
         that you trust", because(.why)
    )]
    Unisolated {
        /// What they would not be kept from.
        missing: String,
        /// Why the means of isolation that were tried are not used; may be empty.
        why: String,
    },
    /// A worker could not be started, or died before it was ready.
    #[error("a Lean worker could not be started: {message}")]
    Spawn {
        /// Its last words.
        message: String,
    },
    /// A worker died (or had to be killed) twice over the same request.
    #[error("a Lean worker died over this request and its replacement did too: {message}")]
    WorkerDied {
        /// Its last words.
        message: String,
    },
    /// The worker did not answer in time and ignored its cancel token, twice.
    #[error("Lean did not answer within {seconds} s")]
    Timeout {
        /// How long was waited.
        seconds: u64,
    },
    /// The statement or text does not elaborate.
    #[error("Lean does not accept the text: {}", first_error(.messages))]
    Elaboration {
        /// Lean's messages.
        messages: Vec<Message>,
    },
    /// The statement is not a proposition.
    #[error("the statement is not a proposition: {message}")]
    NotAProposition {
        /// Its type.
        message: String,
    },
    /// A module cannot be imported.
    #[error("an import failed: {message}")]
    Import {
        /// Which, and the way out.
        message: String,
    },
    /// A protocol rule was broken, by the worker or by a defect here.
    #[error("the Lean worker and this program do not understand each other: {message}")]
    Protocol {
        /// What was unexpected.
        message: String,
    },
}

fn because(why: &str) -> String {
    if why.is_empty() {
        String::new()
    } else {
        format!(" ({why})")
    }
}

fn first_error(messages: &[Message]) -> &str {
    messages
        .iter()
        .find(|m| m.severity == crate::protocol::Severity::Error)
        .or(messages.first())
        .map_or("no message", |m| m.data.as_str())
}
