//! `lakatos config`: the effective configuration, where it is read from, and whether a file is right.

use std::path::PathBuf;

use super::context::Context;
use crate::config::Config;
use crate::exit::{Exit, Failure};

/// Show, locate or check the configuration
///
/// Example: lakatos config show --config mine.toml
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print the effective configuration as TOML: defaults, then config.toml, then --config
    ///
    /// Example: lakatos config show > config.toml
    Show {
        /// A configuration file on top of the data directory's
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Print the path of the data directory's config.toml
    ///
    /// Example: lakatos config path
    Path,
    /// Check a configuration file
    ///
    /// Example: lakatos config check mine.toml
    Check {
        /// The file [default: the data directory's config.toml]
        file: Option<PathBuf>,
    },
}

pub fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    match args.what {
        What::Show { config } => {
            let config = context.config(config)?;
            if context.console.is_json() {
                context.console.json(&config);
            } else {
                context.console.out(config.to_toml()?.trim_end());
            }
        }
        What::Path => {
            let path = context.config_path()?;
            if context.console.is_json() {
                context.console.json(&serde_json::json!({ "path": path }));
            } else {
                context.console.out(path.display().to_string());
            }
        }
        What::Check { file } => {
            let path = match file {
                Some(file) => file,
                None => context.config_path()?,
            };
            Config::check_file(&path)?;
            if !context.console.is_json() {
                context
                    .console
                    .out(format!("{} is a valid configuration.", path.display()));
            }
        }
    }
    Ok(Exit::Success)
}
