//! What the model is asked for a definition. The words are in `prompts/`.

use super::Piece;
use crate::formalise::prompt;
use crate::model::Message;

const DEFINE: &str = include_str!("../../prompts/define.txt");
const REDEFINE: &str = include_str!("../../prompts/redefine.txt");

/// The first request for a definition, which stands after `text`.
pub(super) fn define(piece: &Piece, text: &str) -> Vec<Message> {
    let title = piece.title.as_ref().map(|t| format!(" ({t})"));
    let parts = [
        ("{context}", prompt::context(text)),
        ("{title}", title.unwrap_or_default()),
        ("{informal}", piece.text.clone()),
    ];
    vec![Message::user(prompt::filled(DEFINE.trim_end(), &parts))]
}

/// The request after an answer that could not be used.
pub(super) fn redefine(piece: &Piece, text: &str, said: &str, error: &str) -> Vec<Message> {
    let mut messages = define(piece, text);
    messages.push(Message::assistant(said));
    let parts = [("{error}", prompt::shortened(error))];
    messages.push(Message::user(prompt::filled(REDEFINE.trim_end(), &parts)));
    messages
}

/// What names the prompts of a section: a change of their words is another job.
pub fn fingerprint() -> String {
    prompt::digest(&[DEFINE, REDEFINE])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompts_are_what_they_were() {
        let (pieces, _) = crate::section::read(
            b"\\begin{definition}[Even {title}] A number is {informal} even.\\end{definition}",
        );
        let messages = redefine(
            &pieces[0],
            "def double (n : Nat) : Nat := n + n\n",
            "def even := 1",
            "unknown identifier",
        );
        let shown: Vec<String> = messages
            .iter()
            .map(|m| format!("[{}]\n{}", m.role, m.content))
            .collect();
        insta::assert_snapshot!(shown.join("\n\n"));
    }
}
