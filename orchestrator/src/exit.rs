//! How the program ends: kinds of failure, and the exit code of each.
//!
//! Libraries return their own typed errors; at the program's edge they are folded into one
//! [`Failure`], which has a kind, a sentence and, where there is one, a way out. The codes are
//! documented in `docs/exit-codes.md`, and a test holds that page to this table.

use lakatos_lean_bridge::BridgeError;

/// An exit code of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The command did what it was asked. For `prove`: every problem has its result, whatever it
    /// is.
    Success = 0,
    /// `verify` did not accept every proof, or `replay` did not find what the store holds.
    NotAccepted = 1,
    /// The command line is wrong, or some input could not be used. For `prove`, the other problems
    /// were still attempted.
    Usage = 2,
    /// The configuration is wrong.
    Config = 3,
    /// This machine lacks something: npm, network, disk space, a directory that can be written.
    Environment = 4,
    /// The run store is damaged, newer or locked.
    Store = 5,
    /// The program or Lean failed where it should not have.
    Internal = 6,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl Exit {
    /// Every exit code.
    pub const ALL: [Self; 8] = [
        Self::Success,
        Self::NotAccepted,
        Self::Usage,
        Self::Config,
        Self::Environment,
        Self::Store,
        Self::Internal,
        Self::Interrupted,
    ];

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Whose failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Wrong usage or unusable input.
    User,
    /// Wrong configuration.
    Config,
    /// Something that the machine lacks.
    Environment,
    /// The run store.
    Store,
    /// A defect, or Lean's failure.
    Internal,
    /// The user interrupted.
    Interrupted,
}

impl Kind {
    /// The exit code of this kind of failure.
    pub fn exit(self) -> Exit {
        match self {
            Self::User => Exit::Usage,
            Self::Config => Exit::Config,
            Self::Environment => Exit::Environment,
            Self::Store => Exit::Store,
            Self::Internal => Exit::Internal,
            Self::Interrupted => Exit::Interrupted,
        }
    }
}

/// What ended a command before it had done its work.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Whose failure.
    pub kind: Kind,
    /// What happened, and where, as a sentence without a full stop.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Failure {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    /// Wrong usage or unusable input.
    pub fn user(message: impl Into<String>) -> Self {
        Self::new(Kind::User, message)
    }

    /// Wrong configuration.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config, message)
    }

    /// Something that the machine lacks.
    pub fn environment(message: impl Into<String>) -> Self {
        Self::new(Kind::Environment, message)
    }

    /// The run store.
    pub fn store(message: impl Into<String>) -> Self {
        Self::new(Kind::Store, message)
    }

    /// A defect, or Lean's failure.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// The user interrupted.
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::new(Kind::Interrupted, message)
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<BridgeError> for Failure {
    fn from(e: BridgeError) -> Self {
        let message = e.to_string();
        match e {
            BridgeError::NoLean { .. }
            | BridgeError::Install { .. }
            | BridgeError::Unisolated { .. } => {
                Self::environment(message).hint("`lakatos doctor` says what is missing")
            }
            BridgeError::Io { .. } => Self::environment(message)
                .hint("check that the place exists, can be written and has space left"),
            BridgeError::Spawn { .. } => Self::environment(message)
                .hint("`lakatos doctor` starts a worker and says what it sees"),
            BridgeError::Checker { .. } => {
                Self::environment(message).hint("docs/checkers.md says how a checker is named")
            }
            BridgeError::Import { .. }
            | BridgeError::Elaboration { .. }
            | BridgeError::NotAProposition { .. } => Self::user(message),
            BridgeError::WorkerDied { .. }
            | BridgeError::Timeout { .. }
            | BridgeError::Protocol { .. } => Self::internal(message),
        }
    }
}

impl From<lakatos_model_server::ModelError> for Failure {
    fn from(e: lakatos_model_server::ModelError) -> Self {
        use lakatos_model_server::ModelError as E;
        let message = e.to_string();
        match e {
            E::Io { ref source, .. } if source.kind() != std::io::ErrorKind::NotFound => {
                Self::environment(message)
                    .hint("check that the place exists, can be written and has space left")
            }
            E::ForeignState => Self::internal(message),
            _ => Self::user(message),
        }
    }
}

impl From<crate::store::StoreError> for Failure {
    fn from(e: crate::store::StoreError) -> Self {
        use crate::store::StoreError as E;
        let message = e.to_string();
        match e {
            E::NoSuchRun { .. }
            | E::NoSuchProblem { .. }
            | E::NoSuchJob { .. }
            | E::RunExists { .. } => Self::user(message),
            E::Directory { .. } | E::CannotOpen { .. } | E::ReadOnly { .. } | E::Full { .. } => {
                Self::environment(message)
            }
            _ => Self::store(message),
        }
    }
}

impl From<crate::data_job::DataJobError> for Failure {
    fn from(e: crate::data_job::DataJobError) -> Self {
        use crate::data_job::DataJobError as E;
        use lakatos_datasets::job::FolderError;
        let message = e.to_string();
        match e {
            E::Folder(FolderError::Io { .. }) | E::Write { .. } => Self::environment(message)
                .hint("free some space, or mend its permissions; the same command goes on"),
            E::Folder(_) => Self::user(message),
            E::Table(lakatos_datasets::write::WriteError::Row { .. }) => Self::internal(message),
            E::Table(_) => Self::environment(message),
            E::Store(e) => Self::from(e),
            E::Journal(_) => Self::internal(message),
            E::Fatal { .. } => Self::environment(message).hint("the same command goes on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_names_every_code() {
        let page = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../docs/exit-codes.md"
        ))
        .unwrap();
        let documented: Vec<u8> = page
            .lines()
            .filter_map(|l| l.strip_prefix("| "))
            .filter_map(|l| l.split_whitespace().next()?.parse().ok())
            .collect();
        assert_eq!(documented, Exit::ALL.map(Exit::code));
    }

    #[test]
    fn kinds_have_their_own_codes() {
        let kinds = [
            Kind::User,
            Kind::Config,
            Kind::Environment,
            Kind::Store,
            Kind::Internal,
            Kind::Interrupted,
        ];
        let mut codes: Vec<u8> = kinds.iter().map(|k| k.exit().code()).collect();
        codes.dedup();
        assert_eq!(codes, [2, 3, 4, 5, 6, 130]);
    }
}
