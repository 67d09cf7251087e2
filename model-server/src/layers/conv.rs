//! The short causal convolution of each channel, followed by silu: z_t = Σ_w W[c, w] x_{t - (width-1) + w}, y = silu(z).
//! Decoding keeps the last width - 1 inputs.

use std::ops::Range;

use rayon::prelude::*;

use super::Ctx;
use super::params::{Declare, Init, ParamId, Params};
use crate::kernels::vector::{add_assign, silu_with_derivative, simd};
use crate::real::Real;

/// A depthwise convolution.
#[derive(Clone, Debug)]
pub struct ShortConv {
    weight: ParamId,
    bias: Option<ParamId>,
    channels: usize,
    width: usize,
}

/// What the backward pass needs of one sequence.
#[derive(Debug)]
pub struct Saved<T> {
    /// Inputs with the width - 1 rows before them.
    padded: Vec<T>,
    /// Before silu.
    z: Vec<T>,
}

impl ShortConv {
    /// Declares `{name}.weight` `[channels, 1, width]`, and `{name}.bias`.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        channels: usize,
        width: usize,
        bias: bool,
    ) -> Self {
        let std = 1.0 / (width.max(1) as f64).sqrt();
        let shape = [channels, 1, width];
        let weight = declare.add(format!("{name}.weight"), &shape, Init::Normal(std));
        let bias = bias.then(|| declare.add(format!("{name}.bias"), &[channels], Init::Zeros));
        Self {
            weight,
            bias,
            channels,
            width,
        }
    }

    /// Numbers of a sequence's state.
    pub fn state_len(&self) -> usize {
        (self.width - 1) * self.channels
    }

    /// W as `[width, channels]`.
    fn taps<T: Real>(&self, ctx: &Ctx<'_, T>) -> Vec<T> {
        let weight = ctx.get(self.weight);
        let mut taps = vec![T::ZERO; weight.len()];
        for (c, row) in weight.chunks_exact(self.width).enumerate() {
            for (w, value) in row.iter().enumerate() {
                taps[w * self.channels + c] = *value;
            }
        }
        taps
    }

    /// x `[rows, channels]` → the same shape; advances each sequence's state.
    pub fn forward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: &[T],
        ranges: &[Range<usize>],
        states: Vec<&mut [T]>,
        save: bool,
    ) -> (Vec<T>, Vec<Saved<T>>) {
        let (channels, taps) = (self.channels, self.taps(ctx));
        let mut y = vec![T::ZERO; x.len()];
        let outputs = crate::kernels::heads::split_mut(
            &mut y,
            ranges.last().map_or(0, |r| r.end),
            channels,
            ranges,
        );
        let one = |((range, state), y): ((&Range<usize>, &mut [T]), &mut [T])| {
            let mut padded = state.to_vec();
            padded.extend_from_slice(&x[range.start * channels..range.end * channels]);
            let mut z = vec![T::ZERO; y.len()];
            simd!(<T>(
                y: &mut [T], z: &mut [T] = &mut z, padded: &[T] = &padded, taps: &[T] = &taps,
                bias: Option<&[T]> = self.bias.map(|b| ctx.get(b)), channels: usize,
            ) {
                for (t, z) in z.chunks_exact_mut(channels).enumerate() {
                    if let Some(bias) = bias {
                        z.copy_from_slice(bias);
                    }
                    for (w, tap) in taps.chunks_exact(channels).enumerate() {
                        let x = &padded[(t + w) * channels..][..channels];
                        for ((z, x), tap) in z.iter_mut().zip(x).zip(tap) {
                            *z += *x * *tap;
                        }
                    }
                }
                for (y, z) in y.iter_mut().zip(z) {
                    *y = *z * z.sigmoid();
                }
            });
            let tail = padded.len() - state.len();
            state.copy_from_slice(&padded[tail..]);
            save.then_some(Saved { padded, z })
        };
        let jobs: Vec<_> = ranges.iter().zip(states).zip(outputs).collect();
        let saved: Vec<Option<Saved<T>>> = if x.len() < 1 << 14 {
            jobs.into_iter().map(one).collect()
        } else {
            jobs.into_par_iter().map(one).collect()
        };
        (y, saved.into_iter().flatten().collect())
    }

    /// The gradient of x.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        saved: &[Saved<T>],
        ranges: &[Range<usize>],
        d_y: &[T],
        grads: &mut Params<T>,
    ) -> Vec<T> {
        let (channels, width, taps) = (self.channels, self.width, self.taps(ctx));
        let parts: Vec<(Vec<T>, Vec<T>, Vec<T>)> = ranges
            .par_iter()
            .zip(saved)
            .map(|(range, saved)| {
                let mut d_padded = vec![T::ZERO; saved.padded.len()];
                let mut d_taps = vec![T::ZERO; taps.len()];
                let mut d_bias = vec![T::ZERO; channels];
                let mut d_z = vec![T::ZERO; channels];
                let d_y = &d_y[range.start * channels..range.end * channels];
                simd!(<T>(
                    d_y: &[T], saved: &Saved<T>, taps: &[T] = &taps,
                    d_padded: &mut [T] = &mut d_padded, d_taps: &mut [T] = &mut d_taps,
                    d_bias: &mut [T] = &mut d_bias, d_z: &mut [T] = &mut d_z,
                    channels: usize, width: usize,
                ) {
                    for (t, d_y) in d_y.chunks_exact(channels).enumerate() {
                        for ((d, z), d_y) in d_z
                            .iter_mut()
                            .zip(&saved.z[t * channels..][..channels])
                            .zip(d_y)
                        {
                            *d = *d_y * silu_with_derivative(*z).1;
                        }
                        add_assign(d_bias, d_z);
                        for w in 0..width {
                            let row = (t + w) * channels..(t + w + 1) * channels;
                            let tap = w * channels..(w + 1) * channels;
                            for ((d, x), z) in d_taps[tap.clone()]
                                .iter_mut()
                                .zip(&saved.padded[row.clone()])
                                .zip(d_z.iter())
                            {
                                *d += *x * *z;
                            }
                            let rows = d_padded[row].iter_mut().zip(&taps[tap]);
                            for ((d, tap), z) in rows.zip(d_z.iter()) {
                                *d += *tap * *z;
                            }
                        }
                    }
                });
                (d_padded, d_taps, d_bias)
            })
            .collect();
        let mut d_x = Vec::with_capacity(d_y.len());
        for (d_padded, d_taps, d_bias) in parts {
            d_x.extend_from_slice(&d_padded[self.state_len()..]);
            if !grads.wants(self.weight) {
                continue;
            }
            let weight = grads.get_mut(self.weight);
            for (w, row) in d_taps.chunks_exact(channels).enumerate() {
                for (c, d) in row.iter().enumerate() {
                    weight[c * width + w] += *d;
                }
            }
            if let Some(bias) = self.bias {
                add_assign(grads.get_mut(bias), &d_bias);
            }
        }
        d_x
    }
}
