//! The weights of a model: one list of named tensors, which layers refer to by index.
//!
//! Layers hold sizes and [`ParamId`]s, no numbers. So gradients, optimiser moments, 8-bit copies and checkpoints are
//! each one more list of the same form.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::real::Real;

/// Which tensor of [`Params`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ParamId(usize);

impl ParamId {
    /// Its place in the list.
    pub fn index(self) -> usize {
        self.0
    }
}

/// How a tensor starts in a model that is trained from nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Init {
    /// Independent normal numbers of this standard deviation.
    Normal(f64),
    /// 1.
    Ones,
    /// 0.
    Zeros,
    /// ln of uniform numbers in (1, 16): the decay rates of the gated delta rule.
    LogUniform,
    /// softplus⁻¹ of log-uniform numbers in (0.001, 0.1): its time steps.
    TimeStep,
    /// These numbers.
    Values(Vec<f64>),
}

/// A tensor's description.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Name in a checkpoint.
    pub name: String,
    /// Shape, outermost first; matrices are `[outputs, inputs]`.
    pub shape: Vec<usize>,
    /// How it starts.
    pub init: Init,
    /// False for constants that a checkpoint holds, such as slopes.
    pub trainable: bool,
    /// Whether an 8-bit copy may stand in: not for tables, nor for what makes gates, decays and routes.
    pub quantisable: bool,
}

impl Spec {
    /// Elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// True when a dimension is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Weight decay is for matrices: not for norms, biases, decays and time steps.
    pub fn decays(&self) -> bool {
        self.shape.len() >= 2 && self.trainable
    }
}

/// Low-rank adapters of projections (LoRA, Hu et al., arXiv 2106.09685): y = W x + (alpha / rank) B A x.
#[derive(Clone, Debug, PartialEq)]
pub struct Lora {
    /// Rank of B A.
    pub rank: usize,
    /// See above.
    pub alpha: f64,
    /// Last parts of the names of the projections that get one: `q_proj` and so on.
    pub targets: Vec<String>,
}

/// Collects the tensors that layers need.
#[derive(Debug, Default)]
pub struct Declare {
    specs: Vec<Spec>,
    lora: Option<Lora>,
    only: Option<Vec<String>>,
}

impl Declare {
    /// With `lora`, adapters are declared beside the projections it names; with `only`, tensors whose name contains none of
    /// these words are not trained.
    pub fn new(lora: Option<Lora>, only: Option<Vec<String>>) -> Self {
        Self {
            specs: Vec::new(),
            lora,
            only,
        }
    }

    /// The adapter that goes with the projection `name`, if it gets one.
    pub fn lora(&self, name: &str) -> Option<Lora> {
        let wanted = |t: &String| name.rsplit('.').next() == Some(t.as_str());
        self.lora.clone().filter(|l| l.targets.iter().any(wanted))
    }

    /// Adds a trained tensor.
    pub fn add(&mut self, name: String, shape: &[usize], init: Init) -> ParamId {
        self.push(name, shape, init, true, false)
    }

    /// Adds a trained matrix `[outputs, inputs]` that an 8-bit copy may stand in for.
    pub fn matrix(&mut self, name: String, shape: [usize; 2], init: Init) -> ParamId {
        self.push(name, &shape, init, true, true)
    }

    /// Adds a tensor that is stored and never trained.
    pub fn constant(&mut self, name: String, shape: &[usize], init: Init) -> ParamId {
        self.push(name, shape, init, false, false)
    }

    fn push(
        &mut self,
        name: String,
        shape: &[usize],
        init: Init,
        trainable: bool,
        quantisable: bool,
    ) -> ParamId {
        let words = self.only.iter().flatten();
        let chosen = self.only.is_none() || words.into_iter().any(|w| name.contains(w.as_str()));
        self.specs.push(Spec {
            name,
            shape: shape.to_vec(),
            init,
            trainable: trainable && chosen,
            quantisable,
        });
        ParamId(self.specs.len() - 1)
    }

    /// The list.
    pub fn finish(self) -> Arc<[Spec]> {
        self.specs.into()
    }
}

/// Numbers for a list of tensors.
#[derive(Clone, Debug)]
pub struct Params<T> {
    specs: Arc<[Spec]>,
    data: Vec<Vec<T>>,
}

impl<T: Real> Params<T> {
    /// All zero.
    pub fn zeros(specs: Arc<[Spec]>) -> Self {
        let data = specs.iter().map(|s| vec![T::ZERO; s.len()]).collect();
        Self { specs, data }
    }

    /// Zeros for the tensors that are trained, nothing for the others: gradients and moments.
    pub fn trained(specs: Arc<[Spec]>) -> Self {
        let zeros = |s: &Spec| vec![T::ZERO; if s.trainable { s.len() } else { 0 }];
        let data = specs.iter().map(zeros).collect();
        Self { specs, data }
    }

    /// Whether there is room for the numbers of a tensor: false for one that is not trained, in [`Params::trained`].
    pub fn wants(&self, id: ParamId) -> bool {
        !self.data[id.0].is_empty()
    }

    /// The start of training: the same seed gives the same numbers.
    pub fn random(specs: Arc<[Spec]>, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut uniform = move || (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let data = specs
            .iter()
            .map(|spec| {
                let mut draw = |i: usize| match &spec.init {
                    Init::Normal(std) => {
                        // Box and Muller.
                        let radius = (-2.0 * (1.0 - uniform()).ln()).sqrt();
                        std * radius * (std::f64::consts::TAU * uniform()).cos()
                    }
                    Init::Ones => 1.0,
                    Init::Zeros => 0.0,
                    Init::LogUniform => (1.0 + 15.0 * uniform()).ln(),
                    Init::TimeStep => {
                        let dt = (0.001_f64.ln() + 100.0_f64.ln() * uniform()).exp();
                        dt + (-(-dt).exp_m1()).ln()
                    }
                    Init::Values(values) => values.get(i).copied().unwrap_or(0.0),
                };
                (0..spec.len()).map(|i| T::from_f64(draw(i))).collect()
            })
            .collect();
        Self { specs, data }
    }

    /// Numbers in the order of `specs`; none when a length does not fit.
    pub fn from_data(specs: Arc<[Spec]>, data: Vec<Vec<T>>) -> Option<Self> {
        let fits =
            specs.len() == data.len() && specs.iter().zip(&data).all(|(s, d)| s.len() == d.len());
        fits.then_some(Self { specs, data })
    }

    /// The descriptions.
    pub fn specs(&self) -> &Arc<[Spec]> {
        &self.specs
    }

    /// A tensor's numbers.
    pub fn get(&self, id: ParamId) -> &[T] {
        &self.data[id.0]
    }

    /// A tensor's numbers, to write.
    pub fn get_mut(&mut self, id: ParamId) -> &mut [T] {
        &mut self.data[id.0]
    }

    /// All tensors, in order.
    pub fn tensors(&self) -> &[Vec<T>] {
        &self.data
    }

    /// All tensors, to write.
    pub fn tensors_mut(&mut self) -> &mut [Vec<T>] {
        &mut self.data
    }

    /// Numbers in all.
    pub fn count(&self) -> usize {
        self.data.iter().map(Vec::len).sum()
    }

    /// The same numbers in another precision.
    pub fn cast<U: Real>(&self) -> Params<U> {
        let convert = |x: &Vec<T>| x.iter().map(|x| U::from_f64(x.to_f64())).collect();
        Params {
            specs: Arc::clone(&self.specs),
            data: self.data.iter().map(convert).collect(),
        }
    }
}
