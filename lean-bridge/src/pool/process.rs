//! One worker process: its pipes, its exit, its memory. Knows framing, not meaning.
//!
//! Three tasks serve a process: one reads its output, one drains its standard error, one waits for
//! its end and kills it, with its whole process group, when the [`Process`] is dropped.

use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::framing::{Frame, Framer, Ready};
use crate::BridgeError;
use crate::embedded::is_chatter;

/// Output of one request beyond which the worker is killed, in bytes.
const OUTPUT_LIMIT: u64 = 256 << 20;
/// How much of standard error is kept for error messages, and of what comes before the ready signal:
/// Lean writes its errors to standard output.
const LAST_WORDS: usize = 4096;
/// How often memory is looked at during a request.
const MEMORY_TICK: Duration = Duration::from_millis(250);
/// The protocol's version that this program speaks.
const PROTOCOL: u32 = 1;

/// Why a process is of no more use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It ended by itself.
    Exited,
    /// It went on after its deadline and the grace.
    Hung,
    /// It wrote too much.
    Flooded,
    /// It wrote what the protocol does not know.
    Nonsense,
    /// It took too much memory.
    Memory,
}

/// The end of a process.
#[derive(Debug, Clone)]
pub(super) struct Death {
    pub cause: Cause,
    pub message: String,
}

/// A running worker. Dropping it kills it and everything it started.
pub(super) struct Process {
    stdin: ChildStdin,
    frames: mpsc::Receiver<Frame>,
    exit: watch::Receiver<Option<String>>,
    words: Arc<Mutex<Vec<u8>>>,
    /// Bytes written since the last request.
    output: Arc<AtomicU64>,
    pid: Option<u32>,
    _kill: oneshot::Sender<()>,
}

impl Process {
    /// Starts a worker and waits for its ready signal.
    pub async fn start(
        command: std::process::Command,
        ready_timeout: Duration,
    ) -> Result<Self, BridgeError> {
        let mut process = Self::spawn(command)?;
        let message = match process.ready(Instant::now() + ready_timeout).await {
            Ok(ready) if ready.protocol == PROTOCOL => {
                tracing::debug!(lean = ready.lean, pid = process.pid, "worker is ready");
                return Ok(process);
            }
            Ok(ready) => format!(
                "it speaks version {} of the worker protocol and this program version {PROTOCOL}; \
                 run `lakatos setup` to build the worker again",
                ready.protocol
            ),
            Err(Death {
                cause: Cause::Hung,
                message,
            }) => format!(
                "it was not ready after {} s{message}; run `lakatos doctor`",
                ready_timeout.as_secs()
            ),
            Err(death) => format!("{}; run `lakatos doctor`", death.message),
        };
        Err(BridgeError::Spawn { message })
    }

