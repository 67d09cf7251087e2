//! A session: one theorem's proof states, on one worker, surviving that worker's death.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::batch::{Batch, Tried};
use super::recipe::{Holes, Node};
use super::wire::{Failure, Request};
use super::worker::{Core, Work, Worker};
use crate::protocol::{
    self, Goal, Message, Opened, OutcomeStatus, RawOutcome, SorryAt, Suggestion, TacticError,
    TacticRequest,
};
use crate::{BridgeError, EnvironmentSpec};

/// Identifies a proof state for the life of its [`Session`], whatever happens to the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StateId(pub(crate) u64);

/// Goals that are worked on together; tactics act on the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofState {
    /// The session's handle.
    pub id: StateId,
    /// Alpha-invariant hash over the goals in order, 24 hex digits.
    pub hash: String,
    /// The goals.
    pub goals: Vec<Goal>,
}

/// The outcome of one tactic on one state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What became of it.
    pub status: OutcomeStatus,
    /// The independent groups of goals that remain, in goal order.
    pub children: Vec<ProofState>,
    /// Set with [`OutcomeStatus::Error`].
    pub error: Option<TacticError>,
    /// Thousands of heartbeats spent.
    pub heartbeats: f64,
    /// Lean's own time in milliseconds.
    pub ms: f64,
}

/// A statement that is ready to be proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The theorem's full name.
    pub name: String,
    /// The closed type, pretty-printed.
    #[serde(rename = "type")]
    pub ty: String,
    /// Alpha-invariant hash of the closed type.
    pub type_hash: String,
    /// The first proof state.
    pub root: ProofState,
    /// Warnings about the statement.
    pub messages: Vec<Message>,
}

/// One `sorry` of a text, with its proof state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "positions as in protocol::Message")]
pub struct SorryState {
    pub decl: Option<String>,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    pub root: ProofState,
}

/// One theorem's proof states. Its states are freed in the worker when the last clone of it is
/// dropped.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
    opened: Opened,
}

/// What the tasks of a session share with it.
struct Inner {
    worker: Arc<Worker>,
    env: EnvironmentSpec,
    states: Mutex<HashMap<StateId, Arc<Node>>>,
    next: AtomicU64,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.worker.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Inner {
    fn adopt(&self, node: Arc<Node>, goals: Vec<Goal>) -> ProofState {
        let id = StateId(self.next.fetch_add(1, Ordering::Relaxed));
        let hash = node.hash.clone();
        lock(&self.states).insert(id, node);
        ProofState { id, hash, goals }
    }

    fn node(&self, id: StateId) -> Result<Arc<Node>, BridgeError> {
        lock(&self.states)
            .get(&id)
            .cloned()
            .ok_or_else(|| BridgeError::Protocol {
                message: format!(
                    "proof state {} was freed, or belongs to another session",
                    id.0
                ),
            })
    }

    fn forget(&self, ids: impl IntoIterator<Item = StateId>) {
        // Nodes are dropped after the lock is released: their ancestors may be many.
        let mut gone = Vec::new();
        let mut states = lock(&self.states);
        gone.extend(ids.into_iter().filter_map(|id| states.remove(&id)));
        drop(states);
        for node in &gone {
            node.leave();
        }
    }

    fn outcome(&self, parent: &Arc<Node>, tactic: &TacticRequest, tried: Tried) -> Outcome {
        let RawOutcome {
            status,
            children,
            error,
            heartbeats,
            ms,
        } = tried.outcome;
        let nodes = Node::children(parent, tried.generation, tactic, &children);
        let pairs = nodes.into_iter().zip(children);
        let children = pairs
            .map(|(node, state)| self.adopt(node, state.goals))
            .collect();
        Outcome {
            status,
            children,
            error,
            heartbeats,
            ms,
        }
    }
}

impl Session {
    pub(super) async fn open(
        worker: Arc<Worker>,
        env: EnvironmentSpec,
        deadline_ms: u64,
    ) -> Result<Self, BridgeError> {
        worker.sessions.fetch_add(1, Ordering::Relaxed);
        let next = AtomicU64::new(0);
        let inner = Arc::new(Inner {
            worker,
            env,
            states: Mutex::default(),
            next,
        });
        let opened = inner.worker.run(Open(inner.env.clone())).await;
        let opened = opened.map_err(|failure| failure.into_error(deadline_ms))?;
        Ok(Self { inner, opened })
    }

