//! Proposed statements: [`Pool::assess`], [`Pool::equivalent`] and [`Pool::restate`].

use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Pool;
use super::wire::{Failure, Request};
use super::worker::{Core, Work};
use crate::assess::{Assessment, Classes, Entry, Form, Restated};
use crate::verbalise::Unread;
use crate::{BridgeError, EnvironmentSpec};

/// Statements that go into one request: a death spoils no more than these.
const AT_ONCE: usize = 32;

#[derive(Deserialize)]
struct Answer {
    assessments: Vec<Entry>,
}

/// A request about an environment and some statements, with an answer of shape `T`.
struct Asked<T> {
    env: EnvironmentSpec,
    statements: Vec<String>,
    heartbeats: u64,
    timeout_ms: u64,
    request: for<'a> fn(u64, &'a [String], u64) -> Request<'a>,
    shape: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + Send + 'static> Work for Asked<T> {
    type Made = T;

    async fn attempt(&self, core: &mut Core) -> Result<T, Failure> {
        let request = |env| (self.request)(env, &self.statements, self.heartbeats);
        core.ask(&self.env, request, self.timeout_ms).await
    }
}

#[derive(Deserialize)]
struct Restatements {
    restatements: Vec<Restated>,
}

struct Restate {
    env: EnvironmentSpec,
    statements: Vec<String>,
    seed: u64,
    heartbeats: u64,
    timeout_ms: u64,
}

impl Work for Restate {
    type Made = Vec<Result<Vec<Form>, Unread>>;

    async fn attempt(&self, core: &mut Core) -> Result<Self::Made, Failure> {
        let request = |env| Request::Restate {
            env,
            statements: &self.statements,
            seed: self.seed,
            heartbeats: self.heartbeats,
        };
        let answer: Restatements = core.ask(&self.env, request, self.timeout_ms).await?;
        if answer.restatements.len() != self.statements.len() {
            let message = "the worker did not restate as many statements as it was asked to";
            return Err(Failure::protocol(message));
        }
        Ok(answer.restatements.into_iter().map(Into::into).collect())
    }
}

impl Pool {
    /// Statements in other forms that are proved to say the same, one result each: names, numbers and
    /// conditions are drawn by the seed. `heartbeats`, in thousands, hold for each try at a proof.
    ///
    /// # Errors
    /// As [`Pool::assess`].
    pub async fn restate(
        &self,
        env: &EnvironmentSpec,
        statements: &[String],
        seed: u64,
        heartbeats: u64,
        timeout_ms: u64,
    ) -> Result<Vec<Result<Vec<Form>, Unread>>, BridgeError> {
        let mut all = Vec::with_capacity(statements.len());
        for part in statements.chunks(AT_ONCE) {
            let work = Restate {
                env: env.clone(),
                statements: part.to_vec(),
                // JSON numbers are exact up to 2^53 everywhere.
                seed: seed >> 11,
                heartbeats,
                timeout_ms,
            };
            all.extend(self.on_search_worker(work, timeout_ms).await?);
        }
        Ok(all)
    }

    /// What is to be thought of statements (as in `start`), on the least busy search worker: one result
    /// each. `heartbeats`, in thousands, hold for each try at a contradiction; `timeout_ms` for each 32
    /// statements.
    ///
    /// # Errors
    /// The environment cannot be opened, or the worker failed twice over the request.
    pub async fn assess(
        &self,
        env: &EnvironmentSpec,
        statements: &[String],
        heartbeats: u64,
        timeout_ms: u64,
    ) -> Result<Vec<Result<Assessment, Unread>>, BridgeError> {
        let mut assessed = Vec::with_capacity(statements.len());
        for part in statements.chunks(AT_ONCE) {
            let work = Asked::<Answer> {
                env: env.clone(),
                statements: part.to_vec(),
                heartbeats,
                timeout_ms,
                request: |env, statements, heartbeats| Request::Assess {
                    env,
                    statements,
                    heartbeats,
                },
                shape: PhantomData,
            };
            let answer = self.on_search_worker(work, timeout_ms).await?;
            if answer.assessments.len() != part.len() {
                return Err(BridgeError::Protocol {
                    message: "the worker did not assess as many statements as it was asked to"
                        .into(),
                });
            }
            assessed.extend(answer.assessments.into_iter().map(Into::into));
        }
        Ok(assessed)
    }

    /// Which of the statements are proved to say the same, both directions in Lean. `heartbeats`, in
    /// thousands, hold for each try.
    ///
    /// # Errors
    /// As [`Pool::assess`].
    pub async fn equivalent(
        &self,
        env: &EnvironmentSpec,
        statements: &[String],
        heartbeats: u64,
        timeout_ms: u64,
    ) -> Result<Classes, BridgeError> {
        let work = Asked::<Classes> {
            env: env.clone(),
            statements: statements.to_vec(),
            heartbeats,
            timeout_ms,
            request: |env, statements, heartbeats| Request::Equivalent {
                env,
                statements,
                heartbeats,
            },
            shape: PhantomData,
        };
        self.on_search_worker(work, timeout_ms).await
    }
}
