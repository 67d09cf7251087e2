//! What all recurrences share: the operands of a head, and the frame of the chunkwise form.
//!
//! Over a chunk of C tokens every recurrence here is O = s Q̃ S + A U and S ← D S + K̃ᵀ U with a diagonal D: Q̃ are the queries
//! decayed since the chunk's start, K̃ the keys decayed to its end, A what each token gives to those from itself on, and U the
//! values, or what a delta rule makes of them. A kind of recurrence is the type of its gates ([`Recurrence`]); its file says how
//! those terms come about and what their gradients are ([`Chunk`]).

use std::ops::Range;

use super::Shape;
use super::matmul::{Mat, MatMut, Threads, add, product};
use super::vector::scale;
use crate::real::Real;

/// What a recurrence reads of one head of one sequence.
#[derive(Clone, Copy)]
pub struct Inputs<'a, T, G> {
    /// Queries `[n, K]`.
    pub q: &'a [T],
    /// Keys `[n, K]`.
    pub k: &'a [T],
    /// Values `[n, V]`.
    pub v: &'a [T],
    /// What else it reads, and so which recurrence it is.
    pub gates: G,
}

/// Where the gradients of [`Inputs`] are added.
pub struct Gradients<'a, T, G> {
    /// ∂q `[n, K]`.
    pub q: &'a mut [T],
    /// ∂k `[n, K]`.
    pub k: &'a mut [T],
    /// ∂v `[n, V]`.
    pub v: &'a mut [T],
    /// Those of the gates.
    pub gates: G,
}

impl<T: Real, G: Recurrence<T>> Inputs<'_, T, G> {
    /// Some tokens.
    pub fn part(self, shape: Shape<T>, tokens: Range<usize>) -> Self {
        let Shape { key, value, .. } = shape;
        let keys = tokens.start * key..tokens.end * key;
        Inputs {
            q: &self.q[keys.clone()],
            k: &self.k[keys],
            v: &self.v[tokens.start * value..tokens.end * value],
            gates: self.gates.part(shape, tokens),
        }
    }
}

/// A recurrence, implemented for its gates over one head of one sequence.
pub trait Recurrence<T: Real>: Copy + Send + Sync {
    /// Where their gradients are added.
    type Gradients: Send;

    /// The terms of a chunk.
    type Chunk: Chunk<T, Self>;

    /// Threads from which splitting a stretch ([`super::lasp2`]) takes less time than the whole on one: effects cost time too.
    const SPLIT_FROM: usize;

    /// The gates of some tokens.
    fn part(self, shape: Shape<T>, tokens: Range<usize>) -> Self;

