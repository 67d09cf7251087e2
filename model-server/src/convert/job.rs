//! A conversion from beginning to end: measure the softmax model, linearise it, transfer attention (LoLCATs), fine-tune
//! adapters, merge them, and measure after each. An interrupted job leaves a checkpoint beside its result and goes on from it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::linearise::{Method, linearise};
use super::source::Source;
use crate::error::ModelError;
use crate::layers::params::Lora;
use crate::model::Model;
use crate::model::load::write;
use crate::model::tokenizer::Tokenizer;
use crate::train::data::{Example, windows};
use crate::train::distil::{self, Objective};
use crate::train::{Progress, TrainConfig, Trainer, evaluate, lora};

/// A stretch of training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Steps; 0 leaves the stage out.
    pub steps: u64,
    /// Learning rate after the warm-up.
    pub learning_rate: f64,
}

/// What a job does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// How softmax is replaced.
    pub method: Method,
    /// Positions that softmax still sees.
    pub window: usize,
    /// Attention transfer; not for Liger, which has nothing to transfer to.
    pub transfer: Stage,
    /// Fine-tuning of the adapters.
    pub tuning: Stage,
    /// Rank of the adapters.
    pub rank: usize,
    /// See [`Lora`].
    pub alpha: f64,
    /// Which projections get one.
    pub targets: Vec<String>,
    /// Tokens of a sequence, in training.
    pub length: usize,
    /// Sequences a step.
    pub batch_size: usize,
    /// Seed of adapters and of the order of sequences.
    pub seed: u64,
}

/// Where in a job something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// The softmax model.
    Source,
    /// After the replacement of softmax.
    Linearised,
    /// After attention transfer.
    Transferred,
    /// After fine-tuning.
    Tuned,
}

/// How a model does at some point of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// When.
    pub point: Point,
    /// e to the mean nats a token of the evaluation text.
    pub perplexity: f64,
    /// Tokens predicted for it.
    pub tokens: usize,
    /// Bytes of a sequence's state after [`STATE_TOKENS`] tokens.
    pub state_bytes: usize,
}

/// Tokens after which a state is measured.
pub const STATE_TOKENS: usize = 2048;

/// What a job says while it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Report<'a> {
    /// A stretch of training begins, or goes on after so many steps.
    Begin {
        /// The point it leads to.
        to: Point,
        /// Steps made already.
        done: u64,
        /// Steps in all.
        steps: u64,
    },
    /// A step was made.
    Step {
        /// The point it leads to.
        to: Point,
        /// What the step reports.
        progress: Progress,
    },
    /// A model was measured.
    Measured(&'a Measure),
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The converted model is in its place.
    Done(Vec<Measure>),
    /// Stopped; the same job goes on from there.
    Interrupted,
}

/// What is where while a job is unfinished.
const UNFINISHED: &str = "unfinished";
const JOURNAL: &str = "job.json";
/// The measurements, beside the converted model.
pub const MEASURES: &str = "convert.json";
/// Steps between checkpoints.
const SAVE_EVERY: u64 = 50;

#[derive(Serialize, Deserialize)]
struct Journal {
    settings: Settings,
    /// The point that the checkpoint's run leads to.
    to: Point,
    measures: Vec<Measure>,
}

/// A job.
pub struct Job<'a> {
    /// The softmax model.
    pub source: Source,
    /// Where the converted model goes.
    pub out: &'a Path,
    /// What to do.
    pub settings: Settings,
    /// Text to train on.
    pub text: &'a str,
    /// Text to measure on.
    pub evaluation: &'a str,
    /// Whether to stop.
    pub stop: &'a dyn Fn() -> bool,
    /// Who listens.
    pub report: &'a mut dyn FnMut(Report<'_>),
}

