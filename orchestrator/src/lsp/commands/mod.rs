//! What the editor may ask for, one file a command. Each gets a [`Job`](super::job::Job) and gives its result.

pub mod explain;
pub mod prove;
pub mod prove_all;
pub mod refute;
pub mod shorten;
pub mod suggest;

use super::job::{Ended, Job, Stop};

/// A command: its name in the protocol, and the title of its action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Prove,
    Refute,
    Suggest,
    ProveAll,
    Shorten,
    Explain,
}

impl Command {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Prove,
        Self::Refute,
        Self::Suggest,
        Self::ProveAll,
        Self::Shorten,
        Self::Explain,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prove => "lakatos.prove",
            Self::Refute => "lakatos.refute",
            Self::Suggest => "lakatos.suggest",
            Self::ProveAll => "lakatos.proveAll",
            Self::Shorten => "lakatos.shorten",
            Self::Explain => "lakatos.explain",
        }
    }

    /// The title of its action.
    pub fn title(self) -> &'static str {
        match self {
            Self::Prove => "Prove this goal",
            Self::Refute => "Prove or refute",
            Self::Suggest => "Suggest next tactics",
            Self::ProveAll => "Replace sorry in this file",
            Self::Shorten => "Shorten this proof",
            Self::Explain => "Explain this statement in English",
        }
    }

    /// Does it.
    pub async fn run(self, job: &Job) -> Result<Ended, Stop> {
        match self {
            Self::Prove => prove::run(job).await,
            Self::Refute => refute::run(job).await,
            Self::Suggest => suggest::run(job).await,
            Self::ProveAll => prove_all::run(job).await,
            Self::Shorten => shorten::run(job).await,
            Self::Explain => explain::run(job).await,
        }
    }
}
