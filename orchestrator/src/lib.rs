//! Search, scheduling, run store and command line of Lakatos.
//!
//! - [`cli`]: one file per command; the only place that reads the environment and the home
//!   directory, and that decides what people see.
//! - [`checkpoint`]: where models' files are.
//! - [`config`]: the effective configuration (defaults, files, flags).
//! - [`data_job`]: what the commands that make datasets share.
//! - [`decide`]: statements decided by search, for the autoformalizer.
//! - [`difficulty`]: the search's answer to the mutator's question.
//! - [`scheduler`]: many theorems in flight, from the store's waiting problems to final results.
//! - [`search`]: best-first search for one theorem; [`policy`] proposes its tactics.
//! - [`record`]: what an attempt leaves behind; [`store`] keeps it, [`report`] draws it.
//! - [`events`] and [`progress`]: what a long job says while it runs.
//! - [`serve`]: HTTP services; [`local_model`]: the bundled model, served to the search itself.
//! - [`pairs`]: what to learn from proofs; [`train`]: models from it.
//! - [`together`]: several finished proofs judged as one text.
//! - [`bench`]: measurements behind `docs/benchmarks.md`.
//! - [`exit`]: kinds of failure and their exit codes.

pub mod bench;
pub mod checkpoint;
pub mod cli;
pub mod config;
pub mod data_job;
pub mod decide;
pub mod difficulty;
pub mod events;
pub mod exit;
pub mod local_model;
pub mod lsp;
pub mod pairs;
pub mod policy;
pub mod progress;
pub mod record;
pub mod records;
pub mod report;
pub mod scheduler;
pub mod search;
pub mod serve;
pub mod store;
pub mod together;
pub mod train;
