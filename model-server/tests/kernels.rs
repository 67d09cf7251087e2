//! Kernels: the chunkwise form against the recurrent one in f32, and gradients against finite differences in f64.

use lakatos_model_server::kernels::recurrence::{self, Gradients, Inputs, Recurrence};
use lakatos_model_server::kernels::softmax_attention as softmax;
use lakatos_model_server::kernels::{Shape, gated_delta_net, gla, lasp2, lightning};
use lakatos_model_server::real::Real;

/// A reproducible stream of numbers in (-1, 1).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as f64 / f64::from(1_u32 << 31)) * 2.0 - 1.0
    }
    fn vec(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.next()).collect()
    }
    /// Log-decays between -`strength` and 0.
    fn decays(&mut self, n: usize, strength: f64) -> Vec<f64> {
        (0..n)
            .map(|_| -strength * (0.5 + 0.5 * self.next()))
            .collect()
    }
    /// Rows of length 1.
    fn unit(&mut self, n: usize, dim: usize) -> Vec<f64> {
        let mut x = self.vec(n * dim);
        for row in x.chunks_mut(dim) {
            let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
            row.iter_mut().for_each(|x| *x /= norm);
        }
        x
    }
    fn betas(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| 0.5 + 0.45 * self.next()).collect()
    }
}

fn cast<T: Real>(x: &[f64]) -> Vec<T> {
    x.iter().map(|x| T::from_f64(*x)).collect()
}

fn largest_difference<T: Real>(a: &[T], b: &[T]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a.to_f64() - b.to_f64()).abs())
        .fold(0.0, f64::max)
}

/// A recurrence with its inputs in one list of buffers, q, k and v first, so that one check serves all.
trait Kind {
    type Gates<'a, T: Real>: Recurrence<T>;
    /// Differentiable inputs for n tokens.
    fn numbers(&self, numbers: &mut Numbers, n: usize, key: usize, value: usize) -> Vec<Vec<f64>>;
    /// Of the buffers behind q, k and v.
    fn gates<'a, T: Real>(&self, x: &'a [Vec<T>]) -> Self::Gates<'a, T>;
    fn places(d: &mut [Vec<f64>]) -> Places<'_, Self>;
}

type Places<'a, K> = <<K as Kind>::Gates<'a, f64> as Recurrence<f64>>::Gradients;

fn inputs<'a, T: Real, K: Kind>(kind: &K, x: &'a [Vec<T>]) -> Inputs<'a, T, K::Gates<'a, T>> {
    let [q, k, v, gates @ ..] = x else {
        unreachable!()
    };
    let gates = kind.gates(gates);
    Inputs { q, k, v, gates }
}

fn gradients<K: Kind>(d: &mut [Vec<f64>]) -> Gradients<'_, f64, Places<'_, K>> {
    let [q, k, v, gates @ ..] = d else {
        unreachable!()
    };
    let gates = K::places(gates);
    Gradients { q, k, v, gates }
}

struct Gla(f64);
struct Gated;
struct Delta;
struct Lightning(f64);

impl Kind for Gla {
    type Gates<'a, T: Real> = gla::Gates<'a, T>;
    fn numbers(&self, numbers: &mut Numbers, n: usize, key: usize, value: usize) -> Vec<Vec<f64>> {
        vec![
            numbers.vec(n * key),
            numbers.vec(n * key),
            numbers.vec(n * value),
            numbers.decays(n * key, self.0),
        ]
    }
    fn gates<'a, T: Real>(&self, x: &'a [Vec<T>]) -> gla::Gates<'a, T> {
        gla::Gates { g: &x[0] }
    }
    fn places(d: &mut [Vec<f64>]) -> &mut [f64] {
        &mut d[0]
    }
}

impl Kind for Gated {
    type Gates<'a, T: Real> = gated_delta_net::Gates<'a, T>;
    fn numbers(&self, numbers: &mut Numbers, n: usize, key: usize, value: usize) -> Vec<Vec<f64>> {
        let mut x = Delta.numbers(numbers, n, key, value);
        x.push(numbers.decays(n, 0.7));
        x
    }
    fn gates<'a, T: Real>(&self, x: &'a [Vec<T>]) -> gated_delta_net::Gates<'a, T> {
        let g = Some(x[1].as_slice());
        gated_delta_net::Gates { beta: &x[0], g }
    }
    fn places(d: &mut [Vec<f64>]) -> gated_delta_net::GateGradients<'_, f64> {
        let [beta, g] = d else { unreachable!() };
        gated_delta_net::GateGradients { beta, g: Some(g) }
    }
}

