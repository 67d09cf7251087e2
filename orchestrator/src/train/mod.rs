//! Training a model from a configuration file: what `lakatos train` does between reading its options and writing to the
//! terminal. The mathematics is `lakatos-model-server`'s.

pub mod card;
pub mod config;
mod folder;

use std::path::{Path, PathBuf};
use std::time::Instant;

use lakatos_model_server::model::tokenizer::Tokenizer;
use lakatos_model_server::train::Trainer;
use lakatos_model_server::train::data::{Example, read_pairs};
use lakatos_model_server::{Model, ModelConfig, ModelError};

use crate::events::{Event, EventSink};
use crate::exit::Failure;
use crate::search::Cancel;
use config::TrainFile;
use folder::Folder;

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Every step was made.
    Finished,
    /// The user stopped it; its checkpoint is written.
    Interrupted,
}

/// Examples of a run.
struct Data {
    training: Vec<Example>,
    validation: Vec<Example>,
}

/// Trains, from the latest checkpoint of the output directory if there is one.
///
/// # Errors
/// Data, a tokenizer or a checkpoint that cannot be used; a loss that is not finite.
pub fn train(file: &TrainFile, stop: &Cancel, sink: &dyn EventSink) -> Result<End, Failure> {
    let config = file.model_config()?;
    let bytes = std::fs::read(&file.tokenizer)
        .map_err(|e| Failure::user(format!("{}: {e}", file.tokenizer.display())))?;
    let tokenizer = Tokenizer::from_bytes(&bytes, &config)?;
    let data = read(file, &tokenizer, &config, sink)?;
    let folder = Folder::new(&file.output.directory);
    let mut run = match folder.latest()? {
        Some(at) => resume(&at, file, &config, data.training)?,
        None => Trainer::new(
            Model::random(config, file.train.seed),
            file.train.clone(),
            data.training,
        )?,
    };
    sink.event(&Event::TrainingStarted {
        parameters: run.model().params().count(),
        step: run.steps_made(),
        steps: file.train.steps,
        validation: data.validation.len(),
    });
    let begin = Instant::now();
    let (from, mut tokens) = (run.steps_made(), 0_usize);
    let mut last = None;
    while run.steps_made() < file.train.steps {
        let progress = run.step()?;
        tokens += progress.tokens;
        let step = progress.step;
        let over = step == file.train.steps;
        let every = |n: u64| n > 0 && step.is_multiple_of(n);
        if every(file.output.log_every) || over {
            let seconds = begin.elapsed().as_secs_f64().max(1e-9);
            let made = (step - from) as f64;
            sink.event(&Event::TrainingStep {
                step,
                steps: file.train.steps,
                loss: progress.loss,
                rate: progress.rate,
                gradient_norm: progress.gradient_norm,
                tokens_per_second: tokens as f64 / seconds,
                seconds_left: seconds / made * (file.train.steps - step) as f64,
            });
        }
        if (every(file.output.validate_every) || over) && !data.validation.is_empty() {
            let evaluation = run.validate(&data.validation)?;
            sink.event(&Event::Validated {
                step,
                loss: evaluation.loss.mean(),
                exact_match: evaluation.exact_match,
            });
            last = Some(evaluation);
        }
        let stopped = stop.is_cancelled() && !over;
        if every(file.output.checkpoint_every) || over || stopped {
            folder.save(&run, &bytes)?;
        }
        if stopped {
            return Ok(End::Interrupted);
        }
    }
    finish(file, &run, last, &bytes, &data.validation, sink)?;
    Ok(End::Finished)
}

fn finish(
    file: &TrainFile,
    run: &Trainer,
    last: Option<lakatos_model_server::train::Evaluation>,
    tokenizer: &[u8],
    validation: &[Example],
    sink: &dyn EventSink,
) -> Result<(), Failure> {
    let evaluation = match last {
        None if !validation.is_empty() => Some(lakatos_model_server::train::evaluate(
            run.model(),
            validation,
        )?),
        known => known,
    };
    let dir = &file.output.directory;
    run.model().save(dir)?;
    write(&dir.join("tokenizer.json"), tokenizer)?;
    write(&dir.join("loss.svg"), run.plot().as_bytes())?;
    let card = card::card(file, run, evaluation.as_ref())?;
    write(&dir.join("README.md"), card.as_bytes())?;
    sink.event(&Event::CheckpointWritten {
        path: dir.clone(),
        step: run.steps_made(),
    });
    Ok(())
}

fn resume(
    at: &Path,
    file: &TrainFile,
    config: &ModelConfig,
    examples: Vec<Example>,
) -> Result<Trainer, Failure> {
    let run = Trainer::resume(at, examples)?;
    if run.config() != &file.train || run.model().config() != config {
        let message = format!(
            "{} was made with other settings than the configuration's",
            at.display()
        );
        return Err(Failure::config(message)
            .hint("give the settings it was made with, or --fresh to begin anew"));
    }
    Ok(run)
}

fn read(
    file: &TrainFile,
    tokenizer: &Tokenizer,
    config: &ModelConfig,
    sink: &dyn EventSink,
) -> Result<Data, Failure> {
    let end = config.eos_token_ids.first().copied();
    let mut too_long = 0;
    let mut all = |paths: &[PathBuf]| -> Result<Vec<Example>, ModelError> {
        let mut examples = Vec::new();
        for path in paths {
            let read = read_pairs(path, tokenizer, end, file.data.max_tokens)?;
            too_long += read.too_long;
            examples.extend(read.examples);
        }
        Ok(examples)
    };
    let mut training = all(&file.data.train)?;
    let mut validation = all(&file.data.validation)?;
    if file.data.validation_share > 0.0 {
        // By the prompt, so that the same prompt is never on both sides.
        let share = (file.data.validation_share * 10_000.0) as u64;
        let held = |e: &Example| {
            let prompt = e.tokens.iter().take(e.prompt);
            prompt.fold(7_u64, |h, t| {
                (h ^ u64::from(*t))
                    .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                    .rotate_left(29)
            }) % 10_000
                < share
        };
        let (out, rest): (Vec<_>, Vec<_>) = training.into_iter().partition(held);
        training = rest;
        validation.extend(out);
    }
    if too_long > 0 {
        let message = format!(
            "{too_long} rows are longer than {} tokens and are left out",
            file.data.max_tokens
        );
        sink.event(&Event::Warning { message });
    }
    Ok(Data {
        training,
        validation,
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes)
        .map_err(|e| Failure::environment(format!("{}: {e}", path.display())))
}
