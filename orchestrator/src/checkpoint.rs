//! Where a model's files are: a directory of the user's, or a bundled checkpoint by its name.

use std::path::PathBuf;

/// The file of a checkpoint with the prompt template that it was trained with.
pub const TEMPLATE: &str = "template.toml";

/// Names of the bundled checkpoints.
pub const BUNDLED: &[&str] = &[];

/// Neither a directory nor a bundled checkpoint.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no checkpoint `{name}`: give a directory with config.json, model.safetensors and tokenizer.json, or the name of a bundled one ({})",
    names()
)]
pub struct UnknownCheckpoint {
    /// As asked for.
    pub name: String,
}

fn names() -> String {
    if BUNDLED.is_empty() {
        "there is none yet".into()
    } else {
        BUNDLED.join(", ")
    }
}

/// The directory of a checkpoint.
///
/// # Errors
/// There is no such directory, nor a bundled checkpoint of that name.
pub fn resolve(name: &str) -> Result<PathBuf, UnknownCheckpoint> {
    let dir = PathBuf::from(name);
    let unknown = || UnknownCheckpoint { name: name.into() };
    dir.is_dir().then_some(dir).ok_or_else(unknown)
}
