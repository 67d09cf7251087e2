//! One theorem's attempt, from the statement to a verdict on its proof.

use std::sync::Arc;
use std::time::Instant;

use lakatos_lean_bridge::pool::{Pool, Session, Started};
use lakatos_lean_bridge::protocol::Severity;
use lakatos_lean_bridge::verdict::{Reason, STANDARD_AXIOMS, Verdict, VerifyRequest};
use lakatos_lean_bridge::{BridgeError, EnvironmentSpec};

use super::engine::{Engine, Setting, Turn};
use super::graph::AppId;
use super::minimise::minimise;
use super::proof::{Step, Style, isolate, reference, theorem};
use super::reasons::{counted, cut_reason, header_needs_mathlib, reason, refusal, trouble_reason};
use super::refute::negation;
use super::transposition::SharedGoals;
use super::{Budget, Cancel, Exhausted, SearchConfig, records};
use crate::policy::Policy;
use crate::policy::bandit::{Bandit, BanditStats, SharedBandit};
use crate::record::{AttemptRecord, Cost, Outcome};

/// A theorem to be proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The problem's name, for people.
    pub name: String,
    /// What its header asks for.
    pub environment: EnvironmentSpec,
    /// The theorem up to its `:=`, such as `theorem two (n : ℕ) : n + n = 2 * n`.
    pub statement: String,
}

/// What the attempts of a run share. Clones share it too.
#[derive(Clone)]
pub struct Resources {
    /// Lean workers.
    pub pool: Pool,
    /// Who proposes tactics.
    pub policy: Arc<dyn Policy>,
    /// Goals that were proved before.
    pub goals: Arc<SharedGoals>,
    /// What is known about finishers.
    pub bandit: Arc<SharedBandit>,
}

/// An attempt and what is needed to repeat it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// What happened.
    pub record: AttemptRecord,
    /// What was known about finishers when it began; with the seed, this repeats its choices.
    pub finishers: BanditStats,
}

/// Tries to prove (or, where the configuration says so, refute) one theorem.
///
/// Never fails: what goes wrong is in the record. Ends early when `cancel` is cancelled, with
/// [`Outcome::Interrupted`] and the search so far.
pub async fn prove_one(
    problem: &Problem,
    resources: &Resources,
    config: &SearchConfig,
    seed: u64,
    cancel: &Cancel,
) -> Attempt {
    let begin = Instant::now();
    let finishers = resources.bandit.snapshot();
    let mut bandit = Bandit::new(&config.finishers, finishers.clone(), seed);
    let interrupted = reason(
        "interrupted",
        "The attempt was interrupted; resume the run to repeat it.",
    );
    let mut record = AttemptRecord::unread(Outcome::Interrupted, interrupted);
    let attempt = Attempting {
        problem,
        resources,
        config,
        seed,
        cancel,
    };
    attempt.run(&mut record, &mut bandit).await;
    resources.bandit.merge(bandit.seen());
    record.cost.seconds = begin.elapsed().as_secs_f64();
    Attempt { record, finishers }
}

struct Attempting<'a> {
    problem: &'a Problem,
    resources: &'a Resources,
    config: &'a SearchConfig,
    seed: u64,
    cancel: &'a Cancel,
}

/// One of the two things that are searched for: the statement, or its negation.
struct Side<'a> {
    engine: Engine<'a>,
    statement: String,
    started: Started,
    negated: bool,
    over: Option<Turn>,
    rejected: u32,
}

/// How the search ended.
enum End {
    Settled(usize, Accepted),
    Cut(Exhausted),
    Nothing,
    Fault(Reason),
}

struct Accepted {
    text: String,
    verdict: Verdict,
}

