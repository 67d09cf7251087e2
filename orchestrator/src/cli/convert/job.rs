//! What `lakatos convert liger` and `lolcats` share: texts, settings, progress, Ctrl-C and the figures at the end.

use std::path::PathBuf;
use std::sync::Arc;

use lakatos_model_server::convert::job::{End, Job, Measure, Point, Report, Settings, Stage};
use lakatos_model_server::convert::linearise::Method;
use lakatos_model_server::convert::source::Source;

use crate::cli::context::Context;
use crate::cli::interrupt;
use crate::events::{Event, EventSink};
use crate::exit::{Exit, Failure};
use crate::progress::Console;
use crate::search::Cancel;

/// Options of a conversion.
#[derive(Debug, clap::Args)]
pub struct JobArgs {
    /// A directory with a Llama checkpoint in safetensors, or a GGUF file
    source: PathBuf,
    /// Directory of the converted checkpoint; an interrupted conversion goes on from what it left there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Plain text to train on; may be given more than once
    #[arg(long, value_name = "FILE", required = true)]
    text: Vec<PathBuf>,
    /// Plain text to measure perplexity on, which should not be trained on
    #[arg(long, value_name = "FILE", required = true)]
    eval: Vec<PathBuf>,
    /// Steps of fine-tuning
    #[arg(long, value_name = "N", default_value_t = 100)]
    steps: u64,
    /// Learning rate of fine-tuning
    #[arg(long, value_name = "RATE", default_value_t = 1e-3)]
    rate: f64,
    /// Sequences a step
    #[arg(long, value_name = "N", default_value_t = 2)]
    batch: usize,
    /// Tokens of a sequence, in training and in measuring
    #[arg(long, value_name = "N", default_value_t = 512)]
    length: usize,
    /// Positions that softmax still sees
    #[arg(long, value_name = "N", default_value_t = 64)]
    window: usize,
    /// Rank of the adapters
    #[arg(long, value_name = "N", default_value_t = 8)]
    rank: usize,
    /// Seed of the adapters and of the order of sequences
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

/// What the two methods do differently.
pub struct Plan {
    pub method: Method,
    pub transfer: Stage,
    pub targets: &'static [&'static str],
}

pub async fn run(context: &Context, args: JobArgs, plan: Plan) -> Result<Exit, Failure> {
    for (name, value) in [
        ("window", args.window),
        ("rank", args.rank),
        ("batch", args.batch),
    ] {
        if value == 0 {
            return Err(Failure::user(format!("--{name} must be at least 1")));
        }
    }
    let settings = Settings {
        method: plan.method,
        window: args.window,
        transfer: plan.transfer,
        tuning: Stage {
            steps: args.steps,
            learning_rate: args.rate,
        },
        rank: args.rank,
        alpha: 2.0 * args.rank as f64,
        targets: plan.targets.iter().map(|t| (*t).to_owned()).collect(),
        length: args.length,
        batch_size: args.batch,
        seed: args.seed,
    };
    let (text, evaluation) = (read(&args.text)?, read(&args.eval)?);
    let console = Arc::clone(&context.console);
    let stop = Cancel::new();
    interrupt::listen(stop.clone(), Arc::clone(&console));
    let out = args.out.clone();
    let work = move || {
        let job = Job {
            source: Source::read(&args.source)?,
            out: &args.out,
            settings,
            text: &text,
            evaluation: &evaluation,
            stop: &|| stop.is_cancelled(),
            report: &mut |report| say(&console, report),
        };
        job.run()
    };
    let ended = tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| Failure::internal(format!("the conversion ended early: {e}")))?;
    match ended? {
        End::Done(_) => {
            if !context.console.is_json() {
                let place = out.display();
                context
                    .console
                    .out(format!("The converted model is in {place}."));
            }
            Ok(Exit::Success)
        }
        End::Interrupted => Err(Failure::interrupted("the conversion was interrupted")
            .hint("the same command goes on with it")),
    }
}

fn read(files: &[PathBuf]) -> Result<String, Failure> {
    let mut all = String::new();
    for file in files {
        let text = std::fs::read_to_string(file)
            .map_err(|e| Failure::user(format!("{}: {e}", file.display())))?;
        all.push_str(&text);
        all.push('\n');
    }
    Ok(all)
}

fn name(point: Point) -> &'static str {
    match point {
        Point::Source => "softmax",
        Point::Linearised => "linearised",
        Point::Transferred => "attention transfer",
        Point::Tuned => "fine-tuning",
    }
}

fn say(console: &Console, report: Report<'_>) {
    let json = console.is_json();
    match report {
        Report::Begin { to, done, steps } if json => console.json(&serde_json::json!({
            "event": "convert_begin", "to": to, "done": done, "steps": steps,
        })),
        Report::Begin { to, done, steps } => {
            let message = name(to).to_owned();
            let (phase, total) = (name(to), Some(steps));
            console.event(&Event::InstallBegin {
                phase,
                message,
                total,
            });
            console.event(&Event::InstallAdvance { phase, done });
        }
        Report::Step { to, progress } if json => console.json(&serde_json::json!({
            "event": "convert_step", "to": to, "step": progress.step, "loss": progress.loss,
            "rate": progress.rate, "tokens_per_second": progress.tokens_per_second,
            "seconds_left": progress.seconds_left,
        })),
        Report::Step { to, progress } => {
            let (phase, done) = (name(to), progress.step);
            console.event(&Event::InstallAdvance { phase, done });
            if progress.step % 10 == 0 {
                console.say(format!(
                    "{phase}: step {done}, loss {:.4}, {:.0} tokens/s, {:.0} s left",
                    progress.loss, progress.tokens_per_second, progress.seconds_left
                ));
            }
        }
        Report::Measured(measure) if json => console.json(&serde_json::json!({
            "event": "convert_measured", "point": measure.point, "perplexity": measure.perplexity,
            "tokens": measure.tokens, "state_bytes": measure.state_bytes,
        })),
        Report::Measured(measure) => measured(console, measure),
    }
}

fn measured(console: &Console, measure: &Measure) {
    let phase = name(measure.point);
    console.event(&Event::InstallEnd { phase });
    console.out(format!(
        "{phase}: perplexity {:.2} over {} tokens; a sequence's state is {:.2} MiB after {} tokens",
        measure.perplexity,
        measure.tokens,
        measure.state_bytes as f64 / f64::from(1 << 20),
        lakatos_model_server::convert::job::STATE_TOKENS,
    ));
}
