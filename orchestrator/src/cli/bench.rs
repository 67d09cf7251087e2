//! `lakatos bench`: the measurements that `docs/benchmarks.md` records.

mod model_search;

use std::path::PathBuf;
use std::time::Duration;

use lakatos_lean_bridge::launch::Launcher;
use lakatos_lean_bridge::machine;
use lakatos_lean_bridge::pool::{Pool, PoolOptions};
use lakatos_mutator::targets::Choice;
use serde::Serialize;

use super::context::Context;
use super::inputs::InputArgs;
use super::lean::{self, LeanArgs};
use super::mutate::listing::Listing;
use super::prove;
use crate::bench::{
    self, Figure, LlamaCpp, Load, Target, check_service, first_tactic, overhead, scaling, soak,
    verify,
};
use crate::exit::{Exit, Failure};
use crate::store::Counts;

/// Measure this machine and this program
///
/// Example: lakatos bench first-tactic
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    lean: LeanArgs,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Seconds from a prepared Lean to the first tactic's outcome
    ///
    /// Example: lakatos bench first-tactic --rounds 5
    FirstTactic {
        /// Times to measure
        #[arg(long, value_name = "N", default_value_t = 5)]
        rounds: u32,
    },
    /// Milliseconds that a step takes beyond Lean's own time
    ///
    /// Example: lakatos bench overhead
    Overhead {
        /// Rounds through the exercises
        #[arg(long, value_name = "N", default_value_t = 20)]
        rounds: u32,
    },
    /// Steps per second by number of workers
    ///
    /// Example: lakatos bench scaling --many 2
    Scaling {
        /// Compare this many workers with one
        #[arg(long, value_name = "N", default_value_t = 2)]
        many: usize,
        /// Seconds of each of the five turns, alone and together
        #[arg(long, value_name = "SECONDS", default_value_t = 10)]
        turn: u32,
        /// Seconds that the processes run before the first turn
        #[arg(long, value_name = "SECONDS", default_value_t = 40)]
        warm_up: u32,
    },
    /// Milliseconds for a verification at level 3
    ///
    /// Example: lakatos bench verify
    Verify {
        /// Proofs that are verified once before, so that the processes are warm
        #[arg(long, value_name = "N", default_value_t = 239)]
        warm_up: usize,
    },
    /// The check service: honest and hostile texts over HTTP, beside the plain REPL
    ///
    /// Example: lakatos bench check-service --checks 2000
    CheckService {
        /// Texts in all; one in a hundred is hostile
        #[arg(long, value_name = "N", default_value_t = 10_000)]
        checks: u32,
        /// Honest texts for the comparison with the plain REPL
        #[arg(long, value_name = "N", default_value_t = 239)]
        beside: u32,
    },
    /// The model server: states, caching, decoding, training, 8 bits, llama.cpp
    ///
    /// Example: lakatos bench model --part agreement --checkpoint my-model --text README.md
    Model {
        /// Only this part; may be given more than once
        #[arg(long, value_enum, value_name = "PART")]
        part: Vec<bench::Part>,
        /// A GGUF file of a Llama, to decode beside llama.cpp
        #[arg(long, value_name = "FILE")]
        gguf: Option<PathBuf>,
        /// A Python with `xllamacpp`, which runs llama.cpp
        #[arg(long, value_name = "FILE", default_value = "python3")]
        python: PathBuf,
        /// A trained model's directory, for 8 bits against f32
        #[arg(long, value_name = "DIR|NAME", requires = "text")]
        checkpoint: Option<String>,
        /// A text that such a model should know how to continue
        #[arg(long, value_name = "FILE", requires = "checkpoint")]
        text: Option<PathBuf>,
    },
    /// Tokens that searches by the bundled model compute, with the states that its server keeps and without
    ///
    /// By itself the model seldom gets below a root; with `--beside` it is asked at every node that the portfolio's steps lead to.
    ///
    /// Examples:
    ///   lakatos bench model-search bundled/logic --limit 8 --nodes 20 --time-per-theorem 0
    ///   lakatos bench model-search bundled/induction --limit 8 --nodes 20 --time-per-theorem 0 --beside
    #[command(verbatim_doc_comment)]
    ModelSearch {
        /// Ask the model beside the portfolio, at every node, and not alone
        #[arg(long)]
        beside: bool,
        /// The model: a checkpoint's directory, or a bundled one's name [default: the bundled one]
        #[arg(long, value_name = "NAME|DIR")]
        checkpoint: Option<String>,
        #[command(flatten)]
        inputs: InputArgs,
        #[command(flatten)]
        search: prove::SearchArgs,
    },
    /// The language server: actions offered, suggestions, typing into a thousand lines, memory, idling
    ///
    /// With `--hours`, so many hours of editing without the pauses, for leaks and for processes left behind.
    ///
    /// Examples:
    ///   lakatos bench lsp
    ///   lakatos bench lsp --hours 6
    #[command(verbatim_doc_comment)]
    Lsp {
        /// Hours of editing that are played
        #[arg(long, value_name = "H", value_parser = clap::value_parser!(u32).range(1..))]
        hours: Option<u32>,
    },
    /// The verbaliser over the bundled statements and theorems of the library
    ///
    /// Example: lakatos bench verbalise --sample 2000 --seed 7
    Verbalise {
        /// Theorems of the library
        #[arg(long, value_name = "N", default_value_t = 2000)]
        sample: usize,
        /// Seed of the choice
        #[arg(long, value_name = "N", default_value_t = 7)]
        seed: u64,
    },
    /// The formalization gates, warm and in a fresh process for each candidate
    ///
    /// Example: lakatos bench formalize --fresh 8
    Formalize {
        /// Candidates that get a process of their own
        #[arg(long, value_name = "N", default_value_t = 8)]
        fresh: usize,
    },
    /// Memory of one worker over many steps
    ///
    /// Example: lakatos bench soak --steps 20000
    Soak {
        /// Steps in all
        #[arg(long, value_name = "N", default_value_t = 20_000)]
        steps: u32,
    },
    /// Mutate theorems from all over the library with all gates on: theorems kept a second and core, the funnel, memory
    ///
    /// Example: lakatos bench mutate --limit 2000
    Mutate {
        /// Theorems to mutate: a regular expression, or a file with a name a line
        #[arg(long, value_name = "REGEX|FILE")]
        targets: Option<String>,
        /// So many targets, evenly spread
        #[arg(long, value_name = "N", default_value_t = 2000)]
        limit: usize,
        /// The seed
        #[arg(long, value_name = "N", default_value_t = 0)]
        seed: u64,
    },
    /// Prove the bundled benchmark, and count
    ///
    /// Example: lakatos bench bundled --time-per-theorem 30
    Bundled {
        #[command(flatten)]
        search: prove::SearchArgs,
    },
    /// Prove a miniF2F file or directory, and count
    ///
    /// Example: lakatos bench minif2f minif2f-valid.jsonl --time-per-theorem 60
    Minif2f {
        /// The file or directory
        path: String,
        #[command(flatten)]
        search: prove::SearchArgs,
    },
}

