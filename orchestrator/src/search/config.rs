//! The search's configuration: the `[search]` table of the configuration file.

use serde::{Deserialize, Serialize};

use super::budget::BudgetConfig;
use super::score::ScoreConfig;
use crate::policy::bandit::BanditConfig;

/// Everything about a search that a user may set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchConfig {
    /// Search for a proof of the negation at the same time; the first proof stops both.
    pub refute: bool,
    /// Nodes deeper than this are not expanded.
    pub max_depth: u32,
    /// Tactics that leave more groups of goals than this are dropped.
    pub max_children: usize,
    /// Try the proofs of goals that other theorems of the same environment have proved.
    pub share_goals: bool,
    /// Seconds for each of the two halves of a verification: elaboration and kernel replay.
    pub verify_seconds: u32,
    /// When an attempt ends.
    pub budget: BudgetConfig,
    /// The order of the search.
    pub score: ScoreConfig,
    /// How a tactic is tried.
    pub step: StepConfig,
    /// How finishers are scheduled.
    pub finishers: BanditConfig,
    /// How a found proof is shortened.
    pub minimise: MinimiseConfig,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self {
            refute: false,
            max_depth: 48,
            max_children: 24,
            share_goals: true,
            verify_seconds: 60,
            budget: BudgetConfig::default(),
            score: ScoreConfig::default(),
            step: StepConfig::default(),
            finishers: BanditConfig::default(),
            minimise: MinimiseConfig::default(),
        }
    }
}

/// Limits for the tactics of an expansion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StepConfig {
    /// Thousands of heartbeats for a tactic, the unit of `maxHeartbeats` (Lean's own default is
    /// 200,000; the embedded Lean spends one in a millisecond or less), where neither the policy nor
    /// the finishers' schedule says otherwise.
    pub heartbeats: u32,
    /// Milliseconds for a tactic: a safety net behind the heartbeats, which are repeatable.
    pub ms: u32,
    /// Tactics in one request to Lean.
    pub batch: usize,
}

impl Default for StepConfig {
    fn default() -> Self {
        Self {
            heartbeats: 4000,
            ms: 10_000,
            batch: 32,
        }
    }
}

/// How a found proof is shortened. The shortened text is verified like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MinimiseConfig {
    /// Whether to do it at all.
    pub enabled: bool,
    /// Requests to Lean at most.
    pub requests: u32,
    /// Seconds at most.
    pub seconds: u32,
}

impl Default for MinimiseConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            requests: 60,
            seconds: 5,
        }
    }
}