impl<'a> Attempting<'a> {
    async fn run(&self, record: &mut AttemptRecord, bandit: &mut Bandit) {
        let opening = async {
            let session = self
                .resources
                .pool
                .session(self.problem.environment.clone())
                .await?;
            Ok::<_, BridgeError>(session)
        };
        let Some(session) = self.unless_cancelled(opening).await else {
            return;
        };
        let session = match session {
            Ok(session) => session,
            Err(error) => return conclude(record, refusal(&error, None)),
        };
        let opened = session.opened();
        record.environment = Some(opened.kind);
        if let Some(reason) = header_needs_mathlib(&opened) {
            return conclude(record, (Outcome::Declined, reason));
        }
        let starting = session.start(&self.problem.statement, false, START_MS);
        let Some(started) = self.unless_cancelled(starting).await else {
            return;
        };
        let started = match started {
            Ok(started) => started,
            Err(error) => return conclude(record, refusal(&error, Some(&opened))),
        };
        record.theorem = Some(started.name.clone());
        record.theorem_type = Some(started.ty.clone());
        record.statement_hash = Some(started.type_hash.clone());

        let mut sides = vec![self.side(&session, self.problem.statement.clone(), started, false)];
        if self.config.refute {
            let negating = negation(&session, &sides[0].statement, &sides[0].started, START_MS);
            match self.unless_cancelled(negating).await {
                None => return,
                Some(Ok(Some(n))) => sides.push(self.side(&session, n.statement, n.started, true)),
                Some(Ok(None)) => tracing::warn!(
                    problem = self.problem.name,
                    "no text for the negation reads back as Lean's own; it is not searched for"
                ),
                Some(Err(error)) => return conclude(record, refusal(&error, Some(&opened))),
            }
        }
        let budget = Budget::start(self.config.budget, self.cancel.clone());
        let mut verify_seconds = 0.0;
        let end = self
            .search(&session, &mut sides, bandit, &budget, &mut verify_seconds)
            .await;
        self.write_down(record, sides, end, verify_seconds);
    }

