//! `lakatos formalize eval`: pass@k and equivalence@k against reference statements.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::sync::Arc;

use lakatos_autoformalizer::eval::job::{COUNTS, Source};
use lakatos_autoformalizer::eval::{
    CANDIDATES, CASES, CaseRow, Evaluate, Given, ORIGINAL, Pair, Scores, VARIANTS, score,
};
use lakatos_autoformalizer::formalise::{Settings, prompt};
use lakatos_autoformalizer::{gates, schema};
use lakatos_datasets::job::{End, Identity, Plan, Provenance};

use super::{ChatArgs, metered, spent};
use crate::cli::context::Context;
use crate::cli::inputs::InputArgs;
use crate::cli::interrupt;
use crate::cli::lean::{self, LeanArgs};
use crate::data_job::{About, DataJob, replace, table_files, tables};
use crate::exit::{Exit, Failure};
use crate::search::Cancel;

/// Score formalizations against reference statements: pass@k and equivalence@k
///
/// Pairs of English and Lean come from the bundled benchmark or any input that `prove` reads and that has
/// both. Candidates come from a model (--endpoint) or a file (--candidates); without either, the forms are
/// made and nothing is scored. With --variants, each pair is asked in other forms that Lean has proved
/// equivalent, and the spread of the scores is told. The same command goes on where it was interrupted.
///
/// Examples:
///   lakatos formalize eval --endpoint http://127.0.0.1:8000/v1 --model m --n 8 --k 1,8 --out scores
///   lakatos formalize eval pairs.jsonl --candidates theirs.jsonl --out scores
///   lakatos formalize eval --filter '^sum' --variants all --out forms
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
    /// Candidates of somebody else's: JSONL with `id`, `formal_statement` (or `candidates`, a list), and
    /// `variant` where it is not the original
    #[arg(long, value_name = "FILE", conflicts_with = "endpoint")]
    candidates: Option<PathBuf>,
    /// Candidates that the model is asked for
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    n: u32,
    /// Candidates of which one must be good, separated by commas
    #[arg(long, value_name = "K", value_delimiter = ',', default_values_t = [1, 8], value_parser = clap::value_parser!(u32).range(1..=256))]
    k: Vec<u32>,
    /// Forms of each pair, separated by commas, or `all`: original, literal (the reference read out),
    /// renamed, reordered, irrelevant, turned
    #[arg(long, value_name = "FORM", value_delimiter = ',', default_values_t = [ORIGINAL.to_owned()])]
    variants: Vec<String>,
    /// Where the tables and the report go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    chat: ChatArgs,
    /// Times that a candidate goes back to the model with Lean's error
    #[arg(long, value_name = "N", default_value_t = 0)]
    repairs: u32,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Pairs under way at once
    #[arg(long, value_name = "N", default_value_t = 4)]
    at_once: usize,
}

const ABOUT: About = About {
    title: "Formalizations against references",
    text: "- `cases`: statements in several forms that Lean has proved equivalent, each with its reference, and how many candidates \
           elaborate, pass the gates and are equivalent to it.\n- `candidates`: every candidate with every gate's finding.\n\n\
           The cases are a benchmark: not for training.",
};

/// The wanted forms, in the order in which they are told.
fn variants(words: &[String]) -> Result<Vec<String>, Failure> {
    let known = || VARIANTS.join(", ");
    if let Some(word) = words
        .iter()
        .find(|w| *w != "all" && !VARIANTS.contains(&w.as_str()))
    {
        return Err(Failure::user(format!("there is no form `{word}`"))
            .hint(format!("the forms are {}, or all", known())));
    }
    let wanted = |v: &&str| words.iter().any(|w| w == "all" || w == v);
    Ok(VARIANTS
        .into_iter()
        .filter(wanted)
        .map(str::to_owned)
        .collect())
}

