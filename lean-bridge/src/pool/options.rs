//! How a pool is sized, and when its workers are replaced.

/// Size and limits of a [`Pool`](super::Pool).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolOptions {
    /// Search workers; each is a process of about 1 GB with the embedded Lean. None are needed where only
    /// verdicts are asked for.
    pub workers: usize,
    /// Pairs of a submission worker and a kernel worker for verification, beside `workers`.
    pub verify_lanes: usize,
    /// Resident memory (mapped files left out) above which a worker is replaced between requests; at
    /// twice as much it is killed in the middle of one. A worker whose environment alone takes more
    /// is replaced only for its growth.
    pub memory_mb: u64,
    /// Tactics after which a worker is replaced between requests.
    pub recycle_steps: u64,
    /// Growth of resident memory since its last environment was opened, after which it is replaced.
    pub recycle_growth_mb: u64,
    /// Whether to keep a started search process in reserve, and to start the place of one that was retired
    /// ahead of need, with the most used environments open: a replacement takes no time then, and some
    /// processor time is spent on what nobody may ask for.
    pub warm_spare: bool,
    /// How long a worker may go on after a deadline, before it is killed.
    pub grace_ms: u64,
    /// How long a worker may take to start, or to import an environment.
    pub ready_timeout_s: u64,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            workers: 2,
            verify_lanes: 1,
            memory_mb: 1800,
            recycle_steps: 50_000,
            recycle_growth_mb: 700,
            warm_spare: true,
            grace_ms: 3000,
            ready_timeout_s: 120,
        }
    }
}
