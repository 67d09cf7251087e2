//! The data job: candidates of a target, gates, level 3, rows.

use std::future::Future;

use lakatos_datasets::job::run::Finished;
use lakatos_datasets::job::{
    Claim, Claims, Item, Job, JournalError, Provenance, Row, Tally, Width, WorkError,
};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::verdict::Verdict;
use serde::Serialize;

use crate::candidate::{Candidate, Mutations, Negative, NegativeKind};
use crate::difficulty::{Difficulty, Prober, sampled};
use crate::row::{self, NEGATIVES, NegativeRow, Origin, STEPS, StepRow, THEOREMS, TheoremRow};
use crate::verify::{Judge, Proved, verify};

/// Targets that are asked about at once for each worker: one, and the next, so that it never waits.
const AT_ONCE: usize = 2;

/// Targets that are taken up for each worker: enough that the theorems of several are judged together, and that
/// one which takes half a minute does not keep the others' results, which come in order, from making room.
const WINDOW: usize = 48;

/// How many targets are worked on with so many workers, and lanes that judge.
pub fn width(workers: usize, lanes: usize) -> Width {
    Width {
        at_once: AT_ONCE * workers,
        window: WINDOW * (workers + lanes),
    }
}

/// The table of counts whose rows are stages.
const FUNNEL: &str = "funnel";
const PASSED: &str = "passed";
/// The table of counts by rule, and that by module.
const RULES: &str = "rules";
const MODULES: &str = "modules";
/// The table that counts rows.
const ROWS: &str = "rows";

/// The stages that candidates go through, in order, each with what it asks. The worker's own stages, up to
/// `vacuity`, have the names that docs/protocol.md gives them.
pub const STAGES: &[(&str, &str)] = &[
    ("size", "is it short enough to read?"),
    (
        "round_trip",
        "does its printed text mean the same statement?",
    ),
    ("script", "does its script prove it in the worker?"),
    ("vacuity", "can its hypotheses hold together?"),
    ("candidate", "what the worker answered"),
    (
        "premises",
        "does it use chosen theorems alone, and none that is held out?",
    ),
    (
        "contamination",
        "is it in none of the benchmarks, nor too near to one?",
    ),
    (
        "novelty",
        "is it new: to the library, to this run, to earlier ones?",
    ),
    (
        "triviality",
        "is it within the budget of theorems that a finisher closes at once?",
    ),
    (
        "kernel",
        "does the kernel accept its proof, from text, in another process?",
    ),
];

/// Where candidates come from: Lean.
pub trait Source: Sync {
    /// The candidates of a target.
    fn mutate(
        &self,
        target: &str,
        seed: u64,
    ) -> impl Future<Output = Result<Mutations, WorkError>> + Send;

    /// Wrong versions of a kept theorem.
    fn negatives(
        &self,
        target: &str,
        kept: &Candidate,
        seed: u64,
    ) -> impl Future<Output = Result<Vec<Negative>, WorkError>> + Send;
}

/// What keeps benchmarks out: says which one a statement is in.
pub trait Guard: Send + Sync {
    /// The benchmark that holds the statement, and by what it was found.
    fn holder(&self, candidate: &Candidate) -> Option<String>;
}

/// Keeps nothing out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unguarded;

impl Guard for Unguarded {
    fn holder(&self, _: &Candidate) -> Option<String> {
        None
    }
}

/// What decides which candidates are kept, and what is made of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Trivial theorems that are kept of a target, marked.
    pub trivial: u32,
    /// Of a thousand kept theorems, those whose difficulty is searched for.
    pub probed_per_thousand: u32,
    /// Of a thousand kept theorems, those of which negatives are made.
    pub negatives_per_thousand: u32,
}

/// A mutation job.
pub struct Mutate<'a, S, J, P> {
    /// Makes candidates.
    pub source: &'a S,
    /// Judges proofs.
    pub judge: &'a J,
    /// Searches for the difficulty.
    pub prober: &'a P,
    /// Keeps benchmarks out.
    pub guard: &'a dyn Guard,
    /// Where a statement hash is known from: `in the library`, `in an earlier run`.
    pub known: &'a (dyn Fn(&str) -> Option<&'static str> + Sync),
    /// Whether a theorem may be used besides the target: chosen, and not held out.
    pub usable: &'a (dyn Fn(&str) -> bool + Sync),
    /// The module of each target, by its place in the plan.
    pub modules: &'a (dyn Fn(u64) -> String + Sync),
    /// What candidates stand in.
    pub environment: EnvironmentSpec,
    /// What decides.
    pub policy: Policy,
    /// What stands in every row.
    pub made_by: Provenance,
}

/// Candidates of an item that are still in, and what was counted.
pub struct Draft {
    candidates: Vec<Candidate>,
    tally: Tally,
}

