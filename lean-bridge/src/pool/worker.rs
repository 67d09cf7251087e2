//! A worker: one owner task, one process at a time, requests in order.
//!
//! [`Work`] talks to the [`Core`] until it is done. It runs in the owner task, so a caller that goes away cannot leave half a request behind: the owner finishes it,
//! or kills the process. What a worker process knows is gone with it, so everything that lives
//! longer carries the [`Core::generation`] that it belongs to.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use super::options::PoolOptions;
use super::process::{Cause, Death, Process};
use super::reserve::Reserve;
use super::spawner::Spawner;
use super::stats::Counters;
use super::wire::{Envelope, Failure, Request};
use crate::launch::Role;
use crate::protocol::{Opened, WorkerState};
use crate::{BridgeError, EnvironmentSpec};

/// Something to be done with a worker.
pub(super) trait Work: Send + Sync + 'static {
    /// What comes of it.
    type Made: Send + 'static;

    /// Does it once.
    fn attempt(&self, core: &mut Core) -> impl Future<Output = Result<Self::Made, Failure>> + Send;

    /// Whether it is to be done once more, on a fresh process, after this.
    fn again(&self, failure: &Failure) -> bool {
        failure.is_death()
    }

    /// Takes back what was made for a caller who has gone.
    fn undo(&self, _made: Self::Made) {}
}

/// Work in the queue, with its result's type forgotten.
trait Task: Send {
    fn run<'c>(
        self: Box<Self>,
        core: &'c mut Core,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'c>>
    where
        Self: 'c;
}

struct Queued<W: Work> {
    work: W,
    reply: oneshot::Sender<Result<W::Made, Failure>>,
    _waiting: Waiting,
}

impl<W: Work> Task for Queued<W> {
    fn run<'c>(self: Box<Self>, core: &'c mut Core) -> Pin<Box<dyn Future<Output = ()> + Send + 'c>>
    where
        Self: 'c,
    {
        Box::pin(async move {
            let Self {
                work,
                reply,
                _waiting,
            } = *self;
            if reply.is_closed() {
                return;
            }
            let mut result = work.attempt(core).await;
            if result.as_ref().is_err_and(|failure| work.again(failure)) {
                result = work.attempt(core).await;
            }
            if let Err(Ok(made)) = reply.send(result) {
                work.undo(made);
            }
        })
    }
}

/// Starts the process ahead of need, with an environment open if one is named.
pub(super) struct Warm(pub Option<EnvironmentSpec>);

impl Work for Warm {
    type Made = ();

    async fn attempt(&self, core: &mut Core) -> Result<(), Failure> {
        match &self.0 {
            Some(env) => core.open(env).await.map(drop),
            None => core.live().await.map(drop),
        }
    }
}

/// Freed states are told to the worker when so many have gathered, or when it has nothing to do.
const FREE_BATCH: usize = 128;
/// How long a worker has nothing to do before freed states are told to it.
const FREE_IDLE: Duration = Duration::from_millis(50);

/// Environments that a process is remembered to have open. It drops some of its own accord and says so; each
/// holds its whole text.
const KNOWN_ENVIRONMENTS: usize = 128;

/// What all workers of a pool share.
pub(super) struct Common {
    pub spawner: Spawner,
    pub options: PoolOptions,
    pub counters: Counters,
    pub reserve: Reserve,
    next_id: AtomicU64,
    id_salt: std::hash::RandomState,
}

impl Common {
    pub fn new(spawner: Spawner, options: PoolOptions) -> Self {
        Self {
            spawner,
            options,
            counters: Counters::default(),
            reserve: Reserve::default(),
            next_id: AtomicU64::new(0),
            id_salt: std::hash::RandomState::new(),
        }
    }

    /// A request id that code inside a worker cannot guess, so that it cannot answer in advance.
    fn request_id(&self) -> u64 {
        use std::hash::BuildHasher;
        let n = self.next_id.fetch_add(1, Ordering::Relaxed);
        // 53 bits survive a reader that keeps numbers as floats.
        self.id_salt.hash_one(n) >> 11
    }
}

/// A process with what it has learnt.
pub(super) struct Live {
    process: Process,
    envs: HashMap<EnvironmentSpec, Opened>,
    /// Memory once it was warm: growth is measured from here.
    base_mb: u64,
    tactics: u64,
    /// Whole texts that were elaborated in it.
    pub texts: u64,
    requests: u64,
}

