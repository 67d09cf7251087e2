//! An operator-precedence reader that gives up on what it does not know.

use super::lexer::{INDEX, is_word, is_word_start, text, tokens};
use super::{Atom, Expr, Op, Quantifier};

/// Reads a term; what is not understood becomes [`Expr::Opaque`], in the worst case the whole.
pub fn parse(text: &str) -> Expr {
    let tokens = tokens(text);
    if tokens.len() > MAX_TOKENS {
        return Expr::Opaque(text.trim().to_owned());
    }
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        depth: 0,
    };
    match reader.term(0) {
        Some(e) if reader.at == tokens.len() => e,
        _ => Expr::Opaque(text.trim().to_owned()),
    }
}

/// Longer texts are not read: left-associative chains nest as deep as they are long.
const MAX_TOKENS: usize = 2000;

/// Deeper nesting than this is not read, so that no text can exhaust the stack.
const MAX_DEPTH: u32 = 200;

struct Reader<'a> {
    tokens: &'a [String],
    at: usize,
    depth: u32,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn eat(&mut self, token: &str) -> Option<()> {
        (self.peek()? == token).then(|| self.at += 1)
    }

    fn term(&mut self, min: u8) -> Option<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut left = self.prefix()?;
        while let Some(op) = self.peek().and_then(Op::read) {
            let (lp, rp) = op.power();
            if lp < min {
                break;
            }
            self.at += 1;
            let right = self.term(rp)?;
            left = Expr::bin(op, left, right);
        }
        self.depth -= 1;
        Some(left)
    }

    fn prefix(&mut self) -> Option<Expr> {
        match self.peek()? {
            "-" => {
                self.at += 1;
                Some(Expr::Neg(Box::new(self.term(75)?)))
            }
            t @ ("!" | "~~~") => {
                let head = if t == "!" {
                    "not"
                } else {
                    "Complement.complement"
                };
                self.at += 1;
                Some(Expr::App(head.to_owned(), vec![self.term(75)?]))
            }
            "fun" | "if" | "match" | "let" | "have" | "do" | "λ" => Some(self.rest()),
            "¬" => {
                self.at += 1;
                Some(Expr::Not(Box::new(self.term(40)?)))
            }
            "∀" => self.quantifier(Quantifier::Forall),
            "∃" => self.quantifier(Quantifier::Exists),
            "∃!" => self.quantifier(Quantifier::ExistsUnique),
            _ => self.application(),
        }
    }

    /// Everything up to the end of the enclosing bracket, as text.
    fn rest(&mut self) -> Expr {
        let start = self.at;
        let mut open = 0usize;
        while let Some(t) = self.peek() {
            match t {
                "(" | "[" | "{" | "⟨" | INDEX => open += 1,
                ")" | "]" | "}" | "⟩" if open == 0 => break,
                ")" | "]" | "}" | "⟩" => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
        Expr::Opaque(text(&self.tokens[start..self.at]))
    }

    /// A bracket and what is in it, as text; the opening one has been read.
    fn bracket(&mut self) -> Option<Expr> {
        let start = self.at - 1;
        let mut open = 1usize;
        while open > 0 {
            match self.peek()? {
                "(" | "[" | "{" | "⟨" | INDEX => open += 1,
                ")" | "]" | "}" | "⟩" => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
        Some(Expr::Opaque(text(&self.tokens[start..self.at])))
    }

    fn quantifier(&mut self, q: Quantifier) -> Option<Expr> {
        self.at += 1;
        let closing = match self.peek()? {
            "(" => Some(")"),
            "{" => Some("}"),
            "[" => Some("]"),
            _ => None,
        };
        if closing.is_some() {
            self.at += 1;
        }
        let mut names = Vec::new();
        while self.peek()?.starts_with(is_word_start) {
            names.push(self.peek()?.to_owned());
            self.at += 1;
        }
        if names.is_empty() {
            return None;
        }
        let mut ty = None;
        let mut guard = None;
        if self.peek()? == ":" {
            self.at += 1;
            let start = self.at;
            let end = closing.unwrap_or(",");
            let mut open = 0usize;
            while open > 0 || self.peek()? != end {
                match self.peek()? {
                    "(" | "{" | "[" => open += 1,
                    ")" | "}" | "]" => open = open.checked_sub(1)?,
                    _ => {}
                }
                self.at += 1;
            }
            ty = Some(self.tokens[start..self.at].join(" "));
        } else if let Some(op) = self.peek().and_then(Op::read).filter(|op| op.is_relation()) {
            self.at += 1;
            let bound = self.term(52)?;
            guard = Some(Expr::bin(op, Expr::Var(names.last()?.clone()), bound));
        }
        if let Some(c) = closing {
            self.eat(c)?;
        }
        // Several binder groups nest: `∀ (a : ℕ) (b : ℤ), p`.
        let body = if matches!(self.peek()?, "(" | "{" | "[") {
            self.at -= 1;
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return None;
            }
            let e = self.quantifier(q)?;
            self.depth -= 1;
            e
        } else {
            self.eat(",")?;
            self.term(0)?
        };
        let body = match guard {
            Some(g) if q == Quantifier::Forall => Expr::bin(Op::Imp, g, body),
            Some(g) => Expr::bin(Op::And, g, body),
            None => body,
        };
        Some(Expr::Quant(q, names, ty, Box::new(body)))
    }

    fn application(&mut self) -> Option<Expr> {
        let head = self.atom()?;
        let mut args = Vec::new();
        while self.starts_atom() {
            args.push(self.atom()?);
        }
        Some(match (head, args.is_empty()) {
            (e, true) => e,
            (Expr::Var(f), false) => Expr::App(f, args),
            (Expr::Field(r, f, mut first), false) => {
                first.extend(args);
                Expr::Field(r, f, first)
            }
            (e, false) => {
                let args: Vec<String> = args.iter().map(|a| Atom(a).to_string()).collect();
                Expr::Opaque(format!("{} {}", Atom(&e), args.join(" ")))
            }
        })
    }

    fn starts_atom(&self) -> bool {
        self.peek().is_some_and(|t| {
            !matches!(
                t,
                "if" | "then" | "else" | "fun" | "match" | "with" | "let" | "have" | "do"
            ) && (t.starts_with(|c: char| is_word_start(c) || c.is_ascii_digit())
                || matches!(t, "(" | "↑" | "[" | "⟨" | "{" | "!"))
        })
    }

    fn nested_atom(&mut self) -> Option<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let e = self.atom()?;
        self.depth -= 1;
        Some(e)
    }

    fn atom(&mut self) -> Option<Expr> {
        if !self.starts_atom() {
            return None;
        }
        let token = self.peek()?.to_owned();
        self.at += 1;
        let mut e = match token.as_str() {
            "↑" => Expr::Cast(Box::new(self.nested_atom()?)),
            "(" => {
                let inner = self.term(0)?;
                if self.peek()? == ":" {
                    self.at += 1;
                    let start = self.at;
                    let mut open = 0usize;
                    while open > 0 || self.peek()? != ")" {
                        match self.peek()? {
                            "(" => open += 1,
                            ")" => open -= 1,
                            _ => {}
                        }
                        self.at += 1;
                    }
                    let ty = self.tokens[start..self.at].join(" ");
                    self.eat(")")?;
                    Expr::Ascribe(Box::new(inner), ty)
                } else {
                    self.eat(")")?;
                    inner
                }
            }
            "[" | "⟨" | "{" => self.bracket()?,
            "!" => Expr::App("not".to_owned(), vec![self.nested_atom()?]),
            t if t.starts_with(|c: char| c.is_ascii_digit()) => t
                .parse()
                .map_or_else(|_| Expr::Opaque(t.to_owned()), Expr::Num),
            t => name(t),
        };
        // Field notation after a parenthesis: `(n + 4).gcd m`, `(a 3).den`, `p.1`.
        loop {
            if self.peek() == Some(INDEX) {
                self.at += 1;
                let Expr::Opaque(index) = self.bracket()? else {
                    return None;
                };
                e = Expr::Opaque(format!("{}{index}", Atom(&e)));
                continue;
            }
            if self.peek() != Some(".") {
                break;
            }
            let field = self.tokens.get(self.at + 1)?;
            if !field.starts_with(is_word) {
                break;
            }
            self.at += 2;
            for part in field.split('.') {
                e = Expr::Field(Box::new(e), part.to_owned(), Vec::new());
            }
        }
        Some(e)
    }
}

/// `Nat.gcd` is one name; `n.gcd` is the field `gcd` of a variable, since constants outside a
/// namespace that begin with a small letter have no dots.
fn name(token: &str) -> Expr {
    let mut parts = token.split('.');
    match parts.next() {
        Some(first) if first.starts_with(char::is_lowercase) => parts
            .fold(Expr::Var(first.to_owned()), |e, part| {
                Expr::Field(Box::new(e), part.to_owned(), Vec::new())
            }),
        _ => Expr::Var(token.to_owned()),
    }
}
