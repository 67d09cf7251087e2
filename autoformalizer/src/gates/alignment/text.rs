//! An informal text, ready to be searched.

use std::sync::LazyLock;

use regex::Regex;

/// Compiles a pattern of this crate; one that does not compile matches nothing.
pub(super) fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

/// An informal text in small letters, with mathematical signs spelt in one way.
pub(super) struct Text {
    /// The words.
    pub words: String,
}

static SPACES: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\s+"));

impl Text {
    pub fn new(informal: &str) -> Self {
        let signs = [
            ("\\leq", "≤"),
            ("\\le", "≤"),
            ("\\geq", "≥"),
            ("\\ge", "≥"),
            ("<=", "≤"),
            (">=", "≥"),
            ("\\neq", "≠"),
            ("\\mid", "∣"),
            ("non-negative", "nonnegative"),
            ("non-zero", "nonzero"),
            ("$", " "),
        ];
        let mut words = informal.to_lowercase();
        for (from, to) in signs {
            words = words.replace(from, to);
        }
        if let Some(spaces) = SPACES.as_ref() {
            words = spaces.replace_all(&words, " ").into_owned();
        }
        Self { words }
    }

    /// Whether one of the pieces occurs.
    pub fn has(&self, pieces: &[&str]) -> bool {
        pieces.iter().any(|piece| self.words.contains(piece))
    }

    /// The first place where the pattern matches.
    pub fn first(&self, pattern: &LazyLock<Option<Regex>>) -> Option<usize> {
        pattern.as_ref()?.find(&self.words).map(|m| m.start())
    }
}
