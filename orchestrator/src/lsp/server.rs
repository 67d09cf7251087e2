//! The server's life: from `initialize` to `exit`, message by message.

use std::collections::HashMap;
use std::io::{BufReader, Read, Write};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification as note;
use lsp_types::notification::Notification as _;
use lsp_types::request as req;
use lsp_types::request::Request as _;
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions,
    CompletionOptions, ConfigurationItem, ConfigurationParams, ExecuteCommandOptions,
    ExecuteCommandParams, HoverProviderCapability, InitializeParams, InitializeResult, MessageType,
    NumberOrString, OneOf, SaveOptions, ServerCapabilities, ServerInfo, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri,
    WorkDoneProgressOptions,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{RwLock, mpsc};

use super::client::{Can, Client};
use super::commands::Command;
use super::documents::{Documents, Text};
use super::job::{Argument, Ended, Job, Stop};
use super::lean::{Leans, Source};
use super::requests::{Asked, code_action, code_lens, completion, hover, inlay_hint};
use super::settings::Settings;
use super::transport::{self, Malformed};
use super::watch::Watch;
use crate::search::Cancel;

/// How the server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As the protocol has it: `shutdown`, then `exit`.
    Orderly,
    /// The input ended, the editor is gone, or `exit` came without `shutdown`.
    Abrupt,
}

/// How often it is looked whether the editor is still there.
const EDITOR_ALIVE: Duration = Duration::from_secs(2);

/// Serves one editor on a pair of streams until it has had enough.
pub async fn serve(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    source: Box<dyn Source>,
) -> Ending {
    let (incoming, mut messages) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let mut input = BufReader::new(input);
        // An input that fails is at its end.
        while let Ok(Some(message)) = transport::read(&mut input) {
            if incoming.send(message).is_err() {
                return;
            }
        }
    });
    let (out, mut outgoing) = mpsc::unbounded_channel::<Value>();
    let writer = std::thread::spawn(move || {
        let mut output = std::io::BufWriter::new(output);
        while let Some(value) = outgoing.blocking_recv() {
            if transport::write(&mut output, &value).is_err() {
                return;
            }
        }
    });
    let leans = Arc::new(Leans::new(source));
    let ending = life(&mut messages, &out, &leans).await;
    leans.shutdown().await;
    drop(out);
    // What was answered last is still written; who does not read it is not waited for.
    let written = tokio::task::spawn_blocking(move || writer.join());
    let _ = tokio::time::timeout(Duration::from_secs(1), written).await;
    ending
}

type Messages = mpsc::UnboundedReceiver<Result<Message, Malformed>>;

async fn life(
    messages: &mut Messages,
    out: &mpsc::UnboundedSender<Value>,
    leans: &Arc<Leans>,
) -> Ending {
    let early = Client::new(out.clone(), Can::default());
    let params = loop {
        match messages.recv().await {
            None => return Ending::Abrupt,
            Some(Err(Malformed(answer))) => drop(out.send(answer)),
            Some(Ok(Message::Request(request))) if request.method == req::Initialize::METHOD => {
                match serde_json::from_value::<InitializeParams>(request.params) {
                    Ok(params) => break (request.id, params),
                    Err(e) => early.send(Response::new_err(
                        request.id,
                        ErrorCode::InvalidParams as i32,
                        format!("the parameters of `initialize` cannot be read: {e}"),
                    )),
                }
            }
            Some(Ok(Message::Request(request))) => early.send(Response::new_err(
                request.id,
                ErrorCode::ServerNotInitialized as i32,
                "`initialize` must come first".into(),
            )),
            Some(Ok(Message::Notification(n))) if n.method == note::Exit::METHOD => {
                return Ending::Abrupt;
            }
            Some(Ok(_)) => {}
        }
    };
    let (id, params) = params;
    let can = Can::of(&params.capabilities);
    let client = Client::new(out.clone(), can);
    let (settings, wrong) = Settings::read(&params.initialization_options.unwrap_or_default());
    client.send(Response::new_ok(id, capabilities(can)));
    for sentence in wrong {
        client.show(MessageType::WARNING, format!("Lakatos: {sentence}"));
    }
    let mut server = Server {
        client,
        documents: Documents::default(),
        leans: Arc::clone(leans),
        settings: Arc::new(RwLock::new(settings)),
        running: Arc::default(),
        down: false,
    };
    let editor = params.process_id;
    let mut alive = tokio::time::interval(EDITOR_ALIVE);
    loop {
        let message = tokio::select! {
            message = messages.recv() => message,
            _ = alive.tick(), if editor.is_some() => {
                if editor.is_some_and(gone) {
                    return Ending::Abrupt;
                }
                continue;
            }
        };
        match message {
            None => return Ending::Abrupt,
            Some(Err(Malformed(answer))) => drop(out.send(answer)),
            Some(Ok(Message::Request(request))) => server.request(request).await,
            Some(Ok(Message::Response(response))) => server.client.answered(response),
            Some(Ok(Message::Notification(n))) if n.method == note::Exit::METHOD => {
                return if server.down {
                    Ending::Orderly
                } else {
                    Ending::Abrupt
                };
            }
            Some(Ok(Message::Notification(notification))) => {
                server.notification(notification).await
            }
        }
    }
}

