//! LeanDojo Benchmark 4: theorems of a repository with their traced tactics.
//!
//! In the original an `annotated_tactic` is a list of a text and of premises, which Parquet has no type for;
//! both JSONL and Parquet hold it as in the original, Parquet as JSON text. The text of the proof is not in
//! the schema: it is put together from the tactics where they are one after the other, and the reader of the
//! row has it from the repository. `url`, `commit`, `start` and `end` are null for theorems of no repository.

use serde_json::{Value, json};

use super::{Form, Record, Step, needed, row, text};
use crate::table::Object;
use crate::write::{Kind, Schema};

/// The form. A record without steps is no row.
pub const FORM: Form = Form {
    word: "leandojo",
    schema: || {
        let tactic = Schema::new([
            ("tactic", Kind::Text),
            ("annotated_tactic", Kind::Json),
            ("state_before", Kind::Text),
            ("state_after", Kind::Text),
        ]);
        Schema::new([
            ("url", Kind::Text),
            ("commit", Kind::Text),
            ("file_path", Kind::Text),
            ("full_name", Kind::Text),
            ("start", Kind::Int.list()),
            ("end", Kind::Int.list()),
            ("traced_tactics", Kind::Struct(tactic).list()),
            // Not in the original: what the theorem says, which is read from the repository there.
            ("formal_statement", Kind::Text),
        ])
    },
    marks: &["full_name", "traced_tactics"],
    write: |record, _| {
        let steps = record.steps.as_ref()?;
        let tactics: Vec<Value> = steps.iter().map(tactic).collect();
        let statement = &record.formal_statement;
        Some(row([
            ("file_path", record.source.clone().into()),
            ("full_name", record.name.clone().into()),
            ("traced_tactics", tactics.into()),
            (
                "formal_statement",
                (!statement.is_empty()).then(|| statement.clone()).into(),
            ),
        ]))
    },
    read: |row| {
        let tactics = row.get("traced_tactics").and_then(Value::as_array);
        let tactics = tactics.ok_or("the column `traced_tactics` is missing or holds no list")?;
        let steps: Option<Vec<Step>> = tactics.iter().map(|t| step(t.as_object()?)).collect();
        Ok(Record {
            name: needed(row, "full_name")?,
            source: text(row, "file_path"),
            formal_statement: text(row, "formal_statement").unwrap_or_default(),
            steps: Some(steps.ok_or("a traced tactic has no `tactic` or no `state_before`")?),
            ..Record::default()
        })
    },
};

fn tactic(step: &Step) -> Value {
    let premises: Vec<Value> = step
        .premises
        .iter()
        .flatten()
        .map(|name| json!({"full_name": name, "def_path": null, "def_pos": null, "def_end_pos": null}))
        .collect();
    json!({
        "tactic": step.tactic,
        "annotated_tactic": [step.tactic, premises],
        "state_before": step.state_before,
        "state_after": step.state_after,
    })
}

fn step(row: &Object) -> Option<Step> {
    let annotated = match row.get("annotated_tactic") {
        Some(Value::String(json)) => serde_json::from_str(json).unwrap_or(Value::Null),
        other => other.cloned().unwrap_or(Value::Null),
    };
    let premises = annotated.get(1).and_then(Value::as_array);
    let names = |all: &Vec<Value>| {
        let name = |p: &Value| p.get("full_name")?.as_str().map(str::to_owned);
        all.iter().filter_map(name).collect::<Vec<_>>()
    };
    Some(Step {
        state_before: text(row, "state_before")?,
        tactic: text(row, "tactic")?,
        state_after: text(row, "state_after"),
        premises: premises.map(names).filter(|p| !p.is_empty()),
    })
}
