//! Leans of the machine: a Lake project's (`lake env lean`) and a given `lean`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{LaunchOptions, NATIVE_BESIDE_MB, NATIVE_MEMORY_MB};
use crate::BridgeError;
use crate::isolate::{Confinement, guarded};
use crate::worker::Compiler;

/// How a native Lean is called.
#[derive(Debug, Clone)]
pub(super) struct NativeLean {
    /// `lean`, or `lake env lean`.
    words: Vec<OsString>,
    /// Where: the project's directory.
    directory: Option<PathBuf>,
    /// `PATH` and what the caller named; nothing else is passed on.
    environment: Vec<(OsString, OsString)>,
    /// All of what `lean --version` says.
    identity: String,
    /// `4.28.0`.
    pub version: String,
    /// What lies behind the words, which a confined worker runs without them: `lake` and `elan` read
    /// and write in places of their own.
    toolchain: Result<Toolchain, String>,
}

/// A Lean as it was unpacked, and what a project adds to its search path.
#[derive(Debug, Clone)]
struct Toolchain {
    /// Where `bin/lean` and `lib/lean` are.
    prefix: PathBuf,
    /// `LEAN_PATH` as `lake env` sets it; empty without a project.
    libraries: Vec<PathBuf>,
}

impl Toolchain {
    fn program(&self) -> PathBuf {
        self.prefix.join("bin/lean")
    }
}

impl NativeLean {
    /// The Lean of the Lake project in `dir`.
    pub fn project(dir: &Path, options: &LaunchOptions) -> Result<Self, BridgeError> {
        let no = |message: String| BridgeError::NoLean { message };
        let dir = dir.canonicalize().map_err(|e| {
            no(format!(
                "the project directory {} cannot be read: {e}",
                dir.display()
            ))
        })?;
        if !["lakefile.toml", "lakefile.lean"]
            .iter()
            .any(|f| dir.join(f).is_file())
        {
            return Err(no(format!(
                "{} is not a Lake project: it has neither lakefile.toml nor lakefile.lean; name \
                 the directory that has one",
                dir.display()
            )));
        }
        let lake = options
            .path
            .as_deref()
            .and_then(|p| crate::embedded::find_program(p, "lake"));
        let lake = lake.ok_or_else(|| {
            no(format!(
                "the project {} needs `lake`, which is not on the PATH; install Lean with elan, \
                 or leave out --project to use the embedded Lean (without Mathlib)",
                dir.display()
            ))
        })?;
        let words = vec![lake.into(), "env".into(), "lean".into()];
        Self::asked(words, Some(dir), options)
    }

    /// The Lean at `path`.
    pub fn given(path: &Path, options: &LaunchOptions) -> Result<Self, BridgeError> {
        if !path.is_file() {
            return Err(BridgeError::NoLean {
                message: format!(
                    "there is no file {}; name the program `lean`",
                    path.display()
                ),
            });
        }
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        Self::asked(vec![path.into()], None, options)
    }

    fn asked(
        words: Vec<OsString>,
        directory: Option<PathBuf>,
        options: &LaunchOptions,
    ) -> Result<Self, BridgeError> {
        let path = options
            .path
            .clone()
            .map(|path| (OsString::from("PATH"), path));
        let environment = options.environment.iter().cloned().chain(path).collect();
        let mut lean = Self {
            words,
            directory,
            environment,
            identity: String::new(),
            version: String::new(),
            toolchain: Err("it was not asked yet".into()),
        };
        let mut command = lean.run(&[], ["--version"]);
        let called = format!("`{}`", lean.called());
        let output = command
            .stdin(Stdio::null())
            .output()
            .map_err(|e| BridgeError::NoLean {
                message: format!("{called} does not run: {e}"),
            })?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let version = version_of(&said);
        let Some(version) = version else {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let words: Vec<&str> = said.lines().chain(stderr.lines()).take(4).collect();
            return Err(BridgeError::NoLean {
                message: format!(
                    "{called} does not say its version but: {}. Run `lake build` in the project \
                     (or mend the program named), then run this again",
                    if words.is_empty() {
                        "nothing".into()
                    } else {
                        words.join("; ")
                    }
                ),
            });
        };
        lean.version = version.to_owned();
        lean.identity = said;
        lean.toolchain = lean.ask_toolchain();
        Ok(lean)
    }

