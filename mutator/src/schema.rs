//! The columns of the dataset's tables, in the order in which they are written.

use lakatos_datasets::write::{Kind, Schema};

use crate::row::{NEGATIVES, STEPS, THEOREMS};

/// The columns of one of the [`TABLES`](crate::row::TABLES); none of another name.
pub fn of(table: &str) -> Option<Schema> {
    let own: Vec<(&str, Kind)> = match table {
        THEOREMS => vec![
            ("name", Kind::Text),
            ("header", Kind::Text),
            ("formal_statement", Kind::Text),
            ("formal_proof", Kind::Text),
            ("statement_hash", Kind::Text),
            ("trivial", Kind::Text),
            ("gates", Kind::Struct(gate()).list()),
            ("level", Kind::Int),
            ("axioms", Kind::Text.list()),
            ("library_bodies", Kind::Bool),
            ("difficulty", Kind::Struct(difficulty())),
        ],
        STEPS => vec![
            ("name", Kind::Text),
            ("step", Kind::Int),
            ("state", Kind::Text),
            ("tactic", Kind::Text),
        ],
        NEGATIVES => vec![
            ("positive", Kind::Text),
            ("kind", Kind::Text),
            ("error", Kind::Text),
            ("header", Kind::Text),
            ("formal_statement", Kind::Text),
            ("evidence", Kind::Text),
            ("verdict", Kind::Text),
            ("reason", Kind::Text),
        ],
        _ => return None,
    };
    let own = own.into_iter().map(|(name, kind)| (name.to_owned(), kind));
    Some(Schema::of(own.chain(origin())))
}

fn gate() -> Schema {
    Schema::new([
        ("gate", Kind::Text),
        ("passed", Kind::Bool),
        ("detail", Kind::Text),
    ])
}

fn difficulty() -> Schema {
    Schema::new([
        ("policy", Kind::Text),
        ("outcome", Kind::Text),
        ("nodes", Kind::Int),
        ("tactics", Kind::Int),
        ("proof_lines", Kind::Int),
    ])
}

fn origin() -> impl Iterator<Item = (String, Kind)> {
    [
        ("parent", Kind::Text),
        ("module", Kind::Text),
        ("rule", Kind::Text),
        ("position", Kind::Text),
        ("premises", Kind::Text.list()),
        ("seed", Kind::Int),
        ("item", Kind::Int),
        ("program", Kind::Text),
        ("toolchain", Kind::Text),
        ("library", Kind::Text),
    ]
    .map(|(name, kind)| (name.to_owned(), kind))
    .into_iter()
}

#[cfg(test)]
mod tests {
    use lakatos_datasets::job::Provenance;
    use serde_json::Value;

    use super::*;
    use crate::row::{NegativeRow, Origin, StepRow, TABLES, TheoremRow};

    fn columns(row: &impl serde::Serialize) -> Vec<String> {
        let Ok(Value::Object(map)) = serde_json::to_value(row) else {
            panic!("a row is an object");
        };
        let mut names: Vec<String> = map.keys().cloned().collect();
        names.sort();
        names
    }

    #[test]
    fn every_field_of_a_row_has_its_column_and_no_column_is_empty() {
        let origin = Origin {
            parent: String::new(),
            module: String::new(),
            rule: String::new(),
            position: String::new(),
            premises: vec![],
            seed: 0,
            item: 0,
            made_by: Provenance::default(),
        };
        let text = String::new;
        let theorem = TheoremRow {
            name: text(),
            header: text(),
            formal_statement: text(),
            formal_proof: text(),
            statement_hash: text(),
            trivial: None,
            gates: vec![],
            level: 3,
            axioms: vec![],
            library_bodies: false,
            difficulty: None,
            origin: origin.clone(),
        };
        let step = StepRow {
            name: text(),
            step: 0,
            state: text(),
            tactic: text(),
            origin: origin.clone(),
        };
        let negative = NegativeRow {
            positive: text(),
            kind: text(),
            error: text(),
            header: text(),
            formal_statement: text(),
            evidence: text(),
            verdict: text(),
            reason: None,
            origin,
        };
        let rows = [columns(&theorem), columns(&step), columns(&negative)];
        for (table, row) in TABLES.iter().zip(rows) {
            let schema = of(table).unwrap();
            let mut names: Vec<String> = schema.fields().iter().map(|f| f.name.clone()).collect();
            names.sort();
            assert_eq!(names, row, "{table}");
        }
    }
}