#[derive(Serialize)]
struct Record<'a> {
    event: &'static str,
    bench: &'static str,
    lean: &'a str,
    cores: usize,
    version: &'static str,
    #[serde(flatten)]
    figure: &'a Figure,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let mut config = context.config(None)?;
    args.lean.apply(&mut config.lean)?;
    if let What::Bundled { search } = args.what {
        let (counts, lean) =
            prove::measure(context, config, &InputArgs::of("bundled"), &search).await?;
        let share = 100.0 * f64::from(counts.proved) / f64::from(counts.problems.max(1));
        let mut figures = counted(&counts);
        figures.push(Figure::new("share proved", share, "%").target(Target::AtLeast(75.0)));
        print(context, "bundled", &lean, &figures);
        return Ok(Exit::Success);
    }
    if let What::Minif2f { path, search } = args.what {
        let (counts, lean) =
            prove::measure(context, config, &InputArgs::of(&path), &search).await?;
        let attempted = counts.problems - counts.declined;
        let mut figures = counted(&counts);
        figures.push(Figure::new("attempted", attempted.into(), "problems"));
        print(context, "minif2f", &lean, &figures);
        return Ok(Exit::Success);
    }
    if let What::ModelSearch {
        beside,
        checkpoint,
        inputs,
        search,
    } = args.what
    {
        model_search::policy(&mut config.policy, beside, checkpoint);
        let (figures, lean) = model_search::measure(context, config, &inputs, &search).await?;
        print(context, "model-search", &lean, &figures);
        return Ok(Exit::Success);
    }
    if let What::Model {
        part,
        gguf,
        python,
        checkpoint,
        text,
    } = args.what
    {
        let llama = gguf.map(|model| LlamaCpp { model, python });
        let dir = checkpoint
            .map(|name| crate::checkpoint::resolve(&name, &context.data_dir()?))
            .transpose()?;
        let trained = dir.zip(text);
        let given = bench::Given { trained, llama };
        let said = |part: String| context.console.say(part);
        let figures =
            bench::model(&part, &given, &said).map_err(|e| Failure::user(e.to_string()))?;
        print(context, "model", "no Lean", &figures);
        return Ok(Exit::Success);
    }
    let launcher = lean::launcher(context, &config.lean).await?;
    let lean = launcher.describe();
    if let What::Lsp { hours } = args.what {
        let figures = language_server(context, &config.lean, hours)?;
        print(context, "lsp", &lean, &figures);
        return Ok(Exit::Success);
    }
    let sizes = (lean::workers(&config.lean), config.lean.verify_lanes);
    let (name, figures) = steps(context, args.what, &launcher, sizes).await?;
    print(context, name, &lean, &figures);
    Ok(Exit::Success)
}

