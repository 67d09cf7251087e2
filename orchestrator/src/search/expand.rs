//! One expansion: ask the policy, try what it proposes in Lean, make the outcomes nodes.

use lakatos_lean_bridge::pool::{Outcome, StateId};
use lakatos_lean_bridge::protocol::{ErrorClass, OutcomeStatus};

use super::budget::Budget;
use super::engine::{Engine, Trouble, same_names};
use super::graph::{NodeId, Standing};
use super::score::path_term;
use crate::policy::bandit::{Arm, Bandit, End, Seen, bucket};
use crate::policy::{Ancestor, Observation, PolicyContext, PolicyError, Proposal, Round};
use crate::record::TacticStatus;

/// Nodes in a row on which the policy may fail before the search gives up.
const POLICY_FAILURES: u32 = 3;
/// Characters of Lean's words that are kept of a failure.
const ERROR_CHARS: usize = 300;

impl Engine<'_> {
    /// Expands a node; true if it is to be asked again.
    pub(super) async fn expand(
        &mut self,
        id: NodeId,
        bandit: &mut Bandit,
        budget: &Budget,
    ) -> Result<bool, Trouble> {
        let rank = self.cost.expanded;
        self.cost.expanded += 1;
        let node = self.graph.node_mut(id);
        node.expanded.get_or_insert(rank);
        let round = node.round;
        node.round += 1;
        let leftover = node.leftover;
        node.leftover = leftover.map(|n| n + 1);
        let first = round == 0;
        let Some(answer) = self.ask(id, (round, leftover), budget).await? else {
            let node = self.graph.node_mut(id);
            (node.round, node.leftover) = (round, leftover);
            return Ok(true);
        };
        self.cost.tokens += answer
            .proposals
            .iter()
            .map(Proposal::generated)
            .sum::<u64>();

        let fresh = self.dedupe(id, answer.proposals);
        let (finishers, others): (Vec<_>, Vec<_>) = fresh
            .into_iter()
            .partition(|p| p.source.starts_with("finisher/"));

        let mut tried = Trials::default();
        let mut first_batch = self
            .stored_proof(id)
            .filter(|_| first)
            .into_iter()
            .collect();
        let offered = std::mem::take(&mut self.graph.node_mut(id).later);
        let offered = offered
            .into_iter()
            .chain(finishers.into_iter().map(|p| (p, 0)))
            .collect();
        self.schedule(id, offered, !first, bandit, &mut first_batch);
        let others: Vec<(Proposal, u32)> = others
            .into_iter()
            .map(|p| {
                let heartbeats = p.heartbeats.unwrap_or(self.setting.config.step.heartbeats);
                (p, heartbeats)
            })
            .collect();

        let size = self.setting.config.step.batch.max(1);
        let mut whole = true;
        for batch in std::iter::once(first_batch.as_slice()).chain(others.chunks(size)) {
            if batch.is_empty() {
                continue;
            }
            if self.graph.node(id).standing() != Standing::Open {
                break;
            }
            let cut = budget
                .exhausted(0, self.cost.tokens.saturating_sub(1))
                .is_some();
            let outcomes = if cut {
                None
            } else {
                self.step(id, batch, true, budget).await?
            };
            let Some(outcomes) = outcomes else {
                whole = false;
                break;
            };
            for ((proposal, heartbeats), outcome) in batch.iter().zip(outcomes) {
                self.learn(id, proposal, *heartbeats, &outcome, bandit);
                self.place(id, proposal, &outcome).await;
                tried.0.push((proposal.clone(), outcome));
            }
        }
        self.report(id, (round, leftover), &tried);
        let again = !self.graph.node(id).later.is_empty();
        Ok(answer.more || again || !whole)
    }

    /// The policy's answer; none if the budget ended first or the policy failed (for now).
    async fn ask(
        &mut self,
        id: NodeId,
        round: (u32, Option<u32>),
        budget: &Budget,
    ) -> Result<Option<Round>, Trouble> {
        let path = self.graph.path(id);
        let history = self.history(id);
        let context = self.context(id, round, &path, &history);
        let begin = std::time::Instant::now();
        let answer = budget.bounded(self.setting.policy.propose(&context)).await;
        self.cost.policy_seconds += begin.elapsed().as_secs_f64();
        match answer {
            None => Ok(None),
            Some(Ok(round)) => {
                self.policy_failures = 0;
                if round.memory.is_some() {
                    self.graph.node_mut(id).memory.clone_from(&round.memory);
                }
                Ok(Some(round))
            }
            Some(Err(PolicyError::Lean(error))) => Err(Trouble::Lean(error)),
            Some(Err(error)) => {
                self.policy_failures += 1;
                if self.policy_failures >= POLICY_FAILURES {
                    return Err(Trouble::Policy(error));
                }
                tracing::warn!(
                    theorem = self.setting.theorem,
                    "{error}; the node is asked again"
                );
                Ok(None)
            }
        }
    }

    /// The nodes above one, the root first.
    fn history(&self, id: NodeId) -> Vec<Ancestor<'_>> {
        let mut nodes = Vec::new();
        let mut at = self.graph.node(id).parent;
        while let Some(app) = at {
            let node = self.graph.node(self.graph.app(app).node);
            nodes.push(Ancestor {
                state: &node.state,
                memory: node.memory.as_deref(),
            });
            at = node.parent;
        }
        nodes.reverse();
        nodes
    }

    fn context<'c>(
        &'c self,
        id: NodeId,
        (round, leftover): (u32, Option<u32>),
        path: &'c [String],
        history: &'c [Ancestor<'c>],
    ) -> PolicyContext<'c> {
        let node = self.graph.node(id);
        PolicyContext {
            session: self.setting.session,
            state: &node.state,
            depth: node.depth,
            round,
            leftover,
            path,
            history,
            memory: node.memory.as_deref(),
            theorem: &self.setting.theorem,
            negated: self.setting.negated,
            seed: mix(self.setting.seed, id.0, round),
        }
    }

    fn report(&self, id: NodeId, round: (u32, Option<u32>), tried: &Trials) {
        let path = self.graph.path(id);
        let history = self.history(id);
        let context = self.context(id, round, &path, &history);
        let observations: Vec<Observation<'_>> = tried
            .0
            .iter()
            .map(|(proposal, outcome)| Observation { proposal, outcome })
            .collect();
        self.setting.policy.observe(&context, &observations);
    }

    /// Drops what is empty or was tried on this node before.
    fn dedupe(&mut self, id: NodeId, proposals: Vec<Proposal>) -> Vec<Proposal> {
        let tried = &mut self.graph.node_mut(id).tried;
        let fresh = |p: &Proposal| {
            let text = normalise(&p.tactic);
            !text.is_empty() && tried.insert(text)
        };
        proposals.into_iter().filter(fresh).collect()
    }

    /// The proof of the same goal in another theorem, as a tactic.
    fn stored_proof(&self, id: NodeId) -> Option<(Proposal, u32)> {
        let (shared, environment) = self.setting.shared?;
        let [goal] = self.graph.node(id).state.goals.as_slice() else {
            return None;
        };
        let proposal = Proposal {
            tactic: shared.lookup(environment, goal)?,
            logprob: 0.0,
            tokens: 1,
            source: "search/shared".into(),
            heartbeats: None,
        };
        Some((proposal, self.setting.config.step.heartbeats))
    }

    /// Puts this round's finishers into `batch` and the rest into the node's `later`.
    fn schedule(
        &mut self,
        id: NodeId,
        offered: Vec<(Proposal, u32)>,
        all: bool,
        bandit: &mut Bandit,
        batch: &mut Vec<(Proposal, u32)>,
    ) {
        let Some(goal) = self.graph.node(id).state.goals.first() else {
            return;
        };
        let arms: Vec<Arm<'_>> = offered
            .iter()
            .map(|(p, spent)| Arm {
                tactic: &p.tactic,
                cap: p.heartbeats,
                spent: *spent,
            })
            .collect();
        let plan = bandit.plan(&bucket(goal), &arms, all);
        batch.extend(
            plan.now
                .iter()
                .map(|(i, budget)| (offered[*i].0.clone(), *budget)),
        );
        let later = plan.later.iter().map(|i| offered[*i].clone());
        self.graph.node_mut(id).later.extend(later);
    }

    /// Tells the bandit about a finisher, and offers it again where its budget was too small.
    fn learn(
        &mut self,
        id: NodeId,
        proposal: &Proposal,
        budget: u32,
        outcome: &Outcome,
        bandit: &mut Bandit,
    ) {
        if !proposal.source.starts_with("finisher/") {
            return;
        }
        let state = &self.graph.node(id).state;
        let Some(goal) = state.goals.first() else {
            return;
        };
        let left: usize = outcome.children.iter().map(|c| c.goals.len()).sum();
        let ran_out = runs_out(outcome);
        let end = match outcome.status {
            OutcomeStatus::Skipped => return,
            OutcomeStatus::Closed => End::Closed,
            OutcomeStatus::Open if left < state.goals.len() => End::Closed,
            _ if ran_out => End::RanOut,
            _ => End::Failed,
        };
        let seen = Seen {
            end,
            heartbeats: outcome.heartbeats,
            budget,
        };
        bandit.observe(&bucket(goal), &proposal.tactic, &seen);
        let arm = Arm {
            tactic: &proposal.tactic,
            cap: proposal.heartbeats,
            spent: budget,
        };
        if ran_out && bandit.next_budget(&arm).is_some() {
            self.graph
                .node_mut(id)
                .later
                .push((proposal.clone(), budget));
        }
    }

    /// Records an outcome and makes its children nodes.
    async fn place(&mut self, id: NodeId, proposal: &Proposal, outcome: &Outcome) {
        let groups = outcome.children.len();
        let usable = groups > 0 && groups <= self.setting.config.max_children;
        let status = match outcome.status {
            OutcomeStatus::Closed => TacticStatus::Closed,
            OutcomeStatus::Open if usable => TacticStatus::Open,
            OutcomeStatus::Open => TacticStatus::Error,
            OutcomeStatus::Skipped => TacticStatus::Skipped,
            OutcomeStatus::Error if runs_out(outcome) => TacticStatus::TimedOut,
            OutcomeStatus::Error => TacticStatus::Error,
        };
        let app = self.graph.attempt(id, proposal.clone(), status);
        let record = self.graph.app_mut(app);
        (record.heartbeats, record.ms) = (outcome.heartbeats, outcome.ms);
        record.error = match &outcome.error {
            Some(e) => Some((
                class_word(e.class),
                e.message.chars().take(ERROR_CHARS).collect(),
            )),
            None if outcome.status == OutcomeStatus::Open && !usable => Some((
                "too_many_goals".into(),
                format!("{groups} groups of goals were left"),
            )),
            None => None,
        };
        match status {
            TacticStatus::Closed => self.graph.link(app, Vec::new()),
            TacticStatus::Open => {
                let weights = &self.setting.config.score;
                let term = path_term(proposal.logprob, proposal.tokens, weights);
                let node = self.graph.node(id);
                let (depth, path) = (node.depth + 1, node.path + term);
                let mut children = Vec::new();
                for state in &outcome.children {
                    let state = state.clone();
                    children.push(
                        self.graph
                            .add_node(state, Some(app), depth, path, same_names),
                    );
                }
                self.graph.link(app, children.clone());
                self.receive(&children).await;
            }
            _ => {
                let unused: Vec<StateId> = outcome.children.iter().map(|c| c.id).collect();
                if !unused.is_empty() {
                    self.setting.session.free(&unused).await;
                }
            }
        }
    }

    /// Queues new nodes; those that need no work of their own are freed.
    async fn receive(&mut self, children: &[NodeId]) {
        let mut unneeded = Vec::new();
        for id in children {
            let node = self.graph.node(*id);
            if node.alias_of.is_some() {
                // An exact alias is exhausted from the start; any other waits for its twin.
                if node.exhausted() {
                    unneeded.push(*id);
                }
            } else if node.depth >= self.setting.config.max_depth {
                self.graph.exhaust(*id);
                unneeded.push(*id);
            } else {
                self.push(*id);
            }
        }
        self.free(&unneeded).await;
    }
}

