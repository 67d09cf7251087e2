//! The loop: items worked on many at once, settled one by one, written down in order.

use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::Semaphore;

use super::claims::{Claim, Claims};
use super::journal::{Entry, Journal, JournalError, Row, State};
use super::plan::{Item, Plan};
use super::tally::Tally;

/// Entries that are written in one transaction at most.
const BATCH: usize = 64;

/// Why an item's work did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The item itself cannot be done; trying again would not help.
    #[error("{0}")]
    Item(String),
    /// What it was done with failed (a worker died, an answer never came). It is tried again, and then
    /// counts as failed.
    #[error("{0}")]
    Worker(String),
    /// Nothing can be done any more: no Lean starts, the disk is full. The job ends; nothing is lost.
    #[error("{0}")]
    Fatal(String),
}

/// What a data job does with an item.
pub trait Job: Sync {
    /// What the work on an item gives, before the decisions that depend on other items.
    type Draft: Send;
    /// What these decisions left of it.
    type Settled: Send + Sync;

    /// The work on an item. It depends on the item alone, never on others or on the time of day.
    fn work(&self, item: Item<'_>) -> impl Future<Output = Result<Self::Draft, WorkError>> + Send;

    /// The decisions that depend on other items: called in the plan's order.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn settle(
        &self,
        item: Item<'_>,
        draft: Self::Draft,
        claims: &mut Claims<'_>,
    ) -> Result<Self::Settled, JournalError>;

    /// The rest, on what was settled.
    fn finish(
        &self,
        item: Item<'_>,
        settled: &Self::Settled,
    ) -> impl Future<Output = Result<Finished, WorkError>> + Send;
}

/// What an item gives in the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// Its rows.
    pub rows: Vec<Row>,
    /// What it adds to the job's counts.
    pub tally: Tally,
}

/// Who is told what happens.
pub trait Observer: Sync {
    /// An item is tried again.
    fn retried(&self, item: Item<'_>, reason: &str);
    /// An entry is in the journal.
    fn written(&self, entry: &Entry);
}

/// An observer that says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn retried(&self, _: Item<'_>, _: &str) {}
    fn written(&self, _: &Entry) {}
}

/// How a job is run. None of it changes what the job makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The seed.
    pub seed: u64,
    /// How many items are under way.
    pub width: Width,
    /// Times that an item is tried again after [`WorkError::Worker`].
    pub retries: u32,
}

/// How many items are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Width {
    /// Items that are worked on at once.
    pub at_once: usize,
    /// Items that are taken up at once, whose results may wait for an earlier item's: results come in order, and one
    /// item that takes long is not to keep the others from being worked on. At least `at_once`.
    pub window: usize,
}

impl From<usize> for Width {
    /// So many at once, and no more taken up.
    fn from(at_once: usize) -> Self {
        Self {
            at_once,
            window: at_once,
        }
    }
}

/// How the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Every item has its entry.
    Complete,
    /// A stop was asked for.
    Interrupted,
}

/// What ends a job before its last item. What was written before stays, and the job can go on.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// [`WorkError::Fatal`].
    #[error("{message}")]
    Fatal {
        /// What, as a sentence.
        message: String,
    },
}

/// An item after [`Job::settle`], with its claims.
enum Step<S> {
    Settled(S, Vec<Claim>),
    Failed(String),
}

