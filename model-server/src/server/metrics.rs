//! `/metrics`, in Prometheus' text format.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Server, Shared};

/// Answers by path and class of status.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<BTreeMap<(String, &'static str), u64>>);

impl Metrics {
    fn answered(&self, path: &str, status: u16) {
        let class = match status {
            429 => "429",
            400..=499 => "4xx",
            500.. => "5xx",
            _ => "2xx",
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((path.to_owned(), class)).or_default() += 1;
    }
}

/// Counts every answer; paths that are none count as `other`.
pub async fn count(
    State(server): State<Shared>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let path = path.as_ref().map_or("other", MatchedPath::as_str);
    server.metrics.answered(path, response.status().as_u16());
    response
}

/// The counters.
pub async fn answer(State(server): State<Shared>) -> impl IntoResponse {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text(&server))
}

fn text(server: &Server) -> String {
    let mut out = String::new();
    let seen = *server.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let (counters, cache) = (seen.counters, seen.cache);
    let (ended, us) = server.queue.ended();
    let values: [(&str, &str, &str, f64); 17] = [
        (
            "prefills_total",
            "counter",
            "Prompts of which something was computed.",
            counters.prefills as f64,
        ),
        (
            "prompt_tokens_total",
            "counter",
            "Tokens of prompts.",
            counters.prompt_tokens as f64,
        ),
        (
            "prefill_tokens_total",
            "counter",
            "Tokens of prompts that were computed.",
            counters.prefill_tokens as f64,
        ),
        (
            "decoded_tokens_total",
            "counter",
            "Tokens decoded.",
            counters.decoded_tokens as f64,
        ),
        (
            "decode_steps_total",
            "counter",
            "Passes that decoded them.",
            counters.decode_steps as f64,
        ),
        (
            "state_hits_total",
            "counter",
            "Lookups that found a state.",
            cache.hits as f64,
        ),
        (
            "state_misses_total",
            "counter",
            "Lookups that found none.",
            cache.misses as f64,
        ),
        (
            "state_tokens_saved_total",
            "counter",
            "Tokens that found states made unnecessary.",
            cache.tokens_saved as f64,
        ),
        (
            "state_evictions_total",
            "counter",
            "States dropped for want of room.",
            cache.evictions as f64,
        ),
        (
            "state_bytes",
            "gauge",
            "Bytes of kept states.",
            seen.cache_bytes as f64,
        ),
        ("states", "gauge", "Kept states.", seen.cache_states as f64),
        (
            "running_samples",
            "gauge",
            "Samples and beams that are decoded.",
            seen.active as f64,
        ),
        (
            "cancelled_total",
            "counter",
            "Requests whose client went away.",
            seen.cancelled as f64,
        ),
        (
            "queued_requests",
            "gauge",
            "Requests that wait or are worked on.",
            server.queue.admitted() as f64,
        ),
        (
            "requests_ended_total",
            "counter",
            "Requests that had a place.",
            ended as f64,
        ),
        (
            "request_seconds_total",
            "counter",
            "Their time, waiting included.",
            us as f64 / 1e6,
        ),
        (
            "loaded",
            "gauge",
            "1 when the model is loaded.",
            f64::from(u8::from(server.loaded.get().is_some())),
        ),
    ];
    // Writing to a string cannot fail.
    for (name, kind, help, value) in values {
        let name = format!("lakatos_model_{name}");
        let _ = write!(
            out,
            "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"
        );
    }
    let name = "lakatos_model_requests_total";
    let _ = write!(
        out,
        "# HELP {name} Answers, by path and status.\n# TYPE {name} counter\n"
    );
    let counts = server
        .metrics
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    for ((path, class), count) in counts.iter() {
        let _ = writeln!(out, "{name}{{path=\"{path}\",status=\"{class}\"}} {count}");
    }
    out
}
