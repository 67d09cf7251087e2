//! Layers: sizes and tensor indices, with forward and backward passes.
//!
//! A layer works on rows of several sequences at once ([`Segments`]) and on one [`LayerState`] for each: the same
//! `forward` trains (states start empty), fills a prompt (chunkwise form) and decodes (one row a sequence, recurrent
//! form). Backward passes treat the state before the first row as a constant.
//!
//! Mixers, one file each: [`gla`], [`delta_rule`], [`lightning`], [`mom`], [`attention`], and [`liger`] and [`lolcats`] for softmax
//! models that were linearised. [`frame`] is what stands around the recurrences of the first three: projections, the
//! [`recurrent`] part (with an [`activation`] before it; that part is all the frame a memory of [`mom`] needs) and the [`output`];
//! a new linear mixer adds how its gates come from x. What has a window shares [`softmax`]; all recurrences run through [`scan`].

pub mod activation;
pub mod attention;
pub mod conv;
pub mod delta_rule;
pub mod features;
pub mod frame;
pub mod gla;
pub mod liger;
pub mod lightning;
pub mod linear;
pub mod lolcats;
pub mod mixer;
pub mod mlp;
pub mod mom;
pub mod norm;
pub mod output;
pub mod params;
pub mod recurrent;
pub mod rope;
pub mod scan;
pub mod softmax;

use std::ops::Range;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::kernels::int8;
use crate::kernels::vector::{silu_with_derivative, simd};
use crate::real::Real;
use params::{ParamId, Params};

/// What a forward pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Many rows of each sequence: products by blocks, the chunkwise form.
    Fill,
    /// One row of each sequence: products whose rows do not depend on the batch, the recurrent form.
    Decode,
}

/// Weights and mode of a pass.
#[derive(Clone, Copy, Debug)]
pub struct Ctx<'a, T> {
    /// The weights.
    pub params: &'a Params<T>,
    /// 8-bit copies of matrices, by index, to be used instead.
    pub int8: Option<&'a [Option<int8::Matrix>]>,
    /// Who computes products with those together with others: all of these must then compute the same products in the same order.
    pub member: Option<&'a int8::Member<'a>>,
    /// What the pass is for.
    pub mode: Mode,
}

impl<'a, T: Real> Ctx<'a, T> {
    /// A pass over many rows in full precision.
    pub fn fill(params: &'a Params<T>) -> Self {
        Self {
            params,
            int8: None,
            member: None,
            mode: Mode::Fill,
        }
    }

    /// The same pass where what is computed depends on the rows.
    pub fn alone(self) -> Self {
        Self {
            member: None,
            ..self
        }
    }

    /// A tensor's numbers.
    pub fn get(&self, id: ParamId) -> &'a [T] {
        self.params.get(id)
    }
}

/// Which rows belong to which sequence, and where those sequences stand.
#[derive(Clone, Debug)]
pub struct Segments {
    /// Rows of each sequence: contiguous, in order, covering all rows.
    pub ranges: Vec<Range<usize>>,
    /// Tokens each sequence had before.
    pub starts: Vec<usize>,
    /// What the first layer that rotates by position computed, for the others.
    turns: OnceLock<rope::Turns>,
}

impl Segments {
    /// Sequences of these lengths and earlier tokens.
    pub fn new(parts: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let (mut ranges, mut starts, mut at) = (Vec::new(), Vec::new(), 0);
        for (len, start) in parts {
            ranges.push(at..at + len);
            starts.push(start);
            at += len;
        }
        Self {
            ranges,
            starts,
            turns: OnceLock::new(),
        }
    }

    /// Rows in all.
    pub fn rows(&self) -> usize {
        self.ranges.last().map_or(0, |r| r.end)
    }
}

/// What one layer remembers of one sequence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerState<T> {
    /// Recurrent states, `[memories, heads, K, V]`; memories only for a mixture.
    pub recurrent: Vec<T>,
    /// The last inputs of the short convolutions.
    pub conv: Vec<T>,
    /// Keys after rotation `[positions, K]`, one list a key head: softmax attention only.
    pub keys: Vec<Vec<T>>,
    /// Values, likewise.
    pub values: Vec<Vec<T>>,
}

impl<T> LayerState<T> {
    /// Bytes of numbers held.
    pub fn bytes(&self) -> usize {
        let cached: usize = self.keys.iter().chain(&self.values).map(Vec::len).sum();
        (self.recurrent.len() + self.conv.len() + cached) * size_of::<T>()
    }
}

/// Elements of a part that a thread takes.
const PART: usize = 1 << 13;

/// Fills `out` in parts: `f(offset, part)`, whose loops belong into [`simd!`]. Parts hold whole rows of `width` elements.
pub(crate) fn fill<T: Real>(out: &mut [T], width: usize, f: impl Fn(usize, &mut [T]) + Sync) {
    let part = PART.div_ceil(width.max(1)) * width.max(1);
    let body = |(i, out): (usize, &mut [T])| f(i * part, out);
    if out.len() <= 2 * part {
        out.chunks_mut(part).enumerate().for_each(body);
    } else {
        out.par_chunks_mut(part).enumerate().for_each(body);
    }
}

/// Σ over parts of `rows` rows, each summed by `f(first, last, sum)` into its own buffer; buffers are added in order, so
/// that the result does not depend on the threads.
pub(crate) fn reduce<T: Real>(
    rows: usize,
    sum: &mut [T],
    f: impl Fn(Range<usize>, &mut [T]) + Sync,
) {
    const ROWS: usize = 256;
    let parts: Vec<Vec<T>> = (0..rows.div_ceil(ROWS))
        .into_par_iter()
        .map(|i| {
            let mut part = vec![T::ZERO; sum.len()];
            f(i * ROWS..((i + 1) * ROWS).min(rows), &mut part);
            part
        })
        .collect();
    for part in parts {
        crate::kernels::vector::add_assign(sum, &part);
    }
}

/// Adds all rows of `x` `[rows, sum.len()]` to `sum`: the gradient of a bias.
pub(crate) fn add_rows<T: Real>(x: &[T], sum: &mut [T]) {
    let width = sum.len();
    reduce(x.len() / width, sum, |rows, sum| {
        for row in x[rows.start * width..rows.end * width].chunks_exact(width) {
            crate::kernels::vector::add_assign(sum, row);
        }
    });
}

/// x σ(x) of every element.
pub(crate) fn silu<T: Real>(x: &[T]) -> Vec<T> {
    let mut y = vec![T::ZERO; x.len()];
    fill(&mut y, 1, |from, out| {
        simd!(<T>(out: &mut [T], x: &[T] = &x[from..]) {
            for (o, x) in out.iter_mut().zip(x) {
                *o = *x * x.sigmoid();
            }
        });
    });
    y
}

/// Turns the gradient of silu(x) into that of x, in place.
pub(crate) fn silu_backward<T: Real>(d: &mut [T], x: &[T]) {
    fill(d, 1, |from, out| {
        simd!(<T>(out: &mut [T], x: &[T] = &x[from..]) {
            for (o, x) in out.iter_mut().zip(x) {
                *o *= silu_with_derivative(*x).1;
            }
        });
    });
}
