//! `lakatos formalize`: informal problems into Lean statements.

mod eval;
mod section;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lakatos_autoformalizer::formalise::job::{CANDIDATES, COUNTS, NEGATIVES, OVERLAPS, STATEMENTS};
use lakatos_autoformalizer::formalise::{Decider, Formalise, Settings, problem, prompt};
use lakatos_autoformalizer::model::{Chat, ChatConfig, Meter, Price, Tokens};
use lakatos_autoformalizer::{gates, schema};
use lakatos_datasets::guard::Guard;
use lakatos_datasets::job::{End, Identity, Plan, Provenance};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;

use super::context::Context;
use super::lean::{self, LeanArgs};
use super::{interrupt, policy};
use crate::config::{Config, LeanConfig};
use crate::data_job::{About, DataJob, tables};
use crate::decide::SearchDecider;
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
///   lakatos formalize --section doubling.tex --endpoint http://127.0.0.1:8000/v1 --out doubling
///   lakatos formalize eval --candidates theirs.jsonl --out scores
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    problems: ProblemArgs,
    #[command(flatten)]
    lean: LeanArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Eval(Box<eval::Args>),
}

/// Which problems, and how they are formalised.
#[derive(Debug, clap::Args)]
struct ProblemArgs {
    /// JSONL (with `informal_statement` or `problem`, and `answer` where there is one), Markdown or LaTeX
    #[arg(required_unless_present = "section")]
    input: Option<PathBuf>,
    /// A section of a textbook (LaTeX or Markdown: definitions, theorems, proofs) into one Lean file
    #[arg(long, value_name = "FILE", conflicts_with = "input")]
    section: Option<PathBuf>,
    /// Candidates for each problem
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    n: u32,
    /// Where the tables and the report go
    // Not needed where a subcommand is named, which has its own.
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    #[command(flatten)]
    chat: ChatArgs,
    /// A chat endpoint whose model says of each chosen statement whether it says what the problem says; the
    /// opinion is kept beside the gates' findings and decides nothing alone
    #[arg(long, value_name = "URL", conflicts_with = "section")]
    judge_endpoint: Option<String>,
    /// The judge's name, as its server knows it
    #[arg(
        long,
        value_name = "NAME",
        default_value = "default",
        requires = "judge_endpoint"
    )]
    judge_model: String,
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
    /// What a million tokens of prompts and of answers cost, in any currency: `0.5,1.5`
    #[arg(long, value_name = "IN,OUT", value_parser = parse_price, default_value = "0,0")]
    price: Price,
    /// What may be spent in all, in the same currency, after which the command stops; 0: no cap
    #[arg(long, value_name = "COST", default_value_t = 0.0, value_parser = parse_cost)]
    cost_cap: f64,
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

fn parse_cost(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(cost) if cost.is_finite() && cost >= 0.0 => Ok(cost),
        _ => Err("a cost is a number that is not negative".into()),
    }
}

fn parse_price(text: &str) -> Result<Price, String> {
    let (prompt, completion) = text
        .split_once(',')
        .ok_or("two prices are needed, of prompts and of answers: 0.5,1.5")?;
    Ok(Price {
        prompt: parse_cost(prompt)?,
        completion: parse_cost(completion)?,
    })
}

impl ChatArgs {
    /// The client; none where no endpoint is named.
    pub fn client(&self) -> Result<Option<Chat>, Failure> {
        let Some(endpoint) = &self.endpoint else {
            return Ok(None);
        };
        self.of(endpoint, &self.model).map(Some)
    }

