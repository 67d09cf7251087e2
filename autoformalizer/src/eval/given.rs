//! Candidates that somebody else has made: JSONL, a candidate or a list of them a line.

use std::collections::HashMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{ORIGINAL, VARIANTS};
use crate::formalise::problem::Fault;

/// Fields that hold a candidate, or a list of them.
const FORMAL: [&str; 6] = [
    "candidates",
    "formal",
    "formal_statement",
    "statement",
    "lean4_code",
    "output",
];
/// Fields that name the pair.
const NAME: [&str; 4] = ["id", "name", "problem_id", "uuid"];

/// Candidates by pair and variant.
#[derive(Debug, Clone, Default)]
pub struct Given {
    by: HashMap<(String, String), Vec<String>>,
    digest: String,
}

impl Given {
    /// Reads them. A line without a variant is about the original text; one with a number of `votes`, as
    /// `lakatos formalize` writes it, counts so many times.
    pub fn read(bytes: &[u8]) -> (Self, Vec<Fault>) {
        let digest = Sha256::digest(bytes);
        let mut given = Self {
            by: HashMap::new(),
            digest: digest.iter().map(|b| format!("{b:02x}")).collect(),
        };
        let mut faults = Vec::new();
        for (index, line) in bytes.split(|b| *b == b'\n').enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            if let Err(message) = given.line(line) {
                faults.push(Fault {
                    line: index + 1,
                    message,
                });
            }
        }
        (given, faults)
    }

    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        let row: Map<String, Value> =
            serde_json::from_slice(line).map_err(|e| format!("the line is no JSON object: {e}"))?;
        let id = NAME
            .iter()
            .find_map(|key| match row.get(*key)? {
                Value::String(s) => Some(s.clone()),
                Value::Number(n) => Some(n.to_string()),
                _ => None,
            })
            .ok_or_else(|| {
                format!(
                    "no field names the pair; one of {} is needed",
                    NAME.join(", ")
                )
            })?;
        let variant = match row.get("variant") {
            None | Some(Value::Null) => ORIGINAL,
            Some(Value::String(v)) => VARIANTS
                .into_iter()
                .find(|known| known == v)
                .ok_or_else(|| format!("`{v}` is no variant; they are {}", VARIANTS.join(", ")))?,
            Some(_) => return Err("`variant` must be a text".into()),
        };
        let texts = FORMAL
            .iter()
            .find_map(|key| match row.get(*key)? {
                Value::String(s) => Some(vec![s.clone()]),
                Value::Array(all) => all.iter().map(|v| v.as_str().map(str::to_owned)).collect(),
                _ => None,
            })
            .ok_or_else(|| {
                format!(
                    "no field holds a candidate; one of {} is needed",
                    FORMAL.join(", ")
                )
            })?;
        let votes = row
            .get("votes")
            .and_then(Value::as_u64)
            .unwrap_or(1)
            .min(1024);
        let known = self.by.entry((id, variant.to_owned())).or_default();
        for text in texts {
            known.extend((0..votes).map(|_| text.clone()));
        }
        Ok(())
    }

    /// The candidates for a pair's variant.
    pub fn of(&self, id: &str, variant: &str) -> &[String] {
        let key = (id.to_owned(), variant.to_owned());
        self.by.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The pairs that have candidates.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by.keys().map(|(id, _)| id.as_str())
    }

    /// What names the file's content.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_gathered_by_pair_and_variant() {
        let lines = r#"{"id": "a", "formal_statement": "theorem t : 1 = 1", "votes": 2}
{"name": "a", "candidates": ["x", "y"], "variant": "renamed"}
{"id": 7, "output": "z"}

{"id": "a"}
{"formal": "x"}
nonsense
{"id": "a", "formal": "x", "variant": "upside down"}"#;
        let (given, faults) = Given::read(lines.as_bytes());
        assert_eq!(given.of("a", "original").len(), 2);
        assert_eq!(given.of("a", "renamed"), ["x", "y"]);
        assert_eq!(given.of("7", "original"), ["z"]);
        assert!(given.of("b", "original").is_empty());
        let lines: Vec<_> = faults.iter().map(|f| f.line).collect();
        assert_eq!(lines, [5, 6, 7, 8]);
    }
}
