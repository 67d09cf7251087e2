//! The readers on published benchmarks, where they are at hand beside the repository.

use std::path::PathBuf;

use lakatos_datasets::{FaultKind, Format, Problem, ReadOptions, ReadReport, read_source};

/// Reads a source of the shared data, or says why the test is passed over.
fn shared(name: &str) -> Option<ReadReport> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).join(name);
    if !path.exists() {
        eprintln!("passed over: {} is not there", path.display());
        return None;
    }
    let path = path.to_str().expect("the path is UTF-8");
    Some(read_source(path, &ReadOptions::default()).expect("the source is readable"))
}

fn check_shape(problem: &Problem) {
    let Problem {
        name,
        statement,
        decl,
        environment,
        informal,
        ..
    } = problem;
    assert!(
        statement.starts_with(&format!("theorem {decl}")),
        "{name}: {statement}"
    );
    for tail in [":=", "by", "sorry"] {
        assert!(!statement.ends_with(tail), "{name} ends in `{tail}`");
    }
    assert!(environment.imports.iter().any(|i| i == "Mathlib"), "{name}");
    assert!(!environment.text.contains("import"), "{name}");
    assert!(
        informal
            .as_deref()
            .is_none_or(|t| !t.contains("/-") && !t.is_empty()),
        "{name}"
    );
}

#[test]
fn minif2f_rows() {
    let Some(report) = shared("minif2f-valid.jsonl") else {
        return;
    };
    assert_eq!((report.problems.len(), report.faults), (244, vec![]));
    for problem in &report.problems {
        check_shape(problem);
        assert_eq!(problem.origin.format, Format::DeepSeek);
        assert_eq!(problem.name, problem.decl);
        assert_eq!(problem.split.as_deref(), Some("valid"));
        assert!(problem.informal.is_some(), "{}", problem.name);
        assert!(
            !problem.statement.contains(" in Finset"),
            "{}",
            problem.statement
        );
        assert_eq!(
            problem.environment.text,
            report.problems[0].environment.text
        );
    }
}

#[test]
fn proofnet_rows() {
    let Some(report) = shared("proofnet-valid.jsonl") else {
        return;
    };
    let count = |kind| report.faults.iter().filter(|f| f.kind == kind).count();
    // Seven of the 185 rows are `def`s: they ask for a group's structure, not for a proof.
    let values = count(FaultKind::NotATheorem);
    assert_eq!((report.problems.len(), values), (178, 7));
    assert_eq!(
        report.faults.len(),
        values + count(FaultKind::DuplicateName)
    );
    for problem in &report.problems {
        check_shape(problem);
        assert!(
            problem.environment.text.contains("open"),
            "{}",
            problem.name
        );
    }
}

#[test]
fn a_directory_of_files() {
    let Some(report) = shared("minif2f-lean4-valid") else {
        return;
    };
    assert_eq!((report.problems.len(), report.faults), (20, vec![]));
    for problem in &report.problems {
        check_shape(problem);
        assert!(
            problem
                .origin
                .path
                .ends_with(&format!("{}.lean", problem.name))
        );
        assert_eq!(problem.origin.line, 7);
    }
    assert!(report.problems.is_sorted_by_key(|p| p.origin.path.clone()));
}
