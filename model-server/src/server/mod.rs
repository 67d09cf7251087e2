//! The model server: OpenAI's completions over HTTP, with states that later requests go on from.
//!
//! A request is read and checked (`completions.rs`, `chat.rs`, `generate.rs`, `params.rs`), takes a place (`queue.rs`), and
//! goes to the one thread that computes (`worker.rs`); its events come back through a channel and become text (`choice.rs`,
//! `answer.rs`). Whoever drops the channel's end cancels the request. docs/model-server.md is the reference.

mod answer;
mod chat;
mod choice;
mod completions;
mod error;
mod generate;
mod health;
mod metrics;
mod models;
mod params;
mod queue;
mod worker;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub use error::ApiError;
use metrics::Metrics;
use queue::Queue;
use worker::{Job, Seen};

use crate::engine::{Counters, Event, Limits, Request};
use crate::model::Model;
use crate::model::chat_template::ChatTemplate;
use crate::model::tokenizer::Tokenizer;

/// How LeanCopilot's `/generate` makes a prompt of its input: `before`, the input, `after`, the prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GenerateFormat {
    /// What comes before the input.
    pub before: String,
    /// What comes after it.
    pub after: String,
    /// Where an output ends.
    pub stop: Vec<String>,
}

/// Limits of the server, and what it says of itself.
#[derive(Debug, Clone)]
pub struct Options {
    /// The model's name.
    pub model: String,
    /// Requests that may wait or be worked on at a time.
    pub queue: usize,
    /// Bytes of a request's body.
    pub max_body: usize,
    /// Samples or beams of a request.
    pub max_samples: usize,
    /// Tokens of a text, what is generated included.
    pub max_context: usize,
    /// Sizes of the engine.
    pub limits: Limits,
    /// How the model's card writes prompts: a template of the search's, as `/v1/models` hands it on.
    pub template: Option<String>,
    /// How `/generate` makes prompts.
    pub generate: GenerateFormat,
    /// How the checkpoint writes conversations, if it says; or why what it says cannot be used.
    pub chat: Result<Option<ChatTemplate>, String>,
}

impl Options {
    /// The defaults, for a model of that name.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            queue: 256,
            max_body: 4 << 20,
            max_samples: 256,
            max_context: 1 << 16,
            limits: Limits {
                cache_bytes: 1 << 30,
                running_bytes: 2 << 30,
                max_batch: 64,
            },
            template: None,
            generate: GenerateFormat::default(),
            chat: Ok(None),
        }
    }
}

/// A model that is served.
#[derive(Debug)]
struct Loaded {
    tokenizer: Arc<Tokenizer>,
    /// Tokens that end a text.
    ends: Vec<u32>,
    parameters: usize,
    state_bytes: usize,
    since: u64,
    jobs: Sender<Job>,
}

/// The server: routes, and the thread that computes.
#[derive(Debug)]
pub struct Server {
    options: Options,
    loaded: OnceLock<Loaded>,
    queue: Arc<Queue>,
    seen: Arc<Mutex<Seen>>,
    metrics: Metrics,
}

type Shared = Arc<Server>;

impl Server {
    /// A server that says it is loading until [`Server::start`].
    pub fn new(options: Options) -> Arc<Self> {
        Arc::new(Self {
            queue: Queue::new(options.queue),
            options,
            loaded: OnceLock::new(),
            seen: Arc::default(),
            metrics: Metrics::default(),
        })
    }

    /// Begins to serve a model, on a thread of its own that ends with the server. A second model is not taken.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(&self, model: Model, tokenizer: Tokenizer) -> std::io::Result<()> {
        let (jobs, inbox) = channel();
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let loaded = Loaded {
            ends: model.config().eos_token_ids.clone(),
            parameters: model.params().count(),
            state_bytes: model.new_state().bytes(),
            tokenizer: Arc::new(tokenizer),
            since: now.map_or(0, |t| t.as_secs()),
            jobs,
        };
        let (model, limits) = (Arc::new(model), self.options.limits);
        let seen = Arc::clone(&self.seen);
        std::thread::Builder::new()
            .name("model".into())
            .spawn(move || worker::run(&model, limits, &inbox, &seen))?;
        let _ = self.loaded.set(loaded);
        Ok(())
    }

    /// The routes. `/health` answers anybody; whoever serves may guard the rest.
    pub fn routes(self: &Arc<Self>) -> (Router, Router) {
        let open = Router::new()
            .route("/health", get(health::answer))
            .with_state(Arc::clone(self));
        let count = axum::middleware::from_fn_with_state(Arc::clone(self), metrics::count);
        let guarded = Router::new()
            .route("/v1/completions", post(completions::answer))
            .route("/v1/chat/completions", post(chat::answer))
            .route("/v1/models", get(models::list))
            .route("/v1/models/{name}", get(models::one))
            .route("/generate", post(generate::answer))
            .route("/metrics", get(metrics::answer))
            .fallback(async || ApiError::not_found())
            .method_not_allowed_fallback(async || ApiError::method())
            .layer(DefaultBodyLimit::max(self.options.max_body))
            .layer(count)
            .with_state(Arc::clone(self));
        (open, guarded)
    }

    /// All routes, unguarded.
    pub fn router(self: &Arc<Self>) -> Router {
        let (open, guarded) = self.routes();
        open.merge(guarded)
    }

    /// What the engine has counted since the start.
    pub fn counters(&self) -> Counters {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .counters
    }

    fn loaded(&self) -> Result<&Loaded, ApiError> {
        self.loaded.get().ok_or_else(ApiError::loading)
    }

    /// Sends work to the thread that computes; its events come back.
    fn submit(&self, request: Request) -> Result<UnboundedReceiver<Event>, ApiError> {
        let loaded = self.loaded()?;
        let place = self.queue.admit()?;
        let (events, out) = unbounded_channel();
        let job = Job {
            request,
            events,
            place,
        };
        let gone = |_| ApiError::internal("the thread that computes has ended");
        loaded.jobs.send(job).map_err(gone)?;
        Ok(out)
    }
}

/// A seed for a request that names none.
fn entropy() -> u64 {
    RandomState::new().build_hasher().finish()
}
