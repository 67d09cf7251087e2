//! The command line of the embedded Lean: what exists inside, and what Node lets it do.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Serialize;

use super::guarded;
use crate::worker::Compiler;

/// Where Lean's own library is inside.
const GUEST_LIBRARY: &str = "/lib/lean";
/// V8's stack in KiB; below the 64 MiB that `guard.sh` asks for, and below Lean's own in wasm
/// memory, so that a deep recursion ends the process cleanly.
const NODE_STACK_KB: u32 = 60_000;
/// Without a cap of the caller's. A wasm memory of 32 bits ends at 4 GiB, this one at 2.
pub(super) const MEMORY_MB: u32 = 2048;
/// For the compilation of the worker and a deadline's watchdog.
const THREADS: u32 = 2;

/// A directory of the host that exists inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Mount {
    host: PathBuf,
    guest: String,
    write: bool,
}

impl Mount {
    /// A directory that can be read.
    pub fn read(host: &Path, guest: impl Into<String>) -> Self {
        Self {
            host: host.to_owned(),
            guest: guest.into(),
            write: false,
        }
    }

    /// A directory that can be read and written.
    pub fn write(host: &Path, guest: impl Into<String>) -> Self {
        Self {
            host: host.to_owned(),
            guest: guest.into(),
            write: true,
        }
    }
}

/// The prepared Lean and the Node that runs it.
#[derive(Debug, Clone)]
pub(crate) struct EmbeddedLean {
    /// Node, 24 or later.
    pub node: PathBuf,
    /// `lean.js`, `lean.wasm`, `lean.syms`.
    pub dist: PathBuf,
    /// Init, Std, Lean.
    pub library: PathBuf,
    /// Its version and preparation.
    pub identity: String,
    /// `4.28.0-pre`.
    pub version: String,
}

/// What one process of the embedded Lean gets.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    /// Directories that exist inside, besides Lean's library.
    pub mounts: Vec<Mount>,
    /// Guest paths after Lean's library on the search path.
    pub lean_path: Vec<String>,
    /// The cap on its memory in MiB.
    pub memory_mb: u32,
    /// The directory that it runs in.
    pub directory: String,
    /// Whether it runs for some seconds only: then optimising the wasm costs more than it saves.
    pub brief: bool,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            mounts: Vec::new(),
            lean_path: Vec::new(),
            memory_mb: MEMORY_MB,
            directory: "/guest".into(),
            brief: false,
        }
    }
}

impl EmbeddedLean {
    /// The command that runs this Lean with `args`.
    pub fn command(
        &self,
        guest: &Guest,
        args: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Command {
        let library = Mount::read(&self.library, GUEST_LIBRARY);
        let mut mounts: Vec<&Mount> = guest.mounts.iter().chain([&library]).collect();
        mounts.sort_by_key(|m| m.guest.len());
        let lean_path: Vec<&str> = std::iter::once(GUEST_LIBRARY)
            .chain(guest.lean_path.iter().map(String::as_str))
            .collect();

        let mut words: Vec<OsString> = vec![self.node.clone().into()];
        words.push(format!("--stack-size={NODE_STACK_KB}").into());
        words.extend(["--permission", "--allow-worker"].map(OsString::from));
        words.push("--disallow-code-generation-from-strings".into());
        words.push("--no-warnings".into());
        words.extend(guest.brief.then(|| "--liftoff-only".into()));
        words.push(flag("--allow-fs-read=", &self.dist));
        words.extend(mounts.iter().map(|m| flag("--allow-fs-read=", &m.host)));
        let writable = mounts.iter().filter(|m| m.write);
        words.extend(writable.map(|m| flag("--allow-fs-write=", &m.host)));
        words.push(self.dist.join("lean.js").into());
        words.extend(args.into_iter().map(Into::into));

        let mut command = guarded(words);
        command
            .env(
                "LEAN_MOUNTS",
                serde_json::to_string(&mounts).unwrap_or_default(),
            )
            .env("LEAN_PATH", lean_path.join(":"))
            .env("LEAN_CWD", &guest.directory)
            .env("LEAN_POOL", THREADS.to_string())
            .env("LEAN_MEMORY_MB", guest.memory_mb.to_string());
        command
    }
}

fn flag(name: &str, path: &Path) -> OsString {
    let mut flag = OsString::from(name);
    flag.push(path);
    flag
}

impl Compiler for EmbeddedLean {
    fn command(&self, sources: &Path, library: &Path, module: &Path) -> Command {
        let guest = Guest {
            mounts: vec![
                Mount::read(sources, "/src"),
                Mount::write(library, "/build"),
            ],
            lean_path: vec!["/build".into()],
            brief: true,
            ..Guest::default()
        };
        let (source, olean) = (module.display(), module.with_extension("olean"));
        let args = [
            "-j1".to_owned(),
            "--root=/src".to_owned(),
            "-o".to_owned(),
            format!("/build/{}", olean.display()),
            format!("/src/{source}"),
        ];
        self.command(&guest, args)
    }

    fn identity(&self) -> &str {
        &self.identity
    }

    fn describe(&self) -> String {
        format!("the embedded Lean {}", self.version)
    }
}
