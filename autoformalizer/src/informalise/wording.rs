//! A reading in other words, after Herald's informal augmentation: equivalent phrasing, abstraction,
//! omission.
//!
//! The templates say nothing that the reading does not. What they leave out is named, so that a row with an
//! omission is never taken for a whole statement. A model may be asked for the same kinds of wording; its
//! words stand beside the templates', never in their place.

use lakatos_lean_bridge::verbalise::Reading;
use serde::{Deserialize, Serialize};

use crate::formalise::prompt::filled;
use crate::model::Message;

const REWORD: &str = include_str!("../../prompts/reword.txt");

/// What is done to a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// The same in another order and other words.
    Equivalent,
    /// Variables and hypotheses are told by their kinds.
    Abstraction,
    /// What a reader would supply is left out.
    Omission,
}

impl Style {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Equivalent, Self::Abstraction, Self::Omission];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Equivalent => "equivalent",
            Self::Abstraction => "abstraction",
            Self::Omission => "omission",
        }
    }

    /// What a model is asked to do.
    fn instruction(self) -> &'static str {
        match self {
            Self::Equivalent => {
                "Say the same in other words and in another order. Leave nothing out."
            }
            Self::Abstraction => {
                "Say what it is about at a higher level, as in the summary of a section, without naming variables."
            }
            Self::Omission => {
                "Say it briefly, and leave out what a mathematician would leave to the reader: types and standing assumptions."
            }
        }
    }
}

/// A statement in other words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// What was done.
    pub style: Style,
    /// `template` with its letter, or the model's name.
    pub by: String,
    /// The words.
    pub text: String,
    /// What is left out: `types`, `assumptions on types`, `conventions`, `names`, `hypotheses`.
    pub omits: Vec<String>,
}

/// The wordings that templates give of a theorem; none of a definition.
pub fn templates(reading: &Reading) -> Vec<Wording> {
    if reading.kind == "definition" {
        return Vec::new();
    }
    let conclusion = clause(&reading.conclusion.english);
    let variables: Vec<&str> = reading.variables.iter().map(|v| v.english.trim()).collect();
    let hypotheses: Vec<String> = reading
        .hypotheses
        .iter()
        .map(|h| clause(&h.english))
        .collect();
    let assumptions: Vec<String> = reading.instances.iter().map(|i| clause(i)).collect();
    let notes: String = reading
        .conventions
        .iter()
        .map(|c| format!(" ({})", c.note.trim()))
        .collect();
    let given = hypotheses.join(" and that ");
    let mut made = Vec::new();
    let mut push = |style: Style, by: &str, text: String, omits: &[&str]| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let known = made.iter().any(|w: &Wording| w.text == text);
        if !known && text != reading.english {
            made.push(Wording {
                style,
                by: format!("template {by}"),
                text,
                omits: omits.iter().map(|o| (*o).to_owned()).collect(),
            });
        }
    };
    let standing: String = assumptions
        .iter()
        .map(|a| format!(" Assume {a}."))
        .collect();
    let here = match variables.is_empty() {
        true => String::new(),
        false => format!(" Here {}.", variables.join("; ")),
    };
    // Equivalent: the conclusion first, then under which conditions, then of what.
    let provided = match hypotheses.is_empty() {
        true => format!("We have the following: {conclusion}."),
        false => format!("We have {conclusion}, provided that {given}."),
    };
    push(
        Style::Equivalent,
        "a",
        format!("{provided}{here}{standing}{notes}"),
        &[],
    );
    let task = match hypotheses.is_empty() {
        true => format!("Show that {conclusion}."),
        false => format!("Assuming that {given}, show that {conclusion}."),
    };
    let of = match variables.is_empty() {
        true => String::new(),
        false => format!("Suppose that {}. ", variables.join(", and that ")),
    };
    push(
        Style::Equivalent,
        "b",
        format!("{of}{standing} {task}{notes}"),
        &[],
    );
    // Abstraction: kinds and numbers in place of names and conditions.
    if !variables.is_empty() {
        let kinds = kinds(reading);
        let under = match hypotheses.len() {
            0 => String::new(),
            1 => " under one condition".to_owned(),
            n => format!(" under {n} conditions"),
        };
        let about = relation(&reading.conclusion.ty);
        push(
            Style::Abstraction,
            "a",
            format!("A statement about {kinds}{under}: {about}."),
            &["names", "hypotheses", "conventions"],
        );
    }
    // Omission: without types, then without conventions.
    let short = match hypotheses.is_empty() {
        true => sentence(&conclusion),
        false => format!("If {}, then {conclusion}.", hypotheses.join(" and ")),
    };
    let mut omitted = Vec::new();
    if !variables.is_empty() {
        omitted.push("types");
    }
    if !assumptions.is_empty() {
        omitted.push("assumptions on types");
    }
    if !notes.is_empty() {
        omitted.push("conventions");
    }
    if !omitted.is_empty() {
        push(Style::Omission, "a", short, &omitted);
    }
    made
}

/// The request to a model for one style.
pub(super) fn reword(reading: &Reading, style: Style) -> Vec<Message> {
    let parts = [
        ("{instruction}", style.instruction().to_owned()),
        ("{formal}", format!("{} : {}", reading.name, reading.ty)),
        ("{literal}", reading.english.clone()),
    ];
    vec![Message::user(filled(REWORD.trim_end(), &parts))]
}

/// The words of the prompt, for what names a job.
pub(super) const PROMPT: &str = REWORD;

