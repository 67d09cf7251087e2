//! From rows to Parquet's columns: values with definition and repetition levels.
//!
//! Source: Melnik et al., *Dremel: Interactive Analysis of Web-Scale Datasets* (2010), section 4, for
//! columns that may all be null and lists of Parquet's three-level form. A value that is there counts one
//! level of definition for each column, part or element above it and one for each list.

use parquet::data_type::ByteArray;
use serde_json::{Map, Value};

use super::schema::{Kind, Schema};

/// The values of one Parquet column.
#[derive(Debug)]
pub(super) enum Values {
    Texts(Vec<ByteArray>),
    Ints(Vec<i64>),
    Floats(Vec<f64>),
    Bools(Vec<bool>),
}

/// One Parquet column of the rows that wait.
#[derive(Debug)]
pub(super) struct Leaf {
    pub values: Values,
    pub definition: Vec<i16>,
    pub repetition: Vec<i16>,
}

impl Leaf {
    fn null(&mut self, definition: i16, repetition: i16) {
        self.definition.push(definition);
        self.repetition.push(repetition);
    }

    pub fn clear(&mut self) {
        self.definition.clear();
        self.repetition.clear();
        match &mut self.values {
            Values::Texts(v) => v.clear(),
            Values::Ints(v) => v.clear(),
            Values::Floats(v) => v.clear(),
            Values::Bools(v) => v.clear(),
        }
    }
}

/// Empty columns for a schema.
pub(super) fn leaves(schema: &Schema) -> Vec<Leaf> {
    fn add(kind: &Kind, all: &mut Vec<Leaf>) {
        let values = match kind {
            Kind::List(of) => return add(of, all),
            Kind::Struct(parts) => return parts.fields().iter().for_each(|f| add(&f.kind, all)),
            Kind::Text | Kind::Json => Values::Texts(Vec::new()),
            Kind::Int => Values::Ints(Vec::new()),
            Kind::Float => Values::Floats(Vec::new()),
            Kind::Bool => Values::Bools(Vec::new()),
        };
        all.push(Leaf {
            values,
            definition: Vec::new(),
            repetition: Vec::new(),
        });
    }
    let mut all = Vec::new();
    for field in schema.fields() {
        add(&field.kind, &mut all);
    }
    all
}

/// Where a row does not fit: the column, and what should be there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    pub column: String,
    pub wanted: &'static str,
}

/// Whether a row fits a schema: no unknown column, no value of another type.
pub(super) fn fits(schema: &Schema, row: &Map<String, Value>) -> Result<(), Misfit> {
    for (name, value) in row {
        let Some(field) = schema.field(name) else {
            return Err(Misfit {
                column: name.clone(),
                wanted: "nothing: the table has no such column",
            });
        };
        value_fits(&field.kind, value, name)?;
    }
    Ok(())
}

fn value_fits(kind: &Kind, value: &Value, column: &str) -> Result<(), Misfit> {
    let fits = match (kind, value) {
        (_, Value::Null) | (Kind::Json, _) => true,
        (Kind::Text, v) => v.is_string(),
        (Kind::Int, v) => v.as_i64().is_some(),
        (Kind::Float, v) => v.is_number(),
        (Kind::Bool, v) => v.is_boolean(),
        (Kind::List(of), Value::Array(items)) => {
            return items.iter().try_for_each(|v| value_fits(of, v, column));
        }
        (Kind::Struct(parts), Value::Object(map)) => {
            return fits(parts, map).map_err(|e| Misfit {
                column: format!("{column}.{}", e.column),
                wanted: e.wanted,
            });
        }
        (Kind::List(_) | Kind::Struct(_), _) => false,
    };
    match fits {
        true => Ok(()),
        false => Err(Misfit {
            column: column.to_owned(),
            wanted: kind.word(),
        }),
    }
}

/// Adds a row that fits. The answer is the bytes of its values.
pub(super) fn add(schema: &Schema, row: &Map<String, Value>, leaves: &mut [Leaf]) -> u64 {
    object(schema, Some(row), leaves, 0, 0, 0)
}

fn object(
    schema: &Schema,
    row: Option<&Map<String, Value>>,
    leaves: &mut [Leaf],
    definition: i16,
    repetition: i16,
    depth: i16,
) -> u64 {
    let mut bytes = 0;
    let mut rest = leaves;
    for field in schema.fields() {
        let (mine, others) = rest.split_at_mut(field.kind.leaves());
        let value = row.and_then(|r| r.get(&field.name));
        bytes += shred(&field.kind, value, mine, definition, repetition, depth);
        rest = others;
    }
    bytes
}

/// `definition`: levels that are defined above the value. `depth`: lists above it.
fn shred(
    kind: &Kind,
    value: Option<&Value>,
    leaves: &mut [Leaf],
    definition: i16,
    repetition: i16,
    depth: i16,
) -> u64 {
    let value = value.filter(|v| !v.is_null());
    match (kind, value) {
        (Kind::Struct(parts), Some(Value::Object(map))) => {
            object(parts, Some(map), leaves, definition + 1, repetition, depth)
        }
        (Kind::List(_), Some(Value::Array(items))) if items.is_empty() => {
            leaves
                .iter_mut()
                .for_each(|l| l.null(definition + 1, repetition));
            0
        }
        (Kind::List(of), Some(Value::Array(items))) => {
            let mut bytes = 0;
            for (i, item) in items.iter().enumerate() {
                let repetition = if i == 0 { repetition } else { depth + 1 };
                bytes += shred(
                    of,
                    Some(item),
                    leaves,
                    definition + 2,
                    repetition,
                    depth + 1,
                );
            }
            bytes
        }
        (_, Some(value)) => match leaves {
            [leaf] => scalar(kind, value, leaf, definition, repetition),
            leaves => {
                leaves
                    .iter_mut()
                    .for_each(|l| l.null(definition, repetition));
                0
            }
        },
        (_, None) => {
            leaves
                .iter_mut()
                .for_each(|l| l.null(definition, repetition));
            0
        }
    }
}

fn scalar(kind: &Kind, value: &Value, leaf: &mut Leaf, definition: i16, repetition: i16) -> u64 {
    let bytes = match (&mut leaf.values, value) {
        (Values::Texts(all), Value::String(text)) if *kind == Kind::Text => {
            all.push(ByteArray::from(text.as_str()));
            text.len() as u64
        }
        (Values::Texts(all), value) => {
            let text = value.to_string();
            let bytes = text.len() as u64;
            all.push(ByteArray::from(text.into_bytes()));
            bytes
        }
        (Values::Ints(all), value) => {
            all.push(value.as_i64().unwrap_or_default());
            8
        }
        (Values::Floats(all), value) => {
            all.push(value.as_f64().unwrap_or_default());
            8
        }
        (Values::Bools(all), value) => {
            all.push(value.as_bool().unwrap_or_default());
            1
        }
    };
    leaf.definition.push(definition + 1);
    leaf.repetition.push(repetition);
    bytes
}
