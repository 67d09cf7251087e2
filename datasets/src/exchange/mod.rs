//! Schemas that people already load, to and from our own: one file each.
//!
//! A [`Form`] has its columns and two functions, from a [`Record`] and to one. Columns of a form that a
//! record has no place for are kept in the record's `extra`, so that a row which was imported is exported to
//! the same form with the same columns. Sources of the schemas: the cards of the datasets that are named in
//! each file.

pub mod alchemy;
pub mod convert;
pub mod deepseek;
pub mod herald;
pub mod lakatos;
pub mod leandojo;
pub mod numina;
pub mod record;
pub mod text;
pub mod workbook;

use serde_json::Value;

use crate::table::Object;
use crate::write::Schema;

pub use record::{Record, Step};

/// A schema that rows are exchanged in.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Its name on the command line.
    pub word: &'static str,
    /// Its columns.
    pub schema: fn() -> Schema,
    /// Columns that tell it from the others.
    pub marks: &'static [&'static str],
    /// A record's row; `index` counts the rows of the export from 0. None where the record has not what a
    /// row of this form needs.
    pub write: fn(&Record, index: u64) -> Option<Object>,
    /// A row's record.
    pub read: fn(&Object) -> Result<Record, String>,
}

/// All forms; the first whose marks are in a row is that row's.
pub const FORMS: &[Form] = &[
    lakatos::FORM,
    leandojo::FORM,
    alchemy::FORM,
    herald::PROOFS,
    numina::FORM,
    workbook::FORM,
    deepseek::FORM,
    herald::STATEMENTS,
];

impl Form {
    /// The form of this name.
    pub fn named(word: &str) -> Option<Self> {
        FORMS.iter().find(|f| f.word == word).copied()
    }

    /// The form of a row, by its columns. A row that is none of the others' and has a `formal_statement` is
    /// read as one of ours.
    pub fn detect(row: &Object) -> Option<Self> {
        let found = FORMS
            .iter()
            .find(|f| f.marks.iter().all(|m| row.contains_key(*m)));
        match found {
            None if row.contains_key("formal_statement") => Some(lakatos::FORM),
            found => found.copied(),
        }
    }

    /// A record's row with all columns of this form.
    pub fn export(&self, record: &Record, index: u64) -> Option<Object> {
        let known = (self.write)(record, index)?;
        let extra = record.extra(self.word);
        let schema = (self.schema)();
        let column = |name: &str| {
            let value = known.get(name).filter(|v| !v.is_null());
            let value = value.or_else(|| extra?.get(name));
            (name.to_owned(), value.cloned().unwrap_or(Value::Null))
        };
        Some(schema.fields().iter().map(|f| column(&f.name)).collect())
    }

    /// A row's record. What the record has no place for is kept in its `extra`.
    ///
    /// # Errors
    /// A sentence that says which column is missing or of another type.
    pub fn import(&self, row: &Object) -> Result<Record, String> {
        let mut record = (self.read)(row)?;
        let known = (self.write)(&record, 0).unwrap_or_default();
        let rest: Object = row
            .iter()
            .filter(|(name, value)| {
                !value.is_null()
                    && known
                        .get(*name)
                        .is_none_or(|v| v.is_null() || (*name == "id" && value.is_number()))
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !rest.is_empty() && self.word != lakatos::FORM.word {
            record
                .extra
                .insert(self.word.to_owned(), Value::Object(rest));
        }
        Ok(record)
    }
}

/// A column's text; none where it is null, missing or blank.
fn text(row: &Object, column: &str) -> Option<String> {
    let text = row.get(column)?.as_str()?;
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// A column's text, which must be there.
fn needed(row: &Object, column: &str) -> Result<String, String> {
    text(row, column).ok_or_else(|| format!("the column `{column}` is missing or holds no text"))
}

/// A column's texts.
fn texts(row: &Object, column: &str) -> Option<Vec<String>> {
    let items = row.get(column)?.as_array()?;
    let text = |v: &Value| v.as_str().map(str::to_owned);
    Some(items.iter().filter_map(text).collect())
}

/// A row of these columns, the unknown ones left out.
fn row<const N: usize>(columns: [(&str, Value); N]) -> Object {
    let known = columns.into_iter().filter(|(_, v)| !v.is_null());
    known
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
