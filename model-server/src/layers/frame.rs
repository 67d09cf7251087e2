//! The frame of the linear mixers: x is projected to q, k and v, which drive a recurrence ([`Recurrent`]) together with gates, and
//! what its heads give is normalised, gated and projected back ([`Output`]). A mixer adds its gates: it computes them from x, hands
//! them to [`Frame::forward`], and takes their gradients from [`Frame::backward`].

use super::linear::{Linear, together};
use super::output::{self, Output};
use super::params::Params;
use super::recurrent::{self, Recurrent};
use super::{Ctx, LayerState, Segments};
use crate::kernels::recurrence::Recurrence;
use crate::real::Real;

/// See above. Each layer declares the parts in an order of its own, which decides what a seed gives.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Projections to q, k and v.
    pub projections: [Linear; 3],
    /// What they drive.
    pub recurrent: Recurrent,
    /// What comes after.
    pub output: Output,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    x: Vec<T>,
    recurrent: recurrent::Saved<T>,
    output: output::Saved<T>,
}

/// A backward pass that has come to the projections.
#[derive(Debug)]
pub struct Back<T> {
    /// What the layer read, `[rows, width]`.
    pub x: Vec<T>,
    /// Its gradient so far.
    pub d_x: Vec<T>,
    /// Those of q, k and v.
    projections: [Vec<T>; 3],
}

impl Frame {
    /// The state before the first token.
    pub fn new_state<T: Real>(&self) -> LayerState<T> {
        self.recurrent.new_state(1)
    }

    /// x `[rows, width]` → the same shape, by gates for each (head, sequence), heads outermost; advances the states.
    pub fn forward<T: Real, G: Recurrence<T>>(
        &self,
        ctx: &Ctx<'_, T>,
        x: Vec<T>,
        gates: Vec<G>,
        segments: &Segments,
        states: &mut [&mut LayerState<T>],
        save: bool,
    ) -> (Vec<T>, Option<Saved<T>>) {
        let [q, k, v] = self.projections.each_ref();
        let (projected, gate) = match self.output.gate() {
            Some(gate) => {
                let [q, k, v, gate] = together(ctx, [q, k, v, gate], &x);
                ([q, k, v], Some(gate))
            }
            None => (together(ctx, [q, k, v], &x), None),
        };
        let states = states
            .iter_mut()
            .map(|s| (s.recurrent.as_mut_slice(), s.conv.as_mut_slice()))
            .unzip();
        let ranges = &segments.ranges;
        let recurrent = &self.recurrent;
        let (heads, recurrent) = recurrent.forward(ctx, projected, gates, ranges, states, save);
        let (y, output) = self.output.forward(ctx, heads, gate, save);
        let saved = recurrent.zip(output).map(|(recurrent, output)| Saved {
            x,
            recurrent,
            output,
        });
        (y, saved)
    }

    /// The way back to the projections. The gates come with the places where their gradients are added.
    pub fn backward<T: Real, G: Recurrence<T>>(
        &self,
        ctx: &Ctx<'_, T>,
        saved: Saved<T>,
        gates: (Vec<G>, Vec<G::Gradients>),
        segments: &Segments,
        d_y: &[T],
        grads: &mut Params<T>,
    ) -> Back<T> {
        let Saved {
            x,
            recurrent,
            output,
        } = saved;
        let mut d_x = vec![T::ZERO; x.len()];
        let d = self.output.backward(ctx, output, &x, d_y, grads, &mut d_x);
        let ranges = &segments.ranges;
        let projections = self
            .recurrent
            .backward(ctx, &recurrent, gates, ranges, &d, grads);
        Back {
            x,
            d_x,
            projections,
        }
    }

    /// Through the projections to x: the rest of its gradient.
    pub fn project_backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        back: &mut Back<T>,
        grads: &mut Params<T>,
    ) {
        for (linear, d) in self.projections.iter().zip(&back.projections) {
            linear.backward(ctx, &back.x, d, grads, &mut back.d_x);
        }
    }
}
