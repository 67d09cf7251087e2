//! What a reader gives: problems to be proved. Plain data, serialisable, with no proof in it.

use serde::{Deserialize, Serialize};

use crate::format::Format;

/// What a theorem stands in: imports, and the text that follows them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Environment {
    /// Modules, as in the header (`Mathlib`, `Init`, …), each once, in order. Empty where the source
    /// names none: the caller chooses.
    pub imports: Vec<String>,
    /// Everything between the imports and the theorem that it needs: `open`, `set_option`,
    /// `variable`, `namespace` and `section` (which may stay open), definitions, earlier lemmas with
    /// their proofs. Ends in a line break unless it is empty.
    pub text: String,
}

/// A theorem to be proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Unique within one run: the declaration's name, with `#2`, `#3`, … where it had come before.
    pub name: String,
    /// The Lean name as the statement writes it, without the namespaces around it.
    pub decl: String,
    /// `valid`, `test`, …, where the source says.
    pub split: Option<String>,
    /// What the statement is read in.
    pub environment: Environment,
    /// `theorem foo (n : ℕ) : …`: begins with `theorem`, carries no attributes or modifiers, and
    /// stops before the `:=`.
    pub statement: String,
    /// The statement in English (or LaTeX), where the source has it.
    pub informal: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}

/// Where a problem or a solution was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file as it was named, or `bundled/<topic>`, or `--statement`.
    pub path: String,
    /// The format it was read in.
    pub format: Format,
    /// The line, from 1: of the row in a JSONL file, of the theorem in a Lean file.
    pub line: u32,
}

/// A finished proof (or a file of them) to be verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solution {
    /// Unique within one run, for tables: the theorem's name, or the file's where it has several.
    pub name: String,
    /// The imports; `text` is the part of the header that both sides share.
    pub environment: Environment,
    /// The submission after the environment's text.
    pub submission: String,
    /// The challenge after the environment's text: the same theorems, ending in `sorry`. Taken from
    /// the row's own statement where it has one, else from the submission itself; commands that run
    /// code (`#eval`, `run_cmd`, `elab`, `macro`, …) are never part of it.
    pub reference: String,
    /// Whether the challenge came apart from the submission, from somebody who vouches for it. Else
    /// both are the submission's author's.
    pub vouched: bool,
    /// Full names (with namespaces) of the theorems to be judged, in order. Never empty.
    pub names: Vec<String>,
    /// Where it was read.
    pub origin: Origin,
}
