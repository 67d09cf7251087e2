//! The delta rules: DeltaNet (arXiv 2406.06484), and Gated DeltaNet (arXiv 2412.06464) where there are decays. q, k, v go through
//! short convolutions, q and k have length 1, β = σ(W_b x), g = -e^{A_log} softplus(W_a x + dt_bias), then the recurrence of
//! [`crate::kernels::gated_delta_net`] and a normalised output, gated where the configuration says so.
//!
//! [`Gates`] are those of one memory in [`super::mom`], too.

use std::ops::Range;

use super::frame::{self, Frame};
use super::linear::{Linear, projections};
use super::mixer;
use super::output::Output;
use super::params::{Declare, Init, ParamId, Params};
use super::recurrent::{Recurrent, Sizes};
use super::{Ctx, LayerState, Segments, activation};
use crate::kernels::gated_delta_net as kernel;
use crate::kernels::heads::{gather, scatter, split, split_mut};
use crate::real::Real;

/// Sizes of the layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Query and key heads.
    pub heads: usize,
    /// Value heads, a multiple of `heads`: value head i uses key head i / (value_heads / heads).
    pub value_heads: usize,
    /// Channels of a key head.
    pub key: usize,
    /// Channels of a value head.
    pub value: usize,
    /// Whether there are decays.
    pub decays: bool,
    /// Whether the output is gated.
    pub use_gate: bool,
    /// Width of the short convolutions; none: silu alone.
    pub conv_size: Option<usize>,
    /// Whether the convolutions have a bias.
    pub conv_bias: bool,
    /// β in (0, 2) instead of (0, 1).
    pub allow_neg_eigval: bool,
}

impl Config {
    /// Sizes of the recurrence.
    pub(super) fn sizes(&self) -> Sizes {
        let group = self.value_heads / self.heads;
        Sizes {
            heads: self.value_heads,
            groups: [group, group, 1],
            key: self.key,
            value: self.value,
            unit: true,
            activation: activation::Sizes {
                conv_size: self.conv_size,
                conv_bias: self.conv_bias,
                silu: [true; 3],
            },
        }
    }
}

/// The layer.
#[derive(Clone, Debug)]
pub struct DeltaRule {
    frame: Frame,
    a: Option<Linear>,
    b: Linear,
    gates: Gates,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    frame: frame::Saved<T>,
    gates: Heads<T>,
}

impl DeltaRule {
    /// Declares the layer's tensors under `name`.
    pub fn new(declare: &mut Declare, name: &str, config: &Config, model: mixer::Sizes) -> Self {
        let (sizes, width) = (config.sizes(), model.width);
        let projections = projections(declare, name, width, sizes.channels());
        let mut gate = |what: &str| {
            let name = format!("{name}.{what}_proj");
            Linear::precise(declare, &name, width, sizes.heads, false)
        };
        let a = config.decays.then(|| gate("a"));
        let b = gate("b");
        let recurrent = Recurrent::new(declare, name, sizes);
        let gates = Gates::new(declare, name, config);
        Self {
            frame: Frame {
                projections,
                recurrent,
                output: Output::new(declare, name, "o_norm", config.use_gate, model, sizes),
            },
            a,
            b,
            gates,
        }
    }

    /// The state before the first token.
    pub fn new_state<T: Real>(&self) -> LayerState<T> {
        self.frame.new_state()
    }

    /// x `[rows, width]` → the same shape; advances the states.
    pub fn forward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: Vec<T>,
        segments: &Segments,
        states: &mut [&mut LayerState<T>],
        save: bool,
    ) -> (Vec<T>, Option<Saved<T>>) {
        let logits = Logits {
            beta: self.b.forward(ctx, &x),
            a: self.a.as_ref().map(|a| a.forward(ctx, &x)),
        };
        let heads = self.gates.forward(ctx, logits);
        let gates = heads.gates(&segments.ranges);
        let (y, frame) = self.frame.forward(ctx, x, gates, segments, states, save);
        let saved = frame.map(|frame| Saved {
            frame,
            gates: heads,
        });
        (y, saved)
    }

    /// The gradient of x.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        saved: Saved<T>,
        segments: &Segments,
        d_y: &[T],
        grads: &mut Params<T>,
    ) -> Vec<T> {
        let heads = saved.gates;
        let mut d = heads.zeros();
        let gates = (heads.gates(&segments.ranges), d.places(&segments.ranges));
        let mut back = self
            .frame
            .backward(ctx, saved.frame, gates, segments, d_y, grads);
        let d = self.gates.backward(ctx, &heads, d, grads);
        self.frame.project_backward(ctx, &mut back, grads);
        let (x, d_x) = (&back.x, &mut back.d_x);
        self.b.backward(ctx, x, &d.beta, grads, d_x);
        if let (Some(a), Some(d)) = (&self.a, &d.a) {
            a.backward(ctx, x, d, grads, d_x);
        }
        back.d_x
    }
}

/// How strengths and decays come from their logits.
#[derive(Clone, Debug)]
pub struct Gates {
    /// A_log and dt_bias, `[heads]`.
    decay: Option<(ParamId, ParamId)>,
    heads: usize,
    /// What β is less than.
    most: f64,
}

