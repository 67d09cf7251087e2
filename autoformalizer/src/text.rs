//! Text that people have written: what of it is kept, whatever made the file.

use std::borrow::Cow;

/// A file's text without a byte order mark, and whether all of it was UTF-8. What is not is replaced.
pub(crate) fn decoded(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    let text = String::from_utf8_lossy(without_mark(bytes));
    let whole = matches!(text, Cow::Borrowed(_));
    (text, whole)
}

/// The bytes after UTF-8's byte order mark.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// A theorem's statement from its name and what follows it, which may be universe parameters: `.{u} …`.
pub(crate) fn theorem_named(name: &str, rest: &str) -> String {
    let space = if rest.starts_with(".{") { "" } else { " " };
    format!("theorem {name}{space}{rest}")
}

/// Words on one line, without what cannot be seen.
pub(crate) fn joined(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text without control characters, marks of the direction of writing and byte order marks: what a
/// reader cannot see has no place in a statement, and may make Lean's text look like another.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    let unseen = |c: char| {
        (c.is_control() && !c.is_whitespace())
            || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    match text.contains(unseen) {
        true => Cow::Owned(text.replace(unseen, "")),
        false => Cow::Borrowed(text),
    }
}

/// A model's Lean without what cannot be seen, and with `Nat`, `Int` and `Rat` for Mathlib's signs, which mean
/// the same and are unknown without it: there Lean would take `ℕ` for any type.
pub(crate) fn plain(lean: &str) -> String {
    let lean = clean(lean);
    let mut text = String::with_capacity(lean.len());
    let mut rest = lean.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        // `ℕ+`, `ℕ∞` and longer names are others.
        let joined = |c: char| {
            c.is_alphanumeric() || matches!(c, '_' | '\'' | '+' | '∞' | '.' | '₀' | '«' | '»')
        };
        let alone = !joined(before) && !rest.peek().copied().is_some_and(joined);
        match c {
            'ℕ' if alone => text.push_str("Nat"),
            'ℤ' if alone => text.push_str("Int"),
            'ℚ' if alone => text.push_str("Rat"),
            c => text.push(c),
        }
        before = c;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_left_out() {
        let (text, whole) = decoded("\u{feff}a".as_bytes());
        assert_eq!((&*text, whole), ("a", true));
        assert!(!decoded(b"\xff\xfea\0").1);
        assert_eq!(
            joined(" a\u{202e}b\u{0}\n\u{200f}c\u{feff} e\u{301} ∀ "),
            "ab c e\u{301} ∀"
        );
    }
}
