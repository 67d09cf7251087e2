//! Every form: a row that is imported and exported again is the row, and a record keeps what the form holds.

use lakatos_datasets::exchange::convert::Export;
use lakatos_datasets::exchange::{FORMS, Form, Record, Step};
use lakatos_datasets::table::{self, Object};
use lakatos_datasets::write::Card;
use serde_json::{Value, json};

/// A row of each form as its dataset writes it.
fn rows() -> Vec<(&'static str, Value)> {
    let statement = "theorem t (n : ℕ) : n + 0 = n := by sorry";
    let proof = "theorem t (n : ℕ) : n + 0 = n := by\n  simp";
    vec![
        (
            "herald",
            json!({"id": 17, "informal_statement": "Adding zero.", "formal_statement": statement}),
        ),
        (
            "herald-proofs",
            json!({"id": 4, "name": "t", "formal_theorem": statement, "informal_theorem": "Zero.",
            "formal_proof": proof, "informal_proof": "Simplify.", "commented_proof": "-- so", "header": "import Mathlib\n"}),
        ),
        (
            "deepseek",
            json!({"name": "t", "split": "train", "formal_statement": "theorem t (n : ℕ) : n + 0 = n := by\n",
            "goal": "n : ℕ\n⊢ n + 0 = n", "header": "import Mathlib\n\nopen Nat\n\n", "formal_proof": "  simp"}),
        ),
        (
            "numina",
            json!({"uuid": "ab-12", "problem": "Show it.", "question_type": "proof", "answer": "none", "author": "human",
            "formal_statement": format!("import Mathlib\n\n/-- Show it. -/\n{statement}"), "formal_ground_truth": "x",
            "ground_truth_type": "complete", "formal_proof": format!("import Mathlib\n\n/-- Show it. -/\n{proof}"),
            "rl_data": {"n_correct_proofs": 1, "n_proofs": 4, "win_rate": 0.25}, "source": "olympiads",
            "problem_type": "Algebra", "exam": "IMO"}),
        ),
        (
            "workbook",
            json!({"id": "wb_1", "natural_language_statement": "Zero.", "answer": "0", "tags": ["algebra"],
            "formal_statement": statement, "split": "valid", "proof": [proof]}),
        ),
        (
            "leandojo",
            json!({"url": "u", "commit": "c", "file_path": "A/B.lean", "full_name": "A.t", "start": [3, 1], "end": [4, 7],
            "traced_tactics": [{"tactic": "rw [h]", "annotated_tactic": ["rw [h]", [{"full_name": "h", "def_path": null,
                "def_pos": null, "def_end_pos": null}]], "state_before": "⊢ p", "state_after": "no goals"}],
            "formal_statement": null}),
        ),
        (
            "alchemy",
            json!({"full_name": "Nat.foo", "module": "Init", "mode": "rw", "location": "goal", "invoked": ["h"],
            "variant_name": "t", "variant": proof, "statement": statement, "state_tactics": [{"state": "⊢ p", "tactic": "simp"}]}),
        ),
    ]
}

fn object(value: &Value) -> Object {
    value.as_object().cloned().expect("an object")
}

#[test]
fn a_row_comes_back_as_it_was() {
    for (word, row) in rows() {
        let row = object(&row);
        let form = Form::detect(&row).unwrap();
        assert_eq!(form.word, word);
        let record = form.import(&row).unwrap();
        assert_eq!(form.export(&record, 0), Some(row), "{word}");
        // Through our own row, as text, nothing is lost either.
        let ours = Form::named("lakatos").unwrap();
        let own = ours.export(&record, 0).unwrap();
        let again = ours.import(&own).unwrap();
        assert_eq!(again, record, "{word}");
    }
    assert_eq!(rows().len() + 1, FORMS.len());
}

