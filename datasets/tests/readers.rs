//! Readers on samples written for this project: what people see of each, and bad input.

use std::fs;

use lakatos_datasets::format::{self, detect};
use lakatos_datasets::{
    FaultKind, Filter, Format, Problem, ReadError, ReadOptions, ReadReport, read_source,
    read_sources, read_statement,
};
use serde_json::json;

fn read(path: &str, text: &str) -> ReadReport {
    format::read_bytes(path, text.as_bytes(), &ReadOptions::default()).expect("readable")
}

fn show(report: &ReadReport) -> String {
    let mut out = String::new();
    for p in &report.problems {
        let Problem {
            name,
            decl,
            split,
            environment,
            statement,
            informal,
            origin,
        } = p;
        out += &format!(
            "== {name} ({decl}) split {split:?} {}:{}\n",
            origin.path, origin.line
        );
        out += &format!(
            "imports {:?}\n{}|| {statement}\n",
            environment.imports, environment.text
        );
        out += &format!("informal {informal:?}\n");
    }
    for fault in &report.faults {
        out += &format!("!! {:?} {fault}\n", fault.kind);
    }
    out
}

#[test]
fn every_row_format() {
    let rows = [
        json!({"name": "double", "split": "test", "informal_prefix": "/-- Twice $n$. -/\n",
            "formal_statement": "theorem double (n : ℕ) :\n  ∑ _i in Finset.range 2, n = 2 * n := by\n",
            "goal": "n : ℕ\n⊢ …", "header": "import Mathlib\nimport Aesop\n\nopen BigOperators\n"}),
        json!({"name": "v2", "split": "valid", "informal_statement": "One is one.",
            "formal_statement": "theorem v2 : 1 = 1 := by sorry", "header": "import Mathlib\n",
            "informal_proof": "Clear.", "formal_proof": "theorem v2 : 1 = 1 := by rfl"}),
        json!({"uuid": "0-1", "problem": "Sum of two.", "formal_statement":
            "import Mathlib\n\nopen Nat\n\ndef f (n : ℕ) := n + n\n\n/-- two -/\n@[simp] lemma numina_1 \
             (n : ℕ) : f n = 2 * n := by\n  sorry"}),
        json!({"theorem_names": "fm_1", "refined_statement": "Show it.", "source": "x",
            "autoformalization": "import Mathlib\ntheorem fm_1 : let x := 1; x = 1 := by sorry"}),
        json!({"theorem_name": "cb_1", "natural_language": "Choose.", "answer": "2",
            "formal_statement": "import Mathlib\nabbrev cb_1_solution : ℕ := sorry\n\
             theorem cb_1 : 1 + 1 = cb_1_solution := by sorry"}),
    ];
    let formats = [
        Format::DeepSeek,
        Format::Minif2fV2,
        Format::Numina,
        Format::FormalMath,
        Format::CombiBench,
    ];
    let mut shown = String::new();
    for (row, format) in rows.iter().zip(formats) {
        let line = row.to_string();
        assert_eq!(
            detect("rows.jsonl", line.as_bytes()).expect("known"),
            format
        );
        shown += &format!("{format}\n{}", show(&read("rows.jsonl", &line)));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_file_of_many_theorems() {
    let text = r#"import Mathlib
import Foo.Bar
/-! Not a problem: theorem x : False := by sorry -/
open Nat

namespace Outer
variable (n : ℕ)

/-- Twice. -/
def twice (n : ℕ) : ℕ := n + n

/-- A finished lemma. -/
lemma twice_zero : twice 0 = 0 := rfl

#eval twice 3

/-- Twice is even. -/
@[simp] private theorem twice_even : twice n % 2 = 0 := by
  sorry

section
local notation "two" => 2
theorem finished : "sorry" = "sorry" := rfl -- sorry
end

section
open Int in
set_option maxRecDepth 1000 in
theorem partly (h : 1 = 1 := by rfl) : twice 1 = 2 := by
  have : 1 = 1 := by sorry
  simp
example (a : ℕ) : a = a := sorry
end
theorem uses_it : twice_even = twice_even := by admit
end Outer
theorem _root_.last :
    True := by
  /- nested /- sorry -/ -/
  sorry
"#;
    insta::assert_snapshot!(show(&read("many.lean", text)));
}

#[test]
fn statements_from_the_command_line() {
    let shape = |text: &str| {
        let p = read_statement(text).expect("a statement");
        (p.name, p.environment.text, p.statement)
    };
    let owned = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(
        shape("theorem t : 1 = 1"),
        owned("t", "", "theorem t : 1 = 1")
    );
    assert_eq!(
        shape("lemma t.{u} (α : Type u) : α = α := by"),
        owned("t", "", "theorem t.{u} (α : Type u) : α = α")
    );
    assert_eq!(
        shape("example : 1 = 1 := by sorry"),
        owned("example_1", "", "theorem example_1 : 1 = 1")
    );
    assert_eq!(
        shape("def f := 1\ntheorem t : f = 1"),
        owned("t", "def f := 1\n", "theorem t : f = 1")
    );
    for bad in ["", "1 = 1", "def f := 1", "import Mathlib"] {
        let error = read_statement(bad).expect_err(bad);
        assert!(error.to_string().contains("theorem NAME"), "{error}");
    }
}

#[test]
fn bad_rows_are_faults_and_the_others_go_on() {
    let good = json!({"name": "t", "formal_statement": "theorem t : 1 = 1 := by"}).to_string();
    let text = format!(
        "\u{feff}{good}\r\n\r\n{{broken\n[1]\n{}\n{}\n{}\n{good}\n{good}\n\0\0\0",
        json!({"name": "no_statement"}),
        json!({"name": "blank", "formal_statement": "  \n"}),
        json!({"name": "data", "formal_statement": "def data : Nat :="}),
    );
    insta::assert_snapshot!(show(&read("bad.jsonl", &text)));
}

#[test]
fn bytes_that_are_no_text() {
    let bytes =
        b"{\"name\": \"t\", \"formal_statement\": \"theorem t : 1 = 1\"}\n{\"name\": \"\xff\"}\n";
    let report = format::read_bytes("x.jsonl", bytes, &ReadOptions::default()).expect("readable");
    assert_eq!(
        (report.problems.len(), report.faults[0].kind),
        (1, FaultKind::NotUtf8)
    );
    assert!(
        report.faults[0].message.contains("byte 10"),
        "{}",
        report.faults[0].message
    );
    let error = format::read_bytes("x.lean", b"theorem \xc3(", &ReadOptions::default());
    assert!(
        matches!(error, Err(ReadError::NotUtf8 { offset: 8, .. })),
        "{error:?}"
    );
}

#[test]
fn sources_that_hold_nothing() {
    let options = ReadOptions::default();
    let error = |path: &str, text: &str| {
        format::read_bytes(path, text.as_bytes(), &options)
            .expect_err(text)
            .to_string()
    };
    insta::assert_snapshot!(
        [
            error("a.jsonl", " \n"),
            error("b.jsonl", "{\"question\": 1, \"answer\": 2}"),
            error("c.txt", "hello"),
            error("d.lean", "theorem t : True := trivial"),
            error("e.json", "[]"),
            error("f.json", "{not json}"),
            read_source("no/such/file", &options)
                .expect_err("missing")
                .to_string(),
        ]
        .join("\n")
    );
}

#[test]
fn a_directory_in_order_with_a_bad_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        fs::write(path, bytes).expect("written");
    };
    write("b/two.lean", b"theorem two : 2 = 2 := by sorry");
    write("a.lean", b"theorem one : 1 = 1 := by sorry");
    write("c.lean", b"theorem two : 3 = 3 := by sorry");
    write("bad.lean", b"theorem \xff");
    write("lakefile.lean", b"package x");
    write(
        ".lake/packages/x.lean",
        b"theorem hidden : 2 = 2 := by sorry",
    );
    let root = dir.path().to_str().expect("UTF-8");
    let report = read_source(root, &ReadOptions::default()).expect("readable");
    let names: Vec<_> = report.problems.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["one", "two", "two#2"]);
    let kinds: Vec<_> = report.faults.iter().map(|f| f.kind).collect();
    assert_eq!(kinds, [FaultKind::NotUtf8, FaultKind::DuplicateName]);

    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    let both = read_sources(&[path("a.lean"), path("a.lean")], &ReadOptions::default());
    let names: Vec<_> = both
        .expect("readable")
        .problems
        .into_iter()
        .map(|p| p.name)
        .collect();
    assert_eq!(names, ["one", "one#2"]);
}

