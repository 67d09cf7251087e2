//! New theorems from old ones: [`Pool::mutate`], [`Pool::compose`] and [`Pool::negatives`].

use serde::Deserialize;

use super::Pool;
use super::wire::{Failure, Request};
use super::worker::{Core, Work};
use crate::mutate::{MutationRequest, Mutations, Wrong};
use crate::{BridgeError, EnvironmentSpec};

struct Mutate {
    env: EnvironmentSpec,
    request: MutationRequest,
    timeout_ms: u64,
}

impl Work for Mutate {
    type Made = Mutations;

    async fn attempt(&self, core: &mut Core) -> Result<Mutations, Failure> {
        let MutationRequest {
            target,
            rules,
            limit,
            trivial,
            seed,
        } = &self.request;
        let request = |env| Request::Mutate {
            env,
            target,
            rules,
            limit: *limit,
            trivial: *trivial,
            seed: *seed,
        };
        core.ask(&self.env, request, self.timeout_ms).await
    }
}

struct Compose {
    env: EnvironmentSpec,
    first: String,
    second: String,
    limit: u32,
    seed: u64,
    timeout_ms: u64,
}

impl Work for Compose {
    type Made = Mutations;

    async fn attempt(&self, core: &mut Core) -> Result<Mutations, Failure> {
        let request = |env| Request::Compose {
            env,
            first: &self.first,
            second: &self.second,
            limit: self.limit,
            seed: self.seed,
        };
        core.ask(&self.env, request, self.timeout_ms).await
    }
}

#[derive(Deserialize)]
struct Made {
    negatives: Vec<Wrong>,
}

struct Negatives {
    env: EnvironmentSpec,
    signature: String,
    script: String,
    seed: u64,
    timeout_ms: u64,
}

impl Work for Negatives {
    type Made = Vec<Wrong>;

    async fn attempt(&self, core: &mut Core) -> Result<Vec<Wrong>, Failure> {
        let request = |env| Request::Negatives {
            env,
            signature: &self.signature,
            script: &self.script,
            seed: self.seed,
        };
        let made: Made = core.ask(&self.env, request, self.timeout_ms).await?;
        Ok(made.negatives)
    }
}

impl Pool {
    /// New statements from a theorem of the library, on the least busy search worker.
    ///
    /// # Errors
    /// There is no such theorem or rule, the environment cannot be opened, or the worker failed twice.
    pub async fn mutate(
        &self,
        env: &EnvironmentSpec,
        request: MutationRequest,
        timeout_ms: u64,
    ) -> Result<Mutations, BridgeError> {
        let work = Mutate {
            env: env.clone(),
            request,
            timeout_ms,
        };
        self.on_search_worker(work, timeout_ms).await
    }

    /// New statements from two theorems, of at most `limit` drafts that the seed draws, on the least busy
    /// search worker.
    ///
    /// # Errors
    /// There is no such theorem, the environment cannot be opened, or the worker failed twice.
    pub async fn compose(
        &self,
        env: &EnvironmentSpec,
        first: &str,
        second: &str,
        limit: u32,
        seed: u64,
        timeout_ms: u64,
    ) -> Result<Mutations, BridgeError> {
        let work = Compose {
            env: env.clone(),
            first: first.to_owned(),
            second: second.to_owned(),
            limit,
            // JSON numbers are exact up to 2^53 everywhere.
            seed: seed >> 11,
            timeout_ms,
        };
        self.on_search_worker(work, timeout_ms).await
    }

    /// Wrong versions of a theorem: `signature` is what follows its name, `script` its tactics.
    ///
    /// # Errors
    /// Lean does not accept the theorem itself, the environment cannot be opened, or the worker failed twice.
    pub async fn negatives(
        &self,
        env: &EnvironmentSpec,
        signature: &str,
        script: &str,
        seed: u64,
        timeout_ms: u64,
    ) -> Result<Vec<Wrong>, BridgeError> {
        let work = Negatives {
            env: env.clone(),
            signature: signature.to_owned(),
            script: script.to_owned(),
            seed,
            timeout_ms,
        };
        self.on_search_worker(work, timeout_ms).await
    }
}
