//! Help for tests of this crate and of those that use it. Not part of the interface.

use std::ffi::OsStr;
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::EnvironmentSpec;
use crate::embedded::{HostTools, Installation, ensure};
use crate::launch::{Guest, LaunchOptions, Launcher, Mount};
use crate::pool::{Pool, PoolOptions};
use crate::worker::Compiler;

/// The home that tests share: `LAKATOS_HOME`, or a directory in the workspace's `target`.
pub fn home() -> PathBuf {
    std::env::var_os("LAKATOS_HOME").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/lakatos-home"),
        PathBuf::from,
    )
}

/// The embedded Lean in [`home`], installed on first use.
pub fn installation() -> &'static Installation {
    static INSTALLED: OnceLock<Installation> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let tools = HostTools {
            path: std::env::var_os("PATH"),
            ..HostTools::default()
        };
        ensure(&home(), &tools, &|_| {}).expect("the embedded Lean can be installed for tests")
    })
}

/// Workers of the embedded Lean in [`home`].
pub fn launcher() -> Launcher {
    let options = LaunchOptions {
        path: std::env::var_os("PATH"),
        ..LaunchOptions::default()
    };
    Launcher::embedded(installation(), &options).expect("the embedded Lean can be launched")
}

/// Runs a test with the pool that all tests of this program share, since every worker is a process
/// of about 1 GB. One search worker, so that a test that waits for it is the only one that uses it.
pub fn with_pool<F: Future<Output = ()>>(test: impl FnOnce(Pool) -> F) {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    static POOL: OnceCell<Pool> = OnceCell::const_new();
    let runtime = RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"));
    runtime.block_on(async {
        let start = || async {
            let options = PoolOptions {
                workers: 1,
                warm_spare: false,
                ..PoolOptions::default()
            };
            Pool::start(launcher(), options)
                .await
                .expect("the pool starts")
        };
        test(POOL.get_or_init(start).await.clone()).await;
    });
}

/// Compiles `module.lean` of a directory into `module.olean` of another, with the embedded Lean.
pub fn compile(sources: &Path, library: &Path, module: &str) {
    let file = PathBuf::from(module).with_extension("lean");
    let status = Compiler::command(&installation().lean(), sources, library, &file).status();
    assert!(status.expect("Lean starts").success(), "{module} compiles");
}

/// An environment that imports these modules.
pub fn environment(imports: &[&str]) -> EnvironmentSpec {
    let imports = imports.iter().map(|i| (*i).to_owned()).collect();
    EnvironmentSpec {
        imports,
        text: String::new(),
    }
}

/// A directory with a `lake` that understands `lake env lean ARGS…` and runs the embedded Lean, in
/// which the directories named exist under their own paths, some of them writable, and the first is
/// where it runs. Behind it is a toolchain with a `bin/lean`, as behind the real one; what that
/// reads besides is [`lake_reads`].
pub fn lake(bin: &Path, installation: &Installation, read: &[&Path], write: &[&Path]) -> PathBuf {
    let own = |p: &Path| p.to_string_lossy().into_owned();
    let mut mounts: Vec<Mount> = read.iter().map(|p| Mount::read(p, own(p))).collect();
    mounts.extend(write.iter().map(|p| Mount::write(p, own(p))));
    let directory = read.first().map_or_else(|| "/guest".to_owned(), |p| own(p));
    let guest = Guest {
        mounts,
        directory,
        ..Guest::default()
    };
    let lean = installation.lean();
    let words = lean.words(&guest, ["-j1"]);
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let prefix = quoted(bin.as_os_str());
    let mut body =
        format!("[ \"$1\" = --print-prefix ] && {{ echo {prefix}; exit; }}\ngiven=$LEAN_PATH\n");
    for (name, value) in lean.environment(&guest) {
        body.push_str(&format!("export {name}={}\n", quoted(OsStr::new(&value))));
    }
    body.push_str("export LEAN_PATH=\"$LEAN_PATH${given:+:$given}\"\n");
    body.push_str(&compiled_before(installation));
    body.push_str(&format!("exec {} \"$@\"", words.join(" ")));
    let toolchain = bin.join("bin");
    std::fs::create_dir_all(&toolchain).expect("a toolchain's directory can be made");
    let program = script(&toolchain, "lean", &body);
    let program = quoted(program.as_os_str());
    let libraries = quoted(read.first().map_or(bin, |p| p).as_os_str());
    let body = format!(
        "case \"$*\" in\n\
         'env printenv LEAN_PATH') echo {libraries} ;;\n\
         'env lean '*) shift 2; exec {program} \"$@\" ;;\n\
         *) echo \"error: unknown command '$*'\" >&2; exit 1 ;;\n\
         esac"
    );
    script(bin, "lake", &body)
}