/// Whether a process is not there any more.
fn gone(process: u32) -> bool {
    #[cfg(unix)]
    {
        let pid = i32::try_from(process)
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        pid.is_some_and(|pid| {
            rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH)
        })
    }
    #[cfg(not(unix))]
    {
        let _ = process;
        false
    }
}

fn capabilities(can: Can) -> InitializeResult {
    let progress = WorkDoneProgressOptions {
        work_done_progress: Some(true),
    };
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(
            SaveOptions::default(),
        )),
        ..TextDocumentSyncOptions::default()
    };
    InitializeResult {
        capabilities: ServerCapabilities {
            position_encoding: Some(can.encoding.kind()),
            text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
            code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
                code_action_kinds: Some(vec![
                    CodeActionKind::QUICKFIX,
                    CodeActionKind::REFACTOR_REWRITE,
                ]),
                ..CodeActionOptions::default()
            })),
            code_lens_provider: Some(CodeLensOptions {
                resolve_provider: Some(false),
            }),
            completion_provider: Some(CompletionOptions {
                trigger_characters: Some(vec![" ".into()]),
                ..CompletionOptions::default()
            }),
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            inlay_hint_provider: Some(OneOf::Left(true)),
            execute_command_provider: Some(ExecuteCommandOptions {
                commands: Command::ALL.map(|c| c.name().to_owned()).to_vec(),
                work_done_progress_options: progress,
            }),
            ..ServerCapabilities::default()
        },
        server_info: Some(ServerInfo {
            name: "lakatos".into(),
            version: Some(env!("CARGO_PKG_VERSION").into()),
        }),
    }
}

struct Server {
    client: Client,
    documents: Documents,
    leans: Arc<Leans>,
    settings: Arc<RwLock<Settings>>,
    running: Arc<Mutex<HashMap<RequestId, Cancel>>>,
    down: bool,
}

fn bad_params(id: RequestId, error: impl std::fmt::Display) -> Response {
    Response::new_err(id, ErrorCode::InvalidParams as i32, error.to_string())
}

