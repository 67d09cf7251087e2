//! Whether a text could run code of its own in the process that elaborates it.
//!
//! Lean runs a text's code while reading it: macros, elaborators, `#eval`, attributes that hang
//! definitions into the elaborator. Such a text may leave anything behind in its process, so the
//! process is ended after it. A text without any of that leaves nothing but its environment, which
//! is thrown away, and the next text may follow it.
//!
//! This decides how a process is used, not what is proved: a text that got past it could spoil
//! what the process says of later ones, and the kernel's process, which never runs a text that came
//! with a submission, would refuse what is not a proof all the same. Only the statements of a challenge
//! that nobody vouches for are taken from such a process. So it looks at letters, not at syntax, and
//! what stands in a comment counts: whatever Lean might read as code, however it is cut into tokens
//! (`1macro` is two), is in doubt.

/// Parts of words that name a way of running code, or of compiled code in a proof.
const PARTS: &[&str] = &[
    "async",
    "binder_predicate",
    "builtin_",
    "by_elab",
    "csimp",
    "declare_",
    "delab",
    "elab",
    "extern",
    "implemented_by",
    "initialize",
    "macro",
    "meta",
    "native",
    "ofReduce",
    "propagator",
    "reduceBool",
    "reduceNat",
    "register_",
    "run_cmd",
    "run_io",
    "run_step",
    "run_tac",
    "selector",
    "set_library_suggestions",
    "simproc",
    "unexpand",
    "unsafe",
];

/// Names without which no code that does anything can be written: terms that a tactic's options hold
/// are compiled and run, and with an axiom in place of a proof one can make an action a value.
const NAMES: &[&str] = &[
    "BaseIO",
    "EIO",
    "EST",
    "Elab",
    "IO",
    "Macro",
    "Meta",
    "RealWorld",
    "ST",
    "Task",
    "Void",
    "dbg_trace",
    "println",
    "runEST",
    "runST",
];

/// The namespace of Lean's own code. Its name alone is nothing that can be used.
const NAMESPACE: &str = "Lean";

/// Words by which what is in a namespace can be named without it: those that open one, and those of
/// declarations with parts in a namespace of their own.
const OPENING: &[&str] = &[
    "class",
    "export",
    "inductive",
    "namespace",
    "open",
    "structure",
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
pub(crate) fn runs_code(text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\'' | '!' | '?' | '#');
    text.split(|c: char| !is_word(c)).any(suspect)
        || runs_something(text)
        || names_leans_own(text)
        || attributes(text).any(unusual)
}

/// Whether a library's own `run_…` could be meant: commands are called so, but theorems too, such as `StateT.run_bind`, which is one
/// name whatever tokens there are.
fn runs_something(text: &str) -> bool {
    let of_a_namespace = |before: &str| {
        let namespace = before.strip_suffix('.').and_then(|b| b.chars().next_back());
        namespace.is_some_and(char::is_alphabetic)
    };
    let mut places = text.match_indices("run_");
    places.any(|(at, _)| !of_a_namespace(&text[..at]))
}

/// Whether anything in the namespace `Lean` could be meant: a dot or more of a name is beside it, or the text
/// has words that open namespaces. Elsewhere, as in `"Lean"` or in a sentence, it is a word.
fn names_leans_own(text: &str) -> bool {
    let mut places = text.match_indices(NAMESPACE).peekable();
    if places.peek().is_none() {
        return false;
    }
    if OPENING.iter().any(|word| text.contains(word)) {
        return true;
    }
    let harmless = |c: char| c.is_whitespace() || matches!(c, '"' | ',' | ')');
    places.any(|(at, name)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        let part_of_a_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\'' | '!' | '?');
        // `MyLean` and `Leaning` are other names; `«Lean»`, `.Lean` and `Lean.x` are not.
        !before.is_some_and(part_of_a_word)
            && !after.is_some_and(part_of_a_word)
            && (!after.is_none_or(harmless) || matches!(before, Some('«' | '.')))
    })
}

fn suspect(word: &str) -> bool {
    match word.split_once('#') {
        Some((_, rest)) => rest.split('#').any(is_command) || brings_code(word),
        // An attribute of Lean's that holds the name of one of its ways of running code.
        None if PLAIN_ATTRIBUTES.contains(&word) => false,
        None => brings_code(word),
    }
}

