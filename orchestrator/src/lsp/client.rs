//! The editor on the other side: what it can do, what it is asked, and how far work has come.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lakatos_lean_bridge::outline::Span;
use lsp_server::{Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{Progress as ProgressNote, PublishDiagnostics, ShowMessage};
use lsp_types::request::{
    ApplyWorkspaceEdit, CodeLensRefresh, InlayHintRefreshRequest, WorkDoneProgressCreate,
};
use lsp_types::{
    ApplyWorkspaceEditParams, ApplyWorkspaceEditResponse, ClientCapabilities, Diagnostic,
    DocumentChanges, MessageType, NumberOrString, OneOf, OptionalVersionedTextDocumentIdentifier,
    ProgressParams, ProgressParamsValue, PublishDiagnosticsParams, ShowMessageParams,
    TextDocumentEdit, TextEdit, WorkDoneProgress, WorkDoneProgressBegin,
    WorkDoneProgressCreateParams, WorkDoneProgressEnd, WorkDoneProgressReport, WorkspaceEdit,
};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::documents::Text;
use super::position::Encoding;
use crate::search::Cancel;

/// What the client can do, as far as the server makes a difference.
#[derive(Debug, Clone, Copy, Default)]
pub struct Can {
    pub encoding: Encoding,
    pub work_done_progress: bool,
    pub show_message_request: bool,
    pub configuration: bool,
    pub document_changes: bool,
    pub lens_refresh: bool,
    pub hint_refresh: bool,
}

impl Can {
    /// From what it says of itself.
    pub fn of(c: &ClientCapabilities) -> Self {
        let window = c.window.as_ref();
        let workspace = c.workspace.as_ref();
        let general = c.general.as_ref();
        Self {
            encoding: Encoding::negotiated(general.and_then(|g| g.position_encodings.as_deref())),
            work_done_progress: window.and_then(|w| w.work_done_progress).unwrap_or(false),
            show_message_request: window.is_some_and(|w| w.show_message.is_some()),
            configuration: workspace.and_then(|w| w.configuration).unwrap_or(false),
            document_changes: workspace
                .and_then(|w| w.workspace_edit.as_ref())
                .and_then(|e| e.document_changes)
                .unwrap_or(false),
            lens_refresh: workspace
                .and_then(|w| w.code_lens.as_ref())
                .and_then(|l| l.refresh_support)
                .unwrap_or(false),
            hint_refresh: workspace
                .and_then(|w| w.inlay_hint.as_ref())
                .and_then(|h| h.refresh_support)
                .unwrap_or(false),
        }
    }
}

/// The client. Clones are the same one.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    out: mpsc::UnboundedSender<Value>,
    can: Can,
    next: AtomicI32,
    asked: Mutex<HashMap<RequestId, oneshot::Sender<Response>>>,
    running: Mutex<HashMap<String, Cancel>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Client {
    /// A client that is written to through `out`.
    pub fn new(out: mpsc::UnboundedSender<Value>, can: Can) -> Self {
        Self(Arc::new(Inner {
            out,
            can,
            next: AtomicI32::new(0),
            asked: Mutex::default(),
            running: Mutex::default(),
        }))
    }

    /// What it can do.
    pub fn can(&self) -> Can {
        self.0.can
    }

    /// Sends a message.
    pub fn send(&self, message: impl Into<Message>) {
        let mut value = serde_json::to_value(message.into()).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("jsonrpc".into(), "2.0".into());
        }
        // Nobody listens where the editor has gone; then everything ends.
        let _ = self.0.out.send(value);
    }

    /// Tells it something.
    pub fn notify<N: lsp_types::notification::Notification>(&self, params: N::Params) {
        self.send(Notification::new(N::METHOD.to_owned(), params));
    }

    /// Asks it something; none where it answers with an error, or not in the way that was agreed.
    pub async fn ask<R: lsp_types::request::Request>(
        &self,
        params: R::Params,
    ) -> Option<R::Result> {
        let id: RequestId = self.0.next.fetch_add(1, Ordering::Relaxed).into();
        let (reply, answer) = oneshot::channel();
        lock(&self.0.asked).insert(id.clone(), reply);
        self.send(Request::new(id, R::METHOD.to_owned(), params));
        let answer = answer.await.ok()?;
        match answer.response_result {
            Ok(result) => serde_json::from_value(result).ok(),
            Err(error) => {
                tracing::info!("the editor refused {}: {}", R::METHOD, error.message);
                None
            }
        }
    }

    /// An answer to something that was asked.
    pub fn answered(&self, response: Response) {
        if let Some(reply) = lock(&self.0.asked).remove(&response.id) {
            let _ = reply.send(response);
        }
    }

    /// A sentence for the person.
    pub fn show(&self, typ: MessageType, message: impl Into<String>) {
        let message = message.into();
        self.notify::<ShowMessage>(ShowMessageParams { typ, message });
    }

    /// The diagnostics of one version of a document.
    pub fn publish(&self, text: &Text, diagnostics: Vec<Diagnostic>) {
        self.notify::<PublishDiagnostics>(PublishDiagnosticsParams {
            uri: text.uri.clone(),
            diagnostics,
            version: Some(text.version),
        });
    }

    /// Tells it that lenses and hints have changed, where it wants to know.
    pub fn refresh(&self) {
        let (client, can) = (self.clone(), self.can());
        tokio::spawn(async move {
            if can.lens_refresh {
                client.ask::<CodeLensRefresh>(()).await;
            }
            if can.hint_refresh {
                client.ask::<InlayHintRefreshRequest>(()).await;
            }
        });
    }

    /// Asks it to change one version of a document; whether it did.
    pub async fn edit(&self, label: &str, text: &Text, edits: Vec<(Span, String)>) -> bool {
        let encoding = self.can().encoding;
        let edits: Vec<TextEdit> = edits
            .into_iter()
            .map(|(span, new)| TextEdit::new(text.range(span, encoding), new))
            .collect();
        let edit = if self.can().document_changes {
            let edit = TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier {
                    uri: text.uri.clone(),
                    version: Some(text.version),
                },
                edits: edits.into_iter().map(OneOf::Left).collect(),
            };
            WorkspaceEdit {
                document_changes: Some(DocumentChanges::Edits(vec![edit])),
                ..WorkspaceEdit::default()
            }
        } else {
            // The key's interior is not changed after this.
            #[allow(clippy::mutable_key_type)]
            let changes = [(text.uri.clone(), edits)].into();
            WorkspaceEdit::new(changes)
        };
        let params = ApplyWorkspaceEditParams {
            label: Some(label.to_owned()),
            edit,
        };
        let answer: Option<ApplyWorkspaceEditResponse> =
            self.ask::<ApplyWorkspaceEdit>(params).await;
        answer.is_some_and(|a| a.applied)
    }

    /// Begins to show how far some work has come; `token` is the client's own, if it gave one.
    pub async fn begin(
        &self,
        title: &str,
        token: Option<NumberOrString>,
        cancel: &Cancel,
    ) -> Showing {
        let n = self.0.next.fetch_add(1, Ordering::Relaxed);
        let own = NumberOrString::String(format!("lakatos-{n}"));
        let token = if self.can().work_done_progress {
            let params = WorkDoneProgressCreateParams { token: own.clone() };
            self.ask::<WorkDoneProgressCreate>(params)
                .await
                .map(|()| own)
                .or(token)
        } else {
            token
        };
        if let Some(token) = &token {
            lock(&self.0.running).insert(key(token), cancel.clone());
        }
        let showing = Showing {
            client: self.clone(),
            token,
            last: Mutex::new(Instant::now()),
        };
        showing.say(WorkDoneProgress::Begin(WorkDoneProgressBegin {
            title: title.to_owned(),
            cancellable: Some(true),
            message: None,
            percentage: None,
        }));
        showing
    }

    /// The person does not want some work any more.
    pub fn cancel_progress(&self, token: &NumberOrString) {
        if let Some(cancel) = lock(&self.0.running).get(&key(token)) {
            cancel.cancel();
        }
    }
}

