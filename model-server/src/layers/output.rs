//! How the linear mixers end: each head is normalised, gated by silu of a projection of x, and projected back.

use super::linear::Linear;
use super::norm::RmsNorm;
use super::params::{Declare, Params};
use super::{Ctx, mixer, recurrent};
use crate::real::Real;

/// How much narrower projections into the residual stream start: (2 · layers)^-½.
pub fn residual_scale(depth: usize) -> f64 {
    1.0 / (2.0 * depth.max(1) as f64).sqrt()
}

/// Norm, gate and output projection.
#[derive(Clone, Debug)]
pub struct Output {
    norm: RmsNorm,
    gate: Option<Linear>,
    project: Linear,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    heads: Vec<T>,
    gate: Option<Vec<T>>,
    normed: Vec<T>,
}

impl Output {
    /// Declares `{name}.{norm}.weight`, `{name}.g_proj.weight` where gated, and `{name}.o_proj.weight`.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        norm: &str,
        gated: bool,
        model: mixer::Sizes,
        sizes: recurrent::Sizes,
    ) -> Self {
        let (width, inner) = (model.width, sizes.heads * sizes.value);
        let norm = RmsNorm::new(declare, &format!("{name}.{norm}"), sizes.value, model.eps);
        let gate =
            gated.then(|| Linear::new(declare, &format!("{name}.g_proj"), width, inner, false));
        let scale = residual_scale(model.depth);
        let name = format!("{name}.o_proj");
        Self {
            norm,
            gate,
            project: Linear::scaled(declare, &name, inner, width, false, scale),
        }
    }

    /// The gate's projection of what the layer reads.
    pub fn gate(&self) -> Option<&Linear> {
        self.gate.as_ref()
    }

    /// What the heads gave `[rows, heads * value]` and what [`Output::gate`] makes of what the layer read → `[rows, width]`.
    pub fn forward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        heads: Vec<T>,
        gate: Option<Vec<T>>,
        save: bool,
    ) -> (Vec<T>, Option<Saved<T>>) {
        let normed = self.norm.forward(ctx, &heads, gate.as_deref());
        let y = self.project.forward(ctx, &normed);
        (
            y,
            save.then_some(Saved {
                heads,
                gate,
                normed,
            }),
        )
    }

    /// The gradient of the heads' output; adds that of x.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        saved: Saved<T>,
        x: &[T],
        d_y: &[T],
        grads: &mut Params<T>,
        d_x: &mut [T],
    ) -> Vec<T> {
        let mut d_normed = vec![T::ZERO; saved.normed.len()];
        self.project
            .backward(ctx, &saved.normed, d_y, grads, &mut d_normed);
        let gate = saved.gate.as_deref();
        let (d_heads, d_gate) = self
            .norm
            .backward(ctx, &saved.heads, gate, &d_normed, grads);
        if let (Some(gate), Some(d_gate)) = (&self.gate, d_gate) {
            gate.backward(ctx, x, &d_gate, grads, d_x);
        }
        d_heads
    }
}
