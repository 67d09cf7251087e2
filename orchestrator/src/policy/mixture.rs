//! Several policies as one.
//!
//! A part may be kept for what is left over: it is asked only once the search without it has nothing left to do, so that it can
//! add proofs but cost none (a dear or weak model beside the portfolio). The other parts are asked at the same time; proposals are interleaved best first, after a part's
//! log-probabilities have been shifted by the logarithm of its share of the weights. A part that
//! fails is left out of that round and reported once; only if every part fails does the mixture fail.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use super::{Observation, Policy, PolicyContext, PolicyError, PolicyFuture, Proposal, Round};

/// When a part of a mixture is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// From a node's so-manieth round on; 0: always.
    From(u32),
    /// Once nothing else is left to do in the search.
    Leftover,
}

/// A weighted mixture of policies.
pub struct Mixture {
    parts: Vec<Part>,
}

struct Part {
    policy: Arc<dyn Policy>,
    shift: f64,
    when: When,
    reported: AtomicBool,
}

impl Part {
    /// What it proposes; nothing yet where it has no context, because its turn has not come.
    fn ask<'a>(&'a self, context: Option<&'a PolicyContext<'a>>) -> PolicyFuture<'a> {
        match context {
            Some(context) => self.policy.propose(context),
            None => Box::pin(std::future::ready(Ok(Round {
                more: true,
                ..Round::default()
            }))),
        }
    }
}

impl Mixture {
    /// A mixture of policies, each with its weight and its time: a dear one need not be asked for goals that a cheap one
    /// closes. Weights that are not positive count as very little.
    pub fn new(parts: Vec<(f64, When, Arc<dyn Policy>)>) -> Self {
        let clean = |w: f64| if w.is_finite() && w > 0.0 { w } else { 1e-9 };
        let total: f64 = parts.iter().map(|(w, ..)| clean(*w)).sum();
        let parts = parts
            .into_iter()
            .map(|(w, when, policy)| Part {
                policy,
                shift: (clean(w) / total).ln(),
                when,
                reported: AtomicBool::new(false),
            })
            .collect();
        Self { parts }
    }

    fn report(part: &Part, error: &PolicyError) {
        if !part.reported.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                policy = part.policy.name(),
                "{error}; the search goes on without it where it fails, and this is said only once"
            );
        }
    }
}

impl Policy for Mixture {
    fn name(&self) -> &str {
        "mixture"
    }

    fn propose<'a>(&'a self, context: &'a PolicyContext<'a>) -> PolicyFuture<'a> {
        Box::pin(async move {
            let own = |part: &Part| {
                let round = match (part.when, context.leftover) {
                    (When::From(from), None) => context.round.checked_sub(from)?,
                    (When::Leftover, Some(round)) => round,
                    _ => return None,
                };
                Some(PolicyContext { round, ..*context })
            };
            let contexts: Vec<Option<PolicyContext<'_>>> = self.parts.iter().map(own).collect();
            // Parts of the other kind have no turn at all.
            let turn = |part: &&Part| (part.when == When::Leftover) == context.leftover.is_some();
            let answers = join_all(
                self.parts
                    .iter()
                    .zip(&contexts)
                    .filter(|(part, _)| turn(part))
                    .map(|(part, context)| part.ask(context.as_ref()))
                    .collect(),
            )
            .await;
            let mut rounds = Vec::new();
            let mut failure = None;
            for (part, answer) in self.parts.iter().filter(turn).zip(answers) {
                match answer {
                    Ok(round) => rounds.push((part.shift, round)),
                    Err(error) => {
                        Self::report(part, &error);
                        failure = Some(error);
                    }
                }
            }
            match failure {
                // What is left over is a gift: its absence is no fault of the search.
                Some(error) if rounds.is_empty() && context.leftover.is_none() => Err(error),
                _ => Ok(merge(rounds)),
            }
        })
    }

    fn leftover(&self) -> bool {
        self.parts.iter().any(|p| p.when == When::Leftover)
    }

    fn observe(&self, context: &PolicyContext<'_>, tried: &[Observation<'_>]) {
        for part in &self.parts {
            part.policy.observe(context, tried);
        }
    }
}

/// Interleaves rounds, likeliest first; of equal tactics the likelier stays, and of equal chances the
/// earlier part comes first.
fn merge(rounds: Vec<(f64, Round)>) -> Round {
    let more = rounds.iter().any(|(_, r)| r.more);
    // At most one part is a model with states.
    let memory = rounds.iter().find_map(|(_, r)| r.memory.clone());
    let mut all: Vec<Proposal> = rounds
        .into_iter()
        .flat_map(|(shift, round)| {
            round.proposals.into_iter().map(move |p| Proposal {
                logprob: p.logprob + shift,
                ..p
            })
        })
        .collect();
    all.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
    let mut seen = HashSet::new();
    all.retain(|p| seen.insert(p.tactic.clone()));
    Round {
        proposals: all,
        more,
        memory,
    }
}

/// Runs futures together on this task; answers in order.
async fn join_all<T>(mut futures: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        let mut waiting = false;
        for (future, slot) in futures.iter_mut().zip(&mut done) {
            if slot.is_none() {
                match future.as_mut().poll(cx) {
                    Poll::Ready(value) => *slot = Some(value),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(tactic: &str, logprob: f64, source: &str) -> Proposal {
        Proposal {
            tactic: tactic.into(),
            logprob,
            tokens: 1,
            source: source.into(),
            heartbeats: None,
        }
    }

    #[test]
    fn rounds_are_interleaved_by_shifted_chance() {
        let a = Round {
            proposals: vec![proposal("simp", -0.1, "a"), proposal("omega", -3.0, "a")],
            ..Round::default()
        };
        let b = Round {
            proposals: vec![proposal("omega", -0.2, "b"), proposal("rfl", -0.3, "b")],
            more: true,
            memory: Some("s".into()),
        };
        let merged = merge(vec![(0.5f64.ln(), a), (0.5f64.ln(), b)]);
        let order: Vec<_> = merged
            .proposals
            .iter()
            .map(|p| (p.tactic.as_str(), p.source.as_str()))
            .collect();
        assert_eq!(order, [("simp", "a"), ("omega", "b"), ("rfl", "b")]);
        assert!(merged.more);
        assert_eq!(merged.memory.as_deref(), Some("s"));
    }

    #[tokio::test]
    async fn answers_come_back_in_order() {
        let (early, late) = tokio::sync::oneshot::channel();
        let futures: Vec<Pin<Box<dyn Future<Output = u8> + Send>>> = vec![
            Box::pin(async move { late.await.unwrap() }),
            Box::pin(async move {
                early.send(1).unwrap();
                2
            }),
        ];
        assert_eq!(join_all(futures).await, [1, 2]);
    }
}