#[test]
fn leandojo_rows_need_their_checkout() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::create_dir(dir.path().join("Lib")).expect("created");
    let source = "import Base\nnamespace A\ndef f := 1\ntheorem b : f = 1 := rfl\nend A\n";
    fs::write(dir.path().join("Lib/X.lean"), source).expect("written");
    let row = |file: &str, name: &str| {
        json!({"url": "somewhere", "commit": "c0ffee", "file_path": file, "full_name": name,
            "split": "val"})
        .to_string()
    };
    let text = [
        row("Lib/X.lean", "A.b"),
        row("Lib/X.lean", "A.c"),
        row("Lib/Y.lean", "A.b"),
        row("../X.lean", "A.b"),
    ]
    .join("\n");
    let mut options = ReadOptions {
        source_root: Some(dir.path().to_owned()),
        ..Default::default()
    };
    let report = format::read_bytes("ids.jsonl", text.as_bytes(), &options).expect("readable");
    let shown = show(&report).replace(dir.path().to_str().expect("UTF-8"), "ROOT");
    insta::assert_snapshot!(shown);
    options.source_root = None;
    let report = format::read_bytes("ids.jsonl", text.as_bytes(), &options).expect("readable");
    assert_eq!((report.problems.len(), report.faults.len()), (0, 4));
    assert!(
        report.faults[0]
            .message
            .contains("check out somewhere at commit c0ffee")
    );
}