impl Server {
    async fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        if self.down {
            let message = "the server is shutting down".to_owned();
            return self.client.send(Response::new_err(
                id,
                ErrorCode::InvalidRequest as i32,
                message,
            ));
        }
        match method.as_str() {
            req::Shutdown::METHOD => {
                self.down = true;
                let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                running.drain().for_each(|(_, cancel)| cancel.cancel());
                self.client.send(Response::new_ok(id, ()));
            }
            req::Initialize::METHOD => {
                let message = "`initialize` came a second time".to_owned();
                self.client.send(Response::new_err(
                    id,
                    ErrorCode::InvalidRequest as i32,
                    message,
                ));
            }
            req::ExecuteCommand::METHOD => self.execute(id, params).await,
            req::CodeActionRequest::METHOD => {
                self.answer::<req::CodeActionRequest>(
                    id,
                    params,
                    |p| p.text_document.uri.clone(),
                    |asked, p| Some(code_action::answer(asked, p.range, &p.context)),
                )
                .await;
            }
            req::CodeLensRequest::METHOD => {
                self.answer::<req::CodeLensRequest>(
                    id,
                    params,
                    |p| p.text_document.uri.clone(),
                    |asked, _| Some(code_lens::answer(asked)),
                )
                .await;
            }
            req::Completion::METHOD => {
                self.answer::<req::Completion>(
                    id,
                    params,
                    |p| p.text_document_position.text_document.uri.clone(),
                    |asked, p| {
                        let items = completion::answer(asked, p.text_document_position.position);
                        Some(lsp_types::CompletionResponse::Array(items))
                    },
                )
                .await;
            }
            req::HoverRequest::METHOD => {
                self.answer::<req::HoverRequest>(
                    id,
                    params,
                    |p| p.text_document_position_params.text_document.uri.clone(),
                    |asked, p| hover::answer(asked, p.text_document_position_params.position),
                )
                .await;
            }
            req::InlayHintRequest::METHOD => {
                self.answer::<req::InlayHintRequest>(
                    id,
                    params,
                    |p| p.text_document.uri.clone(),
                    |asked, p| Some(inlay_hint::answer(asked, p.range)),
                )
                .await;
            }
            _ => {
                let message = format!("there is no method `{method}`");
                self.client.send(Response::new_err(
                    id,
                    ErrorCode::MethodNotFound as i32,
                    message,
                ));
            }
        }
    }

    /// Answers a request from what is known of its document.
    async fn answer<R>(
        &self,
        id: RequestId,
        params: Value,
        uri: impl Fn(&R::Params) -> Uri,
        answer: impl Fn(&Asked<'_>, &R::Params) -> R::Result,
    ) where
        R: lsp_types::request::Request,
        R::Params: DeserializeOwned,
        R::Result: Serialize,
    {
        let params: R::Params = match serde_json::from_value(params) {
            Ok(params) => params,
            Err(error) => return self.client.send(bad_params(id, error)),
        };
        let uri = uri(&params);
        let Some(text) = self.documents.text(&uri) else {
            let message = format!("{} is not open", uri.as_str());
            return self.client.send(bad_params(id, message));
        };
        let settings = self.settings.read().await;
        let asked = Asked {
            text,
            documents: &self.documents,
            encoding: self.client.can().encoding,
            settings: &settings,
        };
        self.client
            .send(Response::new_ok(id, answer(&asked, &params)));
    }

    async fn execute(&self, id: RequestId, params: Value) {
        let params: ExecuteCommandParams = match serde_json::from_value(params) {
            Ok(params) => params,
            Err(error) => return self.client.send(bad_params(id, error)),
        };
        let Some(command) = Command::ALL
            .into_iter()
            .find(|c| c.name() == params.command)
        else {
            let message = format!("there is no command `{}`", params.command);
            return self.client.send(bad_params(id, message));
        };
        let argument = params.arguments.into_iter().next().unwrap_or_default();
        let argument: Argument = match serde_json::from_value(argument) {
            Ok(argument) => argument,
            Err(error) => {
                let message = format!(
                    "the argument of `{}` is {{uri, version, position}}: {error}",
                    command.name()
                );
                return self.client.send(bad_params(id, message));
            }
        };
        let Some(text) = self.documents.text(&argument.uri) else {
            let message = format!("{} is not open", argument.uri.as_str());
            return self.client.send(bad_params(id, message));
        };
        if text.version != argument.version {
            let message =
                "The document was edited since the action was offered; ask for the actions again.";
            return self
                .client
                .send(Response::new_ok(id, Ended::with("stale", message)));
        }
        let job = Job {
            client: self.client.clone(),
            documents: self.documents.clone(),
            leans: Arc::clone(&self.leans),
            settings: self.settings.read().await.clone(),
            offset: text.offset(argument.position, self.client.can().encoding),
            text,
            choose: argument.choose,
            cancel: Cancel::new(),
            token: params.work_done_progress_params.work_done_token,
        };
        let running = Arc::clone(&self.running);
        let keep = |f: &dyn Fn(&mut HashMap<RequestId, Cancel>)| {
            f(&mut running.lock().unwrap_or_else(PoisonError::into_inner));
        };
        keep(&|all| drop(all.insert(id.clone(), job.cancel.clone())));
        let running = Arc::clone(&self.running);
        tokio::spawn(async move {
            let ended = AssertUnwindSafe(command.run(&job)).catch_unwind().await;
            running
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&id);
            let response = match ended {
                Ok(Ok(ended)) => Response::new_ok(id, told(&job, command, ended)),
                Ok(Err(Stop::Ended(ended))) => Response::new_ok(id, told(&job, command, *ended)),
                Ok(Err(Stop::Cancelled)) => {
                    Response::new_err(id, ErrorCode::RequestCanceled as i32, "cancelled".into())
                }
                Err(_) => {
                    let message = "a defect ended this command; the log has more".to_owned();
                    Response::new_err(id, ErrorCode::InternalError as i32, message)
                }
            };
            job.client.send(response);
        });
    }

    async fn notification(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        match method.as_str() {
            note::DidOpenTextDocument::METHOD => {
                if let Some(p) = read::<note::DidOpenTextDocument>(params) {
                    let d = p.text_document;
                    let uri = d.uri.clone();
                    let changes = self.documents.open(Text::new(d.uri, d.version, d.text));
                    let watch = Watch {
                        client: self.client.clone(),
                        documents: self.documents.clone(),
                        leans: Arc::clone(&self.leans),
                        settings: Arc::clone(&self.settings),
                    };
                    tokio::spawn(watch.follow(uri, changes));
                }
            }
            note::DidChangeTextDocument::METHOD => {
                if let Some(p) = read::<note::DidChangeTextDocument>(params) {
                    let (uri, version) = (p.text_document.uri, p.text_document.version);
                    let encoding = self.client.can().encoding;
                    self.documents
                        .change(&uri, version, p.content_changes, encoding);
                    // What is known moves with the text at once; what is known no more goes.
                    if let Some((text, said)) = self.documents.diagnostics(&uri, encoding) {
                        self.client.publish(&text, said);
                    }
                }
            }
            note::DidCloseTextDocument::METHOD => {
                if let Some(p) = read::<note::DidCloseTextDocument>(params) {
                    if let Some(text) = self.documents.text(&p.text_document.uri) {
                        self.client.publish(&text, Vec::new());
                    }
                    self.documents.close(&p.text_document.uri);
                }
            }
            note::Cancel::METHOD => {
                if let Some(p) = read::<note::Cancel>(params) {
                    let id: RequestId = match p.id {
                        NumberOrString::Number(n) => n.into(),
                        NumberOrString::String(s) => s.into(),
                    };
                    let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(cancel) = running.get(&id) {
                        cancel.cancel();
                    }
                }
            }
            note::WorkDoneProgressCancel::METHOD => {
                if let Some(p) = read::<note::WorkDoneProgressCancel>(params) {
                    self.client.cancel_progress(&p.token);
                }
            }
            note::DidChangeConfiguration::METHOD => self.configure(params),
            note::Initialized::METHOD => self.configure(Value::Null),
            _ => {}
        }
    }

    /// Takes settings from a notification, or asks for them where the client wants to be asked.
    fn configure(&self, params: Value) {
        let sent = params.get("settings").filter(|s| !s.is_null()).cloned();
        let (client, settings) = (self.client.clone(), Arc::clone(&self.settings));
        tokio::spawn(async move {
            let item = ConfigurationItem {
                scope_uri: None,
                section: Some("lakatos".into()),
            };
            let asked = if client.can().configuration {
                let params = ConfigurationParams { items: vec![item] };
                let answer = client.ask::<req::WorkspaceConfiguration>(params).await;
                answer
                    .and_then(|all| all.into_iter().next())
                    .filter(|s| !s.is_null())
            } else {
                None
            };
            let Some(sent) = asked.or(sent) else { return };
            let (read, wrong) = Settings::read(&sent);
            *settings.write().await = read;
            for sentence in wrong {
                client.show(MessageType::WARNING, format!("Lakatos: {sentence}"));
            }
        });
    }
}

/// Shows a command's sentence, where the editor shows nothing else of it.
fn told(job: &Job, command: Command, ended: Ended) -> Ended {
    let shown = match (command, ended.outcome) {
        (Command::Explain, "explained") | (Command::Suggest, "suggested") => None,
        (_, "proved" | "shortened" | "refuted") => Some(MessageType::INFO),
        _ => Some(MessageType::WARNING),
    };
    if let Some(typ) = shown {
        job.client.show(typ, format!("Lakatos: {}", ended.message));
    }
    ended
}

/// The parameters of a notification; one that cannot be read is dropped, as the protocol has it.
fn read<N: lsp_types::notification::Notification>(params: Value) -> Option<N::Params> {
    serde_json::from_value(params)
        .inspect_err(|e| tracing::warn!("{} cannot be read: {e}", N::METHOD))
        .ok()
}
