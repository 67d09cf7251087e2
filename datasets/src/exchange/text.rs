//! Theorems as text: header, statement, proof.

use crate::lean::anatomy::{anatomy, is_theorem};
use crate::lean::commands::commands;
use crate::lean::lexer::Lexed;

/// The last theorem of a text, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// What precedes it: imports, `open`, definitions, earlier lemmas.
    pub header: String,
    /// It, with its docstring and without its proof: ends before the `:=`.
    pub statement: String,
    /// What follows the `:=`, `by` included; empty where nothing does.
    pub body: String,
    /// Its name as it is written; none for an `example`.
    pub name: Option<String>,
    /// Whether the proof is missing or has a hole.
    pub hole: bool,
}

/// Takes a text apart; none if there is no theorem in it.
pub fn parts(text: &str) -> Option<Parts> {
    let lexed = Lexed::new(text);
    let all = commands(&lexed);
    let command = all.iter().rfind(|c| is_theorem(lexed.str(c.head)))?;
    let found = anatomy(&lexed, command);
    let before = &text[..lexed.tokens.get(command.from)?.start];
    // A docstring belongs to the theorem, and to the lexer it is no token.
    let start = match before.trim_end().ends_with("-/") {
        true => before.rfind("/--").unwrap_or(before.len()),
        false => before.len(),
    };
    let end = lexed.tokens.get(found.statement_end.checked_sub(1)?)?.end;
    let rest = text.get(end..)?.trim();
    Some(Parts {
        header: text.get(..start)?.to_owned(),
        statement: text.get(start..end)?.to_owned(),
        body: rest.strip_prefix(":=").unwrap_or(rest).trim().to_owned(),
        name: found.name.map(|i| lexed.str(i).to_owned()),
        hole: found.hole,
    })
}

impl Parts {
    /// The theorem with `sorry` for its proof.
    pub fn open(&self) -> String {
        format!("{} := by sorry", self.statement)
    }

    /// The theorem with its proof; none where the proof is missing or has a hole.
    pub fn proved(&self) -> Option<String> {
        (!self.hole).then(|| joined(&self.statement, &self.body))
    }
}

fn joined(statement: &str, body: &str) -> String {
    match body.starts_with('|') || body.starts_with("where") {
        true => format!("{statement}\n  {body}"),
        false => format!("{statement} := {body}"),
    }
}

/// A statement and a proof that stand apart, as one theorem. `proof` is the whole theorem, or what follows
/// its `:=`, or the tactics after its `by`.
pub fn join(statement: &str, proof: &str) -> Option<String> {
    if let Some(whole) = parts(proof) {
        return whole.proved();
    }
    let statement = parts(statement)?.statement;
    let proof = proof.trim_end();
    let body = proof.trim_start().strip_prefix(":=").map(str::trim_start);
    let by = |b: &str| {
        b.trim_start()
            .strip_prefix("by")
            .is_some_and(|r| r.starts_with(char::is_whitespace))
    };
    Some(match body {
        Some(body) => format!("{statement} := {body}"),
        None if by(proof) => format!("{statement} := {}", proof.trim_start()),
        None => {
            let indented = proof.lines().next().is_some_and(|l| l.starts_with(' '));
            let pad = if indented { "" } else { "  " };
            let lines: Vec<String> = proof.lines().map(|l| format!("{pad}{l}")).collect();
            format!("{statement} := by\n{}", lines.join("\n"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart() {
        let text =
            "import Mathlib\n\nopen Nat\n\n/-- One. -/\ntheorem t (n : ℕ) : n = n := by\n  rfl\n";
        let p = parts(text).unwrap();
        assert_eq!(p.header, "import Mathlib\n\nopen Nat\n\n");
        assert_eq!(
            p.open(),
            "/-- One. -/\ntheorem t (n : ℕ) : n = n := by sorry"
        );
        assert_eq!(
            p.proved().unwrap(),
            "/-- One. -/\ntheorem t (n : ℕ) : n = n := by\n  rfl"
        );
        assert_eq!(p.name.as_deref(), Some("t"));
        assert_eq!(parts("theorem t : p := by sorry").unwrap().proved(), None);
        assert_eq!(parts("def f := 1"), None);
    }

    #[test]
    fn a_proof_is_joined_in_each_of_its_shapes() {
        let open = "theorem t : 1 = 1 := by sorry";
        for (proof, wanted) in [
            ("theorem t : 1 = 1 := rfl", "theorem t : 1 = 1 := rfl"),
            (":= rfl", "theorem t : 1 = 1 := rfl"),
            ("by rfl", "theorem t : 1 = 1 := by rfl"),
            ("simp\nrfl", "theorem t : 1 = 1 := by\n  simp\n  rfl"),
            ("  simp\n  rfl\n", "theorem t : 1 = 1 := by\n  simp\n  rfl"),
        ] {
            assert_eq!(join(open, proof).as_deref(), Some(wanted));
        }
        assert_eq!(join("no theorem", "rfl"), None);
    }
}
