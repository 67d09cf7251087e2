//! Statements in English: [`Pool::verbalise`].

use serde::Deserialize;

use super::Pool;
use super::wire::{Failure, Request};
use super::worker::{Core, Work};
use crate::verbalise::{Constant, Entry, Reading, Unread, VerbaliseRequest};
use crate::{BridgeError, EnvironmentSpec};

/// Statements that go into one request: a death spoils no more than these.
const AT_ONCE: usize = 64;

#[derive(Deserialize)]
struct Answer {
    readings: Vec<Entry>,
}

struct ReadOut {
    env: EnvironmentSpec,
    request: VerbaliseRequest,
    timeout_ms: u64,
}

impl Work for ReadOut {
    type Made = Vec<Result<Reading, Unread>>;

    async fn attempt(&self, core: &mut Core) -> Result<Self::Made, Failure> {
        let request = |env| Request::Verbalise {
            env,
            statements: &self.request.statements,
            names: &self.request.names,
        };
        let answer: Answer = core.ask(&self.env, request, self.timeout_ms).await?;
        let asked = self.request.statements.len() + self.request.names.len();
        if answer.readings.len() != asked {
            let message = "the worker did not read out as many statements as it was asked to";
            return Err(Failure::protocol(message));
        }
        Ok(answer.readings.into_iter().map(Into::into).collect())
    }
}

#[derive(Deserialize)]
struct Listed {
    constants: Vec<Constant>,
}

struct List {
    env: EnvironmentSpec,
    prefixes: Vec<String>,
    kinds: Vec<String>,
    hashes: bool,
    timeout_ms: u64,
}

impl Work for List {
    type Made = Vec<Constant>;

    async fn attempt(&self, core: &mut Core) -> Result<Self::Made, Failure> {
        let request = |env| Request::Constants {
            env,
            prefixes: &self.prefixes,
            kinds: &self.kinds,
            hashes: self.hashes,
        };
        let answer: Listed = core.ask(&self.env, request, self.timeout_ms).await?;
        Ok(answer.constants)
    }
}

impl Pool {
    /// The public theorems and definitions (`kinds`) of the imported library whose names begin with one
    /// of the prefixes, sorted by name; all of them where no prefix is given. With `hashes`, which takes
    /// about 2 ms each, every one has the hash by which statements count as the same.
    ///
    /// # Errors
    /// The environment cannot be opened, or the worker failed twice over the request.
    pub async fn constants(
        &self,
        env: &EnvironmentSpec,
        prefixes: &[String],
        kinds: &[String],
        hashes: bool,
        timeout_ms: u64,
    ) -> Result<Vec<Constant>, BridgeError> {
        let work = List {
            env: env.clone(),
            prefixes: prefixes.to_vec(),
            kinds: kinds.to_vec(),
            hashes,
            timeout_ms,
        };
        self.on_search_worker(work, timeout_ms).await
    }

    /// Reads statements and constants out in English, on the least busy search worker: one result each,
    /// the statements' first. `timeout_ms` holds for each 64 of them.
    ///
    /// # Errors
    /// The environment cannot be opened, or the worker failed twice over the request.
    pub async fn verbalise(
        &self,
        env: &EnvironmentSpec,
        request: &VerbaliseRequest,
        timeout_ms: u64,
    ) -> Result<Vec<Result<Reading, Unread>>, BridgeError> {
        let parts = request
            .statements
            .chunks(AT_ONCE)
            .map(|part| VerbaliseRequest {
                statements: part.to_vec(),
                names: Vec::new(),
            });
        let parts = parts.chain(request.names.chunks(AT_ONCE).map(|part| VerbaliseRequest {
            statements: Vec::new(),
            names: part.to_vec(),
        }));
        let mut readings = Vec::new();
        for part in parts {
            let work = ReadOut {
                env: env.clone(),
                request: part,
                timeout_ms,
            };
            readings.extend(self.on_search_worker(work, timeout_ms).await?);
        }
        Ok(readings)
    }

    /// Work that belongs to no session, on the least busy search worker.
    pub(super) async fn on_search_worker<W: Work>(
        &self,
        work: W,
        timeout_ms: u64,
    ) -> Result<W::Made, BridgeError> {
        let least = self.0.search.iter().min_by_key(|worker| worker.load());
        let Some(worker) = least else {
            let message = "the pool has no workers".into();
            return Err(BridgeError::Spawn { message });
        };
        let made = worker.run(work).await;
        made.map_err(|failure| failure.into_error(timeout_ms))
    }
}
