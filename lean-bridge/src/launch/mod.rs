//! The ways of starting a worker.
//!
//! A [`Launcher`] knows one Lean (embedded, a Lake project's, a given one) with the worker compiled
//! for it, and makes [`Command`]s. It starts nothing itself but trials: [`crate::pool`] spawns, talks
//! and kills. Every worker runs in a [`Confinement`], which gives it a deep stack too, and ends it when
//! the process that started it is gone.

mod guest;
mod native;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::BridgeError;
use crate::embedded::Installation;
use crate::isolate::Confinement;
pub use crate::isolate::{Isolation, Layer};
use crate::progress::ProgressSink;
use crate::worker::{self, Built, Sources};

pub(crate) use guest::{EmbeddedLean, Guest, Mount};
use native::NativeLean;

/// What a worker process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Steps proof states; runs the problem's text and tactics.
    Search,
    /// Elaborates a submission and exports its terms; ended after one that brings code of its own.
    Submission,
    /// Replays exports through the kernel; never runs a submission's code.
    Kernel,
}

/// How workers are to be started.
#[derive(Debug, Clone, Default)]
pub struct LaunchOptions {
    /// Roots of compiled libraries (.olean files) besides Lean's own.
    pub lean_path: Vec<PathBuf>,
    /// What an environment imports where nothing is said; empty: Init and Std (embedded, a given
    /// Lean), Mathlib (a project).
    pub imports: Vec<String>,
    /// Memory of one worker in MiB; absent: the launcher's own (2048 embedded, which is also the
    /// most; below 1024 an embedded worker does not get through its imports).
    pub memory_mb: Option<u32>,
    /// `PATH`, where `lake`, `lean` and `sh` are looked for.
    pub path: Option<OsString>,
    /// Variables that `lake` and `elan` need to find a native Lean (`HOME`, `ELAN_HOME`, …): nothing
    /// else is passed on, and nothing at all to a confined worker.
    pub environment: Vec<(OsString, OsString)>,
    /// What a native Lean reads besides its toolchain, the project's libraries and the system's.
    pub readable: Vec<PathBuf>,
    /// Whether workers may be started that are not kept from all that [`Isolation`] lists.
    pub allow_unisolated: bool,
}

/// Makes the commands that start workers of one Lean.
#[derive(Debug, Clone)]
pub struct Launcher {
    lean: Lean,
    worker: Built,
    lean_path: Vec<PathBuf>,
    imports: Vec<String>,
    memory_mb: Option<u32>,
    confinement: Confinement,
}

/// Memory of a native worker in MiB where nothing is said: Mathlib alone takes several thousand,
/// though mapped files do not count.
const NATIVE_MEMORY_MB: u32 = 8192;
/// What a native Lean's allocator and the stacks of its threads take in address space beyond its cap.
const NATIVE_BESIDE_MB: u32 = 2048;

#[derive(Debug, Clone)]
enum Lean {
    Embedded {
        lean: EmbeddedLean,
        node_version: String,
    },
    Native(NativeLean),
}

impl Launcher {
    /// Workers of the embedded Lean.
    ///
    /// # Errors
    /// A root of `lean_path` that holds no .olean file, or ones of another Lean.
    pub fn embedded(
        installation: &Installation,
        options: &LaunchOptions,
    ) -> Result<Self, BridgeError> {
        let lean_path = roots(&options.lean_path)?;
        for root in &lean_path {
            suits_embedded(root, &installation.lean_version)?;
        }
        let lean = installation.lean();
        let dir = installation.worker.clone();
        let memory_mb = options.memory_mb.unwrap_or(guest::MEMORY_MB);
        let memory_mb = memory_mb.min(guest::MEMORY_MB);
        let mut reads = lean.reads();
        reads.push(dir.clone());
        reads.extend(lean_path.iter().cloned());
        let trial = [lean.node.clone().into(), "--version".into()];
        let data = memory_mb + guest::BESIDE_MB;
        let (confinement, against) = Confinement::best(reads, data, None, &trial);
        for why in against {
            tracing::warn!(why, "only Node's own rules confine the embedded Lean");
        }
        let node_version = installation.node_version.clone();
        Ok(Self {
            lean: Lean::Embedded { lean, node_version },
            worker: Built { dir },
            lean_path,
            imports: or(&options.imports, &["Init", "Std"]),
            memory_mb: Some(memory_mb),
            confinement,
        })
    }

