//! Statements in English: what is said of fifty of them, and that nothing keeps the bundled benchmark's
//! statements from being read out.
//!
//! `statements.txt` has a statement a line, `english.txt` what is to be said of it.

use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::testing;
use lakatos_lean_bridge::verbalise::VerbaliseRequest;

const MS: u64 = 120_000;

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn of_statements(statements: Vec<String>) -> VerbaliseRequest {
    VerbaliseRequest {
        statements,
        names: Vec::new(),
    }
}

#[test]
fn statements_are_read_out_as_they_were_before() {
    testing::with_pool(|pool| async move {
        let env = testing::environment(&["Std"]);
        let statements = lines(include_str!("statements.txt"));
        let request = of_statements(statements.clone());
        let readings = pool.verbalise(&env, &request, MS).await.expect("readings");
        let said: Vec<String> = statements
            .iter()
            .zip(&readings)
            .map(|(statement, reading)| match reading {
                Ok(reading) => format!("{statement}\n  {}\n", reading.english),
                Err(error) => format!("{statement}\n  ERROR {error}\n"),
            })
            .collect();
        let said = said.concat();
        let expected = include_str!("english.txt");
        if std::env::var_os("UPDATE_ENGLISH").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verbalise/english.txt");
            std::fs::write(file, &said).expect("it can be written");
        } else {
            for (now, before) in said.lines().zip(expected.lines()) {
                assert_eq!(now, before);
            }
            assert_eq!(said.lines().count(), expected.lines().count());
        }
    });
}

#[test]
fn a_reading_has_its_parts_and_an_error_is_one_statements_own() {
    testing::with_pool(|pool| async move {
        let env = testing::environment(&["Std"]);
        let request = VerbaliseRequest {
            statements: lines(
                "theorem t (n m : Nat) (h : n < m) (_ : 2 ∣ n) : n - 1 < m\nexample : (1 : Nat) = [2]\nexample : Nat",
            ),
            names: lines("Nat.add_comm\nNat.no_such_lemma\nList.map\nNat.pred"),
        };
        let readings = pool.verbalise(&env, &request, MS).await.expect("readings");
        let t = readings[0].as_ref().expect("it is read out");
        assert_eq!((t.name.as_str(), t.kind.as_str()), ("t", "theorem"));
        assert_eq!(t.variables.len(), 1);
        assert_eq!(t.variables[0].english, "n and m are natural numbers");
        let said: Vec<_> = t.hypotheses.iter().map(|h| h.english.as_str()).collect();
        assert_eq!(said, ["n < m", "2 divides n"]);
        assert_eq!(t.hypotheses[0].name, "h");
        assert_eq!(t.conclusion.ty, "n - 1 < m");
        assert_eq!(t.conventions[0].key, "natural_subtraction");
        assert_eq!(t.facts.numbers, ["2", "1"]);
        assert_eq!(t.facts.relations, ["LT.lt", "Dvd.dvd", "LT.lt"]);
        let kinds: Vec<_> = readings[1..]
            .iter()
            .map(|r| {
                r.as_ref()
                    .map_or_else(|e| e.kind.as_str(), |r| r.kind.as_str())
            })
            .collect();
        let expected = [
            "elaboration",
            "not_a_proposition",
            "theorem",
            "bad_request",
            "definition",
            "definition",
        ];
        assert_eq!(kinds, expected);
    });
}

#[test]
fn the_librarys_constants_are_listed() {
    testing::with_pool(|pool| async move {
        let env = testing::environment(&["Std"]);
        let (prefixes, kinds) = (
            lines("List.length_\nList.length"),
            lines("theorem\ndefinition"),
        );
        let all = pool
            .constants(&env, &prefixes, &kinds, false, MS)
            .await
            .expect("constants");
        let names: Vec<&str> = all.iter().map(|c| c.name.as_str()).collect();
        assert!(
            names.is_sorted() && names.contains(&"List.length_append"),
            "{names:?}"
        );
        let append = all
            .iter()
            .find(|c| c.name == "List.length_append")
            .expect("it is there");
        assert_eq!(append.kind, "theorem");
        assert!(append.uses.contains(&"List.length".to_owned()));
        let theorems = pool
            .constants(&env, &prefixes, &lines("theorem"), true, MS)
            .await
            .expect("theorems");
        assert!(theorems.len() < all.len() && theorems.iter().all(|c| c.kind == "theorem"));
        let hashed = |c: &lakatos_lean_bridge::verbalise::Constant| {
            c.hash.as_ref().is_some_and(|h| h.len() == 24)
        };
        assert!(theorems.iter().all(hashed) && all.iter().all(|c| c.hash.is_none()));
    });
}

