//! Informal problems, read from JSONL, Markdown or LaTeX.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::section;
use crate::text::{clean, decoded, joined, without_mark};

/// An informal problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Unique within the input.
    pub id: String,
    /// The statement in words.
    pub informal: String,
    /// The answer, where the source has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Lean text that statements stand in, which the model is shown: definitions, for example.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub context: String,
}

/// A part of the input that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong, as a sentence.
    pub message: String,
}

/// Fields that hold the statement, the first that is there counts.
const STATEMENT: [&str; 7] = [
    "informal_statement",
    "informal",
    "problem",
    "natural_language_statement",
    "informal_prefix",
    "nl_statement",
    "question",
];
/// Fields that hold the name.
const NAME: [&str; 4] = ["id", "name", "uuid", "problem_id"];

/// Reads problems. The form is told from the content: JSONL where the first line begins with a brace, JSON
/// where all of it is a list of objects, LaTeX where there is a `\begin{`, else Markdown: an item of a list,
/// or a paragraph under a heading, is a problem.
pub fn read(bytes: &[u8]) -> (Vec<Problem>, Vec<Fault>) {
    let bytes = without_mark(bytes);
    let (mut problems, faults) = if bytes.trim_ascii_start().starts_with(b"{") {
        jsonl(bytes)
    } else if let Ok(rows) = serde_json::from_slice::<Vec<Map<String, Value>>>(bytes) {
        list(&rows)
    } else {
        let (text, whole) = decoded(bytes);
        let mut faults = Vec::new();
        if !whole {
            faults.push(section::not_utf8());
        }
        let found = if text.contains("\\begin{") {
            section::problems(&text, &mut faults)
        } else {
            markdown(&text)
        };
        (found, faults)
    };
    unique(&mut problems);
    (problems, faults)
}

/// A list of objects; what is wrong with one is told with its place in the list.
fn list(rows: &[Map<String, Value>]) -> (Vec<Problem>, Vec<Fault>) {
    let (mut problems, mut faults) = (Vec::new(), Vec::new());
    for (index, row) in rows.iter().enumerate() {
        match of(row, &format!("item-{}", index + 1)) {
            Ok(problem) => problems.push(problem),
            Err(message) => faults.push(Fault {
                line: 1,
                message: format!("item {} of the list: {message}", index + 1),
            }),
        }
    }
    (problems, faults)
}

fn jsonl(bytes: &[u8]) -> (Vec<Problem>, Vec<Fault>) {
    let (mut problems, mut faults) = (Vec::new(), Vec::new());
    for (index, line) in bytes.split(|b| *b == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match row(line, index + 1) {
            Ok(problem) => problems.push(problem),
            Err(message) => faults.push(Fault {
                line: index + 1,
                message,
            }),
        }
    }
    (problems, faults)
}

fn row(line: &[u8], number: usize) -> Result<Problem, String> {
    let row: Map<String, Value> =
        serde_json::from_slice(line).map_err(|e| format!("the line is no JSON object: {e}"))?;
    of(&row, &format!("line-{number}"))
}

fn of(row: &Map<String, Value>, otherwise: &str) -> Result<Problem, String> {
    let text = |keys: &[&str]| {
        keys.iter()
            .filter_map(|key| row.get(*key))
            .find_map(|value| match value {
                Value::String(s) => Some(clean(s).trim().to_owned()).filter(|s| !s.is_empty()),
                Value::Number(n) => Some(n.to_string()),
                _ => None,
            })
    };
    let informal = text(&STATEMENT).ok_or_else(|| {
        format!(
            "no field holds an informal statement; one of {} is needed",
            STATEMENT.join(", ")
        )
    })?;
    Ok(Problem {
        id: text(&NAME).unwrap_or_else(|| otherwise.to_owned()),
        informal,
        answer: text(&["answer", "solution_answer", "final_answer"]),
        context: String::new(),
    })
}

