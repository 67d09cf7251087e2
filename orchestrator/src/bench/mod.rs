//! Measurements behind `docs/benchmarks.md`.
//!
//! Each measurement gives [`Figure`]s: a value, its unit, and the target that the project has set
//! itself, so that a table with ratios and a line of JSON say the same. Wall-clock times are what is
//! measured here, and nowhere in the tests.

mod check_service;
mod figure;
mod lsp;
mod model;
mod mutate;
mod processes;
mod scaling;
mod soak;
mod statements;
mod steps;
mod verify;
mod workload;

pub use check_service::{Load, check_service};
pub use figure::{Figure, Target, percentile};
pub use lsp::{day as lsp_day, lsp};
pub use model::{Given, LlamaCpp, Part, model};
pub use mutate::{Mutation, core_library, mutate};
pub use scaling::scaling;
pub use soak::soak;
pub use statements::{formalize, verbalise};
pub use steps::{first_tactic, overhead};
pub use verify::verify;
