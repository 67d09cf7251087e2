//! Our own schema, read leniently: any row with a `formal_statement` will do, `lakatos mutate`'s too.
//! Columns that ours has not are kept in `extra`.

use serde_json::Value;

use super::text::parts;
use super::{Form, Record, needed, text};
use crate::table::Object;

/// The form.
pub const FORM: Form = Form {
    word: "lakatos",
    schema: Record::schema,
    marks: &["formal_statement", "steps", "extra"],
    write,
    read,
};

fn write(record: &Record, _: u64) -> Option<Object> {
    match serde_json::to_value(record) {
        Ok(Value::Object(row)) => Some(row),
        _ => None,
    }
}

fn read(row: &Object) -> Result<Record, String> {
    // What came from a repository may have its steps alone.
    let statement = match row.get("steps") {
        Some(steps) if !steps.is_null() => text(row, "formal_statement").unwrap_or_default(),
        _ => needed(row, "formal_statement")?,
    };
    let schema = Record::schema();
    let mut known = Object::new();
    let mut rest = Object::new();
    for (name, value) in row.iter().filter(|(_, v)| !v.is_null()) {
        let place = match schema.field(name) {
            Some(_) => &mut known,
            None => &mut rest,
        };
        place.insert(name.clone(), value.clone());
    }
    // In Parquet it is the text of a JSON value.
    if let Some(Value::String(text)) = known.get("extra") {
        let value = serde_json::from_str(text).map_err(|e| format!("`extra` is not JSON ({e})"))?;
        known.insert("extra".to_owned(), value);
    }
    if !known.get("name").is_some_and(Value::is_string) {
        let name = parts(&statement).and_then(|p| p.name);
        known.insert("name".to_owned(), Value::from(name.unwrap_or_default()));
    }
    let mut record: Record = serde_json::from_value(Value::Object(known))
        .map_err(|e| format!("a column is not what its name says ({e})"))?;
    if !rest.is_empty() {
        record.extra.insert("other".to_owned(), Value::Object(rest));
    }
    Ok(record)
}
