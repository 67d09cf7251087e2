//! Files that are made whole or not at all: stamps, locks, atomic replacement.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::BridgeError;
use crate::progress::{Progress, ProgressSink};

/// The name of a stamp in the directory that it speaks of.
const STAMP: &str = "complete.json";

/// Makes a [`BridgeError::Io`] of a system error.
pub(crate) fn io_error(action: &'static str, path: &Path) -> impl Fn(io::Error) -> BridgeError {
    let path = path.to_owned();
    move |source| BridgeError::Io {
        action,
        path: path.clone(),
        source,
    }
}

/// Says that a directory is complete, and what is in it. Written last, before the directory gets
/// its final name: a directory without a stamp is not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// What the directory was made for or by.
    pub key: String,
    /// Its files by path.
    files: BTreeMap<String, FileStamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileStamp {
    size: u64,
    sha256: String,
}

impl Stamp {
    /// Of the files that are in `dir` now.
    pub fn of(dir: &Path, key: &str) -> Result<Self, BridgeError> {
        let mut files = BTreeMap::new();
        for (name, path) in walk(dir)? {
            let size = fs::metadata(&path)
                .map_err(io_error("reading", &path))?
                .len();
            files.insert(
                name,
                FileStamp {
                    size,
                    sha256: sha256(&path)?,
                },
            );
        }
        files.remove(STAMP);
        Ok(Self {
            key: key.to_owned(),
            files,
        })
    }

    /// The stamp of a directory, if it is complete.
    pub fn read(dir: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(dir.join(STAMP)).ok()?).ok()
    }

    pub fn write(&self, dir: &Path) -> Result<(), BridgeError> {
        let path = dir.join(STAMP);
        let text = serde_json::to_vec(self).map_err(io::Error::from);
        text.and_then(|t| fs::write(&path, t))
            .map_err(io_error("writing", &path))
    }

    /// Whether every file is there in its size; otherwise, the first that is not.
    pub fn quick(&self, dir: &Path) -> Result<(), PathBuf> {
        self.first_unlike(dir, |path, stamp| {
            fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() == stamp.size)
        })
    }

    /// Whether every file is there with its content; otherwise, the first that is not.
    pub fn full(&self, dir: &Path) -> Result<(), PathBuf> {
        self.first_unlike(dir, |path, stamp| {
            sha256(path).is_ok_and(|sum| sum == stamp.sha256)
        })
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|f| f.size).sum()
    }

    fn first_unlike(
        &self,
        dir: &Path,
        alike: impl Fn(&Path, &FileStamp) -> bool,
    ) -> Result<(), PathBuf> {
        let wrong = self
            .files
            .iter()
            .map(|(n, s)| (dir.join(n), s))
            .find(|(p, s)| !alike(p, s));
        wrong.map_or(Ok(()), |(path, _)| Err(path))
    }
}

/// All files below a directory, with their paths in it.
pub(crate) fn walk(dir: &Path) -> Result<Vec<(String, PathBuf)>, BridgeError> {
    let mut files = Vec::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(at) = pending.pop() {
        for entry in fs::read_dir(&at).map_err(io_error("reading", &at))? {
            let entry = entry.map_err(io_error("reading", &at))?;
            let path = entry.path();
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                pending.push(path);
            } else {
                let name = path
                    .strip_prefix(dir)
                    .unwrap_or(&path)
                    .to_string_lossy()
                    .into_owned();
                files.push((name, path));
            }
        }
    }
    Ok(files)
}

/// Bytes of all files below a directory that may change meanwhile.
pub(crate) fn size_of(dir: &Path) -> u64 {
    let files = walk(dir).unwrap_or_default();
    files
        .iter()
        .filter_map(|(_, p)| fs::symlink_metadata(p).ok())
        .map(|m| m.len())
        .sum()
}

/// The SHA-256 of a file, in hex.
pub(crate) fn sha256(path: &Path) -> Result<String, BridgeError> {
    let failed = io_error("reading", path);
    let mut file = File::open(path).map_err(&failed)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer).map_err(&failed)? {
            0 => break,
            n => hash.update(&buffer[..n]),
        }
    }
    Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

/// A lock between processes, held until dropped (or until the process ends).
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock at `path`; says so where another process holds it, and waits.
    pub fn take(path: &Path, doing: &str, progress: ProgressSink<'_>) -> Result<Self, BridgeError> {
        let failed = io_error("locking", path);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(&failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!(
                    "Another process is {doing} ({} is locked); waiting for it",
                    path.display()
                );
                progress(Progress::Begin {
                    phase: "wait",
                    message,
                    total: None,
                });
                file.lock().map_err(&failed)?;
                progress(Progress::End { phase: "wait" });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(Self { _file: file })
    }
}

