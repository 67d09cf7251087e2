//! Lean as the source of targets, candidates and negatives.

use std::collections::BTreeMap;

use lakatos_datasets::job::WorkError;
use lakatos_lean_bridge::mutate::MutationRequest;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::{BridgeError, EnvironmentSpec};
use serde::Serialize;

use crate::candidate::{Candidate, GateVerdict, Mutations, Negative, NegativeKind, Step};
use crate::job::Source;
use crate::library::Theorem;

/// The worker's rules, in its order.
const RULES: [&str; 9] = [
    "rw",
    "apply",
    "compose",
    "simp",
    "simp_backwards",
    "specialise",
    "generalise",
    "variant",
    "contrapose",
];
/// Drafts of a target that are looked at, drawn by the seed.
const DRAFTS: u32 = 32;
/// An end to what hangs: far above what listing the library, or one target, takes.
const LIBRARY_MS: u64 = 1_800_000;
const TARGET_MS: u64 = 300_000;

/// A rule that there is not.
#[derive(Debug, thiserror::Error)]
#[error("there is no rule `{name}`; the rules are {}", RULES.join(", "))]
pub struct UnknownRule {
    /// The name.
    pub name: String,
}

/// The rules that make candidates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Rules(Vec<String>);

impl Rules {
    /// Every rule.
    pub fn all() -> Self {
        Self(RULES.map(str::to_owned).to_vec())
    }

    /// These rules, in the worker's order; all of them where none is named.
    ///
    /// # Errors
    /// One of them is no rule.
    pub fn parse(names: &[String]) -> Result<Self, UnknownRule> {
        if let Some(name) = names.iter().find(|n| !RULES.contains(&n.as_str())) {
            return Err(UnknownRule { name: name.clone() });
        }
        if names.is_empty() {
            return Ok(Self::all());
        }
        let chosen = RULES.iter().filter(|r| names.iter().any(|n| n == *r));
        Ok(Self(chosen.map(|r| (*r).to_owned()).collect()))
    }
}

/// The library's public theorems with their hashes.
///
/// # Errors
/// The environment cannot be opened, or the worker failed.
pub async fn library(pool: &Pool, env: &EnvironmentSpec) -> Result<Vec<Theorem>, BridgeError> {
    let listed = pool
        .constants(env, &[], &["theorem".to_owned()], true, LIBRARY_MS)
        .await?;
    let theorem = |c: lakatos_lean_bridge::verbalise::Constant| Theorem {
        name: c.name,
        module: c.module,
        hash: c.hash.unwrap_or_default(),
        uses: c.uses,
    };
    Ok(listed.into_iter().map(theorem).collect())
}

/// Candidates and negatives from the pool's search workers.
#[derive(Clone)]
pub struct LeanSource {
    pool: Pool,
    env: EnvironmentSpec,
    rules: Rules,
    trivial: u32,
}

impl LeanSource {
    /// Candidates by these rules, in this environment, of which `trivial` a target may be trivial.
    pub fn new(pool: Pool, env: EnvironmentSpec, rules: Rules, trivial: u32) -> Self {
        Self {
            pool,
            env,
            rules,
            trivial,
        }
    }
}

fn failed(error: BridgeError) -> WorkError {
    let message = error.to_string();
    match error {
        BridgeError::WorkerDied { .. } | BridgeError::Timeout { .. } => WorkError::Worker(message),
        BridgeError::Elaboration { .. }
        | BridgeError::NotAProposition { .. }
        | BridgeError::Protocol { .. } => WorkError::Item(message),
        BridgeError::NoLean { .. }
        | BridgeError::Install { .. }
        | BridgeError::Io { .. }
        | BridgeError::Checker { .. }
        | BridgeError::Unisolated { .. }
        | BridgeError::Spawn { .. }
        | BridgeError::Import { .. } => WorkError::Fatal(message),
    }
}

fn candidate(made: lakatos_lean_bridge::mutate::Mutated) -> Candidate {
    let gate = |g: lakatos_lean_bridge::mutate::GateVerdict| GateVerdict {
        gate: g.gate,
        passed: g.passed,
        detail: g.detail,
    };
    let step = |s: lakatos_lean_bridge::mutate::Step| Step {
        state: s.state,
        tactic: s.tactic,
    };
    Candidate {
        rule: made.rule,
        position: made.position,
        premises: made.premises,
        signature: made.signature,
        script: made.script,
        hash: made.hash,
        steps: made.steps.into_iter().map(step).collect(),
        gates: made.gates.into_iter().map(gate).collect(),
    }
}

impl Source for LeanSource {
    async fn mutate(&self, target: &str, seed: u64) -> Result<Mutations, WorkError> {
        let request = MutationRequest {
            target: target.to_owned(),
            rules: self.rules.0.clone(),
            limit: DRAFTS,
            trivial: self.trivial,
            seed,
        };
        let made = self
            .pool
            .mutate(&self.env, request, TARGET_MS)
            .await
            .map_err(failed)?;
        let mut refused: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for one in made.refused {
            let reasons = refused.entry(one.stage).or_default();
            *reasons.entry(one.reason).or_default() += 1;
        }
        Ok(Mutations {
            candidates: made.candidates.into_iter().map(candidate).collect(),
            refused,
        })
    }

    async fn negatives(
        &self,
        _: &str,
        kept: &Candidate,
        seed: u64,
    ) -> Result<Vec<Negative>, WorkError> {
        let made = self
            .pool
            .negatives(&self.env, &kept.signature, &kept.script, seed, TARGET_MS)
            .await
            .map_err(failed)?;
        let negative = |w: lakatos_lean_bridge::mutate::Wrong| {
            let kind = match w.kind.as_str() {
                "statement" => NegativeKind::Statement,
                _ => NegativeKind::Proof,
            };
            Negative {
                kind,
                error: w.error,
                signature: w.signature,
                evidence_signature: w.evidence_signature,
                evidence_script: w.evidence_script,
            }
        };
        Ok(made.into_iter().map(negative).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_named_or_all() {
        let of = |names: &[&str]| {
            Rules::parse(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(of(&[]).unwrap(), Rules::all());
        let chosen = of(&["apply", "rw"]).unwrap();
        assert_eq!(chosen, Rules(vec!["rw".into(), "apply".into()]));
        let error = of(&["rw", "magic"]).unwrap_err().to_string();
        assert!(error.contains("`magic`") && error.contains("specialise"));
    }
}
