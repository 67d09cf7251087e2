//! No reader panics, whatever it is given, and what it gives keeps its promises.

use std::collections::HashSet;

use lakatos_datasets::format::{Format, ReadOptions, read_bytes, solutions};
use lakatos_datasets::{ReadReport, read_statement, sources};
use proptest::prelude::*;

const FORMATS: [Option<Format>; 8] = [
    None,
    Some(Format::DeepSeek),
    Some(Format::Minif2fV2),
    Some(Format::Numina),
    Some(Format::FormalMath),
    Some(Format::CombiBench),
    Some(Format::LeanDojo),
    Some(Format::Lean),
];

fn read_all(bytes: &[u8]) -> Vec<ReadReport> {
    let mut reports = Vec::new();
    for format in FORMATS {
        let root = Some(std::env::temp_dir().join("lakatos-no-such-checkout"));
        let options = ReadOptions {
            format,
            source_root: root,
        };
        for path in ["x.jsonl", "x.lean"] {
            reports.extend(read_bytes(path, bytes, &options));
        }
    }
    reports
}

fn check(bytes: &[u8]) {
    for mut report in read_all(bytes) {
        sources::make_unique(&mut report);
        let names: HashSet<_> = report.problems.iter().map(|p| &p.name).collect();
        assert_eq!(names.len(), report.problems.len());
        for problem in &report.problems {
            assert!(problem.statement.starts_with("theorem "));
        }
    }
    for path in ["x.jsonl", "x.lean"] {
        let report = solutions::read_bytes(path, bytes).unwrap_or_default();
        for solution in &report.solutions {
            assert!(!solution.names.is_empty());
        }
    }
}

/// Pieces of Lean that may come in any order.
fn lean_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "theorem ",
        "lemma ",
        "example ",
        "t ",
        "foo.bar ",
        ": ",
        ":= ",
        "by ",
        "sorry",
        "\n",
        "\n  ",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "⟨",
        "⟩",
        "let x ",
        "have ",
        "| ",
        "=> ",
        "where",
        "in\n",
        "open A ",
        "namespace A",
        "namespace",
        "end A",
        "end",
        "section",
        "mutual",
        "import ",
        "import X.Y",
        "/-",
        "-/",
        "/--",
        "--",
        "\"",
        "'",
        "r#\"",
        "«",
        "»",
        "∑ ",
        "∑ x : ℕ in s, ",
        "def f ",
        "abbrev ",
        "@[",
        "#eval 1",
        "private ",
        "public ",
        "module",
        "noncomputable ",
        "set_option a 1 in ",
        "\0",
        "\r\n",
        "variable ",
        "1",
        ", ",
        "λ",
        ".",
        "\u{feff}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        lean_text().prop_map(Into::into),
        ".{0,20}".prop_map(Into::into),
    ];
    let key = prop::sample::select(vec![
        "name",
        "split",
        "formal_statement",
        "header",
        "informal_prefix",
        "uuid",
        "problem",
        "full_name",
        "file_path",
        "theorem_name",
        "theorem_names",
        "autoformalization",
        "refined_statement",
        "proof",
        "formal_proof",
        "code",
        "answer",
        "url",
        "commit",
        "x",
    ]);
    leaf.prop_recursive(2, 24, 8, move |inner| {
        prop_oneof![
            4 => prop::collection::hash_map(key.clone(), inner.clone(), 0..8)
                .prop_map(|m| m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
            1 => prop::collection::vec(inner, 0..4).prop_map(Into::into),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes);
    }

    #[test]
    fn arbitrary_json(rows in prop::collection::vec(json(), 0..4)) {
        let lines: Vec<_> = rows.iter().map(ToString::to_string).collect();
        check(lines.join("\n").as_bytes());
        check(serde_json::Value::from(rows).to_string().as_bytes());
    }

    #[test]
    fn arbitrary_lean(text in lean_text()) {
        check(text.as_bytes());
        let _ = read_statement(&text).map(|p| assert!(p.statement.starts_with("theorem ")));
    }
}
