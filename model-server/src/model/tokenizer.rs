//! `tokenizer.json`, through the `tokenizers` crate.

use std::path::Path;

use super::ModelConfig;
use crate::error::ModelError;

/// The file of a checkpoint's directory.
pub const TOKENIZER: &str = "tokenizer.json";

/// From text to tokens and back.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
}

impl Tokenizer {
    /// Reads a checkpoint's tokenizer and checks that the model knows all of its tokens.
    ///
    /// # Errors
    /// The file cannot be read, or has tokens that the model lacks.
    pub fn load(dir: &Path, config: &ModelConfig) -> Result<Self, ModelError> {
        let path = dir.join(TOKENIZER);
        let bytes = std::fs::read(&path).map_err(ModelError::io(path))?;
        Self::from_bytes(&bytes, config)
    }

    /// The same from the file's bytes.
    ///
    /// # Errors
    /// As [`Tokenizer::load`].
    pub fn from_bytes(bytes: &[u8], config: &ModelConfig) -> Result<Self, ModelError> {
        let unreadable = |e: tokenizers::Error| {
            ModelError::Tokenizer(format!("tokenizer.json cannot be read: {e}"))
        };
        let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(unreadable)?;
        // Left over from training, they would cut prompts short without a word, or fill them up.
        inner.with_truncation(None).map_err(unreadable)?;
        inner.with_padding(None);
        let highest = inner.get_vocab(true).into_values().max();
        if let Some(highest) = highest
            && highest as usize >= config.vocab_size
        {
            return Err(ModelError::Tokenizer(format!(
                "it has token {highest}, but the model's vocabulary ends at {}",
                config.vocab_size
            )));
        }
        for token in config.eos_token_ids.iter().chain(&config.bos_token_id) {
            if inner.id_to_token(*token).is_none() {
                return Err(ModelError::Tokenizer(format!(
                    "the config names token {token} as start or end, which it does not have"
                )));
            }
        }
        Ok(Self { inner })
    }

    /// The tokens of a text; special tokens that the tokenizer adds by itself are left out.
    ///
    /// # Errors
    /// What the tokenizer says.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let encoding = self.inner.encode(text, false);
        Ok(encoding
            .map_err(|e| ModelError::Tokenizer(e.to_string()))?
            .get_ids()
            .to_vec())
    }

    /// The text of tokens, special tokens left out.
    ///
    /// # Errors
    /// What the tokenizer says.
    pub fn decode(&self, tokens: &[u32]) -> Result<String, ModelError> {
        self.inner
            .decode(tokens, true)
            .map_err(|e| ModelError::Tokenizer(e.to_string()))
    }

    /// The text of one token, special ones included; bytes that are no whole character become U+FFFD.
    ///
    /// # Errors
    /// What the tokenizer says.
    pub fn decode_one(&self, token: u32) -> Result<String, ModelError> {
        self.inner
            .decode(&[token], false)
            .map_err(|e| ModelError::Tokenizer(e.to_string()))
    }

    /// The number of a token by its text.
    pub fn token(&self, text: &str) -> Option<u32> {
        self.inner.token_to_id(text)
    }
}

/// Text of tokens that come one by one. A character whose bytes are spread over tokens comes with its last one.
#[derive(Clone, Debug, Default)]
pub struct TextStream {
    /// Tokens since a little before the last whole character.
    tokens: Vec<u32>,
    /// How many of them were told.
    told: usize,
}

impl TextStream {
    /// The text that one token more makes certain.
    ///
    /// # Errors
    /// What the tokenizer says.
    pub fn push(&mut self, tokenizer: &Tokenizer, token: u32) -> Result<String, ModelError> {
        self.tokens.push(token);
        let text = self.untold(tokenizer)?;
        if text.is_empty() || text.ends_with(char::REPLACEMENT_CHARACTER) {
            return Ok(String::new());
        }
        // What was told last stays as context: some tokenizers drop a space at the beginning.
        self.tokens.drain(..self.told);
        self.told = self.tokens.len();
        Ok(text)
    }

    /// The rest, whole characters or not.
    ///
    /// # Errors
    /// What the tokenizer says.
    pub fn end(&mut self, tokenizer: &Tokenizer) -> Result<String, ModelError> {
        let text = self.untold(tokenizer)?;
        self.told = self.tokens.len();
        Ok(text)
    }

    fn untold(&self, tokenizer: &Tokenizer) -> Result<String, ModelError> {
        let before = tokenizer.decode(&self.tokens[..self.told])?;
        let all = tokenizer.decode(&self.tokens)?;
        Ok(all.get(before.len()..).unwrap_or_default().to_owned())
    }
}
