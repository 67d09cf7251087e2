//! The benchmark that comes with Lakatos: problems on Lean's own library, written for this project,
//! in `datasets/bundled`, one Lean file a topic. Each theorem has its English statement and its
//! difficulty in the documentation, `/-- [3] … -/`, and a reference proof after the `:=`.
//!
//! [`problems`] leaves the reference proofs out, of a theorem itself and of what it stands in; they
//! can only be had through [`references`], which is for tests.

use crate::format::{Format, lean, solutions};
use crate::lean::anatomy::{Anatomy, anatomy, is_theorem};
use crate::lean::commands::commands;
use crate::lean::lexer::Lexed;
use crate::lean::scan::{Found, Wanted, scan};
use crate::problem::{Environment, Origin, Problem, Solution};

/// The benchmark's names as sources.
const NAMES: &[&str] = &["bundled", "lakatos-bench"];
/// The name of the set of false statements.
const REFUTABLE: &str = "refutable";

/// A topic's file.
struct Topic {
    name: &'static str,
    text: &'static str,
}

macro_rules! topics {
    ($($name:literal),* $(,)?) => {
        &[$(Topic { name: $name, text: include_str!(concat!("../bundled/", $name, ".lean")) }),*]
    };
}

/// The topics, in the order in which they are attempted.
const TOPICS: &[Topic] = topics![
    "arithmetic",
    "divisibility",
    "inequalities",
    "rationals",
    "induction",
    "logic",
    "lists",
    "options",
    "functions",
    "bitvectors",
    "strings",
    "competition",
];

/// Statements that are false, for `prove or refute`; not part of the benchmark.
const REFUTABLE_TOPIC: &Topic = &topics!["refutable"][0];

/// The proofs that those statements are false.
const REFUTATIONS: &Topic = &topics!["refutations"][0];

/// A problem of the benchmark with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The problem.
    pub problem: Problem,
    /// `arithmetic`, `lists`, …
    pub topic: &'static str,
    /// From 1 (a single finisher closes it) to 5.
    pub difficulty: u8,
}

/// The names under which sets can be asked for.
pub fn names() -> Vec<String> {
    let topics = TOPICS.iter().map(|t| format!("bundled/{}", t.name));
    let named = NAMES.iter().map(|&n| n.to_owned());
    named
        .chain([format!("bundled/{REFUTABLE}")])
        .chain(topics)
        .collect()
}

/// A set's problems by its name; none where no set has that name.
pub fn problems(name: &str) -> Option<Vec<Problem>> {
    Some(entries(name)?.into_iter().map(|e| e.problem).collect())
}

/// A set's entries by its name; none where no set has that name.
pub fn entries(name: &str) -> Option<Vec<Entry>> {
    Some(topics(name)?.into_iter().flat_map(topic_entries).collect())
}

/// The reference proofs of a set, a [`Solution`] a topic: for tests, never for a search. Those of the
/// false statements are refutations, `not_` before the name.
pub fn references(name: &str) -> Option<Vec<Solution>> {
    let topics = topics(name)?.into_iter();
    let topics = topics.map(|t| if t.name == REFUTABLE { REFUTATIONS } else { t });
    Some(
        topics
            .filter_map(|t| solutions::from_text(&path(t), 1, t.text).ok())
            .collect(),
    )
}

/// The reference proofs of a set, a [`Solution`] a theorem that stands on its own: for tests and
/// measurements, never for a search.
pub fn proofs(name: &str) -> Option<Vec<Solution>> {
    Some(topics(name)?.into_iter().flat_map(topic_proofs).collect())
}

fn topic_proofs(topic: &'static Topic) -> Vec<Solution> {
    let lexed = Lexed::new(topic.text);
    let commands = commands(&lexed);
    let theorems = commands
        .iter()
        .filter(|c| is_theorem(lexed.str(c.head)))
        .map(|c| anatomy(&lexed, c));
    let scan = scan(topic.text, Wanted::Every);
    let solution = |(found, parts): (&Found, Anatomy)| {
        let body = lexed.slice(
            lexed.tokens[parts.statement_end].start,
            lexed.tokens[parts.to - 1].end,
        );
        let head = format!("{}{}", found.context, found.statement);
        Solution {
            name: found.full_name.clone(),
            environment: Environment {
                imports: scan.imports.clone(),
                text: String::new(),
            },
            submission: format!("{head} {body}\n"),
            reference: format!("{head} := by sorry\n"),
            vouched: true,
            names: vec![found.full_name.clone()],
            origin: Origin {
                path: path(topic),
                format: Format::Bundled,
                line: found.line,
            },
        }
    };
    let closed = theorems.filter(|parts| parts.statement_end < parts.to);
    scan.found.iter().zip(closed).map(solution).collect()
}

fn topics(name: &str) -> Option<Vec<&'static Topic>> {
    if NAMES.contains(&name) {
        return Some(TOPICS.iter().collect());
    }
    let topic = name.strip_prefix("bundled/")?;
    let mut all = TOPICS.iter().chain([REFUTABLE_TOPIC]);
    all.find(|t| t.name == topic).map(|t| vec![t])
}

fn path(topic: &Topic) -> String {
    format!("bundled/{}", topic.name)
}

fn topic_entries(topic: &'static Topic) -> Vec<Entry> {
    let scan = scan(topic.text, Wanted::Every);
    let entry = |found: Found| {
        let mut problem = lean::problem(&path(topic), Format::Bundled, &scan.imports, found);
        let doc = problem.informal.take().unwrap_or_default();
        let (difficulty, english) = doc
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
            .and_then(|(n, english)| Some((n.parse().ok()?, english)))
            .unwrap_or((0, doc.as_str()));
        problem.informal = Some(english.split_whitespace().collect::<Vec<_>>().join(" "));
        Entry {
            problem,
            topic: topic.name,
            difficulty,
        }
    };
    scan.found.clone().into_iter().map(entry).collect()
}
