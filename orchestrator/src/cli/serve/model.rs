//! `lakatos serve model`: a language model over HTTP.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::middleware::from_fn_with_state;
use lakatos_model_server::model::chat_template::ChatTemplate;
use lakatos_model_server::model::tokenizer::Tokenizer;
use lakatos_model_server::server::Server;
use lakatos_model_server::{Model, ModelError};
use serde::Serialize;

use super::door::{Door, Opened};
use crate::checkpoint;
use crate::cli::context::Context;
use crate::cli::interrupt;
use crate::exit::{Exit, Failure};
use crate::search::Cancel;
use crate::serve::{auth, until};

/// Serve a language model over HTTP; OpenAI's and LeanCopilot's clients work with it
///
/// Answers POST /v1/completions, /v1/chat/completions and /generate, GET /v1/models, /health and /metrics
/// (docs/model-server.md). Ctrl-C ends it: what is in flight is finished first.
///
/// Examples:
///   lakatos serve model --checkpoint my-model
///   lakatos serve model --checkpoint my-model --quantise --port 9000 --state-cache 8192
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The model: a checkpoint's directory, or the name of a bundled one
    #[arg(long, value_name = "DIR|NAME")]
    checkpoint: String,
    #[command(flatten)]
    door: Door,
    /// Compute with 8-bit copies of the large matrices
    #[arg(long, visible_alias = "quantize")]
    quantise: bool,
    /// The name that clients ask for [default: the checkpoint's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Requests that may wait or be worked on; beyond it clients are told to come again
    #[arg(long, value_name = "N", default_value_t = 256)]
    queue: usize,
    /// Samples that are decoded at a time
    #[arg(long, value_name = "N", default_value_t = 64)]
    batch: usize,
    /// MiB of states to keep; 0 keeps none
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    state_cache: usize,
    /// MiB for the states of running samples
    #[arg(long, value_name = "MIB", default_value_t = 2048)]
    running_states: usize,
    /// Tokens of a text, what is generated included
    #[arg(long, value_name = "TOKENS", default_value_t = 65_536)]
    max_context: usize,
    /// MiB of a request's body at most
    #[arg(long, value_name = "MIB", default_value_t = 4)]
    max_body: usize,
}

/// What programs are told.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Said<'a> {
    Listening { address: SocketAddr, url: String },
    Loaded { model: &'a str, parameters: usize },
    Stopping,
    Stopped,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let dir = checkpoint::resolve(&args.checkpoint, &context.data_dir()?)?;
    let mib = |n: usize| n.saturating_mul(1 << 20);
    let mut options = checkpoint::options(&dir, args.name.clone())?;
    let name = options.model.clone();
    options.queue = args.queue;
    options.max_body = mib(args.max_body);
    options.max_context = args.max_context;
    options.limits.cache_bytes = mib(args.state_cache);
    options.limits.running_bytes = mib(args.running_states);
    options.limits.max_batch = args.batch.max(1);
    options.chat = ChatTemplate::load(&dir).map_err(|e| e.to_string());
    if let Err(why) = &options.chat {
        let line = format!("{why}; /v1/chat/completions will say so, the rest is served");
        context.console.say(line);
    }
    let Opened {
        listener,
        address,
        token,
    } = args.door.open().await?;
    let server = Server::new(options);
    let (open, guarded) = server.routes();
    let router = open.merge(guarded.layer(from_fn_with_state(token, auth::guard)));

    let console = &context.console;
    let url = format!("http://{address}");
    if console.is_json() {
        console.json(&Said::Listening { address, url });
    } else {
        console.out(format!("listening on {url}"));
    }
    let stop = Cancel::default();
    interrupt::listen(stop.clone(), Arc::clone(console));
    let heard = {
        let (console, stop) = (Arc::clone(console), stop.clone());
        async move {
            stop.cancelled().await;
            if console.is_json() {
                console.json(&Said::Stopping);
            }
        }
    };
    let serving = until(listener, router, heard, args.door.drain());
    let loading = {
        let (server, quantise) = (Arc::clone(&server), args.quantise);
        tokio::task::spawn_blocking(move || load(&server, &dir, quantise))
    };
    let told = async {
        let loaded = loading
            .await
            .map_err(|_| Failure::internal("the checkpoint could not be read"))
            .flatten();
        match loaded {
            Ok(parameters) => {
                if console.is_json() {
                    let model = &name;
                    console.json(&Said::Loaded { model, parameters });
                } else {
                    console.out(format!("serving `{name}`, {parameters} parameters"));
                }
                Ok(())
            }
            Err(failure) => {
                stop.cancel();
                Err(failure)
            }
        }
    };
    let (served, loaded) = tokio::join!(serving, told);
    loaded?;
    served.map_err(|e| Failure::environment(format!("{address} cannot be listened on: {e}")))?;
    if console.is_json() {
        console.json(&Said::Stopped);
    }
    Ok(Exit::Success)
}

fn load(server: &Server, dir: &Path, quantise: bool) -> Result<usize, Failure> {
    let unusable = |e: ModelError| {
        Failure::user(e.to_string()).hint("docs/model.md says what a checkpoint's directory holds")
    };
    let mut model = Model::load(dir).map_err(unusable)?;
    let tokenizer = Tokenizer::load(dir, model.config()).map_err(unusable)?;
    if quantise {
        model.quantise();
    }
    let parameters = model.params().count();
    server
        .start(model, tokenizer)
        .map_err(|e| Failure::environment(format!("no thread can be started: {e}")))?;
    Ok(parameters)
}
