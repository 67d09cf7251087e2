//! Requests as they are sent, and the envelope of answers; docs/protocol.md is the reference.

use serde::{Deserialize, Serialize};

use super::process::{Cause, Death};
use crate::BridgeError;
use crate::protocol::{Message, TacticRequest, WorkerState};

/// A request without its id and deadline.
#[derive(Debug, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Request<'a> {
    Open {
        imports: &'a [String],
        text: &'a str,
    },
    Start {
        env: u64,
        statement: &'a str,
        negate: bool,
    },
    Sorries {
        env: u64,
        text: &'a str,
    },
    Step {
        state: WorkerState,
        tactics: &'a [TacticRequest],
        stop_on_close: bool,
        split: bool,
    },
    Suggest {
        state: WorkerState,
        kinds: &'a [String],
        limit: usize,
    },
    Check {
        env: u64,
        text: &'a str,
    },
    Export {
        env: u64,
        text: &'a str,
        names: &'a [String],
    },
    Submit {
        env: u64,
        text: &'a str,
        names: &'a [String],
        #[serde(skip_serializing_if = "Option::is_none")]
        infotree: Option<&'a str>,
        only_clean: bool,
        unchecked: bool,
    },
    Verify {
        env: u64,
        #[serde(flatten)]
        reference: Reference<'a>,
        names: &'a [String],
        export: &'a str,
        axioms: &'a [String],
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        keep: bool,
        /// Theorems that are not named too, each by its own statement.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        all: bool,
    },
    Verbalise {
        env: u64,
        statements: &'a [String],
        names: &'a [String],
    },
    Constants {
        env: u64,
        prefixes: &'a [String],
        kinds: &'a [String],
        hashes: bool,
    },
    Mutate {
        env: u64,
        target: &'a str,
        rules: &'a [String],
        limit: u32,
        trivial: u32,
        seed: u64,
    },
    Compose {
        env: u64,
        first: &'a str,
        second: &'a str,
        limit: u32,
        seed: u64,
    },
    Negatives {
        env: u64,
        signature: &'a str,
        script: &'a str,
        seed: u64,
    },
    Assess {
        env: u64,
        statements: &'a [String],
        heartbeats: u64,
    },
    Equivalent {
        env: u64,
        statements: &'a [String],
        heartbeats: u64,
    },
    Trace {
        env: u64,
        text: &'a str,
    },
    Restate {
        env: u64,
        statements: &'a [String],
        seed: u64,
        heartbeats: u64,
    },
    Outline {
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        have: Option<u64>,
        known: usize,
        budget_ms: u64,
    },
    Lean4export {
        name: &'a str,
        part: u32,
        library: bool,
    },
    Free {
        states: &'a [WorkerState],
    },
}

/// What a challenge states: its text, or the terms that another worker made of it.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) enum Reference<'a> {
    #[serde(rename = "reference")]
    Text(&'a str),
    #[serde(rename = "reference_terms")]
    Terms(&'a str),
    /// The submission's own statements: nobody else says what they should be. Always true.
    #[serde(rename = "own")]
    Own(bool),
}

#[derive(Serialize)]
struct Numbered<'a> {
    id: u64,
    deadline_ms: u64,
    #[serde(flatten)]
    request: &'a Request<'a>,
}

impl Request<'_> {
    /// The request's line, newline included.
    pub fn line(&self, id: u64, deadline_ms: u64) -> Result<Vec<u8>, BridgeError> {
        let mut line = serde_json::to_vec(&Numbered {
            id,
            deadline_ms,
            request: self,
        })
        .map_err(|e| BridgeError::Protocol {
            message: format!("a request: {e}"),
        })?;
        line.push(b'\n');
        Ok(line)
    }
}

/// An answer, with the shape that its request calls for.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<T> {
    #[serde(default = "none")]
    pub ok: Option<T>,
    pub error: Option<Refusal>,
    #[serde(default)]
    pub ms: f64,
}

fn none<T>() -> Option<T> {
    None
}

/// What a worker will not do. It is alive and well.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Refusal {
    pub kind: String,
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub messages: Vec<Message>,
}

/// What kept a request from its answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The worker died, or had to be killed, over this request.
    Died(Death),
    /// The worker refused.
    Refused(Refusal),
    /// No worker could be started, or nothing could be sent.
    Bridge(BridgeError),
}

impl Failure {
    /// A state that did not come back as it was: sentence for [`BridgeError::Protocol`].
    pub fn protocol(message: impl Into<String>) -> Self {
        Self::Bridge(BridgeError::Protocol {
            message: message.into(),
        })
    }

    /// A text that Lean does not accept.
    pub fn elaboration(messages: Vec<Message>) -> Self {
        Self::Refused(Refusal {
            kind: "elaboration".into(),
            message: "Lean does not accept the text".into(),
            messages,
        })
    }

