//! Training: AdamW over batches of (prompt, completion), with checkpoints from which a run continues bit for bit.
//!
//! What a step trains on follows from the seed, the data and the step's number, so that a checkpoint needs the weights, the
//! moments and that number.

pub mod adamw;
pub mod data;
pub mod distil;
pub mod lora;
pub mod plot;

use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::error::ModelError;
use crate::layers::params::Params;
use crate::model::load::{Precision, load_trained, save_params, write};
use crate::model::{LossSum, Model};
use adamw::AdamW;
use data::{Example, order, pack};
use distil::Objective;

/// Settings of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Steps in all.
    pub steps: u64,
    /// Examples a step.
    pub batch_size: usize,
    /// Learning rate after the warm-up.
    pub learning_rate: f64,
    /// Learning rate at the end, as a share of that.
    pub final_rate: f64,
    /// Steps over which the learning rate rises from 0.
    pub warmup_steps: u64,
    /// See [`adamw::Settings`].
    pub weight_decay: f64,
    /// See [`adamw::Settings`].
    pub clip_norm: f64,
    /// Seed of the order of examples.
    pub seed: u64,
}

impl TrainConfig {
    /// The learning rate of a step, counted from 1: linear warm-up, then half a cosine.
    pub fn rate(&self, step: u64) -> f64 {
        if step <= self.warmup_steps {
            return self.learning_rate * step as f64 / self.warmup_steps as f64;
        }
        let length = self.steps.saturating_sub(self.warmup_steps).max(1) as f64;
        let done = ((step - self.warmup_steps) as f64 / length).min(1.0);
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
        self.learning_rate * (self.final_rate + (1.0 - self.final_rate) * cosine)
    }

    /// Checks the settings' ranges.
    ///
    /// # Errors
    /// A setting out of range, by name.
    pub fn check(&self) -> Result<(), ModelError> {
        let wrong = |what: &str| Err(ModelError::Training(what.into()));
        if self.batch_size == 0 || self.steps == 0 {
            return wrong("batch_size and steps must be at least 1");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite() && self.clip_norm > 0.0) {
            return wrong("learning_rate and clip_norm must be above 0");
        }
        if !(0.0..=1.0).contains(&self.final_rate)
            || !self.weight_decay.is_finite()
            || self.weight_decay < 0.0
        {
            return wrong("final_rate must be from 0 to 1 and weight_decay not below 0");
        }
        Ok(())
    }
}

/// What a step reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps made.
    pub step: u64,
    /// Mean nats a target, or what else the run's objective measures.
    pub loss: f64,
    /// Learning rate used.
    pub rate: f64,
    /// Norm of the gradient before clipping.
    pub gradient_norm: f64,
    /// Tokens of the batch, prompts included.
    pub tokens: usize,
    /// Those over the step's seconds.
    pub tokens_per_second: f64,
    /// Seconds that the remaining steps take at this speed.
    pub seconds_left: f64,
}

/// How a model does on examples it was not trained on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Loss over all targets.
    pub loss: LossSum,
    /// Share of examples whose every target had the largest logit: what greedy decoding would get exactly.
    pub exact_match: f64,
}

/// What a checkpoint holds besides tensors.
#[derive(Serialize, Deserialize)]
struct Journal {
    step: u64,
    config: TrainConfig,
    data: u64,
    losses: Vec<(u64, f64)>,
    validation: Vec<(u64, f64)>,
    #[serde(default)]
    objective: Objective,
}

/// A run.
#[derive(Debug)]
pub struct Trainer {
    model: Model,
    config: TrainConfig,
    examples: Vec<Example>,
    optimiser: AdamW,
    grads: Params<f32>,
    step: u64,
    losses: Vec<(u64, f64)>,
    validation: Vec<(u64, f64)>,
    objective: Objective,
}

const JOURNAL: &str = "trainer.json";
const MEAN: &str = "optimizer_mean.safetensors";
const SQUARE: &str = "optimizer_square.safetensors";

impl Trainer {
    /// A run from its beginning.
    ///
    /// # Errors
    /// No examples, or settings out of range.
    pub fn new(
        model: Model,
        config: TrainConfig,
        examples: Vec<Example>,
    ) -> Result<Self, ModelError> {
        config.check()?;
        if examples.is_empty() {
            return Err(ModelError::Training("there are no examples".into()));
        }
        let specs = model.params().specs();
        Ok(Self {
            optimiser: AdamW::new(specs),
            grads: Params::trained(specs.clone()),
            model,
            config,
            examples,
            step: 0,
            losses: Vec::new(),
            validation: Vec::new(),
            objective: Objective::NextToken,
        })
    }

    /// The same run with another objective.
    pub fn with_objective(self, objective: Objective) -> Self {
        Self { objective, ..self }
    }

    /// A run from a checkpoint of [`Trainer::save`]. What follows is bit for bit what would have followed there, on the same
    /// machine with as many threads.
    ///
    /// # Errors
    /// A checkpoint that cannot be read, or other examples than those it was made with.
    pub fn resume(dir: &Path, examples: Vec<Example>) -> Result<Self, ModelError> {
        let path = dir.join(JOURNAL);
        let text = std::fs::read_to_string(&path).map_err(ModelError::io(&path))?;
        let journal: Journal = serde_json::from_str(&text)
            .map_err(|e| ModelError::Training(format!("{}: {e}", path.display())))?;
        if journal.data != fingerprint(&examples) {
            let message = "the examples are not those of the checkpoint: give the same files";
            return Err(ModelError::Training(message.into()));
        }
        let mut run = Self::new(Model::load(dir)?, journal.config, examples)?;
        let specs = run.model.params().specs();
        run.optimiser.mean = load_trained(specs, &[dir.join(MEAN)])?;
        run.optimiser.square = load_trained(specs, &[dir.join(SQUARE)])?;
        (run.step, run.losses, run.validation) = (journal.step, journal.losses, journal.validation);
        Ok(run.with_objective(journal.objective))
    }

