//! The pass of attention transfer: softmax attention runs the model, and each linear layer is compared with it on the way.

use super::{Batch, Model};
use crate::error::ModelError;
use crate::kernels::vector::add_assign;
use crate::layers::mixer::Mixer;
use crate::layers::params::Params;
use crate::layers::{Ctx, LayerState};
use crate::real::Real;

impl<T: Real> Model<T> {
    /// The mean squared error of the heads' outputs against softmax attention's, averaged over the layers that LoLCATs made;
    /// the gradients of that mean with respect to features and window factors are added to `grads`.
    ///
    /// # Errors
    /// A token outside the vocabulary, or a batch whose parts do not fit together.
    pub fn transfer_and_gradients(
        &self,
        batch: &Batch,
        grads: &mut Params<T>,
    ) -> Result<f64, ModelError> {
        let ctx = Ctx::fill(&self.params);
        let segments = self.check(batch)?;
        let mut x = self.embed(&batch.tokens);
        let linear = |m: &&Mixer| matches!(m, Mixer::Lolcats(_));
        let layers = self.blocks.iter().map(|b| &b.mixer).filter(linear).count();
        let mut loss = 0.0;
        for block in &self.blocks {
            let normed = block.mixer_norm.forward(&ctx, &x);
            let y = if let Mixer::Lolcats(layer) = &block.mixer {
                let numbers = (segments.rows() * layer.inner() * layers).max(1);
                let share = 1.0 / numbers as f64;
                let (y, error) =
                    layer.transfer(&ctx, &normed, &segments, T::from_f64(share), grads);
                loss += error * share;
                y
            } else {
                let mut states: Vec<LayerState<T>> = segments
                    .ranges
                    .iter()
                    .map(|_| block.mixer.new_state())
                    .collect();
                let mut states: Vec<&mut LayerState<T>> = states.iter_mut().collect();
                let mixer = &block.mixer;
                mixer.forward(&ctx, normed, &segments, &mut states, false).0
            };
            add_assign(&mut x, &y);
            let normed = block.mlp_norm.forward(&ctx, &x);
            add_assign(&mut x, &block.mlp.forward(&ctx, normed, false).0);
        }
        Ok(loss)
    }
}
