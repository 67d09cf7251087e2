//! What keeps a worker inside, and how it is known that it does.
//!
//! A submission is hostile, and so may be a tactic from a model. The embedded Lean is kept inside by
//! its host: WebAssembly that reaches what it imports, read-only mounts, Node's permission model. On
//! Linux every Lean gets the system's own walls around that: Landlock for files, seccomp for what is
//! not a file, no capabilities, resource limits. A native Lean, which has no other walls, runs in
//! `bwrap`'s namespaces where that is there, and behind Landlock's rules for files where it is not.
//!
//! - [`Isolation`] is what a launcher's workers are kept from, as it stands in every verdict.
//! - [`Confinement`] is a way of starting a process, tried out on this machine before it is used.
//! - [`machine`] says what this machine can do, for `lakatos doctor`.

#[cfg(target_os = "linux")]
mod bwrap;
mod claims;
#[cfg(target_os = "linux")]
mod enter;
#[cfg(target_os = "linux")]
mod landlock;
mod machine;
#[cfg(target_os = "linux")]
mod seccomp;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use claims::{Isolation, Layer};
pub use machine::{Machine, machine};

/// Where programs find the system's libraries, and what a C library opens at a program's start.
#[cfg(target_os = "linux")]
const SYSTEM: [&str; 17] = [
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/nix/store",
    "/gnu/store",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/sys/devices/system/cpu/online",
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
];

/// A way of starting a process that holds it inside.
#[derive(Debug, Clone)]
pub(crate) struct Confinement {
    way: Way,
    /// What it can read and run, besides the system's libraries.
    read: Vec<PathBuf>,
    /// MiB of memory that are its own.
    memory_mb: u32,
    /// The directory that it runs in.
    directory: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// None: `guard.sh` alone.
    Guard,
    /// Landlock, seccomp, limits.
    #[cfg(target_os = "linux")]
    Rules,
    /// `bwrap` at this path, seccomp, limits.
    #[cfg(target_os = "linux")]
    Bwrap(PathBuf),
}

impl Confinement {
    /// The best that this machine has for `program` with `words`, which is run as a trial: `bwrap`
    /// where one is named, then the kernel's rules, then none. With the reasons against those that
    /// are not used.
    pub fn best(
        read: Vec<PathBuf>,
        memory_mb: u32,
        bwrap: Option<PathBuf>,
        trial: &[OsString],
    ) -> (Self, Vec<String>) {
        let mut against = Vec::new();
        for way in ways(bwrap) {
            let confinement = Self {
                way,
                read: read.clone(),
                ..Self::none(memory_mb)
            };
            match confinement.holds().and_then(|()| confinement.runs(trial)) {
                Ok(()) => return (confinement, against),
                Err(why) => against.push(why),
            }
        }
        (Self::none(memory_mb), against)
    }

    /// `guard.sh` alone.
    pub fn none(memory_mb: u32) -> Self {
        Self {
            way: Way::Guard,
            read: Vec::new(),
            memory_mb,
            directory: "/".into(),
        }
    }

    /// The same, where one more directory can be read and the process is in it.
    pub fn with(&self, directory: &Path) -> Self {
        let mut more = self.clone();
        more.read.push(directory.to_owned());
        more.directory = directory.to_owned();
        more
    }

