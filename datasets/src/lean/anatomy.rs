//! The parts of a theorem: name, statement, body.
//!
//! The body begins at the first `:=` outside all brackets that belongs to no `let` or `have` of the
//! statement, at a `where`, or at the first `|` of its equations.

use super::commands::Command;
use super::lexer::{Kind, Lexed};

/// Words that bring a `:=` of their own.
const BINDING: &[&str] = &["let", "have", "haveI", "letI", "let_fun", "let_delayed"];

/// A theorem's parts, as token numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anatomy {
    /// The name; none for an `example`.
    pub name: Option<usize>,
    /// The first token after the keyword (the name, where there is one).
    pub from: usize,
    /// The token after the statement's last.
    pub statement_end: usize,
    /// The token after the body's last.
    pub to: usize,
    /// Whether the proof is missing or has a hole: `sorry`, `admit`, or nothing after `:=` or `by`.
    pub hole: bool,
}

/// Whether a command states a theorem (or an `example`, which is one without a name).
pub fn is_theorem(keyword: &str) -> bool {
    matches!(keyword, "theorem" | "lemma" | "example")
}

/// The parts of the theorem that a command states.
pub fn anatomy(lexed: &Lexed<'_>, command: &Command) -> Anatomy {
    let from = command.head + 1;
    let to = command.to;
    let named =
        lexed.str(command.head) != "example" && from < to && lexed.tokens[from].kind == Kind::Word;
    let statement_end = body_start(lexed, from, to)
        .or_else(|| tail_start(lexed, from, to))
        .unwrap_or(to);
    let body = (statement_end..to).filter(|&i| lexed.tokens[i].kind == Kind::Word);
    let sorry = body
        .clone()
        .any(|i| matches!(lexed.str(i), "sorry" | "admit"));
    let rest = to.saturating_sub(statement_end);
    let nothing = rest <= 1 || (rest == 2 && lexed.is_word(to - 1, "by"));
    Anatomy {
        name: named.then_some(from),
        from,
        statement_end,
        to,
        hole: sorry || nothing,
    }
}

/// The `:=`, `where` or `|` that the body begins with, read from the left.
fn body_start(lexed: &Lexed<'_>, from: usize, to: usize) -> Option<usize> {
    let depth = lexed.tokens.get(from)?.depth;
    let mut bindings = 0u32;
    let mut alternatives = false;
    for i in from..to {
        let token = lexed.tokens[i];
        if token.depth != depth {
            continue;
        }
        match (token.kind, lexed.str(i)) {
            (Kind::Word, word) if BINDING.contains(&word) => {
                bindings += 1;
                alternatives = true;
            }
            (Kind::Word, "fun" | "with") | (Kind::Symbol, "λ") => alternatives = true,
            (Kind::Word, "where") => return Some(i),
            (Kind::Symbol, ":=") if bindings == 0 => return Some(i),
            (Kind::Symbol, ":=" | "←") => bindings = bindings.saturating_sub(1),
            (Kind::Symbol, "|") if token.first && !alternatives => return Some(i),
            _ => {}
        }
    }
    None
}

/// A last `:=`, `:= by`, `:= sorry` or `:= by sorry`, read from the right: what decides when the
/// `let`s of a statement have no `:=` of their own.
fn tail_start(lexed: &Lexed<'_>, from: usize, to: usize) -> Option<usize> {
    let mut at = to.checked_sub(1).filter(|&i| i >= from)?;
    for word in ["sorry", "by"] {
        if lexed.is_word(at, word) {
            at = at.checked_sub(1).filter(|&i| i >= from)?;
        }
    }
    (lexed.str(at) == ":=").then_some(at)
}

#[cfg(test)]
mod tests {
    use super::super::commands::commands;
    use super::*;

    fn check(text: &str, statement: &str, hole: bool) {
        let lexed = Lexed::new(text);
        let command = &commands(&lexed)[0];
        let a = anatomy(&lexed, command);
        let got = lexed.slice(
            lexed.tokens[a.from].start,
            lexed.tokens[a.statement_end - 1].end,
        );
        assert_eq!((got, a.hole), (statement, hole), "{text}");
    }

    #[test]
    fn tails() {
        for tail in [
            "",
            " :=",
            " := by",
            " := sorry",
            " := by sorry",
            " := by\n  sorry",
            " :=by\n",
        ] {
            check(
                &format!("theorem t (n : ℕ) : n = n{tail}"),
                "t (n : ℕ) : n = n",
                true,
            );
        }
        check(
            "theorem t : P := by\n  -- nothing yet\n  sorry -- later",
            "t : P",
            true,
        );
        check("theorem t : P := by { admit }", "t : P", true);
        check("lemma t : P := by simp", "t : P", false);
        check("theorem t : P := rfl", "t : P", false);
    }

    #[test]
    fn assignments_inside_the_statement() {
        check(
            "theorem t (n : ℕ := 3) (h : f (x := 2) = 1) : P := by sorry",
            "t (n : ℕ := 3) (h : f (x := 2) = 1) : P",
            true,
        );
        check(
            "theorem t : let x := 5; let y := x\n x + y = 10 := by sorry",
            "t : let x := 5; let y := x\n x + y = 10",
            true,
        );
        check(
            "theorem t : have h : 1 < 2 := by simp; P h := sorry",
            "t : have h : 1 < 2 := by simp; P h",
            true,
        );
        check(
            "theorem t : let ⟨a, _⟩ := p; a = 1 := by",
            "t : let ⟨a, _⟩ := p; a = 1",
            true,
        );
        check(
            "theorem t : { x := 1, y := 2 : S }.x = 1 := by",
            "t : { x := 1, y := 2 : S }.x = 1",
            true,
        );
        check(
            "theorem t : let f : ℕ → ℕ | 0 => 1 | n => n; f 0 = 1 := by sorry",
            "t : let f : ℕ → ℕ | 0 => 1 | n => n; f 0 = 1",
            true,
        );
    }

    #[test]
    fn other_bodies() {
        check(
            "theorem t : ∀ n, P n\n  | 0 => sorry\n  | n + 1 => rfl",
            "t : ∀ n, P n",
            true,
        );
        check(
            "theorem t : ∀ n, P n\n  | 0 => a\n  | n + 1 => b",
            "t : ∀ n, P n",
            false,
        );
        check(
            "theorem t : match n with\n  | 0 => P\n  | _ => Q := by sorry",
            "t : match n with\n  | 0 => P\n  | _ => Q",
            true,
        );
        check(
            "theorem t : A ∧ B where\n  left := a\n  right := sorry",
            "t : A ∧ B",
            true,
        );
        check("theorem t : |x| ≤ 1 := by sorry", "t : |x| ≤ 1", true);
    }

    #[test]
    fn partial_proofs_are_holes_and_words_in_strings_are_not() {
        check(
            "theorem t : P := by\n  have h : Q := sorry\n  exact f h",
            "t : P",
            true,
        );
        check(
            "theorem t : P := by\n  /- sorry -/ exact f \"sorry\"",
            "t : P",
            false,
        );
    }
}
