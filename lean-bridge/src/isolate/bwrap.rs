//! `bwrap`: namespaces of its own for a native Lean, in which only what it needs exists.

use std::ffi::OsString;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::seccomp;

/// What a program that is not Lean's needs to run at all: the system's libraries.
const TRIED: &str = include_str!("tried.sh");

/// `bwrap`'s command line up to the program: what is in `read` exists and nothing else, nothing can be
/// written but what is in `write`, and there is no network. `filter` is a descriptor that it reads the
/// seccomp filter from.
pub(super) fn words(
    bwrap: &Path,
    read: &[PathBuf],
    write: &[PathBuf],
    directory: &Path,
    filter: &OwnedFd,
) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec![bwrap.into()];
    words.extend(
        ["--unshare-all", "--unshare-user", "--die-with-parent"]
            .into_iter()
            .chain(["--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev"])
            .map(OsString::from),
    );
    for (flag, paths) in [("--ro-bind-try", read), ("--bind", write)] {
        for path in paths {
            words.extend([flag.into(), path.into(), path.into()]);
        }
    }
    // Last, since the places of what is mounted have to be made first.
    for path in ["/dev", "/"] {
        words.extend(["--remount-ro", path].map(OsString::from));
    }
    words.extend(["--chdir".into(), directory.into()]);
    words.push("--seccomp".into());
    words.push(filter.as_raw_fd().to_string().into());
    words.push("--".into());
    words
}

/// The filter as a file without a name, from its start.
pub(super) fn filter_file() -> Option<OwnedFd> {
    let program = seccomp::filter()?;
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    let file = rustix::fs::memfd_create(c"lakatos-filter", flags).ok()?;
    let mut file = std::fs::File::from(file);
    file.write_all(&seccomp::bytes(&program)).ok()?;
    std::io::Seek::rewind(&mut file).ok()?;
    Some(file.into())
}

/// What a shell inside gets done nevertheless, one word a thing; the last word is `end`.
pub(super) fn tried(mut command: Command) -> std::io::Result<String> {
    command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .env_clear();
    let said = command.output()?.stdout;
    Ok(String::from_utf8_lossy(&said).trim().to_owned())
}

/// The words of the shell that tries: it makes no process of its own before the end.
pub(super) fn trial(read: &Path, write: &[PathBuf]) -> Vec<OsString> {
    let words = ["/bin/sh", "-c", TRIED, "sh"].map(OsString::from);
    let mut words = Vec::from(words);
    words.push(read.into());
    words.extend(write.iter().map(OsString::from));
    words
}
