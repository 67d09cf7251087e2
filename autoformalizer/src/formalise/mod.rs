//! From an informal problem to statements.
//!
//! A model proposes candidates ([`prompt`], [`extract`]); those that Lean refuses go back to it with the
//! error, a bounded number of times; every candidate goes through the gates; those that pass are put into
//! classes of statements that Lean has proved equivalent, the largest first. The first of the largest
//! class is the problem's statement. It and its negation are searched at once, where a [`Decider`] is
//! there. [`job::Formalise`] does this for one problem after the other in the frame of data jobs.

mod candidates;
pub(crate) mod classes;
pub mod extract;
pub mod job;
pub mod problem;
pub mod prompt;
mod quality;

use std::future::Future;
use std::pin::Pin;

use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::assess::Value;
use serde::{Deserialize, Serialize};

pub use candidates::Asker;
pub use job::Formalise;
pub use problem::Problem;
pub use quality::Quality;

use crate::gates::Finding;

/// How problems are formalised. All of it decides what comes out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Candidates for each problem.
    pub candidates: u32,
    /// Times that a candidate goes back to the model with Lean's error.
    pub repairs: u32,
    /// Thousands of heartbeats for each try at a contradiction.
    pub heartbeats: u64,
    /// Thousands of heartbeats for each try at an equivalence.
    pub equivalence_heartbeats: u64,
    /// Wall-clock limit of a request to Lean, in milliseconds; it only ends what hangs.
    pub timeout_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            candidates: 8,
            repairs: 2,
            heartbeats: 4000,
            equivalence_heartbeats: 20_000,
            timeout_ms: 120_000,
        }
    }
}

/// What is known of a statement after a search for a proof of it and of its negation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Decision {
    /// It was proved, at level 3.
    Proved {
        /// The proof's text.
        proof: String,
    },
    /// Its negation was proved, at level 3.
    Refuted {
        /// The proof's text.
        proof: String,
    },
    /// Neither was found.
    Open,
}

/// A search for a statement and its negation at once; the first proof decides.
pub trait Decider: Send + Sync {
    /// Decides one statement in an environment. The error is that of a worker, and worth another try.
    fn decide<'a>(
        &'a self,
        env: &'a EnvironmentSpec,
        name: &'a str,
        statement: &'a str,
        seed: u64,
    ) -> Pin<Box<dyn Future<Output = Result<Decision, String>> + Send + 'a>>;
}

/// A candidate with everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The statement; empty where the model's answer had none.
    pub formal: String,
    /// Candidates with this very text.
    pub votes: u32,
    /// Times that the model was shown Lean's error before.
    pub repairs: u32,
    /// The elaborated statement in English, where it elaborates.
    pub english: Option<String>,
    /// Hash of the closed type, likewise.
    pub type_hash: Option<String>,
    /// Values that refute it, where small ones do.
    pub counterexample: Option<Vec<Value>>,
    /// Instances that confirm it.
    pub confirmed: u32,
    /// The gates' findings.
    pub findings: Vec<Finding>,
    /// Its class among the candidates that passed, the largest first, from 0.
    pub class: Option<u32>,
    /// The tactics that proved it equivalent to the first of its class, both directions.
    pub equivalence: Option<(String, String)>,
}
