//! The columns of the tables, in the order in which they are written.

use lakatos_datasets::write::{Kind, Schema};

fn schema(columns: Vec<(&str, Kind)>) -> Schema {
    Schema::of(
        columns
            .into_iter()
            .map(|(name, kind)| (name.to_owned(), kind)),
    )
}

fn texts() -> Kind {
    Kind::Text.list()
}

fn tokens() -> Kind {
    Kind::Struct(Schema::new([
        ("prompt", Kind::Int),
        ("completion", Kind::Int),
    ]))
}

fn findings() -> Kind {
    let finding = Schema::new([
        ("gate", Kind::Text),
        ("outcome", Kind::Text),
        ("why", Kind::Text),
    ]);
    Kind::Struct(finding).list()
}

fn values() -> Kind {
    let value = Schema::new([("name", Kind::Text), ("value", Kind::Text)]);
    Kind::Struct(value).list()
}

/// What is known of a candidate.
fn judged() -> Vec<(&'static str, Kind)> {
    vec![
        ("formal", Kind::Text),
        ("votes", Kind::Int),
        ("repairs", Kind::Int),
        ("english", Kind::Text),
        ("type_hash", Kind::Text),
        ("counterexample", values()),
        ("confirmed", Kind::Int),
        ("findings", findings()),
        ("class", Kind::Int),
        ("equivalence", texts()),
    ]
}

/// `formalize`: chosen statements, and those that a benchmark has as well.
pub fn statements() -> Schema {
    schema(vec![
        ("id", Kind::Text),
        ("informal_statement", Kind::Text),
        ("answer", Kind::Text),
        ("formal_statement", Kind::Text),
        ("english", Kind::Text),
        ("type_hash", Kind::Text),
        ("quality", Kind::Text),
        ("votes", Kind::Int),
        ("passed", Kind::Int),
        ("candidates", Kind::Int),
        ("findings", findings()),
        ("judge", Kind::Json),
        ("decision", Kind::Json),
        ("duplicate_of", Kind::Int),
        ("overlap", Kind::Json),
        ("model", Kind::Text),
        ("tokens", tokens()),
    ])
}

/// `formalize`: all candidates.
pub fn candidates() -> Schema {
    let mut columns = vec![("id", Kind::Text)];
    columns.extend(judged());
    schema(columns)
}

/// `formalize`: statements that are false.
pub fn negatives() -> Schema {
    schema(vec![
        ("id", Kind::Text),
        ("informal_statement", Kind::Text),
        ("formal_statement", Kind::Text),
        ("label", Kind::Text),
        ("counterexample", values()),
        ("refutation", Kind::Text),
    ])
}

/// `formalize eval`: pairs in their forms.
pub fn cases() -> Schema {
    schema(vec![
        ("id", Kind::Text),
        ("variant", Kind::Text),
        ("informal_statement", Kind::Text),
        ("formal_statement", Kind::Text),
        ("imports", texts()),
        ("context", Kind::Text),
        ("equivalence", texts()),
        ("candidates", Kind::Int),
        ("elaborated", Kind::Int),
        ("passed", Kind::Int),
        ("equivalent", Kind::Int),
        ("equivalent_but_failed", Kind::Int),
        ("passed_but_not_equivalent", Kind::Int),
        ("tokens", tokens()),
    ])
}

/// `formalize eval`: all candidates.
pub fn case_candidates() -> Schema {
    let mut columns = vec![("id", Kind::Text), ("variant", Kind::Text)];
    columns.extend(judged());
    schema(columns)
}

/// `formalize --section`: the items.
pub fn items() -> Schema {
    schema(vec![
        ("name", Kind::Text),
        ("kind", Kind::Text),
        ("heading", Kind::Text),
        ("line", Kind::Int),
        ("informal_statement", Kind::Text),
        ("informal_proof", Kind::Text),
        ("uses", texts()),
        ("lean", Kind::Text),
        ("why", Kind::Text),
        ("sorry", Kind::Bool),
        ("english", Kind::Text),
        ("findings", findings()),
        ("decision", Kind::Json),
        ("candidates", Kind::Int),
        ("passed", Kind::Int),
        ("votes", Kind::Int),
        ("model", Kind::Text),
        ("tokens", tokens()),
    ])
}

/// `informalize`: readings of constants.
pub fn readings() -> Schema {
    schema(vec![
        ("name", Kind::Text),
        ("kind", Kind::Text),
        ("module", Kind::Text),
        ("formal_statement", Kind::Text),
        ("informal_statement", Kind::Text),
        ("informalizer", Kind::Text),
        ("literal", Kind::Text),
        ("reading", Kind::Json),
        ("doc", Kind::Text),
        ("uses", texts()),
        ("neighbours", texts()),
        ("tokens", tokens()),
    ])
}

/// `informalize`: readings in other words.
pub fn wordings() -> Schema {
    schema(vec![
        ("name", Kind::Text),
        ("formal_statement", Kind::Text),
        ("literal", Kind::Text),
        ("style", Kind::Text),
        ("by", Kind::Text),
        ("text", Kind::Text),
        ("omits", texts()),
    ])
}

/// `informalize --proofs`: proofs line by line.
pub fn proofs() -> Schema {
    let line = Schema::new([
        ("line", Kind::Int),
        ("tactic", Kind::Text),
        ("state", Kind::Text),
        ("to_show", Kind::Text),
        ("english", Kind::Text),
        ("left", Kind::Int),
    ]);
    schema(vec![
        ("name", Kind::Text),
        ("header", Kind::Text),
        ("formal_statement", Kind::Text),
        ("formal_proof", Kind::Text),
        ("informal_statement", Kind::Text),
        ("informal_proof", Kind::Text),
        ("informalizer", Kind::Text),
        ("lines", Kind::Struct(line).list()),
        ("source", Kind::Text),
        ("tokens", tokens()),
    ])
}

/// `informalize --proofs`: states as statements.
pub fn states() -> Schema {
    schema(vec![
        ("name", Kind::Text),
        ("of", Kind::Text),
        ("header", Kind::Text),
        ("formal_statement", Kind::Text),
        ("informal_statement", Kind::Text),
        ("tactic", Kind::Text),
        ("hash", Kind::Text),
        ("findings", findings()),
    ])
}

/// `compose`: statements that use two ideas, and those that are false.
pub fn composed() -> Schema {
    let pairing = Schema::new([
        ("maker", Kind::Text),
        ("concepts", texts()),
        ("walk", texts()),
        ("first", Kind::Text),
        ("second", Kind::Text),
    ]);
    schema(vec![
        ("name", Kind::Text),
        ("formal_statement", Kind::Text),
        ("informal_statement", Kind::Text),
        ("formal_proof", Kind::Text),
        ("level", Kind::Int),
        ("decision", Kind::Text),
        ("refutation", Kind::Text),
        ("by", Kind::Text),
        ("pairing", Kind::Struct(pairing)),
        ("trivial", Kind::Text),
        ("type_hash", Kind::Text),
        ("findings", findings()),
        ("tokens", tokens()),
    ])
}
