//! `textDocument/codeAction`.

use lsp_types::{CodeAction, CodeActionContext, CodeActionKind, CodeActionOrCommand, Range};

use super::Asked;
use crate::lsp::commands::Command;
use crate::lsp::documents::MarkKind;
use crate::lsp::syntax;

/// The actions at a range's beginning, from the text alone and from what Lean has last said.
pub fn answer(
    asked: &Asked<'_>,
    range: Range,
    context: &CodeActionContext,
) -> Vec<CodeActionOrCommand> {
    let text = &asked.text.text;
    let span = asked.text.span(range, asked.encoding);
    let holes = syntax::sorries(text);
    let on_hole = holes
        .iter()
        .any(|h| h.start <= span.end && span.start <= h.end);
    let statements = syntax::statements(text);
    let around = statements
        .iter()
        .find(|(s, _)| s.touches(span.start))
        .map(|(s, _)| *s);
    let unfinished =
        around.is_some_and(|s| holes.iter().any(|h| s.start <= h.start && h.end <= s.end));
    let wrong = around.is_some() && in_wrong_block(asked, span.start);
    let mut offered: Vec<(Command, CodeActionKind)> = Vec::new();
    if around.is_some() && (on_hole || unfinished || wrong) {
        offered.push((Command::Prove, CodeActionKind::QUICKFIX));
        offered.push((Command::Refute, CodeActionKind::QUICKFIX));
    }
    if around.is_some() && (on_hole || wrong) {
        offered.push((Command::Suggest, CodeActionKind::QUICKFIX));
    }
    if !holes.is_empty() {
        offered.push((Command::ProveAll, CodeActionKind::QUICKFIX));
    }
    if around.is_some() {
        if !unfinished && !wrong {
            offered.push((Command::Shorten, CodeActionKind::REFACTOR_REWRITE));
        }
        offered.push((Command::Explain, CodeActionKind::REFACTOR_REWRITE));
    }
    let wanted = |kind: &CodeActionKind| match &context.only {
        None => true,
        Some(only) => only.iter().any(|o| {
            let (o, kind) = (o.as_str(), kind.as_str());
            o.is_empty()
                || o == kind
                || kind
                    .strip_prefix(o)
                    .is_some_and(|rest| rest.starts_with('.'))
        }),
    };
    let actions = offered
        .into_iter()
        .filter(|(_, kind)| wanted(kind))
        .map(|(command, kind)| {
            CodeActionOrCommand::CodeAction(CodeAction {
                title: command.title().to_owned(),
                kind: Some(kind),
                command: Some(asked.command(command, command.title(), range.start)),
                ..CodeAction::default()
            })
        });
    let mut actions: Vec<_> = actions.collect();
    if wanted(&CodeActionKind::QUICKFIX) {
        actions.splice(0..0, closing(asked, span.start));
    }
    actions
}

/// Where a hint says what closes the hole: that, without a search.
fn closing(asked: &Asked<'_>, at: usize) -> Option<CodeActionOrCommand> {
    let marks = asked.documents.marks(&asked.text.uri);
    let mark = marks
        .into_iter()
        .find(|m| m.span.touches(at) && matches!(m.kind, MarkKind::Closes(_)))?;
    let MarkKind::Closes(filling) = mark.kind else {
        return None;
    };
    let edit =
        lsp_types::TextEdit::new(asked.text.range(mark.span, asked.encoding), filling.clone());
    let document = lsp_types::TextDocumentEdit {
        text_document: lsp_types::OptionalVersionedTextDocumentIdentifier {
            uri: asked.text.uri.clone(),
            version: Some(asked.text.version),
        },
        edits: vec![lsp_types::OneOf::Left(edit)],
    };
    Some(CodeActionOrCommand::CodeAction(CodeAction {
        title: format!("Replace sorry by `{}`", filling.trim()),
        kind: Some(CodeActionKind::QUICKFIX),
        is_preferred: Some(true),
        edit: Some(lsp_types::WorkspaceEdit {
            document_changes: Some(lsp_types::DocumentChanges::Edits(vec![document])),
            ..Default::default()
        }),
        ..CodeAction::default()
    }))
}

/// Whether Lean has reported an error in a `by` block around the place. What it said of an older version counts where the text is
/// the same as far as the place.
fn in_wrong_block(asked: &Asked<'_>, at: usize) -> bool {
    let Some(outlined) = asked.documents.outlined(&asked.text.uri) else {
        return false;
    };
    let same = outlined
        .text
        .text
        .get(..at)
        .is_some_and(|then| asked.text.text.get(..at) == Some(then));
    let Some(command) = outlined
        .outline
        .command_at(at)
        .and_then(|i| outlined.outline.commands.get(i))
    else {
        return false;
    };
    same && command.is_theorem()
        && command.has_error()
        && command.blocks.iter().any(|b| b.touches(at))
}
