//! What is said of isolation.

use serde::{Deserialize, Serialize};

/// Something that holds a worker inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// WebAssembly on Node's permission model, with read-only mounts.
    Node,
    /// `bwrap`'s namespaces: only what is needed exists inside.
    Bwrap,
    /// Landlock's rules for files.
    Landlock,
    /// A seccomp filter: no sockets, no new processes.
    Seccomp,
    /// Resource limits; and no capabilities, where it is root that starts the worker.
    Limits,
}

impl Layer {
    fn word(self) -> &'static str {
        match self {
            Self::Node => "WebAssembly on Node's permission model",
            Self::Bwrap => "bwrap",
            Self::Landlock => "Landlock",
            Self::Seccomp => "seccomp",
            Self::Limits => "resource limits",
        }
    }
}

/// What a worker process is kept from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// It has no network.
    pub network: bool,
    /// It can write no file.
    pub writes: bool,
    /// It can read only Lean, the libraries, the worker, and the system's libraries.
    pub reads: bool,
    /// It can start no process.
    pub processes: bool,
    /// It sees none of the caller's environment variables.
    pub environment: bool,
    /// Its memory ends here, in MiB.
    pub memory_mb: Option<u32>,
    /// By what; empty in runs of versions that did not say it.
    #[serde(default)]
    pub by: Vec<Layer>,
}

impl Isolation {
    /// What a submission must be kept from and is not; empty where nothing is missing.
    pub fn missing(&self) -> Vec<&'static str> {
        let unlimited = self.memory_mb.is_none();
        let memory = unlimited.then_some("memory without end");
        self.named(false).into_iter().chain(memory).collect()
    }

    fn named(&self, kept: bool) -> Vec<&'static str> {
        let all = [
            (self.network, "network"),
            (self.writes, "writes"),
            (self.reads, "reads outside of Lean and its libraries"),
            (self.processes, "other processes"),
            (self.environment, "environment variables"),
        ];
        let of_kind = all.iter().filter(|(is, _)| *is == kept);
        of_kind.map(|(_, word)| *word).collect()
    }
}

impl std::fmt::Display for Isolation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let listed = |words: &[&str]| match words {
            [] => "nothing".to_owned(),
            words => words.join(", "),
        };
        let (kept, not) = (self.named(true), self.named(false));
        write!(f, "kept from: {}; ", listed(&kept))?;
        write!(f, "not kept from: {}; memory: ", listed(&not))?;
        match self.memory_mb {
            Some(mb) => write!(f, "{mb} MiB at most")?,
            None => f.write_str("not limited")?,
        }
        if !self.by.is_empty() {
            let by: Vec<&str> = self.by.iter().map(|layer| layer.word()).collect();
            write!(f, "; by: {}", by.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_missing() {
        let mut isolation = Isolation {
            network: true,
            writes: true,
            reads: true,
            processes: true,
            environment: true,
            memory_mb: Some(2048),
            by: vec![Layer::Landlock, Layer::Seccomp],
        };
        assert_eq!(isolation.missing(), [""; 0]);
        assert_eq!(
            isolation.to_string(),
            "kept from: network, writes, reads outside of Lean and its libraries, other processes, \
             environment variables; not kept from: nothing; memory: 2048 MiB at most; by: Landlock, \
             seccomp"
        );
        isolation.network = false;
        isolation.memory_mb = None;
        assert_eq!(isolation.missing(), ["network", "memory without end"]);
        let old = serde_json::json!({
            "network": true, "writes": true, "reads": true, "processes": true, "environment": true,
            "memory_mb": null,
        });
        let old: Isolation = serde_json::from_value(old).unwrap();
        assert_eq!(old.by, []);
    }
}
