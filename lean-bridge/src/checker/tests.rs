//! Checkers that are shell scripts: what each way to end is taken for.

use super::*;
use crate::testing::script;

/// What a script is found to say of a file whose text is `hello`.
struct Trial {
    dir: tempfile::TempDir,
    timeout_s: u64,
    memory_mb: u64,
    /// After the program.
    words: &'static str,
}

impl Default for Trial {
    fn default() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            timeout_s: 60,
            memory_mb: 2048,
            words: "",
        }
    }
}

impl Trial {
    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, body: &str) -> (Finding, Checked) {
        let program = script(self.dir.path(), "checker", body);
        let export = Export {
            file: self.file("0.ndjson"),
            bytes: 6,
            declarations: 3,
            permitted: vec!["propext".into(), "Nat.add_comm".into()],
            given: 1,
        };
        std::fs::write(&export.file, "hello\n").unwrap();
        let checker = Checker::new(CheckerOptions {
            command: format!("{} {}", program.display(), self.words),
            scratch: self.dir.path().to_owned(),
            path: Some("/usr/bin:/bin".into()),
            environment: vec![("HOME".into(), "/nowhere".into())],
            timeout_s: self.timeout_s,
            memory_mb: self.memory_mb,
        });
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime
            .block_on(checker.unwrap().check(&export))
            .expect("files can be written")
    }
}

/// The word and the class of what a script is found to say.
fn found(body: &str) -> String {
    said(&Trial::default().run(body).0)
}

fn said(finding: &Finding) -> String {
    match finding {
        Finding::Accepted => "accepted".into(),
        Finding::Rejected(r) => format!("rejected {}", r.class),
        Finding::Declined(r) => format!("declined {}", r.class),
        Finding::Fault(r) => format!("fault {}", r.class),
    }
}

fn message(finding: Finding) -> String {
    match finding {
        Finding::Accepted => String::new(),
        Finding::Rejected(r) | Finding::Declined(r) | Finding::Fault(r) => r.message,
    }
}

#[test]
fn only_exit_code_0_is_an_acceptance() {
    assert_eq!(found("exit 0"), "accepted");
    assert_eq!(
        found("echo everything is accepted; exit 1"),
        "rejected checker"
    );
    assert_eq!(found("exit 101"), "rejected checker");
    assert_eq!(found("exit 2"), "declined checker_declined");
    assert_eq!(found("exit 127"), "fault checker_start");
    assert_eq!(found("kill -SEGV $$"), "fault checker_died");
    assert_eq!(found("kill -KILL $$"), "fault checker_died");
    // As a shell says that what it ran was killed.
    assert_eq!(found("exit 139"), "fault checker_died");
    let memory = "echo 'memory allocation of 64 bytes failed' >&2; kill -ABRT $$";
    assert_eq!(found(memory), "declined memory");
    let stack = "echo \"thread 'main' has overflowed its stack\" >&2; kill -ABRT $$";
    assert_eq!(found(stack), "declined checker_stack");
}

#[test]
fn its_last_words_are_told() {
    let (finding, _) = Trial::default().run("echo out; echo 'bad type' >&2; exit 3");
    let message = message(finding);
    assert!(message.contains("exit code 3"), "{message}");
    assert!(message.contains("out\nbad type"), "{message}");
}

#[test]
fn files_reach_it_by_placeholders_or_as_its_input() {
    assert_eq!(found("read word && [ \"$word\" = hello ]"), "accepted");
    let by_path = Trial {
        words: "--export={export}",
        ..Trial::default()
    };
    let (finding, checked) = by_path.run("grep -q hello \"${1#--export=}\" && ! read word");
    assert_eq!(finding, Finding::Accepted);
    assert_eq!((checked.declarations, checked.axioms_given), (3, 1));
    assert_eq!(checked.program_sha256.map(|sum| sum.len()), Some(64));
    let nanoda = Trial {
        words: "{config}",
        ..Trial::default()
    };
    let (finding, _) = nanoda.run("cat \"$1\" >&2; exit 1");
    let message = message(finding);
    let json = message.split_once("it said: ").unwrap().1;
    let config: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(
        config["permitted_axioms"],
        serde_json::json!(["propext", "Nat.add_comm"])
    );
    assert_eq!(config["unpermitted_axiom_hard_error"], true);
    let export = nanoda.file("0.ndjson");
    assert_eq!(config["export_file_path"], export.to_str().unwrap());
}

#[test]
fn it_sees_the_given_environment_only() {
    let (finding, _) = Trial::default().run("env >&2; exit 1");
    let message = message(finding);
    let names: Vec<&str> = message
        .lines()
        .filter_map(|l| Some(l.split_once('=')?.0))
        .collect();
    let known = |name: &&str| {
        let name = name.trim_start_matches(|c: char| !c.is_ascii_uppercase() && c != '_');
        ["HOME", "PATH", "PWD", "OLDPWD", "SHLVL", "_"].contains(&name) || name.ends_with("HOME")
    };
    let others: Vec<_> = names.iter().filter(|n| !known(n)).collect();
    assert!(others.is_empty(), "{message}");
}

#[test]
fn one_that_hangs_is_ended_with_all_that_it_started() {
    let hanging = Trial {
        timeout_s: 1,
        ..Trial::default()
    };
    let body = "sleep 600 & echo $! > \"$(dirname \"$0\")/pid\"; wait";
    let (finding, _) = hanging.run(body);
    assert_eq!(said(&finding), "declined timeout");
    let pid = std::fs::read_to_string(hanging.file("pid")).unwrap();
    let gone = || {
        // A zombie that nobody has waited for is gone as well.
        let status = std::fs::read_to_string(format!("/proc/{}/status", pid.trim()));
        status.map_or(true, |s| s.contains("State:\tZ"))
    };
    let looks = std::iter::repeat_with(|| {
        std::thread::sleep(Duration::from_millis(50));
        gone()
    });
    assert!(looks.take(200).any(|gone| gone), "{pid} still runs");
}

#[test]
fn a_flood_of_output_is_drained_and_forgotten() {
    assert_eq!(found("head -c 50000000 /dev/zero; exit 0"), "accepted");
    let (finding, _) = Trial::default().run("yes | head -c 50000000 >&2; exit 1");
    assert!(message(finding).len() < 10_000);
}

#[cfg(target_os = "linux")]
#[test]
fn one_that_takes_too_much_memory_is_ended() {
    let small = Trial {
        memory_mb: 64,
        ..Trial::default()
    };
    // The last line of a text without an end, which has to be kept.
    let (finding, _) = small.run("(head -c 200000000 /dev/zero; sleep 600) | tail -n 1");
    assert_eq!(said(&finding), "declined memory");
}