impl Kind for Delta {
    type Gates<'a, T: Real> = gated_delta_net::Gates<'a, T>;
    fn numbers(&self, numbers: &mut Numbers, n: usize, key: usize, value: usize) -> Vec<Vec<f64>> {
        vec![
            numbers.vec(n * key),
            numbers.unit(n, key),
            numbers.vec(n * value),
            numbers.betas(n),
        ]
    }
    fn gates<'a, T: Real>(&self, x: &'a [Vec<T>]) -> gated_delta_net::Gates<'a, T> {
        gated_delta_net::Gates {
            beta: &x[0],
            g: None,
        }
    }
    fn places(d: &mut [Vec<f64>]) -> gated_delta_net::GateGradients<'_, f64> {
        gated_delta_net::GateGradients {
            beta: &mut d[0],
            g: None,
        }
    }
}

impl Kind for Lightning {
    type Gates<'a, T: Real> = lightning::Gates<T>;
    fn numbers(&self, numbers: &mut Numbers, n: usize, key: usize, value: usize) -> Vec<Vec<f64>> {
        vec![
            numbers.vec(n * key),
            numbers.vec(n * key),
            numbers.vec(n * value),
        ]
    }
    fn gates<T: Real>(&self, _: &[Vec<T>]) -> lightning::Gates<T> {
        lightning::Gates {
            g: T::from_f64(self.0),
        }
    }
    fn places(_: &mut [Vec<f64>]) {}
}

/// f32: T = 256 tokens from a state that is not zero, at several chunk sizes.
fn check_forms<K: Kind>(kind: &K) {
    let (n, key, value) = (256, 24, 40);
    let mut numbers = Numbers(7);
    let x: Vec<Vec<f32>> = kind
        .numbers(&mut numbers, n, key, value)
        .iter()
        .map(|x| cast(x))
        .collect();
    let start: Vec<f32> = cast(&numbers.vec(key * value));
    let mut shape = Shape::<f32>::new(key, value);
    let mut state = start.clone();
    let mut expected = vec![0.0; n * value];
    Recurrence::recurrent(shape, inputs(kind, &x), &mut state, &mut expected);
    for chunk in [1, 16, 23, 64, 300] {
        shape.chunk = chunk;
        let mut chunk_state = start.clone();
        let mut out = vec![0.0; n * value];
        recurrence::chunk_forward(shape, inputs(kind, &x), &mut chunk_state, &mut out, None);
        let worst =
            largest_difference(&out, &expected).max(largest_difference(&chunk_state, &state));
        assert!(worst <= 1e-4, "chunks of {chunk}: {worst}");
    }
}