/// A sentence as a clause: without its full stop.
fn clause(text: &str) -> String {
    text.trim().trim_end_matches('.').to_owned()
}

fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first: String = letters
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    // A variable's letter stays as it is.
    let word = clause
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    match word.chars().count() > 1 {
        true => format!("{first}{}.", letters.as_str()),
        false => format!("{clause}."),
    }
}

/// `natural numbers and lists`: what the variables range over, each once.
fn kinds(reading: &Reading) -> String {
    let mut ranges: Vec<&str> = Vec::new();
    for quantifier in reading
        .facts
        .quantifiers
        .iter()
        .filter(|q| q.kind == "forall")
    {
        let range = quantifier.range.trim();
        if !range.is_empty() && !ranges.contains(&range) {
            ranges.push(range);
        }
    }
    let named: Vec<String> = ranges
        .iter()
        .map(|r| format!("objects of the kind `{r}`"))
        .collect();
    match named.as_slice() {
        [] => "its variables".to_owned(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// What the conclusion does, by its outermost connective or relation.
fn relation(conclusion: &str) -> &'static str {
    let text = conclusion.trim();
    if let Some((_, body)) = text.strip_prefix('∀').and_then(|t| t.split_once(", ")) {
        return relation(body);
    }
    let outer = outermost(text);
    let has = |sign: &str| outer.contains(&format!(" {sign} "));
    match () {
        () if text.starts_with('∃') => "something with a property exists",
        () if has("↔") => "two properties are equivalent",
        () if has("→") => "one property implies another",
        () if has("∨") => "one of several cases holds",
        () if has("∧") => "several things hold together",
        () if has("≠") || has("∉") || text.starts_with('¬') => "something does not hold",
        () if has("∣") => "one thing divides another",
        () if ["≤", "<", "≥", ">"].into_iter().any(has) => "one thing bounds another",
        () if has("=") => "two expressions have the same value",
        () => "something has a property",
    }
}

/// What stands outside of brackets, up to the first binder, whose body goes to the end.
fn outermost(text: &str) -> String {
    let mut depth = 0u32;
    let mut outer = String::new();
    for (at, c) in text.char_indices() {
        let begins = |word: &str| text[at..].starts_with(word) && (at == 0 || outer.ends_with(' '));
        match c {
            '(' | '[' | '{' | '⟨' | '⦃' => depth += 1,
            ')' | ']' | '}' | '⟩' | '⦄' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '∀' | '∃' => break,
            _ if ["fun ", "if ", "match ", "let ", "do "]
                .into_iter()
                .any(begins) =>
            {
                break;
            }
            c => outer.push(c),
        }
    }
    outer
}

#[cfg(test)]
mod tests {
    use lakatos_lean_bridge::verbalise::{
        Conclusion, Convention, Facts, Hypothesis, Quantifier, Variables,
    };

    use super::*;

    fn reading() -> Reading {
        Reading {
            name: "t".into(),
            kind: "theorem".into(),
            ty: "∀ (n m : Nat), n < m → n - 1 < m".into(),
            english: "Let n and m be natural numbers. Suppose that n < m. Then n - 1 < m.".into(),
            variables: vec![Variables {
                names: vec!["n".into(), "m".into()],
                english: "n and m are natural numbers".into(),
            }],
            instances: Vec::new(),
            hypotheses: vec![Hypothesis {
                name: "h".into(),
                ty: "n < m".into(),
                english: "n < m".into(),
            }],
            conclusion: Conclusion {
                ty: "n - 1 < m".into(),
                english: "n - 1 < m".into(),
            },
            conventions: vec![Convention {
                key: "natural_subtraction".into(),
                note: "Subtraction of natural numbers stops at 0.".into(),
            }],
            facts: Facts {
                quantifiers: vec![Quantifier {
                    kind: "forall".into(),
                    name: "n".into(),
                    range: "natural number".into(),
                }],
                ..Facts::default()
            },
        }
    }

    #[test]
    fn templates_say_what_the_reading_says() {
        let said: Vec<String> = templates(&reading())
            .iter()
            .map(|w| format!("{} ({}): {} {:?}", w.style.word(), w.by, w.text, w.omits))
            .collect();
        insta::assert_snapshot!(said.join("\n"));
        let definition = Reading {
            kind: "definition".into(),
            ..reading()
        };
        assert!(templates(&definition).is_empty());
    }

    #[test]
    fn the_outermost_relation_is_told() {
        for (conclusion, expected) in [
            (
                "l.length = countP (fun a => decide ¬p a = true) l",
                "two expressions have the same value",
            ),
            ("a = 1 ↔ ∃ b, b ∧ a", "two properties are equivalent"),
            ("∃ b, a = b ∨ a < b", "something with a property exists"),
            ("∀ (x : α), p x → q x", "one property implies another"),
            ("¬(p ∨ q)", "something does not hold"),
            (
                "x = if p ∨ q then 1 else 2",
                "two expressions have the same value",
            ),
            ("a ∣ b ∧ ∀ c, c < b ∨ p", "several things hold together"),
            ("Onto fun x => x = 3", "something has a property"),
        ] {
            assert_eq!(relation(conclusion), expected, "{conclusion}");
        }
    }

    #[test]
    fn the_prompt_is_what_it_was() {
        let messages = reword(&reading(), Style::Omission);
        insta::assert_snapshot!(messages[0].content);
    }
}
