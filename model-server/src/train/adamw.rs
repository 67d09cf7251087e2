//! AdamW (Loshchilov and Hutter, arXiv 1711.05101) with the gradient clipped by its norm over all tensors.

use std::sync::Arc;

use rayon::prelude::*;

use crate::kernels::vector::{dot, simd};
use crate::layers::params::{Params, Spec};

/// Settings that stay the same over a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Decay of the mean of gradients.
    pub beta1: f64,
    /// Decay of the mean of their squares.
    pub beta2: f64,
    /// Added to the root of the latter.
    pub eps: f64,
    /// Share of a matrix that is taken away a step, times the learning rate.
    pub weight_decay: f64,
    /// Largest norm of the gradient.
    pub clip_norm: f64,
}

/// The moments.
#[derive(Clone, Debug)]
pub struct AdamW {
    pub(crate) mean: Params<f32>,
    pub(crate) square: Params<f32>,
}

/// Elements that a thread takes at a time.
const PART: usize = 1 << 14;

impl AdamW {
    /// No steps made.
    pub fn new(specs: &Arc<[Spec]>) -> Self {
        Self {
            mean: Params::trained(Arc::clone(specs)),
            square: Params::trained(Arc::clone(specs)),
        }
    }

    /// One step, the `step`-th counted from 1. Returns the gradient's norm before clipping; when that is not finite,
    /// nothing is changed.
    pub fn step(
        &mut self,
        params: &mut Params<f32>,
        grads: &Params<f32>,
        settings: &Settings,
        rate: f64,
        step: u64,
    ) -> f64 {
        let norm = norm(grads);
        if !norm.is_finite() {
            return norm;
        }
        let clip = if norm > settings.clip_norm {
            settings.clip_norm / norm
        } else {
            1.0
        } as f32;
        let power = i32::try_from(step).unwrap_or(i32::MAX);
        let (beta1, beta2) = (settings.beta1 as f32, settings.beta2 as f32);
        let first = (rate / (1.0 - settings.beta1.powi(power))) as f32;
        let second = (1.0 / (1.0 - settings.beta2.powi(power))) as f32;
        let eps = settings.eps as f32;
        let specs = Arc::clone(params.specs());
        let tensors = params.tensors_mut().iter_mut().zip(grads.tensors());
        let moments = self
            .mean
            .tensors_mut()
            .iter_mut()
            .zip(self.square.tensors_mut());
        for (spec, ((w, g), (m, v))) in specs.iter().zip(tensors.zip(moments)) {
            if !spec.trainable {
                continue;
            }
            let keep = if spec.decays() {
                1.0 - rate * settings.weight_decay
            } else {
                1.0
            } as f32;
            let parts = w.par_chunks_mut(PART).zip(g.par_chunks(PART));
            let moments = m.par_chunks_mut(PART).zip(v.par_chunks_mut(PART));
            parts.zip(moments).for_each(|((w, g), (m, v))| {
                simd!((
                    w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], clip: f32, keep: f32,
                    beta1: f32, beta2: f32, first: f32, second: f32, eps: f32,
                ) {
                    for ((w, g), (m, v)) in w.iter_mut().zip(g).zip(m.iter_mut().zip(v.iter_mut()))
                    {
                        let g = *g * clip;
                        *m = beta1 * *m + (1.0 - beta1) * g;
                        *v = beta2 * *v + (1.0 - beta2) * g * g;
                        *w = *w * keep - first * *m / ((*v * second).sqrt() + eps);
                    }
                });
            });
        }
        norm
    }
}

/// The norm over all tensors.
fn norm(grads: &Params<f32>) -> f64 {
    let part = |x: &[f32]| f64::from(simd!((x: &[f32]) -> f32 { dot(x, x) }));
    let squares = |t: &Vec<f32>| -> f64 {
        let parts: Vec<f64> = t.par_chunks(PART).map(part).collect();
        parts.iter().sum()
    };
    grads.tensors().iter().map(squares).sum::<f64>().sqrt()
}