    /// Whether the program starts inside.
    fn runs(&self, trial: &[OsString]) -> Result<(), String> {
        let mut command = self.command(trial, &[]);
        let output = command
            .stdin(Stdio::null())
            .output()
            .map_err(|e| format!("{} cannot be started with {self}: {e}", shown(trial)))?;
        // Exit codes of Lean mean little; a program that could not start has printed nothing.
        if !output.stdout.is_empty() {
            return Ok(());
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.trim().lines().last().unwrap_or("it says nothing");
        let status = output.status;
        Err(format!(
            "{} does not run with {self} ({status}: {last})",
            shown(trial)
        ))
    }

    /// The command that runs the words inside, with an empty environment. It can write below the
    /// directories given, and nowhere else.
    pub fn command(&self, words: &[OsString], write: &[PathBuf]) -> Command {
        let mut command = match &self.way {
            Way::Guard => guarded(words),
            #[cfg(target_os = "linux")]
            Way::Rules => self.by_rules(words, write),
            #[cfg(target_os = "linux")]
            Way::Bwrap(bwrap) => self.by_bwrap(bwrap, words, write),
        };
        command.env_clear().current_dir(&self.directory);
        if self.way == Way::Guard {
            command.env("PATH", "/usr/bin:/bin");
        }
        command
    }

    /// Whether this is more than a guard.
    pub fn confines(&self) -> bool {
        self.way != Way::Guard
    }

    /// What holds the process inside.
    pub fn layers(&self) -> Vec<Layer> {
        match &self.way {
            Way::Guard => Vec::new(),
            #[cfg(target_os = "linux")]
            Way::Rules => vec![Layer::Landlock, Layer::Seccomp, Layer::Limits],
            #[cfg(target_os = "linux")]
            Way::Bwrap(_) => vec![Layer::Bwrap, Layer::Seccomp, Layer::Limits],
        }
    }
}

impl std::fmt::Display for Confinement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.way {
            Way::Guard => f.write_str("no confinement"),
            #[cfg(target_os = "linux")]
            Way::Rules => f.write_str("Landlock and seccomp"),
            #[cfg(target_os = "linux")]
            Way::Bwrap(bwrap) => write!(f, "{}", bwrap.display()),
        }
    }
}

fn shown(words: &[OsString]) -> String {
    let words: Vec<_> = words.iter().map(|w| w.to_string_lossy()).collect();
    format!("`{}`", words.join(" "))
}

#[cfg(not(target_os = "linux"))]
fn ways(_bwrap: Option<PathBuf>) -> Vec<Way> {
    Vec::new()
}

#[cfg(target_os = "linux")]
fn ways(bwrap: Option<PathBuf>) -> Vec<Way> {
    bwrap
        .map(Way::Bwrap)
        .into_iter()
        .chain([Way::Rules])
        .collect()
}

#[cfg(not(target_os = "linux"))]
impl Confinement {
    fn holds(&self) -> Result<(), String> {
        Ok(())
    }
}

#[cfg(target_os = "linux")]
impl Confinement {
    /// Tries, inside, what must not be possible there.
    fn holds(&self) -> Result<(), String> {
        /// Readable for everybody on every Linux.
        const ELSEWHERE: &str = "/etc/passwd";
        let probe = format!(".lakatos-probe-{}", std::process::id());
        let dirs = self.read.iter().filter(|p| p.is_dir());
        let elsewhere = ["/", "/tmp", "/dev/shm", "/var/tmp"].map(PathBuf::from);
        let places = dirs.chain(&elsewhere).map(|dir| dir.join(&probe));
        let places: Vec<PathBuf> = places.collect();
        let done = match &self.way {
            Way::Guard => return Ok(()),
            Way::Rules => tried_by_rules(self.rules(&[]), ELSEWHERE, places),
            Way::Bwrap(bwrap) => {
                let mut inside = self.clone();
                inside.read.push("/bin/sh".into());
                let words = bwrap::trial(Path::new(ELSEWHERE), &places);
                let command = inside.by_bwrap(bwrap, &words, &[]);
                match bwrap::tried(command) {
                    Ok(said) if said == "end" => Ok(String::new()),
                    Ok(said) if said.is_empty() => {
                        return Err(format!("{self} cannot make its namespaces here"));
                    }
                    other => other,
                }
            }
        };
        match done {
            Ok(done) if done.is_empty() => Ok(()),
            Ok(done) => Err(format!(
                "{self} did not hold a trial process, which got done: {}",
                done.lines().collect::<Vec<_>>().join(", ")
            )),
            Err(e) => Err(format!("{self} cannot be used here ({e})")),
        }
    }

