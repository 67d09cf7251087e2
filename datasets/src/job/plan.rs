//! What a job is: its items, its settings, and the seeds that they give.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The items of a job, in the order in which they count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    keys: Vec<String>,
}

impl Plan {
    /// A plan of these items. A key names its item for people and programs; it should be unique.
    pub fn new(keys: Vec<String>) -> Self {
        Self { keys }
    }

    /// Items in all.
    pub fn len(&self) -> u64 {
        self.keys.len() as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The item of an index; none past the end.
    pub fn item(&self, index: u64, seed: u64) -> Option<Item<'_>> {
        let key = self.keys.get(usize::try_from(index).ok()?)?;
        Some(Item { index, key, seed })
    }

    /// Identifies the items and their order: 64 hex digits.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for key in &self.keys {
            hash.update((key.len() as u64).to_le_bytes());
            hash.update(key);
        }
        hex(&hash.finalize())
    }
}

/// One item of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// Its place in the plan, from 0.
    pub index: u64,
    /// Its name.
    pub key: &'a str,
    /// The job's seed.
    pub seed: u64,
}

impl Item<'_> {
    /// A seed for one purpose, from the job's seed and the item's key alone: an item draws the same
    /// numbers wherever it stands in a plan.
    pub fn seed_for(&self, purpose: &str) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        for part in [purpose, self.key] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let bytes: [u8; 32] = hash.finalize().into();
        let mut first = [0; 8];
        first.copy_from_slice(&bytes[..8]);
        u64::from_le_bytes(first)
    }
}

/// Everything that decides a job's bytes. Two jobs with the same fingerprint make the same files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// What kind of job: `mutate`, `informalize`, …
    pub kind: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Files that each table is cut into.
    pub shards: u32,
    /// Items in all.
    pub items: u64,
    /// [`Plan::hash`].
    pub plan: String,
    /// What made it.
    pub provenance: Provenance,
    /// The job's own settings, those alone that decide what it makes.
    pub settings: Value,
}

impl Identity {
    /// 64 hex digits.
    pub fn fingerprint(&self) -> String {
        // Through `Value`, whose maps are sorted whatever order they were made in.
        let canonical = serde_json::to_value(self).map(|v| canonical(&v));
        hex(&Sha256::digest(canonical.unwrap_or_default()))
    }
}

/// What stands in every row about what made it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The program and its version: `lakatos 0.1.0`.
    pub program: String,
    /// Lean's version.
    pub toolchain: String,
    /// The library and its version or commit.
    pub library: String,
}

/// JSON with sorted keys, also where another crate of the build asks serde_json to keep their order.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_by_key(|(k, _)| *k);
            let field = |(k, v): &(&String, &Value)| {
                format!("{}:{}", Value::String((*k).clone()), canonical(v))
            };
            format!(
                "{{{}}}",
                fields.iter().map(field).collect::<Vec<_>>().join(",")
            )
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(seed: u64) -> Identity {
        Identity {
            kind: "test".into(),
            seed,
            shards: 2,
            items: 3,
            plan: String::new(),
            provenance: Provenance::default(),
            settings: serde_json::json!({"b": 1, "a": [true, null]}),
        }
    }

    #[test]
    fn a_plan_is_known_by_its_items_and_their_order() {
        let of = |keys: &[&str]| Plan::new(keys.iter().map(|k| (*k).to_owned()).collect()).hash();
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a", "b"]), of(&["ab"]));
    }

    #[test]
    fn whatever_decides_bytes_is_in_the_fingerprint() {
        assert_eq!(identity(1).fingerprint(), identity(1).fingerprint());
        assert_ne!(identity(1).fingerprint(), identity(2).fingerprint());
        let mut other = identity(1);
        other.settings = serde_json::json!({"a": [true, null], "b": 1});
        assert_eq!(identity(1).fingerprint(), other.fingerprint());
        other.settings = serde_json::json!({"a": [true], "b": 1});
        assert_ne!(identity(1).fingerprint(), other.fingerprint());
    }

    #[test]
    fn seeds_depend_on_the_item_and_the_purpose() {
        let plan = Plan::new(vec!["a".into(), "b".into()]);
        let seed = |i, s, p| plan.item(i, s).unwrap().seed_for(p);
        assert_eq!(seed(0, 7, "x"), seed(0, 7, "x"));
        assert_ne!(seed(0, 7, "x"), seed(1, 7, "x"));
        assert_ne!(seed(0, 7, "x"), seed(0, 8, "x"));
        assert_ne!(seed(0, 7, "x"), seed(0, 7, "y"));
        assert!(plan.item(2, 0).is_none());
    }
}
