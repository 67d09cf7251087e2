//! Shorter proofs: a suffix that a finisher can replace, a step that is not needed, an alternative that
//! does the work of its `first | …`.
//!
//! The proof is walked from the root with a real proof state in hand. At each step Lean is asked, in
//! one request, whether a finisher seen elsewhere in the proof closes the state, and whether the rest
//! of the proof works without the step; at each last step, which of several alternatives closes. The
//! first candidate that closes wins. The result is still only a text: it is verified like any other,
//! and the unshortened proof is there if it is rejected.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use lakatos_lean_bridge::pool::{Outcome, ProofState, Session};
use lakatos_lean_bridge::protocol::{OutcomeStatus, TacticRequest};

use super::alternatives;
use super::config::{MinimiseConfig, StepConfig};
use super::proof::{Child, Step};

/// Shortens a proof of `root`, within the configured requests and time.
pub async fn minimise(
    session: &Session,
    root: &ProofState,
    proof: Step,
    config: MinimiseConfig,
    step: StepConfig,
) -> Step {
    if !config.enabled {
        return proof;
    }
    let mut closers = BTreeSet::new();
    collect_closers(&proof, &mut closers);
    let mut closers: Vec<String> = closers.into_iter().collect();
    closers.sort_by_key(|c| (c.chars().count(), c.clone()));
    let mut minimiser = Minimiser {
        session,
        step,
        closers,
        requests: config.requests,
        until: Instant::now() + Duration::from_secs(u64::from(config.seconds)),
    };
    minimiser.shorten(root, proof).await
}

/// One-line tactics that close something in this proof.
fn collect_closers(step: &Step, out: &mut BTreeSet<String>) {
    if step.children.is_empty() && !step.tactic.trim().contains('\n') {
        out.insert(step.tactic.trim().to_owned());
    }
    for child in &step.children {
        collect_closers(&child.proof, out);
    }
}

struct Minimiser<'a> {
    session: &'a Session,
    step: StepConfig,
    closers: Vec<String>,
    requests: u32,
    until: Instant,
}

impl Minimiser<'_> {
    fn shorten<'a>(
        &'a mut self,
        state: &'a ProofState,
        proof: Step,
    ) -> Pin<Box<dyn Future<Output = Step> + Send + 'a>> {
        Box::pin(async move {
            if proof.children.is_empty() {
                return self.narrow(state, proof).await;
            }
            let candidates = self.candidates(state, &proof);
            if let Some(shorter) = self.first_that_closes(state, candidates).await {
                return self.shorten(state, shorter).await;
            }
            let Some(mut outcome) = self
                .run(state, std::slice::from_ref(&proof.tactic), false)
                .await
                .pop()
            else {
                return proof;
            };
            if outcome.children.len() != proof.children.len() {
                return proof;
            }
            let mut children = Vec::new();
            for (child, below) in proof.children.into_iter().zip(outcome.children.drain(..)) {
                let shorter = self.shorten(&below, child.proof).await;
                self.session.free(&[below.id]).await;
                children.push(Child {
                    proof: shorter,
                    ..child
                });
            }
            Step { children, ..proof }
        })
    }

    /// A last step with one alternative in the place of each `first`, where one is enough.
    async fn narrow(&mut self, state: &ProofState, proof: Step) -> Step {
        let mut tactic = proof.tactic.clone();
        let mut n = 0;
        while let Some(candidates) = alternatives::replaced(&tactic, n) {
            let candidates = candidates.into_iter().map(Step::leaf).collect();
            match self.first_that_closes(state, candidates).await {
                Some(narrower) => tactic = narrower.tactic,
                None => n += 1,
            }
        }
        Step { tactic, ..proof }
    }

    fn candidates(&self, state: &ProofState, proof: &Step) -> Vec<Step> {
        let mut candidates: Vec<Step> = Vec::new();
        if state.goals.len() == 1 {
            candidates.extend(self.closers.iter().map(Step::leaf));
        }
        if let [only] = proof.children.as_slice() {
            candidates.push(only.proof.clone());
        }
        candidates
    }

    async fn first_that_closes(
        &mut self,
        state: &ProofState,
        candidates: Vec<Step>,
    ) -> Option<Step> {
        let texts: Vec<String> = candidates.iter().map(Step::script).collect();
        let outcomes = self.run(state, &texts, true).await;
        let closed = outcomes
            .iter()
            .position(|o| o.status == OutcomeStatus::Closed);
        for outcome in &outcomes {
            let left: Vec<_> = outcome.children.iter().map(|c| c.id).collect();
            if !left.is_empty() {
                self.session.free(&left).await;
            }
        }
        candidates.into_iter().nth(closed?)
    }

    /// The outcomes, or none if the budget is spent or Lean does not answer.
    async fn run(&mut self, state: &ProofState, tactics: &[String], stop: bool) -> Vec<Outcome> {
        let left = self.until.saturating_duration_since(Instant::now());
        if tactics.is_empty() || self.requests == 0 || left.is_zero() {
            return Vec::new();
        }
        self.requests -= 1;
        let requests: Vec<TacticRequest> = tactics
            .iter()
            .map(|text| TacticRequest {
                text: text.clone(),
                heartbeats: Some(self.step.heartbeats),
                ms: Some(self.step.ms),
            })
            .collect();
        let deadline = left.as_millis().min(60_000) as u64;
        self.session
            .step(state.id, &requests, stop, deadline)
            .await
            .unwrap_or_default()
    }
}
