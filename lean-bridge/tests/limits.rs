//! Submissions that try to get out, to stay, or to take everything: on the embedded Lean, and on one
//! that is called like a project's own, in `bwrap` and behind the kernel's rules alone.
//!
//! Each gets the verdict that is due, leaves nothing behind, and the honest submission after it is
//! accepted in the same pool.

#![cfg(target_os = "linux")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use lakatos_lean_bridge::launch::{LaunchOptions, Launcher, Layer};
use lakatos_lean_bridge::pool::{Pool, PoolOptions};
use lakatos_lean_bridge::testing::{self, installation, lake, lake_reads};
use lakatos_lean_bridge::verdict::{STANDARD_AXIOMS, Verdict, VerifyRequest};

const CHALLENGE: &str = "theorem t : 1 + 1 = 2 := sorry";
const HONEST: &str = "theorem t : 1 + 1 = 2 := rfl";
/// What a hostile text must not get to see.
const SECRET: &str = "lakatos-secret-71c2";
/// For what ends by itself, on a busy machine too.
const PATIENT: u64 = 60_000;
/// For what does not.
const SOON: u64 = 4000;

/// A hostile submission, and the words for what is due: verdict and class.
struct Case {
    what: &'static str,
    text: String,
    due: &'static [(&'static str, &'static str)],
    timeout_ms: u64,
}