    fn rules(&self, write: &[PathBuf]) -> std::io::Result<enter::Rules> {
        let missing = |what: &str| std::io::Error::other(format!("this kernel has no {what}"));
        let read = SYSTEM.iter().map(PathBuf::from);
        let read: Vec<PathBuf> = read.chain(self.read.iter().cloned()).collect();
        let ruleset = landlock::files(&read, write).ok_or_else(|| missing("Landlock"))?;
        let filter = seccomp::filter().ok_or_else(|| missing("seccomp filter that is known"))?;
        Ok(enter::Rules {
            ruleset: Some(ruleset),
            filter: Some(filter),
            inherited: None,
            drop_capabilities: true,
            data: u64::from(self.memory_mb) << 20,
            writes: !write.is_empty(),
        })
    }

    fn by_rules(&self, words: &[OsString], write: &[PathBuf]) -> Command {
        let mut command = program(words);
        match self.rules(write) {
            Ok(rules) => enter::under(&mut command, rules),
            Err(error) => never(&mut command, error),
        }
        command
    }

    fn by_bwrap(&self, bwrap: &Path, words: &[OsString], write: &[PathBuf]) -> Command {
        let Some(filter) = bwrap::filter_file() else {
            let mut command = program(words);
            never(&mut command, std::io::Error::other("no seccomp filter"));
            return command;
        };
        let devices = |path: &&&str| !path.starts_with("/dev/");
        let system = SYSTEM.iter().filter(devices).map(PathBuf::from);
        let read: Vec<PathBuf> = system.chain(self.read.iter().cloned()).collect();
        let mut all = bwrap::words(bwrap, &read, write, &self.directory, &filter);
        all.extend(words.iter().cloned());
        let mut command = program(&all);
        let rules = enter::Rules {
            ruleset: landlock::scope(),
            filter: None,
            inherited: Some(filter),
            drop_capabilities: false,
            data: u64::from(self.memory_mb) << 20,
            writes: !write.is_empty(),
        };
        enter::under(&mut command, rules);
        command
    }
}

#[cfg(target_os = "linux")]
fn tried_by_rules(
    rules: std::io::Result<enter::Rules>,
    read: &str,
    write: Vec<PathBuf>,
) -> std::io::Result<String> {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStringExt;
    let path = |p: PathBuf| CString::new(p.into_os_string().into_vec()).ok();
    let write = write.into_iter().filter_map(path).collect();
    let done = enter::tried(rules?, CString::new(read)?, write)?;
    let words = [
        (enter::attempts::READ, "reads"),
        (enter::attempts::WRITE, "writes"),
        (enter::attempts::NETWORK, "network"),
        (enter::attempts::PROCESS, "processes"),
    ];
    let words = words.iter().filter(|(bit, _)| done & bit != 0);
    let words: Vec<&str> = words.map(|w| w.1).collect();
    Ok(words.join("\n"))
}

/// A command that does not start, since its confinement could not be made.
#[cfg(target_os = "linux")]
fn never(command: &mut Command, error: std::io::Error) {
    tracing::error!(%error, "a worker's confinement cannot be made");
    *command = Command::new(format!("no confinement: {error}"));
}

#[cfg(target_os = "linux")]
fn program(words: &[OsString]) -> Command {
    let mut words = words.iter();
    let mut command = Command::new(words.next().cloned().unwrap_or_default());
    command.args(words);
    command
}

/// `sh guard.sh words…` with an empty environment.
pub(crate) fn guarded(words: &[OsString]) -> Command {
    let mut command = Command::new("/bin/sh");
    command.env_clear().env("PATH", "/usr/bin:/bin");
    command
        .args(["-c", include_str!("guard.sh"), "sh"])
        .args(words);
    command
}
