//! Goals that were proved before, by any theorem of the same environment.
//!
//! A goal's hash ignores the names of its hypotheses, so a stored proof is renamed, hypothesis by
//! hypothesis, and then *replayed* in Lean as one more tactic. The table is therefore only a source
//! of good guesses: a wrong entry costs one step and proves nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::protocol::Goal;

/// Entries kept at most; later ones are dropped, since early goals of a run recur the most.
const CAPACITY: usize = 100_000;

/// A goal's proof, in the names of the place where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvedGoal {
    /// Tactics, one or more lines, first line unindented.
    pub script: String,
    /// The goal's hypotheses in order, with whether a tactic can name them.
    pub names: Vec<(String, bool)>,
}

/// Proofs of goals by environment and hash, shared by the attempts of a run.
#[derive(Debug, Default)]
pub struct SharedGoals {
    table: Mutex<HashMap<EnvironmentSpec, HashMap<String, ProvedGoal>>>,
}

impl SharedGoals {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers a proof; an entry that is there already stays.
    pub fn insert(&self, environment: &EnvironmentSpec, goal: &Goal, script: String) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.values().map(HashMap::len).sum::<usize>() >= CAPACITY {
            return;
        }
        let goals = match table.get_mut(environment) {
            Some(goals) => goals,
            None => table.entry(environment.clone()).or_default(),
        };
        goals
            .entry(goal.hash.clone())
            .or_insert_with(|| ProvedGoal {
                script,
                names: names(goal),
            });
    }

    /// A tactic that replays a stored proof on `goal`, in the goal's own names.
    pub fn lookup(&self, environment: &EnvironmentSpec, goal: &Goal) -> Option<String> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = table.get(environment)?.get(&goal.hash)?;
        rename_script(&stored.script, &stored.names, &names(goal))
    }

    /// How many goals are stored.
    pub fn len(&self) -> usize {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.values().map(HashMap::len).sum()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The names of a goal's hypotheses in order.
pub fn names(goal: &Goal) -> Vec<(String, bool)> {
    goal.hyps
        .iter()
        .map(|h| (h.name.clone(), h.accessible))
        .collect()
}

/// Rewrites a script from one goal's names to another's. Hypotheses that only the stored goal could
/// name get names by `rename_i` first. None if the goals do not have as many hypotheses.
pub fn rename_script(
    script: &str,
    from: &[(String, bool)],
    to: &[(String, bool)],
) -> Option<String> {
    if from.len() != to.len() {
        return None;
    }
    let mut renaming = HashMap::new();
    let mut given = Vec::new();
    for (i, ((old, named), (new, nameable))) in from.iter().zip(to).enumerate() {
        let fresh = format!("h_{i}");
        if !nameable {
            given.push(fresh.clone());
        }
        if *named {
            renaming.insert(old.as_str(), if *nameable { new.clone() } else { fresh });
        }
    }
    let renamed = rename_tokens(script, &renaming);
    let needed = from
        .iter()
        .zip(to)
        .any(|((_, named), (_, nameable))| *named && !nameable);
    Some(if needed {
        format!("rename_i {}\n{renamed}", given.join(" "))
    } else {
        renamed
    })
}

/// Replaces identifiers that are keys of `renaming`, and the first component of dotted ones, all at
/// once. Text between double quotes stays.
fn rename_tokens(text: &str, renaming: &HashMap<&str, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_dot = false;
    while let Some(c) = rest.chars().next() {
        let taken = if c == '"' {
            string_literal(rest)
        } else if is_identifier_start(c) {
            rest.find(|c| !is_identifier_rest(c)).unwrap_or(rest.len())
        } else if c.is_ascii_digit() {
            // `0x1F`, `1e5`: no identifier begins inside a numeral.
            rest.find(|c: char| !is_identifier_rest(c))
                .unwrap_or(rest.len())
        } else {
            c.len_utf8()
        };
        let token = &rest[..taken];
        match renaming.get(token) {
            Some(new) if !after_dot => out.push_str(new),
            _ => out.push_str(token),
        }
        after_dot = c == '.';
        rest = &rest[taken..];
    }
    out
}

fn string_literal(text: &str) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return i + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_identifier_start(c: char) -> bool {
    // `λ`, `Π` and `Σ` are Lean's own words.
    (c.is_alphabetic() && !matches!(c, 'λ' | 'Π' | 'Σ')) || c == '_' || is_subscript(c)
}

fn is_identifier_rest(c: char) -> bool {
    is_identifier_start(c) || c.is_ascii_digit() || matches!(c, '\'' | '!' | '?') || c == '✝'
}

fn is_subscript(c: char) -> bool {
    matches!(c, '₀'..='₉' | 'ₐ'..='ₜ' | 'ᵢ'..='ᵪ' | 'ⱼ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<(String, bool)> {
        names
            .iter()
            .map(|n| (n.trim_end_matches('✝').into(), !n.ends_with('✝')))
            .collect()
    }

    fn check(script: &str, from: &[&str], to: &[&str], expect: Option<&str>) {
        assert_eq!(
            rename_script(script, &named(from), &named(to)).as_deref(),
            expect
        );
    }

    #[test]
    fn renames_whole_identifiers_at_once() {
        check(
            "exact h.trans h1",
            &["h", "h1"],
            &["h1", "h"],
            Some("exact h1.trans h"),
        );
        check(
            "simp [hx, x']",
            &["x", "x'"],
            &["y", "z"],
            Some("simp [hx, z]"),
        );
        check("exact foo.h", &["h"], &["k"], Some("exact foo.h"));
        check("show \"h\" = h", &["h"], &["k"], Some("show \"h\" = k"));
        check("omega", &[], &["n"], None);
    }

    #[test]
    fn names_what_the_place_cannot_name() {
        check(
            "exact h n",
            &["n", "h"],
            &["n✝", "k"],
            Some("rename_i h_0\nexact k h_0"),
        );
        check("exact k", &["n✝", "k"], &["m✝", "a"], Some("exact a"));
    }

    #[test]
    fn an_entry_is_found_under_its_environment_only() {
        let goal = |name: &str| Goal {
            text: String::new(),
            tag: String::new(),
            target: String::new(),
            hyps: vec![lakatos_lean_bridge::protocol::Hyp {
                name: name.into(),
                ty: "ℕ".into(),
                value: None,
                prop: false,
                instance: false,
                accessible: true,
            }],
            hash: "abc".into(),
        };
        let env = EnvironmentSpec::default();
        let other = EnvironmentSpec {
            text: "open Nat".into(),
            ..env.clone()
        };
        let shared = SharedGoals::new();
        shared.insert(&env, &goal("n"), "cases n <;> rfl".into());
        assert_eq!(
            shared.lookup(&env, &goal("m")).as_deref(),
            Some("cases m <;> rfl")
        );
        assert_eq!(shared.lookup(&other, &goal("m")), None);
        assert_eq!(shared.len(), 1);
    }
}
