//! `textDocument/completion`: tactics inside `by`.

use lsp_types::{CompletionItem, CompletionItemKind, InsertTextFormat, Position};

use super::Asked;

/// Tactics with what follows them, as a snippet where something must, and what they do.
const TACTICS: [(&str, &str, &str); 46] = [
    (
        "intro",
        "intro ${1:h}",
        "Introduces a variable or hypothesis.",
    ),
    (
        "intros",
        "intros",
        "Introduces all variables and hypotheses.",
    ),
    ("exact", "exact ${1:h}", "Closes the goal with a term."),
    (
        "apply",
        "apply ${1:h}",
        "Uses a theorem; its hypotheses become goals.",
    ),
    (
        "refine",
        "refine ${1:⟨?_, ?_⟩}",
        "A term with holes `?_`, which become goals.",
    ),
    (
        "have",
        "have ${1:h} : ${2:p} := by\n  ${3:sorry}",
        "States and proves a fact.",
    ),
    (
        "obtain",
        "obtain ⟨${1:x}, ${2:hx}⟩ := ${3:h}",
        "Takes a hypothesis apart.",
    ),
    (
        "rcases",
        "rcases ${1:h} with ${2:h₁ | h₂}",
        "Takes a hypothesis apart by a pattern.",
    ),
    (
        "cases",
        "cases ${1:h} with\n| ${2:_} => ${3:sorry}",
        "Splits by the constructors of a term.",
    ),
    (
        "induction",
        "induction ${1:n} with\n| zero => ${2:sorry}\n| succ ${1:n} ih => ${3:sorry}",
        "Proves by induction.",
    ),
    ("rw", "rw [${1:h}]", "Rewrites by equations."),
    ("simp", "simp", "Simplifies by `simp` lemmas."),
    (
        "simp only",
        "simp only [${1:h}]",
        "Simplifies by the named lemmas only.",
    ),
    (
        "simp_all",
        "simp_all",
        "Simplifies hypotheses and goal with one another.",
    ),
    (
        "simpa",
        "simpa using ${1:h}",
        "Simplifies a term and the goal to the same.",
    ),
    (
        "omega",
        "omega",
        "Linear arithmetic over integers and natural numbers.",
    ),
    ("decide", "decide", "Evaluates a decidable proposition."),
    (
        "grind",
        "grind",
        "Congruence closure, case splits and arithmetic.",
    ),
    ("rfl", "rfl", "Closes an equality that holds by definition."),
    ("trivial", "trivial", "Closes what is obvious."),
    (
        "assumption",
        "assumption",
        "Closes the goal by a hypothesis.",
    ),
    (
        "contradiction",
        "contradiction",
        "Closes the goal where hypotheses contradict each other.",
    ),
    (
        "constructor",
        "constructor",
        "Splits a goal by the constructor of its type.",
    ),
    ("left", "left", "Proves the left side of an `∨`."),
    ("right", "right", "Proves the right side of an `∨`."),
    ("exists", "exists ${1:x}", "Gives a witness."),
    (
        "by_cases",
        "by_cases ${1:h} : ${2:p}",
        "Splits by whether a proposition holds.",
    ),
    ("split", "split", "Splits an `if` or `match`."),
    ("unfold", "unfold ${1:f}", "Unfolds a definition."),
    ("show", "show ${1:p}", "Restates the goal."),
    (
        "change",
        "change ${1:p}",
        "Replaces the goal by an equal one.",
    ),
    (
        "calc",
        "calc ${1:a}\n  _ = ${2:b} := by ${3:sorry}",
        "A chain of equalities or inequalities.",
    ),
    ("conv", "conv => ${1:lhs}", "Goes into a part of the goal."),
    (
        "exfalso",
        "exfalso",
        "Proves the goal from a contradiction.",
    ),
    (
        "subst",
        "subst ${1:h}",
        "Replaces a variable by what it equals.",
    ),
    (
        "injection",
        "injection ${1:h}",
        "Uses that constructors are injective.",
    ),
    ("ext", "ext ${1:x}", "Proves equality pointwise."),
    (
        "funext",
        "funext ${1:x}",
        "Proves equality of functions pointwise.",
    ),
    (
        "specialize",
        "specialize ${1:h} ${2:x}",
        "Applies a hypothesis to arguments.",
    ),
    (
        "generalize",
        "generalize ${1:e} = ${2:x}",
        "Replaces a term by a variable.",
    ),
    (
        "revert",
        "revert ${1:x}",
        "Puts a hypothesis back into the goal.",
    ),
    (
        "rename_i",
        "rename_i ${1:x}",
        "Names hypotheses that have no name.",
    ),
    (
        "repeat",
        "repeat ${1:constructor}",
        "Repeats a tactic while it works.",
    ),
    (
        "all_goals",
        "all_goals ${1:simp}",
        "Runs a tactic on all goals.",
    ),
    (
        "any_goals",
        "any_goals ${1:simp}",
        "Runs a tactic on the goals where it works.",
    ),
    (
        "first",
        "first | ${1:simp} | ${2:omega}",
        "The first tactic that works.",
    ),
];

/// Tactics where a tactic can begin: at the beginning of a line of a block, or behind `by`, `;`, `·` or `=>`.
pub fn answer(asked: &Asked<'_>, position: Position) -> Vec<CompletionItem> {
    let at = asked.text.offset(position, asked.encoding);
    if !asked.settings.completion || !begins_tactic(&asked.text.text, at) {
        return Vec::new();
    }
    let tactics = TACTICS.iter().enumerate();
    tactics
        .map(|(n, (name, snippet, does))| CompletionItem {
            label: (*name).to_owned(),
            kind: Some(CompletionItemKind::KEYWORD),
            detail: Some((*does).to_owned()),
            insert_text: Some((*snippet).to_owned()),
            insert_text_format: Some(InsertTextFormat::SNIPPET),
            sort_text: Some(format!("{n:02}")),
            ..CompletionItem::default()
        })
        .collect()
}

/// Whether a tactic can begin where the word around `at` begins.
fn begins_tactic(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    let (above, line) = before.split_at(line_start);
    let before_word = line.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
    let behind = before_word.trim_end();
    if ["by", "·", ";", "<;>", "=>", "("]
        .iter()
        .any(|end| behind.ends_with(end))
    {
        return behind.ends_with("by") || in_block(above, line);
    }
    behind.is_empty() && in_block(above, line)
}

/// Whether an indented line stands below a `by`, in the command that it belongs to.
fn in_block(above: &str, line: &str) -> bool {
    if !line.starts_with([' ', '\t']) {
        return false;
    }
    for earlier in above.lines().rev() {
        let said = earlier.split("--").next().unwrap_or_default().trim_end();
        if said.ends_with("by") || said.contains("by ") || said.contains(":= by") {
            return true;
        }
        if !earlier.is_empty() && !earlier.starts_with([' ', '\t']) {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tactics_begin_in_blocks() {
        let yes = |text: &str| begins_tactic(text, text.len());
        assert!(yes("theorem t : p := by\n  si"));
        assert!(yes("theorem t : p := by "));
        assert!(yes("theorem t : p := by\n  intro x\n  · om"));
        assert!(!yes("theorem t : p := by\n  exact fo"));
        assert!(!yes("theorem t (n : Nat)\n  : n "));
        assert!(!yes("theorem t : p := by\n  simp\n\nthe"));
        assert!(!yes("def f :=\n  g"));
    }
}