impl Live {
    pub async fn start(common: &Common, role: Role) -> Result<Self, BridgeError> {
        let ready = Duration::from_secs(common.options.ready_timeout_s);
        let process = Process::start(common.spawner.command(role), ready).await?;
        common.counters.spawned.fetch_add(1, Ordering::Relaxed);
        let base_mb = process.memory_mb().unwrap_or(0);
        Ok(Self {
            process,
            envs: HashMap::new(),
            base_mb,
            tactics: 0,
            texts: 0,
            requests: 0,
        })
    }

    pub fn alive(&self) -> bool {
        !self.process.exited()
    }

    /// One request and its answer. After [`Failure::Died`] this must be dropped.
    pub async fn request<T: DeserializeOwned>(
        &mut self,
        common: &Common,
        request: &Request<'_>,
        deadline_ms: u64,
    ) -> Result<T, Failure> {
        let id = common.request_id();
        let line = request.line(id, deadline_ms)?;
        let begun = Instant::now();
        let until = begun + Duration::from_millis(deadline_ms + common.options.grace_ms);
        let limit = common.options.memory_mb.max(self.base_mb).saturating_mul(2);
        let answer = self.process.exchange(id, &line, until, limit).await;
        common.counters.wall(begun.elapsed());
        let answer = answer.map_err(Failure::Died)?;
        self.requests += 1;
        let envelope: Envelope<T> = serde_json::from_slice(&answer).map_err(|error| {
            let shown = String::from_utf8_lossy(&answer[..answer.len().min(120)]).into_owned();
            Failure::Died(Death {
                cause: Cause::Nonsense,
                message: format!("its answer cannot be read ({error}): {shown}"),
            })
        })?;
        common.counters.answered(envelope.ms);
        match envelope {
            Envelope {
                error: Some(refusal),
                ..
            } => Err(Failure::Refused(refusal)),
            Envelope {
                ok: Some(value), ..
            } => Ok(value),
            Envelope { .. } => Err(Failure::Died(Death {
                cause: Cause::Nonsense,
                message: "its answer holds neither a result nor an error".into(),
            })),
        }
    }

    /// The environment, opened at most once in this process.
    pub async fn open(
        &mut self,
        common: &Common,
        env: &EnvironmentSpec,
    ) -> Result<Opened, Failure> {
        if let Some(opened) = self.envs.get(env) {
            return Ok(opened.clone());
        }
        let imports = if env.imports.is_empty() {
            common.spawner.default_imports()
        } else {
            &env.imports
        };
        let request = Request::Open {
            imports,
            text: &env.text,
        };
        let deadline_ms = common.options.ready_timeout_s.saturating_mul(1000);
        let opened: Opened = self.request(common, &request, deadline_ms).await?;
        self.base_mb = self.process.memory_mb().unwrap_or(0);
        if self.envs.len() >= KNOWN_ENVIRONMENTS {
            self.envs.clear();
        }
        self.envs.insert(env.clone(), opened.clone());
        Ok(opened)
    }

    /// Why it should be replaced, if it should.
    fn worn(&self, options: &PoolOptions, memory_mb: u64) -> Option<&'static str> {
        if self.tactics >= options.recycle_steps {
            Some("it has done its steps")
        } else if memory_mb > options.memory_mb && self.base_mb <= options.memory_mb {
            Some("it takes too much memory")
        } else if memory_mb > self.base_mb + options.recycle_growth_mb {
            Some("its memory has grown")
        } else {
            None
        }
    }
}

/// States that nobody needs any more, with the generation that they belong to.
#[derive(Default)]
pub(super) struct Garbage {
    list: Mutex<Vec<(u64, WorkerState)>>,
    filled: Notify,
}

impl Garbage {
    pub fn push(&self, generation: u64, state: WorkerState) {
        self.list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((generation, state));
        self.filled.notify_one();
    }

