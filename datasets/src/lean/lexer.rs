//! Lean's surface, cut into tokens: enough to tell code from comments and strings, to follow
//! brackets, and to find command keywords. Total on any text, in linear time.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or keyword, dots included (`Nat.succ`, `theorem`, `«a b».c`).
    Word,
    /// `#check`, `#eval`, …
    Hash,
    /// A number, a string or a character.
    Literal,
    /// `( [ { ⟨ ⦃ ⟦`, and `@[`, `#[`.
    Open,
    /// `) ] } ⟩ ⦄ ⟧`.
    Close,
    /// `/-- … -/`.
    Doc,
    /// Anything else: `:=`, `=>`, or one character.
    Symbol,
}

/// A token of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset after its last character.
    pub end: usize,
    /// Characters between the line's start and the token, for the first token of a line; else 0.
    pub column: usize,
    /// Whether it is the first token of its line.
    pub first: bool,
    /// Open brackets around it; an opening bracket and its closing one count themselves out.
    pub depth: u32,
}

/// A text with its tokens; comments other than documentation are left out.
#[derive(Debug)]
pub struct Lexed<'a> {
    /// The text.
    pub text: &'a str,
    /// Its tokens, in order.
    pub tokens: Vec<Token>,
}

impl<'a> Lexed<'a> {
    /// Cuts a text into tokens.
    pub fn new(text: &'a str) -> Self {
        let mut lexer = Lexer {
            text,
            at: 0,
            line_start: 0,
            last_line: usize::MAX,
            depth: 0,
        };
        let mut tokens = Vec::new();
        while let Some(token) = lexer.next_token() {
            tokens.push(token);
        }
        Self { text, tokens }
    }

    /// The characters of token `i`; empty past the end.
    pub fn str(&self, i: usize) -> &'a str {
        self.tokens
            .get(i)
            .map_or("", |t| self.slice(t.start, t.end))
    }

    /// Whether token `i` is the word `word`.
    pub fn is_word(&self, i: usize, word: &str) -> bool {
        self.tokens.get(i).is_some_and(|t| t.kind == Kind::Word) && self.str(i) == word
    }

    /// The text from one byte offset to another, both at token borders.
    pub fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line_start: usize,
    /// The line (by its start) of the last token.
    last_line: usize,
    depth: u32,
}

/// Whether a character may begin an identifier.
pub fn begins_word(c: char) -> bool {
    (c.is_alphabetic() && !matches!(c, 'λ' | 'Π' | 'Σ')) || c == '_' || c == '«'
}

