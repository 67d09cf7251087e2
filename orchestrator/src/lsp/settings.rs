//! What a user may set in the editor: docs/lsp.md lists it.

use lakatos_lean_bridge::verdict::STANDARD_AXIOMS;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The settings under `lakatos`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Settings {
    /// Seconds of a search, a goal.
    pub seconds: u32,
    /// Expansions of a search, a goal.
    pub nodes: u32,
    /// Whether to look for holes that a finisher closes, on idle.
    pub hints: bool,
    /// Seconds without an edit before that.
    pub idle_seconds: u32,
    /// Whether theorems with holes have lenses.
    pub lenses: bool,
    /// Whether tactics are completed.
    pub completion: bool,
    /// Tactics that are suggested at most.
    pub suggestions: usize,
    /// Axioms that proofs may use.
    pub axioms: Vec<String>,
    /// KiB of a file at most.
    #[serde(rename = "maxFileKiB")]
    pub max_file_kib: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seconds: 60,
            nodes: 10_000,
            hints: true,
            idle_seconds: 2,
            lenses: true,
            completion: true,
            suggestions: 12,
            axioms: STANDARD_AXIOMS.map(String::from).to_vec(),
            max_file_kib: 2048,
        }
    }
}

impl Settings {
    /// The defaults with what a client sent on top, as it is or under `lakatos`; what is wrong is left out,
    /// with a sentence each.
    pub fn read(sent: &Value) -> (Self, Vec<String>) {
        let mut settings = Self::default();
        let mut wrong = Vec::new();
        let sent = sent.get("lakatos").unwrap_or(sent);
        match sent {
            Value::Null => {}
            Value::Object(fields) => {
                for (name, value) in fields {
                    match settings.with(name, value) {
                        Ok(changed) => settings = changed,
                        Err(sentence) => wrong.push(sentence),
                    }
                }
            }
            _ => wrong.push("the settings under `lakatos` are not an object".into()),
        }
        (settings, wrong)
    }

    fn with(&self, name: &str, value: &Value) -> Result<Self, String> {
        // A client may send a section with settings that are not set.
        if value.is_null() {
            return Ok(self.clone());
        }
        let mut all = serde_json::to_value(self).unwrap_or_default();
        let Some(fields) = all.as_object_mut() else {
            return Ok(self.clone());
        };
        if !fields.contains_key(name) {
            let known: Vec<&str> = fields.keys().map(String::as_str).collect();
            let near = known
                .iter()
                .max_by(|a, b| strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name)));
            let hint = near.map_or(String::new(), |n| format!("; did you mean `lakatos.{n}`?"));
            return Err(format!("there is no setting `lakatos.{name}`{hint}"));
        }
        fields.insert(name.to_owned(), value.clone());
        serde_json::from_value(all)
            .map_err(|e| format!("the setting `lakatos.{name}` is wrong: {e}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_is_said_and_the_rest_holds() {
        let (settings, wrong) = Settings::read(&json!({"lakatos": {
            "seconds": 5, "hint": false, "nodes": -1, "lenses": null, "maxFileKiB": 10
        }}));
        assert_eq!(
            (settings.seconds, settings.nodes, settings.max_file_kib),
            (5, 10_000, 10)
        );
        assert!(settings.hints && settings.lenses);
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(
            wrong
                .iter()
                .any(|w| w.contains("did you mean `lakatos.hints`")),
            "{wrong:?}"
        );
        assert_eq!(Settings::read(&Value::Null), (Settings::default(), vec![]));
        assert_eq!(Settings::read(&json!(3)).1.len(), 1);
    }
}
