//! Informal problems, read from JSONL, Markdown or LaTeX.

use serde::{Deserialize, Serialize};

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
/// LaTeX environments that hold a problem.
const ENVIRONMENTS: [&str; 8] = [
    "theorem",
    "lemma",
    "proposition",
    "corollary",
    "problem",
    "exercise",
    "claim",
    "example",
];

/// Reads problems. The form is told from the content: JSONL where the first line begins with a brace,
/// LaTeX where there is a `\begin{theorem}` or the like, else Markdown: an item of a list, or a paragraph
/// under a heading, is a problem.
pub fn read(bytes: &[u8]) -> (Vec<Problem>, Vec<Fault>) {
    let (mut problems, faults) = if bytes.trim_ascii_start().starts_with(b"{") {
        jsonl(bytes)
    } else {
        let text = String::from_utf8_lossy(bytes);
        let found = if text.contains("\\begin{") {
            latex(&text)
        } else {
            markdown(&text)
        };
        (found, Vec::new())
    };
    unique(&mut problems);
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
    let row: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(line).map_err(|e| format!("the line is no JSON object: {e}"))?;
    let text = |keys: &[&str]| {
        keys.iter()
            .filter_map(|key| row.get(*key))
            .find_map(|value| match value {
                serde_json::Value::String(s) if !s.trim().is_empty() => Some(s.trim().to_owned()),
                serde_json::Value::Number(n) => Some(n.to_string()),
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
        id: text(&NAME).unwrap_or_else(|| format!("line-{number}")),
        informal,
        answer: text(&["answer", "solution_answer", "final_answer"]),
        context: String::new(),
    })
}

fn latex(text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\begin{") {
        rest = &rest[at + "\\begin{".len()..];
        let Some((name, body)) = rest.split_once('}') else {
            break;
        };
        let name = name.trim_end_matches('*');
        if !ENVIRONMENTS.contains(&name) {
            continue;
        }
        let Some(end) = [format!("\\end{{{name}}}"), format!("\\end{{{name}*}}")]
            .iter()
            .filter_map(|end| body.find(end.as_str()))
            .min()
        else {
            break;
        };
        let informal = without_labels(&body[..end]);
        if !informal.is_empty() {
            problems.push(named(problems.len(), name, informal));
        }
        rest = &body[end..];
    }
    problems
}

/// The text without `\label{…}` and an optional title in brackets.
fn without_labels(text: &str) -> String {
    let mut text = text.trim().to_owned();
    while let Some(at) = text.find("\\label{") {
        let end = text[at..].find('}').map_or(text.len(), |e| at + e + 1);
        text.replace_range(at..end, "");
    }
    let text = text.trim();
    let body = text
        .strip_prefix('[')
        .and_then(|t| t.split_once(']'))
        .map_or(text, |(_, body)| body);
    body.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn markdown(text: &str) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut paragraph: Vec<&str> = Vec::new();
    let mut end = |paragraph: &mut Vec<&str>| {
        let informal = paragraph.join(" ");
        if !informal.trim().is_empty() {
            problems.push(named(problems.len(), "problem", informal.trim().to_owned()));
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

fn named(index: usize, kind: &str, informal: String) -> Problem {
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
    }

    #[test]
    fn latex_environments_and_markdown_items_are_problems() {
        let latex = "\\section{A}\n\\begin{theorem}[Name]\\label{a}\n Let $x$ be\n even. \\end{theorem}\nProse.\n\\begin{lemma*}B.\\end{lemma*}\\begin{theorem}never closed";
        assert_eq!(texts(latex), ["Let $x$ be even.", "B."]);
        assert_eq!(
            texts("# T\n\n1. One\n   and more\n2. Two\n\nA paragraph.\n"),
            ["One and more", "Two", "A paragraph."]
        );
        assert!(texts("").is_empty());
        assert!(texts("\\begin{").is_empty());
    }
}
