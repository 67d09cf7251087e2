//! A model's opinion on whether the statement says what the text says.
//!
//! It stands beside the alignment and never decides: judges of this kind overstate (97.5 % judged right
//! against 62.7 % by people). Only where the alignment doubts as well does a judge's *different* lower a
//! statement's quality.

use serde::{Deserialize, Serialize};

use crate::formalise::prompt::filled;
use crate::model::{Chat, Message, ModelError, Tokens};

const JUDGE: &str = include_str!("../../prompts/judge.txt");
/// Longer reasons are cut.
const MAX_REASON: usize = 400;

/// What a judge says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// The judge's model.
    pub model: String,
    /// Whether the two say the same; absent where the answer is neither.
    pub same: Option<bool>,
    /// The answer's first line.
    pub why: String,
}

/// The request.
fn request(informal: &str, literal: &str) -> Vec<Message> {
    let parts = [
        ("{informal}", informal.to_owned()),
        ("{literal}", literal.to_owned()),
    ];
    vec![Message::user(filled(JUDGE.trim_end(), &parts))]
}

/// A judge's opinion on a reading of a statement; none where its answer cannot be used.
///
/// # Errors
/// The endpoint cannot be used, whatever it is asked.
pub async fn ask(
    judge: &Chat,
    informal: &str,
    literal: &str,
    seed: u64,
) -> Result<(Option<Opinion>, Tokens), ModelError> {
    match judge.ask(&request(informal, literal), seed).await {
        Ok(answer) => {
            let opinion = opinion(&judge.config().model, &answer.text);
            Ok((Some(opinion), answer.tokens))
        }
        Err(ModelError::BadAnswer { message }) => {
            tracing::debug!(message, "a judge's answer cannot be used");
            Ok((None, Tokens::default()))
        }
        Err(error) => Err(error),
    }
}

fn opinion(model: &str, answer: &str) -> Opinion {
    let line = answer
        .lines()
        .map(|l| l.trim().trim_matches('*').trim())
        .find(|l| !l.is_empty());
    let line = line.unwrap_or_default();
    let upper = line.to_uppercase();
    let same = match upper.split(|c: char| !c.is_alphabetic()).next() {
        Some("SAME") => Some(true),
        Some("DIFFERENT") => Some(false),
        _ => None,
    };
    Opinion {
        model: model.to_owned(),
        same,
        why: line.chars().take(MAX_REASON).collect(),
    }
}

/// What names the prompt: a change of its words is another job.
pub fn fingerprint() -> String {
    crate::formalise::prompt::digest(&[JUDGE])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_opinion() {
        for (answer, expected) in [
            ("SAME. Both say it.", Some(true)),
            ("\n**Different**: the second needs n > 0.", Some(false)),
            ("same", Some(true)),
            ("The same as DIFFERENT", None),
            ("", None),
        ] {
            assert_eq!(opinion("m", answer).same, expected, "{answer}");
        }
    }

    #[test]
    fn the_prompt_is_what_it_was() {
        insta::assert_snapshot!(request("Every {literal} is even.", "Let n be 2.")[0].content);
    }
}
