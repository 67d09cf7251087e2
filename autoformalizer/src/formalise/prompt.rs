//! What the model is asked. The words are in `prompts/`.

use crate::model::Message;

use super::problem::Problem;

const FORMALIZE: &str = include_str!("../../prompts/formalize.txt");
const ANSWER: &str = include_str!("../../prompts/answer.txt");
const CONTEXT: &str = include_str!("../../prompts/context.txt");
const REPAIR: &str = include_str!("../../prompts/repair.txt");

/// Longer error messages are cut.
const MAX_ERROR: usize = 800;
/// Bytes of a context that are shown: its end, which is nearest.
const MAX_CONTEXT: usize = 8000;

/// The first request for a problem.
pub fn formalize(problem: &Problem) -> Vec<Message> {
    let answer = problem.answer.as_ref();
    let answer = answer.map(|answer| ANSWER.trim_end().replace("{answer}", answer));
    let parts = [
        ("{context}", context(&problem.context)),
        ("{informal}", problem.informal.clone()),
        ("{answer}", answer.unwrap_or_default()),
    ];
    vec![Message::user(filled(FORMALIZE.trim_end(), &parts))]
}

/// The Lean text that a statement stands in, as the model is told of it; nothing where there is none.
pub(crate) fn context(text: &str) -> String {
    match text.trim() {
        "" => String::new(),
        text => CONTEXT.replace("{context}", last(text, MAX_CONTEXT)),
    }
}

/// A template with its places filled, each once and in their order: braces in what is put in mean nothing.
pub(crate) fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let (mut text, mut rest) = (String::new(), template);
    for (place, with) in parts {
        if let Some((before, after)) = rest.split_once(place) {
            text.push_str(before);
            text.push_str(with);
            rest = after;
        }
    }
    text + rest
}

/// An error message as it is shown.
pub(crate) fn shortened(error: &str) -> String {
    error.chars().take(MAX_ERROR).collect()
}

/// The end of a text, at most so many bytes of it, from the beginning of a line.
fn last(text: &str, most: usize) -> &str {
    let Some(from) = text.len().checked_sub(most).filter(|from| *from > 0) else {
        return text;
    };
    let line = text
        .char_indices()
        .find(|(at, c)| *at >= from && *c == '\n');
    line.map_or("", |(at, _)| &text[at + 1..])
}

/// The request after Lean has refused an answer.
pub fn repair(problem: &Problem, said: &str, error: &str) -> Vec<Message> {
    let mut messages = formalize(problem);
    messages.push(Message::assistant(said));
    let parts = [("{error}", shortened(error))];
    messages.push(Message::user(filled(REPAIR.trim_end(), &parts)));
    messages
}

/// What names the prompts: a change of their words is another job.
pub fn fingerprint() -> String {
    digest(&[FORMALIZE, CONTEXT, ANSWER, REPAIR])
}

/// 16 hex digits over texts.
pub(crate) fn digest(texts: &[&str]) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize()
        .iter()
        .take(8)
        .map(|b| format!("{b:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompts_are_what_they_were() {
        let problem = Problem {
            id: "p".into(),
            informal: "Show that {answer} is 4.".into(),
            answer: Some("4".into()),
            context: "def double (n : Nat) := n + n\n".into(),
        };
        let messages = repair(
            &problem,
            "theorem t : x = 4 := by sorry",
            "unknown identifier 'x'",
        );
        let shown: Vec<String> = messages
            .iter()
            .map(|m| format!("[{}]\n{}", m.role, m.content))
            .collect();
        insta::assert_snapshot!(shown.join("\n\n"));
    }
}
