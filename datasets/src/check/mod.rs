//! What can be said of somebody else's dataset without Lean.
//!
//! - [`card`]: whether the card tells the truth about the files.
//! - [`rows`]: rows by their number, read in order with little memory.

pub mod card;
pub mod rows;
