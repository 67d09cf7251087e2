//! Escaping for HTML, SVG and JSON inside a page.

use std::fmt;

/// Displays text with the five characters escaped that HTML and SVG give a meaning to, and control
/// characters that XML forbids replaced.
pub struct Text<'a>(pub &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => fmt::Write::write_char(f, c)?,
                c if c.is_control() => f.write_str("\u{fffd}")?,
                c => fmt::Write::write_char(f, c)?,
            }
        }
        Ok(())
    }
}

/// A JSON value for a `<script type="application/json">` block: no `<`, `>` or `&` survives, so the
/// block cannot be ended from inside.
pub fn json(value: &serde_json::Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

/// Cuts to at most `max` characters, on one line, with an ellipsis where something was left out.
pub fn shorten(text: &str, max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max {
        return line;
    }
    let mut out: String = line.chars().take(max.saturating_sub(1)).collect();
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_does_not_survive() {
        assert_eq!(
            Text("<a href='x'>&\u{1b}").to_string(),
            "&lt;a href=&#39;x&#39;&gt;&amp;\u{fffd}"
        );
        let j = json(&serde_json::json!({"p": "</script><script>alert(1)</script>"}));
        assert!(!j.contains('<') && !j.contains('>'));
        let back: serde_json::Value = serde_json::from_str(&j).unwrap();
        assert_eq!(back["p"], "</script><script>alert(1)</script>");
    }

    #[test]
    fn long_text_is_cut_at_characters() {
        assert_eq!(shorten("ab\n  cd", 10), "ab cd");
        assert_eq!(shorten("ℕℕℕℕ", 3), "ℕℕ…");
    }
}
