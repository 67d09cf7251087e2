//! CombiBench: the statement may speak of an answer that is to be found.

use super::Format;
use super::row::Shape;

/// The fields of a row.
pub const SHAPE: Shape = Shape {
    format: Format::CombiBench,
    name: &["theorem_name"],
    statement: &["formal_statement"],
    header: &["header"],
    informal: &["natural_language", "informal_statement"],
};
