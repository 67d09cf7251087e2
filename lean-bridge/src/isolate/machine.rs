//! What this machine has to hold a process inside.

use std::ffi::OsStr;
use std::path::PathBuf;

/// Means of isolation, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Landlock's version, where it is on.
    pub landlock: Option<u32>,
    /// Whether there is a seccomp filter for this system and it can be loaded, the rules hold a trial
    /// process, or what is wrong.
    pub rules: Result<(), String>,
    /// `bwrap`, where it is on the path, and whether it holds a trial process.
    pub bwrap: Option<(PathBuf, Result<(), String>)>,
    /// The version of control groups that the machine uses; memory is limited without them.
    pub cgroup: Option<u8>,
}

/// Looks at this machine; starts some processes that end at once.
#[cfg(target_os = "linux")]
pub fn machine(path: Option<&OsStr>) -> Machine {
    use super::{Confinement, Way};
    let holds = |way: Way| {
        let trial = Confinement {
            way,
            ..Confinement::none(1024)
        };
        trial.holds()
    };
    let bwrap = path.and_then(|path| crate::embedded::find_program(path, "bwrap"));
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mounted = |kind: &str| mounts.lines().any(|l| l.split(' ').nth(2) == Some(kind));
    Machine {
        landlock: super::enter::landlock_version(),
        rules: holds(Way::Rules),
        bwrap: bwrap.map(|bwrap| (bwrap.clone(), holds(Way::Bwrap(bwrap)))),
        cgroup: match (mounted("cgroup"), mounted("cgroup2")) {
            (true, _) => Some(1),
            (false, true) => Some(2),
            (false, false) => None,
        },
    }
}

/// Looks at this machine.
#[cfg(not(target_os = "linux"))]
pub fn machine(_path: Option<&OsStr>) -> Machine {
    Machine {
        landlock: None,
        rules: Err("there are no rules for this system: Landlock and seccomp are Linux's".into()),
        bwrap: None,
        cgroup: None,
    }
}