    /// The recurrent form: advances `state` `[K, V]` and writes `out` `[n, V]`.
    fn recurrent(shape: Shape<T>, x: Inputs<'_, T, Self>, state: &mut [T], out: &mut [T]);

    /// Backward of the recurrent form. `start` is the state before the first token; `d_state` comes in as the gradient of the
    /// state after the last and leaves as that of `start`. Keeps every state: for checks and short sequences.
    fn recurrent_backward(
        shape: Shape<T>,
        x: Inputs<'_, T, Self>,
        start: &[T],
        d_out: &[T],
        d_state: &mut [T],
        grad: Gradients<'_, T, Self::Gradients>,
    );

    /// What all tokens together leave of a state, as [`super::lasp2::Effect::keep`].
    fn keep(shape: Shape<T>, x: Inputs<'_, T, Self>) -> Vec<T>;
}

/// What every chunk ends up as; room for the longest.
pub struct Terms<T> {
    /// Q̃ `[len, K]`.
    pub q: Vec<T>,
    /// K̃ `[len, K]`.
    pub k: Vec<T>,
    /// A `[len, len]`, 0 above the diagonal.
    pub a: Vec<T>,
    /// D `[K]`.
    pub keep: Vec<T>,
}

impl<T: Real> Terms<T> {
    /// Zeros.
    pub fn new(shape: Shape<T>) -> Self {
        let Shape { key, chunk, .. } = shape;
        Self {
            q: vec![T::ZERO; chunk * key],
            k: vec![T::ZERO; chunk * key],
            a: vec![T::ZERO; chunk * chunk],
            keep: vec![T::ONE; key],
        }
    }

    /// S ← D S.
    fn decay(&self, shape: Shape<T>, state: &mut [T]) {
        for (row, keep) in state.chunks_exact_mut(shape.value).zip(&self.keep) {
            scale(row, *keep);
        }
    }

    /// O = s Q̃ S + A U, with U `[len, V]`.
    fn outputs(&self, shape: Shape<T>, u: &[T], state: &[T], out: &mut [T]) {
        let Shape {
            key, value, scale, ..
        } = shape;
        let (len, one) = (u.len() / value, Threads::One);
        let (q, s) = (Mat::new(&self.q, len, key), Mat::new(state, key, value));
        product(MatMut::new(out, len, value), false, scale, q, s, one);
        let (a, u) = (Mat::new(&self.a, len, len), Mat::new(u, len, value));
        add(MatMut::new(out, len, value), a, u, one);
    }

    /// S ← D S + K̃ᵀ U.
    pub fn advance(&self, shape: Shape<T>, u: &[T], state: &mut [T]) {
        let Shape { key, value, .. } = shape;
        let len = u.len() / value;
        self.decay(shape, state);
        let (k, u) = (Mat::new(&self.k, len, key), Mat::new(u, len, value));
        add(MatMut::new(state, key, value), k.t(), u, Threads::One);
    }

    /// ∂U += Aᵀ ∂O + K̃ ∂S, with ∂S that of the state after the chunk.
    pub fn updates_backward(&self, shape: Shape<T>, d_out: &[T], d_state: &[T], d_u: &mut [T]) {
        let Shape { key, value, .. } = shape;
        let (len, one) = (d_out.len() / value, Threads::One);
        let (a, d_o) = (Mat::new(&self.a, len, len), Mat::new(d_out, len, value));
        add(MatMut::new(d_u, len, value), a.t(), d_o, one);
        let (k, ds) = (Mat::new(&self.k, len, key), Mat::new(d_state, key, value));
        add(MatMut::new(d_u, len, value), k, ds, one);
    }

    /// ∂S ← D ∂S + s Q̃ᵀ ∂O: from after the chunk to before it.
    pub fn state_backward(&self, shape: Shape<T>, d_out: &[T], d_state: &mut [T]) {
        let Shape {
            key, value, scale, ..
        } = shape;
        let len = d_out.len() / value;
        self.decay(shape, d_state);
        let (q, d_o) = (Mat::new(&self.q, len, key), Mat::new(d_out, len, value));
        let d_state = MatMut::new(d_state, key, value);
        product(d_state, true, scale, q.t(), d_o, Threads::One);
    }
}

/// How the terms of a chunk come about. Allocated once a sequence.
pub trait Chunk<T: Real, G: Recurrence<T>>: Sized {
    /// What the backward pass needs besides.
    type Back;

    /// Room for chunks of this shape.
    fn new(shape: Shape<T>, gates: G) -> Self;

    /// Room for their backward pass.
    fn back(shape: Shape<T>) -> Self::Back;

    /// Computes all terms of the chunk `x`, which begins with the state `start` `[K, V]`.
    fn prepare(&mut self, shape: Shape<T>, x: Inputs<'_, T, G>, start: &[T]);

    /// Computes at least K̃, D and U.
    fn prepare_state(&mut self, shape: Shape<T>, x: Inputs<'_, T, G>, start: &[T]) {
        self.prepare(shape, x, start);
    }

    /// What was computed.
    fn terms(&self) -> &Terms<T>;

    /// U `[len, V]`: the values, where nothing else is said.
    fn updates<'a>(&'a self, x: Inputs<'a, T, G>) -> &'a [T] {
        x.v
    }

    /// Backward of the chunk that was prepared. `d_state` comes in as the gradient of the state after it and leaves as that of
    /// the state before it.
    fn backward(
        &mut self,
        back: &mut Self::Back,
        shape: Shape<T>,
        step: Step<'_, T, G>,
        d_state: &mut [T],
        grad: Gradients<'_, T, &mut G::Gradients>,
    );
}

/// A chunk on the way back.
#[derive(Clone, Copy)]
pub struct Step<'a, T, G> {
    /// Its inputs.
    pub x: Inputs<'a, T, G>,
    /// Its first token's place in the sequence: gradients of gates are the whole sequence's.
    pub from: usize,
    /// The state before it.
    pub start: &'a [T],
    /// The gradient of its outputs.
    pub d_out: &'a [T],
}

fn chunks(n: usize, chunk: usize) -> impl DoubleEndedIterator<Item = Range<usize>> {
    let ranges = move |i: usize| i * chunk..((i + 1) * chunk).min(n);
    (0..n.div_ceil(chunk)).map(ranges)
}

/// The chunkwise form of [`Recurrence::recurrent`]. When `kept` is given, the state at the start of every chunk is appended to it
/// for [`chunk_backward`].
pub fn chunk_forward<T: Real, G: Recurrence<T>>(
    shape: Shape<T>,
    x: Inputs<'_, T, G>,
    state: &mut [T],
    out: &mut [T],
    mut kept: Option<&mut Vec<T>>,
) {
    let value = shape.value;
    let mut work = G::Chunk::new(shape, x.gates);
    for tokens in chunks(out.len() / value, shape.chunk) {
        let out = &mut out[tokens.start * value..tokens.end * value];
        let part = x.part(shape, tokens);
        if let Some(kept) = kept.as_deref_mut() {
            kept.extend_from_slice(state);
        }
        work.prepare(shape, part, state);
        let (terms, u) = (work.terms(), work.updates(part));
        terms.outputs(shape, u, state, out);
        terms.advance(shape, u, state);
    }
}

/// Advances `state` as [`chunk_forward`] does, without outputs.
pub fn advance<T: Real, G: Recurrence<T>>(shape: Shape<T>, x: Inputs<'_, T, G>, state: &mut [T]) {
    let mut work = G::Chunk::new(shape, x.gates);
    for tokens in chunks(x.v.len() / shape.value, shape.chunk) {
        let part = x.part(shape, tokens);
        work.prepare_state(shape, part, state);
        work.terms().advance(shape, work.updates(part), state);
    }
}

/// Backward of [`chunk_forward`]. `kept` is what that kept; `d_state` comes in as the gradient of the last state and leaves as
/// that of the first. Gradients are added to `grad`.
pub fn chunk_backward<T: Real, G: Recurrence<T>>(
    shape: Shape<T>,
    x: Inputs<'_, T, G>,
    kept: &[T],
    d_out: &[T],
    d_state: &mut [T],
    mut grad: Gradients<'_, T, G::Gradients>,
) {
    let Shape {
        key, value, chunk, ..
    } = shape;
    let mut work = G::Chunk::new(shape, x.gates);
    let mut back = G::Chunk::back(shape);
    let starts = kept.chunks_exact(key * value).rev();
    for (tokens, start) in chunks(d_out.len() / value, chunk).rev().zip(starts) {
        let keys = tokens.start * key..tokens.end * key;
        let values = tokens.start * value..tokens.end * value;
        let step = Step {
            from: tokens.start,
            x: x.part(shape, tokens),
            start,
            d_out: &d_out[values.clone()],
        };
        work.prepare(shape, step.x, start);
        let grad = Gradients {
            q: &mut grad.q[keys.clone()],
            k: &mut grad.k[keys],
            v: &mut grad.v[values],
            gates: &mut grad.gates,
        };
        work.backward(&mut back, shape, step, d_state, grad);
    }
}
