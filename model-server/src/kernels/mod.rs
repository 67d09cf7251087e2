//! Kernels: what a layer does to one head of one sequence, and matrix products.
//!
//! One file a recurrence: [`gla`], [`gated_delta_net`] (the plain delta rule where it has no decays), [`lightning`]; each has a
//! recurrent form and a chunkwise one, with the backward pass of both. [`recurrence`] is their frame: a new one says what its
//! gates are, what a token does, and what a chunk's terms and their gradients are. [`softmax_attention`] is for hybrids and Llama.
//! [`lasp2`] splits a long stretch over threads. [`matmul`] wraps `gemm`; [`rows`] is its batch-invariant counterpart for
//! decoding; [`heads`] changes layouts; [`vector`] has loops.
//! The mixture of memories has no recurrence of its own: its memories run the gated delta rule.
//!
//! Kernels panic on slices of wrong length, which is an error in a layer; layers check what comes from outside.

pub mod gated_delta_net;
pub mod gla;
pub mod heads;
pub mod int8;
pub mod lasp2;
pub mod lightning;
pub mod matmul;
pub mod recurrence;
pub mod rows;
pub mod softmax_attention;
pub mod vector;

use crate::real::Real;

/// Tokens of a chunk where nothing else is asked for.
pub const CHUNK: usize = 64;

/// Sequences up to this length run in the recurrent form when no gradient is wanted.
pub const RECURRENT_UP_TO: usize = 8;

/// The sizes that every recurrence needs.
#[derive(Clone, Copy, Debug)]
pub struct Shape<T> {
    /// Key channels K of a head.
    pub key: usize,
    /// Value channels V of a head.
    pub value: usize,
    /// Tokens C of a chunk.
    pub chunk: usize,
    /// Factor s of the queries.
    pub scale: T,
}

impl<T: Real> Shape<T> {
    /// Heads of these sizes, with s = K^-½ and chunks of [`CHUNK`].
    pub fn new(key: usize, value: usize) -> Self {
        Self {
            key,
            value,
            chunk: CHUNK,
            scale: T::ONE / T::from_f64(key as f64).sqrt(),
        }
    }
}
