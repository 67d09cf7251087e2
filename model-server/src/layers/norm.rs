//! Root-mean-square normalisation (Zhang and Sennrich, arXiv 1910.07467), alone and with a silu gate:
//! y = x / √(mean x² + ε) ⊙ w, and y ⊙ g σ(g).

use std::ops::Range;

use super::params::{Declare, Init, ParamId, Params};
use super::{Ctx, fill, reduce};
use crate::kernels::vector::{dot, silu_with_derivative, simd};
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
        let (dim, eps) = (self.dim, self.eps);
        fill(&mut y, dim, |from, y| {
            let gate = gate.map(|g| &g[from..]);
            simd!(<T>(
                y: &mut [T], x: &[T] = &x[from..], gate: Option<&[T]>, w: &[T], dim: usize, eps: f64,
            ) {
                let rows = y.chunks_exact_mut(dim).zip(x.chunks_exact(dim));
                for (r, (y, x)) in rows.enumerate() {
                    let factor = inverse(x, eps);
                    for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
                        *y = *x * factor * *w;
                    }
                    if let Some(gate) = gate {
                        for (y, g) in y.iter_mut().zip(&gate[r * dim..][..dim]) {
                            *y *= *g * g.sigmoid();
                        }
                    }
                }
            });
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
        let (w, dim, eps) = (ctx.get(self.weight), self.dim, self.eps);
        // ∂ of the ungated output.
        let mut d_n = d_y.to_vec();
        let d_gate = gate.map(|gate| {
            let mut d_gate = vec![T::ZERO; x.len()];
            fill(&mut d_gate, dim, |from, out| {
                let (x, gate, d_y) = (&x[from..], &gate[from..], &d_y[from..]);
                simd!(<T>(
                    out: &mut [T], x: &[T], gate: &[T], d_y: &[T], w: &[T], dim: usize, eps: f64,
                ) {
                    let rows = x.chunks_exact(dim).zip(gate.chunks_exact(dim));
                    let rows = rows.zip(d_y.chunks_exact(dim));
                    for (out, ((x, g), d)) in out.chunks_exact_mut(dim).zip(rows) {
                        let factor = inverse(x, eps);
                        for i in 0..dim {
                            out[i] = d[i] * x[i] * factor * w[i] * silu_with_derivative(g[i]).1;
                        }
                    }
                });
            });
            fill(&mut d_n, dim, |from, out| {
                simd!(<T>(out: &mut [T], gate: &[T] = &gate[from..]) {
                    for (o, g) in out.iter_mut().zip(gate) {
                        *o *= *g * g.sigmoid();
                    }
                });
            });
            d_gate
        });
        let mut d_x = vec![T::ZERO; x.len()];
        fill(&mut d_x, dim, |from, out| {
            let (x, d_n) = (&x[from..], &d_n[from..]);
            simd!(<T>(out: &mut [T], x: &[T], d_n: &[T], w: &[T], dim: usize, eps: f64) {
                let rows = x.chunks_exact(dim).zip(d_n.chunks_exact(dim));
                for (out, (x, d)) in out.chunks_exact_mut(dim).zip(rows) {
                    let factor = inverse(x, eps);
                    for i in 0..dim {
                        out[i] = d[i] * w[i] * factor;
                    }
                    let pull = dot(out, x) * factor * factor / T::from_f64(dim as f64);
                    for (o, x) in out.iter_mut().zip(x) {
                        *o -= pull * *x;
                    }
                }
            });
        });
        if !grads.wants(self.weight) {
            return (d_x, d_gate);
        }
        reduce(x.len() / dim, grads.get_mut(self.weight), |rows, sum| {
            let d_n = d_n.as_slice();
            simd!(<T>(rows: Range<usize>, sum: &mut [T], x: &[T], d_n: &[T], dim: usize, eps: f64) {
                for r in rows {
                    let (x, d) = (&x[r * dim..][..dim], &d_n[r * dim..][..dim]);
                    let factor = inverse(x, eps);
                    for i in 0..dim {
                        sum[i] += d[i] * x[i] * factor;
                    }
                }
            });
        });
        (d_x, d_gate)
    }
}