#[test]
fn statements_take_other_forms_that_say_the_same() {
    testing::with_pool(|pool| async move {
        let env = testing::environment(&["Std"]);
        let statements = lines(
            "theorem t (n m : Nat) (h : n < m) (_ : 2 ∣ n) : n + 1 ≤ m\n\
             theorem u {α : Type u} (xs ys : List α) (h : xs ≠ []) : xs ++ ys ≠ []\n\
             theorem v : (2 : Int) + 2 = 4\nexample : Nat\n\
             theorem w (f : Nat → Nat) (h : ∀ x, f x = x) (k : ∃ y, f y > 3) : f 2 = 2 ∧ f 3 = 3",
        );
        let made = pool
            .restate(&env, &statements, 7 << 11, 20_000, MS)
            .await
            .expect("an answer");
        let shown: Vec<String> = made
            .iter()
            .map(|forms| match forms {
                Ok(forms) => forms
                    .iter()
                    .map(|f| format!("{}: {}\n", f.kind, f.statement))
                    .collect(),
                Err(e) => format!("{e}\n"),
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
        // Two truths are not the same statement; the same with its sides exchanged is.
        let statements = lines(
            "theorem a (n : Nat) : n ≤ n + 1\ntheorem b (n : Nat) : n * 0 = 0\n\
             theorem c (n : Nat) : n + 1 ≥ n\ntheorem d : 2 + 2 = 4\ntheorem e : 1 + 1 = 2",
        );
        let classes = pool.equivalent(&env, &statements, 20_000, MS).await;
        let classes = classes.expect("classes").classes;
        let members = |c: &lakatos_lean_bridge::assess::Class| -> Vec<usize> {
            c.others.iter().map(|m| m.index).collect()
        };
        let found: Vec<_> = classes.iter().map(|c| (c.first, members(c))).collect();
        assert_eq!(found, [(0, vec![2]), (1, vec![]), (3, vec![]), (4, vec![])]);
    });
}

#[test]
fn a_proof_is_told_line_by_line() {
    testing::with_pool(|pool| async move {
        let env = testing::environment(&["Std"]);
        let text = "theorem t (p q : Nat → Prop) (h : ∀ n, p n → q n) (hp : p 3) : q 3 ∧ 1 + 1 = 2 := by\n  \
                    constructor\n  · have := h 3\n    apply h\n    exact hp\n  · rfl\n";
        let trace = pool.trace(&env, text, MS).await.expect("a trace");
        let shown: Vec<String> = trace
            .lines
            .iter()
            .map(|l| {
                let said = |at: &[usize]| -> Vec<Option<&str>> {
                    at.iter()
                        .map(|i| trace.goals[*i].statement.as_deref())
                        .collect()
                };
                format!(
                    "{}:{} {}\n  {:?}\n  {:?}",
                    l.line,
                    l.column,
                    l.tactic,
                    said(&l.before),
                    said(&l.after)
                )
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
        let broken = pool
            .trace(&env, "theorem t : 1 = 2 := by\n  omega", MS)
            .await;
        assert!(!broken.expect("an answer").messages.is_empty());
    });
}

#[test]
fn every_bundled_statement_is_read_out() {
    testing::with_pool(|pool| async move {
        let mut together: Vec<(EnvironmentSpec, Vec<String>)> = Vec::new();
        for problem in lakatos_datasets::bundled::problems("bundled").expect("it is there") {
            let (imports, text) = (problem.environment.imports, problem.environment.text);
            let env = EnvironmentSpec { imports, text };
            match together.iter_mut().find(|(e, _)| *e == env) {
                Some((_, statements)) => statements.push(problem.statement),
                None => together.push((env, vec![problem.statement])),
            }
        }
        for (env, statements) in together {
            let readings = pool
                .verbalise(&env, &of_statements(statements.clone()), MS)
                .await;
            for (statement, reading) in statements.iter().zip(readings.expect("readings")) {
                let reading = reading.unwrap_or_else(|error| panic!("{statement}: {error}"));
                assert!(!reading.conclusion.english.is_empty(), "{statement}");
                assert!(
                    !reading.english.contains(['✝', '\n']),
                    "{}",
                    reading.english
                );
            }
        }
    });
}
