//! Where a model's files are: a directory of the user's, or a bundled checkpoint by its name.

use std::path::{Path, PathBuf};

use crate::exit::Failure;
use crate::local_model;

/// The file of a checkpoint with the prompt template that it was trained with.
pub const TEMPLATE: &str = "template.toml";

/// The directory of a checkpoint; a bundled one is put below the data directory first.
///
/// # Errors
/// There is no such directory, nor a bundled checkpoint of that name; the bundled one cannot be written.
pub fn resolve(name: &str, data_dir: &Path) -> Result<PathBuf, Failure> {
    let dir = PathBuf::from(name);
    if dir.is_dir() {
        Ok(dir)
    } else if name == local_model::NAME {
        local_model::install(data_dir)
    } else {
        Err(Failure::user(format!(
            "there is no checkpoint `{name}`: give a directory with config.json, model.safetensors and tokenizer.json, \
             or the name of a bundled one ({})",
            local_model::NAME
        )))
    }
}
