//! `lakatos convert lolcats`.

use lakatos_model_server::convert::job::Stage;
use lakatos_model_server::convert::linearise::Method;

use super::job::{self, JobArgs, Plan};
use crate::cli::context::Context;
use crate::exit::{Exit, Failure};

/// Linearise with LoLCATs: features learnt from softmax attention, then LoRA
///
/// Example: lakatos convert lolcats SmolLM2-135M.gguf --out smollm2-lolcats --text notes.txt --eval guide.txt
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    job: JobArgs,
    /// Steps of attention transfer
    #[arg(long, value_name = "N", default_value_t = 60)]
    transfer_steps: u64,
    /// Learning rate of attention transfer
    #[arg(long, value_name = "RATE", default_value_t = 1e-2)]
    transfer_rate: f64,
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let plan = Plan {
        method: Method::Lolcats,
        transfer: Stage {
            steps: args.transfer_steps,
            learning_rate: args.transfer_rate,
        },
        targets: &["q_proj", "k_proj", "v_proj", "o_proj"],
    };
    job::run(context, args.job, plan).await
}
