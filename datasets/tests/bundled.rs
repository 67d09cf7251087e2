//! The bundled benchmark's shape. That its reference proofs are proofs is for Lean to say, in the
//! tests of `lean-bridge`.

use std::collections::{BTreeMap, HashSet};

use lakatos_datasets::bundled::{entries, names, problems, references};
use lakatos_datasets::{ReadOptions, read_source};

#[test]
fn enough_problems_from_easy_to_hard() {
    let all = entries("bundled").expect("the benchmark");
    assert!(all.len() >= 160, "{}", all.len());
    let mut counts = BTreeMap::new();
    for entry in &all {
        *counts.entry(entry.difficulty).or_insert(0usize) += 1;
    }
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(counts.values().all(|&n| n >= 10), "{counts:?}");
}

#[test]
fn each_has_a_name_of_its_own_and_english() {
    let mut seen = HashSet::new();
    let mut english = HashSet::new();
    for set in ["bundled", "bundled/refutable"] {
        for entry in entries(set).expect("a set") {
            let problem = entry.problem;
            assert!(
                seen.insert(problem.name.clone()),
                "{} comes twice",
                problem.name
            );
            let informal = problem.informal.expect("English");
            assert!(
                informal.len() > 10 && informal.ends_with('.'),
                "{}: {informal}",
                problem.name
            );
            assert!(english.insert(informal.clone()), "`{informal}` comes twice");
            assert!(!informal.starts_with('['), "{}: {informal}", problem.name);
        }
    }
}

#[test]
fn no_problem_shows_a_proof() {
    for problem in problems("bundled").expect("the benchmark") {
        assert!(
            problem
                .statement
                .starts_with(&format!("theorem {}", problem.decl))
        );
        assert_eq!(problem.environment.imports, ["Std"]);
        assert!(
            !problem.environment.text.contains("theorem"),
            "{}",
            problem.name
        );
        // A `:=` outside brackets belongs to a `let` of the statement.
        let assignments = problem.statement.matches(":=").count();
        assert_eq!(
            assignments,
            problem.statement.matches("let ").count(),
            "{}",
            problem.statement
        );
    }
}

#[test]
fn references_match_the_problems() {
    for set in names() {
        let solutions = references(&set).expect("a set");
        let prefix = if set == "bundled/refutable" {
            "not_"
        } else {
            ""
        };
        let proved: Vec<_> = solutions.iter().flat_map(|s| s.names.clone()).collect();
        let wanted = problems(&set).expect("a set");
        let wanted: Vec<_> = wanted
            .iter()
            .map(|p| format!("{prefix}{}", p.name))
            .collect();
        assert_eq!(proved, wanted, "{set}");
        for solution in &solutions {
            assert!(!solution.submission.contains("sorry"), "{}", solution.name);
            assert_eq!(
                solution.reference.matches(":= by sorry").count(),
                solution.names.len()
            );
        }
    }
}

#[test]
fn sources_by_name() {
    let options = ReadOptions::default();
    let all = read_source("lakatos-bench", &options).expect("the benchmark");
    assert_eq!(
        all.problems.len(),
        problems("bundled").expect("the benchmark").len()
    );
    assert!(all.faults.is_empty());
    assert!(problems("bundled/none").is_none());
    assert!(problems("refutable").is_none());
}
