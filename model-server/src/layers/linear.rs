//! y = W x + b.

use super::params::{Declare, Init, ParamId, Params};
use super::{Ctx, Mode, reduce};
use crate::kernels::matmul::{Mat, MatMut, Threads, add, set};
use crate::kernels::rows;
use crate::kernels::vector::add_assign;
use crate::real::Real;

/// A projection.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: ParamId,
    bias: Option<ParamId>,
    inputs: usize,
    outputs: usize,
}

impl Linear {
    /// Declares `{name}.weight` `[outputs, inputs]`, and `{name}.bias`; starts at a standard deviation of inputs^-½.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        inputs: usize,
        outputs: usize,
        bias: bool,
    ) -> Self {
        Self::scaled(declare, name, inputs, outputs, bias, 1.0)
    }

    /// The same with a start that is `factor` times as wide.
    pub fn scaled(
        declare: &mut Declare,
        name: &str,
        inputs: usize,
        outputs: usize,
        bias: bool,
        factor: f64,
    ) -> Self {
        let std = factor / (inputs.max(1) as f64).sqrt();
        let weight = declare.matrix(
            format!("{name}.weight"),
            [outputs, inputs],
            Init::Normal(std),
        );
        let bias = bias.then(|| declare.add(format!("{name}.bias"), &[outputs], Init::Zeros));
        Self {
            weight,
            bias,
            inputs,
            outputs,
        }
    }

    /// A projection that stays in full precision: to gates' logits, decays and routes.
    pub fn precise(
        declare: &mut Declare,
        name: &str,
        inputs: usize,
        outputs: usize,
        bias: bool,
    ) -> Self {
        let init = Init::Normal(1.0 / (inputs.max(1) as f64).sqrt());
        let weight = declare.add(format!("{name}.weight"), &[outputs, inputs], init);
        let bias = bias.then(|| declare.add(format!("{name}.bias"), &[outputs], Init::Zeros));
        Self {
            weight,
            bias,
            inputs,
            outputs,
        }
    }

    /// A projection by a tensor that is declared elsewhere: a tied output head.
    pub fn tied(weight: ParamId, inputs: usize, outputs: usize) -> Self {
        Self {
            weight,
            bias: None,
            inputs,
            outputs,
        }
    }

    /// The weight matrix.
    pub fn weight(&self) -> ParamId {
        self.weight
    }

    /// x `[rows, inputs]` → `[rows, outputs]`.
    pub fn forward<T: Real>(&self, ctx: &Ctx<'_, T>, x: &[T]) -> Vec<T> {
        let n = x.len() / self.inputs;
        let quantised = ctx
            .int8
            .and_then(|m| m.get(self.weight.index()))
            .and_then(Option::as_ref);
        let mut y = if let Some(matrix) = quantised {
            let x: Vec<f32> = x.iter().map(|x| x.to_f64() as f32).collect();
            matrix
                .linear(&x)
                .into_iter()
                .map(|y| T::from_f64(f64::from(y)))
                .collect()
        } else {
            let weight = ctx.get(self.weight);
            if ctx.mode == Mode::Decode {
                rows::linear(x, weight, self.inputs, self.outputs)
            } else {
                let mut y = vec![T::ZERO; n * self.outputs];
                set(
                    MatMut::new(&mut y, n, self.outputs),
                    Mat::new(x, n, self.inputs),
                    Mat::new(weight, self.outputs, self.inputs).t(),
                    Threads::All,
                );
                y
            }
        };
        if let Some(bias) = self.bias {
            for row in y.chunks_exact_mut(self.outputs) {
                add_assign(row, ctx.get(bias));
            }
        }
        y
    }

    /// Adds the gradients of weight and bias to `grads` and that of x to `d_x`.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: &[T],
        d_y: &[T],
        grads: &mut Params<T>,
        d_x: &mut [T],
    ) {
        let n = x.len() / self.inputs;
        let d = Mat::new(d_y, n, self.outputs);
        let weight = Mat::new(ctx.get(self.weight), self.outputs, self.inputs);
        add(MatMut::new(d_x, n, self.inputs), d, weight, Threads::All);
        let d_w = MatMut::new(grads.get_mut(self.weight), self.outputs, self.inputs);
        add(d_w, d.t(), Mat::new(x, n, self.inputs), Threads::All);
        if let Some(bias) = self.bias {
            reduce(n, grads.get_mut(bias), |rows, sum| {
                let part = &d_y[rows.start * self.outputs..rows.end * self.outputs];
                for row in part.chunks_exact(self.outputs) {
                    add_assign(sum, row);
                }
            });
        }
    }
}
