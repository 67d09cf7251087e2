//! Statements between English and Lean, both ways.
//!
//! - [`gates`]: what a proposed statement must pass, one file a gate; every verdict is kept.
//! - [`compose`]: statements that use two ideas of the library.
//! - [`eval`]: pass@k and equivalence@k against reference statements.
//! - [`formalise`]: from an informal problem to statements: candidates from a model, gates, classes of
//!   statements that are proved equivalent.
//! - [`informalise`]: from library theorems to English, by the verbaliser or by a model.
//! - [`section`]: a section of a textbook into one Lean file.
//! - [`model`]: any OpenAI-compatible chat endpoint.
//!
//! After Herald (arXiv 2410.10878) and DeepSeek-Prover (arXiv 2405.14333). Lean is asked through
//! `lean-bridge`'s pool; whether a statement is proved or refuted is asked through [`formalise::Decider`],
//! which the orchestrator implements. This crate opens no database and writes to no terminal.

pub mod compose;
pub mod eval;
pub mod formalise;
pub mod gates;
pub mod informalise;
pub mod model;
pub mod schema;
pub mod section;
mod text;
