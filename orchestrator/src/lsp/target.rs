//! What a place in a document is about: the hole to be filled there, the theorem around it.

use lakatos_lean_bridge::outline::{Command, Outline, Span};
use lakatos_lean_bridge::protocol::Severity;

use crate::search::hole::Hole;

/// A hole, and what its filling replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The hole.
    pub hole: Hole,
    /// What is replaced, in the document.
    pub place: Span,
    /// The statement, in the document: where a refutation is shown.
    pub statement: Span,
    /// Where the command ends: a document that is the same up to there can still be edited.
    pub upto: usize,
}

impl Target {
    /// The edit that puts a filling in place. One that begins on the next line takes the spaces before it away.
    pub fn edit(&self, text: &str, filling: String) -> (Span, String) {
        let mut place = self.place;
        if filling.starts_with('\n') {
            let before = text.get(..place.start).unwrap_or_default();
            place.start = before.trim_end_matches(' ').len();
        }
        (place, filling)
    }
}

/// Why a place is about nothing.
pub type Nothing = String;

/// What is to be proved at a place: the `sorry` there, a `by` block with errors around it, else the theorem.
pub fn at(
    text: &str,
    outline: &Outline,
    offset: usize,
    axioms: &[String],
) -> Result<Target, Nothing> {
    let (index, command) = command(outline, offset)?;
    let touched = command.sorries.iter().find(|s| s.span.touches(offset));
    if let Some(sorry) = touched {
        return target(text, outline, index, sorry.span, sorry.tactic, axioms);
    }
    let wrong = |block: &&Span| {
        block.touches(offset)
            && command.messages.iter().any(|m| {
                m.severity == Severity::Error
                    && block.start <= m.span.end
                    && m.span.start <= block.end
            })
    };
    // The innermost block.
    let block = command
        .blocks
        .iter()
        .filter(wrong)
        .min_by_key(|b| b.end - b.start);
    if let Some(block) = block {
        return target(text, outline, index, *block, true, axioms);
    }
    match command.sorries.as_slice() {
        [only] => target(text, outline, index, only.span, only.tactic, axioms),
        [first, ..] => {
            let next = command
                .sorries
                .iter()
                .find(|s| s.span.start >= offset)
                .unwrap_or(first);
            target(text, outline, index, next.span, next.tactic, axioms)
        }
        [] => whole(text, outline, index, axioms),
    }
}

/// The theorem at a place.
pub fn command(outline: &Outline, offset: usize) -> Result<(usize, &Command), Nothing> {
    let index = outline.command_at(offset);
    let found = index.and_then(|i| Some((i, outline.commands.get(i)?)));
    let Some((index, command)) = found.filter(|(_, c)| c.is_theorem()) else {
        let kind = found.map(|(_, c)| c.kind.clone());
        return Err(match kind.as_deref() {
            Some("definition" | "instance" | "abbrev" | "structure") => {
                "This place is in a definition, on which a kernel passes no verdict: state what is to be proved as a theorem.".into()
            }
            _ => "There is no theorem here.".into(),
        });
    };
    Ok((index, command))
}

/// The whole proof of a theorem as a hole.
pub fn whole(
    text: &str,
    outline: &Outline,
    index: usize,
    axioms: &[String],
) -> Result<Target, Nothing> {
    let value = outline.commands.get(index).and_then(|c| c.value);
    let Some(value) = value.filter(|v| v.of(text).is_some_and(|t| t.starts_with(":="))) else {
        return Err("This theorem's proof is not of the form `:= …`.".into());
    };
    let after = value.start + ":=".len();
    let spaces = text
        .get(after..value.end)
        .map_or(0, |t| t.len() - t.trim_start().len());
    let place = Span {
        start: after + spaces,
        end: value.end,
    };
    target(text, outline, index, place, false, axioms)
}

/// The statement of a theorem, up to its proof.
pub fn statement(text: &str, command: &Command) -> Option<Span> {
    let whole = command.text?;
    let end = command.value.map_or(whole.end, |v| v.start);
    let span = Span {
        start: whole.start,
        end,
    };
    let length = span.of(text)?.trim_end().len();
    Some(Span {
        end: whole.start + length,
        ..span
    })
}

/// What an `example` is called where a name is needed, in the root namespace.
const EXAMPLE: &str = "_lakatos_example";

fn target(
    text: &str,
    outline: &Outline,
    index: usize,
    place: Span,
    tactic: bool,
    axioms: &[String],
) -> Result<Target, Nothing> {
    let unreadable = || "Lean does not read this command.".to_owned();
    let command = outline.commands.get(index).ok_or_else(unreadable)?;
    let whole = command.text.ok_or_else(unreadable)?;
    let stated = statement(text, command).ok_or_else(unreadable)?;
    let part = |start, end| {
        Span { start, end }
            .of(text)
            .map(str::to_owned)
            .ok_or_else(unreadable)
    };
    let mut head = part(command.piece.start, place.start)?;
    let mut said = part(command.piece.start, stated.end)?;
    let tail = part(place.end, whole.end)?;
    let environment = outline.environment(text, index);
    let name = match &command.name {
        Some(name) => name.clone(),
        None => {
            let named = |text: &mut String| {
                // `example` is the command's own word: nothing before it can be it but a comment.
                if let Some(at) = example(text) {
                    text.replace_range(
                        at..at + "example".len(),
                        &format!("theorem _root_.{EXAMPLE}"),
                    );
                }
            };
            named(&mut head);
            named(&mut said);
            EXAMPLE.to_owned()
        }
    };
    let holes = command
        .sorries
        .iter()
        .filter(|s| s.span != place && !(place.start <= s.span.start && s.span.end <= place.end));
    let others = holes.count() > 0
        || outline
            .commands
            .iter()
            .take(index)
            .any(|c| c.messages.iter().any(|m| m.sorry));
    let mut axioms = axioms.to_vec();
    if others {
        axioms.push("sorryAx".into());
    }
    Ok(Target {
        hole: Hole {
            environment,
            head,
            tail,
            tactic,
            statement: said,
            name,
            axioms,
        },
        place,
        statement: stated,
        upto: whole.end,
    })
}

/// Where the word `example` stands as the command's word.
fn example(text: &str) -> Option<usize> {
    super::syntax::statements(text)
        .into_iter()
        .find(|(_, word)| *word == "example")
        .map(|(span, _)| span.start)
}
