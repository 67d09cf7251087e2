//! What a long job says while it runs: one closed enum, one JSON object a line with `--json`.
//!
//! Programs may rely on the names and on the fields here (`docs/events.md`); fields are added, never
//! renamed. The last event of a run is [`Event::Summary`]; a command that fails ends with
//! [`Event::Error`] instead.

use lakatos_lean_bridge::progress::Progress;
use lakatos_lean_bridge::protocol::EnvironmentKind;
use serde::Serialize;

use crate::record::Outcome;
use crate::store::{Counts, StoredRun};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A phase of the installation begins.
    InstallBegin {
        /// `download`, `unpack`, `prepare`, …
        phase: &'static str,
        /// For people.
        message: String,
        /// Units of work, where known.
        total: Option<u64>,
    },
    /// Units of a phase that are done.
    InstallAdvance {
        /// The phase.
        phase: &'static str,
        /// So far.
        done: u64,
    },
    /// A phase is over.
    InstallEnd {
        /// The phase.
        phase: &'static str,
    },
    /// Something in the input cannot be used; the rest goes on.
    InputError {
        /// Where: a file, or a file and a line.
        place: String,
        /// What is wrong with it, and the way out.
        message: String,
    },
    /// Something that people should know and that stops nothing.
    Warning {
        /// What.
        message: String,
    },
    /// A run begins or goes on.
    RunStarted(RunStarted),
    /// A problem's attempt begins.
    ProblemStarted {
        /// The problem.
        name: String,
    },
    /// A problem has its final result.
    Problem(Box<ProblemEnd>),
    /// An attempt failed through no fault of the problem; it is made once more.
    Retry {
        /// The problem.
        name: String,
        /// What failed.
        message: String,
    },
    /// The user interrupted; what is under way is written down.
    Interrupted {
        /// The run.
        run: String,
        /// The command that goes on with it.
        resume: String,
    },
    /// A report was written.
    ReportWritten {
        /// Where.
        path: std::path::PathBuf,
    },
    /// A training begins or goes on.
    TrainingStarted {
        /// Numbers that are learnt.
        parameters: usize,
        /// Steps made before.
        step: u64,
        /// Steps in all.
        steps: u64,
        /// Pairs that are measured and not learnt.
        validation: usize,
    },
    /// A step of a training.
    TrainingStep {
        /// Steps made.
        step: u64,
        /// Steps in all.
        steps: u64,
        /// Mean nats a token of the completions.
        loss: f64,
        /// Learning rate.
        rate: f64,
        /// The gradient's norm before clipping.
        gradient_norm: f64,
        /// Tokens a second of this process, prompts included.
        tokens_per_second: f64,
        /// Seconds that the remaining steps take at this speed.
        seconds_left: f64,
    },
    /// A training's model was measured.
    Validated {
        /// Steps made.
        step: u64,
        /// Mean nats a token of the completions.
        loss: f64,
        /// Share of completions that greedy decoding would get exactly.
        exact_match: f64,
    },
    /// A model's checkpoint was written.
    CheckpointWritten {
        /// Its directory.
        path: std::path::PathBuf,
        /// Steps made.
        step: u64,
    },
    /// A data job begins or goes on.
    JobStarted {
        /// The job's name in the run store.
        run: String,
        /// `mutate`, …
        kind: String,
        /// Items of the plan.
        items: u64,
        /// Of them, those that have their entries.
        done: u64,
        /// The job's seed.
        seed: u64,
        /// Its output directory.
        out: std::path::PathBuf,
    },
    /// An item of a data job has its entry in the journal.
    JobItem {
        /// Its place in the plan, from 0.
        item: u64,
        /// Its name.
        key: String,
        /// Rows that it gave.
        rows: usize,
        /// Why it failed, where it did.
        failed: Option<String>,
    },
    /// A data job's session is over.
    JobEnded {
        /// The job's name in the run store.
        run: String,
        /// Items of the plan.
        items: u64,
        /// Of them, those that have their entries.
        done: u64,
        /// Of these, those that failed.
        failed: u64,
        /// Rows of each table.
        rows: std::collections::BTreeMap<String, u64>,
        /// Wall-clock seconds of this session.
        seconds: f64,
    },
    /// A run's end.
    Summary(Summary),
    /// The command failed.
    Error {
        /// Whose failure.
        kind: crate::exit::Kind,
        /// What happened.
        message: String,
        /// What to do next.
        hint: Option<String>,
        /// The exit code.
        exit: u8,
    },
}

/// See [`Event::RunStarted`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunStarted {
    /// The run's name, for `resume` and `report`.
    pub run: String,
    /// Problems of the run.
    pub problems: u32,
    /// Of them, those that have a result already.
    pub done: u32,
    /// Lean workers.
    pub workers: usize,
    /// The run's seed.
    pub seed: u64,
    /// Which Lean, in words.
    pub lean: String,
}

/// See [`Event::Problem`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProblemEnd {
    /// The problem.
    pub name: String,
    /// `proved`, `refuted`, `failed`, `declined` or `fault`.
    pub verdict: Outcome,
    /// The level of trust that the proof reached.
    pub level: Option<u8>,
    /// The theorem with its proof, after the header.
    pub proof: Option<String>,
    /// The environment that the statement was read in.
    pub environment: Option<EnvironmentKind>,
    /// Why, where it did not end in a proof: a word for programs.
    pub reason: Option<String>,
    /// Why, for people.
    pub message: Option<String>,
    /// Axioms that the proof rests on.
    pub axioms: Vec<String>,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Nodes that the search expanded.
    pub nodes: u32,
    /// Tactics that it tried.
    pub tactics: u32,
    /// Tokens that a model generated.
    pub tokens: u64,
}

/// See [`Event::Summary`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The run's name.
    pub run: String,
    /// Problems of the run.
    pub problems: u32,
    /// Proofs accepted at level 3 or more.
    pub proved: u32,
    /// Negations proved at level 3 or more.
    pub refuted: u32,
    /// Budget spent without a proof.
    pub failed: u32,
    /// Not attempted.
    pub declined: u32,
    /// Lean or the program failed.
    pub faults: u32,
    /// Without a result yet (interrupted).
    pub remaining: u32,
    /// Inputs that could not be used.
    pub input_errors: u32,
    /// Wall-clock seconds of this process's work; `lakatos runs RUN`: of all attempts together.
    pub seconds: f64,
}

impl Summary {
    /// Where a run stands; `seconds` as in [`Summary::seconds`].
    pub fn of(run: &StoredRun, counts: &Counts, seconds: f64) -> Self {
        Self {
            run: run.name.clone(),
            problems: counts.problems,
            proved: counts.proved,
            refuted: counts.refuted,
            failed: counts.failed,
            declined: counts.declined,
            faults: counts.faults,
            remaining: counts.problems - counts.done(),
            input_errors: 0,
            seconds,
        }
    }
}

impl From<Progress> for Event {
    fn from(p: Progress) -> Self {
        match p {
            Progress::Begin {
                phase,
                message,
                total,
            } => Self::InstallBegin {
                phase,
                message,
                total,
            },
            Progress::Advance { phase, done } => Self::InstallAdvance { phase, done },
            Progress::End { phase } => Self::InstallEnd { phase },
        }
    }
}

/// Receives events; must be cheap and must not panic.
pub trait EventSink: Send + Sync {
    /// Takes one event.
    fn event(&self, event: &Event);
}
