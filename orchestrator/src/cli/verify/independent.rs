//! The level that is demanded, and the independent kernel of level 4.

use std::sync::Arc;

use lakatos_lean_bridge::checker::{Checker, CheckerOptions};
use lakatos_lean_bridge::verdict::Level;

use crate::cli::context::Context;
use crate::cli::lean;
use crate::exit::Failure;

/// How far a proof must be checked.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Level")]
pub struct LevelArgs {
    /// What counts as accepted: 3, replayed through Lean's kernel; 4, accepted by an independent one
    /// too (needs --checker). 1 and 2 are checked like 3 [default: 3, with --checker 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=4))]
    level: Option<u8>,
    /// The command of an independent kernel, which reads an export on standard input or where the
    /// command says {export} or, for nanoda, {config} (docs/checkers.md)
    #[arg(long, value_name = "COMMAND")]
    checker: Option<String>,
    /// Seconds for the independent kernel, each theorem
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 300,
        requires = "checker"
    )]
    checker_timeout: u32,
    /// Memory of the independent kernel in MiB
    #[arg(long, value_name = "MIB", default_value_t = 4096, requires = "checker")]
    checker_memory: u32,
}

impl LevelArgs {
    /// The level that an acceptance must have reached.
    ///
    /// # Errors
    /// Level 4 without a checker, or a checker without level 4.
    pub fn demanded(&self) -> Result<Level, Failure> {
        match (self.level, &self.checker) {
            (Some(4), None) => Err(Failure::user(
                "level 4 is an independent kernel's word, and none is named",
            )
            .hint("name one, as in --checker 'nanoda_bin {config}'; docs/checkers.md")),
            (Some(1..=3), Some(_)) => Err(Failure::user(
                "--checker is of use at level 4 only, and another level is asked for",
            )
            .hint("leave out --level, or say --level 4")),
            (_, Some(_)) => Ok(Level::Independent),
            // Nothing counts as proved below 3, and 3 is what is checked.
            (_, None) => Ok(Level::Kernel),
        }
    }

    /// The checker, if one is named.
    ///
    /// # Errors
    /// It cannot be found, or there is no directory for its files.
    pub fn checker(&self, context: &Context) -> Result<Option<Arc<Checker>>, Failure> {
        let Some(command) = &self.checker else {
            return Ok(None);
        };
        let checker = Checker::new(CheckerOptions {
            command: command.clone(),
            scratch: context.made_data_dir()?.join("exports"),
            path: std::env::var_os("PATH"),
            environment: lean::native_environment(),
            timeout_s: self.checker_timeout.into(),
            memory_mb: self.checker_memory.into(),
        })?;
        Ok(Some(Arc::new(checker)))
    }
}
