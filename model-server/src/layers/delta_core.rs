//! What the delta rules share: short convolutions, keys and queries of length 1, β and decays, and the recurrence of
//! [`crate::kernels::gated_delta_net`]. Used by DeltaNet (no decays), Gated DeltaNet and each memory of a mixture.

use std::ops::Range;

use super::conv::{self, ShortConv};
use super::params::{Declare, Init, ParamId, Params};
use super::{Ctx, scan, silu, silu_backward};
use crate::kernels::heads::{gather, scatter, split, split_mut};
use crate::kernels::vector::dot;
use crate::kernels::{Shape, gated_delta_net as kernel};
use crate::real::Real;

/// ε under the root of the length of keys and queries.
const LENGTH_EPS: f64 = 1e-6;

/// Sizes of a core.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Query and key heads.
    pub heads: usize,
    /// Value heads, a multiple of `heads`.
    pub value_heads: usize,
    /// Channels of a key head.
    pub key: usize,
    /// Channels of a value head.
    pub value: usize,
    /// Width of the short convolutions; none: silu alone.
    pub conv_size: Option<usize>,
    /// Whether the convolutions have a bias.
    pub conv_bias: bool,
    /// Whether there are decays.
    pub gated: bool,
    /// β in (0, 2) instead of (0, 1).
    pub allow_neg_eigval: bool,
}

/// The shared part.
#[derive(Clone, Debug)]
pub struct Core {
    convs: Option<[ShortConv; 3]>,
    /// A_log and dt_bias, `[value_heads]`.
    decay: Option<(ParamId, ParamId)>,
    sizes: Sizes,
}

/// Projections of x, `[rows, ..]`.
#[derive(Debug)]
pub struct Projected<T> {
    /// `[rows, heads * key]`.
    pub q: Vec<T>,
    /// `[rows, heads * key]`.
    pub k: Vec<T>,
    /// `[rows, value_heads * value]`.
    pub v: Vec<T>,
    /// Before σ, `[rows, value_heads]`.
    pub beta: Vec<T>,
    /// Before softplus, `[rows, value_heads]`.
    pub a: Option<Vec<T>>,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    convs: Option<conv::ThreeSaved<T>>,
    /// q, k, v before silu, where there are no convolutions.
    raw: Option<[Vec<T>; 3]>,
    beta_logits: Vec<T>,
    a: Option<Vec<T>>,
    /// Heads; q and k of length 1, and 1 / their length before.
    q: Vec<T>,
    k: Vec<T>,
    v: Vec<T>,
    q_inverse: Vec<T>,
    k_inverse: Vec<T>,
    beta: Vec<T>,
    g: Option<Vec<T>>,
    kept: Vec<Vec<T>>,
}

impl Core {
    /// Declares the convolutions and decays under `name`.
    pub fn new(declare: &mut Declare, name: &str, sizes: Sizes) -> Self {
        let (keys, values) = (sizes.heads * sizes.key, sizes.value_heads * sizes.value);
        let convs = sizes.conv_size.map(|size| {
            let mut conv = |what: &str, channels| {
                let name = format!("{name}.{what}_conv1d");
                ShortConv::new(declare, &name, channels, size, sizes.conv_bias)
            };
            [conv("q", keys), conv("k", keys), conv("v", values)]
        });
        let decay = sizes.gated.then(|| {
            let shape = [sizes.value_heads];
            (
                declare.add(format!("{name}.A_log"), &shape, Init::LogUniform),
                declare.add(format!("{name}.dt_bias"), &shape, Init::TimeStep),
            )
        });
        Self {
            convs,
            decay,
            sizes,
        }
    }

    /// Numbers of a sequence's recurrent state.
    pub fn state_len(&self) -> usize {
        self.sizes.value_heads * self.sizes.key * self.sizes.value
    }

    /// Numbers of a sequence's convolution state.
    pub fn conv_len(&self) -> usize {
        self.convs.iter().flatten().map(ShortConv::state_len).sum()
    }

