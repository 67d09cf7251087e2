//! Root-mean-square normalisation (Zhang and Sennrich, arXiv 1910.07467), alone and with a silu gate:
//! y = x / √(mean x² + ε) ⊙ w, and y ⊙ g σ(g).

use super::params::{Declare, Init, ParamId, Params};
use super::{Ctx, fill, reduce};
use crate::kernels::vector::{dot, silu_with_derivative};
use crate::real::Real;

/// The norm of rows of `dim` elements: of a token, or of each head of a token.
#[derive(Clone, Debug)]
pub struct RmsNorm {
    weight: ParamId,
    dim: usize,
    eps: f64,
}

#[inline(always)]
fn inverse<T: Real>(x: &[T], eps: f64) -> T {
    T::ONE / (dot(x, x) / T::from_f64(x.len() as f64) + T::from_f64(eps)).sqrt()
}

impl RmsNorm {
    /// Declares `{name}.weight` `[dim]`.
    pub fn new(declare: &mut Declare, name: &str, dim: usize, eps: f64) -> Self {
        let weight = declare.add(format!("{name}.weight"), &[dim], Init::Ones);
        Self { weight, dim, eps }
    }

    /// x `[.., dim]` → the same shape; multiplied by silu(gate) where a gate of that shape is given.
    pub fn forward<T: Real>(&self, ctx: &Ctx<'_, T>, x: &[T], gate: Option<&[T]>) -> Vec<T> {
        let w = ctx.get(self.weight);
        let mut y = vec![T::ZERO; x.len()];
        fill(&mut y, self.dim, |from, y| {
            for (r, y) in y.chunks_exact_mut(self.dim).enumerate() {
                let at = from + r * self.dim;
                let x = &x[at..][..self.dim];
                let factor = inverse(x, self.eps);
                for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
                    *y = *x * factor * *w;
                }
                if let Some(gate) = gate {
                    for (y, g) in y.iter_mut().zip(&gate[at..][..self.dim]) {
                        *y *= *g * g.sigmoid();
                    }
                }
            }
        });
        y
    }

    /// Returns the gradients of x and of the gate; adds that of the weight.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: &[T],
        gate: Option<&[T]>,
        d_y: &[T],
        grads: &mut Params<T>,
    ) -> (Vec<T>, Option<Vec<T>>) {
        let (w, dim) = (ctx.get(self.weight), self.dim);
        // ∂ of the ungated output.
        let mut d_n = d_y.to_vec();
        let d_gate = gate.map(|gate| {
            let mut d_gate = vec![T::ZERO; x.len()];
            fill(&mut d_gate, dim, |from, out| {
                for (r, out) in out.chunks_exact_mut(dim).enumerate() {
                    let at = from + r * dim;
                    let x = &x[at..][..dim];
                    let factor = inverse(x, self.eps);
                    let (g, d) = (&gate[at..][..dim], &d_y[at..][..dim]);
                    for i in 0..dim {
                        out[i] = d[i] * x[i] * factor * w[i] * silu_with_derivative(g[i]).1;
                    }
                }
            });
            fill(&mut d_n, dim, |from, out| {
                for (o, g) in out.iter_mut().zip(&gate[from..]) {
                    *o *= *g * g.sigmoid();
                }
            });
            d_gate
        });
        let mut d_x = vec![T::ZERO; x.len()];
        fill(&mut d_x, dim, |from, out| {
            for (r, out) in out.chunks_exact_mut(dim).enumerate() {
                let at = from + r * dim;
                let (x, d) = (&x[at..][..dim], &d_n[at..][..dim]);
                let factor = inverse(x, self.eps);
                let mut along = T::ZERO;
                for i in 0..dim {
                    out[i] = d[i] * w[i] * factor;
                    along += out[i] * x[i];
                }
                let pull = along * factor * factor / T::from_f64(dim as f64);
                for (o, x) in out.iter_mut().zip(x) {
                    *o -= pull * *x;
                }
            }
        });
        if !grads.wants(self.weight) {
            return (d_x, d_gate);
        }
        reduce(x.len() / dim, grads.get_mut(self.weight), |rows, sum| {
            for r in rows {
                let (x, d) = (&x[r * dim..][..dim], &d_n[r * dim..][..dim]);
                let factor = inverse(x, self.eps);
                for i in 0..dim {
                    sum[i] += d[i] * x[i] * factor;
                }
            }
        });
        (d_x, d_gate)
    }
}
