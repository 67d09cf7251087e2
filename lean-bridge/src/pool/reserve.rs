//! The warm spare: a started search process, with the most used environments open, that takes the
//! place of a lost one at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::worker::{Common, Live};
use crate::EnvironmentSpec;
use crate::launch::Role;

/// How many environments a spare opens.
const ENVIRONMENTS: usize = 2;

/// How many environments are counted before the rare ones are forgotten.
const REMEMBERED: usize = 256;

/// Holds at most one spare, and counts how often environments are asked for.
#[derive(Default)]
pub(super) struct Reserve {
    spare: Mutex<Option<Live>>,
    filling: AtomicBool,
    asked: Mutex<HashMap<EnvironmentSpec, u64>>,
}

impl Reserve {
    /// Counts a use of an environment.
    pub fn count(&self, env: &EnvironmentSpec) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= REMEMBERED {
            asked.retain(|_, n| {
                *n /= 2;
                *n > 0
            });
        }
        *asked.entry(env.clone()).or_default() += 1;
    }

    /// The most used environments, most used first.
    pub fn popular(&self) -> Vec<EnvironmentSpec> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = asked.iter().collect();
        all.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.text.cmp(&b.text)));
        all.into_iter()
            .take(ENVIRONMENTS)
            .map(|(env, _)| env.clone())
            .collect()
    }

    /// The spare, if there is one and it is alive; another is started in its place.
    pub fn take(&self, common: &Arc<Common>) -> Option<Live> {
        let spare = self
            .spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if spare.is_some() {
            self.wanted(common);
        }
        spare.filter(Live::alive)
    }

    /// Starts a spare in the background, unless there is one already.
    pub fn wanted(&self, common: &Arc<Common>) {
        let there = self
            .spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some();
        if there || !common.options.warm_spare || self.filling.swap(true, Ordering::AcqRel) {
            return;
        }
        let common = Arc::downgrade(common);
        tokio::spawn(async move {
            let Some(common) = common.upgrade() else {
                return;
            };
            let spare = prepare(&common).await;
            let reserve = &common.reserve;
            *reserve.spare.lock().unwrap_or_else(PoisonError::into_inner) = spare;
            reserve.filling.store(false, Ordering::Release);
        });
    }

    /// Lets the spare go.
    pub fn clear(&self) {
        self.spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

async fn prepare(common: &Common) -> Option<Live> {
    let mut live = match Live::start(common, Role::Search).await {
        Ok(live) => live,
        Err(error) => {
            tracing::warn!(%error, "the spare worker could not be started");
            return None;
        }
    };
    for env in common.reserve.popular() {
        if let Err(error) = live.open(common, &env).await {
            tracing::debug!(?error, "the spare worker could not open an environment");
            if error.is_death() {
                return None;
            }
        }
    }
    Some(live)
}
