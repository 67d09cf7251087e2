//! `lakatos informalize`: library theorems and definitions into English, and proofs line by line.

mod proofs;

use std::path::PathBuf;
use std::sync::Arc;

use lakatos_autoformalizer::informalise::{
    COUNTS, Informalise, Neighbours, READINGS, WORDINGS, fingerprint, order,
};
use lakatos_autoformalizer::schema;
use lakatos_datasets::job::{End, Identity, Plan, Provenance};
use lakatos_lean_bridge::EnvironmentSpec;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::context::Context;
use super::formalize::{ChatArgs, metered, spent};
use super::interrupt;
use super::lean::{self, LeanArgs};
use crate::data_job::{About, DataJob, tables};
use crate::exit::{Exit, Failure};
use crate::search::Cancel;

const ABOUT: About = About {
    title: "A library in English",
    text: "- `readings`: theorems and definitions in the order of their dependencies, each read out from the elaborated \
           expression, with its context.\n- `wordings`: theorems in other words; what a wording leaves out is named in `omits`.",
};

/// Wall-clock limit of a request to Lean: the whole library's list takes half a minute.
const TIMEOUT_MS: u64 = 300_000;

/// Read library theorems and definitions out in English, or proofs line by line
///
/// Offline by the deterministic verbaliser; with --endpoint, a chat model words each reading, and both are
/// kept. Rows come in the order of their dependencies, each with its documentation, module and neighbours.
/// With --wordings each theorem is told in other words as well. With --proofs, theorems whose proofs are
/// there (of a run, or of a dataset) are told line by line, and every state of a proof becomes a statement of
/// its own. The same command goes on where it was interrupted.
///
/// Examples:
///   lakatos informalize --targets List.length --targets Nat.gcd --wordings --out readings
///   lakatos informalize --sample 2000 --seed 7 --out readings
///   lakatos informalize --proofs bundled-1 --out proofs
///   lakatos informalize --proofs mutated/theorems --sample 500 --out proofs
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Constants whose names begin with this; repeat it [default: the whole imported library]
    #[arg(long, value_name = "PREFIX")]
    targets: Vec<String>,
    /// Only so many of them, chosen by the seed
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
    /// Theorems only, no definitions
    #[arg(long)]
    theorems_only: bool,
    /// Tell each theorem in other words as well: equivalent, more abstract, with omissions
    #[arg(long)]
    wordings: bool,
    /// Tell the proofs of a run or a dataset (a file, or a directory of files) in place of the library
    #[arg(long, value_name = "RUN|PATH", conflicts_with_all = ["targets", "theorems_only", "wordings"])]
    proofs: Vec<String>,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Where the table and the report go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Constants under way at once
    #[arg(long, value_name = "N", default_value_t = 8)]
    at_once: usize,
    #[command(flatten)]
    chat: ChatArgs,
    #[command(flatten)]
    lean: LeanArgs,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    if !args.proofs.is_empty() {
        return proofs::run(context, args).await;
    }
    let mut config = context.config(None)?;
    args.lean.apply(&mut config.lean)?;
    let chat = args.chat.client()?;
    let launcher = lean::launcher(context, &config.lean).await?;
    let toolchain = launcher.describe();
    let env = EnvironmentSpec {
        imports: if config.lean.imports.is_empty() {
            vec!["Std".to_owned()]
        } else {
            config.lean.imports.clone()
        },
        text: String::new(),
    };
    let pool = lean::pool(launcher, &config.lean).await?;
    let kinds: &[&str] = if args.theorems_only {
        &["theorem"]
    } else {
        &["theorem", "definition"]
    };
    let kinds: Vec<String> = kinds.iter().map(|k| (*k).to_owned()).collect();
    let found = pool
        .constants(&env, &args.targets, &kinds, false, TIMEOUT_MS)
        .await?;
    let targets = order::by_dependency(sampled(found, args.sample, args.seed));
    if targets.is_empty() {
        pool.shutdown().await;
        return Err(Failure::user("the imported library has no such constant")
            .hint("--targets takes the beginning of a full name, such as List.length"));
    }
    let plan = Plan::new(targets.iter().map(|t| t.name.clone()).collect());
    let identity = Identity {
        kind: "informalize".into(),
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
            "chat": args.chat.identity(),
            "wordings": args.wordings,
            "prompts": fingerprint(),
        }),
    };
    let stop = Cancel::new();
    interrupt::listen(stop.clone(), Arc::clone(&context.console));
    let place = context.place(stop)?;
    let job = DataJob::open(place, identity, plan, &args.out)?;
    let chat = match chat {
        Some(chat) => {
            let meter = metered(&chat, &job.counted(COUNTS, "tokens")?);
            Some(chat.on(Arc::new(meter)))
        }
        None => None,
    };
    let work = Informalise {
        pool: pool.clone(),
        env,
        neighbours: Neighbours::new(&targets),
        targets,
        wordings: args.wordings,
        chat,
        timeout_ms: TIMEOUT_MS,
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
            (READINGS, schema::readings()),
            (WORDINGS, schema::wordings()),
        ],
    )?;
    let report = job.report(&[])?;
    Ok(match end {
        End::Interrupted => Exit::Interrupted,
        End::Complete if report.failed > 0 => Exit::Internal,
        End::Complete => Exit::Success,
    })
}

/// So many of them, by the seed.
fn sampled<T: Clone>(found: Vec<T>, sample: Option<usize>, seed: u64) -> Vec<T> {
    let Some(count) = sample.filter(|n| *n < found.len()) else {
        return found;
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    found.choose_multiple(&mut rng, count).cloned().collect()
}