/// Removes a directory that may not be there.
pub(crate) fn remove_dir(dir: &Path) -> Result<(), BridgeError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("removing", dir)(error))
        }
        _ => Ok(()),
    }
}

/// Gives a directory that is complete its final name.
pub(crate) fn replace_dir(made: &Path, to: &Path) -> Result<(), BridgeError> {
    remove_dir(to)?;
    fs::rename(made, to).map_err(io_error("renaming to", to))
}

/// Copies a file so that it appears whole.
pub(crate) fn copy_atomically(from: &Path, to: &Path) -> Result<(), BridgeError> {
    let part = to.with_extension(format!("part-{}", std::process::id()));
    fs::copy(from, &part)
        .and_then(|_| fs::rename(&part, to))
        .map_err(io_error("writing", to))
}

/// Takes the right to write a file from everybody but its owner: a Lean in WebAssembly makes files that
/// the whole machine may write, and what they hold decides what is proved.
pub(crate) fn for_the_owner_to_write(path: &Path) -> Result<(), BridgeError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o644))
            .map_err(io_error("setting the permissions of", path))?;
    }
    Ok(())
}

/// Notes that a stamped directory is in use, for [`prune`].
pub(crate) fn touch(dir: &Path) {
    touch_file(&dir.join(STAMP));
}

/// Notes that a file is in use. A place that cannot be written is never pruned either.
pub(crate) fn touch_file(path: &Path) {
    let day = Duration::from_secs(24 * 3600);
    if age(path).is_some_and(|age| age > day)
        && let Ok(file) = File::options().append(true).open(path)
    {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// Removes what in `dir` begins with `prefix`, is not `current` and was not used for so long.
pub(crate) fn prune(dir: &Path, prefix: &str, current: &Path, unused_for: Duration) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let named = entry.file_name().to_string_lossy().starts_with(prefix);
        let used = [path.join(STAMP), path.clone()].iter().find_map(|p| age(p));
        if named && path != current && used.is_some_and(|age| age > unused_for) {
            let _ = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
        }
    }
}

fn age(path: &Path) -> Option<Duration> {
    fs::metadata(path).ok()?.modified().ok()?.elapsed().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_stamp_tells_what_changed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("lib")).unwrap();
        fs::write(dir.path().join("lib/a"), "one").unwrap();
        fs::write(dir.path().join("b"), "two").unwrap();
        assert_eq!(Stamp::read(dir.path()), None);
        Stamp::of(dir.path(), "k")
            .unwrap()
            .write(dir.path())
            .unwrap();
        let stamp = Stamp::read(dir.path()).unwrap();
        assert_eq!((stamp.key.as_str(), stamp.bytes()), ("k", 6));
        assert_eq!(
            (stamp.quick(dir.path()), stamp.full(dir.path())),
            (Ok(()), Ok(()))
        );
        fs::write(dir.path().join("b"), "owt").unwrap();
        let b = dir.path().join("b");
        assert_eq!(
            (stamp.quick(dir.path()), stamp.full(dir.path())),
            (Ok(()), Err(b))
        );
        fs::remove_file(dir.path().join("lib/a")).unwrap();
        assert_eq!(stamp.quick(dir.path()), Err(dir.path().join("lib/a")));
    }

    #[test]
    fn the_second_taker_waits_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = Lock::take(&path, "busy", &|p| panic!("nothing to say: {p:?}")).unwrap();
        let (said, hear) = mpsc::channel();
        let second = std::thread::spawn(move || {
            let sink = move |p| said.send(p).unwrap();
            Lock::take(&path, "busy", &sink).map(drop)
        });
        let Progress::Begin {
            phase: "wait",
            message,
            ..
        } = hear.recv().unwrap()
        else {
            panic!("it should wait");
        };
        assert!(message.contains("Another process is busy"), "{message}");
        assert!(!second.is_finished());
        drop(first);
        assert_eq!(hear.recv().unwrap(), Progress::End { phase: "wait" });
        second.join().unwrap().unwrap();
    }

    #[test]
    fn only_what_is_unused_is_pruned() {
        let dir = tempfile::tempdir().unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(1000);
        for (name, old) in [
            ("x-old", true),
            ("x-new", false),
            ("y-old", true),
            ("x-now", true),
        ] {
            fs::create_dir(dir.path().join(name)).unwrap();
            let stamp = File::create(dir.path().join(name).join(STAMP)).unwrap();
            if old {
                stamp.set_modified(long_ago).unwrap();
            }
        }
        prune(
            dir.path(),
            "x-",
            &dir.path().join("x-now"),
            Duration::from_secs(100),
        );
        let mut left: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["x-new", "x-now", "y-old"]);
    }
}
