//! `textDocument/hover`: on a `sorry` with a hint, the proof; on a refuted statement, the refutation.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use super::Asked;
use crate::lsp::documents::MarkKind;

/// What is known of the place.
pub fn answer(asked: &Asked<'_>, position: Position) -> Option<Hover> {
    let at = asked.text.offset(position, asked.encoding);
    let marks = asked.documents.marks(&asked.text.uri);
    let mark = marks.into_iter().find(|m| m.span.touches(at))?;
    let value = match &mark.kind {
        MarkKind::Closes(filling) => {
            format!(
                "Lakatos: this closes the goal, and the kernel accepts it.\n\n```lean\n{}\n```",
                filling.trim()
            )
        }
        MarkKind::Refuted(proof) => {
            format!("Lakatos: this statement is false.\n\n```lean\n{proof}\n```")
        }
        MarkKind::NoLean(why) => why.clone(),
    };
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value,
        }),
        range: Some(asked.text.range(mark.span, asked.encoding)),
    })
}
