//! What can be seen of a text without Lean: where a `sorry` stands, and roughly where a declaration begins.
//!
//! Actions are offered by this alone, so that they are there at once, also while Lean is busy. What is done
//! then goes by Lean's own reading.

use lakatos_datasets::lean::anatomy::is_theorem;
use lakatos_datasets::lean::commands::commands;
use lakatos_datasets::lean::lexer::{Kind, Lexed};
use lakatos_lean_bridge::outline::Span;

/// The words `sorry` and `admit` that are neither in a comment nor in a string.
pub fn sorries(text: &str) -> Vec<Span> {
    let lexed = Lexed::new(text);
    let words = lexed.tokens.iter().filter(|t| t.kind == Kind::Word);
    let spans = words.map(|t| Span {
        start: t.start,
        end: t.end,
    });
    spans
        .filter(|s| matches!(s.of(text), Some("sorry" | "admit")))
        .collect()
}

/// The declarations that state something: from the word to the next command, each with its word.
pub fn statements(text: &str) -> Vec<(Span, &str)> {
    let lexed = Lexed::new(text);
    let begins = |token: usize| lexed.tokens.get(token).map_or(text.len(), |t| t.start);
    let all = commands(&lexed).into_iter();
    all.filter(|c| is_theorem(lexed.str(c.head)))
        .map(|c| {
            let span = Span {
                start: begins(c.head),
                end: begins(c.to),
            };
            (span, lexed.str(c.head))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn holes_outside_comments_and_strings() {
        let text = "/- sorry /- sorry -/ sorry -/ theorem sorry' : p := by -- sorry\n  exact \"sorry\\\" sorry\" ; sorry\n  admit";
        let found: Vec<_> = sorries(text)
            .into_iter()
            .map(|s| (s.start, s.of(text).unwrap()))
            .collect();
        assert_eq!(
            found,
            [(text.len() - 13, "sorry"), (text.len() - 5, "admit")]
        );
    }

    #[test]
    fn statements_reach_to_the_next_command() {
        let text = "open Nat in\n@[simp] private theorem a : p := by\n  exact foo\n\ndef b := 1\nlemma c : q := sorry\n  -- theorem d\n";
        let found: Vec<_> = statements(text)
            .into_iter()
            .map(|(s, w)| (w, s.of(text).unwrap().len()))
            .collect();
        assert_eq!(found, [("theorem", 33), ("lemma", 36)]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[/\\-\"«»\\\\ sory\nλ𝔸]{0,80}") {
            for span in sorries(&text) {
                prop_assert!(matches!(span.of(&text), Some("sorry" | "admit")));
            }
            statements(&text);
        }
    }
}
