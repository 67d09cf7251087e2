//! `lakatos lsp`: proofs in an editor.

use std::path::PathBuf;
use std::sync::Arc;

use lakatos_lean_bridge::pool::{Pool, PoolOptions};

use super::context::Context;
use super::lean::{self, LeanArgs};
use super::policy::{self, PolicyArgs};
use crate::config::{Config, LeanConfig};
use crate::exit::{Exit, Failure};
use crate::lsp::lean::{Lean, Source, Starting};
use crate::lsp::{Ending, serve};
use crate::policy::Policy;
use crate::policy::bandit::SharedBandit;
use crate::progress::Console;
use crate::search::{Resources, SharedGoals};

/// Serve an editor: proofs, refutations and suggestions for the Lean file that is open (docs/lsp.md)
///
/// Speaks the Language Server Protocol on standard input and output, beside Lean's own server. Editors start
/// it; docs/editors.md says how they are set up.
///
/// Example: lakatos lsp --workers 2
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Standard input and output; what there is, and what editors like to say
    #[arg(long, hide = true)]
    stdio: bool,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    lean: LeanArgs,
}

/// One worker reads what is typed while another searches.
const WORKERS: usize = 2;

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let mut config = context.config(None)?;
    args.policy.apply(&mut config.policy);
    args.lean.apply(&mut config.lean)?;
    if config.lean.workers == 0 {
        config.lean.workers = WORKERS;
    }
    let policy = policy::build(context, &config.policy).await?;
    let lean = &config.lean;
    let source = Edge {
        fixed: lean.lean.is_some() || lean.project.is_some() || lean.embedded,
        context: Context::quiet(context),
        policy,
        config,
    };
    match serve(std::io::stdin(), std::io::stdout(), Box::new(source)).await {
        Ending::Orderly => Ok(Exit::Success),
        // What the protocol asks for; nobody is there to read a sentence.
        Ending::Abrupt => Ok(Exit::NotAccepted),
    }
}

/// Starts Leans as the command line says.
struct Edge {
    context: Context,
    config: Config,
    policy: Arc<dyn Policy>,
    fixed: bool,
}

impl Source for Edge {
    fn start(&self, project: Option<PathBuf>) -> Starting<'_> {
        Box::pin(async move {
            let mut lean = self.config.lean.clone();
            if project.is_some() {
                lean = LeanConfig {
                    project,
                    embedded: false,
                    ..lean
                };
            }
            let said = |failure: Failure| match failure.hint {
                Some(hint) => format!("{}; {hint}", failure.message),
                None => failure.message,
            };
            let launcher = lean::launcher(&self.context, &lean).await.map_err(said)?;
            // A spare process for a dead one is not worth a gigabyte of a person's own machine.
            let options = PoolOptions {
                warm_spare: false,
                ..lean::pool_options(&launcher, &lean)
            };
            let pool = Pool::start(launcher, options).await;
            let pool = pool.map_err(|e| e.to_string())?;
            Ok(Lean {
                resources: Resources {
                    pool,
                    policy: Arc::clone(&self.policy),
                    goals: Arc::new(SharedGoals::new()),
                    bandit: Arc::new(SharedBandit::new(Default::default())),
                },
                search: self.config.search.clone(),
                seed: self.config.seed,
            })
        })
    }

    fn fixed(&self) -> bool {
        self.fixed
    }
}

impl Context {
    /// The same for a command whose standard output belongs to a protocol.
    fn quiet(&self) -> Self {
        self.with_console(Arc::new(Console::new(false, true)))
    }
}
