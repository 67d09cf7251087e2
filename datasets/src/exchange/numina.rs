//! NuminaMath-LEAN: problems with answers and sources; `formal_statement` and `formal_proof` are whole files.

use super::text::parts;
use super::{Form, Record, needed, row, text};
use crate::write::{Kind, Schema};

/// The form.
pub const FORM: Form = Form {
    word: "numina",
    schema: || {
        let rl = Schema::new([
            ("n_correct_proofs", Kind::Int),
            ("n_proofs", Kind::Int),
            ("win_rate", Kind::Float),
        ]);
        Schema::new([
            ("uuid", Kind::Text),
            ("problem", Kind::Text),
            ("question_type", Kind::Text),
            ("answer", Kind::Text),
            ("author", Kind::Text),
            ("formal_statement", Kind::Text),
            ("formal_ground_truth", Kind::Text),
            ("ground_truth_type", Kind::Text),
            ("formal_proof", Kind::Text),
            ("rl_data", Kind::Struct(rl)),
            ("source", Kind::Text),
            ("problem_type", Kind::Text),
            ("exam", Kind::Text),
        ])
    },
    marks: &["uuid", "problem", "formal_statement"],
    write: |record, _| {
        let header = record.header.clone().unwrap_or_default();
        let file =
            |theorem: &String| match parts(theorem).is_some_and(|p| p.header.contains("import ")) {
                true => theorem.clone(),
                false => format!("{header}{theorem}"),
            };
        Some(row([
            ("problem", record.informal_statement.clone().into()),
            ("answer", record.answer.clone().into()),
            ("formal_statement", file(&record.formal_statement).into()),
            (
                "formal_proof",
                record.formal_proof.as_ref().map(file).into(),
            ),
            ("source", record.source.clone().into()),
        ]))
    },
    read: |row| {
        let statement = needed(row, "formal_statement")?;
        let found = parts(&statement).ok_or("`formal_statement` holds no theorem")?;
        // A proof with a header of its own keeps it.
        let proof = text(row, "formal_proof").and_then(|text| {
            let proof = parts(&text)?;
            match proof.header == found.header {
                true => proof.proved(),
                false => (!proof.hole).then_some(text),
            }
        });
        let uuid = text(row, "uuid");
        Ok(Record {
            name: found.name.clone().or(uuid).unwrap_or_default(),
            header: (!found.header.is_empty()).then(|| found.header.clone()),
            formal_statement: found.open(),
            formal_proof: proof,
            informal_statement: text(row, "problem"),
            answer: text(row, "answer"),
            source: text(row, "source"),
            ..Record::default()
        })
    },
};