#[test]
fn a_line_of_ten_megabytes() {
    let filler = "x ".repeat(5_000_000);
    let row = json!({"name": "t", "formal_statement": format!("/- {filler} -/ theorem t : 1 = 1")});
    let report = read("long.jsonl", &row.to_string());
    assert_eq!(report.problems[0].statement, "theorem t : 1 = 1");
}

#[test]
fn filters() {
    let rows: Vec<_> = [
        ("a1", "test"),
        ("a2", "valid"),
        ("b1", "test"),
        ("a3", "test"),
    ]
    .iter()
    .map(|(n, s)| json!({"name": n, "split": s, "formal_statement": "theorem t : P"}).to_string())
    .collect();
    let problems = read("x.jsonl", &rows.join("\n")).problems;
    let names = |split: Option<&str>, pattern: Option<&str>, limit| {
        let filter = Filter::new(split.map(str::to_owned), pattern, limit).expect("a filter");
        let chosen = filter.apply(problems.clone());
        chosen
            .into_iter()
            .map(|p| p.name)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names(None, None, None), "a1 a2 b1 a3");
    assert_eq!(names(Some("test"), None, Some(2)), "a1 b1");
    assert_eq!(names(Some("test"), Some("^a"), None), "a1 a3");
    assert_eq!(names(Some("none"), None, None), "");
    assert!(Filter::new(None, Some("("), None).is_err());
}

#[test]
fn words_of_formats_are_those_of_json() {
    for format in [
        Format::DeepSeek,
        Format::Minif2fV2,
        Format::Numina,
        Format::LeanDirectory,
    ] {
        assert_eq!(
            serde_json::to_value(format).expect("a string"),
            format.word()
        );
    }
}

#[test]
fn finished_proofs() {
    use lakatos_datasets::format::solutions;
    let show = |path: &str, text: &str| {
        let report = solutions::read_bytes(path, text.as_bytes()).expect("readable");
        let mut out = String::new();
        for s in &report.solutions {
            out += &format!("== {} {:?} {:?}\n", s.name, s.names, s.environment);
            out += &format!(
                "-- submission\n{}\n-- reference\n{}\n",
                s.submission, s.reference
            );
        }
        for fault in &report.faults {
            out += &format!("!! {:?} {fault}\n", fault.kind);
        }
        out
    };
    let file = "module\n\npublic import Mathlib\n\nnamespace A\npublic section\n\ndef f := 1\n\
        #eval f\nelab \"x\" : tactic => pure ()\n\n@[simp] lemma one : f = 1 := by\n  rfl\n\n\
        private theorem two : f = 1 := one\nopen Nat in\ntheorem three : ∀ n, n = n\n  | 0 => rfl\n  \
        | _ => rfl\nexample : f = 1 := one\ntheorem four : (by run_tac x) := trivial\nend\nend A\n";
    let rows = [
        json!({"name": "whole", "header": "import Mathlib\n", "formal_statement":
            "theorem t : 1 = 1 := by sorry", "formal_proof": "theorem t : 1 = 1 := by\n  rfl"}),
        json!({"name": "tactics", "header": "import Mathlib\nopen Nat\n", "formal_statement":
            "theorem u : 1 = 1 := by", "proof": "  skip\n  rfl\n"}),
        json!({"custom_id": "7", "code": "import Std\n\ntheorem v : 1 = 1 := rfl"}),
        json!({"name": "term", "formal_statement": "theorem w : 1 = 1 :=", "proof": ":= by rfl"}),
        json!({"name": "none", "formal_statement": "theorem x : 1 = 1 :="}),
        json!({"name": "what", "proof": "rfl"}),
    ];
    let rows: Vec<_> = rows.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(show("x.lean", file) + &show("x.jsonl", &rows.join("\n")));
    for (path, text) in [("x.lean", ""), ("x.lean", "def f := 1"), ("x.jsonl", "[]")] {
        assert!(matches!(
            solutions::read_bytes(path, text.as_bytes()),
            Err(ReadError::Empty { .. })
        ));
    }
}
