//! Which Lean, and how it is started: the options that several commands share.
//!
//! Order: `--lean PATH`, the Lake project of `--project`, a `lean` on the path, the embedded Lean,
//! which is installed on first use.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lakatos_lean_bridge::embedded::{self, HostTools, Installation};
use lakatos_lean_bridge::launch::{LaunchOptions, Launcher};
use lakatos_lean_bridge::machine;
use lakatos_lean_bridge::pool::{Pool, PoolOptions};
use lakatos_lean_bridge::progress::Progress;

use super::context::Context;
use crate::config::LeanConfig;
use crate::events::{Event, EventSink};
use crate::exit::Failure;
use crate::progress::Console;

/// Which Lean, and how many workers.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Lean")]
pub struct LeanArgs {
    /// Lean workers [default: one a core, as far as memory goes]
    #[arg(long, global = true, value_name = "N", overrides_with = "workers")]
    workers: Option<usize>,
    /// A directory of compiled libraries (.olean files) to add; repeat it, or separate by `:`
    #[arg(long, global = true, value_name = "DIR", value_delimiter = ':')]
    lean_path: Vec<PathBuf>,
    /// A module that problems import, in place of what their source says; repeat it, or separate
    /// by `,`
    #[arg(
        long = "import",
        global = true,
        value_name = "MODULE",
        value_delimiter = ','
    )]
    imports: Vec<String>,
    /// Use this Lake project's Lean and libraries
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "lean")]
    project: Option<PathBuf>,
    /// Use this `lean` program
    #[arg(long, global = true, value_name = "PATH")]
    lean: Option<PathBuf>,
    /// Use the embedded Lean even where there is a `lean` on the path
    #[arg(long, global = true, conflicts_with_all = ["lean", "project"])]
    embedded: bool,
    /// Start workers even where nothing keeps them from the network, from your files and from other
    /// processes: for proofs that you trust
    #[arg(long, global = true)]
    allow_unisolated: bool,
}

impl LeanArgs {
    /// Lays the flags on top of a configuration.
    pub fn apply(&self, config: &mut LeanConfig) -> Result<(), Failure> {
        if let Some(n) = self.workers {
            if n == 0 {
                return Err(Failure::user("--workers must be at least 1"));
            }
            config.workers = n;
        }
        if !self.lean_path.is_empty() {
            config.path = self.lean_path.clone();
        }
        if !self.imports.is_empty() {
            config.imports = self.imports.clone();
        }
        if self.project.is_some() || self.lean.is_some() || self.embedded {
            config.project = self.project.clone();
            config.lean = self.lean.clone();
            config.embedded = self.embedded;
        }
        config.allow_unisolated |= self.allow_unisolated;
        // A run is resumed from another directory perhaps.
        for path in config
            .path
            .iter_mut()
            .chain(&mut config.readable)
            .chain(&mut config.project)
            .chain(&mut config.lean)
        {
            if let Ok(absolute) = std::path::absolute(&*path) {
                *path = absolute;
            }
        }
        Ok(())
    }
}

/// The programs of this machine that an installation may use.
pub fn host_tools() -> HostTools {
    HostTools {
        path: std::env::var_os("PATH"),
        npm: std::env::var_os("LAKATOS_NPM").map(PathBuf::from),
        node: std::env::var_os("LAKATOS_NODE").map(PathBuf::from),
    }
}

/// Finds or installs Lean. Blocks; draws progress.
fn find(data_dir: &Path, config: &LeanConfig, console: &Console) -> Result<Launcher, Failure> {
    let sink = |p: Progress| console.event(&Event::from(p));
    let options = LaunchOptions {
        lean_path: config.path.clone(),
        imports: config.imports.clone(),
        memory_mb: (config.memory_mb > 0).then_some(config.memory_mb),
        path: std::env::var_os("PATH"),
        environment: native_environment(),
        readable: config.readable.clone(),
        allow_unisolated: config.allow_unisolated,
    };
    let cache = data_dir.join("workers");
    if let Some(lean) = &config.lean {
        return Ok(Launcher::lean(lean, &cache, &options, &sink)?);
    }
    if let Some(project) = &config.project {
        return Ok(Launcher::project(project, &cache, &options, &sink)?);
    }
    if !config.embedded
        && let Some(lean) = on_path("lean")
    {
        match Launcher::lean(&lean, &cache, &options, &sink) {
            Ok(launcher) => return Ok(launcher),
            Err(e) => console.event(&Event::Warning {
                message: format!(
                    "{} cannot be used, so the embedded Lean is ({e})",
                    lean.display()
                ),
            }),
        }
    }
    Ok(Launcher::embedded(&install(data_dir, console)?, &options)?)
}

/// Installs the embedded Lean where it is missing. Blocks; draws progress.
pub fn install(data_dir: &Path, console: &Console) -> Result<Installation, Failure> {
    let sink = |p: Progress| console.event(&Event::from(p));
    Ok(embedded::ensure(data_dir, &host_tools(), &sink)?)
}

/// A program on the path.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|p| p.is_file())
}

/// What elan, lake and a native Lean read.
pub fn native_environment() -> Vec<(OsString, OsString)> {
    [
        "HOME",
        "ELAN_HOME",
        "ELAN_TOOLCHAIN",
        "LEAN_SYSROOT",
        "TMPDIR",
    ]
    .into_iter()
    .filter_map(|name| Some((name.into(), std::env::var_os(name)?)))
    .collect()
}

/// Finds or installs Lean, off the thread that the caller runs on.
pub async fn launcher(context: &Context, config: &LeanConfig) -> Result<Launcher, Failure> {
    let data_dir = context.made_data_dir()?;
    let (config, console) = (config.clone(), Arc::clone(&context.console));
    tokio::task::spawn_blocking(move || find(&data_dir, &config, &console))
        .await
        .map_err(|e| Failure::internal(format!("the search for Lean failed: {e}")))?
}

/// How many workers a configuration means on this machine.
pub fn workers(config: &LeanConfig) -> usize {
    if config.workers > 0 {
        return config.workers;
    }
    // Verification takes two more for each lane, and a spare one.
    machine::processes(1000 * (2 * config.verify_lanes as u64 + 2))
}

/// MiB that a native Lean may take where nothing is said: Mathlib alone takes several thousand.
const NATIVE_MEMORY_MB: u32 = 8192;

/// Starts the workers.
pub async fn pool(launcher: Launcher, config: &LeanConfig) -> Result<Pool, Failure> {
    let options = pool_options(&launcher, config);
    Ok(Pool::start(launcher, options).await?)
}

/// The size and the limits of a configuration's pool.
pub fn pool_options(launcher: &Launcher, config: &LeanConfig) -> PoolOptions {
    let memory = match (config.memory_mb, launcher.isolation().memory_mb) {
        (0, own) => own.unwrap_or(NATIVE_MEMORY_MB),
        (chosen, _) => chosen,
    };
    PoolOptions {
        // Replaced in good order before it reaches its limit.
        memory_mb: u64::from(memory) * 7 / 8,
        workers: workers(config),
        verify_lanes: config.verify_lanes,
        ..PoolOptions::default()
    }
}
