//! The mutator: theorems kept a second and core, the funnel, memory over candidates.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use lakatos_datasets::job::{
    Claim, Entry, Item, JobError, Journal, JournalError, Observer, Options, Plan, Provenance,
    Tally, run,
};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_mutator::difficulty::Unprobed;
use lakatos_mutator::job::{Mutate, Policy, STAGES, Unguarded, width};
use lakatos_mutator::lean::{LeanSource, Rules};
use lakatos_mutator::library::{Request, Theorem, select};
use lakatos_mutator::targets::{Choice, ChoiceError};
use lakatos_mutator::together::Together;

use super::processes::Usage;
use super::{Figure, Target, percentile};

/// Core-seconds for a theorem that Alchemy kept (arXiv 2410.15748): 1.72 million core-hours for 6.3 million.
const ALCHEMY: f64 = 16.0 * 60.0;

/// Trivial theorems that are kept of a target.
const TRIVIAL: u32 = 2;

/// What is measured.
pub struct Mutation {
    /// Which theorems are mutated.
    pub targets: Choice,
    /// So many of them, evenly spread over the order in which they depend on one another.
    pub limit: usize,
    /// The seed.
    pub seed: u64,
    /// Search workers.
    pub workers: usize,
    /// Verification lanes.
    pub lanes: usize,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum Unmeasured {
    /// The targets.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The job.
    #[error(transparent)]
    Job(#[from] JobError),
}

/// Counts and claims, without rows: what a run keeps on the disk must not be measured as memory.
#[derive(Default)]
struct Counted(Mutex<Sums>);

#[derive(Default)]
struct Sums {
    next: u64,
    failed: u64,
    claims: HashMap<Claim, u64>,
    tally: Tally,
    /// Candidates so far, and MiB of all processes then.
    memory: Vec<(u64, f64)>,
}

impl Counted {
    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for Counted {
    fn next(&self) -> Result<u64, JournalError> {
        Ok(self.sums().next)
    }

    fn holder(&self, claim: Claim) -> Result<Option<u64>, JournalError> {
        Ok(self.sums().claims.get(&claim).copied())
    }

    fn append(&self, entries: &[Entry]) -> Result<(), JournalError> {
        let mut sums = self.sums();
        for entry in entries {
            sums.next = entry.item + 1;
            sums.failed += u64::from(entry.state != lakatos_datasets::job::State::Done);
            sums.claims
                .extend(entry.claims.iter().map(|c| (*c, entry.item)));
            sums.tally.merge(&entry.tally);
        }
        Ok(())
    }

    fn visit(
        &self,
        _: Range<u64>,
        _: &mut dyn FnMut(Entry) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        Ok(())
    }
}

struct Watched<'a> {
    journal: &'a Counted,
    said: &'a (dyn Fn(String) + Send + Sync),
    every: u64,
}

impl Observer for Watched<'_> {
    fn retried(&self, item: Item<'_>, reason: &str) {
        (self.said)(format!("{} is done again: {reason}", item.key));
    }

    fn written(&self, entry: &Entry) {
        if (entry.item + 1).is_multiple_of(self.every) {
            let memory = Usage::now().memory_mb;
            let mut sums = self.journal.sums();
            let made = sums.tally.get("funnel", "candidate", "passed");
            let kept = sums.tally.get("rows", "theorems", "rows");
            sums.memory.push((made, memory));
            drop(sums);
            let done = entry.item + 1;
            (self.said)(format!(
                "{done} targets: {made} candidates, {kept} kept, {memory:.0} MB"
            ));
        }
    }
}

/// What the embedded Lean's targets stand in.
pub fn core_library() -> EnvironmentSpec {
    EnvironmentSpec {
        imports: vec!["Init".into(), "Std".into()],
        text: String::new(),
    }
}

/// Mutates a sample of these theorems of the core library with all gates on, and counts.
///
/// # Errors
/// The choice of targets, or the job failed.
pub async fn mutate(
    pool: Pool,
    theorems: &[Theorem],
    load: &Mutation,
    said: &(dyn Fn(String) + Send + Sync),
) -> Result<Vec<Figure>, Unmeasured> {
    let environment = core_library();
    let request = Request {
        targets: load.targets.clone(),
        premises: Choice::All,
        held_out: None,
        sample: None,
        limit: None,
    };
    let selection = select(theorems, &request)?;
    let statements: HashSet<String> = theorems.iter().map(|t| t.hash.clone()).collect();
    let all = &selection.targets;
    let chosen = load.limit.clamp(1, all.len());
    let spread = (0..chosen).map(|i| all[i * all.len() / chosen].0.clone());
    let plan = Plan::new(spread.collect());
    let source = LeanSource::new(pool.clone(), environment.clone(), Rules::all(), TRIVIAL);
    // Indices are memory too: they are built before the measurement begins.
    pool.warm(&environment).await;
    let job = Mutate {
        source: &source,
        judge: &Together::new(&pool),
        prober: &Unprobed,
        guard: &Unguarded,
        known: &|hash| statements.contains(hash).then_some("in the library"),
        usable: &|_| true,
        modules: &|_| String::new(),
        environment,
        policy: Policy {
            trivial: TRIVIAL,
            probed_per_thousand: 0,
            negatives_per_thousand: 0,
        },
        made_by: Provenance::default(),
    };
    let journal = Counted::default();
    let watched = Watched {
        journal: &journal,
        said,
        every: (plan.len() / 50).max(1),
    };
    let options = Options {
        seed: load.seed,
        width: width(load.workers, load.lanes),
        retries: 1,
    };
    let (began, before) = (Instant::now(), Usage::now());
    run(&job, &plan, &journal, options, &watched, &|| false).await?;
    let (seconds, cpu) = (
        began.elapsed().as_secs_f64(),
        Usage::now().cpu_since(&before),
    );
    pool.shutdown().await;
    let sums = journal
        .0
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    Ok(figures(&sums, seconds, cpu))
}

fn figures(sums: &Sums, seconds: f64, cpu: f64) -> Vec<Figure> {
    let count = |table: &str, row: &str, column: &str| sums.tally.get(table, row, column) as f64;
    let kept = count("rows", "theorems", "rows");
    let mut all = vec![
        Figure::new("targets", sums.next as f64, ""),
        Figure::new("targets that failed", sums.failed as f64, ""),
    ];
    for (stage, _) in STAGES {
        let columns = sums.tally.table("funnel").and_then(|t| t.get(*stage));
        let came: u64 = columns.map_or(0, |c| c.values().sum());
        if came == 0 {
            continue;
        }
        let passed = count("funnel", stage, "passed");
        all.push(Figure::new(
            format!("{stage}: passed of {came}"),
            passed,
            "",
        ));
    }
    let round_trip = sums.tally.table("funnel").and_then(|t| t.get("round_trip"));
    let came: u64 = round_trip.map_or(0, |c| c.values().sum());
    if came > 0 {
        let share = 100.0 * count("funnel", "round_trip", "passed") / came as f64;
        all.push(
            Figure::new("share that passes the round trip", share, "%")
                .target(Target::AtLeast(60.0)),
        );
    }
    all.push(Figure::new("wall clock", seconds, "s"));
    all.push(Figure::new("processor time, all processes", cpu, "s"));
    all.push(Figure::new("theorems kept", kept, ""));
    all.push(
        Figure::new("kept a second of processor time", kept / cpu, "1/s")
            .target(Target::AtLeast(10.0)),
    );
    let each = cpu / kept.max(1.0);
    all.push(Figure::new("core-seconds for a kept theorem", each, "s"));
    all.push(
        Figure::new("Alchemy's over that", ALCHEMY / each, "×").target(Target::AtLeast(1000.0)),
    );
    // The second tenth is warm; the last is the end.
    let memory: Vec<f64> = sums.memory.iter().map(|(_, mb)| *mb).collect();
    let tenth = (memory.len() / 10).max(1);
    let warm = percentile(memory.get(tenth..2 * tenth).unwrap_or(&memory), 50.0);
    let end = percentile(&memory[memory.len().saturating_sub(tenth)..], 50.0);
    all.push(Figure::new("memory of all processes when warm", warm, "MB"));
    all.push(Figure::new("memory at the end", end, "MB"));
    if warm > 0.0 {
        let growth = 100.0 * (end - warm) / warm;
        all.push(Figure::new("growth of memory", growth, "%").target(Target::AtMost(10.0)));
    }
    all
}
