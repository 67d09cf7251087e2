//! The frame of data jobs: whatever instant a run dies at, the journal of the resumed one is that of an
//! unbroken one.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by them, and one of its jobs panics to be caught"
)]

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use lakatos_datasets::job::run::Finished;
use lakatos_datasets::job::{
    Claim, Claims, End, Entry, Item, Job, JobError, Journal, JournalError, MemoryJournal, Options,
    Plan, Row, Silent, State, Tally, Width, WorkError, run,
};
use proptest::prelude::*;

/// Gives numbers, each once in a run; items take different times, and some fail.
struct Numbers {
    /// Varies the times that items take: nothing may depend on it.
    timing: u64,
    deaths: AtomicU32,
}

impl Numbers {
    fn new(timing: u64) -> Self {
        Self {
            timing,
            deaths: AtomicU32::new(0),
        }
    }

    async fn pause(&self, item: Item<'_>) {
        let turns = (item.index * 7 + self.timing * (item.index % 5)) % 11;
        for _ in 0..turns {
            yield_now().await;
        }
    }
}

async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Job for Numbers {
    type Draft = Vec<u64>;
    type Settled = Vec<(u64, Option<u64>)>;

    async fn work(&self, item: Item<'_>) -> Result<Vec<u64>, WorkError> {
        self.pause(item).await;
        match item.key {
            "bad" => Err(WorkError::Item("it cannot be done".into())),
            "deadly" => {
                self.deaths.fetch_add(1, Ordering::Relaxed);
                Err(WorkError::Worker("the worker died".into()))
            }
            "defect" => panic!("an invariant is broken"),
            _ => {
                let seed = item.seed_for("numbers");
                Ok((0..5).map(|i| (seed >> (4 * i)) % 40).collect())
            }
        }
    }

    fn settle(
        &self,
        item: Item<'_>,
        draft: Vec<u64>,
        claims: &mut Claims<'_>,
    ) -> Result<Self::Settled, JournalError> {
        let settle = |n: u64| {
            let holder = claims.claim(Claim::of("number", &n.to_string()))?;
            Ok((n, holder.filter(|h| *h != item.index)))
        };
        draft.into_iter().map(settle).collect()
    }

    async fn finish(&self, item: Item<'_>, settled: &Self::Settled) -> Result<Finished, WorkError> {
        self.pause(item).await;
        let mut finished = Finished::default();
        for (n, holder) in settled {
            let row = Row::new("numbers", &serde_json::json!({"n": n, "first": holder}));
            finished.rows.push(row.expect("it is JSON"));
            finished.tally.add(
                "funnel",
                "new",
                if holder.is_some() { "no" } else { "yes" },
                1,
            );
        }
        Ok(finished)
    }
}

fn plan() -> Plan {
    let name = |i: usize| match i {
        13 => "bad".to_owned(),
        17 => "deadly".to_owned(),
        21 => "defect".to_owned(),
        i => format!("item {i}"),
    };
    Plan::new((0..60).map(name).collect())
}

fn options(at_once: usize) -> Options {
    Options {
        seed: 3,
        width: at_once.into(),
        retries: 1,
    }
}

fn entries(journal: &dyn Journal) -> Vec<Entry> {
    let mut all = Vec::new();
    let keep = &mut |entry| {
        all.push(entry);
        Ok(())
    };
    journal.visit(0..u64::MAX, keep).unwrap();
    all
}

fn unbroken() -> Vec<Entry> {
    let journal = MemoryJournal::default();
    let end = block_on(run(
        &Numbers::new(0),
        &plan(),
        &journal,
        options(1),
        &Silent,
        &|| false,
    ));
    assert_eq!(end.unwrap(), End::Complete);
    entries(&journal)
}

/// Polls a future until it is ready or has been polled so often, and drops it then: a kill.
fn polled<T>(future: impl Future<Output = T>, most: u64) -> Option<T> {
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..most).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    polled(future, 1_000_000).expect("it comes to its end")
}

#[test]
fn failures_stay_with_their_items() {
    let all = unbroken();
    assert_eq!(all.len(), 60);
    let reason = |i: usize| match &all[i].state {
        State::Done => String::new(),
        State::Failed { reason } => reason.clone(),
    };
    assert_eq!(reason(13), "it cannot be done");
    assert_eq!(reason(17), "the worker died");
    assert_eq!(
        reason(21),
        "a defect of this program: an invariant is broken"
    );
    let failed = all.iter().filter(|e| e.state != State::Done).count();
    assert_eq!(failed, 3);
    let mut tally = Tally::default();
    all.iter().for_each(|e| tally.merge(&e.tally));
    // Each of the 40 numbers is new once at most; the rest of the 285 had been there.
    assert!(tally.get("funnel", "new", "no") > 200);
}

#[test]
fn a_worker_that_died_is_tried_again_and_an_item_that_cannot_be_done_is_not() {
    let job = Numbers::new(0);
    let journal = MemoryJournal::default();
    block_on(run(&job, &plan(), &journal, options(4), &Silent, &|| false)).unwrap();
    assert_eq!(job.deaths.load(Ordering::Relaxed), 2);
}

