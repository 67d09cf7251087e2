//! The command line: one file per command.
//!
//! This is the program's edge. Nothing below it reads the environment, the home directory or the
//! terminal, and nothing below it decides an exit code.

mod bench;
mod completions;
mod compose;
mod config;
mod context;
mod convert;
mod dataset;
mod doctor;
mod exchange;
mod export;
mod formalize;
mod generate;
mod import;
mod informalize;
mod inputs;
mod interrupt;
mod lean;
mod lsp;
mod model;
mod mutate;
mod pairs;
mod policy;
mod prove;
mod repl;
mod replay;
mod report;
mod resume;
mod runs;
mod serve;
mod setup;
mod table;
mod tokenizer;
mod train;
mod verify;
mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::events::{Event, EventSink};
use crate::exit::{Exit, Failure};
use context::{Context, Global};

/// Proofs and refutations, at scale: a theorem-proving orchestrator for Lean 4.
#[derive(Debug, Parser)]
#[command(
    name = "lakatos",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Prove(Box<prove::Args>),
    Verify(verify::Args),
    Resume(resume::Args),
    Runs(runs::Args),
    Report(report::Args),
    Replay(replay::Args),
    Repl(repl::Args),
    Lsp(lsp::Args),
    Serve(serve::Args),
    Generate(generate::Args),
    Formalize(Box<formalize::Args>),
    Informalize(informalize::Args),
    Compose(Box<compose::Args>),
    Mutate(mutate::Args),
    Pairs(pairs::Args),
    Export(export::Args),
    Import(import::Args),
    Dataset(dataset::Args),
    Tokenizer(tokenizer::Args),
    Train(train::Args),
    Model(model::Args),
    Setup(setup::Args),
    Doctor(doctor::Args),
    Config(config::Args),
    Bench(bench::Args),
    Convert(convert::Args),
    Completions(completions::Args),
}

/// Runs the program on this process's arguments.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // A reader that went away is no failure of `--help`.
            let _ = e.print();
            return if e.use_stderr() {
                Exit::Usage
            } else {
                Exit::Success
            }
            .into();
        }
    };
    let context = Context::new(cli.global);
    let ended = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::environment(format!("no threads can be started: {e}")))
        .and_then(|runtime| runtime.block_on(dispatch(&context, cli.command)));
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => fail(&context, failure).into(),
    }
}

async fn dispatch(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Prove(args) => prove::run(context, *args).await,
        Command::Verify(args) => verify::run(context, args).await,
        Command::Resume(args) => resume::run(context, args).await,
        Command::Runs(args) => runs::run(context, &args),
        Command::Report(args) => report::run(context, &args),
        Command::Replay(args) => replay::run(context, args).await,
        Command::Repl(args) => repl::run(context, args).await,
        Command::Lsp(args) => lsp::run(context, args).await,
        Command::Serve(args) => serve::run(context, args).await,
        Command::Generate(args) => generate::run(context, &args),
        Command::Formalize(args) => formalize::run(context, *args).await,
        Command::Informalize(args) => informalize::run(context, args).await,
        Command::Compose(args) => compose::run(context, *args).await,
        Command::Mutate(args) => mutate::run(context, args).await,
        Command::Pairs(args) => pairs::run(context, &args),
        Command::Export(args) => export::run(context, &args),
        Command::Import(args) => import::run(context, &args),
        Command::Dataset(args) => dataset::run(context, args).await,
        Command::Tokenizer(args) => tokenizer::run(context, args),
        Command::Model(args) => model::run(context, args).await,
        Command::Train(args) => train::run(context, args).await,
        Command::Setup(args) => setup::run(context, &args),
        Command::Doctor(args) => doctor::run(context, args).await,
        Command::Config(args) => config::run(context, args),
        Command::Bench(args) => bench::run(context, args).await,
        Command::Convert(args) => convert::run(context, args).await,
        Command::Completions(args) => completions::run(context, &args),
    }
}

fn fail(context: &Context, failure: Failure) -> Exit {
    let exit = failure.kind.exit();
    context.console.event(&Event::Error {
        kind: failure.kind,
        message: failure.message,
        hint: failure.hint,
        exit: exit.code(),
    });
    exit
}
