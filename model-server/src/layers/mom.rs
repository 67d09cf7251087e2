//! Mixture of memories (MoM, arXiv 2502.13685): a router sends each token to its `topk` memories; a memory is a gated
//! delta state with its own k, v, β and decay projections that sees only the tokens sent to it. The output adds the
//! chosen memories weighted by the router, and a shared memory that sees every token.
//!
//! Rows are regrouped by memory, then by sequence; each (memory, sequence) is one sequence for the shared core. The
//! router's weights are a softmax over all memories, renormalised over the chosen: a softmax over the chosen logits.

use std::ops::Range;

use super::delta_rule::{self, Gates, Logits};
use super::linear::Linear;
use super::output::{self, Output};
use super::params::{Declare, Params};
use super::recurrent::{self, Recurrent};
use super::{Ctx, LayerState, Segments, mixer};
use crate::kernels::vector::{add_assign, axpy, dot, softmax};
use crate::real::Real;

/// Sizes of the layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Those of a memory: with decays, and value heads as many as key heads.
    pub memory: delta_rule::Config,
    /// Memories that the router chooses from.
    pub num_memories: usize,
    /// Memories chosen for a token.
    pub topk: usize,
    /// Whether one more memory sees every token.
    pub shared_mem: bool,
    /// Whether all memories use the same k, v, β and decay projections.
    pub single_kv_proj: bool,
}

/// A memory's own projections.
#[derive(Clone, Debug)]
struct Memory {
    k: Linear,
    v: Linear,
    a: Linear,
    b: Linear,
}

/// The layer.
#[derive(Clone, Debug)]
pub struct Mom {
    q: Linear,
    router: Linear,
    /// Projections of each memory; with one set for all, just that.
    memories: Vec<Memory>,
    /// Projections of the shared memory, or the one set.
    shared: Option<Memory>,
    recurrent: Recurrent,
    gates: Gates,
    output: Output,
    config: Config,
}

/// Rows regrouped by memory.
#[derive(Debug, Default)]
struct Routes<T> {
    /// Source row of each regrouped row.
    rows: Vec<usize>,
    /// Router's weight of each regrouped row; 1 in the shared memory.
    weights: Vec<T>,
    /// Regrouped rows of each memory, the shared one last.
    memories: Vec<Range<usize>>,
    /// Regrouped rows of each (memory, sequence) that has any.
    ranges: Vec<Range<usize>>,
    /// Memory and sequence of each of `ranges`.
    owners: Vec<(usize, usize)>,
}

/// What the backward pass needs.
#[derive(Debug)]
pub struct Saved<T> {
    x: Vec<T>,
    gathered: Vec<T>,
    routes: Routes<T>,
    memory_out: Vec<T>,
    gates: delta_rule::Heads<T>,
    recurrent: recurrent::Saved<T>,
    output: output::Saved<T>,
}

impl Mom {
    /// Declares the layer's tensors under `name`.
    pub fn new(declare: &mut Declare, name: &str, config: &Config, model: mixer::Sizes) -> Self {
        let (sizes, width) = (config.memory.sizes(), model.width);
        let ([keys, _, values], heads) = (sizes.channels(), sizes.heads);
        let q = Linear::new(declare, &format!("{name}.q_proj"), width, keys, false);
        let router = Linear::precise(
            declare,
            &format!("{name}.gate"),
            width,
            config.num_memories,
            false,
        );
        let mut memory = |tensor: &dyn Fn(&str) -> String| Memory {
            k: Linear::new(declare, &tensor("k"), width, keys, false),
            v: Linear::new(declare, &tensor("v"), width, values, false),
            a: Linear::precise(declare, &tensor("a"), width, heads, false),
            b: Linear::precise(declare, &tensor("b"), width, heads, false),
        };
        let own = if config.single_kv_proj {
            0
        } else {
            config.num_memories
        };
        let memories = (0..own)
            .map(|m| memory(&|what| format!("{name}.{what}_proj.{m}")))
            .collect();
        let shared = (config.single_kv_proj || config.shared_mem)
            .then(|| memory(&|what| format!("{name}.shared_{what}")));
        let recurrent = Recurrent::new(declare, name, sizes);
        let gates = Gates::new(declare, name, &config.memory);
        let gated = config.memory.use_gate;
        Self {
            q,
            router,
            memories,
            shared,
            recurrent,
            gates,
            output: Output::new(declare, name, "o_norm", gated, model, sizes),
            config: config.clone(),
        }
    }

