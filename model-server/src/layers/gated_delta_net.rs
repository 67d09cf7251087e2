//! Gated DeltaNet (arXiv 2412.06464): q, k, v through short convolutions, β = σ(W_b x),
//! g = -e^{A_log} softplus(W_a x + dt_bias), the gated delta rule, and a normalised, gated output.

use super::delta_core::{self, Core, Projected};
use super::linear::{Linear, together};
use super::output::{self, Output};
use super::params::{Declare, Params};
use super::{Ctx, LayerState, Segments};
use crate::real::Real;

/// Sizes of the layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Query and key heads.
    pub num_heads: usize,
    /// Value heads, a multiple of `num_heads`: value head i uses key head i / (num_v_heads / num_heads).
    pub num_v_heads: usize,
    /// Channels of a key head.
    pub head_dim: usize,
    /// Channels of a value head over those of a key head.
    pub expand_v: f64,
    /// Whether the output is gated.
    pub use_gate: bool,
    /// Width of the short convolutions; none: silu alone.
    pub conv_size: Option<usize>,
    /// Whether the convolutions have a bias.
    pub conv_bias: bool,
    /// β in (0, 2) instead of (0, 1).
    pub allow_neg_eigval: bool,
}

/// The layer.
#[derive(Clone, Debug)]
pub struct GatedDeltaNet {
    q: Linear,
    k: Linear,
    v: Linear,
    a: Linear,
    b: Linear,
    core: Core,
    output: Output,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    x: Vec<T>,
    core: Option<delta_core::Saved<T>>,
    output: Option<output::Saved<T>>,
}

impl GatedDeltaNet {
    /// Declares the layer's tensors under `name`.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        config: &Config,
        sizes: super::mixer::Sizes,
    ) -> Self {
        let (width, key, heads) = (sizes.width, config.head_dim, config.num_v_heads);
        let value = (key as f64 * config.expand_v) as usize;
        let (keys, values) = (config.num_heads * key, heads * value);
        let mut linear = |what: &str, outputs| {
            Linear::new(
                declare,
                &format!("{name}.{what}_proj"),
                width,
                outputs,
                false,
            )
        };
        let (q, k, v) = (linear("q", keys), linear("k", keys), linear("v", values));
        let mut gate = |what: &str| {
            Linear::precise(declare, &format!("{name}.{what}_proj"), width, heads, false)
        };
        let (a, b) = (gate("a"), gate("b"));
        let core = Core::new(
            declare,
            name,
            delta_core::Sizes {
                heads: config.num_heads,
                value_heads: heads,
                key,
                value,
                conv_size: config.conv_size,
                conv_bias: config.conv_bias,
                gated: true,
                allow_neg_eigval: config.allow_neg_eigval,
            },
        );
        let ends = output::Sizes {
            width,
            heads,
            value,
            eps: sizes.eps,
            depth: sizes.depth,
        };
        let output = Output::new(declare, name, "o_norm", config.use_gate, ends);
        Self {
            q,
            k,
            v,
            a,
            b,
            core,
            output,
        }
    }

    /// The state before the first token.
    pub fn new_state<T: Real>(&self) -> LayerState<T> {
        LayerState {
            recurrent: vec![T::ZERO; self.core.state_len()],
            conv: vec![T::ZERO; self.core.conv_len()],
            ..LayerState::default()
        }
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
        let [q, k, v] = together(ctx, [&self.q, &self.k, &self.v], &x);
        let projected = Projected {
            q,
            k,
            v,
            beta: self.b.forward(ctx, &x),
            a: Some(self.a.forward(ctx, &x)),
        };
        let (states, convs) = states
            .iter_mut()
            .map(|s| (s.recurrent.as_mut_slice(), s.conv.as_mut_slice()))
            .unzip();
        let (heads, core) =
            self.core
                .forward(ctx, projected, &segments.ranges, states, convs, save);
        let (y, output) = self.output.forward(ctx, &x, heads, save);
        (y, save.then_some(Saved { x, core, output }))
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
        let Saved { x, core, output } = saved;
        let mut d_x = vec![T::ZERO; x.len()];
        let (Some(core), Some(output)) = (core, output) else {
            return d_x;
        };
        let d_heads = self.output.backward(ctx, output, &x, d_y, grads, &mut d_x);
        let d = self
            .core
            .backward(ctx, core, &segments.ranges, &d_heads, grads);
        for (linear, d) in [
            (&self.q, &d.q),
            (&self.k, &d.k),
            (&self.v, &d.v),
            (&self.b, &d.beta),
        ] {
            linear.backward(ctx, &x, d, grads, &mut d_x);
        }
        if let Some(d) = &d.a {
            self.a.backward(ctx, &x, d, grads, &mut d_x);
        }
        d_x
    }
}
