//! What the editor asks by itself, one file a request. All answer from what is known already; nothing waits for Lean.

pub mod code_action;
pub mod code_lens;
pub mod completion;
pub mod hover;
pub mod inlay_hint;

use std::sync::Arc;

use lsp_types::{Command as ClientCommand, Position};
use serde_json::json;

use super::commands::Command;
use super::documents::{Documents, Text};
use super::position::Encoding;
use super::settings::Settings;

/// What a request is answered from.
pub struct Asked<'a> {
    /// The document's present version.
    pub text: Arc<Text>,
    /// The open documents.
    pub documents: &'a Documents,
    /// How columns are counted.
    pub encoding: Encoding,
    /// The settings.
    pub settings: &'a Settings,
}

impl Asked<'_> {
    /// A command about a place, as an action or a lens has it.
    fn command(&self, command: Command, title: &str, position: Position) -> ClientCommand {
        let argument = json!({
            "uri": self.text.uri,
            "version": self.text.version,
            "position": position,
        });
        ClientCommand::new(
            title.to_owned(),
            command.name().to_owned(),
            Some(vec![argument]),
        )
    }
}
