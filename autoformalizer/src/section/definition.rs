//! A definition out of a model's answer, and whether it may stand in the file.
//!
//! Only declarations that introduce things are taken: commands that change how Lean reads the rest of the
//! file, run code or assume something are refused before Lean sees them.

use lakatos_datasets::lean::commands::commands;
use lakatos_datasets::lean::lexer::Lexed;

use crate::text::plain;

/// Commands that a definition may consist of.
const ALLOWED: [&str; 6] = [
    "def",
    "abbrev",
    "structure",
    "inductive",
    "class",
    "instance",
];
/// Commands that models write around a definition and that are left out.
const LEFT_OUT: [&str; 8] = [
    "import",
    "open",
    "namespace",
    "section",
    "end",
    "theorem",
    "lemma",
    "example",
];
/// Words that no definition may contain.
const FORBIDDEN: [&str; 9] = [
    "sorry",
    "admit",
    "unsafe",
    "partial",
    "native_decide",
    "run_tac",
    "implemented_by",
    "extern",
    "elab",
];
/// Longer declarations are refused.
const MAX: usize = 20_000;

/// The declarations of an answer, as text.
///
/// # Errors
/// There are none, or some that may not be there; a sentence that the model can be told.
pub fn declarations(answer: &str) -> Result<String, String> {
    let answer = answer.rsplit("</think>").next().unwrap_or(answer);
    let code = answer
        .split("```")
        .skip(1)
        .step_by(2)
        .map(|part| part.split_once('\n').map_or(part, |(_, code)| code))
        .find(|code| ALLOWED.iter().any(|word| code.contains(word)));
    // Outside of a block of code, what is no command is what the model says around it.
    let text = &*plain(code.unwrap_or(answer));
    if text.len() > MAX {
        return Err(format!("The declarations are longer than {MAX} bytes."));
    }
    let lexed = Lexed::new(text);
    let mut kept = Vec::new();
    for command in commands(&lexed) {
        let word = lexed.str(command.head);
        if ALLOWED.contains(&word) {
            let range = command.from..command.to;
            if let Some(bad) = range
                .clone()
                .map(|i| lexed.str(i))
                .find(|w| FORBIDDEN.contains(w) || w.starts_with('@') && w.len() > 1)
            {
                return Err(format!("The declarations hold `{bad}`, which none may."));
            }
            // The file gives it documentation of its own.
            let from = command.doc.map_or(command.from, |doc| doc + 1);
            let (Some(first), Some(last)) = (
                lexed.tokens.get(from),
                lexed.tokens.get(command.to.saturating_sub(1)),
            ) else {
                continue;
            };
            kept.push(lexed.slice(first.start, last.end).to_owned());
        } else if !LEFT_OUT.contains(&word) {
            return Err(format!(
                "`{word}` is not allowed; only {} are.",
                ALLOWED.join(", ")
            ));
        }
    }
    if kept.is_empty() {
        return Err("The answer holds no declaration.".into());
    }
    Ok(kept.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_taken_out_of_an_answer() {
        let answer = "Here:\n```lean4\nimport Mathlib\nopen Nat\n\n/-- Twice. -/\ndef double (n : Nat) : Nat :=\n  n + n\n\ntheorem t : 1 = 1 := rfl\nstructure P where\n  x : Nat\n```\nDone.";
        assert_eq!(
            declarations(answer).as_deref(),
            Ok("def double (n : Nat) : Nat :=\n  n + n\n\nstructure P where\n  x : Nat")
        );
        assert_eq!(
            declarations("Sure.\ndef f := 1").as_deref(),
            Ok("def f := 1")
        );
    }

    #[test]
    fn what_may_not_stand_in_a_file_is_refused() {
        for answer in [
            "",
            "I cannot.",
            "<html>",
            "def f : Nat := sorry",
            "axiom f : Nat\ndef g := f",
            "def f := 1\n#eval f",
            "def f := 1\nmacro \"x\" : term => `(1)",
            "unsafe def f := 1",
            "@[implemented_by g] def f := 1",
            "@[simp] def f := 1",
            "def f := 1\nset_option autoImplicit true",
            "def f := 1\ninitialize pure ()",
        ] {
            assert!(declarations(answer).is_err(), "{answer}");
        }
    }
}