    fn len(&self) -> usize {
        self.list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    fn take(&self) -> Vec<(u64, WorkerState)> {
        std::mem::take(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a task works with: the process, started when it is needed and replaced when it is lost.
pub(super) struct Core {
    pub common: Arc<Common>,
    role: Role,
    live: Option<Live>,
    /// Counts the processes of this worker; states and environments belong to one.
    generation: u64,
    garbage: Arc<Garbage>,
    memory_mb: Arc<AtomicU64>,
    /// Whether a new process should be started as soon as there is nothing else to do.
    restart: bool,
}

impl Core {
    /// The running process's number. Meaningful after [`Core::live`].
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The process; started now if there is none.
    pub async fn live(&mut self) -> Result<&mut Live, Failure> {
        if self.live.as_ref().is_some_and(|live| !live.alive()) {
            self.lose();
        }
        let live = match self.live.take() {
            Some(live) => live,
            None => {
                self.generation += 1;
                self.start().await?
            }
        };
        Ok(self.live.insert(live))
    }

    async fn start(&mut self) -> Result<Live, BridgeError> {
        if self.role == Role::Search
            && let Some(live) = self.common.reserve.take(&self.common)
        {
            return Ok(live);
        }
        match Live::start(&self.common, self.role).await {
            Ok(live) => Ok(live),
            Err(error) => {
                tracing::warn!(%error, "a worker could not be started; trying once more");
                Live::start(&self.common, self.role).await
            }
        }
    }

    fn lose(&mut self) {
        self.live = None;
        self.common.counters.deaths.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends the process; the next task gets a fresh one, started ahead of it where spares are wanted.
    pub fn retire(&mut self) {
        if self.live.take().is_some() {
            self.common
                .counters
                .recycled
                .fetch_add(1, Ordering::Relaxed);
            self.restart = true;
        }
    }

    /// Resident memory of the running process in MiB, where the system tells it.
    pub fn resident_mb(&self) -> Option<u64> {
        self.live.as_ref()?.process.memory_mb()
    }

    /// How many whole texts the process has elaborated.
    pub fn texts(&self) -> u64 {
        self.live.as_ref().map_or(0, |live| live.texts)
    }

    /// One request on the running process, which [`Core::live`] or [`Core::open`] has started: a new
    /// one would not know the states and environments that the request names. A death leaves no
    /// process behind.
    pub async fn request<T: DeserializeOwned>(
        &mut self,
        request: &Request<'_>,
        deadline_ms: u64,
    ) -> Result<T, Failure> {
        let common = Arc::clone(&self.common);
        let Some(live) = &mut self.live else {
            return Err(Failure::lost());
        };
        match request {
            Request::Step { tactics, .. } => {
                live.tactics += tactics.len() as u64;
                common
                    .counters
                    .steps
                    .fetch_add(tactics.len() as u64, Ordering::Relaxed);
            }
            Request::Verify { .. } => live.tactics += 1,
            Request::Check { .. }
            | Request::Sorries { .. }
            | Request::Export { .. }
            | Request::Submit { .. } => {
                live.texts += 1;
            }
            _ => {}
        }
        let result = live.request(&common, request, deadline_ms).await;
        self.mourn(&result);
        result
    }

    /// The environment in the running process.
    pub async fn open(&mut self, env: &EnvironmentSpec) -> Result<Opened, Failure> {
        let common = Arc::clone(&self.common);
        let result = self.live().await?.open(&common, env).await;
        self.mourn(&result);
        result
    }

    /// A request about an environment, which is opened again once if the worker dropped it.
    pub async fn ask<'a, T: DeserializeOwned>(
        &mut self,
        env: &EnvironmentSpec,
        request: impl Fn(u64) -> Request<'a> + Send,
        deadline_ms: u64,
    ) -> Result<T, Failure> {
        let id = self.open(env).await?.env;
        match self.request(&request(id), deadline_ms).await {
            Err(Failure::Refused(refusal)) if refusal.kind == "unknown_env" => {
                if let Some(live) = &mut self.live {
                    live.envs.remove(env);
                }
                let id = self.open(env).await?.env;
                self.request(&request(id), deadline_ms).await
            }
            other => other,
        }
    }

    fn mourn<T>(&mut self, result: &Result<T, Failure>) {
        if let Err(Failure::Died(death)) = result {
            tracing::debug!(?death, role = ?self.role, "a worker died");
            self.lose();
            self.common.reserve.wanted(&self.common);
        }
    }

    /// Between tasks: replaces a worn process, tells it what was freed.
    async fn tidy(&mut self, idle: bool) {
        let pending = self.garbage.len();
        if pending >= FREE_BATCH || (idle && pending > 0) {
            self.free().await;
        }
        let Some(live) = &self.live else { return };
        let memory_mb = live.process.memory_mb().unwrap_or(0);
        self.memory_mb.store(memory_mb, Ordering::Relaxed);
        if let Some(reason) = live.worn(&self.common.options, memory_mb) {
            tracing::debug!(reason, memory_mb, role = ?self.role, "a worker is replaced");
            self.retire();
        }
    }

    async fn free(&mut self) {
        let generation = self.generation;
        let states: Vec<WorkerState> = self
            .garbage
            .take()
            .into_iter()
            .filter(|g| g.0 == generation)
            .map(|g| g.1)
            .collect();
        if states.is_empty() || self.live.as_ref().is_none_or(|live| !live.alive()) {
            return;
        }
        #[derive(serde::Deserialize)]
        struct Freed {}
        let answer = self
            .request::<Freed>(&Request::Free { states: &states }, 10_000)
            .await;
        if let Err(error) = answer {
            tracing::debug!(?error, "freeing states failed");
        }
    }

    /// Starts a process ahead of need, if the last one was retired and spares are wanted.
    async fn prepare(&mut self) {
        if !std::mem::take(&mut self.restart) || !self.common.options.warm_spare {
            return;
        }
        let mut prepared = self.live().await.map(drop);
        for env in self.common.reserve.popular() {
            prepared = match prepared {
                Ok(()) => self.open(&env).await.map(drop),
                error => error,
            };
        }
        if let Err(error) = prepared {
            tracing::debug!(?error, "preparing a worker failed");
        }
    }
}

/// The handle of a worker. The owner task ends when the last handle is dropped.
pub(super) struct Worker {
    tasks: mpsc::UnboundedSender<Box<dyn Task>>,
    stop: tokio::sync::watch::Sender<bool>,
    waiting: Arc<AtomicUsize>,
    pub sessions: AtomicUsize,
    pub garbage: Arc<Garbage>,
    pub memory_mb: Arc<AtomicU64>,
}

impl Worker {
    pub fn new(common: Arc<Common>, role: Role) -> Arc<Self> {
        let (tasks, queue) = mpsc::unbounded_channel();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let garbage = Arc::new(Garbage::default());
        let memory_mb = Arc::new(AtomicU64::new(0));
        let core = Core {
            common,
            role,
            live: None,
            generation: 0,
            garbage: Arc::clone(&garbage),
            memory_mb: Arc::clone(&memory_mb),
            restart: false,
        };
        tokio::spawn(own(core, queue, stopped));
        let waiting = Arc::new(AtomicUsize::new(0));
        Arc::new(Self {
            tasks,
            stop,
            waiting,
            sessions: AtomicUsize::new(0),
            garbage,
            memory_mb,
        })
    }

    /// Tasks that wait or run, and sessions that are pinned here.
    pub fn load(&self) -> usize {
        self.waiting.load(Ordering::Relaxed) + self.sessions.load(Ordering::Relaxed)
    }

    /// Does work in its turn, and a second time if a death spoilt it. Work whose caller has gone is
    /// skipped, and undone if the caller goes meanwhile.
    pub async fn run<W: Work>(&self, work: W) -> Result<W::Made, Failure> {
        let (reply, answer) = oneshot::channel();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(Arc::clone(&self.waiting));
        let gone = || {
            let message = "the pool was shut down".into();
            Failure::Bridge(BridgeError::WorkerDied { message })
        };
        self.tasks
            .send(Box::new(Queued {
                work,
                reply,
                _waiting,
            }))
            .map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Ends the worker now, whatever it does.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until the owner task has ended.
    pub async fn stopped(&self) {
        self.tasks.closed().await;
    }
}

/// Counts a task as waiting for as long as it exists.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn own(
    mut core: Core,
    mut queue: mpsc::UnboundedReceiver<Box<dyn Task>>,
    mut stopped: tokio::sync::watch::Receiver<bool>,
) {
    let work = async {
        let garbage = Arc::clone(&core.garbage);
        loop {
            let idle = async {
                garbage.filled.notified().await;
                tokio::time::sleep(FREE_IDLE).await;
            };
            let task = tokio::select! {
                biased;
                task = queue.recv() => task,
                () = idle => {
                    core.tidy(true).await;
                    continue;
                }
            };
            let Some(task) = task else { return };
            task.run(&mut core).await;
            core.tidy(false).await;
            core.prepare().await;
            if garbage.len() > 0 {
                garbage.filled.notify_one();
            }
        }
    };
    tokio::select! {
        () = work => {}
        // An error means that every handle is gone, which ends the queue as well; what is running
        // then is of no use to anybody.
        _ = stopped.wait_for(|stop| *stop) => {}
    }
}