    /// Returns the heads' output `[rows, value_heads * value]`; advances the states, one slice a sequence.
    pub fn forward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: Projected<T>,
        ranges: &[Range<usize>],
        states: Vec<&mut [T]>,
        mut conv_states: Vec<&mut [T]>,
        save: bool,
    ) -> (Vec<T>, Option<Saved<T>>) {
        let Sizes {
            heads: key_heads,
            value_heads: heads,
            key,
            value,
            ..
        } = self.sizes;
        let rows = ranges.last().map_or(0, |r| r.end);
        let group = heads / key_heads;
        let Projected {
            q,
            k,
            v,
            beta: beta_logits,
            a,
        } = x;
        let mut raw = None;
        let (activated, convs) = if self.convs.is_some() {
            conv::three(
                self.convs.as_ref(),
                ctx,
                [q, k, v],
                ranges,
                &mut conv_states,
                save,
            )
        } else {
            let activated = [silu(&q), silu(&k), silu(&v)];
            raw = save.then_some([q, k, v]);
            (activated, None)
        };
        let [q, k, v] = activated;
        let (mut q, mut k) = (gather(&q, rows, key, group), gather(&k, rows, key, group));
        let v = gather(&v, rows, value, 1);
        let (q_inverse, k_inverse) = (shorten(&mut q, key), shorten(&mut k, key));
        let beta = gather(&self.strengths(&beta_logits), rows, 1, 1);
        let g = a
            .as_ref()
            .zip(self.decay)
            .map(|(a, decay)| gather(&self.decays(ctx, a, decay), rows, 1, 1));
        let (out, kept) = scan::forward(
            Shape::new(key, value),
            (ctx.mode, save),
            ranges,
            self.inputs(&q, &k, &v, &beta, g.as_deref(), rows, ranges),
            states,
        );
        let y = scatter(&out, rows, value, 1);
        let saved = save.then_some(Saved {
            convs,
            raw,
            beta_logits,
            a,
            q,
            k,
            v,
            q_inverse,
            k_inverse,
            beta,
            g,
            kept,
        });
        (y, saved)
    }

    /// The gradients of the projections.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        saved: Saved<T>,
        ranges: &[Range<usize>],
        d_y: &[T],
        grads: &mut Params<T>,
    ) -> Projected<T> {
        let Sizes {
            heads: key_heads,
            value_heads: heads,
            key,
            value,
            ..
        } = self.sizes;
        let rows = ranges.last().map_or(0, |r| r.end);
        let group = heads / key_heads;
        let d_out = gather(d_y, rows, value, 1);
        let zeros = |like: &[T]| vec![T::ZERO; like.len()];
        let (mut d_q, mut d_k) = (zeros(&saved.q), zeros(&saved.k));
        let (mut d_v, mut d_beta) = (zeros(&saved.v), zeros(&saved.beta));
        let mut d_g = zeros(&saved.beta);
        let g = saved.g.as_deref();
        let grads_of = split_mut(&mut d_q, rows, key, ranges)
            .into_iter()
            .zip(split_mut(&mut d_k, rows, key, ranges))
            .zip(split_mut(&mut d_v, rows, value, ranges))
            .zip(split_mut(&mut d_beta, rows, 1, ranges))
            .zip(split_mut(&mut d_g, rows, 1, ranges))
            .map(|((((q, k), v), beta), d_g)| {
                let g = g.is_some().then_some(d_g);
                kernel::Gradients { q, k, v, beta, g }
            });
        scan::backward(
            Shape::new(key, value),
            ranges,
            self.inputs(&saved.q, &saved.k, &saved.v, &saved.beta, g, rows, ranges),
            &saved.kept,
            &d_out,
            grads_of.collect(),
            kernel::chunk_backward,
        );
        shorten_backward(&saved.q, &saved.q_inverse, &mut d_q, key);
        shorten_backward(&saved.k, &saved.k_inverse, &mut d_k, key);
        let d = [
            scatter(&d_q, rows, key, group),
            scatter(&d_k, rows, key, group),
            scatter(&d_v, rows, value, 1),
        ];
        let [q, k, v] = match saved.raw {
            Some(raw) => {
                let mut d = d;
                for (d, x) in d.iter_mut().zip(&raw) {
                    silu_backward(d, x);
                }
                d
            }
            None => conv::three_backward(self.convs.as_ref(), ctx, saved.convs, ranges, d, grads),
        };
        let mut beta = scatter(&d_beta, rows, 1, 1);
        for (d, x) in beta.iter_mut().zip(&saved.beta_logits) {
            let s = x.sigmoid();
            *d *= self.strength::<T>() * s * (T::ONE - s);
        }
        let a = saved.a.zip(self.decay).map(|(a, (a_log, dt_bias))| {
            let mut d = scatter(&d_g, rows, 1, 1);
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
        Projected { q, k, v, beta, a }
    }

    fn strength<T: Real>(&self) -> T {
        if self.sizes.allow_neg_eigval {
            T::ONE + T::ONE
        } else {
            T::ONE
        }
    }

    fn strengths<T: Real>(&self, logits: &[T]) -> Vec<T> {
        logits
            .iter()
            .map(|x| self.strength::<T>() * x.sigmoid())
            .collect()
    }

    /// g = -e^{A_log} softplus(a + dt_bias).
    fn decays<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        a: &[T],
        (a_log, dt_bias): (ParamId, ParamId),
    ) -> Vec<T> {
        let mut g = a.to_vec();
        for row in g.chunks_exact_mut(self.sizes.value_heads) {
            for ((g, rate), bias) in row.iter_mut().zip(ctx.get(a_log)).zip(ctx.get(dt_bias)) {
                *g = -rate.exp() * (*g + *bias).softplus();
            }
        }
        g
    }

    #[expect(clippy::too_many_arguments, reason = "the kernel's operands")]
    fn inputs<'a, T>(
        &self,
        q: &'a [T],
        k: &'a [T],
        v: &'a [T],
        beta: &'a [T],
        g: Option<&'a [T]>,
        rows: usize,
        ranges: &[Range<usize>],
    ) -> Vec<kernel::Inputs<'a, T>> {
        let Sizes { key, value, .. } = self.sizes;
        let g = g.map(|g| split(g, rows, 1, ranges));
        split(q, rows, key, ranges)
            .into_iter()
            .zip(split(k, rows, key, ranges))
            .zip(split(v, rows, value, ranges))
            .zip(split(beta, rows, 1, ranges))
            .enumerate()
            .map(|(i, (((q, k), v), beta))| {
                let g = g.as_ref().and_then(|g| g.get(i).copied());
                kernel::Inputs { q, k, v, beta, g }
            })
            .collect()
    }
}

/// Divides rows by √(Σx² + ε); returns the factors.
fn shorten<T: Real>(x: &mut [T], dim: usize) -> Vec<T> {
    x.chunks_exact_mut(dim)
        .map(|row| {
            let inverse = T::ONE / (dot(row, row) + T::from_f64(LENGTH_EPS)).sqrt();
            crate::kernels::vector::scale(row, inverse);
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
