//! What can be wrong with a model, its files or a request.

use std::path::PathBuf;

/// Why a model could not be read, built, saved or run. Each message says what to do where that is known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// `config.json` is no JSON object, or a field has the wrong type.
    #[error("the model's config: {0}")]
    Config(String),
    /// A model type that is not known.
    #[error(
        "unknown model type `{0}`: known are gla, delta_net, gated_deltanet, lightning, mom, llama, liger_gla and lolcats_llama"
    )]
    UnknownLayer(String),
    /// A setting whose meaning is known but which this server does not compute.
    #[error("`{name}` = {value} in the model's config is not supported: {instead}")]
    Unsupported {
        /// Field of the configuration.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is supported.
        instead: &'static str,
    },
    /// The checkpoint lacks a tensor.
    #[error("the checkpoint has no tensor `{name}`: is the config of another model?")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor's shape is not what the configuration says.
    #[error("tensor `{name}` has shape {found:?}, the config asks for {expected:?}")]
    WrongShape {
        /// Its name.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape by the configuration.
        expected: Vec<usize>,
    },
    /// A tensor's numbers are of a type that cannot be read.
    #[error("tensor `{name}` has numbers of type {dtype}: F32, F16, BF16 and F64 can be read")]
    WrongType {
        /// Its name.
        name: String,
        /// The type.
        dtype: String,
    },
    /// A weight is NaN or infinite.
    #[error("tensor `{name}` has a NaN or an infinite number at element {at}")]
    NotFinite {
        /// Its name.
        name: String,
        /// First such element.
        at: usize,
    },
    /// A checkpoint file is damaged.
    #[error("{path}: not a readable safetensors file: {message}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What the reader said.
        message: String,
    },
    /// The tokenizer cannot be read, or knows tokens that the model does not.
    #[error("the tokenizer does not fit the model: {0}")]
    Tokenizer(String),
    /// The checkpoint's template of conversations is broken, or refuses one.
    #[error("the checkpoint's chat template: {0}")]
    ChatTemplate(String),
    /// A token outside the vocabulary.
    #[error("token {token} is outside the vocabulary of {vocab_size}")]
    TokenOutside {
        /// The token.
        token: u32,
        /// Tokens known to the model.
        vocab_size: usize,
    },
    /// A state of another model.
    #[error("this state was made by other weights")]
    ForeignState,
    /// A state that is not held, or not any more.
    #[error(
        "there is no state `{0}`: it was never made here, or room was made for newer ones; send the whole prompt"
    )]
    UnknownState(String),
    /// A request whose states would take more memory than there is.
    #[error(
        "the request needs {needed} bytes for its states and {available} are there: ask for fewer samples or a shorter text"
    )]
    NoMemory {
        /// Bytes that all its samples would hold.
        needed: usize,
        /// Bytes for running samples in all.
        available: usize,
    },
    /// Numbers that are not finite came out of finite weights.
    #[error(
        "the model computed numbers that are not finite for this text: its weights are damaged, or too large for f32"
    )]
    Overflow,
    /// A defect of the server.
    #[error("{0}; this is a defect, please report it")]
    Internal(&'static str),
    /// A request that makes no sense.
    #[error("{0}")]
    Request(String),
    /// Training data or settings that cannot be used.
    #[error("training: {0}")]
    Training(String),
}

impl ModelError {
    /// An input or output error with its path.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
