//! The community REPL's protocol, one text after the other in each of some processes: what the service is compared with.
//!
//! There are as many of them as cores, since the service keeps all cores busy too: two threads that share a core's
//! caches and units do less in a second of processor time than one that has them to itself.

use std::path::Path;
use std::process::Stdio;

use lakatos_lean_bridge::BridgeError;
use lakatos_lean_bridge::launch::Launcher;
use lakatos_lean_bridge::machine;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::texts::honest;
use crate::bench::processes::Usage;

struct Repl {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

/// Honest texts per second of processor time, `texts` in each process, after as many that are not counted.
pub async fn per_cpu_second(
    launcher: &Launcher,
    files: &Path,
    texts: u32,
) -> Result<f64, BridgeError> {
    measure(launcher, files, texts)
        .await
        .map_err(|e| BridgeError::Protocol {
            message: format!("the plain REPL: {e}"),
        })
}

async fn measure(launcher: &Launcher, files: &Path, texts: u32) -> std::io::Result<f64> {
    let processes = machine::cores() as u32;
    let ends = (0..processes).map(|p| one(launcher, files, 2 * p * texts, texts));
    let cpu: f64 = futures_util::future::try_join_all(ends).await?.iter().sum();
    Ok(f64::from(processes * texts) / cpu)
}

/// The seconds of processor time of `texts` texts in a process of their own, the numbers of which begin at `from`.
async fn one(launcher: &Launcher, files: &Path, from: u32, texts: u32) -> std::io::Result<f64> {
    let mut repl = Repl::start(launcher, files)?;
    repl.ask(&json!({"cmd": "import Init\nimport Std"})).await?;
    for i in from..from + texts {
        repl.check(i).await?;
    }
    let pid = repl.child.id().unwrap_or(0);
    let start = Usage::of(pid);
    for i in from + texts..from + 2 * texts {
        repl.check(i).await?;
    }
    let cpu = Usage::of(pid).cpu_since(&start);
    repl.child.kill().await?;
    Ok(cpu)
}

impl Repl {
    fn start(launcher: &Launcher, files: &Path) -> std::io::Result<Self> {
        let mut child = Command::from(launcher.repl(files, false))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::Error::other("it has no pipes"));
        };
        let stdout = BufReader::new(stdout);
        Ok(Self {
            child,
            stdin,
            stdout,
        })
    }

    async fn check(&mut self, i: u32) -> std::io::Result<()> {
        let text = honest(i).code.replace("import Std\n", "");
        self.ask(&json!({"cmd": text, "env": 0})).await.map(drop)
    }

    async fn ask(&mut self, request: &Value) -> std::io::Result<Value> {
        self.stdin
            .write_all(format!("{request}\n\n").as_bytes())
            .await?;
        let mut answer = String::new();
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line).await? == 0 {
                return Err(std::io::Error::other("it ended"));
            }
            answer.push_str(&line);
            if line.trim().is_empty()
                && let Ok(value) = serde_json::from_str(&answer)
            {
                return Ok(value);
            }
        }
    }
}
