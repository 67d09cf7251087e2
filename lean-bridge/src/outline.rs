//! What a file that is being written consists of: [`crate::pool::Document`] gives it.
//!
//! Places are byte offsets. Those of an [`Outline`] count from the beginning of the file; the worker's
//! own count from the end of its header.

use serde::{Deserialize, Serialize};

use crate::EnvironmentSpec;
use crate::protocol::Severity;

/// Bytes from `start` to before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the type says it")]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// Whether the place is inside, or right behind.
    pub fn touches(self, at: usize) -> bool {
        self.start <= at && at <= self.end
    }

    /// The text that it covers; none where it does not lie on characters of `text`.
    pub fn of(self, text: &str) -> Option<&str> {
        text.get(self.start..self.end)
    }

    fn shift(&mut self, by: usize) {
        self.start += by;
        self.end += by;
    }
}

/// A `sorry` as it stands in the text, elaborated or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    /// Where.
    #[serde(flatten)]
    pub span: Span,
    /// Whether it is a tactic; else it is a term.
    pub tactic: bool,
}

/// What Lean said, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// How grave.
    pub severity: Severity,
    /// Where.
    #[serde(flatten)]
    pub span: Span,
    /// What.
    pub data: String,
    /// Whether it is the warning that something rests on `sorry`.
    pub sorry: bool,
}

/// One command of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// All that belongs to it: from the end of the command before to the white space and comments behind.
    #[serde(flatten)]
    pub piece: Span,
    /// The last part of its syntax kind: `theorem`, `lemma`, `example`, `definition`, `open`, …
    pub kind: String,
    /// Its own text, attributes and doc comment included.
    #[serde(default)]
    pub text: Option<Span>,
    /// Its full name, where it declares one.
    #[serde(default)]
    pub name: Option<String>,
    /// Where the name stands.
    #[serde(default)]
    pub id: Option<Span>,
    /// From the `:=` on.
    #[serde(default)]
    pub value: Option<Span>,
    /// Its sorries, in order.
    #[serde(default)]
    pub sorries: Vec<Hole>,
    /// The tactics after each `by`.
    #[serde(default)]
    pub blocks: Vec<Span>,
    /// What Lean said of it.
    #[serde(default)]
    pub messages: Vec<Said>,
}

impl Command {
    /// Whether it states something that can be proved.
    pub fn is_theorem(&self) -> bool {
        matches!(self.kind.as_str(), "theorem" | "lemma" | "example")
    }

    /// Whether Lean reports an error of it.
    pub fn has_error(&self) -> bool {
        self.messages.iter().any(|m| m.severity == Severity::Error)
    }

    fn shift(&mut self, by: usize) {
        let Self {
            piece,
            text,
            id,
            value,
            sorries,
            blocks,
            messages,
            ..
        } = self;
        let spans = text.iter_mut().chain(id).chain(value).chain(blocks);
        let spans = spans.chain(sorries.iter_mut().map(|s| &mut s.span));
        for span in spans.chain(messages.iter_mut().map(|m| &mut m.span)) {
            span.shift(by);
        }
        piece.shift(by);
    }
}

/// The commands of a file, as far as they were elaborated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// Where the header ends.
    pub header_end: usize,
    /// The modules that the header names.
    pub asked: Vec<String>,
    /// Those that were not found and for which core stands in.
    pub dropped_imports: Vec<String>,
    /// The commands, in order.
    pub commands: Vec<Command>,
    /// What Lean said of the header and of the text's end.
    pub messages: Vec<Said>,
    /// Whether the text was read to its end.
    pub complete: bool,
    /// How many commands at the beginning were known before.
    pub reused: usize,
}

impl Outline {
    /// The command whose piece the place is in; at a boundary, the one that the place is behind.
    pub fn command_at(&self, at: usize) -> Option<usize> {
        let behind = |c: &Command| c.text.is_some_and(|t| t.touches(at));
        let within = |c: &Command| c.piece.start <= at && at < c.piece.end;
        let commands = &self.commands;
        commands
            .iter()
            .position(behind)
            .or_else(|| commands.iter().position(within))
    }

    /// What stands before a command, of the text that this is the outline of.
    pub fn environment(&self, text: &str, command: usize) -> EnvironmentSpec {
        let end = self
            .commands
            .get(command)
            .map_or(text.len(), |c| c.piece.start);
        EnvironmentSpec {
            imports: self.asked.clone(),
            text: text
                .get(self.header_end..end)
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

/// The worker's answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    pub revision: u64,
    header_end: usize,
    asked: Vec<String>,
    dropped_imports: Vec<String>,
    from: usize,
    commands: Vec<Command>,
    complete: bool,
    tail: Vec<Said>,
    header_messages: Vec<Said>,
}

/// Commands with places that count from the end of the header: what an answer goes on from.
#[derive(Debug, Default)]
pub(crate) struct Known(Vec<Command>);

impl Known {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The outline, and what the next answer goes on from; none where the answer does not fit.
    pub fn with(mut self, answer: Answer) -> Option<(Outline, Known)> {
        let Answer {
            header_end,
            asked,
            dropped_imports,
            from,
            commands,
            complete,
            tail,
            header_messages,
            ..
        } = answer;
        if from > self.0.len() {
            return None;
        }
        self.0.truncate(from);
        self.0.extend(commands);
        let mut shifted = self.0.clone();
        shifted.iter_mut().for_each(|c| c.shift(header_end));
        let mut messages = header_messages;
        messages.extend(tail.into_iter().map(|mut said| {
            said.span.shift(header_end);
            said
        }));
        let outline = Outline {
            header_end,
            asked,
            dropped_imports,
            commands: shifted,
            messages,
            complete,
            reused: from,
        };
        Some((outline, self))
    }
}
