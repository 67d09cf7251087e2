//! What the model is asked. The words are in `prompts/`.

use crate::model::Message;

use super::problem::Problem;

const FORMALIZE: &str = include_str!("../../prompts/formalize.txt");
const ANSWER: &str = include_str!("../../prompts/answer.txt");
const REPAIR: &str = include_str!("../../prompts/repair.txt");

/// Longer error messages are cut.
const MAX_ERROR: usize = 800;

/// The first request for a problem.
pub fn formalize(problem: &Problem) -> Vec<Message> {
    let answer = problem
        .answer
        .as_ref()
        .map(|answer| ANSWER.trim_end().replace("{answer}", answer))
        .unwrap_or_default();
    // The problem's own text is put in last: braces in it mean nothing.
    let text = FORMALIZE.trim_end().replace("{answer}", &answer);
    vec![Message::user(text.replace("{informal}", &problem.informal))]
}

/// The request after Lean has refused an answer.
pub fn repair(problem: &Problem, said: &str, error: &str) -> Vec<Message> {
    let error: String = error.chars().take(MAX_ERROR).collect();
    let mut messages = formalize(problem);
    messages.push(Message::assistant(said));
    messages.push(Message::user(REPAIR.trim_end().replace("{error}", &error)));
    messages
}

/// What names the prompts: a change of their words is another job.
pub fn fingerprint() -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for text in [FORMALIZE, ANSWER, REPAIR] {
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