fn continues_word(c: char) -> bool {
    (c.is_alphanumeric() && !matches!(c, 'λ' | 'Π' | 'Σ')) || matches!(c, '_' | '\'' | '!' | '?')
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        if c == '\n' {
            self.line_start = self.at;
        }
        Some(c)
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&keep) {
            self.bump();
        }
    }

    /// From just after an opening `/-` to just after its `-/`, comments nested.
    fn skip_block(&mut self) {
        let mut depth = 1usize;
        while depth > 0 {
            if self.rest().starts_with("-/") {
                self.at += 2;
                depth -= 1;
            } else if self.rest().starts_with("/-") {
                self.at += 2;
                depth += 1;
            } else if self.bump().is_none() {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        while let Some(c) = self.bump() {
            match c {
                '"' => return,
                '\\' => {
                    self.bump();
                }
                _ => {}
            }
        }
    }

    /// After `r`, at `#…"` or `"`: a raw string with as many hashes.
    fn skip_raw_string(&mut self) {
        let hashes = self.rest().chars().take_while(|&c| c == '#').count();
        self.at += hashes + 1;
        loop {
            match self.bump() {
                None => return,
                Some('"') => {
                    let closing = self
                        .rest()
                        .chars()
                        .take(hashes)
                        .take_while(|&c| c == '#')
                        .count();
                    if closing == hashes {
                        self.at += hashes;
                        return;
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// At a quote: the length of a character literal, if one is there.
    fn char_literal(&self) -> Option<usize> {
        let mut chars = self.rest().char_indices().skip(1);
        let (_, c) = chars.next()?;
        if c == '\\' {
            let (_, escape) = chars.next()?;
            let digits = match escape {
                'x' => 2,
                'u' => 4,
                _ => 0,
            };
            for _ in 0..digits {
                chars.next().filter(|(_, c)| c.is_ascii_hexdigit())?;
            }
        }
        match chars.next()? {
            (i, '\'') if c != '\'' && c != '\n' => Some(i + 1),
            _ => None,
        }
    }

    fn word(&mut self) {
        loop {
            if self.peek() == Some('«') {
                self.skip_while(|c| c != '»' && c != '\n');
                if self.peek() == Some('»') {
                    self.bump();
                }
            } else {
                self.skip_while(continues_word);
            }
            let mut ahead = self.rest().chars();
            if ahead.next() == Some('.') && ahead.next().is_some_and(begins_word) {
                self.bump();
            } else {
                return;
            }
        }
    }

    fn next_token(&mut self) -> Option<Token> {
        loop {
            self.skip_while(char::is_whitespace);
            let rest = self.rest();
            if rest.starts_with("--") {
                self.skip_while(|c| c != '\n');
            } else if rest.starts_with("/-")
                && (!rest.starts_with("/--") || rest.starts_with("/--/"))
            {
                self.at += 2;
                self.skip_block();
            } else {
                break;
            }
        }
        let start = self.at;
        let line = self.line_start;
        let first = self.last_line != line;
        let before = if first {
            self.text.get(line..start).unwrap_or("")
        } else {
            ""
        };
        let column = before.chars().count();
        let kind = self.scan()?;
        self.last_line = self.line_start;
        let depth = match kind {
            Kind::Open => {
                self.depth += 1;
                self.depth - 1
            }
            Kind::Close => {
                self.depth = self.depth.saturating_sub(1);
                self.depth
            }
            _ => self.depth,
        };
        Some(Token {
            kind,
            start,
            end: self.at,
            column,
            first,
            depth,
        })
    }

    /// Scans one token; nothing is white space or a comment here.
    fn scan(&mut self) -> Option<Kind> {
        let rest = self.rest();
        let c = rest.chars().next()?;
        let raw = rest
            .strip_prefix('r')
            .is_some_and(|r| r.trim_start_matches('#').starts_with('"'));
        Some(match c {
            '/' if rest.starts_with("/--") => {
                self.at += 3;
                self.skip_block();
                Kind::Doc
            }
            '"' => {
                self.bump();
                self.skip_string();
                Kind::Literal
            }
            'r' if raw => {
                self.bump();
                self.skip_raw_string();
                Kind::Literal
            }
            '\'' => match self.char_literal() {
                Some(length) => {
                    self.at += length;
                    Kind::Literal
                }
                None => {
                    self.bump();
                    Kind::Symbol
                }
            },
            '#' if rest.chars().nth(1).is_some_and(begins_word) => {
                self.bump();
                self.word();
                Kind::Hash
            }
            '@' | '#' if rest.chars().nth(1) == Some('[') => {
                self.at += 2;
                Kind::Open
            }
            '(' | '[' | '{' | '⟨' | '⦃' | '⟦' => {
                self.bump();
                Kind::Open
            }
            ')' | ']' | '}' | '⟩' | '⦄' | '⟧' => {
                self.bump();
                Kind::Close
            }
            _ if begins_word(c) => {
                self.word();
                Kind::Word
            }
            _ if c.is_ascii_digit() => {
                self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_');
                Kind::Literal
            }
            _ if rest.starts_with(":=") || rest.starts_with("=>") => {
                self.at += 2;
                Kind::Symbol
            }
            _ => {
                self.bump();
                Kind::Symbol
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expect: &[&str]) {
        let lexed = Lexed::new(text);
        let got: Vec<_> = (0..lexed.tokens.len()).map(|i| lexed.str(i)).collect();
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn words_and_symbols() {
        check("Nat.succ n'.foo ≤ x₁", &["Nat.succ", "n'.foo", "≤", "x₁"]);
        check(
            "«a b».c:=fun x=>x.1",
            &["«a b».c", ":=", "fun", "x", "=>", "x", ".", "1"],
        );
        check("λx ↦ x!", &["λ", "x", "↦", "x!"]);
    }

    #[test]
    fn comments_are_dropped_and_documentation_kept() {
        check("a -- sorry\nb /- /- sorry -/ sorry -/ c", &["a", "b", "c"]);
        check(
            "/-- doc /- in -/ -/ d /-! module -/ e",
            &["/-- doc /- in -/ -/", "d", "e"],
        );
        check("a /--/ b", &["a", "b"]);
        check("a /- open for ever", &["a"]);
    }

    #[test]
    fn strings_and_characters() {
        check(
            r#"f "so\"rry" 'x' '\n' '\x41' y' '('"#,
            &["f", r#""so\"rry""#, "'x'", r"'\n'", r"'\x41'", "y'", "'('"],
        );
        check(
            r###"r#"a "quoted" sorry"# b"###,
            &[r###"r#"a "quoted" sorry"#"###, "b"],
        );
        check("\"open for ever", &["\"open for ever"]);
        check("'", &["'"]);
    }

    #[test]
    fn brackets_have_depth() {
        let lexed = Lexed::new("(a [b] @[simp]) c )");
        let depths: Vec<_> = lexed.tokens.iter().map(|t| t.depth).collect();
        assert_eq!(depths, [0, 1, 1, 2, 1, 1, 2, 1, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn total_and_in_order(text in "[a-z(){}\\[\\]⟨⟩«»'\"\\\\#@/\\-:=r \n∑λ0-9.!]{0,80}") {
            let lexed = Lexed::new(&text);
            let mut last = 0;
            for t in &lexed.tokens {
                prop_assert!(t.start >= last && t.end > t.start);
                prop_assert!(text.get(t.start..t.end).is_some());
                last = t.end;
            }
        }
    }
}
