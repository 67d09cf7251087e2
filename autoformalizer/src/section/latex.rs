//! Sections in LaTeX: environments are items, `proof` belongs to the item before it.

use super::{Raw, joined, kind};
use crate::formalise::problem::Fault;

/// An environment that is open.
struct Open {
    word: String,
    line: usize,
    text: String,
}

/// Commands that refer to labels.
const REFERENCES: [&str; 5] = ["ref", "cref", "Cref", "eqref", "autoref"];

pub(super) fn read(text: &str, faults: &mut Vec<Fault>) -> Vec<Raw> {
    let mut items: Vec<Raw> = Vec::new();
    let mut open: Option<Open> = None;
    let mut fault = |line: usize, message: String| faults.push(Fault { line, message });
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let mut rest = uncommented(line);
        while let Some((at, begins)) = boundary(rest) {
            let (before, after) = rest.split_at(at);
            let length = if begins { "\\begin{" } else { "\\end{" }.len();
            let Some((name, behind)) = after[length..].split_once('}') else {
                fault(number, "a `\\begin{` or `\\end{` is not closed".into());
                break;
            };
            let word = name.trim().trim_end_matches('*').to_lowercase();
            let ours = kind(&word).is_some() || word == "proof";
            if let Some(open) = &mut open {
                open.text.push_str(before);
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
    if open.word == "proof" {
        if let Some(item) = items.last_mut() {
            item.proof = Some(joined(&text));
            item.references.extend(references);
        }
        return;
    }
    let trimmed = text.trim();
    let (title, body) = match trimmed.strip_prefix('[').and_then(|t| t.split_once(']')) {
        Some((title, body)) => (Some(joined(title)), body),
        None => (None, trimmed),
    };
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
