//! Independent kernels: level 4.
//!
//! A kernel worker writes a theorem that it has accepted, with all that it needs, in the format of
//! lean4export (`pool/independent.rs`, docs/checkers.md). A [`Checker`] runs a program of the
//! user's over that file and says what it found. Only exit code 0 is ever an acceptance.
//!
//! - `command`: the user's words, with their placeholders.
//! - `nanoda`: the configuration that nanoda wants.
//! - `run`: one process under its limits, and what its end means.

mod command;
mod nanoda;
mod run;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::BridgeError;
use command::Template;
pub(crate) use run::Finding;
use run::Limits;

/// The format of the files, as the report names it. `lean/Lakatos/Lean4Export/Writer.lean` writes it.
pub const FORMAT: &str = "lean4export 3.1.0";

/// What a checker is, and what it may take.
#[derive(Debug, Clone)]
pub struct CheckerOptions {
    /// The command, as a shell would read it. `{export}` stands for the path of the file, `{config}`
    /// for that of a configuration for nanoda; with neither, the file is its standard input.
    pub command: String,
    /// A directory for the files, which are deleted afterwards.
    pub scratch: PathBuf,
    /// `PATH`, where the program is looked for and which it is given.
    pub path: Option<OsString>,
    /// Variables that it is given besides: it sees no others.
    pub environment: Vec<(OsString, OsString)>,
    /// Seconds after which it is ended.
    pub timeout_s: u64,
    /// Memory beyond which it is ended, in MiB.
    pub memory_mb: u64,
}

/// An independent kernel: a program that reads exports.
#[derive(Debug, Clone)]
pub struct Checker {
    options: CheckerOptions,
    template: Template,
    digest: Option<String>,
}

/// How a theorem was checked by an independent kernel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// The command, as it was given.
    pub command: String,
    /// SHA-256 of its program, where that can be read: what exactly has judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program_sha256: Option<String>,
    /// The format of the file, with its version.
    pub format: String,
    /// Wall-clock seconds that it took.
    pub seconds: f64,
    /// Size of the file in bytes.
    pub export_bytes: u64,
    /// Declarations in the file, a mutual block counted once.
    pub declarations: u64,
    /// How many of them are library constants without a body, which the checker had to take as
    /// axioms.
    pub axioms_given: u64,
}

/// A file for a checker, and what is in it.
#[derive(Debug, Clone)]
pub(crate) struct Export {
    /// Where it is.
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its declarations.
    pub declarations: u64,
    /// The names of the axioms that it may declare: those allowed by the request, and the library's
    /// constants without a body.
    pub permitted: Vec<String>,
    /// How many of those are the library's.
    pub given: u64,
}

impl Checker {
    /// A checker, whose program is there and can be run.
    ///
    /// # Errors
    /// [`BridgeError::Checker`]: the command cannot be read, or its program not be found.
    pub fn new(options: CheckerOptions) -> Result<Self, BridgeError> {
        let template = Template::parse(&options.command, options.path.as_deref())?;
        let digest = crate::files::sha256(template.program()).ok();
        Ok(Self {
            options,
            template,
            digest,
        })
    }

    /// Has the program judge a file. Its configuration, where it wants one, is written beside it.
    pub(crate) async fn check(&self, export: &Export) -> Result<(Finding, Checked), BridgeError> {
        let config = export.file.with_extension("json");
        if self.template.wants_config() {
            nanoda::write(&config, export)?;
        }
        let options = &self.options;
        let command = self.template.command(&export.file, &config)?;
        let limits = Limits {
            time: Duration::from_secs(options.timeout_s),
            memory_mb: options.memory_mb,
        };
        let path = options.path.clone().map(|path| ("PATH".into(), path));
        let environment = options.environment.iter().cloned().chain(path);
        let (finding, took) = run::run(command, environment, limits).await;
        Ok((finding, self.report(export, took)))
    }

    fn report(&self, export: &Export, took: Duration) -> Checked {
        Checked {
            command: self.options.command.clone(),
            program_sha256: self.digest.clone(),
            format: FORMAT.into(),
            seconds: took.as_secs_f64(),
            export_bytes: export.bytes,
            declarations: export.declarations,
            axioms_given: export.given,
        }
    }

    /// Where the files are written.
    pub(crate) fn scratch(&self) -> &Path {
        &self.options.scratch
    }
}
