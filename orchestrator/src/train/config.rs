//! The configuration file of `lakatos train` (docs/training.md). Paths are relative to the file.

use std::path::{Path, PathBuf};

use lakatos_model_server::ModelConfig;
use lakatos_model_server::train::TrainConfig;
use serde::{Deserialize, Serialize};

use crate::exit::Failure;

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainFile {
    /// The model's `tokenizer.json`.
    pub tokenizer: PathBuf,
    /// Fields of the model's `config.json` (docs/model.md).
    pub model: toml::Table,
    /// Pairs.
    pub data: Data,
    /// Settings of the optimiser.
    pub train: TrainConfig,
    /// What is written, and how often.
    pub output: Output,
}

/// Where pairs are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Files of pairs that are learnt.
    pub train: Vec<PathBuf>,
    /// Files of pairs that are only measured.
    #[serde(default)]
    pub validation: Vec<PathBuf>,
    /// Share of the prompts of `train` that is measured and not learnt.
    #[serde(default)]
    pub validation_share: f64,
    /// Pairs of more tokens are left out.
    #[serde(default = "default_max_tokens")]
    pub max_tokens: usize,
}

/// What is written, and how often, in steps; 0: never before the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// The checkpoint's directory.
    pub directory: PathBuf,
    /// Steps between checkpoints.
    #[serde(default = "default_checkpoint_every")]
    pub checkpoint_every: u64,
    /// Steps between validations.
    #[serde(default = "default_validate_every")]
    pub validate_every: u64,
    /// Steps between reports.
    #[serde(default = "default_log_every")]
    pub log_every: u64,
}

fn default_max_tokens() -> usize {
    1024
}

fn default_checkpoint_every() -> u64 {
    500
}

fn default_validate_every() -> u64 {
    500
}

fn default_log_every() -> u64 {
    20
}

impl TrainFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown or missing key (with its line), a value out of range.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Failure::config(format!("{} cannot be read: {e}", path.display())))?;
        let mut file: Self =
            toml::from_str(&text).map_err(|e| crate::config::located(path, &text, &e))?;
        let base = path.parent().unwrap_or(Path::new(""));
        let paths = file.data.train.iter_mut().chain(&mut file.data.validation);
        for p in paths.chain([&mut file.tokenizer, &mut file.output.directory]) {
            *p = base.join(&*p);
        }
        file.check(path)?;
        Ok(file)
    }

    fn check(&self, path: &Path) -> Result<(), Failure> {
        let bad = |key: &str, message: &str| {
            Err(Failure::config(format!(
                "{}: `{key}` {message}",
                path.display()
            )))
        };
        if self.data.train.is_empty() {
            return bad("data.train", "names no file");
        }
        if !(0.0..=0.5).contains(&self.data.validation_share) {
            return bad("data.validation_share", "must be from 0 to 0.5");
        }
        if self.data.max_tokens < 2 {
            return bad(
                "data.max_tokens",
                "must be at least 2: a prompt and a completion",
            );
        }
        self.train
            .check()
            .map_err(|e| Failure::config(format!("{}: {e}", path.display())))?;
        self.model_config()
            .map_err(|e| Failure::config(format!("{}: {}", path.display(), e.message)))?;
        Ok(())
    }

    /// The model's sizes.
    ///
    /// # Errors
    /// A field that is missing, wrong or not supported.
    pub fn model_config(&self) -> Result<ModelConfig, Failure> {
        let value =
            serde_json::to_value(&self.model).map_err(|e| Failure::config(e.to_string()))?;
        ModelConfig::from_json(value).map_err(|e| Failure::config(e.to_string()))
    }

    /// Forgets the checkpoints of an earlier run.
    ///
    /// # Errors
    /// They cannot be removed.
    pub fn forget(&self) -> Result<(), Failure> {
        super::folder::Folder::new(&self.output.directory).clear()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "tokenizer = \"t.json\"\n[model]\nmodel_type = \"gla\"\nhidden_size = 32\nnum_hidden_layers = 1\nvocab_size = 300\n[data]\ntrain = [\"a.jsonl\"]\n[train]\nsteps = 10\nbatch_size = 2\nlearning_rate = 1e-3\nfinal_rate = 0.1\nwarmup_steps = 1\nweight_decay = 0.1\nclip_norm = 1.0\nseed = 1\n[output]\ndirectory = \"out\"\n";

    fn read(text: &str) -> Result<TrainFile, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.toml");
        std::fs::write(&path, text).unwrap();
        TrainFile::read(&path).map_err(|e| e.message.replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let file = read(GOOD).unwrap();
        assert!(file.output.directory.is_absolute() && file.output.directory.ends_with("out"));
        assert!(file.data.train[0].is_absolute());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (from, to, expect) in [
            (
                "steps = 10",
                "stepz = 10",
                "FILE:10: there is no key `stepz` here",
            ),
            ("seed = 1\n", "", "FILE:9: missing field `seed`"),
            ("[\"a.jsonl\"]", "[]", "FILE: `data.train` names no file"),
            (
                "batch_size = 2",
                "batch_size = 0",
                "FILE: training: batch_size and steps must be at least 1",
            ),
            ("\"gla\"", "\"rnn\"", "FILE: unknown model type `rnn`"),
            (
                "hidden_size = 32\n",
                "",
                "FILE: the model's config: `hidden_size` is missing",
            ),
        ] {
            let message = read(&GOOD.replace(from, to)).unwrap_err();
            assert!(message.starts_with(expect), "{message}");
        }
    }
}
