//! From projections of q, k and v to what the heads give: convolutions or silu, queries and keys of length 1 where a layer wants
//! that, and the recurrence that its gates are for.

use std::ops::Range;

use super::activation::{self, Activation};
use super::params::{Declare, Params};
use super::scan::{self, Operands};
use super::{Ctx, LayerState};
use crate::kernels::Shape;
use crate::kernels::heads::{gather, scatter};
use crate::kernels::recurrence::Recurrence;
use crate::kernels::vector::{dot, scale};
use crate::real::Real;

/// ε under the root of the length of keys and queries.
const LENGTH_EPS: f64 = 1e-6;

/// Sizes of the part.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Heads, each with a state.
    pub heads: usize,
    /// How many of them share a head of q, of k and of v.
    pub groups: [usize; 3],
    /// Channels K of a query or key head.
    pub key: usize,
    /// Channels V of a value head.
    pub value: usize,
    /// Whether queries and keys are divided by their lengths.
    pub unit: bool,
    /// What comes before.
    pub activation: activation::Sizes,
}

impl Sizes {
    /// Channels of q, k and v.
    pub fn channels(&self) -> [usize; 3] {
        let [q, k, v] = self.groups.map(|group| self.heads / group);
        [q * self.key, k * self.key, v * self.value]
    }
}

/// See above.
#[derive(Clone, Debug)]
pub struct Recurrent {
    activation: Activation,
    sizes: Sizes,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    activation: activation::Saved<T>,
    x: Operands<T>,
    /// 1 / the lengths of queries and keys.
    inverse: Option<[Vec<T>; 2]>,
    kept: Vec<Vec<T>>,
}

impl Recurrent {
    /// Declares the convolutions under `name`.
    pub fn new(declare: &mut Declare, name: &str, sizes: Sizes) -> Self {
        let activation = Activation::new(declare, name, sizes.activation, sizes.channels());
        Self { activation, sizes }
    }

    /// Heads.
    pub fn heads(&self) -> usize {
        self.sizes.heads
    }

    /// Numbers of a sequence's recurrent state.
    pub fn state_len(&self) -> usize {
        self.sizes.heads * self.sizes.key * self.sizes.value
    }

    /// Numbers of a sequence's convolution state.
    pub fn conv_len(&self) -> usize {
        self.activation.state_len()
    }

    /// The state of `memories` of these before the first token.
    pub fn new_state<T: Real>(&self, memories: usize) -> LayerState<T> {
        LayerState {
            recurrent: vec![T::ZERO; memories * self.state_len()],
            conv: vec![T::ZERO; memories * self.conv_len()],
            ..LayerState::default()
        }
    }

    fn shape<T: Real>(&self) -> Shape<T> {
        Shape::new(self.sizes.key, self.sizes.value)
    }

    /// x: projections to q, k and v `[rows, ..]`; gates: one for each (head, sequence), heads outermost; states: the recurrent and the
    /// convolutions', one a sequence. Returns the heads' output `[rows, heads * V]` and advances the states.
    pub fn forward<T: Real, G: Recurrence<T>>(
        &self,
        ctx: &Ctx<'_, T>,
        x: [Vec<T>; 3],
        gates: Vec<G>,
        ranges: &[Range<usize>],
        (states, convs): (Vec<&mut [T]>, Vec<&mut [T]>),
        save: bool,
    ) -> (Vec<T>, Option<Saved<T>>) {
        let Sizes {
            groups, key, value, ..
        } = self.sizes;
        let rows = ranges.last().map_or(0, |r| r.end);
        let (x, activation) = self.activation.forward(ctx, x, ranges, convs, save);
        let [q, k, v] = x;
        let mut x = Operands {
            q: gather(&q, rows, key, groups[0]),
            k: gather(&k, rows, key, groups[1]),
            v: gather(&v, rows, value, groups[2]),
        };
        let unit = self.sizes.unit;
        let inverse = unit.then(|| [&mut x.q, &mut x.k].map(|x| shorten(x, key)));
        let mode = (ctx.mode, save);
        let (out, kept) = scan::forward(self.shape(), mode, ranges, &x, gates, states);
        let y = scatter(&out, rows, value, 1);
        let saved = save.then_some(Saved {
            activation,
            x,
            inverse,
            kept,
        });
        (y, saved)
    }

    /// The gradients of the projections; those of the gates are added to their places.
    pub fn backward<T: Real, G: Recurrence<T>>(
        &self,
        ctx: &Ctx<'_, T>,
        saved: &Saved<T>,
        gates: (Vec<G>, Vec<G::Gradients>),
        ranges: &[Range<usize>],
        d_y: &[T],
        grads: &mut Params<T>,
    ) -> [Vec<T>; 3] {
        let Sizes {
            groups, key, value, ..
        } = self.sizes;
        let rows = ranges.last().map_or(0, |r| r.end);
        let (x, d_out) = (&saved.x, gather(d_y, rows, value, 1));
        let mut d = scan::backward(self.shape(), ranges, x, gates, &saved.kept, &d_out);
        if let Some([q, k]) = &saved.inverse {
            shorten_backward(&x.q, q, &mut d.q, key);
            shorten_backward(&x.k, k, &mut d.k, key);
        }
        let d = [
            scatter(&d.q, rows, key, groups[0]),
            scatter(&d.k, rows, key, groups[1]),
            scatter(&d.v, rows, value, groups[2]),
        ];
        let activation = &self.activation;
        activation.backward(ctx, &saved.activation, ranges, d, grads)
    }
}

/// Divides rows by √(Σx² + ε); returns the factors.
fn shorten<T: Real>(x: &mut [T], dim: usize) -> Vec<T> {
    x.chunks_exact_mut(dim)
        .map(|row| {
            let inverse = T::ONE / (dot(row, row) + T::from_f64(LENGTH_EPS)).sqrt();
            scale(row, inverse);
            inverse
        })
        .collect()
}

/// ∂x = (∂y - y (y·∂y)) / length, in place.
fn shorten_backward<T: Real>(y: &[T], inverse: &[T], d: &mut [T], dim: usize) {
    for ((y, inverse), d) in y
        .chunks_exact(dim)
        .zip(inverse)
        .zip(d.chunks_exact_mut(dim))
    {
        let along = dot(y, d);
        for (d, y) in d.iter_mut().zip(y) {
            *d = *inverse * (*d - *y * along);
        }
    }
}
