//! What a model remembers of a text: constant in size for linear mixers and sliding windows.
//!
//! Each layer's part is shared until somebody writes to it: a clone costs one counter a layer, and the first token
//! decoded after it copies what it changes. A search tree can keep a state at every node.

pub mod cache;

use std::sync::Arc;

use crate::layers::LayerState;

/// Identifies weights: states of one model are refused by another.
pub type WeightsId = u64;

/// The state of one sequence.
#[derive(Clone, Debug)]
pub struct State<T = f32> {
    pub(crate) layers: Vec<Arc<LayerState<T>>>,
    pub(crate) position: usize,
    pub(crate) weights: WeightsId,
}

impl<T> State<T> {
    /// Tokens seen.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The weights that made it.
    pub fn weights(&self) -> WeightsId {
        self.weights
    }

    /// Bytes of numbers held, those shared with clones included.
    pub fn bytes(&self) -> usize {
        self.layers.iter().map(|l| l.bytes()).sum()
    }

    /// True when the two share all their memory: neither has been written to since one was cloned from the other.
    pub fn shares_all_with(&self, other: &Self) -> bool {
        self.layers.len() == other.layers.len()
            && self
                .layers
                .iter()
                .zip(&other.layers)
                .all(|(a, b)| Arc::ptr_eq(a, b))
    }
}

impl<T: Clone> State<T> {
    /// Copies what others hold too, as the first token after a clone does.
    pub fn detach(&mut self) {
        for layer in &mut self.layers {
            Arc::make_mut(layer);
        }
    }
}

impl<T: PartialEq> State<T> {
    /// True when both hold the same numbers.
    pub fn same_numbers(&self, other: &Self) -> bool {
        self.position == other.position && self.layers == other.layers
    }
}
