//! temporary
use crate::candidate::{Candidate, Mutations, Negative};
use crate::job::Source;
use crate::library::{Selection, Theorem};
use lakatos_datasets::job::WorkError;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::{BridgeError, EnvironmentSpec};
#[derive(Debug, Clone, serde::Serialize)]
pub struct Rules(Vec<String>);
impl Rules {
    pub fn all() -> Self {
        Self(vec![])
    }
    pub fn parse(r: &[String]) -> Result<Self, BridgeError> {
        Ok(Self(r.to_vec()))
    }
}
pub async fn library(_: &Pool, _: &EnvironmentSpec) -> Result<Vec<Theorem>, BridgeError> {
    Ok(vec![])
}
pub struct LeanSource;
impl LeanSource {
    pub fn new(_: Pool, _: EnvironmentSpec, _: Rules, _: &Selection) -> Self {
        Self
    }
}
impl Source for LeanSource {
    async fn mutate(&self, _: &str, _: u64) -> Result<Mutations, WorkError> {
        Ok(Mutations::default())
    }
    async fn negatives(&self, _: &str, _: &Candidate, _: u64) -> Result<Vec<Negative>, WorkError> {
        Ok(vec![])
    }
}