impl<S: Source, J: Judge, P: Prober> Job for Mutate<'_, S, J, P> {
    type Draft = Draft;
    type Settled = Draft;

    async fn work(&self, item: Item<'_>) -> Result<Draft, WorkError> {
        let seed = item.seed_for("mutate");
        let Mutations {
            candidates,
            refused,
        } = self.source.mutate(item.key, seed).await?;
        let mut tally = Tally::default();
        tally.add(MODULES, &(self.modules)(item.index), "targets", 1);
        for (stage, reasons) in &refused {
            for (reason, n) in reasons {
                tally.add(FUNNEL, stage, reason, *n);
            }
        }
        let mut kept = Vec::new();
        for candidate in candidates {
            tally.add(FUNNEL, "candidate", PASSED, 1);
            tally.add(FUNNEL, "script", PASSED, 1);
            tally.add(RULES, &candidate.rule, "candidates", 1);
            if self.passes(&candidate, &mut tally) {
                kept.push(candidate);
            }
        }
        Ok(Draft {
            candidates: kept,
            tally,
        })
    }

    fn settle(
        &self,
        _: Item<'_>,
        mut draft: Draft,
        claims: &mut Claims<'_>,
    ) -> Result<Draft, JournalError> {
        let mut fresh = Vec::with_capacity(draft.candidates.len());
        let mut trivial = 0;
        for candidate in draft.candidates {
            let claim = Claim::of("statement", &candidate.hash);
            if claims.holder(claim)?.is_some() {
                draft.tally.add(FUNNEL, "novelty", "made before", 1);
                continue;
            }
            draft.tally.add(FUNNEL, "novelty", PASSED, 1);
            if candidate.trivial().is_some() {
                if trivial >= self.policy.trivial {
                    draft.tally.add(FUNNEL, "triviality", "over budget", 1);
                    continue;
                }
                trivial += 1;
                draft.tally.add(RULES, &candidate.rule, "trivial", 1);
            }
            draft.tally.add(FUNNEL, "triviality", PASSED, 1);
            claims.claim(claim)?;
            fresh.push(candidate);
        }
        Ok(Draft {
            candidates: fresh,
            tally: draft.tally,
        })
    }

    async fn finish(&self, item: Item<'_>, settled: &Draft) -> Result<Finished, WorkError> {
        let theorems: Vec<Proved> = settled.candidates.iter().map(proved).collect();
        let verdicts = verify(self.judge, &self.environment, &theorems).await;
        let mut finished = Finished {
            rows: Vec::new(),
            tally: settled.tally.clone(),
        };
        let module = (self.modules)(item.index);
        for ((candidate, theorem), verdict) in
            settled.candidates.iter().zip(&theorems).zip(verdicts)
        {
            match &verdict {
                Verdict::Accepted { .. } if verdict.is_proved() => {
                    finished.tally.add(FUNNEL, "kernel", PASSED, 1);
                    self.keep(item, &module, candidate, theorem, &verdict, &mut finished)
                        .await?;
                }
                Verdict::Fault { reason } => {
                    let message = format!("the verification failed: {}", reason.message);
                    return Err(WorkError::Worker(message));
                }
                other => finished.tally.add(FUNNEL, "kernel", other.word(), 1),
            }
        }
        Ok(finished)
    }
}

