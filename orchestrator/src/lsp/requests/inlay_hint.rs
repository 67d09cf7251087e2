//! `textDocument/inlayHint`: what closes a `sorry`, behind it; accepting the hint puts it in place.

use lsp_types::{InlayHint, InlayHintLabel, InlayHintTooltip, Range, TextEdit};

use super::Asked;
use crate::lsp::documents::MarkKind;

/// The hints in a range.
pub fn answer(asked: &Asked<'_>, range: Range) -> Vec<InlayHint> {
    let shown = asked.text.span(range, asked.encoding);
    let marks = asked.documents.marks(&asked.text.uri).into_iter();
    let inside = marks.filter(|m| m.span.start <= shown.end && shown.start <= m.span.end);
    inside
        .filter_map(|mark| {
            let MarkKind::Closes(filling) = mark.kind else {
                return None;
            };
            let range = asked.text.range(mark.span, asked.encoding);
            Some(InlayHint {
                position: range.end,
                label: InlayHintLabel::String(format!("⇐ {}", filling.trim())),
                kind: None,
                text_edits: Some(vec![TextEdit::new(range, filling)]),
                tooltip: Some(InlayHintTooltip::String(
                    "Closes the goal; the kernel accepts it.".into(),
                )),
                padding_left: Some(true),
                padding_right: None,
                data: None,
            })
        })
        .collect()
}
