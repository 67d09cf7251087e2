//! Every case of `tests/adversarial` through [`Pool::verify`]: submissions that must not be
//! accepted, honest ones that must, and what is said of each. The cases are read as `lakatos verify
//! DIR` reads them.
//!
//! Every case is judged with a challenge that somebody vouches for. Of the honest ones every fourth, by a
//! hash of its name, and of the others every eighth is judged with one that came with the submission too;
//! so are all that `LAKATOS_FIXTURE` names.
//!
//! `LAKATOS_PART=0/2` judges half of the cases, by that hash, and `1/2` the other half: CI takes them by turns.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use lakatos_datasets::format::pairs;
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::{Pool, PoolOptions};
use lakatos_lean_bridge::testing;
use lakatos_lean_bridge::verdict::{Judged, Report, STANDARD_AXIOMS, Verdict, VerifyRequest};
use serde::Deserialize;

/// Cases at work at the same time, each with its own lane of two processes.
const LANES: usize = 2;

/// Names the cases that are wanted.
const ONLY: &str = "LAKATOS_FIXTURE";

/// Says which part of them: `K/N`.
const PART: &str = "LAKATOS_PART";

/// One word, or any of several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Any {
    One(String),
    Several(Vec<String>),
}

impl Any {
    fn has(&self, word: &str) -> bool {
        match self {
            Self::One(one) => one == word,
            Self::Several(several) => several.iter().any(|w| w == word),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    verdict: Any,
    class: Option<Any>,
    names: Vec<String>,
    timeout_ms: Option<u64>,
}

/// A case: its directory, and whether it is to be accepted.
struct Case {
    dir: PathBuf,
    name: String,
    honest: bool,
}

impl Case {
    fn new(dir: PathBuf) -> Self {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        let (name, honest) = (name.clone().into_owned(), name.starts_with("honest-"));
        Self { dir, name, honest }
    }

    /// A hash of its name.
    fn sum(&self) -> u32 {
        let bytes = self.name.bytes();
        bytes.fold(0, |h, b| h * 31 % 65_521 + u32::from(b))
    }

    /// Which kinds of challenges it is judged with: vouched for, not vouched for.
    fn vouched(&self) -> &'static [bool] {
        let sum = self.sum();
        let named = std::env::var_os(ONLY).is_some();
        if named || sum.is_multiple_of(if self.honest { 4 } else { 8 }) {
            &[true, false]
        } else {
            &[true]
        }
    }

    /// What is wrong with the verdicts, if anything is.
    async fn check(&self, pool: &Pool) -> Result<(), String> {
        let path = |file: &str| self.dir.join(file).display().to_string();
        let expect = std::fs::read_to_string(path("expect.json")).map_err(|e| e.to_string())?;
        let expect: Expectation = serde_json::from_str(&expect).map_err(|e| e.to_string())?;
        if self.honest != matches!(&expect.verdict, Any::One(word) if word == "accepted") {
            return Err("just the honest cases are expected to be accepted".to_owned());
        }
        let pair = match pairs::read_files(&path("challenge.lean"), &path("solution.lean")) {
            Err(_) if expect.verdict.has("unreadable") => return Ok(()),
            other => other.map_err(|e| e.to_string())?,
        };
        if pair.names != expect.names {
            return Err(format!("the reader would have {:?} judged", pair.names));
        }
        for &vouched in self.vouched() {
            let request = VerifyRequest {
                environment: EnvironmentSpec {
                    imports: pair.environment.imports.clone(),
                    text: pair.environment.text.clone(),
                },
                reference: pair.reference.clone(),
                vouched,
                submission: pair.submission.clone(),
                names: pair.names.clone(),
                axioms: STANDARD_AXIOMS.map(str::to_owned).to_vec(),
                timeout_ms: expect.timeout_ms.unwrap_or(60_000),
            };
            judge(&expect, &pool.verify(&request).await)
                .map_err(|what| format!("vouched {vouched}: {what}"))?;
        }
        Ok(())
    }
}

fn judge(expect: &Expectation, report: &Report) -> Result<(), String> {
    if report.theorems.iter().map(|t| &t.name).ne(&expect.names) {
        return Err(format!("the verdicts are about other names: {report:?}"));
    }
    for Judged { name, verdict, .. } in &report.theorems {
        eprintln!("  {name}: {verdict:.200?}");
        let class = match verdict {
            Verdict::Accepted { .. } => None,
            Verdict::Rejected { reason }
            | Verdict::Declined { reason }
            | Verdict::Fault { reason } => Some(&reason.class),
        };
        let as_expected = expect.verdict.has(verdict.word())
            && class.is_none_or(|c| expect.class.as_ref().is_none_or(|any| any.has(c)))
            && verdict.is_proved() == class.is_none();
        if !as_expected {
            return Err(format!("`{name}`: expected {expect:?}, got {verdict:?}"));
        }
    }
    Ok(())
}

/// Which part of the cases is wanted, of how many.
fn part() -> (u32, u32) {
    let Ok(said) = std::env::var(PART) else {
        return (0, 1);
    };
    let numbers = said.split_once('/').and_then(|(k, n)| {
        let (k, n): (u32, u32) = (k.parse().ok()?, n.parse().ok()?);
        (k < n).then_some((k, n))
    });
    numbers.expect("LAKATOS_PART is K/N, with K below N")
}

/// The cases, or those whose names begin with one of `LAKATOS_FIXTURE=name,name`, or a part of them.
fn cases() -> VecDeque<Case> {
    let (part, parts) = part();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/adversarial");
    let only = std::env::var(ONLY).ok();
    let entries = std::fs::read_dir(root).expect("the cases are there");
    let mut cases: Vec<Case> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.is_dir())
        .map(Case::new)
        .filter(|c| {
            let begins = |only: &String| only.split(',').any(|o| c.name.starts_with(o));
            // The hash's lower bits say which cases are judged twice.
            only.as_ref().is_none_or(begins) && c.sum() / 8 % parts == part
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases.into()
}

async fn work(pool: Pool, queue: Arc<Mutex<VecDeque<Case>>>) -> Vec<String> {
    let mut wrong = Vec::new();
    loop {
        let next = queue.lock().expect("no case panics").pop_front();
        let Some(case) = next else { return wrong };
        let begun = std::time::Instant::now();
        let result = case.check(&pool).await;
        eprintln!("{:5.1} s {}", begun.elapsed().as_secs_f64(), case.name);
        if let Err(what) = result {
            wrong.push(format!("{}: {what}", case.name));
        }
    }
}

#[test]
fn cases_get_their_verdicts() {
    let cases = cases();
    let count = cases.len();
    assert!(count > 0, "no case was checked");
    let queue = Arc::new(Mutex::new(cases));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let wrong = runtime.block_on(async {
        let options = PoolOptions {
            workers: 0,
            verify_lanes: LANES,
            warm_spare: false,
            ..PoolOptions::default()
        };
        let pool = Pool::start(testing::launcher(), options)
            .await
            .expect("the pool starts");
        let mut lanes = tokio::task::JoinSet::new();
        for _ in 0..LANES.min(count) {
            lanes.spawn(work(pool.clone(), Arc::clone(&queue)));
        }
        let wrong = lanes.join_all().await.concat();
        pool.shutdown().await;
        wrong
    });
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_suite_is_as_large_as_it_says() {
    if std::env::var_os(ONLY).is_some() || part().1 > 1 {
        return;
    }
    let (honest, hostile): (Vec<_>, Vec<_>) = cases().into_iter().partition(|c| c.honest);
    assert!(hostile.len() >= 100 && honest.len() >= 45);
    let readme = include_str!("../../README.md");
    for count in [
        format!("{} ways", hostile.len()),
        format!("{} honest", honest.len()),
    ] {
        assert!(readme.contains(&count), "README.md does not say `{count}`");
    }
}
