//! Policies propose tactics for a proof state.
//!
//! A policy sees a state (never a reference proof) and answers with tactics and their
//! log-probabilities. It is asked in *rounds*: the search comes back to a node with the next round
//! number when the node's turn comes again, so that cheap ideas are tried everywhere before dear
//! ones are tried anywhere. A policy that has nothing more to say for a node answers with none.

pub mod bandit;
pub mod canonical;
pub mod http;
pub mod mixture;
pub mod portfolio;
pub mod templates;

use std::future::Future;
use std::pin::Pin;

use lakatos_lean_bridge::pool::{ProofState, Session};
use serde::{Deserialize, Serialize};

/// What a policy may look at.
pub struct PolicyContext<'a> {
    /// The session, for questions to Lean such as library suggestions.
    pub session: &'a Session,
    /// The state to act on: tactics act on its first goal.
    pub state: &'a ProofState,
    /// Steps from the root.
    pub depth: u32,
    /// How many times this node was asked before.
    pub round: u32,
    /// The tactics that led here from the root.
    pub path: &'a [String],
    /// The nodes on the way here, the root first; none for the root.
    pub history: &'a [Ancestor<'a>],
    /// Set once nothing else is left to do in the search: how many times this node was asked since. See [`Policy::leftover`].
    pub leftover: Option<u32>,
    /// What the policy asked to remember of this node in an earlier round.
    pub memory: Option<&'a str>,
    /// The theorem's name, for templates that print it.
    pub theorem: &'a str,
    /// Whether this is the root of a refutation.
    pub negated: bool,
    /// Seed for this call: a function of the run's seed, the theorem and the node.
    pub seed: u64,
}

/// A node on the way to another.
pub struct Ancestor<'a> {
    /// Its state.
    pub state: &'a ProofState,
    /// What the policy asked to remember of it.
    pub memory: Option<&'a str>,
}

/// A tactic that a policy proposes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The tactic's text; may span lines.
    pub tactic: String,
    /// Natural logarithm of its probability under the policy, at most 0.
    pub logprob: f64,
    /// Tokens that were generated for it; 1 for what no model wrote.
    pub tokens: u32,
    /// Which policy, `family/part`.
    pub source: String,
    /// Budget in thousands of heartbeats, where the policy knows better than the search.
    pub heartbeats: Option<u32>,
}

impl Proposal {
    /// Tokens that a model generated for it: none for what the portfolio made.
    pub fn generated(&self) -> u64 {
        let made = ["finisher/", "portfolio/"];
        if made.iter().any(|family| self.source.starts_with(family)) {
            0
        } else {
            u64::from(self.tokens)
        }
    }
}

/// A policy's answer for one round.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// The proposals, best first.
    pub proposals: Vec<Proposal>,
    /// Whether the next round would bring more.
    pub more: bool,
    /// What the search is to keep with the node for the policy, such as the name of a model's state.
    #[serde(skip)]
    pub memory: Option<String>,
}

/// What keeps a policy from answering.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The model server could not be reached or kept failing.
    #[error("the policy's model server does not answer: {message}")]
    Unavailable {
        /// What was tried, and the way out.
        message: String,
    },
    /// The model server does not hold the state any more that a prompt was to go on from.
    #[error("the policy's model server holds no such state any more")]
    StateGone,
    /// The model server answered something that is not its protocol.
    #[error("the policy's model server answered nonsense: {message}")]
    Protocol {
        /// What was unexpected.
        message: String,
    },
    /// Lean failed while it was asked for suggestions.
    #[error(transparent)]
    Lean(#[from] lakatos_lean_bridge::BridgeError),
}

/// A future that a policy returns.
pub type PolicyFuture<'a> = Pin<Box<dyn Future<Output = Result<Round, PolicyError>> + Send + 'a>>;

/// Proposes tactics for proof states.
pub trait Policy: Send + Sync {
    /// The policy's name, as in `source`.
    fn name(&self) -> &str;

    /// Tactics for a state, in the round that the context names.
    fn propose<'a>(&'a self, context: &'a PolicyContext<'a>) -> PolicyFuture<'a>;

    /// Whether it has proposals that are not worth a turn while anything else is left. If so, nodes that it has no more for are
    /// kept, and once the queue is empty they are asked again, with [`PolicyContext::leftover`] set. Up to then the search is
    /// the one that it would be without.
    fn leftover(&self) -> bool {
        false
    }

    /// Tells the policy how its tactics fared on a state, in the order they were tried.
    fn observe(&self, _context: &PolicyContext<'_>, _tried: &[Observation<'_>]) {}
}

/// How one proposal fared.
pub struct Observation<'a> {
    /// The proposal.
    pub proposal: &'a Proposal,
    /// Its outcome.
    pub outcome: &'a lakatos_lean_bridge::pool::Outcome,
}
