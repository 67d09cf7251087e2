//! What an attempt may spend, and how it is told to stop.
//!
//! Three budgets end a search: expansions, wall-clock time and model tokens. The first and the last
//! are exact and repeatable; time is the user's protection and makes a run depend on the machine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Limits of one attempt. Zero means "no limit".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetConfig {
    /// Node expansions (a node that comes back for its next round counts again).
    pub nodes: u32,
    /// Wall-clock seconds of search; minimising and verifying a finished proof come on top.
    pub seconds: u32,
    /// Tokens that a model may generate.
    pub tokens: u64,
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self {
            nodes: 0,
            seconds: 60,
            tokens: 0,
        }
    }
}

/// Which limit ended a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    /// [`BudgetConfig::nodes`].
    Nodes,
    /// [`BudgetConfig::seconds`].
    Time,
    /// [`BudgetConfig::tokens`].
    Tokens,
    /// The user, or the other side of a prove-or-refute race, asked to stop.
    Cancelled,
}

/// The budget of an attempt under way.
#[derive(Debug, Clone)]
pub struct Budget {
    config: BudgetConfig,
    deadline: Option<Instant>,
    cancel: Cancel,
}

impl Budget {
    /// A budget whose time starts now.
    pub fn start(config: BudgetConfig, cancel: Cancel) -> Self {
        let deadline = (config.seconds > 0)
            .then(|| Instant::now() + Duration::from_secs(u64::from(config.seconds)));
        Self {
            config,
            deadline,
            cancel,
        }
    }

    /// The limit that has been reached after so many expansions and tokens, if any.
    pub fn exhausted(&self, expanded: u32, tokens: u64) -> Option<Exhausted> {
        if self.cancel.is_cancelled() {
            Some(Exhausted::Cancelled)
        } else if self.config.nodes > 0 && expanded >= self.config.nodes {
            Some(Exhausted::Nodes)
        } else if self.config.tokens > 0 && tokens >= self.config.tokens {
            Some(Exhausted::Tokens)
        } else if self.deadline.is_some_and(|d| Instant::now() >= d) {
            Some(Exhausted::Time)
        } else {
            None
        }
    }

    /// Time that is left; none where time is not limited.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline
            .map(|d| d.saturating_duration_since(Instant::now()))
    }

    /// The token that ends the attempt early.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Runs `work` until the deadline or the cancellation, whichever is first; none if it was cut.
    pub async fn bounded<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let late = async {
            match self.deadline {
                Some(d) => tokio::time::sleep_until(d.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.cancel.cancelled() => None,
            () = late => None,
        }
    }
}

/// Asks an attempt to stop. Clones share the request; it cannot be taken back.
#[derive(Debug, Clone)]
pub struct Cancel {
    flag: Arc<watch::Sender<bool>>,
}

impl Default for Cancel {
    fn default() -> Self {
        Self {
            flag: Arc::new(watch::Sender::new(false)),
        }
    }
}

impl Cancel {
    /// A token that nobody has cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody who holds a clone to stop.
    pub fn cancel(&self) {
        self.flag.send_replace(true);
    }

    /// Whether a stop was asked for.
    pub fn is_cancelled(&self) -> bool {
        *self.flag.borrow()
    }

    /// Resolves when a stop is asked for.
    pub async fn cancelled(&self) {
        let mut seen = self.flag.subscribe();
        // The sender lives in `self`, so the wait can only end with the flag set.
        let _ = seen.wait_for(|stop| *stop).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unlimited() -> BudgetConfig {
        BudgetConfig {
            nodes: 0,
            seconds: 0,
            tokens: 0,
        }
    }

    #[test]
    fn zero_means_no_limit() {
        let b = Budget::start(unlimited(), Cancel::new());
        assert_eq!(b.exhausted(u32::MAX, u64::MAX), None);
        assert_eq!(b.remaining(), None);
    }

    #[test]
    fn each_limit_names_itself() {
        let c = Cancel::new();
        let nodes = Budget::start(
            BudgetConfig {
                nodes: 3,
                ..unlimited()
            },
            c.clone(),
        );
        assert_eq!(nodes.exhausted(2, 0), None);
        assert_eq!(nodes.exhausted(3, 0), Some(Exhausted::Nodes));
        let tokens = Budget::start(
            BudgetConfig {
                tokens: 10,
                ..unlimited()
            },
            c.clone(),
        );
        assert_eq!(tokens.exhausted(0, 10), Some(Exhausted::Tokens));
        c.cancel();
        assert_eq!(tokens.exhausted(0, 0), Some(Exhausted::Cancelled));
    }

    #[tokio::test]
    async fn a_cancelled_wait_ends() {
        let c = Cancel::new();
        let b = Budget::start(unlimited(), c.clone());
        let never = b.bounded(std::future::pending::<()>());
        c.cancel();
        assert_eq!(never.await, None);
        assert_eq!(b.bounded(async { 7 }).await, Some(7));
    }
}