fn key(token: &NumberOrString) -> String {
    match token {
        NumberOrString::Number(n) => format!("n{n}"),
        NumberOrString::String(s) => format!("s{s}"),
    }
}

/// Work whose progress the editor shows; it says that it has ended when it is dropped.
pub struct Showing {
    client: Client,
    token: Option<NumberOrString>,
    last: Mutex<Instant>,
}

/// How often progress is shown.
const EVERY: Duration = Duration::from_millis(200);

impl Showing {
    fn say(&self, value: WorkDoneProgress) {
        if let Some(token) = self.token.clone() {
            let value = ProgressParamsValue::WorkDone(value);
            self.client
                .notify::<ProgressNote>(ProgressParams { token, value });
        }
    }

    /// Shows how far it is, not too often.
    pub fn report(&self, message: String) {
        {
            let mut last = lock(&self.last);
            if last.elapsed() < EVERY {
                return;
            }
            *last = Instant::now();
        }
        self.say(WorkDoneProgress::Report(WorkDoneProgressReport {
            message: Some(message),
            ..WorkDoneProgressReport::default()
        }));
    }
}

impl Drop for Showing {
    fn drop(&mut self) {
        self.say(WorkDoneProgress::End(WorkDoneProgressEnd { message: None }));
        if let Some(token) = &self.token {
            lock(&self.client.0.running).remove(&key(token));
        }
    }
}
