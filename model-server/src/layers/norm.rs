//! Root-mean-square normalisation (Zhang and Sennrich, arXiv 1910.07467), alone and with a silu gate:
//! y = x / √(mean x² + ε) ⊙ w, and y ⊙ g σ(g); and layer normalisation (Ba, Kiros and Hinton, arXiv 1607.06450):
//! y = (x - m) / √(mean (x - m)² + ε) ⊙ w + b with m = mean x.

use std::ops::Range;

use super::params::{Declare, Init, ParamId, Params};
use super::{Ctx, add_rows, fill, reduce};
use crate::kernels::vector::{add_assign, dot, silu_with_derivative, simd, spread, total};
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

/// The layer norm of rows of `dim` elements.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    weight: ParamId,
    bias: Option<ParamId>,
    dim: usize,
    eps: f64,
}

/// The mean of a row, and 1 / √(variance + ε).
#[inline(always)]
fn moments<T: Real>(x: &[T], eps: f64) -> (T, T) {
    let n = T::from_f64(x.len() as f64);
    let mean = total(x) / n;
    let variance = spread(x, mean) / n;
    (mean, T::ONE / (variance + T::from_f64(eps)).sqrt())
}

impl LayerNorm {
    /// Declares `{name}.weight` `[dim]`, and `{name}.bias` `[dim]` where there is to be one.
    pub fn new(declare: &mut Declare, name: &str, dim: usize, eps: f64, bias: bool) -> Self {
        Self {
            weight: declare.add(format!("{name}.weight"), &[dim], Init::Ones),
            bias: bias.then(|| declare.add(format!("{name}.bias"), &[dim], Init::Zeros)),
            dim,
            eps,
        }
    }

    /// x `[.., dim]` → the same shape.
    pub fn forward<T: Real>(&self, ctx: &Ctx<'_, T>, x: &[T]) -> Vec<T> {
        let (w, dim, eps) = (ctx.get(self.weight), self.dim, self.eps);
        let bias = self.bias.map(|b| ctx.get(b));
        let mut y = vec![T::ZERO; x.len()];
        fill(&mut y, dim, |from, y| {
            simd!(<T>(
                y: &mut [T], x: &[T] = &x[from..], w: &[T], bias: Option<&[T]>, dim: usize, eps: f64,
            ) {
                for (y, x) in y.chunks_exact_mut(dim).zip(x.chunks_exact(dim)) {
                    let (mean, factor) = moments(x, eps);
                    for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
                        *y = (*x - mean) * factor * *w;
                    }
                    if let Some(bias) = bias {
                        add_assign(y, bias);
                    }
                }
            });
        });
        y
    }

    /// The gradient of x; adds those of weight and bias.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: &[T],
        d_y: &[T],
        grads: &mut Params<T>,
    ) -> Vec<T> {
        let (w, dim, eps) = (ctx.get(self.weight), self.dim, self.eps);
        let mut d_x = vec![T::ZERO; x.len()];
        fill(&mut d_x, dim, |from, out| {
            let (x, d_y) = (&x[from..], &d_y[from..]);
            simd!(<T>(out: &mut [T], x: &[T], d_y: &[T], w: &[T], dim: usize, eps: f64) {
                let n = T::from_f64(dim as f64);
                let mut normed = vec![T::ZERO; dim];
                let rows = x.chunks_exact(dim).zip(d_y.chunks_exact(dim));
                for (out, (x, d)) in out.chunks_exact_mut(dim).zip(rows) {
                    let (mean, factor) = moments(x, eps);
                    for i in 0..dim {
                        normed[i] = (x[i] - mean) * factor;
                        out[i] = d[i] * w[i];
                    }
                    let (shift, pull) = (total(out) / n, dot(out, &normed) / n);
                    for (o, z) in out.iter_mut().zip(&normed) {
                        *o = factor * (*o - shift - pull * *z);
                    }
                }
            });
        });
        if grads.wants(self.weight) {
            reduce(x.len() / dim, grads.get_mut(self.weight), |rows, sum| {
                simd!(<T>(rows: Range<usize>, sum: &mut [T], x: &[T], d_y: &[T], dim: usize, eps: f64) {
                    for r in rows {
                        let (x, d) = (&x[r * dim..][..dim], &d_y[r * dim..][..dim]);
                        let (mean, factor) = moments(x, eps);
                        for i in 0..dim {
                            sum[i] += d[i] * ((x[i] - mean) * factor);
                        }
                    }
                });
            });
        }
        if let Some(bias) = self.bias.filter(|b| grads.wants(*b)) {
            add_rows(d_y, grads.get_mut(bias));
        }
        d_x
    }
}

/// Which norm comes before mixers, MLPs and the output head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`RmsNorm`].
    Rms,
    /// [`LayerNorm`].
    Layer {
        /// Whether it has a bias.
        bias: bool,
    },
}

/// A norm of either kind.
#[derive(Clone, Debug)]
pub enum Norm {
    /// See [`Kind`].
    Rms(RmsNorm),
    /// See [`Kind`].
    Layer(LayerNorm),
}

