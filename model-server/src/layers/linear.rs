//! y = W x + b.

use super::params::{Declare, Init, Lora, ParamId, Params};
use super::{Ctx, Mode, add_rows};
use crate::kernels::int8;
use crate::kernels::matmul::{Mat, MatMut, Threads, add, product, set};
use crate::kernels::rows;
use crate::kernels::vector::{add_assign, axpy};
use crate::real::Real;

/// A projection.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: ParamId,
    bias: Option<ParamId>,
    adapter: Option<Adapter>,
    inputs: usize,
    outputs: usize,
}

/// A low-rank addition to a projection: y += scale · B A x with A `[rank, inputs]`, B `[outputs, rank]`.
#[derive(Clone, Copy, Debug)]
pub struct Adapter {
    /// A.
    pub down: ParamId,
    /// B.
    pub up: ParamId,
    /// Rows of A.
    pub rank: usize,
    /// alpha / rank.
    pub scale: f64,
}

impl Adapter {
    /// Declares `{name}.lora_A.weight`, random, and `{name}.lora_B.weight`, 0.
    fn new(declare: &mut Declare, name: &str, inputs: usize, outputs: usize) -> Option<Self> {
        let Lora { rank, alpha, .. } = declare.lora(name)?;
        let init = Init::Normal(1.0 / (inputs.max(1) as f64).sqrt());
        let down = declare.add(format!("{name}.lora_A.weight"), &[rank, inputs], init);
        let name = format!("{name}.lora_B.weight");
        let up = declare.add(name, &[outputs, rank], Init::Zeros);
        let scale = alpha / rank as f64;
        Some(Self {
            down,
            up,
            rank,
            scale,
        })
    }
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
        let init = Init::Normal(factor / (inputs.max(1) as f64).sqrt());
        let weight = declare.matrix(format!("{name}.weight"), [outputs, inputs], init);
        Self::with(declare, name, weight, [outputs, inputs], bias)
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
        Self::with(declare, name, weight, [outputs, inputs], bias)
    }

    fn with(
        declare: &mut Declare,
        name: &str,
        weight: ParamId,
        [outputs, inputs]: [usize; 2],
        bias: bool,
    ) -> Self {
        let bias = bias.then(|| declare.add(format!("{name}.bias"), &[outputs], Init::Zeros));
        let adapter = Adapter::new(declare, name, inputs, outputs);
        Self {
            weight,
            bias,
            adapter,
            inputs,
            outputs,
        }
    }

    /// A projection by a tensor that is declared elsewhere: a tied output head.
    pub fn tied(weight: ParamId, inputs: usize, outputs: usize) -> Self {
        Self {
            weight,
            bias: None,
            adapter: None,
            inputs,
            outputs,
        }
    }

    /// The weight matrix.
    pub fn weight(&self) -> ParamId {
        self.weight
    }

    /// Channels that come in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// x `[rows, inputs]` → `[rows, outputs]`.
    pub fn forward<T: Real>(&self, ctx: &Ctx<'_, T>, x: &[T]) -> Vec<T> {
        let [y] = together(ctx, [self], x);
        y
    }

    /// The 8-bit copy of the weight that is to be used instead.
    fn quantised<'a, T>(&self, ctx: &Ctx<'a, T>) -> Option<&'a int8::Matrix> {
        ctx.int8?.get(self.weight.index())?.as_ref()
    }

    /// W x, without adapter and bias, by the weight as it is.
    fn product<T: Real>(&self, ctx: &Ctx<'_, T>, x: &[T]) -> Vec<T> {
        apply(ctx, x, self.weight, self.inputs, self.outputs)
    }

    /// Adds adapter and bias to W x.
    fn finish<T: Real>(&self, ctx: &Ctx<'_, T>, x: &[T], mut y: Vec<T>) -> Vec<T> {
        if let Some(adapter) = self.adapter {
            let low = apply(ctx, x, adapter.down, self.inputs, adapter.rank);
            let high = apply(ctx, &low, adapter.up, adapter.rank, self.outputs);
            axpy(&mut y, T::from_f64(adapter.scale), &high);
        }
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
        if grads.wants(self.weight) {
            let d_w = MatMut::new(grads.get_mut(self.weight), self.outputs, self.inputs);
            add(d_w, d.t(), Mat::new(x, n, self.inputs), Threads::All);
        }
        if let Some(adapter) = self.adapter {
            self.adapter_backward(ctx, adapter, x, d, grads, d_x);
        }
        if let Some(bias) = self.bias.filter(|b| grads.wants(*b)) {
            add_rows(d_y, grads.get_mut(bias));
        }
    }

    fn adapter_backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        adapter: Adapter,
        x: &[T],
        d: Mat<'_, T>,
        grads: &mut Params<T>,
        d_x: &mut [T],
    ) {
        let (n, rank, scale) = (
            x.len() / self.inputs,
            adapter.rank,
            T::from_f64(adapter.scale),
        );
        let all = Threads::All;
        let up = Mat::new(ctx.get(adapter.up), self.outputs, rank);
        let mut d_low = vec![T::ZERO; n * rank];
        product(MatMut::new(&mut d_low, n, rank), false, scale, d, up, all);
        let d_low = Mat::new(&d_low, n, rank);
        if grads.wants(adapter.up) {
            let low = apply(ctx, x, adapter.down, self.inputs, rank);
            let d_up = MatMut::new(grads.get_mut(adapter.up), self.outputs, rank);
            product(d_up, true, scale, d.t(), Mat::new(&low, n, rank), all);
        }
        if grads.wants(adapter.down) {
            let d_down = MatMut::new(grads.get_mut(adapter.down), rank, self.inputs);
            add(d_down, d_low.t(), Mat::new(x, n, self.inputs), all);
        }
        let down = Mat::new(ctx.get(adapter.down), rank, self.inputs);
        add(MatMut::new(d_x, n, self.inputs), d_low, down, all);
    }
}