/// Code that runs while the text is elaborated, before an honest proof: every action is tried, and one
/// that succeeds is a hole, which fails the elaboration and so shows as a wrong verdict. So does a
/// readable file that cannot be read: then nothing was tried at all.
fn attempts(actions: &[(&'static str, String)], readable: &Path) -> Case {
    let list: String = actions
        .iter()
        .map(|(what, action)| format!("  ({what:?}, do {action}),\n"))
        .collect();
    let text = format!(
        "open Lean Elab Command\n\
         def works (act : IO Unit) : IO Bool := do\n  try act; pure true catch _ => pure false\n\
         def actions : List (String × IO Unit) := [\n{list}  (\"nothing\", throw (IO.userError \"\"))]\n\
         run_cmd do\n  let mut holes : Array String := #[]\n  \
         unless (← works (discard <| IO.FS.readBinFile {readable:?})) do holes := holes.push \"control\"\n  \
         for (what, act) in actions do\n    if (← works act) then holes := holes.push what\n  \
         unless holes.isEmpty do throwError \"holes: {{holes}}\"\n{HONEST}"
    );
    Case {
        what: "attempts to get out",
        text,
        due: &[("accepted", "")],
        timeout_ms: PATIENT,
    }
}

/// An action that is still going on when everything is to be over.
fn greedy(what: &'static str, text: &str, due: &'static [(&'static str, &'static str)]) -> Case {
    let text = format!("{text}\n{HONEST}");
    let timeout_ms = if due == TIME { SOON } else { PATIENT };
    Case {
        what,
        text,
        due,
        timeout_ms,
    }
}

/// What tries to get out: to files, processes, the network, the environment.
fn ways_out(secret: &Path, library: &Path, worker: &Path) -> Vec<(&'static str, String)> {
    let write = |place: PathBuf| format!("IO.FS.writeFile {place:?} \"x\"");
    let read = |place: &Path| format!("discard <| IO.FS.readFile {place:?}");
    let own = format!("/proc/{}/environ", std::process::id());
    let quiet = "stdin := .null, stdout := .null, stderr := .null";
    let spawn = |more: &str| {
        let args = "args := #[\"-c\", \"true\"]";
        format!("discard <| IO.Process.spawn {{ cmd := \"/bin/sh\", {args}, {more}{quiet} }}")
    };
    vec![
        ("reads /etc/passwd", read(Path::new("/etc/passwd"))),
        ("reads another submission's file", read(secret)),
        ("reads this program's environment", read(Path::new(&own))),
        ("writes to the library", write(library.join("stray.olean"))),
        ("writes over the library", write(library.join("Init.olean"))),
        ("writes beside the worker", write(worker.join("stray"))),
        ("writes elsewhere", write(STRAY.into())),
        ("removes from the library", format!("IO.FS.removeFile {:?}", library.join("Init.olean"))),
        ("starts a process", spawn("")),
        ("starts a session", spawn("setsid := true, ")),
        (
            "opens a socket",
            "let out ← IO.Process.output { cmd := \"/bin/bash\", args := #[\"-c\", \
             \"echo >/dev/udp/127.0.0.1/9\"] }; if out.exitCode != 0 then throw (IO.userError \"\")"
                .into(),
        ),
        (
            "sees an environment variable",
            "for name in [\"HOME\", \"PATH\", \"LAKATOS_HOME\", \"USER\"] do { if (← IO.getEnv name).isSome \
             then return () }; throw (IO.userError \"\")"
                .into(),
        ),
    ]
}

/// A file that nothing must make.
const STRAY: &str = "/var/tmp/stray-of-lakatos";

/// What takes time, memory or the channel, or ends the process.
fn greed() -> Vec<Case> {
    vec![
        greedy("an endless loop", "#eval show IO Unit from do repeat pure ()", TIME),
        greedy(
            "100 GB of memory",
            "#eval show IO Nat from do\n  let mut all : Array ByteArray := #[]\n  \
             for i in [0:100000] do\n    all := all.push (ByteArray.mk (Array.replicate 1000000 (UInt8.ofNat i)))\n  \
             return all.foldl (fun n b => n + b.size) 0",
            &[("declined", "memory"), ("declined", "timeout"), ("rejected", "elaboration"), ("fault", "worker_died")],
        ),
        greedy(
            "1 GB of output",
            "#eval show IO Unit from do\n  let line := \"\".pushn 'x' 1000000\n  \
             for _ in [0:1000] do (← IO.getStdout).putStrLn line",
            &[("fault", "worker_died"), ("declined", "timeout"), ("declined", "memory"), ("accepted", "")],
        ),
        greedy("an exit", "#eval (IO.Process.exit 0 : IO Unit)", DEATH),
        greedy(
            "a deep recursion",
            "def deep : Nat → Nat | 0 => 0 | n + 1 => deep n + 1\n#eval deep 100000000",
            &[("fault", "worker_died"), ("declined", "memory"), ("declined", "timeout"), ("accepted", ""), ("rejected", "elaboration")],
        ),
        Case {
            what: "a billion steps of `decide`",
            text: "set_option maxRecDepth 1000000000\nset_option maxHeartbeats 0\n\
                   theorem t : 1 + 1 = 2 := by\n  \
                   have : ∀ a : Fin 1000, ∀ b : Fin 1000, ∀ c : Fin 1000, a.val * b.val * c.val < 1000000000 := by decide\n  \
                   rfl"
                .into(),
            due: &[
                ("declined", "timeout"),
                ("declined", "memory"),
                ("rejected", "elaboration"),
                ("fault", "worker_died"),
            ],
            timeout_ms: SOON,
        },
    ]
}

const TIME: &[(&str, &str)] = &[("declined", "timeout")];
const DEATH: &[(&str, &str)] = &[("fault", "worker_died")];

async fn verdict(pool: &Pool, text: &str, timeout_ms: u64) -> Verdict {
    let request = VerifyRequest {
        environment: testing::environment(&["Lean"]),
        reference: CHALLENGE.into(),
        vouched: true,
        submission: text.into(),
        names: vec!["t".into()],
        axioms: STANDARD_AXIOMS.map(str::to_owned).to_vec(),
        timeout_ms,
    };
    let mut report = pool.verify(&request).await;
    report.theorems.remove(0).verdict
}

fn as_due(verdict: &Verdict, case: &Case) -> bool {
    let class = match verdict {
        Verdict::Accepted { .. } => "",
        Verdict::Rejected { reason } | Verdict::Declined { reason } | Verdict::Fault { reason } => {
            reason.class.as_str()
        }
    };
    case.due.contains(&(verdict.word(), class))
}

/// Everything below a directory, with sizes.
fn listing(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).expect("a directory").flatten() {
            let path = entry.path();
            let meta = entry.path().symlink_metadata().expect("it is there");
            if meta.is_dir() {
                open.push(path);
            } else {
                found.push((path, meta.len()));
            }
        }
    }
    found.sort();
    found
}

/// Processes of this test's making whose command line has the word.
fn processes(word: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc")
        .expect("Linux has /proc")
        .flatten();
    let lines = entries.filter_map(|e| std::fs::read(e.path().join("cmdline")).ok());
    let lines = lines.map(|l| String::from_utf8_lossy(&l).replace('\0', " "));
    lines.filter(|line| line.contains(word)).collect()
}