    /// Asks where the Lean behind the words is, and what the project's libraries are.
    fn ask_toolchain(&self) -> Result<Toolchain, String> {
        let prefix = answer(&mut self.run(&[], ["--print-prefix"]), &self.called())?;
        let mut libraries = Vec::new();
        if let [lake, env, _] = self.words.as_slice() {
            let words = [
                lake.clone(),
                env.clone(),
                "printenv".into(),
                "LEAN_PATH".into(),
            ];
            let said = answer(
                &mut self.unconfined(&words),
                "`lake env printenv LEAN_PATH`",
            )?;
            libraries.extend(std::env::split_paths(&said).filter(|p| p.is_absolute()));
        }
        let prefix = PathBuf::from(prefix);
        let toolchain = Toolchain { prefix, libraries };
        if toolchain.program().is_file() {
            Ok(toolchain)
        } else {
            let called = self.called();
            let prefix = toolchain.prefix.display();
            Err(format!(
                "`{called} --print-prefix` names {prefix}, where there is no bin/lean"
            ))
        }
    }

    /// What holds this Lean's workers, and why it is not more.
    pub fn confinement(
        &self,
        worker_cache: &Path,
        lean_path: &[PathBuf],
        options: &LaunchOptions,
    ) -> (Confinement, Vec<String>) {
        let memory = options.memory_mb.unwrap_or(NATIVE_MEMORY_MB);
        let memory = memory.saturating_add(NATIVE_BESIDE_MB);
        let toolchain = match &self.toolchain {
            Ok(toolchain) => toolchain,
            Err(why) => return (Confinement::none(memory), vec![why.clone()]),
        };
        let mut reads = vec![toolchain.prefix.clone(), worker_cache.to_owned()];
        reads.extend(toolchain.libraries.iter().cloned());
        reads.extend_from_slice(lean_path);
        reads.extend(options.readable.iter().cloned());
        let trial = [toolchain.program().into(), "--version".into()];
        let path = options.path.as_deref();
        let bwrap = path.and_then(|path| crate::embedded::find_program(path, "bwrap"));
        Confinement::best(reads, memory, bwrap, &trial)
    }

    /// The command that runs this Lean confined, with `args`, in the directory of a person's files
    /// where there are some.
    pub fn confined(
        &self,
        confinement: &Confinement,
        lean_path: &[&Path],
        args: impl IntoIterator<Item = OsString>,
        files: Option<&Path>,
        write: &[PathBuf],
    ) -> Command {
        let Ok(toolchain) = &self.toolchain else {
            return self.run(lean_path, args);
        };
        let words = std::iter::once(toolchain.program().into()).chain(args);
        let words: Vec<OsString> = words.collect();
        let confinement = match files {
            Some(files) => &confinement.with(files),
            None => confinement,
        };
        let mut command = confinement.command(&words, write);
        let own = lean_path.iter().copied();
        let libraries = own.chain(toolchain.libraries.iter().map(PathBuf::as_path));
        command.env("LEAN_PATH", joined(&libraries.collect::<Vec<_>>()));
        command.env("LEAN_SYSROOT", &toolchain.prefix);
        command
    }

