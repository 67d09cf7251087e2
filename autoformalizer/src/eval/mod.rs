//! How good formalizations are, against reference statements.
//!
//! A [`Pair`] is an informal statement with its reference in Lean. Candidates for it come from a model or
//! from a file; each is judged by the gates and compared with the reference, in Lean. [`scores`] turns the
//! counts into pass@k and equivalence@k.
//!
//! Each pair can be asked in other forms as well, after MathCheck (arXiv 2407.08733): read out by the
//! verbaliser, with other variables, with its hypotheses in another order, with a condition that has no
//! bearing, with its relations turned round. Lean has proved every form equivalent to the original, so that
//! a formalizer that understands the text does as well on one as on the other; the spread says how far it
//! does not.

pub mod given;
pub mod job;
pub mod scores;

use lakatos_datasets::Problem;
use lakatos_lean_bridge::EnvironmentSpec;
use serde::{Deserialize, Serialize};

pub use given::Given;
pub use job::{CANDIDATES, CASES, CaseRow, Evaluate};
pub use scores::{Scores, score};

/// The form in which the source has the text.
pub const ORIGINAL: &str = "original";
/// The reference, read out.
pub const LITERAL: &str = "literal";
/// All forms, in the order in which they are told; after the first two, those of the worker's `restate`.
pub const VARIANTS: [&str; 6] = [
    ORIGINAL,
    LITERAL,
    "renamed",
    "reordered",
    "irrelevant",
    "turned",
];

/// An informal statement and its reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Unique within the input.
    pub id: String,
    /// In words; empty where the source has none, so that only read-out forms can be asked.
    pub informal: String,
    /// In Lean, without `:=`.
    pub formal: String,
    /// What it stands in.
    pub env: EnvironmentSpec,
}

impl From<Problem> for Pair {
    fn from(problem: Problem) -> Self {
        Self {
            id: problem.name,
            informal: problem.informal.unwrap_or_default(),
            formal: problem.statement,
            env: EnvironmentSpec {
                imports: problem.environment.imports,
                text: problem.environment.text,
            },
        }
    }
}
