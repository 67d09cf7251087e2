//! A statement out of a model's answer: prose, code fences, imports and proofs around it are taken off.

use crate::text::plain;

/// A longer statement is none.
const MAX_STATEMENT: usize = 20_000;
/// Words that begin a statement.
const STARTS: [&str; 3] = ["theorem ", "lemma ", "example "];

/// The first statement of the answer, up to its `:=`; `None` where there is none.
pub fn statement(answer: &str) -> Option<String> {
    // What a model thinks before it answers is no answer.
    let answer = answer.rsplit("</think>").next().unwrap_or(answer);
    let code = fenced(answer).find(|code| start(code).is_some());
    let text = code.unwrap_or(answer);
    let from = &text[start(text)?..];
    let end = assignment(from).unwrap_or_else(|| paragraph(from));
    let statement = from[..end].trim_end();
    let usable = statement.len() <= MAX_STATEMENT && statement.contains(':');
    usable.then(|| plain(statement))
}

/// The texts between code fences; one that is never closed goes to the end.
fn fenced(answer: &str) -> impl Iterator<Item = &str> {
    let mut parts = answer.split("```");
    parts.next();
    let mut inside = false;
    parts.filter_map(move |part| {
        inside = !inside;
        inside.then(|| part.split_once('\n').map_or(part, |(_, code)| code))
    })
}

/// Where a line begins with a statement's first word.
fn start(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if STARTS.iter().any(|word| trimmed.starts_with(word)) {
            return Some(at + indent);
        }
        at += line.len();
    }
    None
}

/// Where the `:=` of the statement itself is: outside of brackets, and not that of a `let` or `have`.
fn assignment(text: &str) -> Option<usize> {
    let mut depth = 0i32;
    let mut clause = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' | '⟨' | '⦃' => depth += 1,
            ')' | ']' | '}' | '⟩' | '⦄' => depth -= 1,
            '\n' | ';' | ',' => clause = at + c.len_utf8(),
            ':' if depth <= 0 && text[at..].starts_with(":=") => {
                let before = text[clause..at].trim_start();
                let after_colon = before.rsplit(": ").next().unwrap_or(before).trim_start();
                let bound = |part: &str| part.starts_with("let ") || part.starts_with("have ");
                if !bound(before) && !bound(after_colon) {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The end of the paragraph.
fn paragraph(text: &str) -> usize {
    text.find("\n\n").unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, expected: Option<&str>) {
        assert_eq!(statement(answer).as_deref(), expected, "{answer}");
    }

    #[test]
    fn prose_fences_headers_and_proofs_are_taken_off() {
        let plain = Some("theorem t (n : Nat) : n = n");
        check("theorem t (n : Nat) : n = n := by sorry", plain);
        check(
            "Here you are:\n```lean4\nimport Mathlib\nopen Nat\n\ntheorem t (n : Nat) : n = n := by\n  rfl\n```\nI hope it helps.",
            plain,
        );
        check(
            "```\nsome text\n```\nand\n```lean\ntheorem t (n : Nat) : n = n := by sorry",
            plain,
        );
        check(
            "Sure! theorem is below\n\n  theorem t (n : Nat) : n = n\n\nThis says that…",
            plain,
        );
        check(
            "theorem t (n : Nat) :\n    n = n\n  := rfl",
            Some("theorem t (n : Nat) :\n    n = n"),
        );
        check(
            "theorem t (n : Nat := 3) : n = n := rfl",
            Some("theorem t (n : Nat := 3) : n = n"),
        );
        check(
            "theorem t : let a := 2; a = 2 := rfl",
            Some("theorem t : let a := 2; a = 2"),
        );
        check("example : 1 = 1 := rfl", Some("example : 1 = 1"));
        check(
            "theorem t (n : ℕ) (f : ℤ→ℚ) (p : ℕ+) (aℕ : ℕ∞) : (n : ℤ) = n := rfl",
            Some("theorem t (n : Nat) (f : Int→Rat) (p : ℕ+) (aℕ : ℕ∞) : (n : Int) = n"),
        );
        check(
            "<think>\n```lean\ntheorem w (n : Nat) : n = 0 := by sorry\n```\nNo.</think>\r\n```lean\r\ntheorem t (n : Nat) : n = n := by\r\n  sorry\r\n```",
            plain,
        );
    }

    #[test]
    fn an_answer_without_a_statement_gives_none() {
        check("", None);
        check("I cannot do that.", None);
        check("<html><body>502 Bad Gateway</body></html>", None);
        check("def f := 1", None);
        check("theorem without a colon", None);
        check("```", None);
        check("\u{0}\u{feff}🦀", None);
        check(&format!("theorem t : {} = 1", "1 + ".repeat(10_000)), None);
    }
}