/// Declares `{name}.{q,k,v}_proj.weight` of so many outputs.
pub fn projections(
    declare: &mut Declare,
    name: &str,
    inputs: usize,
    [q, k, v]: [usize; 3],
) -> [Linear; 3] {
    [("q", q), ("k", k), ("v", v)].map(|(what, outputs)| {
        let name = format!("{name}.{what}_proj");
        Linear::new(declare, &name, inputs, outputs, false)
    })
}

/// Several projections of the same x; in 8 bits they share its quantisation and the threads' turn.
pub fn together<T: Real, const N: usize>(
    ctx: &Ctx<'_, T>,
    linears: [&Linear; N],
    x: &[T],
) -> [Vec<T>; N] {
    let matrices: Vec<&int8::Matrix> = linears.iter().filter_map(|l| l.quantised(ctx)).collect();
    if matrices.is_empty() {
        return linears.map(|l| l.finish(ctx, x, l.product(ctx, x)));
    }
    let x32: Vec<f32> = x.iter().map(|x| x.to_f64() as f32).collect();
    let mut products = match ctx.member {
        Some(member) => member.linear_all(&matrices, &x32),
        None => int8::linear_all(&matrices, &x32),
    }
    .into_iter();
    linears.map(|l| {
        let product = l.quantised(ctx).and_then(|_| products.next());
        let y = match product {
            Some(y) => y.into_iter().map(|y| T::from_f64(f64::from(y))).collect(),
            None => l.product(ctx, x),
        };
        l.finish(ctx, x, y)
    })
}

/// x `[rows, inputs]` times the transpose of a matrix `[outputs, inputs]`.
fn apply<T: Real>(
    ctx: &Ctx<'_, T>,
    x: &[T],
    weight: ParamId,
    inputs: usize,
    outputs: usize,
) -> Vec<T> {
    if ctx.mode == Mode::Decode {
        return rows::linear(x, ctx.get(weight), inputs, outputs);
    }
    let n = x.len() / inputs;
    let mut y = vec![T::ZERO; n * outputs];
    set(
        MatMut::new(&mut y, n, outputs),
        Mat::new(x, n, inputs),
        Mat::new(ctx.get(weight), outputs, inputs).t(),
        Threads::All,
    );
    y
}
