//! Sections in LaTeX: environments are items, `proof` belongs to the item before it.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{Raw, kind};
use crate::formalise::problem::Fault;
use crate::text::joined;

/// An environment that is open.
struct Open {
    word: String,
    line: usize,
    text: String,
}

/// Commands that refer to labels.
const REFERENCES: [&str; 5] = ["ref", "cref", "Cref", "eqref", "autoref"];
/// Environments whose text is nobody's.
const UNREAD: [&str; 4] = ["comment", "verbatim", "lstlisting", "minted"];
/// What people call environments for short.
const SHORT: [(&str, &str); 16] = [
    ("thm", "theorem"),
    ("theo", "theorem"),
    ("lem", "lemma"),
    ("lemm", "lemma"),
    ("prop", "proposition"),
    ("cor", "corollary"),
    ("coro", "corollary"),
    ("conj", "conjecture"),
    ("clm", "claim"),
    ("def", "definition"),
    ("defn", "definition"),
    ("defi", "definition"),
    ("dfn", "definition"),
    ("exer", "exercise"),
    ("exo", "exercise"),
    ("prob", "problem"),
];

/// `\newtheorem{thm}{Theorem}`, with or without counters.
static DECLARED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\\newtheorem\*?\s*\{([^{}]*)\}\s*(?:\[[^\[\]]*\]\s*)?\{([^{}]*)\}").ok()
});

/// `\ref{a}` and its kin.
static REFERENCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\\(ref|cref|Cref|autoref)\{([^{}]*)\}").ok());

/// What the environments are that the text itself declares.
fn declared(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let Some(pattern) = DECLARED.as_ref() else {
        return found;
    };
    for line in text.lines() {
        for declaration in pattern.captures_iter(uncommented(line)) {
            // "Main Theorem" is a theorem.
            let title = declaration[2].to_lowercase();
            let word = title.split_whitespace().last().unwrap_or_default();
            found.insert(declaration[1].trim().to_lowercase(), word.to_owned());
        }
    }
    found
}

/// The text with words in place of the labels that are known: `Lemma~\ref{a}` becomes `Lemma~2`.
pub(super) fn resolved(text: &str, labels: &HashMap<String, (String, String)>) -> String {
    let Some(pattern) = REFERENCE.as_ref() else {
        return text.to_owned();
    };
    let said = |found: &Captures<'_>| {
        let named = found[2].split(',').map(|label| {
            let (word, number) = labels.get(label.trim())?;
            Some(match &found[1] {
                "ref" => number.clone(),
                _ => format!("{word} {number}"),
            })
        });
        let named: Option<Vec<String>> = named.collect();
        named.map_or_else(|| found[0].to_owned(), |named| named.join(", "))
    };
    pattern.replace_all(text, said).into_owned()
}

pub(super) fn read(text: &str, faults: &mut Vec<Fault>) -> Vec<Raw> {
    let mut items: Vec<Raw> = Vec::new();
    let mut open: Option<Open> = None;
    let mut unread: Option<String> = None;
    let names = declared(text);
    let word_of = |name: &str| {
        let name = name.trim().trim_end_matches('*').to_lowercase();
        let short = SHORT.iter().find(|(short, _)| *short == name);
        let known = names.get(&name).cloned();
        known.unwrap_or_else(|| short.map_or(name, |(_, word)| (*word).to_owned()))
    };
    let mut fault = |line: usize, message: String| faults.push(Fault { line, message });
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if let Some(name) = &unread {
            if line.contains(&format!("\\end{{{name}}}")) {
                unread = None;
            }
            continue;
        }
        let mut rest = uncommented(line);
        if rest.trim_start().starts_with("\\end{document}") {
            break;
        }
        while let Some((at, begins)) = boundary(rest) {
            let (before, after) = rest.split_at(at);
            let length = if begins { "\\begin{" } else { "\\end{" }.len();
            let Some((name, behind)) = after[length..].split_once('}') else {
                fault(number, "a `\\begin{` or `\\end{` is not closed".into());
                break;
            };
            let word = word_of(name);
            let ours = kind(&word).is_some() || word == "proof" || word == "problem";
            if let Some(open) = &mut open {
                open.text.push_str(before);
            }
            if begins && UNREAD.contains(&word.as_str()) {
                match behind.split_once(&format!("\\end{{{name}}}")) {
                    Some((_, behind)) => rest = behind,
                    None => {
                        unread = Some(name.to_owned());
                        rest = "";
                    }
                }
                continue;
            }
            match (ours, begins, open.take()) {
                (false, _, still) => {
                    // Another environment's text belongs to the item that it stands in.
                    open = still.map(|mut o| {
                        o.text.push_str(&after[..length + name.len() + 1]);
                        o
                    });
                }
                (true, true, before) => {
                    if let Some(before) = before {
                        fault(
                            before.line,
                            format!(
                                "`\\begin{{{}}}` is not closed before line {number}",
                                before.word
                            ),
                        );
                        close(before, &mut items);
                    }
                    open = Some(Open {
                        word,
                        line: number,
                        text: String::new(),
                    });
                }
                (true, false, Some(closing)) if closing.word == word => close(closing, &mut items),
                (true, false, still) => {
                    fault(number, format!("`\\end{{{word}}}` closes nothing"));
                    open = still;
                }
            }
            rest = behind;
        }
        if let Some(open) = &mut open {
            open.text.push_str(rest);
            open.text.push('\n');
        }
    }
    if let Some(left) = open {
        fault(
            left.line,
            format!("`\\begin{{{}}}` is never closed", left.word),
        );
        close(left, &mut items);
    }
    items
}

