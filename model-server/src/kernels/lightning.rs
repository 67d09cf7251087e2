//! Linear attention with one constant decay a head (Lightning Attention-2, arXiv 2401.04658; TransNormerLLM,
//! arXiv 2307.14995): S_t = λ S_{t-1} + k_t v_tᵀ, o_t = s S_tᵀ q_t with λ = e^g, g ≤ 0 fixed.
//!
//! Chunkwise: O = s (Q ⊙ λ^{i}) S + tril(s Q Kᵀ ⊙ λ^{i-j}) V; S ← λ^C S + (K ⊙ λ^{C-i})ᵀ V, i counted from 1.
//! The decay is no parameter, so it has no gradient. Token by token it is [`super::gla`] with a constant for λ.

use std::ops::Range;

use super::Shape;
use super::gla;
use super::matmul::{Mat, MatMut, Threads, add, product};
use super::recurrence::{self, Recurrence, Step, Terms};
use super::vector::{axpy, simd};
use crate::real::Real;

/// The log-decay of a head.
#[derive(Clone, Copy)]
pub struct Gates<T> {
    /// ln λ, at most 0.
    pub g: T,
}

/// q, k `[n, K]`, v `[n, V]` and the head's log-decay.
pub type Inputs<'a, T> = recurrence::Inputs<'a, T, Gates<T>>;

/// Where the gradients of [`Inputs`] are added.
pub type Gradients<'a, T> = recurrence::Gradients<'a, T, ()>;

/// λ.
#[derive(Clone, Copy)]
struct Constant<T>(T);

impl<T: Real> gla::Decay<T> for Constant<T> {
    #[inline(always)]
    fn at(self, _: usize) -> T {
        self.0
    }
}

impl<T: Real> Recurrence<T> for Gates<T> {
    type Gradients = ();
    type Chunk = Chunk<T>;
    const SPLIT_FROM: usize = 2;

    fn part(self, _: Shape<T>, _: Range<usize>) -> Self {
        self
    }

    fn recurrent(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
        simd!(<T>(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
            gla::recurrent(shape, x, Constant(x.gates.g.exp()), state, out);
        });
    }

    fn recurrent_backward(
        shape: Shape<T>,
        x: Inputs<'_, T>,
        start: &[T],
        d_out: &[T],
        d_state: &mut [T],
        grad: Gradients<'_, T>,
    ) {
        let decay = Constant(x.gates.g.exp());
        let grad = recurrence::Gradients {
            q: grad.q,
            k: grad.k,
            v: grad.v,
            gates: None,
        };
        gla::recurrent_backward(shape, x, decay, start, d_out, d_state, grad);
    }

    fn keep(shape: Shape<T>, x: Inputs<'_, T>) -> Vec<T> {
        let n = x.v.len() / shape.value;
        vec![(x.gates.g * T::from_f64(n as f64)).exp(); shape.key]
    }
}

/// What a chunk needs besides its inputs.
pub struct Chunk<T> {
    terms: Terms<T>,
    /// λ^i for i = 0 ..= C.
    powers: Vec<T>,
}

/// What its backward pass needs besides.
pub struct Back<T> {
    d_a: Vec<T>,
    /// ∂q or ∂k through the states.
    d_x: Vec<T>,
}

impl<T: Real> Chunk<T> {
    /// Multiplies by λ^{i-j} on and below the diagonal and clears what is above.
    fn mask(powers: &[T], a: &mut [T], len: usize) {
        for (i, row) in a.chunks_exact_mut(len).enumerate().take(len) {
            for (j, a) in row.iter_mut().enumerate() {
                *a = if j <= i { *a * powers[i - j] } else { T::ZERO };
            }
        }
    }
}

impl<T: Real> recurrence::Chunk<T, Gates<T>> for Chunk<T> {
    type Back = Back<T>;

