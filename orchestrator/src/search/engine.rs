//! One search: a graph, a queue, and turns.
//!
//! A turn takes the best open node that can still help the root and expands it (`expand`). Nodes that
//! the policy has more for come back with their next round, penalised: cheap ideas everywhere first.
//! States are freed in Lean as soon as nothing can need them: a node that is exhausted, that repeats
//! another word for word, or that cannot help the root any more.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use lakatos_lean_bridge::pool::{ProofState, Session, StateId};
use lakatos_lean_bridge::protocol::{Goal, OutcomeStatus, TacticRequest};
use lakatos_lean_bridge::{BridgeError, EnvironmentSpec};

use super::budget::{Budget, Exhausted};
use super::config::SearchConfig;
use super::graph::{AppId, Graph, NodeId, Standing};
use super::leftover::Shelf;
use super::proof::{self, Step};
use super::score::{Features, priority};
use super::transposition::{SharedGoals, names, rename_script};
use crate::policy::bandit::Bandit;
use crate::policy::{Policy, PolicyError, Proposal};
use crate::record::{Cost, TacticStatus};

/// What a turn did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It expanded a node; the root is open.
    Expanded,
    /// The root is proved.
    Proved,
    /// Nothing is left to expand.
    Nothing,
    /// A budget ended it.
    Cut(Exhausted),
}

/// What ends a search that is neither proved nor out of budget.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Lean failed, after the pool's own retries.
    #[error(transparent)]
    Lean(#[from] BridgeError),
    /// The policy failed on several nodes in a row.
    #[error(transparent)]
    Policy(PolicyError),
}

/// What an engine works with.
pub struct Setting<'a> {
    /// The theorem's session.
    pub session: &'a Session,
    /// Who proposes tactics.
    pub policy: &'a dyn Policy,
    /// How to search.
    pub config: &'a SearchConfig,
    /// Goals that were proved before, and the environment they are looked up under.
    pub shared: Option<(&'a SharedGoals, &'a EnvironmentSpec)>,
    /// The theorem's name.
    pub theorem: String,
    /// Whether this is a refutation.
    pub negated: bool,
    /// The run's seed for this theorem.
    pub seed: u64,
}

/// A search under way.
pub struct Engine<'a> {
    pub(super) setting: Setting<'a>,
    pub(super) graph: Graph,
    pub(super) cost: Cost,
    pub(super) policy_failures: u32,
    pub(super) shelf: Shelf,
    queue: BinaryHeap<Queued>,
}

const ROOT: NodeId = NodeId(0);

impl<'a> Engine<'a> {
    /// A search for a proof of `root`.
    pub fn new(setting: Setting<'a>, root: ProofState) -> Self {
        let mut engine = Self {
            setting,
            graph: Graph::new(),
            cost: Cost::default(),
            policy_failures: 0,
            shelf: Shelf::default(),
            queue: BinaryHeap::new(),
        };
        let id = engine.graph.add_node(root, None, 0, 0.0, same_names);
        engine.push(id);
        engine
    }

    /// The graph so far.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// What was spent so far; `seconds` and `verify_seconds` are the attempt's to fill.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Expands the best node.
    pub async fn turn(&mut self, bandit: &mut Bandit, budget: &Budget) -> Result<Turn, Trouble> {
        if self.proved() {
            return Ok(Turn::Proved);
        }
        if let Some(limit) = budget.exhausted(self.cost.expanded, self.cost.tokens) {
            return Ok(Turn::Cut(limit));
        }
        let next = match self.pop().await {
            None if self.take_from_shelf() => self.pop().await,
            next => next,
        };
        let Some(id) = next else {
            self.graph.settle();
            return Ok(Turn::Nothing);
        };
        let more = self.expand(id, bandit, budget).await?;
        self.after(id, more).await;
        self.decide_aliases(budget).await?;
        Ok(if self.proved() {
            Turn::Proved
        } else {
            Turn::Expanded
        })
    }

    /// The proof of the root, if it is proved.
    pub fn proof(&self) -> Option<Step> {
        proof::extract(&self.graph, ROOT)
    }

    /// Takes back applications whose text was rejected; the search can go on.
    pub fn discard(&mut self, apps: &[AppId]) {
        self.graph.discard(apps);
        let open: Vec<NodeId> = self
            .graph
            .node_ids()
            .filter(|n| self.can_be_asked(*n))
            .collect();
        self.queue.clear();
        for id in open {
            self.push(id);
        }
    }

    fn proved(&self) -> bool {
        matches!(self.graph.node(ROOT).standing(), Standing::Proved(_))
    }

    pub(super) fn can_be_asked(&self, id: NodeId) -> bool {
        let n = self.graph.node(id);
        n.standing() == Standing::Open && !n.exhausted() && n.alias_of.is_none() && n.live
    }

    pub(super) fn push(&mut self, id: NodeId) {
        let node = self.graph.node_mut(id);
        node.score = priority(
            &Features {
                path: node.path,
                depth: node.depth,
                goals: node.state.goals.len(),
                size: node
                    .state
                    .goals
                    .iter()
                    .map(|g| g.text.chars().count())
                    .sum(),
                round: node.round,
            },
            &self.setting.config.score,
        );
        self.queue.push(Queued {
            score: node.score,
            node: id,
            round: node.round,
        });
    }

    async fn pop(&mut self) -> Option<NodeId> {
        while let Some(next) = self.queue.pop() {
            if !self.can_be_asked(next.node) || self.graph.node(next.node).round != next.round {
                continue;
            }
            if self.graph.relevant(next.node) {
                return Some(next.node);
            }
            self.graph.forget(next.node);
            if !self.shelve(next.node) {
                self.free(&[next.node]).await;
            }
        }
        None
    }