    fn spawn(command: std::process::Command) -> Result<Self, BridgeError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut command = Command::from(command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| BridgeError::Spawn {
            message: format!("`{program}` cannot be run: {error}; run `lakatos doctor`"),
        })?;
        let (Some(stdin), Some(stdout), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(BridgeError::Spawn {
                message: format!("`{program}` has no pipes"),
            });
        };
        let pid = child.id();
        let words = Arc::new(Mutex::new(Vec::new()));
        let output = Arc::new(AtomicU64::new(0));
        let (frame_tx, frames) = mpsc::channel(64);
        let (exit_tx, exit) = watch::channel(None);
        let (kill, killed) = oneshot::channel();
        tokio::spawn(read_frames(
            stdout,
            frame_tx,
            Arc::clone(&output),
            Arc::clone(&words),
        ));
        tokio::spawn(drain(errors, Arc::clone(&words)));
        tokio::spawn(attend(Group(child), killed, exit_tx));
        Ok(Self {
            stdin,
            frames,
            exit,
            words,
            output,
            pid,
            _kill: kill,
        })
    }

    async fn ready(&mut self, until: Instant) -> Result<Ready, Death> {
        loop {
            match timeout_at(until, self.receive()).await {
                Err(_) => return Err(self.death(Cause::Hung, String::new())),
                Ok(Ok(Frame::Ready(ready))) => return Ok(ready),
                Ok(Ok(Frame::Answer(..) | Frame::Nonsense(_))) => {}
                Ok(Err(death)) => return Err(death),
            }
        }
    }

    /// Sends one line and waits for the answer with its id. After an error the process must be
    /// dropped: nothing is known of where its streams stand.
    pub async fn exchange(
        &mut self,
        id: u64,
        line: &[u8],
        until: Instant,
        memory_limit_mb: u64,
    ) -> Result<Vec<u8>, Death> {
        self.output.store(0, Ordering::Relaxed);
        match timeout_at(until, self.stdin.write_all(line)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(self.ended().await),
            Err(_) => {
                return Err(self.death(Cause::Hung, "it did not read its request".into()));
            }
        }
        let mut tick = Instant::now() + MEMORY_TICK;
        loop {
            match timeout_at(until.min(tick), self.receive()).await {
                Ok(Ok(Frame::Answer(answer, line))) if answer == id => return Ok(line),
                Ok(Ok(Frame::Nonsense(text))) => {
                    return Err(self.death(Cause::Nonsense, format!("it wrote {text:?}")));
                }
                Ok(Err(death)) => return Err(death),
                // Answers with other ids are forged, or belong to nobody any more.
                Ok(Ok(Frame::Answer(..) | Frame::Ready(_))) | Err(_) => {}
            }
            let now = Instant::now();
            if now >= until {
                return Err(self.death(Cause::Hung, "it ignored its deadline".into()));
            }
            if now >= tick {
                tick = now + MEMORY_TICK;
                if let Some(mb) = self.memory_mb().filter(|mb| *mb > memory_limit_mb) {
                    return Err(self.death(Cause::Memory, format!("it took {mb} MB of memory")));
                }
            }
        }
    }

    async fn receive(&mut self) -> Result<Frame, Death> {
        let Self { frames, exit, .. } = self;
        let frame = tokio::select! {
            biased;
            frame = frames.recv() => frame,
            _ = exit.wait_for(Option::is_some) => None,
        };
        let frame = match frame {
            Some(frame) => Some(frame),
            // What it wrote before its end may still be on its way.
            None => {
                let late = timeout(Duration::from_millis(200), self.frames.recv()).await;
                late.unwrap_or_default()
            }
        };
        match frame {
            Some(frame) => Ok(frame),
            None => Err(self.ended().await),
        }
    }

    /// Says how the process ended; it has closed its output or its input.
    async fn ended(&mut self) -> Death {
        if self.output.load(Ordering::Relaxed) > OUTPUT_LIMIT {
            let message = format!("it wrote more than {} MB", OUTPUT_LIMIT >> 20);
            return self.death(Cause::Flooded, message);
        }
        let wait = self.exit.wait_for(Option::is_some);
        let how = match timeout(Duration::from_millis(500), wait).await {
            Ok(Ok(how)) => how.clone().unwrap_or_default(),
            _ => "it closed its output".into(),
        };
        // Standard error is drained by another task, which may be a moment behind.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let cause = if ran_out_of_memory(&self.last_words()) {
            Cause::Memory
        } else {
            Cause::Exited
        };
        self.death(cause, how)
    }

    fn death(&self, cause: Cause, what: String) -> Death {
        let words = self.last_words();
        let words = words.trim();
        let message = if words.is_empty() {
            what
        } else {
            format!("{what}; its last words: {words}")
        };
        Death { cause, message }
    }

    fn last_words(&self) -> String {
        let bytes = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let words = String::from_utf8_lossy(&bytes);
        let telling: Vec<&str> = words.lines().filter(|line| !is_chatter(line)).collect();
        telling.join("\n")
    }

    /// Whether the process has ended, or its output has.
    pub fn exited(&self) -> bool {
        self.exit.borrow().is_some() || self.frames.is_closed()
    }

    /// Resident memory of the process and what it started, mapped files left out, where the system
    /// tells it.
    pub fn memory_mb(&self) -> Option<u64> {
        resident_mb(self.pid?)
    }
}