/// Whether what follows a `#` may be a command that does more than print. In the literals `0#8`, `0#w₁` and
/// `#v[0]` it is none.
fn is_command(after: &str) -> bool {
    !after.is_empty() && !PRINTING.contains(&after) && !is_operand(after)
}

/// Whether what follows a `#` is a number or a single letter with an index or a prime, which no command is.
fn is_operand(after: &str) -> bool {
    let mut chars = after.chars();
    let first = chars.next();
    first.is_some_and(|c| c.is_ascii_digit())
        || first.is_some_and(char::is_alphabetic) && chars.all(|c| c.is_numeric() || c == '\'')
}

fn brings_code(word: &str) -> bool {
    NAMES.contains(&word) || PARTS.iter().any(|p| word.contains(p))
}

/// The lists of attributes in a text: what follows `@[`, or the word `attribute` and a bracket. A list
/// that cannot be told apart from what is around it is given with its comment, which is unusual.
fn attributes(text: &str) -> impl Iterator<Item = &str> {
    let at = text.match_indices("@[").map(|(i, _)| &text[i + 2..]);
    let commands = text.match_indices("attribute").filter_map(|(i, word)| {
        let rest = text[i + word.len()..].trim_start();
        let comment = rest.starts_with("/-") || rest.starts_with("--");
        rest.strip_prefix('[').or(comment.then_some(rest))
    });
    at.chain(commands)
}

/// Whether a list of attributes, up to its closing bracket, holds any but the plain ones. Arguments of
/// the plain ones (priorities, arrows, numbers) are let through; other words are not, nor is what could
/// hide a word or the bracket: comments, strings and brackets.
fn unusual(list: &str) -> bool {
    let Some((list, _)) = list.split_once(']') else {
        return true;
    };
    if ["/-", "--", "\"", "[", "«"]
        .iter()
        .any(|hides| list.contains(hides))
    {
        return true;
    }
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
            "theorem t (x : BitVec 8) : x &&& 0#8 = 0#8 := by simp",
            "theorem t (x : BitVec w) : x &&& 0#w = 0#w ∧ #v[x] = #v[x] := by simp",
            "theorem t (x : BitVec w₂) (y : BitVec w') : x < 1#w₂ → y ≠ 0#w' → y = 0#n1 := by simp",
            "/-- An attribute of a group. -/ theorem t : True := trivial",
            "theorem t : \"Lean\" ++ \"4\" = \"Lean4\" := rfl",
            "theorem t (x : StateM s a) : f <$> x = x := by rw [StateT.run_bind, ExceptT.run_pure]",
            "/-- A theorem in Lean 4. -/ theorem t (Leaning : Nat) : Leaning = Leaning := rfl",
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
            "theorem t : True := by Nat.run_tac pure ()",
            "theorem t : True := by run_something",
            "def a := 1.run_something",
            "theorem t : 1 = 1 := by native_decide",
            "theorem t : 1 = 1 := by decide +native",
            "#eval 1",
            "def a := 0#eval 1",
            // A command whose operand follows at once.
            "#eval#v[1]",
            "def a := 1#ev1 2",
            "def a := 1#w!",
            "#eval#[1]",
            "#eval0#8",
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
            // Two tokens, one word.
            "def a := 1macro \"x\" : tactic => `(tactic| trivial)",
            "notation \"!a\" => 1\ndef b := !arun_cmd pure ()",
            // Comments, strings and brackets in a list of attributes.
            "@[/- simp -/ term_elab foo] def f := 1",
            "@[simp /- ] -/, term_elab foo] def f := 1",
            "@[simp (x[0]), term_elab foo] def f := 1",
            "attribute /- x -/ [term_elab foo] f",
            "@[«term_elab» foo] def f := 1",
            "@[simp",
            // An action made a value by an axiom, and run as a tactic's option.
            "axiom h : Unit = α\ndef c := f (IO.FS.writeFile p s (cast h ()))\nexample : p := by simp (config := c)",
            "set_option Elab.async true",
            "binder_predicate x \" ∋ \" y:term => f x y",
            "set_premise_selector s",
            "theorem t := Lean.opaqueId",
            "def x := «Lean».Name",
            "def x := _root_.Lean",
            "open Lean",
            "open/- \"Lean\" -/Lean",
            "namespace Lean\nend Lean",
            "export Lean (Name)",
            "-- Lean\nopen Nat",
            "structure Lean where x : Name",
        ] {
            assert!(runs_code(text), "{text}");
        }
    }
}