fn markdown(text: &str) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut paragraph: Vec<&str> = Vec::new();
    let mut end = |paragraph: &mut Vec<&str>| {
        let informal = joined(&paragraph.join(" "));
        if !informal.is_empty() {
            problems.push(named(problems.len(), "problem", informal));
        }
        paragraph.clear();
    };
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            end(&mut paragraph);
        } else if let Some(item) = item(line) {
            end(&mut paragraph);
            paragraph.push(item);
        } else {
            paragraph.push(line);
        }
    }
    end(&mut paragraph);
    problems
}

/// The text of a list's item.
fn item(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        return Some(rest);
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..)?;
    (digits > 0).then(|| rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")))?
}

/// A problem without a name of its own.
pub(crate) fn named(index: usize, kind: &str, informal: String) -> Problem {
    Problem {
        id: format!("{kind}-{}", index + 1),
        informal,
        answer: None,
        context: String::new(),
    }
}

/// Names that came before get `#2`, `#3`, ….
fn unique(problems: &mut [Problem]) {
    let mut seen = std::collections::HashMap::<String, u32>::new();
    for problem in problems {
        let count = seen.entry(problem.id.clone()).or_default();
        *count += 1;
        if *count > 1 {
            problem.id = format!("{}#{count}", problem.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(input: &str) -> Vec<String> {
        read(input.as_bytes())
            .0
            .into_iter()
            .map(|p| p.informal)
            .collect()
    }

    #[test]
    fn jsonl_keeps_what_can_be_read_and_says_what_cannot() {
        let input = "{\"id\": 1, \"problem\": \"Show A.\", \"answer\": 3}\n{\"id\": 1, \"informal_statement\": \"B.\"}\n\
                     {not json}\n\n{\"name\": \"x\"}\n{\"problem\": \"caf\u{e9} ∀\"}";
        let (problems, faults) = read(input.as_bytes());
        let ids: Vec<_> = problems.iter().map(|p| p.id.as_str()).collect();
        assert_eq!(ids, ["1", "1#2", "line-6"]);
        assert_eq!(problems[0].answer.as_deref(), Some("3"));
        let lines: Vec<_> = faults.iter().map(|f| f.line).collect();
        assert_eq!(lines, [3, 5]);
        let (problems, faults) = read(b"{\"problem\": \"\xff\xfe\"}\n{\"problem\": \"ok\"}");
        assert_eq!((problems.len(), faults.len()), (1, 1));
        // A byte order mark, a lone surrogate, what cannot be seen, a decomposed letter.
        let odd = "\u{feff}{\"problem\": \"a\\ud800\"}\n{\"problem\": \"\\u202eB\\u0000 e\u{301}\"}\r\n{\"problem\": \"\\u0000\"}\n";
        let (problems, faults) = read(odd.as_bytes());
        assert_eq!((problems.len(), faults.len()), (1, 2), "{faults:?}");
        assert_eq!(problems[0].informal, "B e\u{301}");
        // A list in place of lines.
        let (problems, faults) = read(b"[{\"problem\": \"A.\"}, {\"x\": 1}]");
        assert_eq!((problems[0].id.as_str(), faults.len()), ("item-1", 1));
    }

    #[test]
    fn latex_environments_and_markdown_items_are_problems() {
        let latex = "\\section{A}\n\\begin{theorem}[Name]\\label{a}\n Let $x$ be\n even. \\end{theorem}\nProse.\n\\begin{lemma*}B.\\end{lemma*}\\begin{theorem}never closed";
        assert_eq!(texts(latex), ["Let $x$ be even.", "B.", "never closed"]);
        let (_, faults) = read(latex.as_bytes());
        assert!(faults[0].message.contains("never closed"), "{faults:?}");
        let (problems, faults) =
            read(b"\\begin{prob}A\xff.\\end{prob}%\\begin{thm}no\n\\begin{remark}R\\end{remark}");
        assert_eq!((problems[0].id.as_str(), problems.len()), ("problem-1", 1));
        assert!(faults[0].message.contains("UTF-8"));
        assert_eq!(
            texts("# T\n\n1. One\n   and more\n2. Two\n\nA paragraph.\n"),
            ["One and more", "Two", "A paragraph."]
        );
        assert!(texts("").is_empty());
        assert!(texts("\\begin{").is_empty());
    }
}