/// Shell lines of [`lake`]'s Lean, which *is* the embedded one: what that has compiled already, from the same text, is copied.
/// To compile the whole worker once more takes minutes and shows nothing that small modules do not.
fn compiled_before(installation: &Installation) -> String {
    let worker = quoted(installation.worker.as_os_str());
    format!(
        "out= last=\n\
         for word in \"$@\"; do [ \"$last\" = -o ] && out=$word; last=$word; done\n\
         [ -n \"$out\" ] && /usr/bin/cmp -s \"$last\" {worker}/src/\"${{last##*/src/}}\" &&\n\
         /bin/cp {worker}/lib/\"${{out##*/lib/}}\" \"$out\" && exit 0\n"
    )
}

/// Where tests keep the worker of [`lake`]'s Lean.
pub fn project_workers() -> PathBuf {
    let dir = home().join("test-project-workers");
    std::fs::create_dir_all(&dir).expect("the home can be written");
    dir.canonicalize().expect("it is there")
}

/// What [`lake`]'s Lean reads that a toolchain of its own would not: a shell, Node, and the embedded
/// Lean.
pub fn lake_reads(installation: &Installation) -> Vec<PathBuf> {
    let mut reads = installation.lean().reads();
    reads.push("/bin/sh".into());
    reads
}

fn quoted(word: &OsStr) -> String {
    format!("'{}'", word.to_string_lossy().replace('\'', "'\\''"))
}

/// An executable shell script.
///
/// Another process writes it: a descriptor open for writing in this one would be inherited by
/// whatever another test's thread starts at that moment, and while it is open anywhere, running the
/// script fails with "text file busy".
pub fn script(dir: &Path, name: &str, body: &str) -> PathBuf {
    let path = dir.join(name);
    let mut writer = Command::new("sh")
        .args(["-c", "cat >\"$1\" && chmod +x \"$1\"", "sh"])
        .arg(&path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell starts");
    let text = format!("#!/bin/sh\n{body}\n");
    let mut stdin = writer.stdin.take().expect("it is piped");
    stdin.write_all(text.as_bytes()).expect("the shell reads");
    drop(stdin);
    let written = writer.wait().expect("the shell ends").success();
    assert!(written, "{} can be written", path.display());
    path
}

/// What an independent kernel says of an export that a test has written: `accepted`, or why not.
pub async fn check_export(
    checker: &crate::checker::Checker,
    file: &Path,
    permitted: &[String],
) -> String {
    use crate::checker::{Export, Finding};
    let export = Export {
        file: file.to_owned(),
        bytes: 0,
        declarations: 0,
        permitted: permitted.to_vec(),
        given: 0,
    };
    match checker.check(&export).await.expect("it can be run").0 {
        Finding::Accepted => "accepted".to_owned(),
        Finding::Rejected(r) | Finding::Declined(r) | Finding::Fault(r) => r.message,
    }
}

/// Reads bytes as a worker's standard output that came in pieces of `size` bytes; how many answers there were.
pub fn worker_output(bytes: &[u8], size: usize) -> usize {
    crate::pool::fuzz::output(bytes, size)
}
