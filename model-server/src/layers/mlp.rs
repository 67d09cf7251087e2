//! The gated MLP (SwiGLU: Shazeer, arXiv 2002.05202): down(silu(gate x) ⊙ up x).

use super::linear::{Linear, together};
use super::params::{Declare, Params};
use super::{Ctx, fill};
use crate::kernels::vector::{silu_with_derivative, simd};
use crate::real::Real;

/// The three projections.
#[derive(Clone, Debug)]
pub struct Mlp {
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    x: Vec<T>,
    gate: Vec<T>,
    up: Vec<T>,
    hidden: Vec<T>,
}

impl Mlp {
    /// Declares `{name}.{gate,up,down}_proj.weight`; `depth` is the number of layers of the model.
    pub fn new(
        declare: &mut Declare,
        name: &str,
        width: usize,
        hidden: usize,
        depth: usize,
    ) -> Self {
        Self {
            gate: Linear::new(declare, &format!("{name}.gate_proj"), width, hidden, false),
            up: Linear::new(declare, &format!("{name}.up_proj"), width, hidden, false),
            down: Linear::scaled(
                declare,
                &format!("{name}.down_proj"),
                hidden,
                width,
                false,
                super::output::residual_scale(depth),
            ),
        }
    }

    /// x `[rows, width]` → the same shape.
    pub fn forward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: Vec<T>,
        save: bool,
    ) -> (Vec<T>, Option<Saved<T>>) {
        let [gate, up] = together(ctx, [&self.gate, &self.up], &x);
        let mut hidden = vec![T::ZERO; gate.len()];
        fill(&mut hidden, 1, |from, out| {
            simd!(<T>(out: &mut [T], gate: &[T] = &gate[from..], up: &[T] = &up[from..]) {
                for ((o, g), u) in out.iter_mut().zip(gate).zip(up) {
                    *o = *g * g.sigmoid() * *u;
                }
            });
        });
        let y = self.down.forward(ctx, &hidden);
        (
            y,
            save.then_some(Saved {
                x,
                gate,
                up,
                hidden,
            }),
        )
    }

    /// The gradient of x.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        saved: Saved<T>,
        d_y: &[T],
        grads: &mut Params<T>,
    ) -> Vec<T> {
        let Saved {
            x,
            mut gate,
            mut up,
            hidden,
        } = saved;
        let mut d_hidden = vec![T::ZERO; hidden.len()];
        self.down.backward(ctx, &hidden, d_y, grads, &mut d_hidden);
        // In place: gate and up become their gradients.
        let mut d_gate = hidden;
        fill(&mut d_gate, 1, |from, out| {
            let (d, up) = (&d_hidden[from..], &up[from..]);
            simd!(<T>(out: &mut [T], gate: &[T] = &gate[from..], up: &[T], d: &[T]) {
                for (((o, g), u), d) in out.iter_mut().zip(gate).zip(up).zip(d) {
                    *o = *d * *u * silu_with_derivative(*g).1;
                }
            });
        });
        fill(&mut up, 1, |from, out| {
            simd!(<T>(out: &mut [T], gate: &[T] = &gate[from..], d: &[T] = &d_hidden[from..]) {
                for ((o, g), d) in out.iter_mut().zip(gate).zip(d) {
                    *o = *d * *g * g.sigmoid();
                }
            });
        });
        gate.clear();
        let mut d_x = vec![T::ZERO; x.len()];
        self.gate.backward(ctx, &x, &d_gate, grads, &mut d_x);
        self.up.backward(ctx, &x, &up, grads, &mut d_x);
        d_x
    }
}
