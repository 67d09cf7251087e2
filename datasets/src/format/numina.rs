//! NuminaMath-LEAN: the statement holds the whole file, imports and all; the theorem names the problem,
//! since the `uuid` says nothing to people.

use super::Format;
use super::row::Shape;

/// The fields of a row.
pub const SHAPE: Shape = Shape {
    format: Format::Numina,
    name: &[],
    statement: &["formal_statement"],
    header: &["header"],
    informal: &["problem"],
};
