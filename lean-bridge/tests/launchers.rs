//! Workers started by each launcher, on the real embedded Lean (`LAKATOS_HOME`, or a home in the
//! workspace's `target` that is installed on first use).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use lakatos_lean_bridge::BridgeError;
use lakatos_lean_bridge::embedded::Sources;
use lakatos_lean_bridge::launch::{LaunchOptions, Launcher, Role};
use lakatos_lean_bridge::testing::{installation, lake, lake_reads, project_workers};
use serde_json::{Value, json};

/// A worker process, killed when dropped.
struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Worker {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    fn answer(&mut self) -> Value {
        for line in self.output.by_ref().lines() {
            if let Some(answer) = line.unwrap().strip_prefix("@@") {
                return serde_json::from_str(answer).unwrap();
            }
        }
        panic!("the worker ended: {:?}", self.child.wait());
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.input, "{request}").unwrap();
        let answer = self.answer();
        assert!(answer.get("ok").is_some(), "{request}: {answer}");
        answer["ok"].clone()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn embedded(options: &LaunchOptions) -> Launcher {
    Launcher::embedded(installation(), options).unwrap()
}

/// What Lean says to a text: the data of its messages.
fn said(worker: &mut Worker, env: u64, text: &str) -> String {
    let answer = worker.ask(&json!({"id": 2, "op": "check", "env": env, "text": text}));
    let messages = answer["messages"].as_array().unwrap().clone();
    messages
        .iter()
        .map(|m| m["data"].as_str().unwrap().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_embedded_worker_is_kept_inside() {
    let launcher = embedded(&LaunchOptions::default());
    let isolation = launcher.isolation();
    assert!(isolation.network && isolation.writes && isolation.reads && isolation.processes);
    assert_eq!(launcher.default_imports(), ["Init", "Std"]);
    let mut worker = Worker::start(launcher.worker(Role::Submission));
    let ready = worker.answer();
    let version = ready["ready"]["lean"].as_str().unwrap();
    assert!(launcher.lean_version().starts_with(version), "{ready}");
    let opened = worker.ask(&json!({"id": 1, "op": "open", "imports": ["Lean"], "text": ""}));
    let env = opened["env"].as_u64().unwrap();

    let secret = tempfile::tempdir().unwrap();
    let file = secret.path().join("file");
    fs::write(&file, "secret").unwrap();
    let place = installation().worker.join("stray");
    let cases = [
        (format!("#eval IO.FS.readFile {file:?}"), "no such file"),
        (
            format!("#eval IO.FS.writeFile {place:?} \"x\""),
            "no such file",
        ),
        (
            "#eval IO.FS.readFile \"/etc/passwd\"".into(),
            "no such file",
        ),
        (
            "#eval IO.FS.writeFile \"/worker/stray\" \"x\"".into(),
            "read-only",
        ),
        (
            "#eval IO.FS.writeFile \"/lib/lean/Init.olean\" \"x\"".into(),
            "read-only",
        ),
        (
            "#eval IO.FS.removeFile \"/lib/lean/Init.olean\"".into(),
            "read-only",
        ),
        (
            "#eval IO.FS.createDir \"/lib/lean/stray\"".into(),
            "read-only",
        ),
        (
            "#eval IO.FS.rename \"/lib/lean/Init.olean\" \"/tmp/x\"".into(),
            "error",
        ),
        (
            "#eval (IO.getEnv \"PATH\" : IO (Option String))".into(),
            "none",
        ),
        (
            "#eval IO.Process.output { cmd := \"/bin/sh\" }".into(),
            "error",
        ),
        (
            "#eval do\n  IO.FS.createDirAll \"/guest\"\n  \
             IO.FS.writeBinFile \"/guest/x.so\" ⟨#[0, 97, 115, 109, 1, 0, 0, 0]⟩\n  \
             Lean.loadDynlib \"/guest/x.so\""
                .into(),
            "dynamic libraries",
        ),
    ];
    for (text, expected) in cases {
        let said = said(&mut worker, env, &text);
        assert!(
            said.contains(expected) && !said.contains("secret"),
            "{text}\n{said}"
        );
    }
    assert!(!place.exists());
    let strays = fs::read_dir(&installation().worker).unwrap().count();
    assert_eq!(strays, 3, "only src, lib and the stamp belong there");
    assert!(!Path::new("default.profraw").exists());
}

/// Not a test: the parent of a worker, when this program is started as one. It prints the worker's id
/// and waits. The worker's input never ends, so that it is the guard that ends it.
#[test]
#[expect(clippy::zombie_processes, reason = "it is killed before it can wait")]
fn a_parent() {
    if std::env::var_os("LAKATOS_TEST_PARENT").is_none() {
        return;
    }
    let mut worker = embedded(&LaunchOptions::default()).worker(Role::Kernel);
    let (read, write) = std::io::pipe().unwrap();
    let child = worker
        .stdin(read)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let child = child.spawn().unwrap();
    // Some other process has the other end of its input.
    let mut holder = Command::new("sleep");
    let _holder = holder
        .arg("20")
        .stdin(Stdio::null())
        .stdout(write)
        .spawn()
        .unwrap();
    println!("\nid {}", child.id());
    loop {
        std::thread::park();
    }
}

#[test]
fn a_worker_ends_when_its_parent_is_killed() {
    let mut parent = Command::new(std::env::current_exe().unwrap());
    parent
        .args(["--exact", "a_parent", "--nocapture"])
        .env("LAKATOS_TEST_PARENT", "1")
        .stdout(Stdio::piped());
    let mut parent = parent.spawn().unwrap();
    let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    let id = lines
        .find_map(|l| l.strip_prefix("id ").map(str::to_owned))
        .unwrap();
    let lives = || {
        Command::new("kill")
            .args(["-0", &id])
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(lives());
    parent.kill().unwrap();
    parent.wait().unwrap();
    while lives() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// A worker in miniature: it answers `ready` with what its own module says.
fn small_sources(dir: &Path) -> Sources {
    fs::create_dir_all(dir.join("Lakatos")).unwrap();
    fs::write(
        dir.join("Main.lean"),
        "import Lakatos.B\ndef main : IO Unit := IO.println b\n",
    )
    .unwrap();
    let a = "def a := \"@@{\\\"ready\\\":\"\n";
    fs::write(dir.join("Lakatos/A.lean"), a).unwrap();
    fs::write(
        dir.join("Lakatos/B.lean"),
        "import Lakatos.A\ndef b := a ++ \"42}\"\n",
    )
    .unwrap();
    Sources::read(dir).unwrap()
}

struct Project {
    _places: [tempfile::TempDir; 3],
    dir: PathBuf,
    cache: PathBuf,
    sources: PathBuf,
    options: LaunchOptions,
}

/// An empty Lake project, with a `lake` on the path that runs the embedded Lean.
fn project(cache: &Path) -> Project {
    let places = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let [dir, bin, sources] = [0, 1, 2].map(|i| places[i].path().canonicalize().unwrap());
    let cache = cache.canonicalize().unwrap();
    fs::write(dir.join("lakefile.toml"), "name = \"empty\"\n").unwrap();
    lake(&bin, installation(), &[&dir], &[&cache]);
    let path = std::env::join_paths([bin.as_path(), Path::new("/usr/bin"), Path::new("/bin")]);
    let options = LaunchOptions {
        path: path.ok(),
        readable: lake_reads(installation()),
        ..LaunchOptions::default()
    };
    Project {
        _places: places,
        dir,
        cache,
        sources,
        options,
    }
}

#[test]
fn a_project_compiles_its_worker_once_and_runs_it() {
    let cache = tempfile::tempdir().unwrap();
    let project = project(cache.path());
    let sources = small_sources(&project.sources);
    let start = || {
        let said = std::sync::Mutex::new(Vec::new());
        let sink = |p| said.lock().unwrap().push(p);
        let Project {
            dir,
            cache,
            options,
            ..
        } = &project;
        let launcher = Launcher::project_with(dir, cache, &sources, options, &sink).unwrap();
        (launcher, said.into_inner().unwrap())
    };
    let (launcher, said) = start();
    assert!(!said.is_empty());
    assert_eq!(launcher.default_imports(), ["Mathlib"]);
    assert!(
        launcher.describe().contains("env lean (in "),
        "{}",
        launcher.describe()
    );
    assert_eq!(launcher.lean_version(), installation().lean_version);
    let answer = Worker::start(launcher.worker(Role::Search)).answer();
    assert_eq!(answer, json!({"ready": 42}));
    let (_, said) = start();
    assert_eq!(said, [], "the second start compiles nothing");
    assert_eq!(writable_by_others(cache.path()), Vec::<PathBuf>::new());
}

/// Files that somebody else than their owner may write.
fn writable_by_others(dir: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(writable_by_others(&path));
        } else if fs::metadata(&path).unwrap().permissions().mode() & 0o022 != 0 {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_worker_that_does_not_compile_says_why() {
    let cache = tempfile::tempdir().unwrap();
    let project = project(cache.path());
    small_sources(&project.sources);
    fs::write(
        project.sources.join("Lakatos/A.lean"),
        "def a : Nat := \"text\"\n",
    )
    .unwrap();
    let sources = Sources::read(&project.sources).unwrap();
    let Project {
        dir,
        cache,
        options,
        ..
    } = &project;
    let error = Launcher::project_with(dir, cache, &sources, options, &|_| {}).unwrap_err();
    let words = error.to_string();
    assert!(
        words.contains("module Lakatos.A") && words.contains("mismatch"),
        "{words}"
    );
}

#[test]
fn the_whole_worker_runs_in_a_project() {
    let project = project(&project_workers());
    let Project {
        dir,
        cache,
        options,
        ..
    } = &project;
    let launcher = Launcher::project(dir, cache, options, &|_| {}).unwrap();
    let mut worker = Worker::start(launcher.worker(Role::Search));
    assert_eq!(worker.answer()["ready"]["protocol"], 1);
    let opened = worker.ask(&json!({"id": 1, "op": "open", "imports": ["Init"], "text": ""}));
    let env = opened["env"].as_u64().unwrap();
    assert_eq!(
        said(
            &mut worker,
            env,
            "theorem t (a b : Nat) : a + b = b + a := by omega"
        ),
        ""
    );
}

#[test]
fn a_library_root_without_oleans_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let with = |root: &Path| {
        let options = LaunchOptions {
            lean_path: vec![root.to_owned()],
            ..Default::default()
        };
        Launcher::embedded(installation(), &options)
    };
    let error = |root: &Path| match with(root) {
        Err(BridgeError::Import { message }) => message,
        other => panic!("{other:?}"),
    };
    assert!(error(dir.path()).contains("holds no .olean file"));
    assert!(error(&dir.path().join("none")).contains("cannot be read"));
    let mut olean = fs::read(installation().library.join("Init.olean")).unwrap();
    fs::write(dir.path().join("A.olean"), &olean).unwrap();
    assert!(with(dir.path()).is_ok());
    olean[7] = b'3';
    fs::write(dir.path().join("A.olean"), &olean).unwrap();
    assert!(error(dir.path()).contains("compiled by Lean 3.28.0-pre"));
    olean[84..88].copy_from_slice(&[0xfe, 0x7f, 0, 0]);
    fs::write(dir.path().join("A.olean"), &olean).unwrap();
    assert!(error(dir.path()).contains("64 bits"));
}

#[test]
fn a_library_root_is_on_the_search_path() {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(
        installation().library.join("Init/Core.olean"),
        dir.path().join("Extra.olean"),
    )
    .unwrap();
    let options = LaunchOptions {
        lean_path: vec![dir.path().to_owned()],
        ..Default::default()
    };
    let launcher = embedded(&options);
    let command = launcher.worker(Role::Search);
    let value = |name: &str| {
        let found = command
            .get_envs()
            .find(|(k, _)| *k == name)
            .and_then(|(_, v)| v);
        found.unwrap().to_str().unwrap().to_owned()
    };
    assert_eq!(value("LEAN_PATH"), "/lib/lean:/worker/lib:/lib/extra0");
    let mounts: Vec<Value> = serde_json::from_str(&value("LEAN_MOUNTS")).unwrap();
    assert!(mounts.iter().all(|m| m["write"] == false));
    assert!(mounts.iter().any(|m| m["guest"] == "/lib/extra0"));
}
