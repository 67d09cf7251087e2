//! DeepSeek-Prover-V1 (arXiv 2405.14333): `name, split, formal_statement, goal, header, formal_proof`. The
//! statement ends in `:= by` and the proof is what follows it.

use super::text::{join, parts};
use super::{Form, Record, needed, row, text};
use crate::write::{Kind, Schema};

/// The form.
pub const FORM: Form = Form {
    word: "deepseek",
    schema: || {
        Schema::new([
            ("name", Kind::Text),
            ("split", Kind::Text),
            ("formal_statement", Kind::Text),
            ("goal", Kind::Text),
            ("header", Kind::Text),
            ("formal_proof", Kind::Text),
        ])
    },
    marks: &["name", "goal", "formal_statement"],
    write: |record, _| {
        let whole = record.formal_proof.as_deref().and_then(parts);
        let (statement, proof) = match whole.filter(|p| !p.hole) {
            None => (
                parts(&record.formal_statement)?.statement + " := by\n",
                None,
            ),
            Some(p) => match p
                .body
                .strip_prefix("by")
                .filter(|b| b.starts_with(char::is_whitespace))
            {
                Some(tactics) => {
                    let tactics = tactics.trim_start_matches(' ');
                    let tactics = tactics
                        .strip_prefix('\n')
                        .map_or(format!("  {tactics}"), str::to_owned);
                    (p.statement + " := by\n", Some(tactics))
                }
                None => (
                    p.statement + " := by\n",
                    Some(format!("  exact {}", p.body)),
                ),
            },
        };
        let goal = record.steps.as_ref().and_then(|s| s.first());
        Some(row([
            ("name", record.name.clone().into()),
            ("split", record.split.clone().into()),
            ("formal_statement", statement.into()),
            ("goal", goal.map(|s| s.state_before.clone()).into()),
            ("header", record.header.clone().into()),
            ("formal_proof", proof.into()),
        ]))
    },
    read: |row| {
        let statement = needed(row, "formal_statement")?;
        let found = parts(&statement).ok_or("`formal_statement` holds no theorem")?;
        let proof = text(row, "formal_proof").map(|proof| {
            join(&statement, &proof).ok_or("`formal_proof` does not belong to `formal_statement`")
        });
        Ok(Record {
            name: needed(row, "name")?,
            split: text(row, "split"),
            header: text(row, "header"),
            formal_statement: found.open(),
            formal_proof: proof.transpose()?,
            ..Record::default()
        })
    },
};
