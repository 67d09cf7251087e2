//! Level 4 on the embedded Lean: what is exported, and what becomes of a checker's word.
//!
//! With `LAKATOS_CHECKER` set to the command of an independent kernel, such as
//! `nanoda_bin {config}`, that kernel judges the exports too, and exports that were tampered with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lakatos_lean_bridge::checker::{Checker, CheckerOptions};
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::testing;
use lakatos_lean_bridge::verdict::{
    Judged, Level, Report, STANDARD_AXIOMS, Verdict, VerifyRequest,
};
use lean4export::Export;

mod lean4export;

/// Challenges with their solutions; `{}` stands for the proof.
const PROOFS: [(&str, &str); 9] = [
    // More than one part, and many library constants.
    (
        "theorem t (a b c : Nat) (h : a < b) : a + c < b + c := {}",
        "by omega",
    ),
    (
        "theorem t : \"ab\" ++ \"\\\"\\n∀\" = \"ab\\\"\\n∀\" := {}",
        "by decide",
    ),
    (
        "theorem t : 123456789012345678901234567890 % 7 = 0 ∨ True := {}",
        "Or.inr trivial",
    ),
    (
        "theorem t.{u} {α : Sort u} (a : α) : ∃ b, b = a := {}",
        "have _c := a; ⟨a, rfl⟩",
    ),
    // Two terms that are one line.
    (
        "theorem t : (have x := 1; x = x) ∧ (let x := 1; x = x) := {}",
        "⟨rfl, rfl⟩",
    ),
    (
        "inductive Tree (α : Type) where\n  | node : α → List (Tree α) → Tree α\n\
         theorem t : ∃ n : Tree Nat, n = n := {}",
        "⟨.node 0 [.node 1 []], rfl⟩",
    ),
    (
        "theorem t (α : Type) (r : α → α → Prop) (a b : α) (h : r a b) :\n\
         Quot.mk r a = Quot.mk r b := {}",
        "Quot.sound h",
    ),
    (
        "def halve : Nat → Nat\n  | 0 => 0\n  | 1 => 0\n  | n + 2 => halve n + 1\n\
         theorem t : halve 10 = 5 := {}",
        "by rfl",
    ),
    (
        "structure P where\n  x : Nat\n  y : Nat\nnamespace «a b»\n\
         theorem c (p : P) : p = ⟨p.x, p.y⟩ := rfl\nend «a b»\n\
         theorem t (p : P) : ∃ x y, p = ⟨x, y⟩ := {}",
        "⟨_, _, «a b».c p⟩",
    ),
];

fn request(text: &str, proof: &str) -> VerifyRequest {
    VerifyRequest {
        environment: testing::environment(&["Init", "Std"]),
        reference: text.replace("{}", "by sorry"),
        vouched: true,
        submission: text.replace("{}", proof),
        names: vec!["t".to_owned()],
        axioms: STANDARD_AXIOMS.map(str::to_owned).to_vec(),
        timeout_ms: 120_000,
    }
}

fn checker(dir: &Path, command: String) -> Arc<Checker> {
    let checker = Checker::new(CheckerOptions {
        command,
        scratch: dir.join("exports"),
        path: std::env::var_os("PATH"),
        environment: Vec::new(),
        timeout_s: 300,
        memory_mb: 4096,
    });
    Arc::new(checker.expect("the checker is there"))
}

/// A checker that is a shell script, which gets the paths of the export and of nanoda's configuration.
fn scripted(dir: &Path, body: &str) -> Arc<Checker> {
    let program = testing::script(dir, "checker", body);
    checker(dir, format!("{} {{export}} {{config}}", program.display()))
}

/// One that accepts everything and keeps the last export and its configuration.
fn keeping(dir: &Path) -> Arc<Checker> {
    let to = dir.display();
    scripted(
        dir,
        &format!("cp \"$1\" {to}/kept.ndjson && cp \"$2\" {to}/kept.json"),
    )
}

async fn judged(pool: &Pool, request: &VerifyRequest, checker: &Arc<Checker>) -> Judged {
    let Report { mut theorems, .. } = pool.verify_independently(request, checker).await;
    assert_eq!(theorems.len(), 1, "{theorems:?}");
    theorems.remove(0)
}

fn said(judged: &Judged) -> String {
    match &judged.verdict {
        Verdict::Accepted { level, .. } => format!("accepted {}", u8::from(*level)),
        Verdict::Rejected { reason } => format!("rejected {}", reason.class),
        Verdict::Declined { reason } => format!("declined {}", reason.class),
        Verdict::Fault { reason } => format!("fault {}", reason.class),
    }
}

/// The axioms that nanoda is told to permit.
fn permitted(dir: &Path) -> Vec<String> {
    let text = std::fs::read(dir.join("kept.json")).expect("a configuration was kept");
    let config: serde_json::Value = serde_json::from_slice(&text).expect("it is JSON");
    serde_json::from_value(config["permitted_axioms"].clone()).expect("a list of names")
}

