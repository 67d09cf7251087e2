//! Admission: how many requests may be in the house, and when to come again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use super::error::ApiError;

/// The longest that a client is told to wait, in seconds.
const LONGEST: u64 = 60;

/// Counts admitted requests.
#[derive(Debug)]
pub struct Queue {
    admitted: AtomicUsize,
    capacity: usize,
    /// A moving mean of a request's time, in microseconds.
    mean_us: AtomicU64,
    done: AtomicU64,
    sum_us: AtomicU64,
}

/// A request's place; it is free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    queue: Arc<Queue>,
    since: Instant,
}

impl Drop for Place {
    fn drop(&mut self) {
        let queue = &self.queue;
        queue.admitted.fetch_sub(1, Ordering::AcqRel);
        let us = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mean = queue.mean_us.load(Ordering::Relaxed);
        queue
            .mean_us
            .store(mean - mean / 8 + us / 8, Ordering::Relaxed);
        queue.done.fetch_add(1, Ordering::Relaxed);
        queue.sum_us.fetch_add(us, Ordering::Relaxed);
    }
}

impl Queue {
    /// Room for so many requests.
    pub fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            admitted: AtomicUsize::new(0),
            capacity: capacity.max(1),
            mean_us: AtomicU64::new(0),
            done: AtomicU64::new(0),
            sum_us: AtomicU64::new(0),
        })
    }

    /// A place, or the refusal.
    pub fn admit(self: &Arc<Self>) -> Result<Place, ApiError> {
        let grow = |now: usize| (now < self.capacity).then_some(now + 1);
        self.admitted
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, grow)
            .map_err(|_| ApiError::busy(self.wait()))?;
        Ok(Place {
            queue: Arc::clone(self),
            since: Instant::now(),
        })
    }

    /// Requests that wait or are worked on.
    pub fn admitted(&self) -> usize {
        self.admitted.load(Ordering::Relaxed)
    }

    /// Requests that ended, and their time in microseconds.
    pub fn ended(&self) -> (u64, u64) {
        let get = |n: &AtomicU64| n.load(Ordering::Relaxed);
        (get(&self.done), get(&self.sum_us))
    }

    /// Seconds after which a place should be free.
    fn wait(&self) -> u64 {
        (self.mean_us.load(Ordering::Relaxed) / 1_000_000).clamp(1, LONGEST)
    }
}
