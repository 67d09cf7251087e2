//! Problems: record types and readers for every benchmark format.
//!
//! - [`problem`]: what a reader gives.
//! - [`format`](mod@format): one file per format, and the detection of formats by content.
//! - [`sources`]: from a path, a benchmark's name or a statement to problems and solutions.
//! - [`bundled`]: the benchmark that comes with Lakatos.
//! - [`generate`]: problems made from a seed, for training.
//! - [`guard`]: what is in a benchmark, or too near to it.
//! - [`exchange`]: schemas that people already load, to and from ours.
//! - [`check`]: what can be said of others' datasets without Lean.
//! - [`table`]: rows of a file, whatever they mean.
//! - [`write`]: Parquet and JSONL with a card.
//! - [`job`]: the frame of jobs that make datasets.
//! - [`lean`]: Lean text, read without Lean.
//! - [`normalise`]: old syntax made new.
//! - [`error`]: what can be wrong with a source or with one of its rows.
//! - [`filter`]: split, pattern, limit.
//!
//! This crate knows nothing of Lean processes, and reads no file that its caller does not name.

pub mod bundled;
pub mod check;
pub mod error;
pub mod exchange;
pub mod filter;
pub mod format;
pub mod generate;
pub mod guard;
pub mod job;
pub mod lean;
pub mod normalise;
pub mod problem;
pub mod sources;
pub mod table;
pub mod write;

pub use error::{FaultKind, ReadError, ReadReport, RowFault, SolutionReport};
pub use filter::Filter;
pub use format::{Format, ReadOptions};
pub use guard::{Guard, Overlap};
pub use problem::{Environment, Origin, Problem, Solution};
pub use sources::{read_solutions, read_source, read_sources, read_statement};
