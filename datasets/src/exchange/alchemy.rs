//! After Alchemy (arXiv 2410.15748): a variant of a theorem with what it was made from. The paper's own files
//! were not at hand; the columns follow its description and are those of `lakatos mutate --export alchemy`.

use serde_json::{Value, json};

use super::text::parts;
use super::{Form, Record, Step, needed, row, text, texts};
use crate::table::Object;
use crate::write::{Kind, Schema};

/// The form. A record without a parent or without a proof is no row.
pub const FORM: Form = Form {
    word: "alchemy",
    schema: || {
        let pair = Schema::new([("state", Kind::Text), ("tactic", Kind::Text)]);
        Schema::new([
            ("full_name", Kind::Text),
            ("module", Kind::Text),
            ("mode", Kind::Text),
            ("location", Kind::Text),
            ("invoked", Kind::Text.list()),
            ("variant_name", Kind::Text),
            ("variant", Kind::Text),
            ("statement", Kind::Text),
            ("state_tactics", Kind::Struct(pair).list()),
        ])
    },
    marks: &["full_name", "variant"],
    write: |record, _| {
        let pairs = record.steps.iter().flatten();
        let pairs: Vec<Value> = pairs
            .map(|s| json!({"state": s.state_before, "tactic": s.tactic}))
            .collect();
        let origin = |column: &str| record.extra("other").and_then(|o| o.get(column)).cloned();
        Some(row([
            ("full_name", record.parent.clone()?.into()),
            (
                "module",
                record
                    .source
                    .clone()
                    .map(Value::from)
                    .or(origin("module"))
                    .into(),
            ),
            ("mode", origin("rule").into()),
            ("location", origin("position").into()),
            ("invoked", record.premises.clone().into()),
            ("variant_name", record.name.clone().into()),
            ("variant", record.formal_proof.clone()?.into()),
            ("statement", record.formal_statement.clone().into()),
            ("state_tactics", pairs.into()),
        ]))
    },
    read: |row| {
        let proof = needed(row, "variant")?;
        let found = parts(&proof).ok_or("`variant` holds no theorem")?;
        let pairs = row.get("state_tactics").and_then(Value::as_array);
        let step = |pair: &Object| {
            Some(Step {
                state_before: text(pair, "state")?,
                tactic: text(pair, "tactic")?,
                ..Step::default()
            })
        };
        let steps = pairs.map(|all| all.iter().filter_map(|p| step(p.as_object()?)).collect());
        Ok(Record {
            name: text(row, "variant_name")
                .or(found.name.clone())
                .unwrap_or_default(),
            formal_statement: text(row, "statement").unwrap_or_else(|| found.open()),
            formal_proof: Some(proof),
            parent: text(row, "full_name"),
            premises: texts(row, "invoked"),
            source: text(row, "module"),
            steps,
            ..Record::default()
        })
    },
};