impl<S: Source, J: Judge, P: Prober> Mutate<'_, S, J, P> {
    /// The gates that depend on the candidate alone.
    fn passes(&self, candidate: &Candidate, tally: &mut Tally) -> bool {
        for gate in &candidate.gates {
            // Triviality marks; its budget is settled later.
            if gate.gate == Candidate::TRIVIALITY {
                continue;
            }
            if gate.passed {
                tally.add(FUNNEL, &gate.gate, PASSED, 1);
            } else {
                tally.add(FUNNEL, &gate.gate, &gate.detail, 1);
                return false;
            }
        }
        if !candidate.premises.iter().all(|name| (self.usable)(name)) {
            tally.add(FUNNEL, "premises", "not to be used", 1);
            return false;
        }
        tally.add(FUNNEL, "premises", PASSED, 1);
        if self.guard.holder(candidate).is_some() {
            tally.add(FUNNEL, "contamination", "in a benchmark", 1);
            return false;
        }
        tally.add(FUNNEL, "contamination", PASSED, 1);
        if let Some(place) = (self.known)(&candidate.hash) {
            tally.add(FUNNEL, "novelty", place, 1);
            return false;
        }
        true
    }

    async fn keep(
        &self,
        item: Item<'_>,
        module: &str,
        candidate: &Candidate,
        theorem: &Proved,
        verdict: &Verdict,
        finished: &mut Finished,
    ) -> Result<(), WorkError> {
        let Verdict::Accepted {
            level,
            axioms,
            library_bodies,
        } = verdict
        else {
            return Ok(());
        };
        let origin = Origin::new(item, module, candidate, &self.made_by);
        let draw = |purpose: &str| item.seed_for(&format!("{purpose} {}", candidate.hash));
        let difficulty = self
            .difficulty(candidate, theorem, draw("difficulty"))
            .await;
        if let Some(difficulty) = &difficulty {
            finished
                .tally
                .add("difficulty", &difficulty.outcome, "theorems", 1);
        }
        let header = row::header(&self.environment.imports);
        finished.tally.add(RULES, &candidate.rule, "kept", 1);
        finished.tally.add(MODULES, module, "kept", 1);
        push(
            finished,
            THEOREMS,
            &TheoremRow {
                name: theorem.name.clone(),
                header: header.clone(),
                formal_statement: theorem.reference.clone(),
                formal_proof: theorem.text.clone(),
                statement_hash: candidate.hash.clone(),
                trivial: candidate.trivial().map(str::to_owned),
                gates: candidate.gates.clone(),
                level: u8::from(*level),
                axioms: axioms.clone(),
                library_bodies: *library_bodies,
                difficulty,
                origin: origin.clone(),
            },
        )?;
        for (step, made) in (0..).zip(&candidate.steps) {
            push(
                finished,
                STEPS,
                &StepRow {
                    name: theorem.name.clone(),
                    step,
                    state: made.state.clone(),
                    tactic: made.tactic.clone(),
                    origin: origin.clone(),
                },
            )?;
        }
        if sampled(draw("negatives"), self.policy.negatives_per_thousand) {
            let seed = draw("errors");
            let made = match self.source.negatives(item.key, candidate, seed).await {
                Ok(made) => made,
                Err(WorkError::Fatal(message)) => return Err(WorkError::Fatal(message)),
                // The theorem itself is sound; it stays without negatives.
                Err(WorkError::Item(_) | WorkError::Worker(_)) => {
                    finished.tally.add("negatives", "all", "failed", 1);
                    return Ok(());
                }
            };
            self.negatives(theorem, made, &header, &origin, finished)
                .await?;
        }
        Ok(())
    }

    async fn difficulty(&self, _: &Candidate, theorem: &Proved, seed: u64) -> Option<Difficulty> {
        if !sampled(seed, self.policy.probed_per_thousand) {
            return None;
        }
        let statement = theorem.reference.strip_suffix(" := by sorry")?;
        self.prober.probe(&self.environment, statement, seed).await
    }

    /// A statement is a negative only if its negation is proved at level 3; a proof only if it is
    /// rejected. What is neither is counted and dropped.
    async fn negatives(
        &self,
        positive: &Proved,
        made: Vec<Negative>,
        header: &str,
        origin: &Origin,
        finished: &mut Finished,
    ) -> Result<(), WorkError> {
        let texts: Vec<Proved> = (0..)
            .zip(&made)
            .map(|(i, negative)| {
                let name = format!("{}_wrong_{i}", positive.name);
                Proved {
                    text: row::theorem(
                        &name,
                        &negative.evidence_signature,
                        &negative.evidence_script,
                    ),
                    reference: row::open_theorem(&name, &negative.evidence_signature),
                    name,
                }
            })
            .collect();
        let verdicts = verify(self.judge, &self.environment, &texts).await;
        for ((negative, text), verdict) in made.iter().zip(texts).zip(verdicts) {
            let shown = match negative.kind {
                NegativeKind::Statement => verdict.is_proved(),
                NegativeKind::Proof => matches!(verdict, Verdict::Rejected { .. }),
            };
            let kind = negative.kind.word();
            let column = if shown { "kept" } else { verdict.word() };
            finished.tally.add(
                "negatives",
                &format!("{kind}: {}", negative.error),
                column,
                1,
            );
            if !shown {
                continue;
            }
            push(
                finished,
                NEGATIVES,
                &NegativeRow {
                    positive: positive.name.clone(),
                    kind: kind.to_owned(),
                    error: negative.error.clone(),
                    header: header.to_owned(),
                    formal_statement: row::open_theorem(&text.name, &negative.signature),
                    evidence: text.text,
                    verdict: verdict.word().to_owned(),
                    reason: match verdict {
                        Verdict::Rejected { reason } => Some(reason.class),
                        _ => None,
                    },
                    origin: origin.clone(),
                },
            )?;
        }
        Ok(())
    }
}

fn proved(candidate: &Candidate) -> Proved {
    let name = row::name_of(&candidate.hash);
    Proved {
        text: row::theorem(&name, &candidate.signature, &candidate.script),
        reference: row::open_theorem(&name, &candidate.signature),
        name,
    }
}

fn push(finished: &mut Finished, table: &str, row: &impl Serialize) -> Result<(), WorkError> {
    let row = Row::new(table, row)
        .map_err(|e| WorkError::Item(format!("a row cannot be written: {e}")))?;
    finished.rows.push(row);
    finished.tally.add(ROWS, table, "rows", 1);
    Ok(())
}