#[test]
fn what_a_row_says_is_where_ours_says_it() {
    for (word, row) in rows() {
        let record = Form::named(word).unwrap().import(&object(&row)).unwrap();
        assert_eq!(
            record.name.rsplit('.').next(),
            Some("t").filter(|_| word != "workbook").or(Some("wb_1"))
        );
        if word != "leandojo" {
            assert!(
                record
                    .formal_statement
                    .ends_with("theorem t (n : ℕ) : n + 0 = n := by sorry"),
                "{word}"
            );
        }
        if !matches!(word, "herald" | "leandojo") {
            let proof = record.formal_proof.unwrap();
            assert!(
                proof.ends_with("theorem t (n : ℕ) : n + 0 = n := by\n  simp"),
                "{word}: {proof}"
            );
        }
    }
}

#[test]
fn our_record_survives_what_each_form_can_hold() {
    let record = Record {
        name: "t".into(),
        split: Some("train".into()),
        header: Some("import Init\n".into()),
        formal_statement: "theorem t (p : Prop) (h : p) : p := by sorry".into(),
        formal_proof: Some("theorem t (p : Prop) (h : p) : p := by\n  exact h".into()),
        informal_statement: Some("p implies p".into()),
        steps: Some(vec![Step {
            state_before: "p : Prop\nh : p\n⊢ p".into(),
            tactic: "exact h".into(),
            ..Step::default()
        }]),
        parent: Some("id".into()),
        ..Record::default()
    };
    for form in FORMS {
        let row = form.export(&record, 0).unwrap();
        let names: Vec<&String> = row.keys().collect();
        let schema = (form.schema)();
        assert_eq!(names.len(), schema.fields().len());
        let back = form.import(&row).unwrap();
        if form.word != "leandojo" {
            assert_eq!(
                back.formal_statement, record.formal_statement,
                "{}",
                form.word
            );
        }
        if back.formal_proof.is_some() {
            assert_eq!(back.formal_proof, record.formal_proof, "{}", form.word);
        }
    }
    let bare = Record {
        formal_statement: "theorem t : p".into(),
        ..Record::default()
    };
    for word in ["herald", "herald-proofs", "leandojo", "alchemy"] {
        assert_eq!(Form::named(word).unwrap().export(&bare, 0), None, "{word}");
    }
}

#[test]
fn bad_rows_are_told_by_their_column() {
    for (row, words) in [
        (
            json!({"id": 1, "informal_statement": 7, "formal_statement": "theorem t : p"}),
            "`informal_statement`",
        ),
        (
            json!({"name": "t", "goal": "g", "formal_statement": "no theorem"}),
            "holds no theorem",
        ),
        (
            json!({"formal_statement": "theorem t : p", "tags": 3}),
            "a column is not",
        ),
        (
            json!({"full_name": "t", "traced_tactics": "x"}),
            "`traced_tactics`",
        ),
    ] {
        let row = object(&row);
        let said = Form::detect(&row).unwrap().import(&row).unwrap_err();
        assert!(said.contains(words), "{said}");
    }
    assert!(Form::detect(&object(&json!({"text": "x"}))).is_none());
}

#[test]
fn a_directory_is_written_and_read_back_in_every_form() {
    for (word, row) in rows() {
        let dir = tempfile::tempdir().unwrap();
        let form = Form::named(word).unwrap();
        let mut export = Export::new(dir.path(), form);
        let record = form.import(&object(&row)).unwrap();
        (0..3).for_each(|_| assert!(export.put(&record).unwrap()));
        assert_eq!(export.finish(Card::default()).unwrap().rows, 3);
        let files = table::files(dir.path()).unwrap();
        assert_eq!(files.len(), 1, "{word}");
        for file in [files[0].clone(), files[0].with_extension("jsonl")] {
            for read in table::rows(&file).unwrap() {
                assert_eq!(
                    form.import(&read.unwrap()).unwrap(),
                    record,
                    "{word} {}",
                    file.display()
                );
            }
        }
    }
}