/// The line up to a `%` that begins a comment.
fn uncommented(line: &str) -> &str {
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match c {
            '%' if !escaped => return &line[..at],
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    line
}

/// Where the next environment begins or ends, and which of both.
fn boundary(text: &str) -> Option<(usize, bool)> {
    let begin = text.find("\\begin{").map(|at| (at, true));
    let end = text.find("\\end{").map(|at| (at, false));
    match (begin, end) {
        (Some(b), Some(e)) => Some(b.min(e)),
        (b, e) => b.or(e),
    }
}

/// Puts what was open among the items.
fn close(open: Open, items: &mut Vec<Raw>) {
    let mut text = open.text;
    let label = take(&mut text, "label");
    let references = REFERENCES
        .iter()
        .flat_map(|command| all(&text, command))
        .collect::<Vec<_>>();
    let trimmed = text.trim();
    let (title, body) = match trimmed.strip_prefix('[').and_then(|t| t.split_once(']')) {
        Some((title, body)) => (Some(joined(title)), body),
        None => (None, trimmed),
    };
    if open.word == "proof" {
        // `[Proof of Lemma~\ref{a}]` says whose it is, else it is that of the item before it.
        let title = title.unwrap_or_default();
        let named: Vec<String> = REFERENCES.iter().flat_map(|c| all(&title, c)).collect();
        let of = items
            .iter()
            .rposition(|i| i.label.as_ref().is_some_and(|l| named.contains(l)));
        let at = of.or(items.len().checked_sub(1));
        if let Some(item) = at.and_then(|at| items.get_mut(at)) {
            item.proof = Some(joined(body));
            let own = item.label.clone();
            let others = references.into_iter().filter(|r| own.as_ref() != Some(r));
            item.references.extend(others);
        }
        return;
    }
    items.push(Raw {
        word: open.word,
        number: None,
        title: title.filter(|t| !t.is_empty()),
        label,
        text: joined(body),
        proof: None,
        references,
        line: open.line,
    });
}

/// The argument of the first `\command{…}`; all of them are taken out of the text.
fn take(text: &mut String, command: &str) -> Option<String> {
    let start = format!("\\{command}{{");
    let mut first = None;
    while let Some(at) = text.find(&start) {
        let from = at + start.len();
        let end = text[from..].find('}').map_or(text.len(), |e| from + e);
        let argument = text[from..end].trim().to_owned();
        first.get_or_insert(argument);
        text.replace_range(at..(end + 1).min(text.len()), "");
    }
    first.filter(|label| !label.is_empty())
}

/// The arguments of every `\command{…}`, those with commas apart.
fn all(text: &str, command: &str) -> Vec<String> {
    let start = format!("\\{command}{{");
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(&start) {
        rest = &rest[at + start.len()..];
        let Some((argument, behind)) = rest.split_once('}') else {
            break;
        };
        found.extend(argument.split(',').map(|a| a.trim().to_owned()));
        rest = behind;
    }
    found
}
