//! Statements that use two ideas.
//!
//! Two makers choose what comes together. One joins pairs of skills (after MATH², arXiv 2407.21009): two
//! concepts of the library, drawn at random. The other walks a graph of concepts (after MathScale, arXiv
//! 2403.02884): two that stand together in a theorem are neighbours, and where a short walk begins and ends
//! are the two. For each a theorem that speaks of it is taken, and the worker's `compose` makes new theorems
//! of the two, with proofs; where a model is there, it is asked for a statement as well. All of it goes through
//! the gates of [`crate::gates`]; proofs count at level 3, and a model's statement is searched, with its
//! negation.

pub mod graph;
pub mod job;
mod prompt;

pub use graph::{Concepts, Pairing};
pub use job::{Compose, NEGATIVES, PROBLEMS};
pub use prompt::fingerprint;
