//! Why an attempt did not end in a proof, in words that say what to do next.

use lakatos_lean_bridge::BridgeError;
use lakatos_lean_bridge::protocol::{EnvironmentKind, Opened, Severity};
use lakatos_lean_bridge::verdict::Reason;

use super::Exhausted;
use super::engine::Trouble;
use crate::record::Outcome;

/// A reason from its parts.
pub fn reason(class: &str, message: impl Into<String>) -> Reason {
    Reason {
        class: class.into(),
        message: message.into(),
    }
}

fn misses_mathlib(opened: &Opened) -> bool {
    opened.kind == EnvironmentKind::Core && !opened.dropped_imports.is_empty()
}

fn needs_mathlib(opened: &Opened, because: &str) -> Reason {
    reason(
        "needs_mathlib",
        format!(
            "Needs {}: give a Lake project that has it with `--project DIR`. Without it {because}",
            opened.dropped_imports.join(", ")
        ),
    )
}

/// A header that fails where Mathlib was dropped may leave the statement with another meaning, so
/// that the statement is not read at all.
pub fn header_needs_mathlib(opened: &Opened) -> Option<Reason> {
    let error = opened
        .messages
        .iter()
        .find(|m| m.severity == Severity::Error)?;
    misses_mathlib(opened).then(|| {
        needs_mathlib(
            opened,
            &format!("its text fails: {}", first_line(&error.data)),
        )
    })
}

/// What an error says of the problem.
pub fn refusal(error: &BridgeError, opened: Option<&Opened>) -> (Outcome, Reason) {
    let declined = |class: &str, message: String| (Outcome::Declined, reason(class, message));
    match error {
        BridgeError::Elaboration { messages } => {
            let error = messages.iter().find(|m| m.severity == Severity::Error);
            let words = error
                .or(messages.first())
                .map_or("", |m| first_line(&m.data));
            match opened.filter(|o| misses_mathlib(o)) {
                Some(opened) => {
                    let because = format!("the statement does not elaborate: {words}");
                    (Outcome::Declined, needs_mathlib(opened, &because))
                }
                None => declined(
                    "does_not_elaborate",
                    format!("Lean does not accept the statement: {words}. Mend it and try again."),
                ),
            }
        }
        BridgeError::NotAProposition { .. } => declined("not_a_proposition", error.to_string()),
        BridgeError::Import { .. } => declined("import", error.to_string()),
        BridgeError::Timeout { .. } => (Outcome::Fault, reason("timeout", error.to_string())),
        BridgeError::WorkerDied { .. } => {
            (Outcome::Fault, reason("worker_died", error.to_string()))
        }
        _ => (Outcome::Fault, reason("lean", error.to_string())),
    }
}

/// What ended a search.
pub fn trouble_reason(trouble: &Trouble) -> Reason {
    match trouble {
        Trouble::Lean(error) => refusal(error, None).1,
        Trouble::Policy(error) => reason("policy", error.to_string()),
    }
}

/// Which budget ended it, and how many proofs were rejected before.
pub fn cut_reason(limit: Exhausted, rejected: u32) -> Reason {
    let (class, said) = match limit {
        Exhausted::Nodes => ("nodes", "The budget of node expansions was spent."),
        Exhausted::Time => ("timeout", "The time for the theorem was over."),
        Exhausted::Tokens => ("tokens", "The budget of model tokens was spent."),
        Exhausted::Cancelled => ("interrupted", "The attempt was interrupted."),
    };
    counted(class, said, rejected)
}

/// A reason, and how many proofs were found that the verification rejected.
pub fn counted(class: &str, said: &str, rejected: u32) -> Reason {
    match rejected {
        0 => reason(class, said),
        1 => reason(
            class,
            format!("{said} One proof was found and rejected by the verification."),
        ),
        n => reason(
            class,
            format!("{said} {n} proofs were found and rejected by the verification."),
        ),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text).trim()
}