    /// The command that runs this Lean with `args`, `lean_path` before the project's own.
    pub fn run(
        &self,
        lean_path: &[&Path],
        args: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Command {
        let args = args.into_iter().map(Into::into);
        let words: Vec<OsString> = self.words.iter().cloned().chain(args).collect();
        let mut command = self.unconfined(&words);
        if !lean_path.is_empty() {
            command.env("LEAN_PATH", joined(lean_path));
        }
        command
    }

    /// A command where this Lean is called, with what the caller named in its environment.
    fn unconfined(&self, words: &[OsString]) -> Command {
        let mut command = guarded(words);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command
    }

    /// For people: how it is called, and where.
    pub fn called(&self) -> String {
        let words: Vec<_> = self.words.iter().map(|w| w.to_string_lossy()).collect();
        match &self.directory {
            Some(directory) => format!("{} (in {})", words.join(" "), directory.display()),
            None => words.join(" "),
        }
    }
}

/// The one line that a command prints.
fn answer(command: &mut Command, called: &str) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|e| format!("{called} does not run: {e}"))?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && !said.is_empty() {
        Ok(said)
    } else {
        Err(format!("{called} says nothing ({})", output.status))
    }
}

/// A search path. A path with a `:` in it cannot be on one; Lean will say that it finds nothing there.
fn joined(paths: &[&Path]) -> OsString {
    std::env::join_paths(paths).unwrap_or_else(|_| {
        let words: Vec<&OsStr> = paths.iter().map(|p| p.as_os_str()).collect();
        words.join(OsStr::new(":"))
    })
}

/// The version in `Lean (version 4.28.0, x86_64-unknown-linux-gnu, commit …, Release)`.
fn version_of(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once("version ")?;
    let version = rest.split([',', ')', ' ', '\n']).next()?;
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then_some(version)
}

impl Compiler for NativeLean {
    fn command(&self, sources: &Path, library: &Path, module: &Path) -> Command {
        let mut root = OsString::from("--root=");
        root.push(sources);
        let olean = library.join(module.with_extension("olean"));
        let args = [root, "-o".into(), olean.into(), sources.join(module).into()];
        self.run(&[library], args)
    }

    fn identity(&self) -> &str {
        &self.identity
    }

    fn describe(&self) -> String {
        format!("Lean {} ({})", self.version, self.called())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::script;

    #[test]
    fn reads_versions() {
        let cases = [
            (
                "Lean (version 4.28.0, x86_64-unknown-linux-gnu, commit 0, Release)",
                Some("4.28.0"),
            ),
            ("Lean (version 4.28.0-pre, wasm32)", Some("4.28.0-pre")),
            ("error: unknown version of things", None),
            ("", None),
        ];
        for (said, version) in cases {
            assert_eq!(version_of(said), version, "{said}");
        }
    }

    #[test]
    fn a_project_needs_a_lakefile_and_lake() {
        let dir = tempfile::tempdir().unwrap();
        let bin = tempfile::tempdir().unwrap();
        let error = |options: &LaunchOptions| {
            NativeLean::project(dir.path(), options)
                .unwrap_err()
                .to_string()
        };
        let path = std::env::join_paths([bin.path(), Path::new("/usr/bin"), Path::new("/bin")]);
        let options = LaunchOptions {
            path: path.ok(),
            ..LaunchOptions::default()
        };
        assert!(
            error(&options).contains("neither lakefile.toml nor"),
            "{}",
            error(&options)
        );
        std::fs::write(dir.path().join("lakefile.toml"), "").unwrap();
        let nothing = LaunchOptions::default();
        assert!(
            error(&nothing).contains("not on the PATH"),
            "{}",
            error(&nothing)
        );
        script(bin.path(), "lake", "echo 'error: no toolchain' >&2; exit 1");
        assert!(
            error(&options).contains("error: no toolchain"),
            "{}",
            error(&options)
        );
        script(
            bin.path(),
            "lake",
            "echo \"Lean (version 4.29.1, $*) $(pwd)\"",
        );
        let lean = NativeLean::project(dir.path(), &options).unwrap();
        assert_eq!(lean.version, "4.29.1");
        assert!(
            lean.identity.contains("env lean --version"),
            "{}",
            lean.identity
        );
        let place = dir.path().canonicalize().unwrap();
        assert!(
            lean.identity.contains(&place.display().to_string()),
            "{}",
            lean.identity
        );
    }
}
