//! `lakatos convert`: checkpoints of softmax models, made linear or brought into this program's format.

mod gguf;
mod job;
mod liger;
mod lolcats;

use super::context::Context;
use crate::exit::{Exit, Failure};

/// Turn a softmax model into a linear-attention one
///
/// Example: lakatos convert liger SmolLM2-135M.gguf --out smollm2-liger --text notes.txt --eval guide.txt
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Liger(liger::Args),
    Lolcats(lolcats::Args),
    Gguf(gguf::Args),
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    match args.what {
        What::Liger(args) => liger::run(context, args).await,
        What::Lolcats(args) => lolcats::run(context, args).await,
        What::Gguf(args) => gguf::run(context, &args),
    }
}
