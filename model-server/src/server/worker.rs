//! The compute thread: takes jobs, steps the engine, hands its events on.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

use super::queue::Place;
use crate::engine::{Counters, Engine, Event, Limits, Request, RequestId};
use crate::error::ModelError;
use crate::model::Model;
use crate::state::cache::Stats;

/// One request, and where its events go. Nobody there any more: the request is cancelled.
pub struct Job {
    pub request: Request,
    pub events: UnboundedSender<Event>,
    pub place: Place,
}

/// What the engine last said of itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    pub counters: Counters,
    pub cache: Stats,
    pub cache_bytes: usize,
    pub cache_states: usize,
    pub active: usize,
    pub cancelled: u64,
}

/// Works until the last sender of jobs is gone.
pub fn run(model: &Arc<Model>, limits: Limits, inbox: &Receiver<Job>, seen: &Mutex<Seen>) {
    let mut engine = Engine::new(Arc::clone(model), limits);
    let mut under_way: HashMap<RequestId, (Job, usize)> = HashMap::new();
    let mut cancelled = 0;
    loop {
        let first = if engine.is_idle() {
            let Ok(job) = inbox.recv() else { return };
            Some(job)
        } else {
            None
        };
        for job in first.into_iter().chain(inbox.try_iter()) {
            match engine.submit(job.request.clone()) {
                Ok(id) => {
                    let samples = job.request.samples;
                    under_way.insert(id, (job, samples));
                }
                Err(error) => {
                    let _ = job.events.send(Event::Failed { request: 0, error });
                }
            }
        }
        under_way.retain(|id, (job, _)| {
            let gone = job.events.is_closed();
            if gone {
                engine.cancel(*id);
                cancelled += 1;
            }
            !gone
        });
        // A defect in a kernel ends the requests that met it, not the server.
        let Ok(events) = catch_unwind(AssertUnwindSafe(|| engine.step())) else {
            engine = Engine::new(Arc::clone(model), limits);
            for (request, (job, _)) in under_way.drain() {
                let error = ModelError::Internal("the computation failed");
                let _ = job.events.send(Event::Failed { request, error });
            }
            continue;
        };
        let (cache_bytes, cache_states) = engine.cache_size();
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen {
            counters: engine.counters(),
            cache: engine.cache_stats(),
            cache_bytes,
            cache_states,
            active: engine.active(),
            cancelled,
        };
        for event in events {
            hand_on(event, &mut under_way);
        }
    }
}

fn hand_on(event: Event, under_way: &mut HashMap<RequestId, (Job, usize)>) {
    let (id, ends) = match &event {
        Event::Read { request, .. } | Event::Token { request, .. } => (*request, 0),
        Event::Finished { request, .. } => (*request, 1),
        Event::Beams { request, .. } | Event::Done { request } | Event::Failed { request, .. } => {
            (*request, usize::MAX)
        }
    };
    let Some((job, left)) = under_way.get_mut(&id) else {
        return;
    };
    *left = left.saturating_sub(ends);
    // Should nobody listen any more, the next round cancels it.
    let _ = job.events.send(event);
    if *left == 0
        && let Some((job, _)) = under_way.remove(&id)
    {
        // The place is free before the client hears of the end.
        drop(job.place);
    }
}
