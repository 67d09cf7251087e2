//! What every command is given: where data live, and who listens. The only place that reads the
//! environment.

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{Config, Sources};
use crate::data_job::Place;
use crate::events::EventSink;
use crate::exit::Failure;
use crate::progress::Console;
use crate::search::Cancel;
use crate::store::Store;

/// Options of every command.
#[derive(Debug, clap::Args)]
pub struct Global {
    /// Directory of the embedded Lean, the run store and config.toml [default: the platform's own]
    #[arg(
        long,
        global = true,
        env = "LAKATOS_HOME",
        hide_env_values = true,
        value_name = "DIR"
    )]
    data_dir: Option<PathBuf>,
    /// Print events as JSON, one object a line
    #[arg(long, global = true)]
    json: bool,
    /// Print results and failures only
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Log what the program does, to standard error (-vv: everything)
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// What every command is given.
pub struct Context {
    data_dir: Option<PathBuf>,
    /// Who listens.
    pub console: Arc<Console>,
}

impl Context {
    /// Starts logging, and finds the data directory without touching it.
    pub fn new(global: Global) -> Self {
        let level = match global.verbose {
            0 => "error",
            1 => "lakatos=info,lakatos_lean_bridge=info",
            _ => "lakatos=debug,lakatos_lean_bridge=debug",
        };
        // A second subscriber in one process is only possible in tests, which do not log.
        let _ = tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_env_filter(tracing_subscriber::EnvFilter::new(level))
            .try_init();
        Self {
            data_dir: global.data_dir.or_else(platform_data_dir),
            console: Arc::new(Console::new(global.json, global.quiet)),
        }
    }

    /// The same with another listener.
    pub fn with_console(&self, console: Arc<Console>) -> Self {
        Self {
            data_dir: self.data_dir.clone(),
            console,
        }
    }

    /// The data directory.
    pub fn data_dir(&self) -> Result<PathBuf, Failure> {
        self.data_dir.clone().ok_or_else(|| {
            Failure::environment("this system names no directory for the data of programs")
                .hint("choose one with --data-dir DIR or LAKATOS_HOME")
        })
    }

    /// The data directory, which is there now, without symbolic links in its path: a worker may read
    /// nothing beside it.
    pub fn made_data_dir(&self) -> Result<PathBuf, Failure> {
        let dir = self.data_dir()?;
        std::fs::create_dir_all(&dir)
            .and_then(|()| dir.canonicalize())
            .map_err(|e| {
                Failure::environment(format!(
                    "the data directory {} cannot be made: {e}",
                    dir.display()
                ))
                .hint("choose another with --data-dir DIR or LAKATOS_HOME")
            })
    }

    /// What a person types to go on with a run.
    pub fn resume_command(&self, run: &str) -> String {
        let mut words = vec!["lakatos".to_owned(), "resume".to_owned(), run.to_owned()];
        let from_environment = std::env::var_os("LAKATOS_HOME").map(PathBuf::from);
        if let Some(dir) = &self.data_dir
            && self.data_dir != from_environment
            && self.data_dir != platform_data_dir()
        {
            words.extend(["--data-dir".to_owned(), dir.display().to_string()]);
        }
        super::report::shell(&words)
    }

    /// `config.toml` of the data directory.
    pub fn config_path(&self) -> Result<PathBuf, Failure> {
        Ok(self.data_dir()?.join("config.toml"))
    }

    /// The configuration below the flags.
    pub fn config(&self, explicit: Option<PathBuf>) -> Result<Config, Failure> {
        Config::load(&Sources {
            home: Some(self.config_path()?),
            explicit,
        })
    }

    /// Where a data job is kept and who listens; `stop` ends it in good order.
    pub fn place(&self, stop: Cancel) -> Result<Place, Failure> {
        let words = std::env::args_os();
        Ok(Place {
            store: Arc::new(self.store()?),
            sink: Arc::clone(&self.console) as Arc<dyn EventSink>,
            stop,
            command_line: words.map(|a| a.to_string_lossy().into_owned()).collect(),
        })
    }

    /// The run store.
    pub fn store(&self) -> Result<Store, Failure> {
        Ok(Store::open(&self.data_dir()?)?)
    }
}

fn platform_data_dir() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "lakatos").map(|d| d.data_dir().to_path_buf())
}
