//! Herald (arXiv 2410.10878): `Herald_statements` and `Herald_proofs`.

use serde_json::Value;

use super::text::{join, parts};
use super::{Form, Record, needed, row, text};
use crate::table::Object;
use crate::write::{Kind, Schema};

/// Statements in English and in Lean. A record without English is no row.
pub const STATEMENTS: Form = Form {
    word: "herald",
    schema: || {
        Schema::new([
            ("id", Kind::Int),
            ("informal_statement", Kind::Text),
            ("formal_statement", Kind::Text),
        ])
    },
    marks: &["id", "informal_statement", "formal_statement"],
    write: |record, index| {
        let informal = record.informal_statement.clone()?;
        Some(row([
            ("id", id(record, "herald", index)),
            ("informal_statement", informal.into()),
            ("formal_statement", record.formal_statement.clone().into()),
        ]))
    },
    read: |row| {
        let statement = needed(row, "formal_statement")?;
        Ok(Record {
            name: name(row, &statement),
            informal_statement: Some(needed(row, "informal_statement")?),
            formal_statement: statement,
            ..Record::default()
        })
    },
};

/// Theorems with proofs, in English and in Lean. A record without a proof is no row.
pub const PROOFS: Form = Form {
    word: "herald-proofs",
    schema: || {
        Schema::new([
            ("id", Kind::Int),
            ("name", Kind::Text),
            ("formal_theorem", Kind::Text),
            ("informal_theorem", Kind::Text),
            ("formal_proof", Kind::Text),
            ("informal_proof", Kind::Text),
            ("commented_proof", Kind::Text),
            ("header", Kind::Text),
        ])
    },
    marks: &["formal_theorem", "formal_proof"],
    write: |record, index| {
        let proof = record.formal_proof.clone()?;
        Some(row([
            ("id", id(record, "herald-proofs", index)),
            ("name", record.name.clone().into()),
            ("formal_theorem", record.formal_statement.clone().into()),
            ("informal_theorem", record.informal_statement.clone().into()),
            ("formal_proof", proof.into()),
            ("informal_proof", record.informal_proof.clone().into()),
            ("header", record.header.clone().into()),
        ]))
    },
    read: |row| {
        let statement = needed(row, "formal_theorem")?;
        let proof = needed(row, "formal_proof")?;
        let proof = join(&statement, &proof)
            .ok_or("neither `formal_proof` nor `formal_theorem` holds a theorem")?;
        Ok(Record {
            name: text(row, "name").unwrap_or_else(|| name(row, &statement)),
            header: text(row, "header"),
            formal_statement: statement,
            formal_proof: Some(proof),
            informal_statement: text(row, "informal_theorem"),
            informal_proof: text(row, "informal_proof"),
            ..Record::default()
        })
    },
};

/// The row's own number where it came with one.
fn id(record: &Record, form: &str, index: u64) -> Value {
    let own = record.extra(form).and_then(|e| e.get("id"));
    own.cloned().unwrap_or_else(|| index.into())
}

fn name(row: &Object, statement: &str) -> String {
    let found = parts(statement).and_then(|p| p.name);
    found.unwrap_or_else(|| match row.get("id") {
        Some(id) => format!("herald_{id}"),
        None => "herald".to_owned(),
    })
}