fn run(launcher: Launcher, cases: Vec<Case>, watched: &[&Path], word: &str) {
    let options = PoolOptions {
        workers: 1,
        warm_spare: false,
        grace_ms: 1500,
        ..PoolOptions::default()
    };
    let before: Vec<_> = watched.iter().map(|dir| listing(dir)).collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let pool = Pool::start(launcher, options)
            .await
            .expect("the pool starts");
        let mut wrong = Vec::new();
        for case in &cases {
            let began = std::time::Instant::now();
            let got = verdict(&pool, &case.text, case.timeout_ms).await;
            let seconds = began.elapsed().as_secs_f32();
            eprintln!("{} ({seconds:.1} s): {got:?}", case.what);
            if !as_due(&got, case) || format!("{got:?}").contains(SECRET) {
                wrong.push(format!("{}: {got:?}", case.what));
            }
            let next = verdict(&pool, HONEST, PATIENT).await;
            if !next.is_proved() {
                wrong.push(format!("after {}: {next:?}", case.what));
            }
        }
        pool.shutdown().await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
    let after: Vec<_> = watched.iter().map(|dir| listing(dir)).collect();
    assert!(before == after, "files were left behind or changed");
    assert!(!Path::new(STRAY).exists());
    // A process that was killed is listed until the system has cleared it away.
    let wait = std::time::Duration::from_millis(50);
    let mut left = processes(word);
    for _ in 0..100 {
        if left.is_empty() {
            break;
        }
        std::thread::sleep(wait);
        left = processes(word);
    }
    assert!(left.is_empty(), "processes were left behind: {left:?}");
}

fn secret() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("secret");
    std::fs::write(&file, SECRET).expect("a file");
    (dir, file)
}

#[test]
fn the_embedded_lean_keeps_its_limits() {
    let installation = installation();
    // A library root of its own tells this pool's processes from those of other tests.
    let own = tempfile::tempdir().expect("a directory");
    let olean = installation.library.join("Init/Core.olean");
    std::fs::copy(olean, own.path().join("Extra.olean")).expect("a copy");
    let options = LaunchOptions {
        lean_path: vec![own.path().to_owned()],
        path: std::env::var_os("PATH"),
        ..LaunchOptions::default()
    };
    let launcher = Launcher::embedded(installation, &options).expect("a launcher");
    let isolation = launcher.isolation();
    assert_eq!(isolation.missing(), [""; 0], "{isolation}");
    let (_dir, file) = secret();
    // Inside, the host's paths do not exist; both ways of naming a place are tried.
    let mut ways = ways_out(&file, Path::new("/lib/lean"), Path::new("/worker"));
    ways.extend(ways_out(&file, &installation.library, &installation.worker));
    let mut cases = vec![attempts(&ways, Path::new("/lib/lean/Init.olean"))];
    cases.extend(greed());
    let watched = [installation.worker.as_path(), own.path()];
    run(launcher, cases, &watched, &own.path().to_string_lossy());
}

/// A project with the `lake` given by [`lake`], and a launcher for it.
fn project(path: impl Fn(&Path) -> OsString, layer: Layer) {
    let dir = || tempfile::tempdir().expect("a directory");
    let (project, bin) = (dir(), dir());
    let place = |dir: &tempfile::TempDir| dir.path().canonicalize().expect("it is there");
    let (at, tools, worker) = (place(&project), place(&bin), testing::project_workers());
    std::fs::write(at.join("lakefile.toml"), "name = \"empty\"\n").expect("a file");
    let (_dir, file) = secret();
    // The host of its Lean lets it read and write all of this: what holds it is outside of it.
    let library = &installation().library;
    let elsewhere = [file.parent().expect("a parent"), Path::new("/etc")];
    let mut reads = vec![at.as_path()];
    let mut writes = vec![worker.as_path(), library];
    // In `bwrap` these do not exist, and the host refuses to start without what it is to offer.
    if layer != Layer::Bwrap {
        reads.extend(elsewhere);
        writes.push(Path::new("/var/tmp"));
    }
    lake(&tools, installation(), &reads, &writes);
    let options = LaunchOptions {
        path: Some(path(&tools)),
        readable: lake_reads(installation()),
        imports: vec!["Init".into()],
        ..LaunchOptions::default()
    };
    let launcher = Launcher::project(&at, &worker, &options, &|_| {}).expect("a launcher");
    let isolation = launcher.isolation();
    assert_eq!(isolation.missing(), [""; 0], "{isolation}");
    assert!(isolation.by.contains(&layer), "{isolation}");
    let ways = ways_out(&file, library, &worker);
    let cases = vec![attempts(&ways, &library.join("Init.olean"))];
    run(launcher, cases, &[&at, &worker], &at.to_string_lossy());
}

#[test]
fn a_projects_lean_is_held_by_the_kernels_rules() {
    // Without /usr/bin there is no bwrap.
    project(|bin| bin.into(), Layer::Landlock);
}

#[test]
fn a_projects_lean_is_held_by_bwrap() {
    if !Path::new("/usr/bin/bwrap").exists() {
        eprintln!("skipped: there is no /usr/bin/bwrap");
        return;
    }
    let path = |bin: &Path| {
        let places = [bin, Path::new("/usr/bin"), Path::new("/bin")];
        std::env::join_paths(places).expect("a path")
    };
    project(path, Layer::Bwrap);
}