    fn side(
        &self,
        session: &'a Session,
        statement: String,
        started: Started,
        negated: bool,
    ) -> Side<'a> {
        let shared = (&*self.resources.goals, &self.problem.environment);
        let setting = Setting {
            session,
            policy: &*self.resources.policy,
            config: self.config,
            shared: self.config.share_goals.then_some(shared),
            theorem: started.name.clone(),
            negated,
            seed: self.seed ^ u64::from(negated),
        };
        let engine = Engine::new(setting, started.root.clone());
        Side {
            engine,
            statement,
            started,
            negated,
            over: None,
            rejected: 0,
        }
    }

    /// Turns of every side in alternation, until one is proved or none can go on.
    async fn search(
        &self,
        session: &Session,
        sides: &mut [Side<'_>],
        bandit: &mut Bandit,
        budget: &Budget,
        verify_seconds: &mut f64,
    ) -> End {
        loop {
            for (i, side) in sides.iter_mut().enumerate() {
                if side.over.is_some() {
                    continue;
                }
                match side.engine.turn(bandit, budget).await {
                    Ok(Turn::Expanded) => {}
                    Ok(Turn::Proved) => {
                        let begin = Instant::now();
                        let finished = self.finish(session, side).await;
                        *verify_seconds += begin.elapsed().as_secs_f64();
                        match finished {
                            Ok(Some(accepted)) => return End::Settled(i, accepted),
                            Ok(None) => side.rejected += 1,
                            Err(reason) => return End::Fault(reason),
                        }
                        if self.cancel.is_cancelled() {
                            return End::Cut(Exhausted::Cancelled);
                        }
                    }
                    Ok(over) => side.over = Some(over),
                    Err(trouble) => return End::Fault(trouble_reason(&trouble)),
                }
            }
            if sides.iter().all(|s| s.over.is_some()) {
                let cut = sides.iter().find_map(|s| match s.over {
                    Some(Turn::Cut(limit)) => Some(limit),
                    _ => None,
                });
                return cut.map_or(End::Nothing, End::Cut);
            }
        }
    }

    /// Writes a finished tree out, shortens it and has the text judged. None: it was rejected, its
    /// applications are discarded and the search may go on.
    async fn finish(
        &self,
        session: &Session,
        side: &mut Side<'_>,
    ) -> Result<Option<Accepted>, Reason> {
        let Some(proof) = side.engine.proof() else {
            return Ok(None);
        };
        let shortening = minimise(
            session,
            &side.started.root,
            proof.clone(),
            self.config.minimise,
            self.config.step,
        );
        let short = self
            .unless_cancelled(shortening)
            .await
            .unwrap_or_else(|| proof.clone());
        let mut texts: Vec<String> = Vec::new();
        for (step, style) in [
            (&short, Style::Cases),
            (&proof, Style::Cases),
            (&proof, Style::Dots),
        ] {
            let text = theorem(&side.statement, step, style);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let mut fault = None;
        for text in texts {
            match self.verify(side, &text).await {
                verdict if verdict.is_proved() => {
                    return Ok(Some(Accepted { text, verdict }));
                }
                Verdict::Fault { reason } => fault = Some(reason),
                Verdict::Accepted { .. } => {}
                Verdict::Rejected { reason } | Verdict::Declined { reason } => tracing::info!(
                    problem = self.problem.name,
                    class = reason.class,
                    "a proof text was not accepted: {}",
                    reason.message
                ),
            }
            if self.cancel.is_cancelled() {
                return Ok(None);
            }
        }
        if let Some(reason) = fault {
            return Err(reason);
        }
        let bad = self.culprits(side, &proof).await;
        side.engine.discard(&bad);
        Ok(None)
    }

    async fn verify(&self, side: &Side<'_>, text: &str) -> Verdict {
        let request = VerifyRequest {
            environment: self.problem.environment.clone(),
            reference: reference(&side.statement),
            vouched: true,
            submission: text.to_owned(),
            names: vec![side.started.name.clone()],
            axioms: STANDARD_AXIOMS.map(String::from).to_vec(),
            timeout_ms: u64::from(self.config.verify_seconds) * 1000,
        };
        let judging = async { self.resources.pool.verify(&request).await.theorems };
        let judged = self.unless_cancelled(judging).await.unwrap_or_default();
        match judged.into_iter().find(|j| j.name == side.started.name) {
            Some(judged) => judged.verdict,
            None => Verdict::Declined {
                reason: reason(
                    "no_verdict",
                    "The verification gave no verdict on this theorem.",
                ),
            },
        }
    }

    /// Which applications to blame for a rejected proof: those whose step has an error among holes,
    /// else those that close goals.
    async fn culprits(&self, side: &Side<'_>, proof: &Step) -> Vec<AppId> {
        let apps = proof.apps();
        let mut bad = Vec::new();
        for app in apps.iter().take(BLAMED) {
            let Some(alone) = isolate(proof, *app) else {
                continue;
            };
            let text = theorem(&side.statement, &alone, Style::Dots);
            let checking = self
                .resources
                .pool
                .check(&self.problem.environment, &text, START_MS);
            let Some(report) = self.unless_cancelled(checking).await else {
                break;
            };
            // A text that Lean could not even be asked about is no reason to blame its step.
            let Ok(report) = report else { continue };
            if !report.complete
                || report
                    .messages
                    .iter()
                    .any(|m| m.severity == Severity::Error)
            {
                bad.push(*app);
            }
        }
        if bad.is_empty() {
            let leaf = |a: &AppId| side.engine.graph().app(*a).children.is_empty();
            bad = apps.into_iter().filter(leaf).collect();
        }
        bad
    }

    fn write_down(
        &self,
        record: &mut AttemptRecord,
        sides: Vec<Side<'_>>,
        end: End,
        verify_seconds: f64,
    ) {
        record.cost = sides.iter().fold(Cost::default(), |sum, side| {
            let c = side.engine.cost();
            Cost {
                lean_seconds: sum.lean_seconds + c.lean_seconds,
                policy_seconds: sum.policy_seconds + c.policy_seconds,
                expanded: sum.expanded + c.expanded,
                tactics: sum.tactics + c.tactics,
                tokens: sum.tokens + c.tokens,
                ..sum
            }
        });
        record.cost.verify_seconds = verify_seconds;
        let rejected: u32 = sides.iter().map(|s| s.rejected).sum();
        let mut shown = 0;
        match end {
            End::Settled(i, accepted) => {
                shown = i;
                let refuted = sides[i].negated;
                record.outcome = if refuted {
                    Outcome::Refuted
                } else {
                    Outcome::Proved
                };
                record.reason = refuted.then(|| reason("refuted", "The negation was proved."));
                record.proof = Some(accepted.text);
                record.verdict = Some(accepted.verdict);
            }
            End::Cut(Exhausted::Cancelled) => {}
            End::Cut(limit) => conclude(record, (Outcome::Failed, cut_reason(limit, rejected))),
            End::Nothing => {
                let said = "Nothing was left to try: the policy had no more tactics for any goal.";
                conclude(
                    record,
                    (Outcome::Failed, counted("exhausted", said, rejected)),
                );
            }
            End::Fault(reason) => conclude(record, (Outcome::Fault, reason)),
        }
        for (i, side) in sides.iter().enumerate() {
            let graph = side.engine.graph();
            let found = record.proof.is_some() && i == shown;
            if i == shown {
                (record.nodes, record.tactics) = records::of(graph, found);
            }
            if self.config.share_goals && (found || side.rejected == 0) {
                records::share(graph, &self.resources.goals, &self.problem.environment);
            }
        }
    }

    async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.cancel.cancelled() => None,
        }
    }
}

/// Milliseconds for Lean to elaborate a statement.
const START_MS: u64 = 30_000;
/// Steps of a rejected proof that are looked at one by one.
const BLAMED: usize = 48;

fn conclude(record: &mut AttemptRecord, (outcome, reason): (Outcome, Reason)) {
    record.outcome = outcome;
    record.reason = Some(reason);
}