    /// A client of another endpoint or model that is asked in the same way.
    fn of(&self, endpoint: &str, model: &str) -> Result<Chat, Failure> {
        let config = ChatConfig {
            base_url: endpoint.to_owned(),
            model: model.to_owned(),
            price: self.price,
            cost_cap: self.cost_cap,
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            token_cap: self.token_cap,
            concurrency: self.concurrency,
            attempts: self.attempts,
            timeout_s: self.request_timeout,
            ..ChatConfig::default()
        };
        let key = std::env::var(&self.api_key_env).ok();
        Chat::new(config, key).map_err(|e| Failure::user(e.to_string()))
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

const ABOUT: About = About {
    title: "Formalized problems",
    text: "Informal problems with Lean statements that a model proposed.\n\n- `statements`: the statement that was chosen for each \
           problem, with its quality and what a search found of it.\n- `candidates`: every candidate with every gate's \
           finding.\n- `negatives`: statements that are false, with a counterexample or a refutation.\n- `overlaps`: statements \
           that share text with the bundled benchmark, for nobody's training.",
};

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
    if let Some(Command::Eval(eval)) = args.command {
        return eval::run(context, *eval, args.lean).await;
    }
    let mut problems = args.problems;
    let out = problems.out.take().ok_or_else(nothing)?;
    match (problems.section.take(), problems.input.take()) {
        (Some(source), _) => section::run(context, problems, &source, &out, args.lean).await,
        (None, Some(input)) => formalize(context, problems, &input, &out, args.lean).await,
        (None, None) => Err(nothing()),
    }
}

fn nothing() -> Failure {
    Failure::user("no input is named")
        .hint("lakatos formalize problems.jsonl --endpoint URL --out DIR")
}

/// The client of the endpoint that is named.
fn named_model(args: &ChatArgs) -> Result<Chat, Failure> {
    args.client()?.ok_or_else(|| {
        Failure::user("candidates come from a model, and none is named").hint(
            "name an OpenAI-compatible server with --endpoint URL; `lakatos serve model` starts one",
        )
    })
}

/// A meter that goes on where the job's earlier sessions stopped.
pub fn metered(chat: &Chat, before: &BTreeMap<String, u64>) -> Meter {
    let count = |what: &str| before.get(what).copied().unwrap_or_default();
    let tokens = Tokens {
        prompt: count("prompt"),
        completion: count("completion"),
    };
    Meter::starting(tokens, chat.config().price.of(tokens))
}

/// Says what a job's model has cost so far.
pub fn spent(context: &Context, chat: &Chat) {
    let (tokens, cost) = (chat.meter().tokens(), chat.meter().cost());
    if tokens.total() > 0 {
        let money = match cost > 0.0 {
            true => format!(", {cost:.4} in all at the prices named"),
            false => String::new(),
        };
        context.console.note(format!(
            "{} tokens of prompts and {} of answers{money}",
            tokens.prompt, tokens.completion
        ));
    }
}

/// What statements import: what is configured, else `Std`.
pub fn imports(config: &LeanConfig) -> Vec<String> {
    if config.imports.is_empty() {
        vec!["Std".to_owned()]
    } else {
        config.imports.clone()
    }
}

impl ProblemArgs {
    fn settings(&self) -> Settings {
        Settings {
            candidates: self.n,
            repairs: self.repairs,
            ..Settings::default()
        }
    }
}

/// The search that decides statements, with so many nodes each.
pub async fn decider(
    context: &Context,
    config: &mut Config,
    pool: &Pool,
    nodes: u32,
    stop: &Cancel,
) -> Result<Arc<dyn Decider>, Failure> {
    config.search.refute = true;
    config.search.budget.nodes = nodes;
    let resources = Resources {
        pool: pool.clone(),
        policy: policy::build(context, &config.policy).await?,
        goals: Arc::new(SharedGoals::new()),
        bandit: Arc::new(SharedBandit::new(BanditStats::default())),
    };
    Ok(Arc::new(SearchDecider {
        resources,
        config: config.search.clone(),
        stop: stop.clone(),
    }))
}

/// The gates as stages of a report.
pub fn gate_stages() -> &'static [Stage] {
    &STAGES
}

async fn formalize(
    context: &Context,
    args: ProblemArgs,
    input: &Path,
    out: &Path,
    lean_args: LeanArgs,
) -> Result<Exit, Failure> {
    let bytes = std::fs::read(input)
        .map_err(|e| Failure::user(format!("{} cannot be read: {e}", input.display())))?;
    let (problems, faults) = problem::read(&bytes);
    for fault in &faults {
        let place = format!("{}:{}", input.display(), fault.line);
        context.console.note(format!("{place}: {}", fault.message));
    }
    if problems.is_empty() {
        return Err(Failure::user(format!("{} holds no problem", input.display()))
            .hint("give JSONL with `informal_statement`, a Markdown list, or LaTeX with theorem environments"));
    }
    let chat = named_model(&args.chat)?;
    let judge = args.judge_endpoint.as_ref();
    let judge = judge
        .map(|url| args.chat.of(url, &args.judge_model))
        .transpose()?;
    let mut config = context.config(None)?;
    lean_args.apply(&mut config.lean)?;
    let settings = args.settings();
    let plan = Plan::new(problems.iter().map(|p| p.id.clone()).collect());
    let launcher = lean::launcher(context, &config.lean).await?;
    let mut guard = Guard::new(RUN);
    guard.add_bundled();
    let env = EnvironmentSpec {
        imports: imports(&config.lean),
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
            "judge": judge.as_ref().map(|judge| (&judge.config().base_url, &judge.config().model, gates::judge::fingerprint())),
            "decide": !args.no_decide,
            "nodes": args.nodes,
        }),
    };
    let stop = Cancel::new();
    interrupt::listen(stop.clone(), Arc::clone(&context.console));
    let place = context.place(stop.clone())?;
    let job = DataJob::open(place, identity, plan, out)?;
    let pool = lean::pool(launcher, &config.lean).await?;
    let decider = match args.no_decide {
        true => None,
        false => Some(decider(context, &mut config, &pool, args.nodes, &stop).await?),
    };
    // The caps hold for the whole job, also where it was broken off.
    let before = job.counted(COUNTS, "tokens")?;
    let meter = Arc::new(metered(&chat, &before));
    let chat = chat.on(Arc::clone(&meter));
    let judge = judge.map(|judge| judge.on(Arc::clone(&meter)));
    let work = Formalise {
        judge,
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
    spent(context, &work.chat);
    tables(
        &job,
        &ABOUT,
        &[
            (STATEMENTS, schema::statements()),
            (CANDIDATES, schema::candidates()),
            (NEGATIVES, schema::negatives()),
            (OVERLAPS, schema::statements()),
        ],
    )?;
    let report = job.report(&STAGES)?;
    Ok(match end {
        End::Interrupted => Exit::Interrupted,
        End::Complete if report.failed > 0 => Exit::Internal,
        End::Complete if !faults.is_empty() => Exit::Usage,
        End::Complete => Exit::Success,
    })
}
