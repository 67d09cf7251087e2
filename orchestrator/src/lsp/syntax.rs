//! What can be seen of a text without Lean: where a `sorry` stands, and roughly where a declaration begins.
//!
//! Actions are offered by this alone, so that they are there at once, also while Lean is busy. What is done
//! then goes by Lean's own reading.

use lakatos_lean_bridge::outline::Span;

/// The words `sorry` and `admit` that are neither in a comment nor in a string.
pub fn sorries(text: &str) -> Vec<Span> {
    words(text)
        .filter(|(_, word)| matches!(*word, "sorry" | "admit"))
        .map(|(span, _)| span)
        .collect()
}

/// The declarations that state something: from the word to the next command, each with its word.
pub fn statements(text: &str) -> Vec<(Span, &str)> {
    let mut found: Vec<(Span, &str)> = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    for (span, word) in words(text) {
        if !COMMANDS.contains(&word) || !begins_command(text, span.start) {
            continue;
        }
        if let Some((start, word)) = open.take() {
            found.push((
                Span {
                    start,
                    end: span.start,
                },
                word,
            ));
        }
        if STATEMENTS.contains(&word) {
            open = Some((span.start, word));
        }
    }
    found.extend(open.map(|(start, word)| {
        (
            Span {
                start,
                end: text.len(),
            },
            word,
        )
    }));
    found
}

const STATEMENTS: [&str; 3] = ["theorem", "lemma", "example"];
const COMMANDS: [&str; 24] = [
    "theorem",
    "lemma",
    "example",
    "def",
    "abbrev",
    "instance",
    "structure",
    "inductive",
    "class",
    "axiom",
    "opaque",
    "namespace",
    "section",
    "end",
    "open",
    "variable",
    "universe",
    "set_option",
    "macro",
    "syntax",
    "notation",
    "attribute",
    "mutual",
    "import",
];

/// Whether nothing but modifiers and attributes stands before the place on its line, and the line is not indented.
fn begins_command(text: &str, at: usize) -> bool {
    let line = text
        .get(..at)
        .map_or("", |t| t.rsplit('\n').next().unwrap_or_default());
    if line.starts_with([' ', '\t']) {
        return false;
    }
    let mut rest = line.trim();
    while let Some(inside) = rest.strip_prefix("@[") {
        rest = inside
            .split_once(']')
            .map_or("", |(_, after)| after)
            .trim_start();
    }
    rest.split_whitespace().all(|w| {
        matches!(
            w,
            "private"
                | "protected"
                | "noncomputable"
                | "unsafe"
                | "partial"
                | "nonrec"
                | "local"
                | "scoped"
                | "in"
        ) || w.ends_with("-/")
    }) || rest.ends_with(" in")
}

/// The words of a text outside comments and strings.
fn words(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(at..)?;
            let c = rest.chars().next()?;
            if rest.starts_with("--") {
                at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/-") {
                at += comment(rest);
            } else if c == '"' {
                at += string(rest);
            } else if is_word(c) {
                let len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let span = Span {
                    start: at,
                    end: at + len,
                };
                at += len;
                return Some((span, rest.get(..len)?));
            } else if c == '«' {
                at += rest.find('»').map_or(rest.len(), |i| i + '»'.len_utf8());
            } else {
                at += c.len_utf8();
            }
        }
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '\'' | '.' | '!' | '?' | '₀'..='₉')
}

/// The length of the block comment that a text begins with; they nest.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        if rest.starts_with("/-") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("-/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of the string that a text begins with.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
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