/// Projections of x that they are made of, `[rows, heads]`, or the gradients of those.
#[derive(Debug)]
pub struct Logits<T> {
    /// Before σ.
    pub beta: Vec<T>,
    /// Before softplus.
    pub a: Option<Vec<T>>,
}

/// Strengths and decays, `[heads, rows]`.
#[derive(Debug)]
pub struct Heads<T> {
    logits: Logits<T>,
    beta: Vec<T>,
    g: Option<Vec<T>>,
}

/// The gradients of [`Heads`].
#[derive(Debug)]
pub struct HeadGradients<T> {
    beta: Vec<T>,
    g: Option<Vec<T>>,
}

impl<T: Real> Heads<T> {
    /// Those of every (head, sequence), heads outermost.
    pub fn gates(&self, ranges: &[Range<usize>]) -> Vec<kernel::Gates<'_, T>> {
        let rows = ranges.last().map_or(0, |r| r.end);
        let of = |x| split(x, rows, 1, ranges).into_iter();
        let mut g = self.g.as_deref().map(of);
        of(&self.beta)
            .map(|beta| kernel::Gates {
                beta,
                g: g.as_mut().and_then(Iterator::next),
            })
            .collect()
    }

    /// Gradients before anything is added.
    pub fn zeros(&self) -> HeadGradients<T> {
        let zeros = |like: &Vec<T>| vec![T::ZERO; like.len()];
        HeadGradients {
            beta: zeros(&self.beta),
            g: self.g.as_ref().map(zeros),
        }
    }
}

impl<T: Real> HeadGradients<T> {
    /// Where those of every (head, sequence) are added.
    pub fn places(&mut self, ranges: &[Range<usize>]) -> Vec<kernel::GateGradients<'_, T>> {
        let rows = ranges.last().map_or(0, |r| r.end);
        let of = |x| split_mut(x, rows, 1, ranges).into_iter();
        let mut g = self.g.as_deref_mut().map(of);
        of(&mut self.beta)
            .map(|beta| kernel::GateGradients {
                beta,
                g: g.as_mut().and_then(Iterator::next),
            })
            .collect()
    }
}

impl Gates {
    /// Declares `{name}.A_log` and `{name}.dt_bias` `[value_heads]`, where there are decays.
    pub fn new(declare: &mut Declare, name: &str, config: &Config) -> Self {
        let heads = config.value_heads;
        let mut add = |what: &str, init| declare.add(format!("{name}.{what}"), &[heads], init);
        let decay = config.decays.then(|| {
            (
                add("A_log", Init::LogUniform),
                add("dt_bias", Init::TimeStep),
            )
        });
        Self {
            decay,
            heads,
            most: if config.allow_neg_eigval { 2.0 } else { 1.0 },
        }
    }

    /// β = σ(logit), doubled where negative eigenvalues are allowed, and g = -e^{A_log} softplus(a + dt_bias).
    pub fn forward<T: Real>(&self, ctx: &Ctx<'_, T>, logits: Logits<T>) -> Heads<T> {
        let rows = logits.beta.len() / self.heads;
        let most = T::from_f64(self.most);
        let beta: Vec<T> = logits.beta.iter().map(|x| most * x.sigmoid()).collect();
        let g = logits.a.as_ref().zip(self.decay).map(|(a, (a_log, dt))| {
            let mut g = a.clone();
            for row in g.chunks_exact_mut(self.heads) {
                for ((g, rate), bias) in row.iter_mut().zip(ctx.get(a_log)).zip(ctx.get(dt)) {
                    *g = -rate.exp() * (*g + *bias).softplus();
                }
            }
            gather(&g, rows, 1, 1)
        });
        Heads {
            beta: gather(&beta, rows, 1, 1),
            g,
            logits,
        }
    }

    /// The gradients of the logits; adds those of A_log and dt_bias.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        saved: &Heads<T>,
        d: HeadGradients<T>,
        grads: &mut Params<T>,
    ) -> Logits<T> {
        let (heads, logits) = (self.heads, &saved.logits);
        let rows = logits.beta.len() / heads;
        let mut beta = scatter(&d.beta, rows, 1, 1);
        for (d, x) in beta.iter_mut().zip(&logits.beta) {
            let s = x.sigmoid();
            *d *= T::from_f64(self.most) * s * (T::ONE - s);
        }
        let a = d.g.zip(logits.a.as_ref()).zip(self.decay);
        let a = a.map(|((d, a), (a_log, dt_bias))| {
            let mut d = scatter(&d, rows, 1, 1);
            for (d, a) in d.chunks_exact_mut(heads).zip(a.chunks_exact(heads)) {
                for h in 0..heads {
                    let rate = -ctx.get(a_log)[h].exp();
                    let z = a[h] + ctx.get(dt_bias)[h];
                    let d_rate = d[h] * rate * z.softplus();
                    d[h] *= rate * z.sigmoid();
                    for (id, d) in [(a_log, d_rate), (dt_bias, d[h])] {
                        if let Some(sum) = grads.get_mut(id).get_mut(h) {
                            *sum += d;
                        }
                    }
                }
            }
            d
        });
        Logits { beta, a }
    }
}
