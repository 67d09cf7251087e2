//! Lists the worker's Lean sources, so that the program carries them and needs no checkout.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = manifest.join("../lean");
    let mut files = Vec::new();
    for name in ["Main.lean", "Lakatos.lean", "Lakatos"] {
        let path = root.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        if path.is_dir() {
            collect(&path, &mut files)?;
        } else if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    let mut list = String::from("pub const BUNDLED: &[(&str, &str)] = &[\n");
    for file in &files {
        let name = file
            .strip_prefix(&root)
            .unwrap_or(file)
            .to_string_lossy()
            .replace('\\', "/");
        let path = file.canonicalize()?;
        let _ = writeln!(
            list,
            "    ({name:?}, include_str!({:?})),",
            path.to_string_lossy()
        );
    }
    list.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("lean_sources.rs"), list)
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "lean") {
            files.push(path);
        }
    }
    Ok(())
}
