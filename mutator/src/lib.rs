//! New theorems from a library's, after Alchemy (arXiv 2410.15748), on expressions.
//!
//! - [`candidate`]: what Lean gives for a target. [`job`]: gates, level 3, rows; [`row`] and [`schema`]: the tables.
//! - [`library`], [`graph`], [`targets`]: the library's theorems, their order, which are mutated and used.
//! - [`verify`]: level 3 for many theorems at once, [`together`] for those of many targets. [`difficulty`]: how a search fares, through a trait.
//! - [`earlier`]: what earlier runs have made. [`export`]: schemas that people already load.
//!
//! This crate asks Lean through [`job::Source`] and the pool; what is proved, it takes from verdicts alone.

pub mod candidate;
pub mod difficulty;
pub mod earlier;
pub mod export;
pub mod graph;
pub mod job;
pub mod lean;
pub mod library;
pub mod row;
pub mod schema;
pub mod targets;
pub mod together;
pub mod verify;
