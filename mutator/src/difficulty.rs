//! How hard a theorem is, as a search sees it. The search lives elsewhere; this is what is asked of it.

use std::future::Future;

use lakatos_lean_bridge::EnvironmentSpec;
use serde::{Deserialize, Serialize};

/// How a search fared on a theorem. Nothing in it depends on the time of day: a search's limits here are
/// nodes and heartbeats, so that a run repeats itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difficulty {
    /// Who proposed tactics.
    pub policy: String,
    /// `proved`, `failed`, …
    pub outcome: String,
    /// Nodes expanded.
    pub nodes: u32,
    /// Tactics tried.
    pub tactics: u32,
    /// Lines of the proof that was found; 0 where none was.
    pub proof_lines: u32,
}

/// Searches for a proof without being shown one.
pub trait Prober: Send + Sync {
    /// How a search fares on a theorem, which is written without its `:=`. `None` where the search itself
    /// failed, and nothing can be said.
    fn probe(
        &self,
        environment: &EnvironmentSpec,
        statement: &str,
        seed: u64,
    ) -> impl Future<Output = Option<Difficulty>> + Send;
}

/// Probes nothing: every theorem's difficulty is unknown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unprobed;

impl Prober for Unprobed {
    async fn probe(&self, _: &EnvironmentSpec, _: &str, _: u64) -> Option<Difficulty> {
        None
    }
}

/// Whether a theorem is one of the sample: about so many of a thousand, chosen by the seed.
pub fn sampled(seed: u64, per_thousand: u32) -> bool {
    seed % 1000 < u64::from(per_thousand)
}