/// f64: loss = Σ out ⊙ w + Σ state ⊙ z; every input and the first state against central differences.
fn check_gradients<K: Kind>(kind: &K) {
    let (n, key, value) = (45, 5, 6);
    let mut numbers = Numbers(11);
    let x = kind.numbers(&mut numbers, n, key, value);
    let start = numbers.vec(key * value);
    let (w, z) = (numbers.vec(n * value), numbers.vec(key * value));
    let mut shape = Shape::<f64>::new(key, value);
    shape.chunk = 20;
    let loss = |x: &[Vec<f64>], start: &[f64]| -> f64 {
        let mut state = start.to_vec();
        let mut out = vec![0.0; n * value];
        Recurrence::recurrent(shape, inputs(kind, x), &mut state, &mut out);
        let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        sum(&out, &w) + sum(&state, &z)
    };
    let zeros = || x.iter().map(|x| vec![0.0; x.len()]).collect::<Vec<_>>();
    let (mut by_chunk, mut by_step) = (zeros(), zeros());
    let mut kept = Vec::new();
    let mut out = vec![0.0; n * value];
    let (view, mut state) = (inputs(kind, &x), start.clone());
    recurrence::chunk_forward(shape, view, &mut state, &mut out, Some(&mut kept));
    let (mut d_start, mut d_start_by_step) = (z.clone(), z.clone());
    let grad = gradients::<K>(&mut by_chunk);
    recurrence::chunk_backward(shape, view, &kept, &w, &mut d_start, grad);
    let (grad, d) = (gradients::<K>(&mut by_step), &mut d_start_by_step);
    Recurrence::recurrent_backward(shape, view, &start, &w, d, grad);
    let step = 1e-5;
    let check = |what: String, found: f64, stepwise: f64, up: f64, down: f64| {
        let expected = (up - down) / (2.0 * step);
        let size = expected.abs().max(1e-2);
        assert!(
            (found - expected).abs() <= 1e-4 * size,
            "{what}: {found}, differences say {expected}"
        );
        assert!(
            (stepwise - expected).abs() <= 1e-4 * size,
            "{what} recurrent: {stepwise}, {expected}"
        );
    };
    for (i, input) in x.iter().enumerate() {
        for at in 0..input.len() {
            let moved = |by: f64| {
                let mut x = x.clone();
                x[i][at] += by;
                loss(&x, &start)
            };
            check(
                format!("input {i} at {at}"),
                by_chunk[i][at],
                by_step[i][at],
                moved(step),
                moved(-step),
            );
        }
    }
    for at in 0..start.len() {
        let moved = |by: f64| {
            let mut start = start.clone();
            start[at] += by;
            loss(&x, &start)
        };
        check(
            format!("state at {at}"),
            d_start[at],
            d_start_by_step[at],
            moved(step),
            moved(-step),
        );
    }
}

#[test]
fn gla() {
    check_forms(&Gla(0.1));
    check_gradients(&Gla(0.1));
}

#[test]
fn gla_with_strong_decay_does_not_overflow() {
    // 64 tokens at up to e^-6 each: e^{-G} would be e^{200}.
    check_forms(&Gla(6.0));
    check_gradients(&Gla(3.0));
}

#[test]
fn gated_delta_net() {
    check_forms(&Gated);
    check_gradients(&Gated);
}

#[test]
fn delta_net() {
    check_forms(&Delta);
    check_gradients(&Delta);
}

#[test]
fn lightning() {
    for g in [0.0, -0.4] {
        check_forms(&Lightning(g));
        check_gradients(&Lightning(g));
    }
}

/// Attention written out, one query at a time.
fn attention_by_definition(shape: Shape<f64>, x: softmax::Inputs<'_, f64>) -> Vec<f64> {
    let (key, value) = (shape.key, shape.value);
    let (n, m) = (x.q.len() / key, x.k.len() / key);
    let mut out = vec![0.0; n * value];
    for i in 0..n {
        let position = m - n + i;
        let first = x.window.map_or(0, |w| (position + 1).saturating_sub(w));
        let scores: Vec<f64> = (first..=position)
            .map(|j| {
                (0..key)
                    .map(|d| x.q[i * key + d] * x.k[j * key + d])
                    .sum::<f64>()
                    * shape.scale
            })
            .map(f64::exp)
            .collect();
        let total: f64 = scores.iter().sum();
        for (j, score) in (first..=position).zip(&scores) {
            for c in 0..value {
                out[i * value + c] += score / total * x.v[j * value + c];
            }
        }
    }
    out
}