    /// Workers of a Lake project's Lean (`lake env lean`), with the worker compiled by that Lean
    /// into `worker_cache` first.
    ///
    /// # Errors
    /// No Lake project there, no `lake`, a worker that this Lean does not compile, or
    /// [`BridgeError::Unisolated`].
    pub fn project(
        dir: &Path,
        worker_cache: &Path,
        options: &LaunchOptions,
        progress: ProgressSink<'_>,
    ) -> Result<Self, BridgeError> {
        Self::project_with(dir, worker_cache, &Sources::bundled()?, options, progress)
    }

    /// [`Launcher::project`], with other sources of the worker.
    ///
    /// # Errors
    /// As [`Launcher::project`].
    pub fn project_with(
        dir: &Path,
        worker_cache: &Path,
        sources: &Sources,
        options: &LaunchOptions,
        progress: ProgressSink<'_>,
    ) -> Result<Self, BridgeError> {
        let lean = NativeLean::project(dir, options)?;
        Self::native(lean, worker_cache, sources, options, &["Mathlib"], progress)
    }

    /// Workers of the `lean` at this path.
    ///
    /// # Errors
    /// It does not run, does not compile the worker, or [`BridgeError::Unisolated`].
    pub fn lean(
        path: &Path,
        worker_cache: &Path,
        options: &LaunchOptions,
        progress: ProgressSink<'_>,
    ) -> Result<Self, BridgeError> {
        let lean = NativeLean::given(path, options)?;
        let sources = Sources::bundled()?;
        Self::native(
            lean,
            worker_cache,
            &sources,
            options,
            &["Init", "Std"],
            progress,
        )
    }

    fn native(
        lean: NativeLean,
        worker_cache: &Path,
        sources: &Sources,
        options: &LaunchOptions,
        imports: &[&str],
        progress: ProgressSink<'_>,
    ) -> Result<Self, BridgeError> {
        let lean_path = roots(&options.lean_path)?;
        std::fs::create_dir_all(worker_cache)
            .map_err(crate::files::io_error("creating", worker_cache))?;
        let cache = worker_cache
            .canonicalize()
            .map_err(crate::files::io_error("reading", worker_cache))?;
        let (confinement, against) = lean.confinement(&cache, &lean_path, options);
        let launcher = |worker| Self {
            lean: Lean::Native(lean.clone()),
            worker,
            lean_path,
            imports: or(&options.imports, imports),
            memory_mb: options.memory_mb,
            confinement,
        };
        let dir = PathBuf::new();
        let mut launcher = launcher(Built { dir });
        let missing = launcher.isolation().missing();
        if !missing.is_empty() && !options.allow_unisolated {
            return Err(BridgeError::Unisolated {
                missing: missing.join(", "),
                why: against.join("; "),
            });
        }
        launcher.worker = worker::build(&cache, sources, &lean, progress)?;
        Ok(launcher)
    }

    /// The command of one worker. Its standard streams are the caller's to set (all three piped;
    /// drain stderr). The worker ends some seconds after this process, if it is not ended before.
    pub fn worker(&self, role: Role) -> Command {
        tracing::trace!(?role, "a worker's command");
        self.run(None, &[])
    }

    /// The command of a worker that speaks the community REPL's protocol instead of this crate's.
    /// Its files (`path`, `pickleTo`) are those of the directory given, where it also runs; the
    /// embedded Lean sees no others, and writes there only where that is allowed.
    pub fn repl(&self, files: &Path, writes: bool) -> Command {
        self.run(Some((files, writes)), &["--repl"])
    }

    fn run(&self, files: Option<(&Path, bool)>, words: &[&str]) -> Command {
        let writable = files.filter(|(_, writes)| *writes);
        let write: Vec<PathBuf> = writable
            .map(|(dir, _)| dir.to_owned())
            .into_iter()
            .collect();
        match &self.lean {
            Lean::Embedded { lean, .. } => {
                let mut guest = Guest {
                    mounts: vec![Mount::read(&self.worker.dir, "/worker")],
                    lean_path: vec!["/worker/lib".into()],
                    memory_mb: self.memory_mb.unwrap_or(guest::MEMORY_MB),
                    ..Guest::default()
                };
                for (i, root) in self.lean_path.iter().enumerate() {
                    let inside = format!("/lib/extra{i}");
                    guest.mounts.push(Mount::read(root, inside.clone()));
                    guest.lean_path.push(inside);
                }
                if let Some((host, writes)) = files {
                    let mount = if writes { Mount::write } else { Mount::read };
                    guest.mounts.push(mount(host, "/files".to_owned()));
                    guest.directory = "/files".into();
                }
                let program = ["-j1", "--run", "/worker/src/Main.lean"];
                let words = lean.words(&guest, program.iter().chain(words));
                let mut command = self.confinement.command(&words, &write);
                command.envs(lean.environment(&guest));
                command
            }
            Lean::Native(lean) => {
                let library = self.worker.library();
                let lean_path: Vec<&Path> = std::iter::once(library.as_path())
                    .chain(self.lean_path.iter().map(PathBuf::as_path))
                    .collect();
                let memory = self
                    .memory_mb
                    .map(|mb| OsString::from(format!("--memory={mb}")));
                let run = [OsString::from("--run"), self.worker.main().into()];
                let words = words.iter().map(OsString::from);
                let args = memory.into_iter().chain(run).chain(words);
                if self.confinement.confines() {
                    let place = files.map(|(place, _)| place);
                    lean.confined(&self.confinement, &lean_path, args, place, &write)
                } else {
                    lean.run(&lean_path, args)
                }
            }
        }
    }