    /// Memories, the shared one included.
    fn count(&self) -> usize {
        self.config.num_memories + usize::from(self.config.shared_mem)
    }

    /// The projections of a memory.
    fn memory(&self, index: usize) -> Option<&Memory> {
        self.memories.get(index).or(self.shared.as_ref())
    }

    /// The state before the first token.
    pub fn new_state<T: Real>(&self) -> LayerState<T> {
        self.recurrent.new_state(self.count())
    }

    fn routes<T: Real>(&self, logits: &[T], segments: &Segments) -> Routes<T> {
        let Config {
            num_memories, topk, ..
        } = self.config;
        let mut chosen = vec![Vec::new(); num_memories];
        for (row, logits) in logits.chunks_exact(num_memories).enumerate() {
            let mut order: Vec<usize> = (0..num_memories).collect();
            let descending = |a: &usize, b: &usize| {
                logits[*b]
                    .partial_cmp(&logits[*a])
                    .unwrap_or(std::cmp::Ordering::Equal)
            };
            order.sort_by(descending);
            order.truncate(topk);
            let mut weights: Vec<T> = order.iter().map(|m| logits[*m]).collect();
            softmax(&mut weights);
            for (memory, weight) in order.into_iter().zip(weights) {
                chosen[memory].push((row, weight));
            }
        }
        if self.config.shared_mem {
            chosen.push((0..segments.rows()).map(|row| (row, T::ONE)).collect());
        }
        let mut routes = Routes::default();
        for (memory, list) in chosen.into_iter().enumerate() {
            let from = routes.rows.len();
            let mut list = list.into_iter().peekable();
            for (sequence, range) in segments.ranges.iter().enumerate() {
                let start = routes.rows.len();
                while let Some((row, weight)) = list.next_if(|(row, _)| *row < range.end) {
                    routes.rows.push(row);
                    routes.weights.push(weight);
                }
                if routes.rows.len() > start {
                    routes.ranges.push(start..routes.rows.len());
                    routes.owners.push((memory, sequence));
                }
            }
            routes.memories.push(from..routes.rows.len());
        }
        routes
    }

