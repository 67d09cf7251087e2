//! Whether a text could run code of its own in the process that elaborates it.
//!
//! Lean runs a text's code while reading it: macros, elaborators, `#eval`, attributes that hang
//! definitions into the elaborator. Such a text may leave anything behind in its process, so the
//! process is ended after it. A text without any of that leaves nothing but its environment, which
//! is thrown away, and the next text may follow it.
//!
//! This decides how a process is used, not what is proved: a text that got past it could spoil
//! what the process says of later ones, and the kernel's process, which never runs a text that came
//! with a submission, would refuse what is not a proof all the same. So it looks at words, not at
//! syntax, and a word in a comment counts.

/// Beginnings of words that name a way of running code, or of compiled code in a proof.
const PREFIXES: &[&str] = &[
    "builtin_",
    "by_elab",
    "declare_",
    "dsimproc",
    "elab",
    "extern",
    "implemented_by",
    "initialize",
    "macro",
    "meta",
    "native",
    "ofReduce",
    "reduceBool",
    "reduceNat",
    "register_",
    "run_",
    "simproc",
    "unsafe",
];

/// Commands with a `#` that only print.
const PRINTING: &[&str] = &["check", "print", "synth", "version", "where"];

/// Attributes that add a declaration to a table of Lean's and run nothing of it.
const PLAIN_ATTRIBUTES: &[&str] = &[
    "class",
    "congr",
    "default_instance",
    "deprecated",
    "elab_as_elim",
    "elab_without_expected_type",
    "ext",
    "grind",
    "inline",
    "instance",
    "irreducible",
    "local",
    "match_pattern",
    "noinline",
    "norm_cast",
    "push_cast",
    "recursor",
    "reducible",
    "refl",
    "scoped",
    "semireducible",
    "simp",
    "simps",
    "specialize",
    "symm",
    "trans",
];

/// Whether elaborating the text may run code that it brings along.
pub(super) fn runs_code(text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\'' | '!' | '?' | '#');
    text.split(|c: char| !is_word(c)).any(suspect) || attributes(text).any(unusual)
}

fn suspect(word: &str) -> bool {
    match word.rsplit_once('#') {
        Some((_, command)) => !command.is_empty() && !PRINTING.contains(&command),
        // An attribute of Lean's that begins like one of its ways of running code.
        None if PLAIN_ATTRIBUTES.contains(&word) => false,
        None => PREFIXES.iter().any(|p| word.starts_with(p)),
    }
}

/// The lists of attributes in a text: what follows `@[` or the word `attribute` and a bracket.
fn attributes(text: &str) -> impl Iterator<Item = &str> {
    let at = text.match_indices("@[").map(|(i, _)| &text[i + 2..]);
    let commands = text.match_indices("attribute").filter_map(|(i, word)| {
        let rest = text[i + word.len()..].trim_start();
        rest.strip_prefix('[')
    });
    at.chain(commands)
}

/// Whether a list of attributes, up to its closing bracket, holds any but the plain ones. Arguments of
/// the plain ones (priorities, arrows, numbers, strings) are let through; other words are not.
fn unusual(list: &str) -> bool {
    let list = list.split(']').next().unwrap_or_default();
    list.split(',').any(|attribute| {
        let mut words = attribute
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|w| !w.is_empty());
        let scope = |w: &&str| matches!(*w, "local" | "scoped");
        words
            .find(|w| !scope(w))
            .is_some_and(|w| !PLAIN_ATTRIBUTES.contains(&w))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_bring_no_code() {
        for text in [
            "theorem t (a b : Nat) : a + b = b + a := by omega",
            "@[simp, grind =] theorem t : 1 = 1 := rfl\n#print axioms t",
            "local notation \"x²\" => 3\nattribute [local simp] Nat.add_comm in\ntheorem t : True := ⟨⟩",
            "@[elab_as_elim] theorem ind {P : Nat → Prop} (h : ∀ n, P n) (n : Nat) : P n := h n",
            "instance : Add Bool := ⟨or⟩",
        ] {
            assert!(!runs_code(text), "{text}");
        }
    }

    #[test]
    fn texts_that_may_run_code() {
        for text in [
            "macro \"x\" : tactic => `(tactic| trivial)",
            "open Lean in run_cmd pure ()",
            "theorem t : True := by run_tac pure ()",
            "theorem t : 1 = 1 := by native_decide",
            "theorem t : 1 = 1 := by decide +native",
            "#eval 1",
            "#guard true",
            "@[command_elab foo] def f := 1",
            "attribute [local command_elab foo] f",
            "attribute\n  [tactic foo] f",
            "@[simp, init] def f := 1",
            "@[local simp, scoped macro foo] def f := 1",
            "@[implemented_by g] def f := 1",
            "initialize x : Nat ← pure 1",
            "unsafe def f := 1",
            "theorem t := unsafeCast 1",
            "simproc s (_) := fun _ => x",
            "elab_rules : tactic | `(tactic| x) => pure ()",
        ] {
            assert!(runs_code(text), "{text}");
        }
    }
}
