//! The pass that training makes: forward over a batch of sequences with everything saved, cross-entropy at the marked
//! positions, and back.

use super::{Model, in_pool};
use crate::error::ModelError;
use crate::kernels::vector::{add_assign, largest, simd, total};
use crate::layers::params::Params;
use crate::layers::{Ctx, LayerState, Segments, mixer, mlp};
use crate::real::Real;

/// Sequences to train on, one after another without padding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Tokens of all sequences.
    pub tokens: Vec<u32>,
    /// Tokens of each sequence.
    pub lengths: Vec<usize>,
    /// Positions in `tokens` that are predicted from what precedes them in their sequence: never a sequence's first.
    pub targets: Vec<usize>,
}

/// What a batch's targets cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossSum {
    /// Σ -ln p(target).
    pub nats: f64,
    /// Targets.
    pub targets: usize,
    /// Targets that had the largest logit.
    pub correct: usize,
}

impl LossSum {
    /// Nats a target.
    pub fn mean(&self) -> f64 {
        if self.targets == 0 {
            0.0
        } else {
            self.nats / self.targets as f64
        }
    }
}

/// What one layer saved.
struct Tape<T> {
    mixer_in: Vec<T>,
    mixer: Option<mixer::Saved<T>>,
    mlp_in: Vec<T>,
    mlp: Option<mlp::Saved<T>>,
}

impl<T: Real> Model<T> {
    /// The loss of a batch, without gradients.
    ///
    /// # Errors
    /// A token outside the vocabulary, or a batch whose parts do not fit together.
    pub fn loss(&self, batch: &Batch) -> Result<LossSum, ModelError> {
        let segments = self.check(batch)?;
        Ok(in_pool(|| {
            let ctx = Ctx::fill(&self.params);
            let (hidden, _) = self.forward(&ctx, batch, &segments, false);
            let (_, rows) = self.target_rows(batch, &hidden);
            let normed = self.norm.forward(&ctx, &rows);
            let mut logits = self.head.forward(&ctx, &normed);
            cross_entropy(&mut logits, batch, self.config.vocab_size, T::ZERO)
        }))
    }

    /// The loss of a batch; the gradients of the mean over its targets are added to `grads`.
    ///
    /// # Errors
    /// As [`Model::loss`].
    pub fn loss_and_gradients(
        &self,
        batch: &Batch,
        grads: &mut Params<T>,
    ) -> Result<LossSum, ModelError> {
        let segments = self.check(batch)?;
        if batch.targets.is_empty() {
            return Ok(LossSum::default());
        }
        Ok(in_pool(|| self.forward_and_back(batch, &segments, grads)))
    }

    fn forward_and_back(
        &self,
        batch: &Batch,
        segments: &Segments,
        grads: &mut Params<T>,
    ) -> LossSum {
        let ctx = Ctx::fill(&self.params);
        let width = self.config.hidden_size;
        let (hidden, tapes) = self.forward(&ctx, batch, segments, true);
        let (sources, rows) = self.target_rows(batch, &hidden);
        let normed = self.norm.forward(&ctx, &rows);
        let mut d_logits = self.head.forward(&ctx, &normed);
        let share = T::ONE / T::from_f64(batch.targets.len() as f64);
        let loss = cross_entropy(&mut d_logits, batch, self.config.vocab_size, share);
        let mut d_normed = vec![T::ZERO; normed.len()];
        self.head
            .backward(&ctx, &normed, &d_logits, grads, &mut d_normed);
        drop(d_logits);
        let d_rows = self.norm.backward(&ctx, &rows, &d_normed, grads);
        let mut d_x = vec![T::ZERO; hidden.len()];
        drop(hidden);
        for (row, d) in sources.iter().zip(d_rows.chunks_exact(width)) {
            add_assign(&mut d_x[row * width..][..width], d);
        }
        for (block, tape) in self.blocks.iter().zip(tapes).rev() {
            if let Some(saved) = tape.mlp {
                let d = block.mlp.backward(&ctx, saved, &d_x, grads);
                let d = block.mlp_norm.backward(&ctx, &tape.mlp_in, &d, grads);
                add_assign(&mut d_x, &d);
            }
            if let Some(saved) = tape.mixer {
                let d = block.mixer.backward(&ctx, saved, segments, &d_x, grads);
                let d = block.mixer_norm.backward(&ctx, &tape.mixer_in, &d, grads);
                add_assign(&mut d_x, &d);
            }
        }
        if !grads.wants(self.embeddings) {
            return loss;
        }
        let table = grads.get_mut(self.embeddings);
        for (token, d) in batch.tokens.iter().zip(d_x.chunks_exact(width)) {
            add_assign(&mut table[*token as usize * width..][..width], d);
        }
        loss
    }

