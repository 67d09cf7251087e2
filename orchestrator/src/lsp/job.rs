//! One command of the editor at work: what it is about, and what it may use.

use std::sync::Arc;

use lakatos_lean_bridge::outline::Span;
use lsp_types::{NumberOrString, Position, Uri};
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::documents::{Documents, Outlined, Text};
use super::lean::{Lean, Leans};
use super::settings::Settings;
use crate::search::{Cancel, SearchConfig};

/// The argument of every command.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Argument {
    /// The document.
    pub uri: Uri,
    /// Its version when the action was offered.
    pub version: i32,
    /// Where; the document's beginning for what is about all of it.
    #[serde(default)]
    pub position: Position,
    /// Whether the editor is asked which suggestion to take.
    #[serde(default = "yes")]
    pub choose: bool,
}

fn yes() -> bool {
    true
}

/// How a command ended: its result.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Ended {
    /// The word for it; docs/lsp.md lists them.
    pub outcome: &'static str,
    /// A sentence for people.
    pub message: String,
    /// Whether the editor changed the document.
    pub applied: bool,
    /// How many places.
    pub edits: usize,
    /// How many places stay as they are.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed: usize,
    /// The proof that was put in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// The proof of the negation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refutation: Option<String>,
    /// The statement in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub english: Option<String>,
    /// Tactics that can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestions: Option<Vec<super::commands::suggest::Suggested>>,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl Ended {
    /// With an outcome and a sentence.
    pub fn with(outcome: &'static str, message: impl Into<String>) -> Self {
        Self {
            outcome,
            message: message.into(),
            ..Self::default()
        }
    }
}

/// Why a command did not come to its end.
#[derive(Debug)]
pub enum Stop {
    /// It was cancelled.
    Cancelled,
    /// It ends here, with this result.
    Ended(Box<Ended>),
}

impl From<Ended> for Stop {
    fn from(ended: Ended) -> Self {
        Self::Ended(Box::new(ended))
    }
}

/// How often it is looked whether a document is read at all.
const AGAIN: std::time::Duration = std::time::Duration::from_millis(500);

/// A command at work.
pub struct Job {
    /// The editor.
    pub client: Client,
    /// The open documents.
    pub documents: Documents,
    /// The Leans.
    pub leans: Arc<Leans>,
    /// The settings when it began.
    pub settings: Settings,
    /// The version that it is about.
    pub text: Arc<Text>,
    /// Where.
    pub offset: usize,
    /// Whether the editor is asked which suggestion to take.
    pub choose: bool,
    /// Ends it early.
    pub cancel: Cancel,
    /// The editor's own token for progress.
    pub token: Option<NumberOrString>,
}

impl Job {
    /// Runs something unless the job is cancelled first.
    pub async fn unless<T>(&self, work: impl Future<Output = T>) -> Result<T, Stop> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.cancel.cancelled() => Err(Stop::Cancelled),
        }
    }

    /// The Lean of the document.
    pub async fn lean(&self) -> Result<Arc<Lean>, Stop> {
        let starting = self.leans.of(&self.text.uri);
        tokio::pin!(starting);
        // It is there, as a rule; where it is not, that may take a while, or much longer the first time.
        let lean = match tokio::time::timeout(std::time::Duration::from_millis(300), &mut starting)
            .await
        {
            Ok(lean) => lean,
            Err(_) => {
                let showing = self.client.begin("Starting Lean", None, &self.cancel);
                let _showing = self.unless(showing).await?;
                self.unless(starting).await?
            }
        };
        lean.map_err(|why| Ended::with("declined", why).into())
    }

    /// What Lean makes of the document, at least up to the command at the place.
    pub async fn outlined(&self) -> Result<Outlined, Stop> {
        let gone = || Stop::from(Ended::with("stale", "The document was closed."));
        let mut outlines = self.documents.outlines(&self.text.uri).ok_or_else(gone)?;
        loop {
            let marks = self.documents.marks(&self.text.uri);
            if let Some(why) = marks.into_iter().find_map(|m| m.no_lean()) {
                return Err(Ended::with("declined", why).into());
            }
            let outlined = outlines.borrow_and_update().clone();
            if let Some(outlined) = outlined
                && outlined.text.version == self.text.version
            {
                let last = outlined.outline.commands.last().map_or(0, |c| c.piece.end);
                if outlined.outline.complete || last > self.offset {
                    return Ok(outlined);
                }
            }
            if self
                .documents
                .text(&self.text.uri)
                .is_none_or(|now| now.version != self.text.version)
            {
                return Err(self.stale());
            }
            // Looked at again now and then: a document that is not read has no outline.
            let change = tokio::time::timeout(AGAIN, outlines.changed());
            if let Ok(change) = self.unless(change).await? {
                change.map_err(|_| gone())?;
            }
        }
    }

    /// The document as it is now, if it is the same as far as `upto`.
    pub fn current(&self, upto: usize) -> Result<Arc<Text>, Stop> {
        let now = self
            .documents
            .text(&self.text.uri)
            .ok_or_else(|| self.stale())?;
        match (now.text.get(..upto), self.text.text.get(..upto)) {
            (Some(now_text), Some(then)) if now_text == then => Ok(now),
            _ => Err(self.stale()),
        }
    }

    /// Nothing was edited, since the document is another one by now.
    pub fn stale(&self) -> Stop {
        let message = "The document was edited in the meantime, so that nothing was put into it.";
        Ended::with("stale", message).into()
    }

    /// Changes the document, if it is still the same as far as `upto`; whether the editor did it.
    pub async fn edit(
        &self,
        label: &str,
        upto: usize,
        edits: Vec<(Span, String)>,
    ) -> Result<bool, Stop> {
        let now = self.current(upto)?;
        self.unless(self.client.edit(label, &now, edits)).await
    }

    /// How to search here.
    pub fn search(&self, lean: &Lean) -> SearchConfig {
        let mut config = lean.search.clone();
        config.budget.seconds = self.settings.seconds;
        config.budget.nodes = self.settings.nodes;
        config
    }
}
