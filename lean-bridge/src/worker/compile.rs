//! Compiles the worker's modules, as many at a time as the machine bears where they do not need each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::graph::{self, Module};
use super::{Built, Sources};
use crate::BridgeError;
use crate::files::{self, io_error};
use crate::machine;
use crate::progress::{Progress, ProgressSink};

const PHASE: &str = "compile";
/// Compiled modules and workers that nobody used for so long are removed.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// A Lean that compiles.
pub(crate) trait Compiler: Sync {
    /// The command that compiles the file `module` (`Lakatos/Json.lean`) in `sources` into
    /// `Lakatos/Json.olean` in `library`, where the modules that it imports are.
    fn command(&self, sources: &Path, library: &Path, module: &Path) -> Command;
    /// What tells this Lean and its library from others.
    fn identity(&self) -> &str;
    /// For people: `Lean 4.28.0`.
    fn describe(&self) -> String;
}

/// The worker that was built before under `root`, if it is complete.
pub(crate) fn find(
    root: &Path,
    sources: &Sources,
    lean: &str,
) -> Result<Option<Built>, BridgeError> {
    let modules = graph::plan(sources, lean)?;
    let dir = root.join(format!("worker-{}", graph::key(sources, &modules, lean)));
    Ok(files::Stamp::read(&dir)
        .filter(|s| s.quick(&dir).is_ok())
        .map(|_| Built { dir }))
}

/// Builds the worker under `root`, or finds it there.
pub(crate) fn build(
    root: &Path,
    sources: &Sources,
    compiler: &dyn Compiler,
    progress: ProgressSink<'_>,
) -> Result<Built, BridgeError> {
    let lean = compiler.identity();
    if let Some(built) = find(root, sources, lean)? {
        files::touch(&built.dir);
        return Ok(built);
    }
    let objects = root.join("objects");
    fs::create_dir_all(&objects).map_err(io_error("creating", &objects))?;
    let _lock = files::Lock::take(&root.join("worker.lock"), "compiling the worker", progress)?;
    if let Some(built) = find(root, sources, lean)? {
        return Ok(built);
    }
    let modules = graph::plan(sources, lean)?;
    let key = graph::key(sources, &modules, lean);
    let built = Built {
        dir: root.join(format!("worker-{key}")),
    };
    let making = Built {
        dir: root.join(format!(".making-{key}")),
    };
    files::remove_dir(&making.dir)?;
    write_sources(&making, sources, &modules)?;

    let run = Run {
        modules: &modules,
        objects: &objects,
        making: &making,
        compiler,
    };
    run.all(progress)?;

    files::Stamp::of(&making.dir, lean)?.write(&making.dir)?;
    files::replace_dir(&making.dir, &built.dir)?;
    files::prune(root, "worker-", &built.dir, KEPT_FOR);
    files::prune(&objects, "", &built.dir, KEPT_FOR);
    Ok(built)
}

fn write_sources(making: &Built, sources: &Sources, modules: &[Module]) -> Result<(), BridgeError> {
    let texts = modules
        .iter()
        .map(|m| (file_of(&m.name, "lean"), &sources.modules[&m.name]))
        .chain([(PathBuf::from("Main.lean"), &sources.main)]);
    for (name, text) in texts {
        let (source, object) = (making.sources().join(&name), making.library().join(&name));
        for dir in [source.parent(), object.parent()].into_iter().flatten() {
            fs::create_dir_all(dir).map_err(io_error("creating", dir))?;
        }
        fs::write(&source, text).map_err(io_error("writing", &source))?;
    }
    Ok(())
}

/// `Lakatos.Json` is in `Lakatos/Json.lean`.
fn file_of(module: &str, extension: &str) -> PathBuf {
    PathBuf::from(format!("{}.{extension}", module.replace('.', "/")))
}

/// One compilation of all modules.
struct Run<'a> {
    modules: &'a [Module],
    objects: &'a Path,
    making: &'a Built,
    compiler: &'a dyn Compiler,
}

/// Which modules wait and which are done; one that is neither is being compiled, or failed.
struct State {
    waiting: Vec<usize>,
    done: BTreeSet<String>,
    failed: Option<BridgeError>,
}

impl Run<'_> {
    fn all(&self, progress: ProgressSink<'_>) -> Result<(), BridgeError> {
        progress(Progress::Begin {
            phase: PHASE,
            message: format!("Compiling the worker with {}", self.compiler.describe()),
            total: Some(self.modules.len() as u64),
        });
        let state = Mutex::new(State {
            waiting: (0..self.modules.len()).collect(),
            done: BTreeSet::new(),
            failed: None,
        });
        let changed = Condvar::new();
        std::thread::scope(|scope| {
            for _ in 0..machine::processes(0) {
                scope.spawn(|| self.work(&state, &changed, progress));
            }
        });
        progress(Progress::End { phase: PHASE });
        match state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .failed
        {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn work(&self, state: &Mutex<State>, changed: &Condvar, progress: ProgressSink<'_>) {
        let mut s = state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if s.failed.is_some() || s.waiting.is_empty() {
                return;
            }
            let ready = s
                .waiting
                .iter()
                .position(|&i| self.modules[i].imports.iter().all(|m| s.done.contains(m)));
            let Some(ready) = ready else {
                s = changed.wait(s).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let module = &self.modules[s.waiting.remove(ready)];
            drop(s);
            let result = self.one(module);
            s = state.lock().unwrap_or_else(PoisonError::into_inner);
            match result {
                Ok(()) => {
                    s.done.insert(module.name.clone());
                    progress(Progress::Advance {
                        phase: PHASE,
                        done: s.done.len() as u64,
                    });
                }
                Err(error) => s.failed = Some(error),
            }
            changed.notify_all();
        }
    }

    fn one(&self, module: &Module) -> Result<(), BridgeError> {
        let library = self.making.library();
        let olean = library.join(file_of(&module.name, "olean"));
        let object = self.objects.join(format!("{}.olean", module.hash));
        if object.is_file() {
            fs::copy(&object, &olean).map_err(io_error("writing", &olean))?;
            files::for_the_owner_to_write(&olean)?;
            files::touch_file(&object);
            return Ok(());
        }
        let file = file_of(&module.name, "lean");
        let mut command = self
            .compiler
            .command(&self.making.sources(), &library, &file);
        let output = command
            .stdin(Stdio::null())
            .output()
            .map_err(|e| BridgeError::Spawn {
                message: format!("{command:?}: {e}"),
            })?;
        if !output.status.success() || !olean.is_file() {
            let _ = fs::remove_file(&olean);
            return Err(BridgeError::Install {
                message: format!(
                    "{} does not compile the worker's module {}: {}",
                    self.compiler.describe(),
                    module.name,
                    first_words(&output.stdout, &output.stderr)
                ),
            });
        }
        files::for_the_owner_to_write(&olean)?;
        files::copy_atomically(&olean, &object)
    }
}

/// What a failed compiler said, errors first.
fn first_words(stdout: &[u8], stderr: &[u8]) -> String {
    let text = [stdout, stderr]
        .map(|b| String::from_utf8_lossy(b).into_owned())
        .join("\n");
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    let from = lines.iter().position(|l| l.contains("error")).unwrap_or(0);
    let said: Vec<String> = lines[from..]
        .iter()
        .take(6)
        .map(|l| l.chars().take(300).collect())
        .collect();
    if said.is_empty() {
        "it said nothing".to_owned()
    } else {
        said.join("; ")
    }
}