impl Norm {
    /// Declares the norm's tensors under `name`.
    pub fn new(declare: &mut Declare, name: &str, kind: Kind, dim: usize, eps: f64) -> Self {
        match kind {
            Kind::Rms => Self::Rms(RmsNorm::new(declare, name, dim, eps)),
            Kind::Layer { bias } => Self::Layer(LayerNorm::new(declare, name, dim, eps, bias)),
        }
    }

    /// x `[.., dim]` → the same shape.
    pub fn forward<T: Real>(&self, ctx: &Ctx<'_, T>, x: &[T]) -> Vec<T> {
        match self {
            Self::Rms(norm) => norm.forward(ctx, x, None),
            Self::Layer(norm) => norm.forward(ctx, x),
        }
    }

    /// The gradient of x; adds those of the norm's tensors.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: &[T],
        d_y: &[T],
        grads: &mut Params<T>,
    ) -> Vec<T> {
        match self {
            Self::Rms(norm) => norm.backward(ctx, x, None, d_y, grads).0,
            Self::Layer(norm) => norm.backward(ctx, x, d_y, grads),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIM: usize = 37;
    const EPS: f64 = 1e-5;

    fn numbers(n: usize, turn: f64) -> Vec<f64> {
        (0..n).map(|i| 3.0 + (i as f64 * turn).sin()).collect()
    }

    /// y by the definition, a row at a time.
    fn by_definition(x: &[f64], w: &[f64], b: Option<&[f64]>) -> Vec<f64> {
        let mut y = Vec::new();
        for x in x.chunks(DIM) {
            let mean = x.iter().sum::<f64>() / DIM as f64;
            let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / DIM as f64;
            let normed = |i: usize| (x[i] - mean) / (variance + EPS).sqrt();
            y.extend((0..DIM).map(|i| normed(i) * w[i] + b.map_or(0.0, |b| b[i])));
        }
        y
    }

    fn worst(a: &[f64], b: &[f64]) -> f64 {
        assert_eq!(a.len(), b.len());
        let difference = |(a, b): (&f64, &f64)| (a - b).abs() / b.abs().max(1.0);
        a.iter().zip(b).map(difference).fold(0.0, f64::max)
    }

    #[test]
    fn layer_norm_is_its_formula_and_its_gradients_are_differences() {
        let (rows, step) = (5, 1e-5);
        let (x, d_y) = (numbers(rows * DIM, 0.7), numbers(rows * DIM, 1.9));
        for bias in [false, true] {
            let mut declare = Declare::default();
            let kind = Kind::Layer { bias };
            let norm = Norm::new(&mut declare, "norm", kind, DIM, EPS);
            let specs = declare.finish();
            let names: Vec<&str> = specs.iter().map(|s| s.name.as_str()).collect();
            assert_eq!(names, ["norm.weight", "norm.bias"][..1 + usize::from(bias)]);
            let (w, b) = (numbers(DIM, 0.3), numbers(DIM, 0.5));
            let tensors = vec![w.clone(), b.clone()][..specs.len()].to_vec();
            let params = Params::from_data(specs, tensors).unwrap();
            let b = bias.then_some(b.as_slice());
            let exact = by_definition(&x, &w, b);
            let y = norm.forward(&Ctx::fill(&params), &x);
            assert!(worst(&y, &exact) < 1e-12);
            // Far from 0 the mean of squares less the mean's square would have no correct digit in f32.
            let x32: Vec<f32> = x.iter().map(|x| *x as f32).collect();
            let y32 = norm.forward(&Ctx::fill(&params.cast()), &x32);
            let y32: Vec<f64> = y32.into_iter().map(f64::from).collect();
            assert!(worst(&y32, &exact) < 1e-5);

            let mut grads = Params::zeros(params.specs().clone());
            let d_x = norm.backward(&Ctx::fill(&params), &x, &d_y, &mut grads);
            let loss = |x: &[f64], params: &Params<f64>| -> f64 {
                let y = norm.forward(&Ctx::fill(params), x);
                y.iter().zip(&d_y).map(|(y, d)| y * d).sum()
            };
            for (at, found) in d_x.iter().enumerate() {
                let moved = |by: f64| {
                    let mut x = x.clone();
                    x[at] += by;
                    loss(&x, &params)
                };
                let expected = (moved(step) - moved(-step)) / (2.0 * step);
                assert!((found - expected).abs() < 1e-6 * expected.abs().max(1.0));
            }
            for (tensor, found) in grads.tensors().iter().enumerate() {
                for (at, found) in found.iter().enumerate() {
                    let moved = |by: f64| {
                        let mut params = params.clone();
                        params.tensors_mut()[tensor][at] += by;
                        loss(&x, &params)
                    };
                    let expected = (moved(step) - moved(-step)) / (2.0 * step);
                    assert!((found - expected).abs() < 1e-6 * expected.abs().max(1.0));
                }
            }
        }
    }
}