#[test]
fn exports_are_what_the_format_says() {
    let dir = tempfile::tempdir().unwrap();
    let real = real_checker(dir.path());
    testing::with_pool(|pool| async move {
        let keeping = keeping(dir.path());
        for (text, proof) in PROOFS {
            let request = request(text, proof);
            let judged = judged(&pool, &request, &keeping).await;
            assert_eq!(said(&judged), "accepted 4", "{text}: {judged:?}");
            let kept = std::fs::read_to_string(dir.path().join("kept.ndjson")).unwrap();
            let export = Export::read(&kept).unwrap_or_else(|e| panic!("{text}: {e}"));
            let checked = judged.checker.expect("a checker was asked");
            assert_eq!(checked.export_bytes, kept.len() as u64);

            // The last word is the challenge's statement, proved by the submitted theorem.
            let declared = export.by_name();
            let last = export.declared.last().expect("it declares something");
            assert_eq!(
                (last.kind, last.name.as_str()),
                ("thm", "_lakatos.statement")
            );
            assert_eq!(last.value.and_then(|v| export.constant(v)), Some("t"));
            assert_eq!(declared["t"].kind, "thm");

            // Every axiom is permitted, and those beyond the request's are the library's.
            let permitted = permitted(dir.path());
            let axioms = export.declared.iter().filter(|d| d.kind == "axiom");
            let given = axioms
                .inspect(|a| assert!(permitted.contains(&a.name), "{} is not permitted", a.name))
                .filter(|a| !STANDARD_AXIOMS.contains(&a.name.as_str()));
            assert_eq!(checked.axioms_given, given.count() as u64, "{text}");

            if let Some(real) = &real {
                let kept_at = dir.path().join("kept.ndjson");
                let word = testing::check_export(real, &kept_at, &permitted).await;
                assert_eq!(word, "accepted", "{text}");
                tampered(real, dir.path(), &kept, &export, &permitted).await;
            }
        }
    });
}

/// The independent kernel that is at hand.
fn real_checker(dir: &Path) -> Option<Arc<Checker>> {
    match std::env::var("LAKATOS_CHECKER") {
        Ok(command) => Some(checker(dir, command)),
        Err(_) => {
            eprintln!("skipped: LAKATOS_CHECKER names no independent kernel");
            None
        }
    }
}

/// The real checker accepts no export that says another thing.
async fn tampered(real: &Checker, dir: &Path, text: &str, export: &Export, permitted: &[String]) {
    let (rest, last) = text.trim_end().rsplit_once('\n').expect("lines");
    let ty = export.declared.last().expect("declarations").ty;
    let other = export.by_name()["t"].value.expect("a proof");
    let mut mutants = vec![
        (
            "the statement is no type",
            last.replacen(&format!("\"type\":{ty}"), &format!("\"type\":{other}"), 1),
        ),
        (
            "an axiom that is not permitted",
            last.replace("\"thm\"", "\"axiom\""),
        ),
    ];
    // A statement that is a proposition, but another one: that of some other theorem or axiom.
    let foreign = export
        .declared
        .iter()
        .find(|d| d.kind == "thm" && d.ty != ty);
    mutants.extend(foreign.map(|d| {
        let swapped = last.replacen(&format!("\"type\":{ty}"), &format!("\"type\":{}", d.ty), 1);
        ("another statement", swapped)
    }));
    for (what, line) in mutants {
        assert_ne!(line, last, "{what}");
        let file = dir.join("tampered.ndjson");
        std::fs::write(&file, format!("{rest}\n{line}\n")).expect("it can be written");
        let verdict = testing::check_export(real, &file, permitted).await;
        assert_ne!(verdict, "accepted", "{what}");
    }
}

#[test]
fn a_checkers_word_becomes_the_verdict() {
    let dir = tempfile::tempdir().unwrap();
    testing::with_pool(|pool| async move {
        let request = request("theorem t (a : Nat) : a + 0 = a := {}", "rfl");
        let verdict = async |body: &str| {
            let judged = judged(&pool, &request, &scripted(dir.path(), body)).await;
            assert!(judged.checker.is_some(), "{judged:?}");
            said(&judged)
        };
        assert_eq!(verdict("exit 0").await, "accepted 4");
        // It takes the library without the theorem, so that its no is about the theorem.
        let about_it = "if grep -q _lakatos \"$1\"; then echo bad; exit 1; fi; exit 0";
        assert_eq!(verdict(about_it).await, "rejected checker");
        assert_eq!(verdict("exit 1").await, "declined library");
        assert_eq!(verdict("exit 2").await, "declined checker_declined");
        assert_eq!(verdict("kill -SEGV $$").await, "fault checker_died");

        let left: Vec<PathBuf> = std::fs::read_dir(dir.path().join("exports"))
            .unwrap()
            .filter_map(|e| Some(e.ok()?.path()))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    });
}

#[test]
fn what_leans_kernel_refuses_is_shown_to_no_other() {
    let dir = tempfile::tempdir().unwrap();
    testing::with_pool(|pool| async move {
        let keeping = keeping(dir.path());
        for (proof, expected) in [
            ("by sorry", "rejected sorry"),
            ("by native_decide", "rejected axioms"),
        ] {
            let request = request("theorem t : 2 + 2 = 4 := {}", proof);
            let judged = judged(&pool, &request, &keeping).await;
            assert_eq!(said(&judged), expected, "{judged:?}");
            assert_eq!(judged.checker, None);
        }
        assert!(!dir.path().join("kept.ndjson").exists());

        // Of two theorems, the one that is accepted.
        let mut two = request(
            "theorem t : 2 + 2 = 4 := {}\ntheorem u : 1 = 1 := rfl",
            "rfl",
        );
        two.submission = two
            .submission
            .replace("theorem u : 1 = 1", "theorem u : 2 = 2");
        two.names.push("u".into());
        let report = pool.verify_independently(&two, &keeping).await;
        let words: Vec<String> = report.theorems.iter().map(said).collect();
        assert_eq!(words, ["accepted 4", "rejected statement"]);
        assert_eq!(report.theorems[1].checker, None);
        let level = |j: &Judged| matches!(j.verdict, Verdict::Accepted { level, .. } if level == Level::Independent);
        assert!(level(&report.theorems[0]));
    });
}
