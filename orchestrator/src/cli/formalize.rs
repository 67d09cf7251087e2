//! `lakatos formalize`: informal problems into Lean statements.

use std::path::PathBuf;
use std::sync::Arc;

use lakatos_autoformalizer::formalise::job::{CANDIDATES, NEGATIVES, OVERLAPS, STATEMENTS};
use lakatos_autoformalizer::formalise::{Decider, Formalise, Settings, problem, prompt};
use lakatos_autoformalizer::gates;
use lakatos_autoformalizer::model::{Chat, ChatConfig};
use lakatos_datasets::guard::Guard;
use lakatos_datasets::job::{End, Identity, Plan, Provenance};
use lakatos_lean_bridge::EnvironmentSpec;

use super::context::Context;
use super::lean::{self, LeanArgs};
use super::{interrupt, policy};
use crate::data_job::{DataJob, Place, tables};
use crate::decide::SearchDecider;
use crate::events::EventSink;
use crate::exit::{Exit, Failure};
use crate::policy::bandit::{BanditStats, SharedBandit};
use crate::report::funnel::Stage;
use crate::search::{Cancel, Resources, SharedGoals};

/// Tokens of a benchmark's text in a row that count as overlap.
const RUN: usize = 13;

/// Turn informal problems into Lean statements, through gates that need no model
///
/// A model at an OpenAI-compatible chat endpoint proposes candidates; every gate's finding is kept with
/// its row. The same command goes on where it was interrupted.
///
/// Examples:
///   lakatos formalize problems.jsonl --endpoint http://127.0.0.1:8000/v1 --model m --n 8 --out statements
///   lakatos formalize chapter.tex --endpoint http://127.0.0.1:8000/v1 --out statements --no-decide
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// JSONL (with `informal_statement` or `problem`, and `answer` where there is one), Markdown or LaTeX
    input: PathBuf,
    /// Candidates for each problem
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    n: u32,
    /// Where the tables and the report go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    chat: ChatArgs,
    /// Times that a candidate goes back to the model with Lean's error
    #[arg(long, value_name = "N", default_value_t = 2)]
    repairs: u32,
    /// Do not search for proofs of the statements and their negations
    #[arg(long)]
    no_decide: bool,
    /// Nodes of each such search
    #[arg(long, value_name = "N", default_value_t = 40)]
    nodes: u32,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Problems under way at once
    #[arg(long, value_name = "N", default_value_t = 4)]
    at_once: usize,
    #[command(flatten)]
    lean: LeanArgs,
}

/// Which chat endpoint, and how it is asked.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Model")]
pub struct ChatArgs {
    /// Base address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// The model's name, as the server knows it
    #[arg(long, value_name = "NAME", default_value = "default")]
    model: String,
    /// Sampling temperature
    #[arg(long, value_name = "T", default_value_t = 0.8)]
    temperature: f64,
    /// Tokens of an answer at most
    #[arg(long, value_name = "N", default_value_t = 512)]
    max_tokens: u32,
    /// Tokens in all, prompts included, after which the command stops; 0: no cap
    #[arg(long, value_name = "N", default_value_t = 0)]
    token_cap: u64,
    /// Requests under way at once
    #[arg(long, value_name = "N", default_value_t = 8)]
    concurrency: usize,
    /// Attempts for one request in all
    #[arg(long, value_name = "N", default_value_t = 5)]
    attempts: u32,
    /// Seconds for one request
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    request_timeout: u32,
    /// The environment variable that holds the API key
    #[arg(long, value_name = "NAME", default_value = "OPENAI_API_KEY")]
    api_key_env: String,
}

impl ChatArgs {
    /// The client; none where no endpoint is named.
    pub fn client(&self) -> Result<Option<Chat>, Failure> {
        let Some(endpoint) = &self.endpoint else {
            return Ok(None);
        };
        let config = ChatConfig {
            base_url: endpoint.clone(),
            model: self.model.clone(),
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            token_cap: self.token_cap,
            concurrency: self.concurrency,
            attempts: self.attempts,
            timeout_s: self.request_timeout,
            ..ChatConfig::default()
        };
        let key = std::env::var(&self.api_key_env).ok();
        let chat = Chat::new(config, key).map_err(|e| Failure::user(e.to_string()))?;
        Ok(Some(chat))
    }

    /// What of it decides what is made.
    pub fn identity(&self) -> serde_json::Value {
        serde_json::json!({
            "endpoint": self.endpoint,
            "model": self.model,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
        })
    }
}

