//! `lakatos lsp`: proofs in an editor. docs/lsp.md is the contract.
//!
//! One task reads messages in order and answers what it can from what is known; what needs Lean runs in tasks of its own, which
//! the editor can cancel. Every request gets one answer, whatever becomes of its task.
//!
//! - `transport` reads and writes messages; `client` is the editor, `documents` what it has open, `settings` what it wants.
//! - `lean` starts workers, a pool for each project; `watch` has Lean read a document as it changes; `hints` looks at its holes.
//! - `syntax` sees holes without Lean; `target` says what a place is about; `job` is a command at work.
//! - `requests` and `commands` have one file for each.

mod client;
mod commands;
mod documents;
mod hints;
mod job;
pub mod lean;
pub mod position;
mod requests;
mod server;
pub mod settings;
pub mod syntax;
mod target;
pub mod transport;
mod watch;

pub use server::{Ending, serve};