proptest! {
    #[test]
    fn a_killed_run_goes_on_as_if_it_had_not_been(
        kills in proptest::collection::vec((1u64..120, 1usize..9, 0u64..9), 1..8)
    ) {
        let journal = MemoryJournal::default();
        let plan = plan();
        for (polls, at_once, timing) in kills {
            let job = Numbers::new(timing);
            polled(run(&job, &plan, &journal, options(at_once), &Silent, &|| false), polls);
        }
        let job = Numbers::new(5);
        let end = block_on(run(&job, &plan, &journal, options(3), &Silent, &|| false));
        prop_assert_eq!(end.unwrap(), End::Complete);
        prop_assert_eq!(entries(&journal), unbroken());
    }

    #[test]
    fn a_stopped_run_writes_what_was_under_way(after in 0u64..70, at_once in 1usize..9) {
        let journal = MemoryJournal::default();
        let begun = std::sync::atomic::AtomicU64::new(0);
        let stop = || begun.fetch_add(1, Ordering::Relaxed) >= after;
        let job = Numbers::new(1);
        let end = block_on(run(&job, &plan(), &journal, options(at_once), &Silent, &stop)).unwrap();
        let done = entries(&journal);
        prop_assert_eq!(done.len() as u64, after.min(60));
        prop_assert_eq!(end == End::Complete, after >= 60);
        prop_assert_eq!(&done[..], &unbroken()[..done.len()]);
    }

    #[test]
    fn a_stopped_run_begins_nothing_that_waits(after in 1u64..20, at_once in 1usize..5) {
        let journal = MemoryJournal::default();
        let stop = || journal.next().unwrap() >= after;
        let options = Options { width: Width { at_once, window: 60 }, ..options(at_once) };
        let end = block_on(run(&Numbers::new(1), &plan(), &journal, options, &Silent, &stop)).unwrap();
        let done = entries(&journal);
        prop_assert_eq!(end, End::Interrupted);
        prop_assert!(done.len() as u64 >= after && done.len() < 60, "{} entries", done.len());
        prop_assert_eq!(&done[..], &unbroken()[..done.len()]);
    }
}

/// A journal on a disk that fills up.
struct Full {
    inner: MemoryJournal,
    room: AtomicU32,
}

impl Journal for Full {
    fn next(&self) -> Result<u64, JournalError> {
        self.inner.next()
    }

    fn holder(&self, claim: Claim) -> Result<Option<u64>, JournalError> {
        self.inner.holder(claim)
    }

    fn append(&self, entries: &[Entry]) -> Result<(), JournalError> {
        let need = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let room = self.room.load(Ordering::Relaxed);
        if room < need {
            return Err(JournalError("no space left on the device".into()));
        }
        self.room.store(room - need, Ordering::Relaxed);
        self.inner.append(entries)
    }

    fn visit(
        &self,
        items: std::ops::Range<u64>,
        visitor: &mut dyn FnMut(Entry) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        self.inner.visit(items, visitor)
    }
}

#[test]
fn a_full_disk_ends_the_run_and_loses_nothing() {
    let journal = Full {
        inner: MemoryJournal::default(),
        room: AtomicU32::new(25),
    };
    let job = Numbers::new(2);
    let ended = block_on(run(&job, &plan(), &journal, options(4), &Silent, &|| false));
    let error = ended.unwrap_err();
    assert_eq!(error.to_string(), "no space left on the device");
    assert!(matches!(error, JobError::Journal(_)));
    let written = journal.next().unwrap();
    assert!(written > 0 && written <= 25, "{written}");
    journal.room.store(u32::MAX, Ordering::Relaxed);
    let end = block_on(run(&job, &plan(), &journal, options(4), &Silent, &|| false));
    assert_eq!(end.unwrap(), End::Complete);
    assert_eq!(entries(&journal), unbroken());
}

/// Finds, at one item, that no Lean starts any more.
struct Doomed;

impl Job for Doomed {
    type Draft = ();
    type Settled = ();

    async fn work(&self, item: Item<'_>) -> Result<(), WorkError> {
        match item.index {
            10 => Err(WorkError::Fatal("no worker can be started".into())),
            _ => Ok(()),
        }
    }

    fn settle(&self, _: Item<'_>, (): (), _: &mut Claims<'_>) -> Result<(), JournalError> {
        Ok(())
    }

    async fn finish(&self, _: Item<'_>, (): &()) -> Result<Finished, WorkError> {
        Ok(Finished::default())
    }
}

#[test]
fn a_job_that_cannot_go_on_keeps_what_came_before() {
    let journal = MemoryJournal::default();
    let ended = block_on(run(
        &Doomed,
        &plan(),
        &journal,
        options(4),
        &Silent,
        &|| false,
    ));
    assert_eq!(ended.unwrap_err().to_string(), "no worker can be started");
    assert_eq!(journal.next().unwrap(), 10);
}
