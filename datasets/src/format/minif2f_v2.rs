//! miniF2F version 2 (`v2c`, `v2s`): rows may carry proofs, which are not read.

use super::Format;
use super::row::Shape;

/// The fields of a row.
pub const SHAPE: Shape = Shape {
    format: Format::Minif2fV2,
    name: &["name"],
    statement: &["formal_statement"],
    header: &["header"],
    informal: &["informal_statement", "informal_prefix"],
};
