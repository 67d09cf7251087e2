//! What the end-to-end tests share: the built program, its data directory, its events.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// The built program, with a data directory and with nothing of the caller's configuration.
pub fn lakatos<S: AsRef<OsStr>>(home: &Path, args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lakatos"));
    command
        .args(args)
        .env("LAKATOS_HOME", home)
        .env_remove("LAKATOS_API_KEY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// How a command ended.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// The events on standard output.
    pub fn events(&self) -> Vec<Value> {
        events(&self.out)
    }
}

/// Runs a command to its end.
pub fn run<S: AsRef<OsStr>>(home: &Path, args: &[S]) -> Ended {
    ended(lakatos(home, args).output().expect("the program starts"))
}

pub fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code().expect("the program was not killed"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Lines of JSON, the last of which may be torn.
pub fn events(out: &str) -> Vec<Value> {
    let whole = out.rfind('\n').map_or("", |end| &out[..end]);
    whole
        .lines()
        .map(|l| serde_json::from_str(l).expect("a line of JSON"))
        .collect()
}

/// Events of one kind.
pub fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|e| e["event"] == kind).collect()
}

/// A data directory with the embedded Lean: LAKATOS_HOME, or one under `target` that is installed on
/// first use.
pub fn lean_home() -> PathBuf {
    std::env::var_os("LAKATOS_HOME").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/lakatos-home"),
        PathBuf::from,
    )
}

/// One Lean at a time: each program starts three workers of about 1 GB.
pub fn lean() -> MutexGuard<'static, ()> {
    static LEAN: Mutex<()> = Mutex::new(());
    LEAN.lock().unwrap_or_else(PoisonError::into_inner)
}
