//! `lakatos compose`: statements that use two ideas of the library.

use std::path::PathBuf;
use std::sync::Arc;

use lakatos_autoformalizer::compose::job::{COUNTS, TWO_IDEAS};
use lakatos_autoformalizer::compose::{
    Compose, Concepts, NEGATIVES, PROBLEMS, Pairing, fingerprint,
};
use lakatos_autoformalizer::formalise::Settings;
use lakatos_autoformalizer::{gates, schema};
use lakatos_datasets::guard::{Guard, RUN};
use lakatos_datasets::job::{End, Identity, Plan, Provenance};
use lakatos_lean_bridge::EnvironmentSpec;

use super::context::Context;
use super::formalize::{ChatArgs, decider, gate_stages, imports, metered, spent};
use super::interrupt;
use super::lean::{self, LeanArgs};
use crate::data_job::{About, DataJob, tables};
use crate::exit::{Exit, Failure};
use crate::report::funnel::Stage;
use crate::search::Cancel;

/// Wall-clock limit of a request to Lean: the whole library's list takes half a minute.
const TIMEOUT_MS: u64 = 300_000;

/// Make statements that use two ideas of the library
///
/// Pairs of theorems are chosen by two makers in turn: two concepts drawn at random, and the ends of a walk
/// over the concepts that stand together in theorems. Lean puts the two theorems together (one proves what the
/// other supposes, one rewrites the other, both at once) with a proof that the kernel accepts; with
/// --endpoint, a model is asked for a statement of the two ideas as well, which is proved or refuted where a
/// search can. The same command goes on where it was interrupted.
///
/// Examples:
///   lakatos compose --targets List. --pairs 200 --out composed
///   lakatos compose --targets Nat. --pairs 50 --endpoint http://127.0.0.1:8000/v1 --n 4 --out composed
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Theorems and definitions whose names begin with this; repeat it [default: the whole imported library]
    #[arg(long, value_name = "PREFIX")]
    targets: Vec<String>,
    /// Pairs of theorems
    #[arg(long, value_name = "N", default_value_t = 200)]
    pairs: usize,
    /// Steps of a walk
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=16))]
    steps: u32,
    /// Drafts of a pair that are looked at
    #[arg(long, value_name = "N", default_value_t = 4)]
    limit: u32,
    /// Statements that the model is asked for, for each pair
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=256))]
    n: u32,
    /// Where the tables and the report go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    chat: ChatArgs,
    /// Do not search for proofs of the model's statements and their negations
    #[arg(long)]
    no_decide: bool,
    /// Nodes of each such search
    #[arg(long, value_name = "N", default_value_t = 40)]
    nodes: u32,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Pairs under way at once
    #[arg(long, value_name = "N", default_value_t = 4)]
    at_once: usize,
    #[command(flatten)]
    lean: LeanArgs,
}

const ABOUT: About = About {
    title: "Composed statements",
    text: "- `problems`: statements that use two ideas of the library, with what brought them together, and a proof that Lean's kernel \
           accepted where there is one (verification level 3).\n- `negatives`: a model's statements that are false, with the proof of \
           the negation.",
};

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let mut config = context.config(None)?;
    args.lean.apply(&mut config.lean)?;
    let chat = args.chat.client()?;
    let launcher = lean::launcher(context, &config.lean).await?;
    let toolchain = launcher.describe();
    let env = EnvironmentSpec {
        imports: imports(&config.lean),
        text: String::new(),
    };
    let pool = lean::pool(launcher, &config.lean).await?;
    let kinds = ["theorem", "definition"].map(str::to_owned);
    let found = pool
        .constants(&env, &args.targets, &kinds, false, TIMEOUT_MS)
        .await?;
    let concepts = Concepts::new(&found);
    let pairings = concepts.pairings(args.pairs, args.steps, args.seed);
    if pairings.is_empty() {
        pool.shutdown().await;
        return Err(Failure::user(format!(
            "{} concepts in {} theorems and definitions give no pair",
            concepts.len(),
            found.len()
        ))
        .hint("--targets takes the beginning of full names, such as List.; take a larger part of the library"));
    }
    context.console.note(format!(
        "{} concepts, {} pairs",
        concepts.len(),
        pairings.len()
    ));
    let settings = Settings {
        candidates: args.n,
        repairs: 0,
        ..Settings::default()
    };
    let key = |p: &Pairing| format!("{} + {}", p.first, p.second);
    let plan = Plan::new(pairings.iter().map(key).collect());
    let identity = Identity {
        kind: "compose".into(),
        seed: args.seed,
        shards: 1,
        items: plan.len(),
        plan: plan.hash(),
        provenance: Provenance {
            program: format!("lakatos {}", env!("CARGO_PKG_VERSION")),
            toolchain,
            library: env.imports.join(" "),
        },
        settings: serde_json::json!({
            "pairings": pairings,
            "limit": args.limit,
            "settings": settings,
            "chat": args.chat.identity(),
            "prompts": fingerprint(),
            "gates": gates::names(),
            "decide": !args.no_decide,
            "nodes": args.nodes,
        }),
    };
    let stop = Cancel::new();
    interrupt::listen(stop.clone(), Arc::clone(&context.console));
    let place = context.place(stop.clone())?;
    let job = DataJob::open(place, identity, plan, &args.out)?;
    let decider = match &chat {
        // What Lean makes has its proof.
        Some(_) if !args.no_decide => {
            Some(decider(context, &mut config, &pool, args.nodes, &stop).await?)
        }
        _ => None,
    };
    let chat = match chat {
        Some(chat) => {
            let meter = metered(&chat, &job.counted(COUNTS, "tokens")?);
            Some(chat.on(Arc::new(meter)))
        }
        None => None,
    };
    let mut guard = Guard::new(RUN);
    guard.add_bundled();
    let work = Compose {
        pool: pool.clone(),
        env,
        pairings,
        limit: args.limit,
        chat,
        settings,
        guard,
        decider,
    };
    let ended = job.work(&work, args.at_once.max(1)).await;
    pool.shutdown().await;
    let end = ended?;
    if let Some(chat) = &work.chat {
        spent(context, chat);
    }
    tables(
        &job,
        &ABOUT,
        &[
            (PROBLEMS, schema::composed()),
            (NEGATIVES, schema::composed()),
        ],
    )?;
    let mut stages = gate_stages().to_vec();
    stages.push(Stage {
        name: TWO_IDEAS,
        asks: "does it speak of both concepts?",
    });
    let report = job.report(&stages)?;
    Ok(match end {
        End::Interrupted => Exit::Interrupted,
        End::Complete if report.failed > 0 => Exit::Internal,
        End::Complete => Exit::Success,
    })
}
