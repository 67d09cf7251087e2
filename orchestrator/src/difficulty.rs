//! The mutator's question, how hard a theorem is, answered by the search.
//!
//! Each probe starts without what earlier ones have learnt (finishers' schedule, proved goals) and ends by
//! nodes, so its answer depends on the theorem and the seed alone.

use std::sync::Arc;

use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_mutator::difficulty::{Difficulty, Prober};

use crate::policy::Policy;
use crate::policy::bandit::{BanditStats, SharedBandit};
use crate::record::Outcome;
use crate::search::{Cancel, Problem, Resources, SearchConfig, SharedGoals, prove_one};

/// Searches with one policy under a budget of nodes.
pub struct SearchProber {
    /// Lean workers.
    pub pool: Pool,
    /// Who proposes tactics.
    pub policy: Arc<dyn Policy>,
    /// What the policy is called in a row.
    pub name: String,
    /// Nodes that a search may expand.
    pub nodes: u32,
}

impl Prober for SearchProber {
    async fn probe(
        &self,
        environment: &EnvironmentSpec,
        statement: &str,
        seed: u64,
    ) -> Option<Difficulty> {
        let mut config = SearchConfig::default();
        config.budget.nodes = self.nodes.max(1);
        config.budget.seconds = 0;
        config.minimise.enabled = false;
        let problem = Problem {
            name: "probe".into(),
            environment: environment.clone(),
            statement: statement.to_owned(),
        };
        let resources = Resources {
            pool: self.pool.clone(),
            policy: Arc::clone(&self.policy),
            goals: Arc::new(SharedGoals::new()),
            bandit: Arc::new(SharedBandit::new(BanditStats::default())),
        };
        let attempt = prove_one(&problem, &resources, &config, seed, &Cancel::new()).await;
        let record = attempt.record;
        let lines = record.proof.as_ref().map_or(0, |p| p.lines().count());
        match record.outcome {
            Outcome::Proved | Outcome::Failed => Some(Difficulty {
                policy: self.name.clone(),
                outcome: record.outcome.word().to_owned(),
                nodes: record.cost.expanded,
                tactics: record.cost.tactics,
                proof_lines: u32::try_from(lines).unwrap_or(u32::MAX),
            }),
            _ => None,
        }
    }
}
