//! Learnt features of heads (Hedgehog, arXiv 2402.04347, as in LoLCATs): φ(x) = [softmax(x W), softmax(-x W)], a W a head.

use rayon::prelude::*;

use super::Ctx;
use super::liger::{softmax_rows, softmax_rows_backward};
use super::params::{Declare, Init, ParamId, Params};
use crate::kernels::matmul::{Mat, MatMut, Threads, add, set};
use crate::real::Real;

/// The map of all heads.
#[derive(Clone, Copy, Debug)]
pub struct FeatureMap {
    weight: ParamId,
    heads: usize,
    dim: usize,
    columns: usize,
}

impl FeatureMap {
    /// Declares `{name}.weight` `[heads, dim, columns]`, which starts as the identity.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        heads: usize,
        dim: usize,
        columns: usize,
    ) -> Self {
        let one = |i: usize| f64::from(u8::from(i / columns % dim == i % columns));
        let identity = (0..heads * dim * columns).map(one).collect();
        let shape = [heads, dim, columns];
        Self {
            weight: declare.add(format!("{name}.weight"), &shape, Init::Values(identity)),
            heads,
            dim,
            columns,
        }
    }

    /// Channels of φ.
    pub fn outputs(&self) -> usize {
        2 * self.columns
    }

    fn matrix<'a, T: Real>(&self, ctx: &Ctx<'a, T>, head: usize) -> Mat<'a, T> {
        let (dim, columns) = (self.dim, self.columns);
        let weight = &ctx.get(self.weight)[head * dim * columns..];
        Mat::new(weight, dim, columns)
    }

    /// x `[heads, rows, dim]` → `[heads, rows, outputs]`.
    pub fn forward<T: Real>(&self, ctx: &Ctx<'_, T>, x: &[T]) -> Vec<T> {
        let (dim, columns) = (self.dim, self.columns);
        let rows = x.len() / (self.heads * dim);
        let mut out = vec![T::ZERO; self.heads * rows * self.outputs()];
        if out.is_empty() {
            return out;
        }
        out.par_chunks_exact_mut(rows * self.outputs())
            .zip(x.par_chunks_exact(rows * dim))
            .enumerate()
            .for_each(|(head, (out, x))| {
                let mut z = vec![T::ZERO; rows * columns];
                let (x, w) = (Mat::new(x, rows, dim), self.matrix(ctx, head));
                set(MatMut::new(&mut z, rows, columns), x, w, Threads::One);
                for (out, z) in out
                    .chunks_exact_mut(2 * columns)
                    .zip(z.chunks_exact(columns))
                {
                    for (c, z) in z.iter().enumerate() {
                        (out[c], out[columns + c]) = (*z, -*z);
                    }
                }
            });
        softmax_rows(&out, columns)
    }

    /// The gradient of x from that of φ(x); adds that of W.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: &[T],
        mut d: Vec<T>,
        grads: &mut Params<T>,
    ) -> Vec<T> {
        let (dim, columns) = (self.dim, self.columns);
        let rows = x.len() / (self.heads * dim);
        softmax_rows_backward(&self.forward(ctx, x), &mut d, columns);
        let mut d_x = vec![T::ZERO; x.len()];
        for head in 0..self.heads {
            let d = &d[head * rows * 2 * columns..][..rows * 2 * columns];
            let d_z: Vec<T> = d
                .chunks_exact(2 * columns)
                .flat_map(|d| (0..columns).map(|c| d[c] - d[columns + c]))
                .collect();
            let d_z = Mat::new(&d_z, rows, columns);
            let part = head * rows * dim..(head + 1) * rows * dim;
            let w = self.matrix(ctx, head);
            let d_x = MatMut::new(&mut d_x[part.clone()], rows, dim);
            set(d_x, d_z, w.t(), Threads::All);
            if grads.wants(self.weight) {
                let d_w = &mut grads.get_mut(self.weight)[head * dim * columns..];
                let x = Mat::new(&x[part], rows, dim);
                add(MatMut::new(d_w, dim, columns), x.t(), d_z, Threads::All);
            }
        }
        d_x
    }
}
