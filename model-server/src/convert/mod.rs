//! From softmax to linear attention: sources, the two methods, and the job that runs one from beginning to end.
//!
//! - [`source`]: Llama checkpoints in safetensors or GGUF.
//! - [`linearise`]: a Llama with the mixers of Liger or LoLCATs in place of its softmax layers.
//! - [`job`]: conversion, attention transfer, fine-tuning and the measurements between them, resumable.

pub mod gguf;
mod gguf_tokenizer;
pub mod job;
pub mod linearise;
pub mod source;