/// What was tried on a node, in order.
#[derive(Default)]
struct Trials(Vec<(Proposal, Outcome)>);

fn runs_out(outcome: &Outcome) -> bool {
    outcome
        .error
        .as_ref()
        .is_some_and(|e| matches!(e.class, ErrorClass::Heartbeats | ErrorClass::Deadline))
}

/// The protocol's word for a class.
fn class_word(class: ErrorClass) -> String {
    match serde_json::to_value(class) {
        Ok(serde_json::Value::String(word)) => word,
        _ => "other".into(),
    }
}

/// A tactic's text with every run of spaces inside a line made one; indentation is kept, since Lean
/// reads it.
fn normalise(tactic: &str) -> String {
    let lines = tactic.trim().lines().map(|line| {
        let body = line.trim_start();
        let indentation = &line[..line.len() - body.len()];
        format!(
            "{indentation}{}",
            body.split_whitespace().collect::<Vec<_>>().join(" ")
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A seed for one call, well spread (SplitMix64's finaliser).
fn mix(seed: u64, node: u32, round: u32) -> u64 {
    let mut z = seed.wrapping_add(
        (u64::from(node) << 32 | u64::from(round)).wrapping_mul(0x9e37_79b9_7f4a_7c15),
    );
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_do_not_make_another_tactic_but_indentation_may() {
        assert_eq!(normalise("  simp  [h] "), normalise("simp [h]"));
        assert_ne!(normalise("cases h\n  simp"), normalise("cases h\nsimp"));
    }

    #[test]
    fn seeds_differ_by_node_and_round() {
        let seeds = [mix(1, 0, 0), mix(1, 0, 1), mix(1, 1, 0), mix(2, 0, 0)];
        for (i, a) in seeds.iter().enumerate() {
            assert!(!seeds[..i].contains(a));
        }
    }

    #[test]
    fn classes_have_the_protocols_words() {
        assert_eq!(
            class_word(ErrorClass::UnknownIdentifier),
            "unknown_identifier"
        );
    }
}
