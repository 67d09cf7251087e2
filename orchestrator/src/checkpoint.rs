//! Where a model's files are: a directory of the user's, or a bundled checkpoint by its name; and how it is served.

use std::path::{Path, PathBuf};

use lakatos_model_server::server::{GenerateFormat, Options};

use crate::exit::Failure;
use crate::local_model;
use crate::policy::templates::Template;

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

/// How a checkpoint is served: by its directory's name where no other is given, and with the prompt template that it was
/// trained with, where it has one.
///
/// # Errors
/// The directory cannot be found, or its template cannot be read.
pub fn options(dir: &Path, name: Option<String>) -> Result<Options, Failure> {
    let name = match name {
        Some(name) => name,
        None => own_name(dir)?,
    };
    let mut options = Options::new(name);
    let path = dir.join(TEMPLATE);
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Ok(options);
    };
    let template = Template::parse(&path.to_string_lossy(), &text)
        .map_err(|e| Failure::config(e.to_string()))?;
    if let Some((before, after)) = template.around_state() {
        options.generate = GenerateFormat {
            before,
            after,
            stop: template.stop,
        };
    }
    options.template = Some(text);
    Ok(options)
}

fn own_name(dir: &Path) -> Result<String, Failure> {
    let name = |dir: &Path| dir.file_name().map(|n| n.to_string_lossy().into_owned());
    if let Some(name) = name(dir) {
        return Ok(name);
    }
    // `.` and `..` have no name of their own.
    let place = dir
        .canonicalize()
        .map_err(|e| Failure::environment(format!("{} cannot be found: {e}", dir.display())))?;
    Ok(name(&place).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_served_by_its_directorys_name_and_with_its_template() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("mine");
        std::fs::create_dir(&place).unwrap();
        let plain = options(&place, None).unwrap();
        assert_eq!((plain.model.as_str(), plain.template), ("mine", None));
        assert_eq!(options(&place, Some("a".into())).unwrap().model, "a");
        assert_eq!(
            options(&place.join("../mine/."), None).unwrap().model,
            "mine"
        );
        std::fs::write(place.join(TEMPLATE), "no template").unwrap();
        assert!(options(&place, None).is_err());
    }
}