    async fn run<W: Work>(&self, work: W, deadline_ms: u64) -> Result<W::Made, BridgeError> {
        self.inner
            .worker
            .run(work)
            .await
            .map_err(|failure| failure.into_error(deadline_ms))
    }

    /// How the environment was opened: core or project, what was dropped, Lean's messages.
    pub fn opened(&self) -> Opened {
        self.opened.clone()
    }

    /// Elaborates a statement (no `:=`), or its negation, and gives its first proof state.
    ///
    /// # Errors
    /// Lean does not accept the statement, or it is not a proposition, or the worker failed twice.
    pub async fn start(
        &self,
        statement: &str,
        negate: bool,
        deadline_ms: u64,
    ) -> Result<Started, BridgeError> {
        let inner = Arc::clone(&self.inner);
        let work = Start {
            inner,
            statement: statement.to_owned(),
            negate,
            deadline_ms,
        };
        self.run(work, deadline_ms).await
    }

    /// The proof states of every `sorry` in a text on top of the environment.
    ///
    /// # Errors
    /// The worker refused the text or failed twice. Errors in the text leave fewer `sorry`s.
    pub async fn sorries(
        &self,
        text: &str,
        deadline_ms: u64,
    ) -> Result<Vec<SorryState>, BridgeError> {
        let inner = Arc::clone(&self.inner);
        self.run(
            FindSorries {
                inner,
                text: text.into(),
                deadline_ms,
            },
            deadline_ms,
        )
        .await
    }

    /// Tries each tactic on the state's first goal, from the same starting point: one outcome each,
    /// in order. `deadline_ms` is for the whole batch. If the worker dies over the batch, its tactics
    /// are tried again one by one on a fresh worker; one that kills that too has the outcome
    /// [`OutcomeStatus::Error`], and the others keep theirs.
    ///
    /// # Errors
    /// The state cannot be made again after a replacement, or no worker can be started.
    pub async fn step(
        &self,
        state: StateId,
        tactics: &[TacticRequest],
        stop_on_close: bool,
        deadline_ms: u64,
    ) -> Result<Vec<Outcome>, BridgeError> {
        if tactics.is_empty() {
            return Ok(Vec::new());
        }
        let node = self.inner.node(state)?;
        let (inner, tactics) = (Arc::clone(&self.inner), tactics.to_vec());
        let work = Step {
            inner,
            node,
            tactics,
            stop_on_close,
            deadline_ms,
        };
        self.run(work, deadline_ms).await
    }

    /// Library lemmas for the state's first goal; `kinds` of `exact`, `apply`, `rw`. Not tried.
    ///
    /// # Errors
    /// As [`Session::step`], and a worker that failed twice.
    pub async fn suggest(
        &self,
        state: StateId,
        kinds: &[&str],
        limit: usize,
        deadline_ms: u64,
    ) -> Result<Vec<Suggestion>, BridgeError> {
        let node = self.inner.node(state)?;
        let inner = Arc::clone(&self.inner);
        let kinds = kinds.iter().map(|k| (*k).to_owned()).collect();
        self.run(
            Suggest {
                inner,
                node,
                kinds,
                limit,
                deadline_ms,
            },
            deadline_ms,
        )
        .await
    }

    /// Forgets states. States derived from them stay usable. Costs no request: the worker is told
    /// when it has nothing better to do.
    pub async fn free(&self, states: &[StateId]) {
        self.inner.forget(states.iter().copied());
    }
}

struct Open(EnvironmentSpec);

impl Work for Open {
    type Made = Opened;