/// Works on every item that has no entry yet. `stop` is asked before an item is begun: what is worked on
/// then is still finished and written, as far as no item that waits to be begun comes before it.
///
/// # Errors
/// The journal fails, or the job says that nothing can be done any more.
pub async fn run<J: Job>(
    job: &J,
    plan: &Plan,
    journal: &dyn Journal,
    options: Options,
    observer: &dyn Observer,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<End, JobError> {
    let first = journal.next()?;
    let at_once = options.width.at_once.max(1);
    let window = options.width.window.max(at_once);
    let places = &Semaphore::new(at_once);
    let pending: Mutex<HashMap<Claim, u64>> = Mutex::default();
    let lock = || pending.lock().unwrap_or_else(PoisonError::into_inner);
    let items = (first..plan.len())
        .map_while(|index| (!stop()).then(|| plan.item(index, options.seed)).flatten());
    let entries = stream::iter(items)
        .map(|item| async move {
            let _place = match places.try_acquire() {
                Ok(place) => place,
                Err(_) => places.acquire().await.ok().filter(|_| !stop())?,
            };
            let drafted = persist(item, options, observer, || job.work(item)).await;
            Some((item, drafted))
        })
        .buffered(window)
        .take_while(|begun| std::future::ready(begun.is_some()))
        .filter_map(std::future::ready)
        .map(|(item, drafted)| {
            let settled = match drafted? {
                Err(reason) => Step::Failed(reason),
                Ok(draft) => {
                    let mut pending = lock();
                    let mut claims = Claims::new(item.index, journal, &mut pending);
                    let settled = job.settle(item, draft, &mut claims)?;
                    Step::Settled(settled, claims.into_made())
                }
            };
            Ok((item, settled))
        })
        .map(|step: Result<_, JobError>| async move {
            let (item, step) = step?;
            let (claims, finished) = match step {
                Step::Failed(reason) => (Vec::new(), Err(reason)),
                Step::Settled(settled, claims) => {
                    let finished =
                        persist(item, options, observer, || job.finish(item, &settled)).await?;
                    (claims, finished)
                }
            };
            Ok(entry(item, claims, finished))
        })
        .buffered(window)
        .ready_chunks(BATCH);
    let mut entries = std::pin::pin!(entries);
    while let Some(chunk) = entries.next().await {
        let mut failure = None;
        let mut good: Vec<Entry> = Vec::with_capacity(chunk.len());
        for made in chunk {
            match made {
                Ok(entry) => good.push(entry),
                Err(e) => {
                    failure = Some(e);
                    break;
                }
            }
        }
        if !good.is_empty() {
            journal.append(&good)?;
            let mut pending = lock();
            for entry in &good {
                for claim in &entry.claims {
                    pending.remove(claim);
                }
            }
            drop(pending);
            good.iter().for_each(|entry| observer.written(entry));
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
    }
    if journal.next()? < plan.len() {
        Ok(End::Interrupted)
    } else {
        Ok(End::Complete)
    }
}

fn entry(item: Item<'_>, claims: Vec<Claim>, finished: Result<Finished, String>) -> Entry {
    let (state, Finished { rows, tally }) = match finished {
        Ok(finished) => (State::Done, finished),
        Err(reason) => (State::Failed { reason }, Finished::default()),
    };
    Entry {
        item: item.index,
        key: item.key.to_owned(),
        state,
        rows,
        claims,
        tally,
    }
}

/// Does something until it comes to its end or its tries are used up. The inner error is the reason why
/// the item failed.
async fn persist<T, F: Future<Output = Result<T, WorkError>>>(
    item: Item<'_>,
    options: Options,
    observer: &dyn Observer,
    mut work: impl FnMut() -> F,
) -> Result<Result<T, String>, JobError> {
    let mut tries = 0;
    loop {
        // A defect in the work on one item is no reason to lose the others.
        let ended = AssertUnwindSafe(work()).catch_unwind().await;
        match ended.unwrap_or_else(|panic| Err(WorkError::Item(panicked(&*panic)))) {
            Ok(value) => return Ok(Ok(value)),
            Err(WorkError::Fatal(message)) => return Err(JobError::Fatal { message }),
            Err(WorkError::Worker(reason)) if tries < options.retries => {
                tries += 1;
                observer.retried(item, &reason);
            }
            Err(WorkError::Item(reason) | WorkError::Worker(reason)) => return Ok(Err(reason)),
        }
    }
}

fn panicked(panic: &(dyn Any + Send)) -> String {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a defect of this program: {}", words.unwrap_or("a panic"))
}
