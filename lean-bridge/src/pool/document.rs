//! A file that is being written, on one worker that keeps the state after each of its commands.

use std::sync::{Arc, Mutex, PoisonError};

use super::Pool;
use super::wire::{Failure, Request};
use super::worker::{Core, Work, Worker};
use crate::BridgeError;
use crate::outline::{Answer, Known, Outline};

/// A file that is being written. Its worker counts as busier, so that sessions go to others first.
pub struct Document {
    inner: Arc<Inner>,
}

struct Inner {
    worker: Arc<Worker>,
    seen: Mutex<Seen>,
}

/// What the last answer left behind.
#[derive(Default)]
struct Seen {
    generation: u64,
    revision: Option<u64>,
    known: Known,
}

impl Drop for Inner {
    fn drop(&mut self) {
        use std::sync::atomic::Ordering;
        self.worker.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    /// A file on the least busy worker.
    ///
    /// # Errors
    /// The pool has no workers.
    pub fn document(&self) -> Result<Document, BridgeError> {
        use std::sync::atomic::Ordering;
        let least = self.0.search.iter().min_by_key(|worker| worker.load());
        let Some(worker) = least.map(Arc::clone) else {
            let message = "the pool has no workers".into();
            return Err(BridgeError::Spawn { message });
        };
        worker.sessions.fetch_add(1, Ordering::Relaxed);
        let seen = Mutex::default();
        Ok(Document {
            inner: Arc::new(Inner { worker, seen }),
        })
    }
}

impl Document {
    /// The commands of `text`, the whole file. What the last text began with is not elaborated again.
    /// After `budget_ms` the answer is what there is by then, between two commands
    /// ([`Outline::complete`]); asking again goes on. One command may take `timeout_ms`.
    ///
    /// # Errors
    /// The imports cannot be read, or the worker failed twice.
    pub async fn outline(
        &self,
        text: &str,
        budget_ms: u64,
        timeout_ms: u64,
    ) -> Result<Outline, BridgeError> {
        let work = Outlining {
            inner: Arc::clone(&self.inner),
            text: text.to_owned(),
            budget_ms,
            timeout_ms,
        };
        let made = self.inner.worker.run(work).await;
        made.map_err(|failure| failure.into_error(timeout_ms))
    }
}

struct Outlining {
    inner: Arc<Inner>,
    text: String,
    budget_ms: u64,
    timeout_ms: u64,
}

impl Work for Outlining {
    type Made = Outline;

    async fn attempt(&self, core: &mut Core) -> Result<Outline, Failure> {
        core.live().await?;
        let mut seen = {
            let mut seen = self
                .inner
                .seen
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *seen)
        };
        if seen.generation != core.generation() {
            seen = Seen {
                generation: core.generation(),
                ..Seen::default()
            };
        }
        let request = Request::Outline {
            text: &self.text,
            have: seen.revision,
            known: seen.known.len(),
            budget_ms: self.budget_ms,
        };
        let answer: Answer = core.request(&request, self.timeout_ms).await?;
        let revision = Some(answer.revision);
        let Some((outline, known)) = seen.known.with(answer) else {
            let message = "the worker went on from commands that it had not told";
            return Err(Failure::protocol(message));
        };
        let left = Seen {
            generation: seen.generation,
            revision,
            known,
        };
        *self
            .inner
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = left;
        Ok(outline)
    }
}
