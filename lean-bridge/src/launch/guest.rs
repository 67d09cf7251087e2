//! The command line of the embedded Lean: what exists inside, and what Node lets it do.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Serialize;

use crate::isolate::guarded;
use crate::worker::Compiler;

/// Where Lean's own library is inside.
const GUEST_LIBRARY: &str = "/lib/lean";
/// V8's stack in KiB; below the 64 MiB that `guard.sh` asks for, and below Lean's own in wasm
/// memory, so that a deep recursion ends the process cleanly.
const NODE_STACK_KB: u32 = 60_000;
/// Without a cap of the caller's. A wasm memory of 32 bits ends at 4 GiB, this one at 2.
pub(super) const MEMORY_MB: u32 = 2048;
/// What Node takes besides, for itself, the wasm's compiled code, and what V8 reserves for each thread.
pub(super) const BESIDE_MB: u32 = 6144;
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
        Self::of(host, guest.into(), false)
    }

    /// A directory that can be read and written.
    pub fn write(host: &Path, guest: impl Into<String>) -> Self {
        Self::of(host, guest.into(), true)
    }

    /// By its real path: Node refuses a path with symbolic links in it, even where it may read what they point to.
    fn of(host: &Path, guest: String, write: bool) -> Self {
        let host = host.canonicalize().unwrap_or_else(|_| host.to_owned());
        Self { host, guest, write }
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
    /// The command that runs this Lean with `args`, confined by Node alone.
    pub fn command(
        &self,
        guest: &Guest,
        args: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Command {
        let mut command = guarded(&self.words(guest, args));
        command.envs(self.environment(guest));
        command
    }

    /// The words that run this Lean with `args`.
    pub fn words(
        &self,
        guest: &Guest,
        args: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Vec<OsString> {
        let mounts = self.mounts(guest);
        let mut words: Vec<OsString> = vec![self.node.clone().into()];
        words.push(format!("--stack-size={NODE_STACK_KB}").into());
        words.extend(["--permission", "--allow-worker"].map(OsString::from));
        words.push("--disallow-code-generation-from-strings".into());
        words.push("--no-warnings".into());
        // A function is validated when it is compiled, which few of them ever are: a tenth of the time that a start takes.
        words.push("--wasm-lazy-validation".into());
        words.extend(guest.brief.then(|| "--liftoff-only".into()));
        words.push(flag("--allow-fs-read=", &self.dist));
        words.extend(mounts.iter().map(|m| flag("--allow-fs-read=", &m.host)));
        let writable = mounts.iter().filter(|m| m.write);
        words.extend(writable.map(|m| flag("--allow-fs-write=", &m.host)));
        words.push(self.dist.join("lean.js").into());
        words.extend(args.into_iter().map(Into::into));
        words
    }

    /// What the words need in the environment: the host's own settings.
    pub fn environment(&self, guest: &Guest) -> [(&'static str, String); 5] {
        let mounts = serde_json::to_string(&self.mounts(guest)).unwrap_or_default();
        let lean_path: Vec<&str> = std::iter::once(GUEST_LIBRARY)
            .chain(guest.lean_path.iter().map(String::as_str))
            .collect();
        [
            ("LEAN_MOUNTS", mounts),
            ("LEAN_PATH", lean_path.join(":")),
            ("LEAN_CWD", guest.directory.clone()),
            ("LEAN_POOL", THREADS.to_string()),
            ("LEAN_MEMORY_MB", guest.memory_mb.to_string()),
        ]
    }

    /// All that exists inside, shorter places first.
    fn mounts(&self, guest: &Guest) -> Vec<Mount> {
        let library = Mount::read(&self.library, GUEST_LIBRARY);
        let mut mounts: Vec<Mount> = guest.mounts.iter().cloned().chain([library]).collect();
        mounts.sort_by_key(|m| m.guest.len());
        mounts
    }

    /// The files and directories of the host that this Lean reads.
    pub fn reads(&self) -> Vec<PathBuf> {
        let node = self.node.canonicalize();
        let node = node.unwrap_or_else(|_| self.node.clone());
        // Some systems keep Node's libraries beside it.
        let beside = node.ancestors().nth(2).map(|prefix| prefix.join("lib"));
        let beside = beside.filter(|lib| lib.is_dir());
        // Node does not start where these are there and cannot be read.
        let settings = ["/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf"].map(PathBuf::from);
        [self.dist.clone(), self.library.clone(), node]
            .into_iter()
            .chain(beside)
            .chain(settings)
            .collect()
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
