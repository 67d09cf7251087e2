//! The part of a layer that mixes tokens: one of the kinds, behind one interface.

use super::params::{Declare, Params};
use super::{Ctx, LayerState, Segments};
use super::{attention, delta_rule, gla, liger, lightning, lolcats, mom};
use crate::real::Real;

/// What a mixer needs to know of its model.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Width of the model.
    pub width: usize,
    /// Layers of the model.
    pub depth: usize,
    /// ε of its norms.
    pub eps: f64,
}

macro_rules! mixers {
    ($($(#[$doc:meta])* $kind:ident($module:ident::$layer:ident)),+ $(,)?) => {
        /// A mixer's kind and sizes.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Config {
            $($(#[$doc])* $kind($module::Config)),+
        }

        /// A mixer.
        #[derive(Clone, Debug)]
        pub enum Mixer {
            $($(#[$doc])* $kind($module::$layer)),+
        }

        /// What the backward pass of a mixer needs.
        #[derive(Debug)]
        pub enum Saved<T> {
            $($(#[$doc])* $kind($module::Saved<T>)),+
        }

        impl Mixer {
            /// The state before the first token.
            pub fn new_state<T: Real>(&self) -> LayerState<T> {
                match self {
                    $(Mixer::$kind(layer) => layer.new_state()),+
                }
            }

            /// x `[rows, width]` → the same shape; advances the states, one for each sequence.
            pub fn forward<T: Real>(
                &self,
                ctx: &Ctx<'_, T>,
                x: Vec<T>,
                segments: &Segments,
                states: &mut [&mut LayerState<T>],
                save: bool,
            ) -> (Vec<T>, Option<Saved<T>>) {
                match self {
                    $(Mixer::$kind(layer) => {
                        let (y, saved) = layer.forward(ctx, x, segments, states, save);
                        (y, saved.map(Saved::$kind))
                    }),+
                }
            }

            /// The gradient of x; those of the weights are added to `grads`. What was saved must be this mixer's.
            pub fn backward<T: Real>(
                &self,
                ctx: &Ctx<'_, T>,
                saved: Saved<T>,
                segments: &Segments,
                d_y: &[T],
                grads: &mut Params<T>,
            ) -> Vec<T> {
                match (self, saved) {
                    $((Mixer::$kind(layer), Saved::$kind(saved)) => {
                        layer.backward(ctx, saved, segments, d_y, grads)
                    }),+
                    _ => vec![T::ZERO; d_y.len()],
                }
            }
        }
    };
}

mixers! {
    /// Gated linear attention.
    Gla(gla::Gla),
    /// The delta rule, with or without decays.
    DeltaRule(delta_rule::DeltaRule),
    /// Constant decays.
    Lightning(lightning::Lightning),
    /// A mixture of memories.
    Mom(mom::Mom),
    /// Softmax attention.
    Attention(attention::Attention),
    /// A softmax layer as Liger linearises it.
    Liger(liger::Liger),
    /// A softmax layer as LoLCATs linearises it.
    Lolcats(lolcats::Lolcats),
}

impl Mixer {
    /// Declares the tensors of layer `index` under `name`.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        config: &Config,
        sizes: Sizes,
        index: usize,
    ) -> Self {
        match config {
            Config::Gla(c) => Self::Gla(gla::Gla::new(declare, name, c, sizes)),
            Config::DeltaRule(c) => {
                Self::DeltaRule(delta_rule::DeltaRule::new(declare, name, c, sizes))
            }
            Config::Lightning(c) => {
                Self::Lightning(lightning::Lightning::new(declare, name, c, sizes, index))
            }
            Config::Mom(c) => Self::Mom(mom::Mom::new(declare, name, c, sizes)),
            Config::Attention(c) => {
                Self::Attention(attention::Attention::new(declare, name, c, sizes))
            }
            Config::Liger(c) => Self::Liger(liger::Liger::new(declare, name, c, sizes)),
            Config::Lolcats(c) => Self::Lolcats(lolcats::Lolcats::new(declare, name, c, sizes)),
        }
    }
}
