//! `textDocument/codeLens`: *prove* and *refute* over theorems with a `sorry`.

use lsp_types::CodeLens;

use super::Asked;
use crate::lsp::commands::Command;
use crate::lsp::syntax;

/// Two lenses a theorem.
pub fn answer(asked: &Asked<'_>) -> Vec<CodeLens> {
    if !asked.settings.lenses {
        return Vec::new();
    }
    let text = &asked.text.text;
    let holes = syntax::sorries(text);
    let mut lenses = Vec::new();
    for (statement, _) in syntax::statements(text) {
        let Some(hole) = holes
            .iter()
            .find(|h| statement.start <= h.start && h.end <= statement.end)
        else {
            continue;
        };
        let start = asked.text.position(statement.start, asked.encoding);
        let place = asked.text.position(hole.start, asked.encoding);
        for (command, title) in [(Command::Prove, "prove"), (Command::Refute, "refute")] {
            lenses.push(CodeLens {
                range: lsp_types::Range::new(start, start),
                command: Some(asked.command(command, title, place)),
                data: None,
            });
        }
    }
    lenses
}
