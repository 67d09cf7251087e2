//! The delta rule of one head of one sequence (Schlag et al., arXiv 2102.11174; chunkwise after Yang et al.,
//! arXiv 2406.06484): u_t = β_t (v_t - Sᵀ k_t), S ← S + k_t u_tᵀ, o_t = s Sᵀ q_t.
//!
//! It is the gated rule without a gate, so its forms are those of [`super::gated_delta_net`] on inputs without decays.

use super::Shape;
use super::gated_delta_net as gated;
use crate::real::Real;

/// q, k `[n, K]`, v `[n, V]` and β `[n]`.
#[derive(Clone, Copy)]
pub struct Inputs<'a, T> {
    /// Queries.
    pub q: &'a [T],
    /// Keys, of length 1.
    pub k: &'a [T],
    /// Values.
    pub v: &'a [T],
    /// Strength of the update.
    pub beta: &'a [T],
}

/// Where the gradients of [`Inputs`] are added.
pub struct Gradients<'a, T> {
    /// ∂q `[n, K]`.
    pub q: &'a mut [T],
    /// ∂k `[n, K]`.
    pub k: &'a mut [T],
    /// ∂v `[n, V]`.
    pub v: &'a mut [T],
    /// ∂β `[n]`.
    pub beta: &'a mut [T],
}

impl<'a, T> From<Inputs<'a, T>> for gated::Inputs<'a, T> {
    fn from(x: Inputs<'a, T>) -> Self {
        gated::Inputs {
            q: x.q,
            k: x.k,
            v: x.v,
            beta: x.beta,
            g: None,
        }
    }
}

impl<'a, T> From<Gradients<'a, T>> for gated::Gradients<'a, T> {
    fn from(x: Gradients<'a, T>) -> Self {
        gated::Gradients {
            q: x.q,
            k: x.k,
            v: x.v,
            beta: x.beta,
            g: None,
        }
    }
}

/// The recurrent form: advances `state` `[K, V]` and writes `out` `[n, V]`.
pub fn recurrent<T: Real>(shape: Shape<T>, x: Inputs<'_, T>, state: &mut [T], out: &mut [T]) {
    gated::recurrent(shape, x.into(), state, out);
}

/// Backward of the recurrent form; arguments as in [`super::gla::recurrent_backward`].
pub fn recurrent_backward<T: Real>(
    shape: Shape<T>,
    x: Inputs<'_, T>,
    start: &[T],
    d_out: &[T],
    d_state: &mut [T],
    grad: Gradients<'_, T>,
) {
    gated::recurrent_backward(shape, x.into(), start, d_out, d_state, grad.into());
}

/// The chunkwise form; arguments as in [`super::gla::chunk_forward`].
pub fn chunk_forward<T: Real>(
    shape: Shape<T>,
    x: Inputs<'_, T>,
    state: &mut [T],
    out: &mut [T],
    kept: Option<&mut Vec<T>>,
) {
    gated::chunk_forward(shape, x.into(), state, out, kept);
}

/// Backward of the chunkwise form; arguments as in [`super::gla::chunk_backward`].
pub fn chunk_backward<T: Real>(
    shape: Shape<T>,
    x: Inputs<'_, T>,
    kept: &[T],
    d_out: &[T],
    d_state: &mut [T],
    grad: Gradients<'_, T>,
) {
    gated::chunk_backward(shape, x.into(), kept, d_out, d_state, grad.into());
}