    pub(super) fn check(&self, batch: &Batch) -> Result<Segments, ModelError> {
        self.check_tokens(&batch.tokens)?;
        let segments = Segments::new(batch.lengths.iter().map(|n| (*n, 0)));
        let known = |target: &usize| {
            *target < batch.tokens.len() && !segments.ranges.iter().any(|r| r.start == *target)
        };
        if segments.rows() != batch.tokens.len() || !batch.targets.iter().all(known) {
            return Err(ModelError::Training(
                "the parts of a batch do not fit together".into(),
            ));
        }
        Ok(segments)
    }

    fn forward(
        &self,
        ctx: &Ctx<'_, T>,
        batch: &Batch,
        segments: &Segments,
        save: bool,
    ) -> (Vec<T>, Vec<Tape<T>>) {
        let mut x = self.embed(&batch.tokens);
        let mut tapes = Vec::new();
        for block in &self.blocks {
            let mut states: Vec<LayerState<T>> = segments
                .ranges
                .iter()
                .map(|_| block.mixer.new_state())
                .collect();
            let mut states: Vec<&mut LayerState<T>> = states.iter_mut().collect();
            let normed = block.mixer_norm.forward(ctx, &x);
            let (y, mixer) = block
                .mixer
                .forward(ctx, normed, segments, &mut states, save);
            let mixer_in = if save { x.clone() } else { Vec::new() };
            add_assign(&mut x, &y);
            let normed = block.mlp_norm.forward(ctx, &x);
            let (y, mlp) = block.mlp.forward(ctx, normed, save);
            let mlp_in = if save { x.clone() } else { Vec::new() };
            add_assign(&mut x, &y);
            if save {
                tapes.push(Tape {
                    mixer_in,
                    mixer,
                    mlp_in,
                    mlp,
                });
            }
        }
        (x, tapes)
    }

    /// The rows that predict the targets: each the one before its target.
    fn target_rows(&self, batch: &Batch, hidden: &[T]) -> (Vec<usize>, Vec<T>) {
        let width = self.config.hidden_size;
        let sources: Vec<usize> = batch.targets.iter().map(|t| t - 1).collect();
        let rows = sources
            .iter()
            .flat_map(|r| &hidden[r * width..][..width])
            .copied()
            .collect();
        (sources, rows)
    }
}

/// Sums the loss and turns logits `[targets, vocab]` into `share` times its gradient.
fn cross_entropy<T: Real>(logits: &mut [T], batch: &Batch, vocab: usize, share: T) -> LossSum {
    use rayon::prelude::*;
    let losses: Vec<(f64, bool)> = logits
        .par_chunks_exact_mut(vocab)
        .zip(&batch.targets)
        .map(|(row, target)| {
            let token = batch.tokens[*target] as usize;
            simd!(<T>(row: &mut [T], token: usize, share: T) -> (f64, bool) {
                let (max, wanted) = (largest(row, row[0]), row[token]);
                for x in row.iter_mut() {
                    *x = (*x - max).exp();
                }
                let sum = total(row);
                let factor = share / sum;
                crate::kernels::vector::scale(row, factor);
                row[token] -= share;
                (sum.ln().to_f64() - (wanted - max).to_f64(), wanted >= max)
            })
        })
        .collect();
    LossSum {
        nats: losses.iter().map(|(nats, _)| nats).sum(),
        targets: losses.len(),
        correct: losses.iter().filter(|(_, correct)| *correct).count(),
    }
}
