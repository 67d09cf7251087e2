//! The check service: verdicts over HTTP, and the API of the Kimina Lean server in front of them.
//!
//! A request's texts are admitted (`queue.rs`), looked up (`cache.rs`), and judged (`judge.rs`) by a
//! [`Pool`]; `kimina.rs` and `verdicts.rs` say what comes of them in their own words. Whatever a client
//! sends is hostile: sizes, types and times are limited here, and what the texts do is the pool's worry.
//! A client that goes away takes its waiting texts with it. docs/check-service.md is the reference.

mod body;
mod cache;
mod error;
mod judge;
mod kimina;
mod metrics;
mod ndjson;
mod queue;
mod verdicts;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::launch::Isolation;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::verdict::STANDARD_AXIOMS;
use serde_json::json;
use tokio::net::TcpListener;

use super::auth::{self, Token};
use cache::Cache;
use error::ApiError;
use metrics::Metrics;
use queue::Queue;

/// Limits of the service, and what it says of itself.
#[derive(Debug, Clone)]
pub struct Options {
    /// What clients must send; without one everybody is served.
    pub token: Option<Token>,
    /// Texts that are admitted at a time, waiting ones included, over all requests.
    pub queue: usize,
    /// Bytes of a request's body, and of a line of a stream.
    pub max_body: usize,
    /// The most seconds that a client may ask for, for elaboration and for replay, each.
    pub max_timeout: u32,
    /// Bytes of final verdicts that are remembered; 0: none.
    pub cache: usize,
    /// Axioms that are allowed where a request names none.
    pub axioms: Vec<String>,
    /// What texts import in place of what they say; empty: what they say.
    pub imports: Vec<String>,
    /// Pairs of processes that the pool verifies in.
    pub lanes: usize,
    /// Which Lean, in words.
    pub lean: String,
    /// What submissions are kept from.
    pub isolation: Isolation,
}

impl Options {
    /// The defaults, for a Lean and its pool.
    pub fn new(lean: String, isolation: Isolation, lanes: usize) -> Self {
        Self {
            token: None,
            queue: 4096,
            max_body: 16 << 20,
            max_timeout: 600,
            cache: 64 << 20,
            axioms: STANDARD_AXIOMS.map(str::to_owned).to_vec(),
            imports: Vec::new(),
            lanes,
            lean,
            isolation,
        }
    }
}

/// What every request is answered with.
struct Service {
    pool: Pool,
    options: Options,
    queue: Queue,
    cache: Cache,
    metrics: Metrics,
}

type Shared = Arc<Service>;

/// Answers requests until `stop` is done; then what is in flight has `drain` to come to its end. The
/// pool goes on.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    pool: Pool,
    options: Options,
    stop: impl Future<Output = ()> + Send + 'static,
    drain: Duration,
) -> std::io::Result<()> {
    let service = Arc::new(Service {
        // A lane elaborates one text while it judges another.
        queue: Queue::new(options.queue.max(1), 2 * options.lanes.max(1)),
        cache: Cache::new(options.cache),
        metrics: Metrics::default(),
        pool,
        options,
    });
    super::until(listener, router(service), stop, drain).await
}

/// Opens what most texts import, so that the first one need not wait for it.
pub async fn warm(pool: &Pool, options: &Options) {
    let environment = EnvironmentSpec {
        imports: options.imports.clone(),
        text: String::new(),
    };
    pool.warm(&environment).await;
}

fn router(service: Shared) -> Router {
    let guarded = Router::new()
        .route("/api/check", post(kimina::check))
        .route("/api/check/", post(kimina::check))
        .route("/verify", post(kimina::verify))
        .route("/one_pass_verify_batch", post(kimina::verify))
        .route("/v1/verdicts", post(verdicts::answer))
        .route("/metrics", get(metrics))
        .layer(axum::middleware::from_fn_with_state(
            service.options.token.clone(),
            auth::guard,
        ));
    Router::new()
        .route("/health", get(health))
        .route("/", get(health))
        .merge(guarded)
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || ApiError::method())
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&service),
            metrics::count,
        ))
        .with_state(service)
}

async fn health(State(service): State<Shared>) -> impl IntoResponse {
    Json(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "lean": service.options.lean,
        "isolation": service.options.isolation,
        "lanes": service.options.lanes,
        "queued": service.queue.admitted(),
    }))
}

async fn metrics(State(service): State<Shared>) -> impl IntoResponse {
    let text = service
        .metrics
        .text(&service.pool.stats(), &service.queue, &service.cache);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text)
}
