//! The portfolio: a policy without a model. It looks at the goal and proposes what mathematicians
//! and Lean users try on goals of that kind, cheap ideas first.
//!
//! Each family of ideas has a file, and says there why its steps are sound mathematics; Lean checks
//! every one of them. Goals are read by [`expr`] and [`features`]; nothing here knows any problem.
//! Rounds: 0 finishers and obvious structure, 1 the families' first choices, 2 dearer variants, 3
//! lemmas from Lean's library.

mod bounded;
mod casts;
mod cofactor;
mod counterexample;
mod divisors;
pub mod expr;
mod factors;
pub mod features;
mod finishers;
mod fraction;
mod idea;
mod induction;
mod instantiate;
mod interval;
mod library;
mod mathlib;
mod polynomial;
mod powers;
mod products;
mod recurrence;
mod residues;
mod roots;
mod structural;
mod witnesses;

use lakatos_lean_bridge::protocol::{EnvironmentKind, Goal};

use super::{Policy, PolicyContext, PolicyFuture, Proposal, Round};
use features::View;
use idea::Idea;

/// The round in which the library is asked; the last one.
const LIBRARY_ROUND: u32 = 3;

/// Deeper nodes are reached by steps that did not finish: families that only restart the search
/// are not repeated below this depth.
const MAX_DEPTH: u32 = 24;

/// The policy.
#[derive(Debug, Clone, Copy, Default)]
pub struct Portfolio;

impl Portfolio {
    /// A portfolio with its defaults.
    pub fn new() -> Portfolio {
        Portfolio
    }

    /// The proposals of a round for a goal, without asking Lean: deterministic in its arguments.
    pub fn offline(goal: &Goal, kind: EnvironmentKind, round: u32, depth: u32) -> Vec<Proposal> {
        let view = View::new(goal, kind);
        let mut out: Vec<Proposal> = Vec::new();
        if round == 0 {
            for f in finishers::finishers(&view) {
                out.push(Proposal {
                    tactic: f.tactic,
                    logprob: f.weight.min(1.0).ln(),
                    tokens: 1,
                    source: format!("finisher/{}", f.name),
                    heartbeats: Some(f.heartbeats),
                });
            }
        }
        if depth <= MAX_DEPTH {
            let mut ideas: Vec<Idea> = families(&view);
            ideas.retain(|i| i.round == round);
            out.extend(ideas.into_iter().map(proposal));
        }
        sort(&mut out);
        out
    }
}

fn families(view: &View) -> Vec<Idea> {
    let all: [fn(&View) -> Vec<Idea>; 16] = [
        structural::ideas,
        counterexample::ideas,
        induction::ideas,
        residues::ideas,
        powers::ideas,
        bounded::ideas,
        factors::ideas,
        roots::ideas,
        cofactor::ideas,
        divisors::ideas,
        recurrence::ideas,
        instantiate::ideas,
        witnesses::ideas,
        casts::ideas,
        products::ideas,
        mathlib::ideas,
    ];
    all.iter().flat_map(|family| family(view)).collect()
}

fn proposal(idea: Idea) -> Proposal {
    Proposal {
        tactic: idea.tactic,
        logprob: idea.weight.clamp(1e-6, 1.0).ln(),
        tokens: 1,
        source: format!("portfolio/{}", idea.family),
        heartbeats: idea.heartbeats,
    }
}

/// Best first, ties in the order of the families; each tactic once.
fn sort(proposals: &mut Vec<Proposal>) {
    proposals.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
    let mut seen = std::collections::HashSet::new();
    proposals.retain(|p| seen.insert(p.tactic.clone()));
}

impl Policy for Portfolio {
    fn name(&self) -> &str {
        "portfolio"
    }

    fn propose<'a>(&'a self, context: &'a PolicyContext<'a>) -> PolicyFuture<'a> {
        Box::pin(async move {
            let Some(goal) = context.state.goals.first() else {
                return Ok(Round::default());
            };
            let kind = context.session.opened().kind;
            let proposals = if context.round == LIBRARY_ROUND {
                library::suggestions(context).await?
            } else {
                Portfolio::offline(goal, kind, context.round, context.depth)
            };
            Ok(Round {
                proposals,
                more: context.round < LIBRARY_ROUND,
                ..Round::default()
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::features::tests::goal;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rounds_are_sorted_and_without_repetition() {
        let g = goal("x y : ℕ\nh : x * y + x + y = 23\n⊢ x ≤ 23");
        for round in 0..4 {
            let found = Portfolio::offline(&g, EnvironmentKind::Core, round, 0);
            assert!(found.is_sorted_by(|a, b| a.logprob >= b.logprob));
            assert!(found.iter().all(|p| p.logprob <= 0.0 && p.tokens == 1));
            let texts: std::collections::HashSet<_> = found.iter().map(|p| &p.tactic).collect();
            assert_eq!(texts.len(), found.len());
        }
    }

    #[test]
    fn finishers_are_named() {
        let g = goal("n : ℕ\n⊢ n = n");
        let found = Portfolio::offline(&g, EnvironmentKind::Core, 0, 0);
        assert!(found.iter().any(|p| p.source == "finisher/omega"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_goal_panics(
            hyp in "[ ()↑¬∀∃,:.a-cx-z0-9+*^%∣=≤→∧✝-]{0,40}",
            target in "[ ()↑¬∀∃,:.a-cx-z0-9+*^%∣=≤→∧✝-]{0,40}",
        ) {
            let g = goal(&format!("x y z : ℕ\na b : ℤ\nc : ℕ → ℕ\nh : {hyp}\n⊢ {target}"));
            for round in 0..4 {
                let _ = Portfolio::offline(&g, EnvironmentKind::Project, round, 0);
            }
        }
    }
}
