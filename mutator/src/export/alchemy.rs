//! After Alchemy (arXiv 2410.15748): a variant a row, with its target, the theorem that was invoked, and the
//! state-tactic pairs. The paper's own files were not at hand, so the layout follows its description.

use std::collections::BTreeMap;
use std::path::Path;

use lakatos_datasets::job::Journal;
use serde::Serialize;

use super::{ExportError, Sink, visit};

#[derive(Serialize)]
struct Variant<'a> {
    /// The target.
    full_name: &'a str,
    /// Its module.
    module: &'a str,
    /// The rule.
    mode: &'a str,
    /// Where it was used.
    location: &'a str,
    /// The theorems that were invoked.
    invoked: &'a [String],
    variant_name: &'a str,
    /// The new theorem with its proof.
    variant: &'a str,
    statement: &'a str,
    state_tactics: Vec<StateTactic<'a>>,
}

#[derive(Serialize)]
struct StateTactic<'a> {
    state: &'a str,
    tactic: &'a str,
}

/// Writes `RULE.jsonl` for each rule into a directory.
///
/// # Errors
/// The journal cannot be read or a file cannot be written.
pub fn write(journal: &dyn Journal, out: &Path) -> Result<(), ExportError> {
    let mut files: BTreeMap<String, Sink> = BTreeMap::new();
    visit(journal, |kept| {
        let origin = &kept.theorem.origin;
        let mode: String = origin
            .rule
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        if !files.contains_key(&mode) {
            let file = Sink::create(&out.join(format!("{mode}.jsonl")))?;
            files.insert(mode.clone(), file);
        }
        let Some(file) = files.get_mut(&mode) else {
            return Ok(());
        };
        file.line(&Variant {
            full_name: &origin.parent,
            module: &origin.module,
            mode: &origin.rule,
            location: &origin.position,
            invoked: &origin.premises,
            variant_name: &kept.theorem.name,
            variant: &kept.theorem.formal_proof,
            statement: &kept.theorem.formal_statement,
            state_tactics: kept
                .steps
                .iter()
                .map(|s| StateTactic {
                    state: &s.state,
                    tactic: &s.tactic,
                })
                .collect(),
        })
    })?;
    files.into_values().try_for_each(Sink::finish)
}
