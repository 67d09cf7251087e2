//! DeepSeek-Prover's miniF2F and ProofNet: the statement ends in `:= by` or `:=`, the header and the
//! English stand beside it.

use super::Format;
use super::row::Shape;

/// The fields of a row.
pub const SHAPE: Shape = Shape {
    format: Format::DeepSeek,
    name: &["name", "problem_id", "id"],
    statement: &["formal_statement", "lean4_code"],
    header: &["header"],
    informal: &[
        "informal_prefix",
        "informal_statement",
        "informal_stmt",
        "nl_statement",
    ],
};
