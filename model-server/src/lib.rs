//! Linear-attention language models: inference, state snapshots and training.
//!
//! - [`kernels`]: recurrences, softmax attention, matrix products; recurrent and chunkwise, forward and backward.
//! - [`layers`]: one file a layer; sizes and tensor indices, no numbers.
//! - [`model`]: configuration, checkpoints, and passes over all layers.
//! - [`engine`]: sampling, beams, batches of running samples.
//! - [`server`]: OpenAI's completions over HTTP.
//! - [`state`]: what a model remembers of a text, cheap to fork; a cache of such states.
//! - [`train`]: optimiser, data, checkpoints to resume from.
//! - [`convert`]: softmax models made linear; GGUF files read.
//! - [`error`]: what can be wrong.
//!
//! The crate knows nothing of Lean, reads no environment and no file that its caller does not name, and prints nothing.

pub mod convert;
pub mod engine;
pub mod error;
pub mod kernels;
pub mod layers;
pub mod model;
pub mod real;
pub mod server;
pub mod state;
pub mod train;

pub use error::ModelError;
pub use model::{Model, ModelConfig};
pub use state::State;
