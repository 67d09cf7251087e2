//! What projections of q, k and v go through before a recurrence: short convolutions, which end in silu, or silu alone.

use std::ops::Range;

use super::conv::{self, ShortConv};
use super::params::{Declare, Params};
use super::{Ctx, silu, silu_backward};
use crate::real::Real;

/// See above.
#[derive(Clone, Debug)]
pub struct Activation {
    convs: Option<[ShortConv; 3]>,
    silu: [bool; 3],
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    convs: [Vec<conv::Saved<T>>; 3],
    /// Before silu, where there are no convolutions.
    raw: [Vec<T>; 3],
}

/// What a layer says of its activation.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Width of the convolutions; none: no convolutions.
    pub conv_size: Option<usize>,
    /// Whether the convolutions have a bias.
    pub conv_bias: bool,
    /// Which of q, k and v go through silu where there are no convolutions.
    pub silu: [bool; 3],
}

impl Activation {
    /// Declares `{name}.{q,k,v}_conv1d`, where there are convolutions, for so many channels.
    pub fn new(declare: &mut Declare, name: &str, sizes: Sizes, channels: [usize; 3]) -> Self {
        let convs = sizes.conv_size.map(|size| {
            let mut conv = |what: &str, channels| {
                let name = format!("{name}.{what}_conv1d");
                ShortConv::new(declare, &name, channels, size, sizes.conv_bias)
            };
            let [q, k, v] = channels;
            [conv("q", q), conv("k", k), conv("v", v)]
        });
        Self {
            convs,
            silu: sizes.silu,
        }
    }

    /// Numbers of a sequence's state.
    pub fn state_len(&self) -> usize {
        self.convs.iter().flatten().map(ShortConv::state_len).sum()
    }

    /// q, k and v `[rows, channels]` → the same shapes; each state holds those of q, k and v one after another.
    pub fn forward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: [Vec<T>; 3],
        ranges: &[Range<usize>],
        mut states: Vec<&mut [T]>,
        save: bool,
    ) -> ([Vec<T>; 3], Saved<T>) {
        let mut y = x;
        let (mut convs, mut raw) = ([const { Vec::new() }; 3], [const { Vec::new() }; 3]);
        if let Some(layers) = &self.convs {
            let mut from = 0;
            for ((conv, y), saved) in layers.iter().zip(&mut y).zip(&mut convs) {
                let len = conv.state_len();
                let parts = states
                    .iter_mut()
                    .map(|s| &mut s[from..from + len])
                    .collect();
                (*y, *saved) = conv.forward(ctx, y, ranges, parts, save);
                from += len;
            }
        } else {
            let each = y.iter_mut().zip(&mut raw).zip(self.silu);
            for ((y, raw), _) in each.filter(|(_, silu)| *silu) {
                let x = std::mem::take(y);
                *y = silu(&x);
                if save {
                    *raw = x;
                }
            }
        }
        (y, Saved { convs, raw })
    }

    /// The gradients of q, k and v.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        saved: &Saved<T>,
        ranges: &[Range<usize>],
        d_y: [Vec<T>; 3],
        grads: &mut Params<T>,
    ) -> [Vec<T>; 3] {
        let mut d = d_y;
        if let Some(layers) = &self.convs {
            for ((conv, saved), d) in layers.iter().zip(&saved.convs).zip(&mut d) {
                *d = conv.backward(ctx, saved, ranges, d, grads);
            }
        } else {
            let each = d.iter_mut().zip(&saved.raw).zip(self.silu);
            for ((d, raw), _) in each.filter(|(_, silu)| *silu) {
                silu_backward(d, raw);
            }
        }
        d
    }
}
