//! Lean Workbook (arXiv 2406.03847): `id, natural_language_statement, answer, tags, formal_statement, split,
//! proof`, where `tags` and `proof` are lists of texts.

use super::text::{join, parts};
use super::{Form, Record, needed, row, text, texts};
use crate::write::{Kind, Schema};

/// The form.
pub const FORM: Form = Form {
    word: "workbook",
    schema: || {
        Schema::new([
            ("id", Kind::Text),
            ("natural_language_statement", Kind::Text),
            ("answer", Kind::Text),
            ("tags", Kind::Text.list()),
            ("formal_statement", Kind::Text),
            ("split", Kind::Text),
            ("proof", Kind::Text.list()),
        ])
    },
    marks: &["natural_language_statement", "formal_statement"],
    write: |record, _| {
        let proofs: Vec<String> = record.formal_proof.iter().cloned().collect();
        Some(row([
            ("id", record.name.clone().into()),
            (
                "natural_language_statement",
                record.informal_statement.clone().into(),
            ),
            ("answer", record.answer.clone().into()),
            ("tags", record.tags.clone().into()),
            ("formal_statement", record.formal_statement.clone().into()),
            ("split", record.split.clone().into()),
            ("proof", proofs.into()),
        ]))
    },
    read: |row| {
        let statement = needed(row, "formal_statement")?;
        let found = parts(&statement).ok_or("`formal_statement` holds no theorem")?;
        let proofs = texts(row, "proof").or_else(|| Some(vec![text(row, "proof")?]));
        // Of several proofs the first that is whole; all are alike to a reader.
        let proof = proofs
            .into_iter()
            .flatten()
            .find_map(|p| join(&statement, &p));
        Ok(Record {
            name: text(row, "id").or(found.name.clone()).unwrap_or_default(),
            split: text(row, "split"),
            formal_statement: found.open(),
            formal_proof: proof,
            informal_statement: text(row, "natural_language_statement"),
            answer: text(row, "answer"),
            tags: texts(row, "tags"),
            ..Record::default()
        })
    },
};