    async fn attempt(&self, core: &mut Core) -> Result<Opened, Failure> {
        core.open(&self.0).await
    }
}

struct Start {
    inner: Arc<Inner>,
    statement: String,
    negate: bool,
    deadline_ms: u64,
}

impl Work for Start {
    type Made = Started;

    async fn attempt(&self, core: &mut Core) -> Result<Started, Failure> {
        let Self {
            inner,
            statement,
            negate,
            deadline_ms,
        } = self;
        let request = |env| Request::Start {
            env,
            statement,
            negate: *negate,
        };
        let answer = core.ask(&inner.env, request, *deadline_ms).await?;
        let protocol::Started {
            name,
            ty,
            type_hash,
            root,
            messages,
        } = answer;
        let (generation, garbage) = (core.generation(), &inner.worker.garbage);
        let node = Node::statement(generation, garbage, &root, statement.clone(), *negate);
        Ok(Started {
            name,
            ty,
            type_hash,
            root: inner.adopt(node, root.goals),
            messages,
        })
    }

    fn undo(&self, made: Started) {
        self.inner.forget([made.root.id]);
    }
}

struct FindSorries {
    inner: Arc<Inner>,
    text: Arc<str>,
    deadline_ms: u64,
}

impl Work for FindSorries {
    type Made = Vec<SorryState>;

    async fn attempt(&self, core: &mut Core) -> Result<Vec<SorryState>, Failure> {
        let Self {
            inner,
            text,
            deadline_ms,
        } = self;
        let request = |env| Request::Sorries { env, text };
        let holes: Holes = core.ask(&inner.env, request, *deadline_ms).await?;
        let (generation, garbage) = (core.generation(), &inner.worker.garbage);
        let adopt = |(index, hole): (usize, SorryAt)| {
            let node = Node::sorry(generation, garbage, &hole.root, Arc::clone(text), index);
            let SorryAt {
                decl,
                line,
                column,
                end_line,
                end_column,
                root,
            } = hole;
            let root = inner.adopt(node, root.goals);
            SorryState {
                decl,
                line,
                column,
                end_line,
                end_column,
                root,
            }
        };
        Ok(holes.sorries.into_iter().enumerate().map(adopt).collect())
    }

    fn undo(&self, made: Vec<SorryState>) {
        self.inner.forget(made.iter().map(|s| s.root.id));
    }
}

struct Step {
    inner: Arc<Inner>,
    node: Arc<Node>,
    tactics: Vec<TacticRequest>,
    stop_on_close: bool,
    deadline_ms: u64,
}

impl Work for Step {
    type Made = Vec<Outcome>;

    async fn attempt(&self, core: &mut Core) -> Result<Self::Made, Failure> {
        let Self {
            inner,
            node,
            tactics,
            stop_on_close,
            deadline_ms,
        } = self;
        let batch = Batch {
            node,
            env: &inner.env,
            stop_on_close: *stop_on_close,
        };
        let tried = batch.run(core, tactics, *deadline_ms).await?;
        let pairs = tactics.iter().zip(tried);
        Ok(pairs
            .map(|(tactic, tried)| inner.outcome(node, tactic, tried))
            .collect())
    }

    /// The batch has had its own retries.
    fn again(&self, _: &Failure) -> bool {
        false
    }

    fn undo(&self, made: Self::Made) {
        self.inner
            .forget(made.iter().flat_map(|o| &o.children).map(|c| c.id));
    }
}

struct Suggest {
    inner: Arc<Inner>,
    node: Arc<Node>,
    kinds: Vec<String>,
    limit: usize,
    deadline_ms: u64,
}

impl Work for Suggest {
    type Made = Vec<Suggestion>;

    async fn attempt(&self, core: &mut Core) -> Result<Vec<Suggestion>, Failure> {
        #[derive(Deserialize)]
        struct Suggestions {
            suggestions: Vec<Suggestion>,
        }
        let state = self.node.resolve(core, &self.inner.env).await?;
        let request = Request::Suggest {
            state,
            kinds: &self.kinds,
            limit: self.limit,
        };
        Ok(core
            .request::<Suggestions>(&request, self.deadline_ms)
            .await?
            .suggestions)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
