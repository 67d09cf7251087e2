//! How a proof state is made again in a fresh worker.
//!
//! Every state remembers where it came from: a statement, a `sorry` of a text, or a tactic on
//! another state. When its worker has been replaced, the way from the nearest state that is still
//! there is walked again, and every state on it must come out with the hash that it had.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde::Deserialize;

use super::wire::{Failure, Request};
use super::worker::{Core, Garbage};
use crate::EnvironmentSpec;
use crate::protocol::{
    OutcomeStatus, RawOutcome, SorryAt, Started, State, TacticRequest, WorkerState,
};

/// Extra time for a tactic that is run again: it worked before, on a warmer process.
const REPLAY_MS: u64 = 60_000;

/// A proof state: its hash, where it came from, and where it is.
pub(super) struct Node {
    pub hash: String,
    origin: Origin,
    /// The worker's handle and the process that it belongs to, while it is there.
    place: Mutex<Option<(u64, WorkerState)>>,
    garbage: Arc<Garbage>,
}

enum Origin {
    Statement {
        statement: String,
        negate: bool,
    },
    Sorry {
        text: Arc<str>,
        index: usize,
    },
    Tactic {
        application: Arc<Application>,
        index: usize,
    },
}

/// A tactic that was applied to a state; its children are made again together.
struct Application {
    parent: Arc<Node>,
    tactic: TacticRequest,
    children: Mutex<Vec<Weak<Node>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Outcomes {
    pub outcomes: Vec<RawOutcome>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Holes {
    pub sorries: Vec<SorryAt>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.leave();
        // One by one, as a long line of ancestors would overflow the stack.
        let mut ancestor = self.origin.take_parent();
        while let Some(mut node) = ancestor.and_then(Arc::into_inner) {
            ancestor = node.origin.take_parent();
        }
    }
}

impl Origin {
    /// The parent, if nobody else will need it to make a state again.
    fn take_parent(&mut self) -> Option<Arc<Node>> {
        let nothing = Self::Statement {
            statement: String::new(),
            negate: false,
        };
        match std::mem::replace(self, nothing) {
            Self::Tactic { application, .. } => Arc::into_inner(application).map(|a| a.parent),
            _ => None,
        }
    }
}

impl Node {
    fn new(generation: u64, garbage: &Arc<Garbage>, state: &State, origin: Origin) -> Arc<Self> {
        Arc::new(Self {
            hash: state.hash.clone(),
            origin,
            place: Mutex::new(Some((generation, state.state))),
            garbage: Arc::clone(garbage),
        })
    }

    /// The root of a statement.
    pub fn statement(
        generation: u64,
        garbage: &Arc<Garbage>,
        state: &State,
        statement: String,
        negate: bool,
    ) -> Arc<Self> {
        Self::new(
            generation,
            garbage,
            state,
            Origin::Statement { statement, negate },
        )
    }

    /// The root of a text's `index`th `sorry`.
    pub fn sorry(
        generation: u64,
        garbage: &Arc<Garbage>,
        state: &State,
        text: Arc<str>,
        index: usize,
    ) -> Arc<Self> {
        Self::new(generation, garbage, state, Origin::Sorry { text, index })
    }

    /// The children of a tactic on a state.
    pub fn children(
        parent: &Arc<Self>,
        generation: u64,
        tactic: &TacticRequest,
        states: &[State],
    ) -> Vec<Arc<Self>> {
        if states.is_empty() {
            return Vec::new();
        }
        let application = Arc::new(Application {
            parent: Arc::clone(parent),
            tactic: TacticRequest {
                ms: None,
                ..tactic.clone()
            },
            children: Mutex::default(),
        });
        let children: Vec<_> = states
            .iter()
            .enumerate()
            .map(|(index, state)| {
                let application = Arc::clone(&application);
                Self::new(
                    generation,
                    &parent.garbage,
                    state,
                    Origin::Tactic { application, index },
                )
            })
            .collect();
        *lock(&application.children) = children.iter().map(Arc::downgrade).collect();
        children
    }

    /// Gives the state up in the worker. It can still be made again.
    pub fn leave(&self) {
        if let Some((generation, state)) = lock(&self.place).take() {
            self.garbage.push(generation, state);
        }
    }

    /// Forgets where the state is: the worker does not know it any more.
    pub fn lost(&self) {
        *lock(&self.place) = None;
    }

    fn put(&self, generation: u64, state: WorkerState) {
        let before = lock(&self.place).replace((generation, state));
        if let Some((generation, state)) = before {
            self.garbage.push(generation, state);
        }
    }

