//! New theorems from a library's, after Alchemy (arXiv 2410.15748), on expressions.
//!
//! - [`difficulty`]: how a search fares, through a trait.
//! - [`graph`]: premise and import graphs; the order of targets.
//! - [`targets`]: which theorems are mutated and used.
//! - [`verify`]: level 3 for many theorems at once.

pub mod candidate;
pub mod difficulty;
pub mod earlier;
pub mod export;
pub mod graph;
pub mod job;
pub mod library;
pub mod row;
pub mod targets;
pub mod verify;