pub async fn run(context: &Context, args: Args, lean: LeanArgs) -> Result<Exit, Failure> {
    let mut config = context.config(None)?;
    lean.apply(&mut config.lean)?;
    let variants = variants(&args.variants)?;
    let read = args.inputs.read(&config.lean.imports, &*context.console)?;
    let mut faults = read.errors as usize;
    let mut pairs: Vec<Pair> = Vec::new();
    let mut silent = 0;
    for stored in read.problems {
        let problem: lakatos_datasets::Problem = serde_json::from_value(stored.payload)
            .map_err(|e| Failure::internal(format!("a problem was not kept whole: {e}")))?;
        let mut pair = Pair {
            env: stored.environment,
            ..Pair::from(problem)
        };
        if pair.env.imports.is_empty() {
            pair.env.imports = vec!["Std".to_owned()];
        }
        silent += usize::from(pair.informal.trim().is_empty());
        pairs.push(pair);
    }
    if silent > 0 {
        context.console.note(format!(
            "{silent} of {} statements have no informal text and are asked in the read-out forms alone",
            pairs.len()
        ));
    }
    let mut digest = None;
    let source = match (&args.candidates, args.chat.client()?) {
        (Some(file), _) => {
            let bytes = std::fs::read(file)
                .map_err(|e| Failure::user(format!("{} cannot be read: {e}", file.display())))?;
            let (given, found) = Given::read(&bytes);
            for fault in &found {
                let place = format!("{}:{}", file.display(), fault.line);
                context.console.note(format!("{place}: {}", fault.message));
            }
            faults += found.len();
            let known: std::collections::HashSet<&str> =
                pairs.iter().map(|p| p.id.as_str()).collect();
            let foreign: std::collections::BTreeSet<&str> =
                given.ids().filter(|id| !known.contains(id)).collect();
            if let Some(first) = foreign.first() {
                context.console.note(format!(
                    "{} candidates' ids are no pair's, such as `{first}`",
                    foreign.len()
                ));
                faults += foreign.len();
            }
            digest = Some(given.digest().to_owned());
            Source::Given(given)
        }
        (None, Some(chat)) => Source::Model(chat),
        (None, None) => {
            context.console.note(
                "no candidates are named (--endpoint or --candidates): the forms are made and nothing is scored",
            );
            Source::None
        }
    };
    let settings = Settings {
        candidates: args.n,
        repairs: args.repairs,
        ..Settings::default()
    };
    let plan = Plan::new(pairs.iter().map(|p| p.id.clone()).collect());
    let launcher = lean::launcher(context, &config.lean).await?;
    let identity = Identity {
        kind: "formalize-eval".into(),
        seed: args.seed,
        shards: 1,
        items: plan.len(),
        plan: plan.hash(),
        provenance: Provenance {
            program: format!("lakatos {}", env!("CARGO_PKG_VERSION")),
            toolchain: launcher.describe(),
            library: config.lean.imports.join(" "),
        },
        settings: serde_json::json!({
            "pairs": pairs,
            "variants": variants,
            "settings": settings,
            "chat": args.chat.identity(),
            "candidates": digest,
            "prompts": prompt::fingerprint(),
            "gates": gates::names(),
        }),
    };
    let stop = Cancel::new();
    interrupt::listen(stop.clone(), Arc::clone(&context.console));
    let place = context.place(stop)?;
    let job = DataJob::open(place, identity, plan, &args.out)?;
    let pool = lean::pool(launcher, &config.lean).await?;
    let source = match source {
        Source::Model(chat) => {
            let meter = metered(&chat, &job.counted(COUNTS, "tokens")?);
            Source::Model(chat.on(Arc::new(meter)))
        }
        other => other,
    };
    let work = Evaluate {
        pool: pool.clone(),
        pairs,
        variants,
        settings,
        source,
    };
    let ended = job.work(&work, args.at_once.max(1)).await;
    pool.shutdown().await;
    let end = ended?;
    if let Source::Model(chat) = &work.source {
        spent(context, chat);
    }
    tables(
        &job,
        &ABOUT,
        &[
            (CASES, schema::cases()),
            (CANDIDATES, schema::case_candidates()),
        ],
    )?;
    let report = job.report(&[])?;
    let scores = scores(&table_files(&job, CASES)?, &args.k)?;
    let text = serde_json::to_string_pretty(&scores)
        .map_err(|e| Failure::internal(format!("the scores cannot be written: {e}")))?;
    replace(&job.out().join("scores.json"), &text)?;
    if context.console.is_json() {
        context
            .console
            .json(&serde_json::json!({ "event": "scores", "scores": scores }));
    } else {
        for line in lines(&scores) {
            context.console.out(line);
        }
    }
    Ok(match end {
        End::Interrupted => Exit::Interrupted,
        End::Complete if report.failed > 0 || faults > 0 => Exit::Usage,
        End::Complete => Exit::Success,
    })
}

/// The scores of a table of cases.
fn scores(files: &[PathBuf], ks: &[u32]) -> Result<Scores, Failure> {
    let mut cases: Vec<CaseRow> = Vec::new();
    for path in files {
        let failed = |e: std::io::Error| {
            Failure::internal(format!("{} cannot be read: {e}", path.display()))
        };
        for line in BufReader::new(std::fs::File::open(path).map_err(failed)?).lines() {
            let row = serde_json::from_str(&line.map_err(failed)?);
            let row: CaseRow =
                row.map_err(|e| Failure::internal(format!("{}: {e}", path.display())))?;
            // Only counts are scored, and there may be many cases.
            cases.push(CaseRow {
                informal_statement: String::new(),
                formal_statement: String::new(),
                context: String::new(),
                ..row
            });
        }
    }
    Ok(score(&cases, ks))
}

fn lines(scores: &Scores) -> Vec<String> {
    let percent = |share: f64| format!("{:5.1} %", 100.0 * share);
    let mut lines = Vec::new();
    if !scores.variants.is_empty() {
        lines.push(format!(
            "{:<10}  {:>3}  {:>5}  {:>10}  {:>8}  {:>11}",
            "FORM", "K", "CASES", "ELABORATES", "PASS", "EQUIVALENCE"
        ));
    }
    for variant in VARIANTS {
        for s in scores.variants.get(variant).into_iter().flatten() {
            if s.cases > 0 {
                lines.push(format!(
                    "{variant:<10}  {:>3}  {:>5}  {:>10}  {:>8}  {:>11}",
                    s.k,
                    s.cases,
                    percent(s.elaborates),
                    percent(s.pass),
                    percent(s.equivalence)
                ));
            }
        }
    }
    for against in &scores.against {
        lines.push(format!(
            "equivalence@1 of {} {}, of the reading itself {} ({} pairs)",
            against.variant,
            percent(against.own).trim_start(),
            percent(against.literal).trim_start(),
            against.pairs
        ));
    }
    if let Some(spread) = scores.spread {
        lines.push(format!(
            "spread over the forms {}; equivalent in every form: {} of {}",
            percent(spread).trim_start(),
            scores.robust,
            scores.robust_of
        ));
    }
    lines
}
