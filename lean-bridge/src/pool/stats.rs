//! What the pool counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Counters of a pool since its start, over all workers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolStats {
    /// Workers that died or had to be killed.
    pub deaths: u64,
    /// Processes started, the first ones and the spares included.
    pub spawned: u64,
    /// Workers replaced between requests: for memory, for age, or after a foreign submission.
    pub recycled: u64,
    /// Requests answered.
    pub requests: u64,
    /// Tactics tried.
    pub steps: u64,
    /// Proof states rebuilt after a replacement.
    pub replayed: u64,
    /// Lean's own time over all requests, in milliseconds.
    pub lean_ms: f64,
    /// Wall-clock time over all requests, in milliseconds.
    pub wall_ms: f64,
    /// Resident memory of each search worker in MB, as last seen; 0 where unknown.
    pub memory_mb: Vec<u64>,
}

/// The same, while counting.
#[derive(Default)]
pub(super) struct Counters {
    pub deaths: AtomicU64,
    pub spawned: AtomicU64,
    pub recycled: AtomicU64,
    pub requests: AtomicU64,
    pub steps: AtomicU64,
    pub replayed: AtomicU64,
    lean_us: AtomicU64,
    wall_us: AtomicU64,
}

impl Counters {
    /// A request was answered after so many milliseconds of Lean's.
    pub fn answered(&self, lean_ms: f64) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        // `as` saturates: a forged time cannot wrap, and NaN counts as nothing.
        self.lean_us
            .fetch_add((lean_ms.clamp(0.0, 1e9) * 1e3) as u64, Ordering::Relaxed);
    }

    pub fn wall(&self, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.wall_us.fetch_add(us, Ordering::Relaxed);
    }

    pub fn read(&self, memory_mb: Vec<u64>) -> PoolStats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PoolStats {
            deaths: get(&self.deaths),
            spawned: get(&self.spawned),
            recycled: get(&self.recycled),
            requests: get(&self.requests),
            steps: get(&self.steps),
            replayed: get(&self.replayed),
            lean_ms: get(&self.lean_us) as f64 / 1e3,
            wall_ms: get(&self.wall_us) as f64 / 1e3,
            memory_mb,
        }
    }
}