    fn find(&self, generation: u64) -> Option<WorkerState> {
        lock(&self.place)
            .filter(|(g, _)| *g == generation)
            .map(|(_, state)| state)
    }

    fn parent(&self) -> Option<&Arc<Self>> {
        match &self.origin {
            Origin::Tactic { application, .. } => Some(&application.parent),
            _ => None,
        }
    }

    /// The worker's handle for this state, made again if need be.
    pub async fn resolve(
        self: &Arc<Self>,
        core: &mut Core,
        env: &EnvironmentSpec,
    ) -> Result<WorkerState, Failure> {
        core.live().await?;
        let generation = core.generation();
        let mut path = vec![Arc::clone(self)];
        while let Some(last) = path.last() {
            if last.find(generation).is_some() {
                break;
            }
            match last.parent() {
                Some(parent) => path.push(Arc::clone(parent)),
                None => break,
            }
        }
        for node in path.iter().rev() {
            if node.find(generation).is_none() {
                core.common
                    .counters
                    .replayed
                    .fetch_add(1, Ordering::Relaxed);
                node.rebuild(core, env).await?;
                if core.generation() != generation {
                    return Err(Failure::lost());
                }
            }
        }
        self.find(generation)
            .ok_or_else(|| Failure::protocol("a proof state could not be rebuilt"))
    }

    /// Makes this state again; its parent is there.
    async fn rebuild(&self, core: &mut Core, env: &EnvironmentSpec) -> Result<(), Failure> {
        match &self.origin {
            Origin::Statement { statement, negate } => {
                let request = |env| Request::Start {
                    env,
                    statement,
                    negate: *negate,
                };
                let started: Started = core.ask(env, request, REPLAY_MS).await?;
                self.accept(core.generation(), &started.root)
            }
            Origin::Sorry { text, index } => {
                let request = |env| Request::Sorries { env, text };
                let holes: Holes = core.ask(env, request, REPLAY_MS).await?;
                let generation = core.generation();
                for (i, hole) in holes.sorries.iter().enumerate() {
                    if i != *index {
                        self.garbage.push(generation, hole.root.state);
                    }
                }
                match holes.sorries.get(*index) {
                    Some(hole) => self.accept(generation, &hole.root),
                    None => Err(self.changed("has fewer `sorry`s")),
                }
            }
            Origin::Tactic { application, index } => {
                let generation = core.generation();
                let Some(state) = application.parent.find(generation) else {
                    return Err(self.changed("has lost its parent"));
                };
                let tactics = std::slice::from_ref(&application.tactic);
                let request = Request::Step {
                    state,
                    tactics,
                    stop_on_close: false,
                    split: true,
                };
                let outcomes: Outcomes = core.request(&request, REPLAY_MS).await?;
                let states = match outcomes.outcomes.into_iter().next() {
                    Some(RawOutcome {
                        status: OutcomeStatus::Open,
                        children,
                        ..
                    }) => children,
                    Some(RawOutcome {
                        error: Some(error), ..
                    }) => {
                        return Err(self.changed(&format!("fails: {}", error.message)));
                    }
                    _ => Vec::new(),
                };
                let known = lock(&application.children).clone();
                for (i, state) in states.iter().enumerate() {
                    let sibling = known.get(i).and_then(Weak::upgrade).filter(|_| i != *index);
                    match sibling.filter(|s| s.hash == state.hash && s.find(generation).is_none()) {
                        Some(sibling) => sibling.put(generation, state.state),
                        None if i != *index => self.garbage.push(generation, state.state),
                        None => {}
                    }
                }
                match states.get(*index) {
                    Some(state) => self.accept(generation, state),
                    None => Err(self.changed("leaves fewer goals")),
                }
            }
        }
    }

    fn accept(&self, generation: u64, state: &State) -> Result<(), Failure> {
        self.put(generation, state.state);
        if state.hash == self.hash {
            Ok(())
        } else {
            self.leave();
            Err(self.changed(&format!("gives the state {}", state.hash)))
        }
    }

    fn changed(&self, how: &str) -> Failure {
        let what = match &self.origin {
            Origin::Statement { statement, .. } => format!("the statement `{statement}`"),
            Origin::Sorry { index, .. } => format!("the text with `sorry` number {}", index + 1),
            Origin::Tactic { application, .. } => {
                format!("the tactic `{}`", application.tactic.text)
            }
        };
        Failure::protocol(format!(
            "after a worker was replaced, {what} {how} where it gave the state {} before; the \
             tactic depends on something besides its goal, so this proof state is given up",
            self.hash
        ))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