    /// What tells the worker and the library that it sees from all others, where both never change: the
    /// embedded Lean's, with no directories of the user's. What a worker says of that library may be kept.
    pub fn fixed_library(&self) -> Option<String> {
        match &self.lean {
            Lean::Embedded { .. } if self.lean_path.is_empty() => {
                let name = self.worker.dir.file_name()?;
                Some(name.to_string_lossy().into_owned())
            }
            Lean::Embedded { .. } | Lean::Native(_) => None,
        }
    }

    /// In words, for people: `the embedded Lean 4.28.0 (Node 24.1.0)`.
    pub fn describe(&self) -> String {
        match &self.lean {
            Lean::Embedded { lean, node_version } => {
                format!("the embedded Lean {} (Node {node_version})", lean.version)
            }
            Lean::Native(lean) => format!("Lean {}, called as {}", lean.version, lean.called()),
        }
    }

    /// What workers are kept from. It was tried out on this machine when the launcher was made.
    pub fn isolation(&self) -> Isolation {
        let embedded = matches!(self.lean, Lean::Embedded { .. });
        let kept = embedded || self.confinement.confines();
        let node = embedded.then_some(Layer::Node);
        let memory_mb = self.memory_mb.unwrap_or(NATIVE_MEMORY_MB);
        Isolation {
            network: kept,
            writes: kept,
            reads: kept,
            processes: kept,
            environment: kept,
            memory_mb: kept.then_some(memory_mb),
            by: node.into_iter().chain(self.confinement.layers()).collect(),
        }
    }

    /// Lean's version, `4.28.0-pre`.
    pub fn lean_version(&self) -> &str {
        match &self.lean {
            Lean::Embedded { lean, .. } => &lean.version,
            Lean::Native(lean) => &lean.version,
        }
    }

    /// What an environment imports where the problem says nothing.
    pub fn default_imports(&self) -> Vec<String> {
        self.imports.clone()
    }
}

fn or(imports: &[String], otherwise: &[&str]) -> Vec<String> {
    if imports.is_empty() {
        otherwise.iter().map(|&m| m.to_owned()).collect()
    } else {
        imports.to_vec()
    }
}

/// The library roots as absolute paths, each of which holds compiled modules.
fn roots(lean_path: &[PathBuf]) -> Result<Vec<PathBuf>, BridgeError> {
    lean_path
        .iter()
        .map(|root| {
            let wrong = |why: String| BridgeError::Import {
                message: format!(
                    "{} {why}; name the directory that holds the compiled modules, such as \
                 .lake/build/lib/lean of a library that was built",
                    root.display()
                ),
            };
            let absolute = root
                .canonicalize()
                .map_err(|e| wrong(format!("cannot be read ({e})")))?;
            match first_olean(&absolute) {
                Some(_) => Ok(absolute),
                None => Err(wrong("holds no .olean file".into())),
            }
        })
        .collect()
}

/// Refuses a library that was compiled by another Lean, or for 64 bits.
fn suits_embedded(root: &Path, version: &str) -> Result<(), BridgeError> {
    let Some(file) = first_olean(root) else {
        return Ok(());
    };
    let mut head = [0_u8; 88];
    let read =
        std::fs::File::open(&file).and_then(|mut f| std::io::Read::read_exact(&mut f, &mut head));
    read.map_err(crate::files::io_error("reading", &file))?;
    match crate::embedded::olean_misfit(&head) {
        None => Ok(()),
        Some(why) => Err(BridgeError::Import {
            message: format!(
                "{} cannot be imported by the embedded Lean {version}: {why}; compile the library \
                 with the embedded Lean, or use its own Lean with --project or --lean",
                file.display()
            ),
        }),
    }
}

/// Some .olean file below a directory.
fn first_olean(dir: &Path) -> Option<PathBuf> {
    let files = crate::files::walk(dir).ok()?;
    files
        .into_iter()
        .map(|f| f.1)
        .find(|p| p.extension().is_some_and(|e| e == "olean"))
}
