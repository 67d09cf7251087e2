//! The Lean bridge: finds or installs Lean, starts workers, speaks the protocol, pools them, and
//! gives verdicts.
//!
//! - [`embedded`]: Lean compiled to WebAssembly, installed into the data directory and prepared.
//! - [`launch`]: the ways of starting a worker (embedded, a Lake project's Lean, a given Lean).
//! - [`protocol`]: the shapes of `docs/protocol.md`.
//! - [`pool`]: workers, sessions (one theorem's proof states), verification.
//! - [`verdict`]: what may be said of a proof; [`text`]: of a finished text, which states what it proves.
//! - [`mod@verbalise`]: statements in English; [`assess`]: what is to be thought of proposed ones;
//!   [`mutate`]: new ones from old ones; [`trace`]: proofs, tactic by tactic; [`outline`]: what a file that is
//!   being written consists of.
//! - [`checker`]: independent kernels, which are programs of the user's.
//!
//! This crate alone starts Lean. It opens no database, draws nothing, and reads neither the
//! environment nor the home directory: paths come from the caller.

pub mod assess;
pub mod checker;
pub mod embedded;
pub mod error;
mod files;
pub mod isolate;
pub mod launch;
pub mod machine;
pub mod mutate;
pub mod outline;
pub mod pool;
pub mod progress;
pub mod protocol;
#[doc(hidden)]
pub mod testing;
pub mod text;
pub mod trace;
pub mod verbalise;
pub mod verdict;
mod worker;

use serde::{Deserialize, Serialize};

pub use error::BridgeError;

/// What a theorem stands in: imports, and the text that follows them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct EnvironmentSpec {
    /// Modules, as in the header (`Mathlib`, `Init`, …). Empty: the default of the launcher.
    pub imports: Vec<String>,
    /// `open`, `set_option`, `variable`, earlier definitions: elaborated on top of the imports.
    pub text: String,
}
