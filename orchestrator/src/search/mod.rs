//! Best-first search for one theorem over an AND/OR hypergraph, from statement to verified text.
//!
//! [`prove_one`] is the door: a problem, the shared resources and a configuration in, an
//! [`Attempt`] out. Inside, one expansion is: the policy proposes tactics for the best open node,
//! Lean tries them in batches, their outcomes become nodes, and what is proved or failed moves up
//! the graph. A finished tree is written out as a readable proof, shortened, and *that text* is
//! judged by a kernel in another process; a text that is rejected sends the search on.
//!
//! - `graph` holds nodes (OR: groups of goals) and applications (AND: tactics); `score` orders them.
//! - `engine` runs turns; `expand` is one of them; `transposition` shares proved goals.
//! - `proof` writes a finished tree; `minimise` shortens it, `alternatives` reads `first | …` for it;
//!   `prove` and `refute` are the attempt.
//! - `hole` fills one `sorry` of a text that somebody is writing; `negated` refutes a statement there.
//! - `budget` ends it.
//!
//! With one theorem at a time, a seed and budgets in nodes, a run repeats itself exactly.

pub(crate) mod alternatives;
pub mod budget;
mod config;
mod engine;
mod expand;
mod graph;
#[cfg(test)]
mod graph_tests;
pub mod hole;
mod leftover;
mod minimise;
mod proof;
pub mod prove;
mod reasons;
mod records;
mod refute;
pub mod score;
mod statement;
pub mod transposition;

pub use budget::{Budget, BudgetConfig, Cancel, Exhausted};
pub use config::{MinimiseConfig, SearchConfig, StepConfig};
pub use prove::{Attempt, Problem, Resources, prove_one};
pub use transposition::SharedGoals;