impl Job<'_> {
    /// Runs the job, or the rest of it.
    ///
    /// # Errors
    /// Texts of no tokens, settings out of range, files that cannot be written, or a checkpoint of a job with other settings.
    pub fn run(mut self) -> Result<End, ModelError> {
        let tokenizer = Tokenizer::from_bytes(&self.source.tokenizer, self.source.model.config())?;
        let training = windows(&tokenizer.encode(self.text)?, self.settings.length);
        let evaluation = tokenizer.encode(self.evaluation)?;
        if evaluation.len() < 2 {
            let message = "the evaluation text has fewer than two tokens";
            return Err(ModelError::Training(message.into()));
        }
        let (mut measures, mut run, mut to) = match self.journal()? {
            Some(journal) => {
                let dir = self.unfinished();
                let run = Trainer::resume(&dir, training.clone())?;
                (journal.measures, run, journal.to)
            }
            None => {
                let measured = self.measure(Point::Source, &self.source.model, &evaluation)?;
                self.report_measure(&measured);
                let Settings { method, window, .. } = self.settings;
                let model = linearise(&self.source.model, method, window)?;
                let linear = self.measure(Point::Linearised, &model, &evaluation)?;
                self.report_measure(&linear);
                let first = match method {
                    Method::Lolcats if self.settings.transfer.steps > 0 => Point::Transferred,
                    _ => Point::Tuned,
                };
                let measures = vec![measured, linear];
                let Some(run) = self.trainer(&model, first, training.clone())? else {
                    return self.finish(&model, measures);
                };
                (measures, run, first)
            }
        };
        loop {
            if !self.train(&mut run, to, &measures)? {
                return Ok(End::Interrupted);
            }
            let model = match to {
                Point::Tuned => lora::merge(run.model())?,
                _ => distil::restore(run.model())?,
            };
            let measured = self.measure(to, &model, &evaluation)?;
            self.report_measure(&measured);
            measures.push(measured);
            let next = match to {
                Point::Tuned => None,
                _ => self.trainer(&model, Point::Tuned, training.clone())?,
            };
            match next {
                Some(next) => (run, to) = (next, Point::Tuned),
                None => return self.finish(&model, measures),
            }
        }
    }

    /// Makes the remaining steps; false when stopped. What was made is kept either way.
    fn train(
        &mut self,
        run: &mut Trainer,
        to: Point,
        measures: &[Measure],
    ) -> Result<bool, ModelError> {
        let steps = self.stage(to).steps;
        let done = run.steps_made();
        (self.report)(Report::Begin { to, done, steps });
        while run.steps_made() < steps {
            let progress = run.step()?;
            (self.report)(Report::Step { to, progress });
            let stop = (self.stop)();
            if stop || progress.step % SAVE_EVERY == 0 || progress.step == steps {
                self.save(run, to, measures)?;
            }
            if stop {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn stage(&self, to: Point) -> Stage {
        match to {
            Point::Tuned => self.settings.tuning,
            _ => self.settings.transfer,
        }
    }

    /// The run that leads to a point; none when it has no steps.
    fn trainer(
        &self,
        model: &Model,
        to: Point,
        examples: Vec<Example>,
    ) -> Result<Option<Trainer>, ModelError> {
        let stage = self.stage(to);
        if stage.steps == 0 {
            return Ok(None);
        }
        let config = TrainConfig {
            steps: stage.steps,
            batch_size: self.settings.batch_size,
            learning_rate: stage.learning_rate,
            final_rate: 0.1,
            warmup_steps: (stage.steps / 20).max(1),
            weight_decay: 0.0,
            clip_norm: 1.0,
            seed: self.settings.seed,
        };
        let run = match to {
            Point::Tuned => {
                let adapters = Lora {
                    rank: self.settings.rank,
                    alpha: self.settings.alpha,
                    targets: self.settings.targets.clone(),
                };
                let model = lora::add(model, &adapters, self.settings.seed)?;
                Trainer::new(model, config, examples)?
            }
            _ => Trainer::new(distil::prepare(model)?, config, examples)?
                .with_objective(Objective::AttentionTransfer),
        };
        Ok(Some(run))
    }

    fn measure(&self, point: Point, model: &Model, text: &[u32]) -> Result<Measure, ModelError> {
        let evaluation = evaluate(model, &windows(text, self.settings.length))?;
        let mut state = model.new_state();
        // A state's size does not depend on what it has read.
        let filler: Vec<u32> = text.iter().copied().cycle().take(STATE_TOKENS).collect();
        for part in filler.chunks(512) {
            model.prefill(&mut state, part)?;
        }
        Ok(Measure {
            point,
            perplexity: evaluation.loss.mean().exp(),
            tokens: evaluation.loss.targets,
            state_bytes: state.bytes(),
        })
    }

    fn report_measure(&mut self, measure: &Measure) {
        (self.report)(Report::Measured(measure));
    }

    fn unfinished(&self) -> PathBuf {
        self.out.join(UNFINISHED)
    }

    fn journal(&self) -> Result<Option<Journal>, ModelError> {
        let path = self.unfinished().join(JOURNAL);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(ModelError::io(path)(e)),
        };
        let journal: Journal = serde_json::from_str(&text)
            .map_err(|e| ModelError::Training(format!("{}: {e}", path.display())))?;
        if journal.settings != self.settings {
            return Err(ModelError::Request(format!(
                "{} holds an unfinished conversion with other settings: give the same, or remove it",
                self.unfinished().display()
            )));
        }
        Ok(Some(journal))
    }

    fn save(&self, run: &Trainer, to: Point, measures: &[Measure]) -> Result<(), ModelError> {
        let dir = self.unfinished();
        run.save(&dir)?;
        // Last: a directory without a journal is no checkpoint.
        let journal = Journal {
            settings: self.settings.clone(),
            to,
            measures: measures.to_vec(),
        };
        write(&dir.join(JOURNAL), json(&journal)?.as_bytes())
    }

    fn finish(&self, model: &Model, measures: Vec<Measure>) -> Result<End, ModelError> {
        model.save(self.out)?;
        self.source.save_texts(self.out)?;
        write(&self.out.join(MEASURES), json(&measures)?.as_bytes())?;
        let dir = self.unfinished();
        if dir.exists() {
            std::fs::remove_dir_all(&dir).map_err(ModelError::io(dir))?;
        }
        Ok(End::Done(measures))
    }
}

fn json(value: &impl Serialize) -> Result<String, ModelError> {
    serde_json::to_string_pretty(value).map_err(|e| ModelError::Training(e.to_string()))
}