    fn new(shape: Shape<T>, gates: Gates<T>) -> Self {
        let power = |i: usize| (gates.g * T::from_f64(i as f64)).exp();
        Self {
            terms: Terms::new(shape),
            powers: (0..=shape.chunk).map(power).collect(),
        }
    }

    fn back(shape: Shape<T>) -> Back<T> {
        let Shape { key, chunk, .. } = shape;
        Back {
            d_a: vec![T::ZERO; chunk * chunk],
            d_x: vec![T::ZERO; chunk * key],
        }
    }

    fn prepare(&mut self, shape: Shape<T>, x: Inputs<'_, T>, start: &[T]) {
        let Shape {
            key, value, scale, ..
        } = shape;
        let len = x.v.len() / value;
        self.prepare_state(shape, x, start);
        let rows = self
            .terms
            .q
            .chunks_exact_mut(key)
            .zip(x.q.chunks_exact(key));
        for ((row, q), power) in rows.zip(&self.powers[1..]) {
            for (o, q) in row.iter_mut().zip(q) {
                *o = *q * *power;
            }
        }
        let (q, k) = (Mat::new(x.q, len, key), Mat::new(x.k, len, key));
        let a = MatMut::new(&mut self.terms.a, len, len);
        product(a, false, scale, q, k.t(), Threads::One);
        Self::mask(&self.powers, &mut self.terms.a, len);
    }

    fn prepare_state(&mut self, shape: Shape<T>, x: Inputs<'_, T>, _: &[T]) {
        let len = x.v.len() / shape.value;
        let rows = self.terms.k.chunks_exact_mut(shape.key);
        let powers = self.powers[..len].iter().rev();
        for ((row, k), power) in rows.zip(x.k.chunks_exact(shape.key)).zip(powers) {
            for (o, k) in row.iter_mut().zip(k) {
                *o = *k * *power;
            }
        }
        self.terms.keep.fill(self.powers[len]);
    }

    fn terms(&self) -> &Terms<T> {
        &self.terms
    }

    fn backward(
        &mut self,
        back: &mut Back<T>,
        shape: Shape<T>,
        step: Step<'_, T, Gates<T>>,
        d_state: &mut [T],
        grad: recurrence::Gradients<'_, T, &mut ()>,
    ) {
        let Shape {
            key, value, scale, ..
        } = shape;
        let (x, len, one) = (step.x, step.d_out.len() / value, Threads::One);
        let (q, k) = (Mat::new(x.q, len, key), Mat::new(x.k, len, key));
        let v = Mat::new(x.v, len, value);
        let d_o = Mat::new(step.d_out, len, value);
        let (s, ds) = (
            Mat::new(step.start, key, value),
            Mat::new(d_state, key, value),
        );
        self.terms
            .updates_backward(shape, step.d_out, d_state, grad.v);
        let d_x = MatMut::new(&mut back.d_x, len, key);
        product(d_x, false, scale, d_o, s.t(), one);
        let rows = grad.q.chunks_exact_mut(key).zip(back.d_x.chunks_exact(key));
        for ((d_q, d), power) in rows.zip(&self.powers[1..]) {
            axpy(d_q, *power, d);
        }
        let d_x = MatMut::new(&mut back.d_x, len, key);
        product(d_x, false, T::ONE, v, ds.t(), one);
        let rows = grad.k.chunks_exact_mut(key).zip(back.d_x.chunks_exact(key));
        for ((d_k, d), power) in rows.zip(self.powers[..len].iter().rev()) {
            axpy(d_k, *power, d);
        }
        let d_a = MatMut::new(&mut back.d_a, len, len);
        product(d_a, false, scale, d_o, v.t(), one);
        Self::mask(&self.powers, &mut back.d_a, len);
        let d_a = Mat::new(&back.d_a, len, len);
        add(MatMut::new(grad.q, len, key), d_a, k, one);
        add(MatMut::new(grad.k, len, key), d_a.t(), q, one);
        self.terms.state_backward(shape, step.d_out, d_state);
    }
}