    /// Writes the model, the moments and the run's place into a directory.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, dir: &Path) -> Result<(), ModelError> {
        self.model.save(dir)?;
        save_params(&self.optimiser.mean, &dir.join(MEAN), Precision::F32)?;
        save_params(&self.optimiser.square, &dir.join(SQUARE), Precision::F32)?;
        let journal = Journal {
            step: self.step,
            config: self.config.clone(),
            data: fingerprint(&self.examples),
            losses: self.losses.clone(),
            validation: self.validation.clone(),
            objective: self.objective,
        };
        let text =
            serde_json::to_string(&journal).map_err(|e| ModelError::Training(e.to_string()))?;
        write(&dir.join(JOURNAL), text.as_bytes())
    }

    /// The model as it is now.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The model at the end of the run.
    pub fn into_model(self) -> Model {
        self.model
    }

    /// The run's settings.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// Steps made.
    pub fn steps_made(&self) -> u64 {
        self.step
    }

    /// The loss curves as an SVG picture.
    pub fn plot(&self) -> String {
        plot::svg(&self.losses, &self.validation)
    }

    /// Makes the remaining steps, reporting each.
    ///
    /// # Errors
    /// As [`Trainer::step`].
    pub fn run(&mut self, mut report: impl FnMut(&Self, Progress)) -> Result<(), ModelError> {
        while self.step < self.config.steps {
            let progress = self.step()?;
            report(self, progress);
        }
        Ok(())
    }

    /// Makes one step.
    ///
    /// # Errors
    /// A token outside the vocabulary, or a loss or gradient that is not finite; the model is left as it was.
    pub fn step(&mut self) -> Result<Progress, ModelError> {
        let start = Instant::now();
        let batch = pack(self.batch(self.step));
        for tensor in self.grads.tensors_mut() {
            tensor.fill(0.0);
        }
        let loss = self.objective.loss(&self.model, &batch, &mut self.grads)?;
        let step = self.step + 1;
        let rate = self.config.rate(step);
        let settings = adamw::Settings {
            beta1: 0.9,
            beta2: 0.95,
            eps: 1e-8,
            weight_decay: self.config.weight_decay,
            clip_norm: self.config.clip_norm,
        };
        let (optimiser, grads) = (&mut self.optimiser, &self.grads);
        let mut gradient_norm = 0.0;
        self.model
            .update(|params| gradient_norm = optimiser.step(params, grads, &settings, rate, step));
        if !(loss.is_finite() && gradient_norm.is_finite()) {
            return Err(ModelError::Training(format!(
                "step {step}: the loss or its gradient is not finite; a smaller learning_rate may help"
            )));
        }
        self.step = step;
        self.losses.push((step, loss));
        let seconds = start.elapsed().as_secs_f64().max(1e-9);
        Ok(Progress {
            step,
            loss,
            rate,
            gradient_norm,
            tokens: batch.tokens.len(),
            tokens_per_second: batch.tokens.len() as f64 / seconds,
            seconds_left: seconds * self.config.steps.saturating_sub(step) as f64,
        })
    }

    /// The examples of a step, counted from 0.
    fn batch(&self, step: u64) -> Vec<&Example> {
        let (n, size) = (self.examples.len() as u64, self.config.batch_size as u64);
        let mut drawn: Option<(u64, Vec<usize>)> = None;
        let mut batch = Vec::with_capacity(self.config.batch_size);
        for index in step * size..(step + 1) * size {
            let epoch = index / n;
            if drawn.as_ref().is_none_or(|(e, _)| *e != epoch) {
                drawn = Some((epoch, order(self.examples.len(), self.config.seed, epoch)));
            }
            let at = drawn
                .as_ref()
                .and_then(|(_, order)| order.get((index % n) as usize));
            batch.extend(at.and_then(|at| self.examples.get(*at)));
        }
        batch
    }

    /// Evaluates the model and notes the loss for the plot.
    ///
    /// # Errors
    /// A token outside the vocabulary.
    pub fn validate(&mut self, examples: &[Example]) -> Result<Evaluation, ModelError> {
        let evaluation = evaluate(&self.model, examples)?;
        self.validation.push((self.step, evaluation.loss.mean()));
        Ok(evaluation)
    }
}

/// Loss and exact matches over examples.
///
/// # Errors
/// A token outside the vocabulary.
pub fn evaluate(model: &Model, examples: &[Example]) -> Result<Evaluation, ModelError> {
    let (mut loss, mut exact) = (LossSum::default(), 0_usize);
    for example in examples {
        let one = model.loss(&pack([example]))?;
        exact += usize::from(one.correct == one.targets);
        loss.nats += one.nats;
        loss.targets += one.targets;
        loss.correct += one.correct;
    }
    let exact_match = exact as f64 / examples.len().max(1) as f64;
    Ok(Evaluation { loss, exact_match })
}

/// Identifies examples and their order.
fn fingerprint(examples: &[Example]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut mix = |x: u64| {
        hash = (hash ^ x).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash ^= hash >> 29;
    };
    for example in examples {
        mix(example.prompt as u64);
        example.tokens.iter().for_each(|t| mix(u64::from(*t)));
        mix(u64::MAX);
    }
    hash
}