#[test]
fn softmax_attention() {
    let (n, m, key, value) = (21, 30, 4, 5);
    let mut numbers = Numbers(3);
    let x = [
        numbers.vec(n * key),
        numbers.vec(m * key),
        numbers.vec(m * value),
    ];
    let w = numbers.vec(n * value);
    let mut shape = Shape::<f64>::new(key, value);
    shape.chunk = 8;
    for window in [None, Some(7), Some(1), Some(100)] {
        let inputs = |x: &'_ [Vec<f64>; 3]| -> Vec<f64> {
            attention_by_definition(
                shape,
                softmax::Inputs {
                    q: &x[0],
                    k: &x[1],
                    v: &x[2],
                    window,
                },
            )
        };
        let view = softmax::Inputs {
            q: &x[0],
            k: &x[1],
            v: &x[2],
            window,
        };
        let mut out = vec![0.0; n * value];
        let mut sums = vec![0.0; n];
        softmax::forward(shape, view, &mut out, &mut sums);
        assert!(largest_difference(&out, &inputs(&x)) < 1e-12);
        let mut grad = x.clone().map(|x| vec![0.0; x.len()]);
        let [q, k, v] = &mut grad;
        softmax::backward(shape, view, &w, None, softmax::Gradients { q, k, v });
        let loss = |x: &[Vec<f64>; 3]| inputs(x).iter().zip(&w).map(|(a, b)| a * b).sum::<f64>();
        for i in 0..3 {
            for at in 0..x[i].len() {
                let moved = |by: f64| {
                    let mut x = x.clone();
                    x[i][at] += by;
                    loss(&x)
                };
                let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                let error = (grad[i][at] - expected).abs();
                assert!(
                    error <= 1e-4 * expected.abs().max(1e-2),
                    "input {i} at {at}, window {window:?}"
                );
            }
        }
    }
}

/// A recurrence over a state and its outputs: in one piece, or over so many threads.
type Run<'a> = Box<dyn Fn(Option<usize>, &mut [f32], &mut [f32]) + 'a>;

fn a_run<'a>(shape: Shape<f32>, x: Inputs<'a, f32, impl Recurrence<f32> + 'a>) -> Run<'a> {
    Box::new(move |threads, state, out| match threads {
        Some(threads) => lasp2::chunks(shape, x, state, out, threads),
        None => recurrence::chunk_forward(shape, x, state, out, None),
    })
}

/// A stretch split over any number of threads against the same stretch in one piece, from a state that is not empty, in f32.
#[test]
fn a_split_stretch_is_the_whole_one() {
    let (n, key, value) = (700, 16, 24);
    let mut numbers = Numbers(11);
    let shape = Shape::<f32>::new(key, value);
    let q: Vec<f32> = cast(&numbers.vec(n * key));
    let k: Vec<f32> = cast(&numbers.unit(n, key));
    let v: Vec<f32> = cast(&numbers.vec(n * value));
    let start: Vec<f32> = cast(&numbers.vec(key * value));
    let (channels, tokens): (Vec<f32>, Vec<f32>) = (
        cast(&numbers.decays(n * key, 0.02)),
        cast(&numbers.decays(n, 0.02)),
    );
    let beta: Vec<f32> = cast(&numbers.betas(n));
    let (q, k, v, beta) = (q.as_slice(), k.as_slice(), v.as_slice(), beta.as_slice());
    let plain = Inputs {
        q,
        k,
        v,
        gates: gla::Gates { g: &channels },
    };
    let g = Some(tokens.as_slice());
    let gated = Inputs {
        q,
        k,
        v,
        gates: gated_delta_net::Gates { beta, g },
    };
    let bare = Inputs {
        gates: gated_delta_net::Gates { beta, g: None },
        ..gated
    };
    let constant = Inputs {
        q,
        k,
        v,
        gates: lightning::Gates { g: -0.01 },
    };
    let runs: [(&str, Run<'_>); 4] = [
        ("gla", a_run(shape, plain)),
        ("gated delta", a_run(shape, gated)),
        ("delta", a_run(shape, bare)),
        ("lightning", a_run(shape, constant)),
    ];
    for (name, run) in &runs {
        let (mut state, mut out) = (start.clone(), vec![0.0; n * value]);
        run(None, &mut state, &mut out);
        for threads in [1, 2, 3, 50] {
            let (mut again, mut split) = (start.clone(), vec![0.0; n * value]);
            run(Some(threads), &mut again, &mut split);
            let worst = largest_difference(&out, &split).max(largest_difference(&state, &again));
            assert!(worst <= 1e-4, "{name} over {threads}: {worst}");
        }
        let mut empty = vec![0.0; n * value];
        run(None, &mut vec![0.0; key * value], &mut empty);
        // The state that a part starts from matters, or the check would say little.
        let middle = n / 2 * value..(n / 2 + 64) * value;
        let reach = largest_difference(&out[middle.clone()], &empty[middle]);
        assert!(*name != "gla" || reach > 1e-2, "{name}: {reach}");
    }
}
