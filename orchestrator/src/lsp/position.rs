//! Places in a text: byte offsets here, lines and columns in UTF-8 or UTF-16 units over the wire.
//!
//! Lines end with `\n`, `\r\n` or `\r`, as the protocol says. A place that is not in the text is moved to the
//! nearest one that is: to a line's end, to the text's end, to the beginning of a character.

use lakatos_lean_bridge::outline::Span;
use lsp_types::{Position, PositionEncodingKind, Range};

/// The unit in which columns are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units, which every client knows.
    #[default]
    Utf16,
}

impl Encoding {
    /// UTF-8 where the client offers it.
    pub fn negotiated(offered: Option<&[PositionEncodingKind]>) -> Self {
        match offered {
            Some(kinds) if kinds.contains(&PositionEncodingKind::UTF8) => Self::Utf8,
            _ => Self::Utf16,
        }
    }

    /// Its name in the protocol.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
        }
    }
}

/// Where the lines of a text begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// The lines of a text.
    pub fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(i, b)| match b {
            b'\n' => true,
            b'\r' => bytes.get(i + 1) != Some(&b'\n'),
            _ => false,
        });
        Self(std::iter::once(0).chain(ends.map(|(i, _)| i + 1)).collect())
    }

    /// A line's text without its end.
    fn line<'t>(&self, text: &'t str, line: usize) -> &'t str {
        let start = self.0.get(line).copied().unwrap_or(text.len());
        let stop = self.0.get(line + 1).copied().unwrap_or(text.len());
        let whole = text.get(start..stop).unwrap_or_default();
        whole.trim_end_matches(['\n', '\r'])
    }

    /// The byte offset of a position in `text`, the text that the lines are of.
    pub fn offset(&self, text: &str, position: Position, encoding: Encoding) -> usize {
        let line = position.line as usize;
        let Some(start) = self.0.get(line) else {
            return text.len();
        };
        let mut column = 0;
        for (at, c) in self.line(text, line).char_indices() {
            column += encoding.width(c);
            if column > position.character as usize {
                return start + at;
            }
        }
        start + self.line(text, line).len()
    }

    /// The position of a byte offset.
    pub fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Position {
        let line = self.0.partition_point(|start| *start <= offset) - 1;
        let start = self.0.get(line).copied().unwrap_or(0);
        let before = self.line(text, line).char_indices();
        let before = before.take_while(|(at, c)| start + at + c.len_utf8() <= offset);
        let column: usize = before.map(|(_, c)| encoding.width(c)).sum();
        Position::new(line as u32, column as u32)
    }

    /// The bytes of a range; where its end is before its beginning, none of them.
    pub fn span(&self, text: &str, range: Range, encoding: Encoding) -> Span {
        let start = self.offset(text, range.start, encoding);
        let end = self.offset(text, range.end, encoding).max(start);
        Span { start, end }
    }

    /// The range of some bytes.
    pub fn range(&self, text: &str, span: Span, encoding: Encoding) -> Range {
        let at = |offset| self.position(text, offset, encoding);
        Range::new(at(span.start), at(span.end))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("\n"),
            Just("\r\n"),
            Just("\r"),
            Just("a"),
            Just("é"),
            Just("∀"),
            Just("𝔸"),
            Just("👩‍🔬"),
            Just("⟨⟩"),
            Just(" "),
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    fn encodings() -> impl Strategy<Value = Encoding> {
        prop_oneof![Just(Encoding::Utf8), Just(Encoding::Utf16)]
    }

    proptest! {
        #[test]
        fn offsets_come_back(text in texts(), encoding in encodings()) {
            let lines = Lines::of(&text);
            for (offset, c) in text.char_indices().chain([(text.len(), ' ')]) {
                // Between the two halves of a line's end there is no position.
                let inside = c == '\n' && text[..offset].ends_with('\r');
                if !inside {
                    let position = lines.position(&text, offset, encoding);
                    prop_assert_eq!(lines.offset(&text, position, encoding), offset);
                }
            }
        }

        #[test]
        fn any_position_is_a_place(text in texts(), line in 0u32..50, column in 0u32..50, encoding in encodings()) {
            let lines = Lines::of(&text);
            let offset = lines.offset(&text, Position::new(line, column), encoding);
            prop_assert!(text.is_char_boundary(offset));
            let position = lines.position(&text, offset, encoding);
            prop_assert!(position.line <= line);
            prop_assert!(position.line < line || position.character <= column);
        }

        #[test]
        fn columns_are_those_of_the_encoding(text in texts()) {
            let lines = Lines::of(&text);
            for (offset, _) in text.char_indices() {
                let line = text[..offset].rsplit(['\n', '\r']).next().unwrap();
                let utf16 = lines.position(&text, offset, Encoding::Utf16);
                let utf8 = lines.position(&text, offset, Encoding::Utf8);
                prop_assert_eq!(utf16.line, utf8.line);
                if !(text[offset..].starts_with('\n') && text[..offset].ends_with('\r')) {
                    prop_assert_eq!(utf16.character as usize, line.encode_utf16().count());
                    prop_assert_eq!(utf8.character as usize, line.len());
                }
            }
        }
    }

    #[test]
    fn astral_characters() {
        let text = "theorem 𝔸 : ⊤ := sorry";
        let lines = Lines::of(text);
        let at = text.find("sorry").unwrap();
        assert_eq!(
            lines.position(text, at, Encoding::Utf16),
            Position::new(0, 18)
        );
        assert_eq!(
            lines.position(text, at, Encoding::Utf8),
            Position::new(0, 22)
        );
        // In the middle of a pair: the beginning of the character.
        assert_eq!(lines.offset(text, Position::new(0, 9), Encoding::Utf16), 8);
    }
}