    /// The process that a request was meant for is gone.
    pub fn lost() -> Self {
        let message = "it ended between two requests".into();
        Self::Died(Death {
            cause: Cause::Exited,
            message,
        })
    }

    /// Whether another attempt, on a fresh worker, makes sense.
    pub fn is_death(&self) -> bool {
        matches!(self, Self::Died(_))
    }

    /// The error that the caller sees, after the retry.
    pub fn into_error(self, deadline_ms: u64) -> BridgeError {
        match self {
            Self::Bridge(error) => error,
            Self::Died(Death {
                cause: Cause::Hung, ..
            }) => BridgeError::Timeout {
                seconds: deadline_ms.div_ceil(1000),
            },
            Self::Died(death) => BridgeError::WorkerDied {
                message: death.message,
            },
            Self::Refused(refusal) => refusal.into_error(deadline_ms),
        }
    }
}

impl From<BridgeError> for Failure {
    fn from(error: BridgeError) -> Self {
        Self::Bridge(error)
    }
}

impl Refusal {
    pub fn into_error(self, deadline_ms: u64) -> BridgeError {
        let Self {
            kind,
            message,
            mut messages,
        } = self;
        match kind.as_str() {
            "elaboration" => {
                if messages.is_empty() {
                    let severity = crate::protocol::Severity::Error;
                    messages.push(Message {
                        severity,
                        line: 1,
                        column: 0,
                        data: message,
                    });
                }
                BridgeError::Elaboration { messages }
            }
            "not_a_proposition" => BridgeError::NotAProposition { message },
            "deadline" => BridgeError::Timeout {
                seconds: deadline_ms.div_ceil(1000),
            },
            "import" => BridgeError::Import { message },
            _ => BridgeError::Protocol {
                message: format!("{kind}: {message}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the texts hold, a request is one line, and JSON that gives them back.
        #[test]
        fn a_request_is_one_line(text in any::<String>(), names in prop::collection::vec(any::<String>(), 0..4)) {
            let line = Request::Export { env: 1, text: &text, names: &names }.line(7, 500).unwrap();
            let (last, before) = line.split_last().unwrap();
            prop_assert!(*last == b'\n' && !before.contains(&b'\n'));
            let read: serde_json::Value = serde_json::from_slice(before).unwrap();
            prop_assert_eq!(read["text"].as_str(), Some(text.as_str()));
            prop_assert_eq!(read["names"].as_array().map(Vec::len), Some(names.len()));
        }

        /// An answer of any bytes is read or refused, and never both a result and nothing.
        #[test]
        fn any_answer_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = serde_json::from_slice::<Envelope<serde_json::Value>>(&bytes);
        }

        #[test]
        fn answers_cut_short_are_refused(message in any::<String>(), cut in 1usize..400) {
            let whole = serde_json::to_vec(&serde_json::json!({
                "id": 1, "error": {"kind": "elaboration", "message": message}, "ms": 1.5,
            })).unwrap();
            let read: Envelope<()> = serde_json::from_slice(&whole).unwrap();
            prop_assert_eq!(read.error.map(|e| e.message), Some(message));
            let cut = cut.min(whole.len());
            prop_assert!(serde_json::from_slice::<Envelope<()>>(&whole[..whole.len() - cut]).is_err());
        }
    }

    fn check(request: &Request<'_>, expect: &str) {
        let line = String::from_utf8(request.line(7, 500).unwrap()).unwrap();
        assert_eq!(line, format!("{expect}\n"));
    }

    #[test]
    fn requests_are_what_the_protocol_says() {
        check(
            &Request::Open {
                imports: &["Init".into()],
                text: "open Nat\n",
            },
            r#"{"id":7,"deadline_ms":500,"op":"open","imports":["Init"],"text":"open Nat\n"}"#,
        );
        let tactics = [TacticRequest {
            text: "rw [← h]".into(),
            heartbeats: Some(200),
            ms: None,
        }];
        check(
            &Request::Step {
                state: 3,
                tactics: &tactics,
                stop_on_close: true,
                split: true,
            },
            r#"{"id":7,"deadline_ms":500,"op":"step","state":3,"tactics":[{"text":"rw [← h]","heartbeats":200}],"stop_on_close":true,"split":true}"#,
        );
        check(
            &Request::Free { states: &[1, 2] },
            r#"{"id":7,"deadline_ms":500,"op":"free","states":[1,2]}"#,
        );
    }

    #[test]
    fn refusals_become_errors_that_name_the_cause() {
        let text =
            r#"{"id":1,"error":{"kind":"elaboration","message":"unknown identifier"},"ms":2}"#;
        let envelope: Envelope<()> = serde_json::from_str(text).unwrap();
        let error = Failure::Refused(envelope.error.unwrap()).into_error(1000);
        assert_eq!(
            error.to_string(),
            "Lean does not accept the text: unknown identifier"
        );
    }
}
