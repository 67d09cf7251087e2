//! What a conversion starts from: a Llama checkpoint's directory, or a GGUF file.

use std::path::Path;

use crate::error::ModelError;
use crate::layers::mixer;
use crate::model::chat_template::{CHAT_TEMPLATE, TOKENIZER_CONFIG};
use crate::model::load::write;
use crate::model::tokenizer::TOKENIZER;
use crate::model::{Model, Naming};

/// A softmax model with its tokenizer.
#[derive(Debug)]
pub struct Source {
    /// The model, in full precision.
    pub model: Model,
    /// Its `tokenizer.json`.
    pub tokenizer: Vec<u8>,
    /// Files, by name, that say how it writes conversations.
    pub chat: Vec<(&'static str, Vec<u8>)>,
}

impl Source {
    /// Reads a directory with a Llama checkpoint, or a GGUF file.
    ///
    /// # Errors
    /// What [`Model::load`] and [`super::gguf::read`] say, or a model that is no Llama.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        if !path.is_dir() {
            return super::gguf::read(path);
        }
        let model = Model::load(path)?;
        let softmax = |l: &mixer::Config| matches!(l, mixer::Config::Attention(_));
        if model.config().naming != Naming::Llama || !model.config().layers.iter().all(softmax) {
            return Err(ModelError::Request(format!(
                "{} holds no softmax model in Llama's layout",
                path.display()
            )));
        }
        let file = path.join(TOKENIZER);
        let tokenizer = std::fs::read(&file).map_err(ModelError::io(file))?;
        let mut chat = Vec::new();
        for name in [TOKENIZER_CONFIG, CHAT_TEMPLATE] {
            let file = path.join(name);
            if file.exists() {
                chat.push((name, std::fs::read(&file).map_err(ModelError::io(file))?));
            }
        }
        Ok(Self {
            model,
            tokenizer,
            chat,
        })
    }

    /// Writes the checkpoint in safetensors.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, dir: &Path) -> Result<(), ModelError> {
        self.model.save(dir)?;
        self.save_texts(dir)
    }

    /// Writes what turns texts into tokens.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save_texts(&self, dir: &Path) -> Result<(), ModelError> {
        write(&dir.join(TOKENIZER), &self.tokenizer)?;
        for (name, bytes) in &self.chat {
            write(&dir.join(name), bytes)?;
        }
        Ok(())
    }
}
