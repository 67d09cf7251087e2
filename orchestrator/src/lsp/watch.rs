//! One open document, followed: each version is read by Lean as far as it changed, and on idle hints are looked for.

use std::sync::Arc;
use std::time::Duration;

use lakatos_lean_bridge::outline::Span;
use lsp_types::Uri;
use tokio::sync::{RwLock, watch};

use super::client::Client;
use super::documents::{Documents, Mark, MarkKind, Outlined, Text};
use super::hints;
use super::lean::{Lean, Leans};
use super::settings::Settings;

/// Milliseconds that Lean reads before it shows how far it is.
const PART_MS: u64 = 400;
/// Milliseconds that one command may take.
const COMMAND_MS: u64 = 120_000;
/// How long edits are gathered.
const GATHER: Duration = Duration::from_millis(40);

/// What following a document needs.
pub struct Watch {
    /// The editor.
    pub client: Client,
    /// The open documents.
    pub documents: Documents,
    /// The Leans.
    pub leans: Arc<Leans>,
    /// The settings, which may change.
    pub settings: Arc<RwLock<Settings>>,
}

impl Watch {
    /// Follows a document until it is closed.
    pub async fn follow(self, uri: Uri, mut changes: watch::Receiver<Arc<Text>>) {
        let lean = loop {
            match self.leans.of(&uri).await {
                Ok(lean) => break lean,
                Err(why) => {
                    let text = Arc::clone(&changes.borrow_and_update());
                    self.without(&text, why);
                    // Tried again when the file changes: perhaps what is missing has been installed.
                    if changes.changed().await.is_err() {
                        return;
                    }
                }
            }
        };
        self.documents
            .unmark(&uri, |m| matches!(m.kind, MarkKind::NoLean(_)));
        self.read(&lean, changes).await;
    }

    async fn read(&self, lean: &Lean, mut changes: watch::Receiver<Arc<Text>>) {
        let document = match lean.resources.pool.document() {
            Ok(document) => document,
            Err(error) => {
                let text = Arc::clone(&changes.borrow());
                return self.without(&text, error.to_string());
            }
        };
        loop {
            tokio::time::sleep(GATHER).await;
            let text = Arc::clone(&changes.borrow_and_update());
            let mut complete = false;
            if let Some(why) = self.too_large(&text).await {
                self.without(&text, why);
                if changes.changed().await.is_err() {
                    return;
                }
                continue;
            }
            self.documents
                .unmark(&text.uri, |m| matches!(m.kind, MarkKind::NoLean(_)));
            let mut commands = None;
            while !complete && !changes.has_changed().unwrap_or(true) {
                match document.outline(&text.text, PART_MS, COMMAND_MS).await {
                    Ok(outline) => {
                        complete = outline.complete;
                        // One command that Lean cannot get through in its time: not tried again until something changes.
                        let stuck = !complete && commands == Some(outline.commands.len());
                        commands = Some(outline.commands.len());
                        let outline = Arc::new(outline);
                        let text = Arc::clone(&text);
                        self.documents.outline(Outlined { text, outline });
                        if stuck {
                            break;
                        }
                    }
                    Err(error) => {
                        self.without(&text, error.to_string());
                        break;
                    }
                }
            }
            if complete {
                self.documents
                    .unmark(&text.uri, |m| matches!(m.kind, MarkKind::NoLean(_)));
                self.publish(&text.uri);
                self.client.refresh();
                tokio::select! {
                    changed = changes.changed() => match changed {
                        Ok(()) => continue,
                        Err(_) => return,
                    },
                    () = self.idle(lean, &text.uri) => {}
                }
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits for a while, and looks for hints then. Dropped when something is typed.
    async fn idle(&self, lean: &Lean, uri: &Uri) {
        let settings = self.settings.read().await.clone();
        if !settings.hints {
            return std::future::pending().await;
        }
        tokio::time::sleep(Duration::from_secs(u64::from(settings.idle_seconds))).await;
        if let Some(outlined) = self.documents.outlined(uri) {
            hints::look(&self.documents, &self.client, lean, &settings, &outlined).await;
        }
    }

    /// Why a document is too large to be read, if it is.
    async fn too_large(&self, text: &Text) -> Option<String> {
        let limit = self.settings.read().await.max_file_kib;
        let kib = text.text.len() / 1024;
        (kib > limit).then(|| {
            format!("This file has {kib} KiB and is left alone; `lakatos.maxFileKiB` says how large a file may be.")
        })
    }

    /// Says why a document is not read.
    fn without(&self, text: &Text, why: String) {
        let line = text.text.find('\n').unwrap_or(text.text.len());
        let span = Span {
            start: 0,
            end: line,
        };
        let about = Span { start: 0, end: 0 };
        let kind = MarkKind::NoLean(why);
        self.documents.mark(text, Mark { span, about, kind });
        self.publish(&text.uri);
    }

    fn publish(&self, uri: &Uri) {
        if let Some((text, said)) = self.documents.diagnostics(uri, self.client.can().encoding) {
            self.client.publish(&text, said);
        }
    }
}
