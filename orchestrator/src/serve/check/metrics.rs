//! What the service counts, as Prometheus reads it.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use lakatos_lean_bridge::pool::PoolStats;
use lakatos_lean_bridge::verdict::Verdict;

use super::Shared;
use super::cache::Cache;
use super::queue::Queue;

/// Upper bounds of the histogram's buckets, in seconds.
const BOUNDS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 120.0];
/// The paths that requests are counted by; any other is `other`.
const PATHS: [&str; 6] = [
    "/api/check",
    "/verify",
    "/v1/verdicts",
    "/health",
    "/metrics",
    "other",
];
/// Classes of status codes.
const CLASSES: [&str; 4] = ["2xx", "4xx", "429", "5xx"];
/// Words of verdicts.
const WORDS: [&str; 4] = ["accepted", "rejected", "declined", "fault"];

/// The counters.
#[derive(Default)]
pub struct Metrics {
    requests: [[AtomicU64; CLASSES.len()]; PATHS.len()],
    verdicts: [AtomicU64; WORDS.len()],
    /// One more than there are bounds: what took longer.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    sum_us: AtomicU64,
}

impl Metrics {
    /// A text was judged in this time, which was waited for and worked.
    pub fn judged(&self, verdict: &Verdict, time: Duration) {
        self.said(verdict);
        let seconds = time.as_secs_f64();
        let bucket = BOUNDS.iter().position(|b| seconds <= *b);
        self.buckets[bucket.unwrap_or(BOUNDS.len())].fetch_add(1, Ordering::Relaxed);
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }

    /// A verdict was given, from memory perhaps.
    pub fn said(&self, verdict: &Verdict) {
        if let Some(i) = WORDS.iter().position(|w| *w == verdict.word()) {
            self.verdicts[i].fetch_add(1, Ordering::Relaxed);
        }
    }

    fn answered(&self, path: &str, status: u16) {
        let path = path.trim_end_matches('/');
        let path = PATHS.iter().position(|p| *p == path);
        let class = match status {
            429 => 2,
            400..=499 => 1,
            500.. => 3,
            _ => 0,
        };
        self.requests[path.unwrap_or(PATHS.len() - 1)][class].fetch_add(1, Ordering::Relaxed);
    }

    /// Prometheus' text.
    pub fn text(&self, pool: &PoolStats, queue: &Queue, cache: &Cache) -> String {
        let mut out = Text(String::new());
        let get = |c: &AtomicU64| c.load(Ordering::Relaxed);
        out.head("requests_total", "counter", "Requests, by path and status.");
        for (path, counts) in PATHS.iter().zip(&self.requests) {
            for (class, count) in CLASSES.iter().zip(counts) {
                if get(count) > 0 {
                    let labels = format!("path=\"{path}\",status=\"{class}\"");
                    out.value("requests_total", &labels, get(count));
                }
            }
        }
        out.head("verdicts_total", "counter", "Verdicts on whole texts.");
        for (word, count) in WORDS.iter().zip(&self.verdicts) {
            out.value("verdicts_total", &format!("verdict=\"{word}\""), get(count));
        }
        out.head(
            "check_seconds",
            "histogram",
            "Time of a text that was judged, waiting for its turn left out.",
        );
        let mut below = 0;
        for (bound, count) in BOUNDS.iter().zip(&self.buckets) {
            below += get(count);
            out.value("check_seconds_bucket", &format!("le=\"{bound}\""), below);
        }
        below += self.buckets.last().map_or(0, get);
        out.value("check_seconds_bucket", "le=\"+Inf\"", below);
        out.value("check_seconds_sum", "", get(&self.sum_us) as f64 / 1e6);
        out.value("check_seconds_count", "", below);
        let (hits, misses) = cache.counts();
        let single: [(&str, &str, &str, u64); 10] = [
            (
                "queue_texts",
                "gauge",
                "Texts that wait or are worked on.",
                queue.admitted() as u64,
            ),
            (
                "running_texts",
                "gauge",
                "Texts that are worked on.",
                queue.running() as u64,
            ),
            ("cache_hits_total", "counter", "Verdicts from memory.", hits),
            (
                "cache_misses_total",
                "counter",
                "Verdicts that were not in memory.",
                misses,
            ),
            (
                "cache_bytes",
                "gauge",
                "Bytes of remembered verdicts.",
                cache.bytes() as u64,
            ),
            (
                "worker_starts_total",
                "counter",
                "Lean processes started.",
                pool.spawned,
            ),
            (
                "worker_deaths_total",
                "counter",
                "Lean processes that died or were killed.",
                pool.deaths,
            ),
            (
                "worker_restarts_total",
                "counter",
                "Lean processes replaced between texts.",
                pool.recycled,
            ),
            (
                "worker_requests_total",
                "counter",
                "Requests that Lean answered.",
                pool.requests,
            ),
            (
                "lean_milliseconds_total",
                "counter",
                "Lean's own time.",
                pool.lean_ms as u64,
            ),
        ];
        for (name, kind, help, value) in single {
            out.head(name, kind, help);
            out.value(name, "", value);
        }
        out.0
    }
}

struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = write!(
            self.0,
            "# HELP lakatos_{name} {help}\n# TYPE lakatos_{name} {kind}\n"
        );
    }

    fn value(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{labels}}}")
        };
        let _ = writeln!(self.0, "lakatos_{name}{labels} {value}");
    }
}

/// Counts every answer.
pub async fn count(
    State(service): State<Shared>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let path = path.as_ref().map_or("other", MatchedPath::as_str);
    service.metrics.answered(path, response.status().as_u16());
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use lakatos_lean_bridge::verdict::Reason;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let metrics = Metrics::default();
        let reason = Reason {
            class: "kernel".into(),
            message: String::new(),
        };
        metrics.judged(&Verdict::Rejected { reason }, Duration::from_millis(30));
        metrics.answered("/api/check/", 200);
        metrics.answered("/nowhere", 404);
        metrics.answered("/verify", 429);
        let text = metrics.text(&PoolStats::default(), &Queue::new(1, 1), &Cache::new(0));
        for line in [
            "lakatos_requests_total{path=\"/api/check\",status=\"2xx\"} 1",
            "lakatos_requests_total{path=\"other\",status=\"4xx\"} 1",
            "lakatos_requests_total{path=\"/verify\",status=\"429\"} 1",
            "lakatos_verdicts_total{verdict=\"rejected\"} 1",
            "lakatos_check_seconds_bucket{le=\"0.025\"} 0",
            "lakatos_check_seconds_bucket{le=\"0.05\"} 1",
            "lakatos_check_seconds_bucket{le=\"+Inf\"} 1",
            "lakatos_check_seconds_sum 0.03",
            "lakatos_queue_texts 0",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
        let names = text.lines().filter_map(|l| l.strip_prefix("# TYPE "));
        assert_eq!(names.count(), 13);
    }
}
