//! The text is a bare statement: no `sorry`, no axiom, no command, and no variable that Lean bound by
//! itself because it did not know a name.

use std::sync::LazyLock;

use lakatos_lean_bridge::assess::Assessment;
use regex::Regex;

use super::{Candidate, Verdict, fails};

static FORBIDDEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = "sorry|sorryAx|admit|axiom|opaque|unsafe|macro|macro_rules|syntax|elab|notation|\
                 infixl?|infixr|prefix|postfix|run_cmd|initialize|set_option|import|native_decide";
    Regex::new(&format!(r"(?:^|[^\w.'])({words})(?:$|[^\w'])|#eval")).ok()
});

pub(super) fn gate(candidate: &Candidate<'_>, assessment: &Assessment) -> Verdict {
    if let Some(found) = FORBIDDEN
        .as_ref()
        .and_then(|r| r.captures(candidate.formal))
    {
        let word = found.get(1).map_or("#eval", |m| m.as_str());
        return fails(format!(
            "The text holds `{word}`, which no statement needs."
        ));
    }
    let bound = assessment
        .reading
        .variables
        .iter()
        .flat_map(|v| &v.names)
        .find(|name| !stands_in(name, candidate.formal));
    bound.and_then(|name| {
        fails(format!(
            "Lean bound the variable {name} by itself: the text uses a name that nobody declared."
        ))
    })
}

/// Whether the text can have introduced the name; one that the verbaliser chose is nobody's.
fn stands_in(name: &str, text: &str) -> bool {
    let name = name.trim_end_matches('\'');
    if name.is_empty() || name == "x" {
        return true;
    }
    declared(name, text)
}

/// Whether the name stands in the part of a binder before its colon, or after a quantifier.
fn declared(name: &str, text: &str) -> bool {
    let mut before_colon = false;
    let mut word = String::new();
    let mut after_quantifier = false;
    let mut found = false;
    for c in text.chars().chain([' ']) {
        let part =
            c.is_alphanumeric() || c == '_' || c == '\'' || ('\u{2080}'..='\u{2089}').contains(&c);
        if part {
            word.push(c);
            continue;
        }
        if word == name && (before_colon || after_quantifier) {
            found = true;
        }
        if matches!(word.as_str(), "fun" | "forall" | "exists") {
            after_quantifier = true;
        }
        word.clear();
        match c {
            '(' | '{' | '⦃' => before_colon = true,
            ')' | '}' | '⦄' | ':' => before_colon = false,
            '∀' | '∃' | 'λ' => after_quantifier = true,
            ',' | '=' => after_quantifier = false,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_declared_in_a_binder_or_after_a_quantifier() {
        for (name, text, expected) in [
            ("n", "theorem t (n m : Nat) : n = m", true),
            ("m", "theorem t (n m : Nat) : n = m", true),
            ("k", "theorem t (n m : Nat) : n = k", false),
            ("α", "theorem t {α : Type} (l : List α) : l = l", true),
            ("α", "theorem t (l : List α) : l = l", false),
            ("x", "theorem t : ∀ x y : Nat, x = y", true),
            ("y", "theorem t : ∀ x y : Nat, x = y", true),
        ] {
            assert_eq!(declared(name, text), expected, "{name} in {text}");
        }
    }

    #[test]
    fn words_that_cheat_are_found() {
        let forbidden = FORBIDDEN.as_ref().expect("it is a regular expression");
        for text in [
            "theorem t : sorry",
            "axiom f : False",
            "theorem t : (by admit : Nat) = 1",
            "#eval 1",
        ] {
            assert!(forbidden.is_match(text), "{text}");
        }
        for text in [
            "theorem sorry_not (n : Nat) : n = n",
            "theorem t (prefix' : Nat) : prefix' = 1",
            "theorem t (l : List Nat) : l.prefix = l",
        ] {
            assert!(!forbidden.is_match(text), "{text}");
        }
    }
}