/// The gates as stages of the report.
const STAGES: [Stage; 9] = [
    Stage {
        name: "elaborates",
        asks: "does Lean accept the statement?",
    },
    Stage {
        name: "sound",
        asks: "is it a bare statement, without sorry, axioms, commands or auto-bound variables?",
    },
    Stage {
        name: "unused",
        asks: "does every variable occur?",
    },
    Stage {
        name: "contradictory",
        asks: "can the hypotheses hold together?",
    },
    Stage {
        name: "trivial",
        asks: "is there something to be shown?",
    },
    Stage {
        name: "leaked",
        asks: "is the answer not among the hypotheses?",
    },
    Stage {
        name: "instances",
        asks: "is no small instance a counterexample?",
    },
    Stage {
        name: "conventions",
        asks: "do no roundings decide that the text does not speak of?",
    },
    Stage {
        name: "alignment",
        asks: "does it agree with the text in numbers, ranges, quantifiers and conditions?",
    },
];

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let bytes = std::fs::read(&args.input)
        .map_err(|e| Failure::user(format!("{} cannot be read: {e}", args.input.display())))?;
    let (problems, faults) = problem::read(&bytes);
    for fault in &faults {
        let place = format!("{}:{}", args.input.display(), fault.line);
        context.console.note(format!("{place}: {}", fault.message));
    }
    if problems.is_empty() {
        return Err(Failure::user(format!("{} holds no problem", args.input.display()))
            .hint("give JSONL with `informal_statement`, a Markdown list, or LaTeX with theorem environments"));
    }
    let Some(chat) = args.chat.client()? else {
        return Err(Failure::user("candidates come from a model, and none is named")
            .hint("name an OpenAI-compatible server with --endpoint URL; `lakatos serve model` starts one"));
    };
    let mut config = context.config(None)?;
    args.lean.apply(&mut config.lean)?;
    let settings = Settings {
        candidates: args.n,
        repairs: args.repairs,
        ..Settings::default()
    };
    let plan = Plan::new(problems.iter().map(|p| p.id.clone()).collect());
    let launcher = lean::launcher(context, &config.lean).await?;
    let mut guard = Guard::new(RUN);
    guard.add_bundled();
    let env = EnvironmentSpec {
        imports: if config.lean.imports.is_empty() {
            vec!["Std".to_owned()]
        } else {
            config.lean.imports.clone()
        },
        text: String::new(),
    };
    let identity = Identity {
        kind: "formalize".into(),
        seed: args.seed,
        shards: 1,
        items: plan.len(),
        plan: plan.hash(),
        provenance: Provenance {
            program: format!("lakatos {}", env!("CARGO_PKG_VERSION")),
            toolchain: launcher.describe(),
            library: env.imports.join(" "),
        },
        settings: serde_json::json!({
            "problems": problems,
            "settings": settings,
            "chat": args.chat.identity(),
            "prompts": prompt::fingerprint(),
            "gates": gates::names(),
            "decide": !args.no_decide,
            "nodes": args.nodes,
        }),
    };
    let stop = Cancel::new();
    interrupt::listen(stop.clone(), Arc::clone(&context.console));
    let place = Place {
        store: Arc::new(context.store()?),
        sink: Arc::clone(&context.console) as Arc<dyn EventSink>,
        stop: stop.clone(),
        command_line: std::env::args().collect(),
    };
    let job = DataJob::open(place, identity, plan, &args.out)?;
    let pool = lean::pool(launcher, &config.lean).await?;
    let decider = if args.no_decide {
        None
    } else {
        config.search.refute = true;
        config.search.budget.nodes = args.nodes;
        let resources = Resources {
            pool: pool.clone(),
            policy: policy::build(context, &config.policy).await?,
            goals: Arc::new(SharedGoals::new()),
            bandit: Arc::new(SharedBandit::new(BanditStats::default())),
        };
        let search = SearchDecider {
            resources,
            config: config.search.clone(),
            env: env.clone(),
            stop: stop.clone(),
        };
        Some(Arc::new(search) as Arc<dyn Decider>)
    };
    let work = Formalise {
        pool: pool.clone(),
        env,
        chat,
        problems,
        settings,
        guard,
        decider,
    };
    let ended = job.work(&work, args.at_once.max(1)).await;
    pool.shutdown().await;
    let end = ended?;
    tables(&job, &[STATEMENTS, CANDIDATES, NEGATIVES, OVERLAPS])?;
    let report = job.report(&STAGES)?;
    Ok(match end {
        End::Interrupted => Exit::Interrupted,
        End::Complete if report.failed > 0 => Exit::Internal,
        End::Complete if !faults.is_empty() => Exit::Usage,
        End::Complete => Exit::Success,
    })
}
