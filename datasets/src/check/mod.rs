//! What can be said of somebody else's dataset without Lean.
//!
//! - [`card`]: whether the card tells the truth about the files.
//! - `checksums`, `license`: two things that it may claim, each in a file.
//! - [`rows`]: rows by their number, read in order with little memory.

pub mod card;
mod checksums;
mod license;
pub mod rows;
