//! Columns: their names, their types, and how these are called in Parquet and on the Hugging Face hub.
//!
//! Every column may be null. A [`Kind::Json`] is a value of any shape: itself in JSONL, its JSON text in
//! Parquet, which has no type for it.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::{Type, TypePtr};
use serde_json::{Map, Value};

/// A column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// A signed 64-bit integer.
    Int,
    /// A 64-bit float.
    Float,
    /// True or false.
    Bool,
    /// Any JSON value.
    Json,
    /// A list.
    List(Box<Kind>),
    /// Named parts.
    Struct(Schema),
}

impl Kind {
    /// A list of such values.
    pub fn list(self) -> Self {
        Self::List(Box::new(self))
    }

    /// What is said of it in messages.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Int => "a 64-bit integer",
            Self::Float => "a number",
            Self::Bool => "true or false",
            Self::Json => "a value",
            Self::List(_) => "a list",
            Self::Struct(_) => "an object",
        }
    }

    /// The Parquet columns that hold it.
    pub(super) fn leaves(&self) -> usize {
        match self {
            Self::List(of) => of.leaves(),
            Self::Struct(parts) => parts.fields().iter().map(|f| f.kind.leaves()).sum(),
            _ => 1,
        }
    }
}

/// A column or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Kind,
}

/// Columns in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema(Vec<Field>);

impl Schema {
    /// These columns.
    pub fn new<const N: usize>(fields: [(&str, Kind); N]) -> Self {
        Self::of(fields.map(|(name, kind)| (name.to_owned(), kind)))
    }

    /// These columns.
    pub fn of(fields: impl IntoIterator<Item = (String, Kind)>) -> Self {
        let field = |(name, kind)| Field { name, kind };
        Self(fields.into_iter().map(field).collect())
    }

    /// The columns.
    pub fn fields(&self) -> &[Field] {
        &self.0
    }

    /// The column of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.0.iter().find(|f| f.name == name)
    }

    /// A row as one line of JSON: the schema's columns in order, null where the row has none.
    pub fn line(&self, row: &Map<String, Value>) -> String {
        let mut out = String::new();
        self.object(row, &mut out);
        out
    }

    fn object(&self, row: &Map<String, Value>, out: &mut String) {
        out.push('{');
        for (i, field) in self.0.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            out.push_str(&Value::String(field.name.clone()).to_string());
            out.push(':');
            json(&field.kind, row.get(&field.name), out);
        }
        out.push('}');
    }

    /// The Parquet schema.
    ///
    /// # Errors
    /// None for a schema whose structs have parts.
    pub(super) fn parquet(&self) -> Result<TypePtr, ParquetError> {
        let fields: Result<Vec<TypePtr>, _> =
            self.0.iter().map(|f| column(&f.name, &f.kind)).collect();
        let message = Type::group_type_builder("row").with_fields(fields?);
        Ok(Arc::new(message.build()?))
    }
}

fn json(kind: &Kind, value: Option<&Value>, out: &mut String) {
    match (kind, value) {
        (Kind::Struct(parts), Some(Value::Object(map))) => parts.object(map, out),
        (Kind::List(of), Some(Value::Array(items))) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                json(of, Some(item), out);
            }
            out.push(']');
        }
        (_, Some(value)) => out.push_str(&value.to_string()),
        (_, None) => out.push_str("null"),
    }
}

fn column(name: &str, kind: &Kind) -> Result<TypePtr, ParquetError> {
    let primitive = |physical, logical| {
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()
    };
    let group = |fields, repetition, logical| {
        Type::group_type_builder(name)
            .with_repetition(repetition)
            .with_logical_type(logical)
            .with_fields(fields)
            .build()
    };
    Ok(Arc::new(match kind {
        Kind::Text | Kind::Json => primitive(Physical::BYTE_ARRAY, Some(LogicalType::String))?,
        Kind::Int => primitive(Physical::INT64, None)?,
        Kind::Float => primitive(Physical::DOUBLE, None)?,
        Kind::Bool => primitive(Physical::BOOLEAN, None)?,
        Kind::Struct(parts) => {
            let fields: Result<Vec<TypePtr>, _> = parts
                .fields()
                .iter()
                .map(|f| column(&f.name, &f.kind))
                .collect();
            group(fields?, Repetition::OPTIONAL, None)?
        }
        Kind::List(of) => {
            let repeated = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![column("element", of)?])
                .build()?;
            let list = Some(LogicalType::List);
            group(vec![Arc::new(repeated)], Repetition::OPTIONAL, list)?
        }
    }))
}