    /// x `[rows, width]` → the same shape; advances the states.
    pub fn forward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        x: Vec<T>,
        segments: &Segments,
        states: &mut [&mut LayerState<T>],
        save: bool,
    ) -> (Vec<T>, Option<Saved<T>>) {
        let rows = segments.rows();
        let width = x.len().checked_div(rows).unwrap_or(0);
        let routes = self.routes(&self.router.forward(ctx, &x), segments);
        let mut gathered = Vec::with_capacity(routes.rows.len() * width);
        for row in &routes.rows {
            gathered.extend_from_slice(&x[row * width..][..width]);
        }
        let (mut k, mut v, mut a, mut b) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (m, range) in routes.memories.iter().enumerate() {
            let Some(memory) = self.memory(m).filter(|_| !range.is_empty()) else {
                continue;
            };
            let ctx = &ctx.alone();
            let x = &gathered[range.start * width..range.end * width];
            k.extend(memory.k.forward(ctx, x));
            v.extend(memory.v.forward(ctx, x));
            a.extend(memory.a.forward(ctx, x));
            b.extend(memory.b.forward(ctx, x));
        }
        let projected = [self.q.forward(ctx, &gathered), k, v];
        let gates = self.gates.forward(
            ctx,
            Logits {
                beta: b,
                a: Some(a),
            },
        );
        let states = self.owned_states(states, &routes.owners);
        let (ranges, of_each) = (&routes.ranges, gates.gates(&routes.ranges));
        let recurrent = &self.recurrent;
        let (memory_out, recurrent) =
            recurrent.forward(ctx, projected, of_each, ranges, states, save);
        let inner = memory_out.len() / routes.rows.len().max(1);
        let mut heads = vec![T::ZERO; rows * inner];
        for ((row, weight), out) in routes
            .rows
            .iter()
            .zip(&routes.weights)
            .zip(memory_out.chunks_exact(inner.max(1)))
        {
            axpy(&mut heads[row * inner..][..inner], *weight, out);
        }
        let gate = self.output.gate().map(|g| g.forward(ctx, &x));
        let (y, output) = self.output.forward(ctx, heads, gate, save);
        let saved = recurrent.zip(output).map(|(recurrent, output)| Saved {
            x,
            gathered,
            routes,
            memory_out,
            gates,
            recurrent,
            output,
        });
        (y, saved)
    }

    /// The states of the (memory, sequence) pairs that have rows, in their order.
    fn owned_states<'a, T: Real>(
        &self,
        states: &'a mut [&mut LayerState<T>],
        owners: &[(usize, usize)],
    ) -> (Vec<&'a mut [T]>, Vec<&'a mut [T]>) {
        let (size, conv) = (self.recurrent.state_len(), self.recurrent.conv_len());
        let sequences = states.len();
        let mut all: Vec<Option<(&mut [T], &mut [T])>> = Vec::new();
        all.resize_with(self.count() * sequences, || None);
        for (s, state) in states.iter_mut().enumerate() {
            let LayerState {
                recurrent,
                conv: convs,
                ..
            } = &mut **state;
            let parts = recurrent
                .chunks_exact_mut(size)
                .zip(convs.chunks_exact_mut(conv));
            for (m, part) in parts.enumerate() {
                all[m * sequences + s] = Some(part);
            }
        }
        owners
            .iter()
            .filter_map(|(m, s)| all[m * sequences + s].take())
            .unzip()
    }

    /// The gradient of x.
    pub fn backward<T: Real>(
        &self,
        ctx: &Ctx<'_, T>,
        saved: Saved<T>,
        segments: &Segments,
        d_y: &[T],
        grads: &mut Params<T>,
    ) -> Vec<T> {
        let Saved {
            x,
            gathered,
            routes,
            memory_out,
            gates,
            recurrent,
            output,
        } = saved;
        let rows = segments.rows();
        let mut d_x = vec![T::ZERO; x.len()];
        let d_heads = self.output.backward(ctx, output, &x, d_y, grads, &mut d_x);
        let (width, inner) = (x.len() / rows, d_heads.len() / rows);
        let memories = self.config.num_memories;
        // ∂r of each regrouped row, and through the softmax over the chosen memories of a token.
        let mut d_out = vec![T::ZERO; memory_out.len()];
        let mut d_weights = vec![T::ZERO; routes.rows.len()];
        let mut mean = vec![T::ZERO; rows];
        let routed = routes.memories[memories - 1].end;
        for (i, (row, weight)) in routes.rows.iter().zip(&routes.weights).enumerate() {
            let d = &d_heads[row * inner..][..inner];
            axpy(&mut d_out[i * inner..][..inner], *weight, d);
            if i < routed {
                d_weights[i] = dot(d, &memory_out[i * inner..][..inner]);
                mean[*row] += *weight * d_weights[i];
            }
        }
        let mut d_logits = vec![T::ZERO; rows * memories];
        for (m, range) in routes.memories.iter().enumerate().take(memories) {
            for i in range.clone() {
                let row = routes.rows[i];
                d_logits[row * memories + m] = routes.weights[i] * (d_weights[i] - mean[row]);
            }
        }
        self.router.backward(ctx, &x, &d_logits, grads, &mut d_x);
        let (ranges, mut d_gates) = (&routes.ranges, gates.zeros());
        let of_each = (gates.gates(ranges), d_gates.places(ranges));
        let [d_q, d_k, d_v] = self
            .recurrent
            .backward(ctx, &recurrent, of_each, ranges, &d_out, grads);
        let d = self.gates.backward(ctx, &gates, d_gates, grads);
        let mut d_gathered = vec![T::ZERO; gathered.len()];
        self.q
            .backward(ctx, &gathered, &d_q, grads, &mut d_gathered);
        let d_a = d.a.unwrap_or_default();
        for (m, range) in routes.memories.iter().enumerate() {
            let Some(memory) = self.memory(m).filter(|_| !range.is_empty()) else {
                continue;
            };
            let part = range.start * width..range.end * width;
            let (x, d_x) = (&gathered[part.clone()], &mut d_gathered[part]);
            for (linear, d) in [
                (&memory.k, &d_k),
                (&memory.v, &d_v),
                (&memory.a, &d_a),
                (&memory.b, &d.beta),
            ] {
                let outputs = d.len() / routes.rows.len();
                let d = &d[range.start * outputs..range.end * outputs];
                linear.backward(ctx, x, d, grads, d_x);
            }
        }
        for (row, d) in routes.rows.iter().zip(d_gathered.chunks_exact(width)) {
            add_assign(&mut d_x[row * width..][..width], d);
        }
        d_x
    }
}
