//! One run of a checker: a process under its limits, and what its end means.

use std::ffi::OsString;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use crate::pool::resident_mb;
use crate::verdict::Reason;

/// How much of the end of each output stream is kept, in bytes.
const LAST_WORDS: usize = 4096;
/// How often memory is looked at.
const MEMORY_TICK: Duration = Duration::from_millis(100);

/// What a checker may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub time: Duration,
    pub memory_mb: u64,
}

/// What a checker found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// It ended with exit code 0.
    Accepted,
    /// It ended by itself and said no.
    Rejected(Reason),
    /// It did not judge: it said so, or time or memory ran out.
    Declined(Reason),
    /// It crashed, or could not be run.
    Fault(Reason),
}

/// Runs a command to its end.
pub(super) async fn run(
    command: Command,
    environment: impl Iterator<Item = (OsString, OsString)>,
    limits: Limits,
) -> (Finding, Duration) {
    let began = Instant::now();
    let finding = attempt(command, environment, limits).await;
    (finding, began.elapsed())
}

async fn attempt(
    command: Command,
    environment: impl Iterator<Item = (OsString, OsString)>,
    limits: Limits,
) -> Finding {
    let mut command = tokio::process::Command::from(command);
    command.env_clear().envs(environment);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(e) => return fault("checker_start", format!("the checker cannot be run: {e}")),
    };
    let outputs = [drain(child.stdout.take()), drain(child.stderr.take())];
    let group = Group(child.id());
    limit_memory(child.id(), limits.memory_mb);
    let ended = watch(&mut child, limits).await;
    drop(group);
    let mut words = String::new();
    for output in outputs {
        // Something that has left the group may hold a pipe open.
        if let Ok(Ok(tail)) = timeout(Duration::from_millis(500), output).await {
            let text = String::from_utf8_lossy(&tail);
            words.push_str(text.trim());
            words.push('\n');
        }
    }
    let words = words.trim();
    match ended {
        Ended::Itself(status) => meaning(status, words),
        Ended::Late => declined(
            "timeout",
            format!(
                "the checker was not done within {} s; allow more time",
                limits.time.as_secs()
            ),
        ),
        Ended::Large(mb) => declined(
            "memory",
            format!("the checker took {mb} MiB of memory; allow more"),
        ),
        Ended::Lost(e) => fault(
            "checker_died",
            format!("the checker cannot be waited for: {e}"),
        ),
    }
}

/// A process group, killed with this.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(pid) = self.0.and_then(|p| i32::try_from(p).ok()) {
            crate::pool::kill_group(pid);
        }
    }
}

enum Ended {
    Itself(ExitStatus),
    Late,
    Large(u64),
    Lost(std::io::Error),
}

async fn watch(child: &mut Child, limits: Limits) -> Ended {
    let pid = child.id();
    let until = Instant::now() + limits.time;
    let mut tick = Instant::now() + MEMORY_TICK;
    loop {
        tokio::select! {
            status = child.wait() => return match status {
                Ok(status) => Ended::Itself(status),
                Err(e) => Ended::Lost(e),
            },
            () = sleep_until(until.min(tick)) => {}
        }
        if Instant::now() >= until {
            return Ended::Late;
        }
        tick = Instant::now() + MEMORY_TICK;
        let resident = pid.and_then(resident_mb);
        if let Some(mb) = resident.filter(|mb| *mb > limits.memory_mb) {
            return Ended::Large(mb);
        }
    }
}

/// Bounds what it can take between two looks at it: a program that is refused memory ends in ways of
/// its own, so the bound is far enough for the look to come first.
#[cfg(target_os = "linux")]
fn limit_memory(pid: Option<u32>, memory_mb: u64) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let pid = pid.and_then(|p| Pid::from_raw(i32::try_from(p).ok()?));
    let bytes = Some((2 * memory_mb.min(1 << 30) + 1024) << 20);
    let limit = Rlimit {
        current: bytes,
        maximum: bytes,
    };
    if let Some(pid) = pid
        && let Err(error) = prlimit(Some(pid), Resource::Data, limit)
    {
        tracing::debug!(%error, "a checker's memory is only watched");
    }
}

#[cfg(not(target_os = "linux"))]
fn limit_memory(_pid: Option<u32>, _memory_mb: u64) {}

/// Reads a stream to its end, however much it is, and keeps its last words.
fn drain(stream: Option<impl AsyncRead + Unpin + Send + 'static>) -> JoinHandle<Vec<u8>> {
    tokio::spawn(async move {
        let mut tail = Vec::new();
        let Some(mut stream) = stream else {
            return tail;
        };
        let mut chunk = vec![0; 16 << 10];
        while let Ok(n @ 1..) = stream.read(&mut chunk).await {
            tail.extend_from_slice(&chunk[..n]);
            let excess = tail.len().saturating_sub(LAST_WORDS);
            tail.drain(..excess);
        }
        tail
    })
}

/// What the end of a checker means: 0 accepted, 2 declined (as in the Lean Kernel Arena), a signal
/// or a shell's words for one a crash, anything else rejected.
fn meaning(status: ExitStatus, words: &str) -> Finding {
    let said = if words.is_empty() {
        "it said nothing".to_owned()
    } else {
        format!("it said: {words}")
    };
    let crash = |signal: i32| {
        let message = format!("the checker was ended by signal {signal}; {said}");
        if ran_out_of_memory(words) {
            declined("memory", message)
        } else if words.contains("overflowed its stack") {
            declined("checker_stack", message)
        } else {
            fault("checker_died", message)
        }
    };
    match (status.code(), signal(status)) {
        (Some(0), _) => Finding::Accepted,
        (Some(2), _) => declined(
            "checker_declined",
            format!("the checker declined it; {said}"),
        ),
        (Some(code @ (126 | 127)), _) => fault(
            "checker_start",
            format!("the checker could not be started (exit code {code}); {said}"),
        ),
        (Some(code @ 129..=192), _) => crash(code - 128),
        (Some(code), _) => Finding::Rejected(Reason {
            class: "checker".into(),
            message: format!(
                "the independent kernel does not accept it (exit code {code}); {said}"
            ),
        }),
        (None, signal) => crash(signal.unwrap_or(0)),
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

fn ran_out_of_memory(words: &str) -> bool {
    const SIGNS: [&str; 4] = [
        "out of memory",
        "Out of memory",
        "bad_alloc",
        "memory allocation of",
    ];
    SIGNS.iter().any(|sign| words.contains(sign))
}

fn reason(class: &str, message: String) -> Reason {
    Reason {
        class: class.into(),
        message,
    }
}

fn declined(class: &str, message: String) -> Finding {
    Finding::Declined(reason(class, message))
}

fn fault(class: &str, message: String) -> Finding {
    Finding::Fault(reason(class, message))
}
