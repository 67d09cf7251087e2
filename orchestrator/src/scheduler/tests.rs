use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::verdict::Level;

use super::*;
use crate::store::{NewProblem, NewRun, RunLock};

#[derive(Default)]
struct Heard(Mutex<Vec<Event>>);

impl EventSink for Heard {
    fn event(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Heard {
    fn results(&self) -> Vec<(String, Outcome)> {
        let events = self.0.lock().unwrap();
        let result = |e: &Event| match e {
            Event::Problem(end) => Some((end.name.clone(), end.verdict)),
            _ => None,
        };
        events.iter().filter_map(result).collect()
    }

    fn retries(&self) -> usize {
        self.0
            .lock()
            .unwrap()
            .iter()
            .filter(|e| matches!(e, Event::Retry { .. }))
            .count()
    }
}

/// Ends each attempt as the problem's name says; a list of words is one for each attempt.
struct Scripted {
    tries: Mutex<HashMap<String, usize>>,
    seeds: Mutex<Vec<(String, u64)>>,
    under_way: AtomicUsize,
    most: AtomicUsize,
    meeting: tokio::sync::Barrier,
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            tries: Mutex::default(),
            seeds: Mutex::default(),
            under_way: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            meeting: tokio::sync::Barrier::new(3),
        }
    }
}

fn made(outcome: Outcome) -> Made {
    let mut record = fault("scripted");
    record.outcome = outcome;
    if outcome == Outcome::Proved {
        record.reason = None;
        record.proof = Some("theorem x : True := trivial".into());
        record.verdict = Some(Verdict::Accepted {
            level: Level::Kernel,
            axioms: vec![],
            library_bodies: false,
        });
    }
    Made {
        record,
        before: Value::Null,
    }
}

impl Prover for Scripted {
    fn attempt<'a>(
        &'a self,
        problem: &'a StoredProblem,
        seed: u64,
        cancel: &'a Cancel,
    ) -> Pin<Box<dyn Future<Output = Made> + Send + 'a>> {
        Box::pin(async move {
            let name = &problem.problem.name;
            self.seeds.lock().unwrap().push((name.clone(), seed));
            let turn = {
                let mut tries = self.tries.lock().unwrap();
                let turn = tries.entry(name.clone()).or_default();
                *turn += 1;
                *turn - 1
            };
            let now = 1 + self.under_way.fetch_add(1, Ordering::SeqCst);
            self.most.fetch_max(now, Ordering::SeqCst);
            let script = name
                .split('_')
                .next()
                .unwrap()
                .split('+')
                .nth(turn)
                .unwrap();
            let end = match script {
                "proved" => made(Outcome::Proved),
                "failed" => made(Outcome::Failed),
                "fault" => made(Outcome::Fault),
                "meets" => {
                    self.meeting.wait().await;
                    made(Outcome::Proved)
                }
                "waits" => {
                    cancel.cancelled().await;
                    made(Outcome::Interrupted)
                }
                "stops" => {
                    cancel.cancel();
                    made(Outcome::Proved)
                }
                _ => panic!("scripted"),
            };
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            end
        })
    }

    fn learnt(&self) -> Value {
        Value::Null
    }
}

struct Bench {
    _dir: tempfile::TempDir,
    _lock: RunLock,
    store: Arc<Store>,
    run: RunId,
    heard: Arc<Heard>,
    prover: Arc<Scripted>,
}

fn bench(names: &[&str]) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(dir.path()).unwrap());
    let run = NewRun {
        name: None,
        stem: "t".into(),
        seed: 1,
        source: String::new(),
        command_line: vec![],
        config: Value::Null,
        versions: Value::Null,
        lean: Value::Null,
    };
    let problems: Vec<NewProblem> = names
        .iter()
        .map(|name| NewProblem {
            name: (*name).to_owned(),
            split: None,
            environment: EnvironmentSpec::default(),
            statement: String::new(),
            origin: String::new(),
            payload: Value::Null,
        })
        .collect();
    let (run, lock) = store.create_run(&run, &problems).unwrap();
    Bench {
        _dir: dir,
        _lock: lock,
        store,
        run: run.id,
        heard: Arc::default(),
        prover: Arc::default(),
    }
}

impl Bench {
    async fn work(&self, in_flight: usize) -> Summary {
        let scheduler = Scheduler {
            store: self.store.clone(),
            run: self.run,
            seed: 1,
            in_flight,
            prover: self.prover.clone(),
            sink: self.heard.clone(),
            stop: Cancel::new(),
        };
        scheduler.work().await.unwrap()
    }
}

#[tokio::test]
async fn faults_and_panics_cost_one_retry_and_the_run_goes_on() {
    let b = bench(&[
        "fault+proved_a",
        "panic+panic_b",
        "fault+fault_c",
        "proved_d",
        "failed_e",
    ]);
    let summary = b.work(2).await;
    assert_eq!((summary.proved, summary.faults, summary.failed), (2, 2, 1));
    assert_eq!(b.heard.retries(), 3);
    assert_eq!(b.heard.results().len(), 5, "each result is announced once");
    assert_eq!(b.store.counts(b.run).unwrap().done(), 5);
}

#[tokio::test]
async fn one_at_a_time_keeps_the_order_and_several_keep_their_number() {
    let names = ["proved_a", "failed_b", "proved_c", "proved_d"];
    let b = bench(&names);
    b.work(1).await;
    let order: Vec<String> = b.heard.results().into_iter().map(|(n, _)| n).collect();
    assert_eq!(order, names);
    assert_eq!(b.prover.most.load(Ordering::SeqCst), 1);
    let b = bench(&["meets_a", "meets_b", "meets_c", "proved_d", "failed_e"]);
    b.work(3).await;
    assert_eq!(b.prover.most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_stop_is_written_and_the_run_goes_on_later() {
    let b = bench(&["waits+proved_a", "stops_b", "proved_c"]);
    let summary = b.work(2).await;
    assert_eq!((summary.proved, summary.remaining), (1, 2));
    let summary = b.work(2).await;
    assert_eq!((summary.proved, summary.remaining), (3, 0));
    let names: Vec<String> = b.heard.results().into_iter().map(|(n, _)| n).collect();
    assert_eq!(names.len(), 3, "nothing was announced twice: {names:?}");
}

#[tokio::test]
async fn seeds_depend_on_the_problem_and_not_on_the_order() {
    let seeds = |names: &'static [&'static str]| async move {
        let b = bench(names);
        b.work(1).await;
        let seeds: HashMap<_, _> = b.prover.seeds.lock().unwrap().iter().cloned().collect();
        seeds
    };
    let forth = seeds(&["proved_a", "failed_b"]).await;
    let back = seeds(&["failed_b", "proved_a"]).await;
    assert_eq!(forth, back);
    assert_ne!(forth["proved_a"], forth["failed_b"]);
}