async fn steps(
    context: &Context,
    what: What,
    launcher: &Launcher,
    (workers, lanes): (usize, usize),
) -> Result<(&'static str, Vec<Figure>), Failure> {
    Ok(match what {
        What::FirstTactic { rounds } => ("first-tactic", first_tactic(launcher, rounds).await?),
        What::Overhead { rounds } => ("overhead", overhead(launcher, rounds).await?),
        What::Scaling {
            many,
            turn,
            warm_up,
        } => {
            let seconds = |n: u32| Duration::from_secs(n.into());
            let figures = scaling(launcher, many.max(1), seconds(turn), seconds(warm_up)).await?;
            ("scaling", figures)
        }
        What::Verify { warm_up } => ("verify", verify(launcher, warm_up).await?),
        What::CheckService { checks, beside } => {
            let console = &context.console;
            let said = |line: String| console.say(line);
            let load = Load {
                checks,
                beside: beside.max(1),
            };
            // An empty directory: the plain REPL sees nothing else of this machine.
            let files = context.made_data_dir()?.join("bench-files");
            std::fs::create_dir_all(&files).map_err(|e| {
                Failure::environment(format!("{} cannot be made: {e}", files.display()))
            })?;
            let figures = check_service(launcher, &files, load, &said).await?;
            ("check-service", figures)
        }
        What::Verbalise { sample, seed } => {
            ("verbalise", bench::verbalise(launcher, sample, seed).await?)
        }
        What::Formalize { fresh } => ("formalize", bench::formalize(launcher, fresh).await?),
        What::Soak { steps } => {
            let console = &context.console;
            let said = |done: u32, mb: u64| console.say(format!("{done} steps: {mb} MB"));
            ("soak", soak(launcher, steps, &said).await?)
        }
        What::Mutate {
            targets,
            limit,
            seed,
        } => {
            let choice = targets.map_or(Ok(Choice::All), |given| Choice::parse(&given));
            let mutation = bench::Mutation {
                targets: choice.map_err(|e| Failure::user(e.to_string()))?,
                limit,
                seed,
                workers,
                lanes,
            };
            let console = &context.console;
            let said = |line: String| console.say(line);
            let options = PoolOptions {
                workers,
                verify_lanes: lanes,
                warm_spare: false,
                ..PoolOptions::default()
            };
            let pool = Pool::start(launcher.clone(), options).await?;
            let fixed = launcher.fixed_library();
            let environment = bench::core_library();
            let listing = Listing::of(context, fixed.as_deref(), &environment)?;
            let theorems = match listing.kept() {
                Some(theorems) => theorems,
                None => listing.make(&pool, &environment).await?,
            };
            let figures = bench::mutate(pool, &theorems, &mutation, &said).await;
            ("mutate", figures.map_err(|e| Failure::user(e.to_string()))?)
        }
        What::Bundled { .. }
        | What::Minif2f { .. }
        | What::Model { .. }
        | What::ModelSearch { .. }
        | What::Lsp { .. } => ("", Vec::new()),
    })
}

/// Runs this program's own language server.
fn language_server(
    context: &Context,
    config: &crate::config::LeanConfig,
    hours: Option<u32>,
) -> Result<Vec<Figure>, Failure> {
    let program = std::env::current_exe()
        .map_err(|e| Failure::environment(format!("this program's file is not known: {e}")))?;
    let mut arguments: Vec<std::ffi::OsString> = vec!["lsp".into(), "--data-dir".into()];
    arguments.push(context.made_data_dir()?.into());
    if let Some(lean) = &config.lean {
        arguments.extend(["--lean".into(), lean.into()]);
    } else if let Some(project) = &config.project {
        arguments.extend(["--project".into(), project.into()]);
    } else if config.embedded {
        arguments.push("--embedded".into());
    }
    let said = |line: &str| context.console.say(line);
    let figures = match hours {
        None => bench::lsp(&program, &arguments),
        Some(hours) => bench::lsp_day(&program, &arguments, hours, &said),
    };
    figures.map_err(|e| Failure::internal(format!("the language server: {e}")))
}

fn counted(counts: &Counts) -> Vec<Figure> {
    [
        ("problems", counts.problems),
        ("proved", counts.proved),
        ("refuted", counts.refuted),
        ("failed", counts.failed),
        ("declined", counts.declined),
        ("faults", counts.faults),
    ]
    .into_iter()
    .map(|(word, n)| Figure::new(word, n.into(), "problems"))
    .collect()
}

fn print(context: &Context, bench: &'static str, lean: &str, figures: &[Figure]) {
    let cores = machine::cores();
    let version = env!("CARGO_PKG_VERSION");
    if !context.console.is_json() {
        context
            .console
            .out(format!("{bench}: {lean}, {cores} cores, Lakatos {version}"));
    }
    for figure in figures {
        if context.console.is_json() {
            context.console.json(&Record {
                event: "figure",
                bench,
                lean,
                cores,
                version,
                figure,
            });
        } else {
            context.console.out(figure.line());
        }
    }
}