/// Whether Lean, its WebAssembly host or the system said that memory ran out.
fn ran_out_of_memory(words: &str) -> bool {
    const SIGNS: [&str; 5] = [
        "out of memory",
        "Out of memory",
        "memory exhausted",
        "Cannot enlarge memory",
        "bad_alloc",
    ];
    SIGNS.iter().any(|sign| words.contains(sign))
}

/// Resident memory of a process and what it started, in MiB, mapped files left out.
pub(crate) fn resident_mb(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    // Without the mapped files where the system tells them apart: a native Lean maps its library, and
    // shares it with the others.
    let field = |name: &str| status.lines().find_map(|l| l.strip_prefix(name));
    let line = field("RssAnon:").or_else(|| field("VmRSS:"))?;
    let kb: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let below: u64 = children
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|p| resident_mb(p.parse().ok()?))
        .sum();
    Some(kb / 1024 + below)
}

/// A child and its process group, killed together.
struct Group(Child);

impl Group {
    fn kill(&self) {
        #[cfg(unix)]
        if let Some(pid) = self.0.id().and_then(|p| i32::try_from(p).ok()) {
            kill_group(pid);
        }
    }
}

/// Ends a process group.
#[cfg(unix)]
pub(crate) fn kill_group(leader: i32) {
    if let Some(pid) = rustix::process::Pid::from_raw(leader) {
        // The group may be gone already, which is what is wanted.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits for the end of the child, or for the wish to end it.
async fn attend(
    mut group: Group,
    killed: oneshot::Receiver<()>,
    exit: watch::Sender<Option<String>>,
) {
    #[cfg(unix)]
    let leader = group.0.id().and_then(|p| i32::try_from(p).ok());
    let status = tokio::select! {
        status = group.0.wait() => status,
        _ = killed => {
            group.kill();
            let _ = group.0.start_kill();
            group.0.wait().await
        }
    };
    #[cfg(unix)]
    leader.into_iter().for_each(kill_group);
    let how = match status {
        Ok(status) => describe(status),
        Err(error) => format!("it cannot be waited for: {error}"),
    };
    // Nobody listens any more once the process was dropped.
    let _ = exit.send(Some(how));
}

fn describe(status: ExitStatus) -> String {
    format!("it ended with {status}")
}

async fn read_frames(
    mut stdout: impl AsyncRead + Unpin,
    frames: mpsc::Sender<Frame>,
    output: Arc<AtomicU64>,
    words: Arc<Mutex<Vec<u8>>>,
) {
    let mut framer = Framer::new();
    let mut chunk = vec![0; 64 << 10];
    let mut found = Vec::new();
    let mut ready = false;
    while let Ok(n @ 1..) = stdout.read(&mut chunk).await {
        if output.fetch_add(n as u64, Ordering::Relaxed) + n as u64 > OUTPUT_LIMIT {
            return;
        }
        framer.push(&chunk[..n], &mut found);
        ready |= !found.is_empty();
        if !ready {
            remember(&words, &chunk[..n]);
        }
        for frame in found.drain(..) {
            if frames.send(frame).await.is_err() {
                return;
            }
        }
    }
}

async fn drain(mut stderr: impl AsyncRead + Unpin, words: Arc<Mutex<Vec<u8>>>) {
    let mut chunk = vec![0; 8 << 10];
    while let Ok(n @ 1..) = stderr.read(&mut chunk).await {
        remember(&words, &chunk[..n]);
    }
}

fn remember(words: &Mutex<Vec<u8>>, chunk: &[u8]) {
    let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
    words.extend_from_slice(chunk);
    let excess = words.len().saturating_sub(LAST_WORDS);
    words.drain(..excess);
}
