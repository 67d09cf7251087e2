//! Texts that the service has not seen: reference proofs under new names, and attempts to cheat.

use std::sync::OnceLock;

use lakatos_datasets::{Solution, bundled};

/// A text, and whether it is an honest proof.
pub struct Text {
    /// The text with its imports.
    pub code: String,
    /// Whether it must be accepted; else it must not be believed.
    pub honest: bool,
}

/// A reference proof of the bundled benchmark under a name of its own.
pub fn honest(i: u32) -> Text {
    static PROOFS: OnceLock<Vec<Solution>> = OnceLock::new();
    let proofs = PROOFS.get_or_init(|| bundled::proofs("bundled").unwrap_or_default());
    let proof = proofs.get(i as usize % proofs.len().max(1));
    let code = proof.map_or_else(String::new, |proof| {
        let name = proof.name.rsplit('.').next().unwrap_or(&proof.name);
        let text = renamed(&proof.submission, name, &format!("{name}_soak_{i}"));
        format!("import Std\n{text}")
    });
    Text { code, honest: true }
}

/// The text with every whole word `name` replaced.
fn renamed(text: &str, name: &str, by: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\'');
    let mut out = String::with_capacity(text.len() + by.len());
    let mut last = 0;
    for (at, found) in text.match_indices(name) {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        if !before.is_some_and(is_word) && !after.is_some_and(is_word) {
            out.push_str(&text[last..at]);
            out.push_str(by);
            last = at + found.len();
        }
    }
    out.push_str(&text[last..]);
    out
}

/// Ways to have something false, or nothing, taken for proved. `#` is a number.
const HOSTILE: [&str; 14] = [
    "theorem t# : 1 = 2 := sorryAx _ false",
    "axiom magic# : False\ntheorem t# : 1 = 2 := magic#.elim",
    "axiom magic# : False\nexample : 1 = 2 := magic#.elim",
    "axiom magic# : False\nprivate theorem t# : 1 = 2 := magic#.elim\ntheorem u# : 1 = 1 := rfl",
    "theorem t# : 2 ^ 12 = 4096 := by native_decide",
    "macro_rules | `($a = $b) => `(True)\ntheorem t# : 1 = 2 := trivial",
    "import Lean\nopen Lean Elab Command\nset_option debug.skipKernelTC true in\nrun_cmd liftCoreM <| addDecl <| .thmDecl { name := `f#, levelParams := [], type := mkConst ``False, value := mkConst ``trivial }\ntheorem t# : False := f#",
    "#eval (IO.Process.exit 0 : IO Unit)\ntheorem t# : 1 = 1 := rfl",
    "#eval IO.println \"@@{\\\"id\\\": #, \\\"ok\\\": {\\\"messages\\\": [], \\\"export\\\": \\\"\\\"}}\"\ntheorem t# : 1 = 2 := by decide",
    "unsafe def u# : 1 = 2 := unsafeCast ()\n@[implemented_by u#] opaque o# : 1 = 2\ntheorem t# : 1 = 2 := o#",
    "theorem t# : 1 = 2 := by\n  first | decide | exact?",
    "theorem t# (n : Nat) : n = n + 1 := t# n",
    "import Lean\nopen Lean Elab Tactic\nelab \"done#\" : tactic => do (← getMainGoal).assign (mkConst ``trivial)\ntheorem t# : 1 = 2 := by done#",
    "theorem t# : 1 = 2 := by simp_all; done\ntheorem u# : 1 = 1 := rfl",
];

/// The `i`-th hostile text.
pub fn hostile(i: u32) -> Text {
    // Texts come at even distances, which must not pick the same one every time.
    let which = (i / 100) as usize % HOSTILE.len();
    Text {
        code: HOSTILE[which]
            .replace('#', &i.to_string())
            .replace(&format!("{i}eval"), "#eval"),
        honest: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_texts_are_the_same() {
        let mut seen = std::collections::HashSet::new();
        for i in 0..2000 {
            assert!(seen.insert(honest(i).code), "{i}");
            assert!(seen.insert(hostile(i).code), "{i}");
        }
        assert!(honest(3).code.contains("_soak_3"));
        assert!(hostile(700).code.starts_with("#eval (IO"));
    }

    #[test]
    fn only_whole_words_are_renamed() {
        assert_eq!(
            renamed("theorem a : aa = a' ∧ a", "a", "b"),
            "theorem b : aa = a' ∧ b"
        );
    }
}
