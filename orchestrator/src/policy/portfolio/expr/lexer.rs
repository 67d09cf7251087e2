//! Tokens of pretty-printed Lean, and back.

pub(super) fn is_word_start(c: char) -> bool {
    c.is_alphabetic() && !matches!(c, 'λ' | 'Π' | 'Σ') || c == '_' || c == '✝'
}

pub(super) fn is_word(c: char) -> bool {
    is_word_start(c)
        || c.is_numeric()
        || matches!(c, '\'' | '!' | '?')
        || ('\u{2080}'..='\u{209c}').contains(&c)
}

/// The token of a bracket that indexes what stands before it.
pub(super) const INDEX: &str = "[]";

/// Splits a text into Lean tokens; qualified names stay whole. Never fails.
pub fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let start = i;
        if c.is_whitespace() {
            i += 1;
            continue;
        }
        if c.is_ascii_digit() {
            while i < chars.len() && chars[i].is_ascii_digit() {
                i += 1;
            }
        } else if is_word_start(c) {
            while i < chars.len()
                && (is_word(chars[i])
                    || chars[i] == '.'
                        && chars
                            .get(i + 1)
                            .is_some_and(|d| is_word_start(*d) || d.is_numeric()))
            {
                i += 1;
            }
        } else {
            // An index `l[i]` stands close to its list; a list literal does not.
            let close =
                start > 0 && (is_word(chars[start - 1]) || matches!(chars[start - 1], ')' | ']'));
            if c == '[' && close {
                out.push(INDEX.to_owned());
                i += 1;
                continue;
            }
            let three: String = chars[i..].iter().take(3).collect();
            let two: String = chars[i..].iter().take(2).collect();
            let triples = [
                "|||", "^^^", "&&&", "<<<", ">>>", "~~~", "<|>", ">>=", "<$>",
            ];
            let pairs = [
                "::", "++", "∃!", ":=", "=>", "!=", "==", "&&", "||", "<|", "|>",
            ];
            i += if triples.contains(&three.as_str()) {
                3
            } else if pairs.contains(&two.as_str()) {
                2
            } else {
                1
            };
        }
        out.push(chars[start..i].iter().collect());
    }
    out
}

/// Tokens as a text that Lean reads the same way.
pub(super) fn text(tokens: &[String]) -> String {
    let mut out = String::new();
    for t in tokens {
        if t == INDEX {
            out.push('[');
            continue;
        }
        let glued = out.is_empty() || out.ends_with(['(', '[', '⟨', '!', '↑', '.']);
        if !glued && !matches!(t.as_str(), "." | ")" | "]" | "⟩" | ",") {
            out.push(' ');
        }
        out.push_str(t);
    }
    out
}
