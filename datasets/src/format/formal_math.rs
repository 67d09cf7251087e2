//! FormalMATH: the Lean text is in `autoformalization` (or `formal_statement`), the English in
//! `refined_statement`.

use super::Format;
use super::row::Shape;

/// The fields of a row.
pub const SHAPE: Shape = Shape {
    format: Format::FormalMath,
    name: &["theorem_names"],
    statement: &["autoformalization", "formal_statement"],
    header: &["header"],
    informal: &["refined_statement", "informal_statement"],
};
