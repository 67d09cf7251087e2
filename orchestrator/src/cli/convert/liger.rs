//! `lakatos convert liger`.

use lakatos_model_server::convert::job::Stage;
use lakatos_model_server::convert::linearise::Method;

use super::job::{self, JobArgs, Plan};
use crate::cli::context::Context;
use crate::exit::{Exit, Failure};

/// Linearise with Liger: gates from the key projection, no new parameters, then LoRA
///
/// Example: lakatos convert liger SmolLM2-135M.gguf --out smollm2-liger --text notes.txt --eval guide.txt
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    job: JobArgs,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let plan = Plan {
        method: Method::Liger,
        transfer: Stage {
            steps: 0,
            learning_rate: 0.0,
        },
        targets: &["q_proj", "k_proj", "v_proj"],
    };
    job::run(context, args.job, plan).await
}