    /// Queues a node again, or closes its books.
    async fn after(&mut self, id: NodeId, more: bool) {
        let node = self.graph.node_mut(id);
        if matches!(node.standing(), Standing::Proved(_)) {
            return;
        }
        if more {
            self.push(id);
        } else {
            self.graph.exhaust(id);
            if !self.shelve(id) {
                self.free(&[id]).await;
            }
        }
    }

    /// Frees nodes' states, except the root's, which minimising a proof starts from.
    pub(super) async fn free(&mut self, nodes: &[NodeId]) {
        let mut states: Vec<StateId> = Vec::new();
        for id in nodes.iter().filter(|n| **n != ROOT) {
            let node = self.graph.node_mut(*id);
            if node.live {
                node.live = false;
                states.push(node.state.id);
            }
        }
        if !states.is_empty() {
            self.setting.session.free(&states).await;
        }
    }

    /// Carries the proofs of decided nodes over to the same goals under other names, by replaying them.
    async fn decide_aliases(&mut self, budget: &Budget) -> Result<(), Trouble> {
        loop {
            let twins = self.graph.decided_twins();
            if twins.is_empty() {
                return Ok(());
            }
            for twin in twins {
                let waiting: Vec<NodeId> = self.graph.waiting_for(twin).collect();
                for id in waiting {
                    if self.graph.node(twin).standing() == Standing::Failed {
                        self.graph.exhaust(id);
                        self.free(&[id]).await;
                    } else if !self.carry_over(twin, id, budget).await? {
                        self.graph.unalias(id);
                        self.push(id);
                    }
                }
            }
        }
    }

    async fn carry_over(
        &mut self,
        twin: NodeId,
        id: NodeId,
        budget: &Budget,
    ) -> Result<bool, Trouble> {
        let (from, to) = (&self.graph.node(twin).state, &self.graph.node(id).state);
        let ([from], [to]) = (from.goals.as_slice(), to.goals.as_slice()) else {
            return Ok(false);
        };
        let script = proof::extract(&self.graph, twin)
            .and_then(|p| rename_script(&p.script(), &names(from), &names(to)));
        let Some(script) = script else {
            return Ok(false);
        };
        let proposal = Proposal {
            tactic: script,
            logprob: 0.0,
            tokens: 1,
            source: "search/replay".into(),
            heartbeats: None,
        };
        let budgeted = [(proposal, self.setting.config.step.heartbeats)];
        let Some(outcomes) = self.step(id, &budgeted, true, budget).await? else {
            return Ok(false);
        };
        let [(proposal, _)] = budgeted;
        let Some(outcome) = outcomes.into_iter().next() else {
            return Ok(false);
        };
        let closed = outcome.status == OutcomeStatus::Closed;
        let left: Vec<StateId> = outcome.children.iter().map(|c| c.id).collect();
        if !left.is_empty() {
            self.setting.session.free(&left).await;
        }
        if closed {
            let app = self.graph.attempt(id, proposal, TacticStatus::Closed);
            let a = self.graph.app_mut(app);
            (a.heartbeats, a.ms) = (outcome.heartbeats, outcome.ms);
            self.graph.link(app, Vec::new());
        }
        Ok(closed)
    }

    /// Tries tactics on a node in Lean. None if the attempt was cancelled or its time is over.
    pub(super) async fn step(
        &mut self,
        id: NodeId,
        tactics: &[(Proposal, u32)],
        stop_on_close: bool,
        budget: &Budget,
    ) -> Result<Option<Vec<lakatos_lean_bridge::pool::Outcome>>, Trouble> {
        let config = &self.setting.config.step;
        let requests: Vec<TacticRequest> = tactics
            .iter()
            .map(|(p, heartbeats)| TacticRequest {
                text: p.tactic.clone(),
                heartbeats: Some(*heartbeats),
                ms: Some(config.ms),
            })
            .collect();
        let patience = u64::from(config.ms) * (tactics.len() as u64 + 1);
        let left = budget
            .remaining()
            .map_or(u64::MAX, |d| d.as_millis() as u64);
        if left == 0 {
            return Ok(None);
        }
        let state = self.graph.node(id).state.id;
        let begin = std::time::Instant::now();
        let work = self
            .setting
            .session
            .step(state, &requests, stop_on_close, patience.min(left));
        // The deadline is Lean's to keep, so that the worker survives it.
        let answer = tokio::select! {
            biased;
            answer = work => Some(answer),
            () = budget.cancel().cancelled() => None,
        };
        self.cost.lean_seconds += begin.elapsed().as_secs_f64();
        let outcomes = answer.transpose()?;
        if let Some(outcomes) = &outcomes {
            let tried = outcomes
                .iter()
                .filter(|o| o.status != OutcomeStatus::Skipped)
                .count();
            self.cost.tactics += tried as u32;
        }
        Ok(outcomes)
    }
}

/// Whether a proof text of the one state is a proof text of the other: the same goals (they have the
/// same hash) with the same names.
pub fn same_names(a: &ProofState, b: &ProofState) -> bool {
    let same = |(a, b): (&Goal, &Goal)| names(a) == names(b);
    a.goals.len() == b.goals.len() && a.goals.iter().zip(&b.goals).all(same)
}

/// A node's place in the queue; equal scores go in the order of their making.
#[derive(Debug, PartialEq)]
struct Queued {
    score: f64,
    node: NodeId,
    round: u32,
}

impl Eq for Queued {}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score
            .total_cmp(&other.score)
            .then_with(|| other.node.cmp(&self.node))
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
