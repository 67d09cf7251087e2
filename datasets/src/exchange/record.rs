//! Our own rows: a theorem with what is known of it. What other schemas hold and ours does not stays in
//! `extra`, under the schema's name, and is written back when the row is exported to that schema again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::table::Object;
use crate::write::{Kind, Schema};

/// A step of a proof.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// The goals before it, as Lean prints them.
    pub state_before: String,
    /// The tactic.
    pub tactic: String,
    /// The goals after it; `no goals` where none is left.
    pub state_after: Option<String>,
    /// Full names of the library theorems that it speaks of, where they are known.
    pub premises: Option<Vec<String>>,
}

/// A theorem. Every field but the name and the statement may be unknown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Its name.
    pub name: String,
    /// `train`, `valid`, `test`, ….
    pub split: Option<String>,
    /// Imports and whatever else precedes it, ending in a line break.
    pub header: Option<String>,
    /// The theorem, ending in `:= by sorry`.
    pub formal_statement: String,
    /// The theorem with its proof.
    pub formal_proof: Option<String>,
    /// The statement in English.
    pub informal_statement: Option<String>,
    /// The proof in English.
    pub informal_proof: Option<String>,
    /// The answer, where the problem asks for one.
    pub answer: Option<String>,
    /// What it is about.
    pub tags: Option<Vec<String>>,
    /// Where it was read: a file and a line, a module, a collection.
    pub source: Option<String>,
    /// The steps of its proof.
    pub steps: Option<Vec<Step>>,
    /// The level at which its proof was accepted.
    pub level: Option<i64>,
    /// Axioms that the proof rests on.
    pub axioms: Option<Vec<String>>,
    /// Which Lean accepted it.
    pub lean: Option<String>,
    /// The library theorem that it was made from.
    pub parent: Option<String>,
    /// Library theorems that were used to make it.
    pub premises: Option<Vec<String>>,
    /// What a schema holds beside all that, under the schema's name.
    pub extra: Map<String, Value>,
}

impl Record {
    /// The columns of our own tables.
    pub fn schema() -> Schema {
        let texts = || Kind::Text.list();
        let step = Schema::new([
            ("state_before", Kind::Text),
            ("tactic", Kind::Text),
            ("state_after", Kind::Text),
            ("premises", texts()),
        ]);
        Schema::new([
            ("name", Kind::Text),
            ("split", Kind::Text),
            ("header", Kind::Text),
            ("formal_statement", Kind::Text),
            ("formal_proof", Kind::Text),
            ("informal_statement", Kind::Text),
            ("informal_proof", Kind::Text),
            ("answer", Kind::Text),
            ("tags", texts()),
            ("source", Kind::Text),
            ("steps", Kind::Struct(step).list()),
            ("level", Kind::Int),
            ("axioms", texts()),
            ("lean", Kind::Text),
            ("parent", Kind::Text),
            ("premises", texts()),
            ("extra", Kind::Json),
        ])
    }

    /// What a schema has and we do not know.
    pub(super) fn extra(&self, form: &str) -> Option<&Object> {
        self.extra.get(form)?.as_object()
    }
}
