//! One `sorry` of a text that somebody is writing: a search from the goal that stands there, and a verdict
//! on the text with the proof in its place.
//!
//! [`fill`] searches for what belongs there, [`refute`] for a proof that the theorem around it is false.
//! Both report as they go, so that a person can see what is being done and stop it.

use std::time::{Duration, Instant};

use lakatos_lean_bridge::pool::{Pool, ProofState, Session, SorryState};
use lakatos_lean_bridge::verdict::{Reason, Verdict, VerifyRequest};
use lakatos_lean_bridge::{BridgeError, EnvironmentSpec};

use super::engine::{Engine, Setting, Turn};
use super::graph::{AppId, Standing};
use super::minimise::minimise;
use super::proof::{Step, Style, reference, theorem};
use super::prove::Resources;
use super::reasons::{cut_reason, reason, refusal, trouble_reason};
use super::refute::negation;
use super::{Budget, Cancel, Exhausted, SearchConfig};
use crate::policy::bandit::Bandit;

/// A text with one place to be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// What stands before the command.
    pub environment: EnvironmentSpec,
    /// The command up to the place.
    pub head: String,
    /// The command behind the place.
    pub tail: String,
    /// Whether tactics belong there; else a term.
    pub tactic: bool,
    /// The theorem around it, up to its `:=`.
    pub statement: String,
    /// The theorem's full name.
    pub name: String,
    /// Allowed axioms. With `sorryAx` where other holes stay in what the theorem rests on.
    pub axioms: Vec<String>,
}

/// How a search goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Expansions so far.
    pub nodes: u32,
    /// Since it began.
    pub elapsed: Duration,
    /// What is left to prove at the most promising place.
    pub best: Option<String>,
}

/// Who is told.
pub type Report<'a> = &'a (dyn Fn(Progress) + Sync);

/// How it ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// Proved, and accepted by the kernel.
    Proved(Proved),
    /// Not found, or not to be asked: why.
    Not(Reason),
    /// Cancelled.
    Cancelled,
}

/// A proof.
#[derive(Debug, Clone, PartialEq)]
pub struct Proved {
    /// What belongs in the place; for a refutation, the whole theorem that states the negation.
    pub text: String,
    /// The kernel's word on the whole theorem.
    pub verdict: Verdict,
    /// Expansions that it took.
    pub nodes: u32,
}

/// Milliseconds for Lean to elaborate a command.
const COMMAND_MS: u64 = 60_000;

impl Hole {
    /// The command with something in the place.
    ///
    /// A filling that begins on the next line leaves no spaces behind on this one.
    pub fn with(&self, filling: &str) -> String {
        let head = match filling.starts_with('\n') {
            true => self.head.trim_end_matches(' '),
            false => &self.head,
        };
        format!("{head}{filling}{}", self.tail)
    }

    /// The proof state at the place: none where Lean does not come to it.
    ///
    /// # Errors
    /// Lean does not read the command, or the worker failed twice.
    pub async fn root(&self, session: &Session) -> Result<Option<SorryState>, BridgeError> {
        let line = 1 + self.head.matches('\n').count() as u32;
        let begin = self.head.rfind('\n').map_or(0, |at| at + 1);
        let column = self.head.get(begin..).unwrap_or_default().chars().count() as u32;
        let found = session.sorries(&self.with("sorry"), COMMAND_MS).await?;
        let mut root = None;
        let mut others = Vec::new();
        for sorry in found {
            if (sorry.line, sorry.column) == (line, column) {
                root = Some(sorry);
            } else {
                others.push(sorry.root.id);
            }
        }
        session.free(&others).await;
        Ok(root)
    }

    /// The ways of writing a proof into the place, the most readable first.
    pub fn fillings(&self, proof: &Step) -> Vec<String> {
        let mut fillings = Vec::new();
        for style in [Style::Cases, Style::Dots] {
            for filling in self.layouts(&proof.lines(style)) {
                if !fillings.contains(&filling) {
                    fillings.push(filling);
                }
            }
        }
        fillings
    }

    /// Lines of tactics as they can stand in the place.
    pub fn layouts(&self, lines: &[String]) -> Vec<String> {
        let begin = self.head.rfind('\n').map_or(0, |at| at + 1);
        let line = self.head.get(begin..).unwrap_or_default();
        let own = line.chars().take_while(|c| *c == ' ').count();
        let column = line.chars().count();
        let block = |indent: usize| {
            let pad = " ".repeat(indent);
            let lines = lines.iter().map(|l| {
                if l.is_empty() {
                    String::new()
                } else {
                    format!("{pad}{l}")
                }
            });
            lines.collect::<Vec<_>>().join("\n")
        };
        if !self.tactic {
            return match lines {
                [only] => vec![format!("by {only}"), format!("(by {only})")],
                _ => vec![
                    format!("by\n{}", block(own + 2)),
                    format!("(by\n{})", block(own + 4)),
                ],
            };
        }
        let mut layouts = Vec::new();
        let after_by = line.trim_end().ends_with("by");
        match lines {
            [only] => layouts.push(only.clone()),
            // `by sorry` on one line: the block goes below.
            _ if after_by => layouts.push(format!("\n{}", block(own + 2))),
            _ => {}
        }
        layouts.push(block(column).trim_start().to_owned());
        layouts.push(format!("({})", block(column + 1).trim_start()));
        layouts
    }

    /// The kernel's word on the theorem with something in the place; `seconds` for each half of the verification.
    pub async fn judge(&self, pool: &Pool, seconds: u32, filling: &str) -> Verdict {
        let text = (self.statement.as_str(), self.name.as_str());
        self.verify(pool, seconds, text, self.with(filling)).await
    }

    /// The kernel's word on a text that proves a statement under a name, in the place's environment.
    async fn verify(
        &self,
        pool: &Pool,
        seconds: u32,
        (statement, name): (&str, &str),
        submission: String,
    ) -> Verdict {
        let request = VerifyRequest {
            environment: self.environment.clone(),
            reference: reference(statement),
            vouched: true,
            submission,
            names: vec![name.to_owned()],
            axioms: self.axioms.clone(),
            timeout_ms: u64::from(seconds) * 1000,
        };
        let report = pool.verify(&request).await;
        let judged = report.theorems.into_iter().next().map(|j| j.verdict);
        judged.unwrap_or_else(|| Verdict::Declined {
            reason: reason(
                "no_verdict",
                "The verification gave no verdict on this theorem.",
            ),
        })
    }
}

/// Searches for what belongs in the place.
pub async fn fill(
    hole: &Hole,
    resources: &Resources,
    config: &SearchConfig,
    seed: u64,
    cancel: &Cancel,
    report: Report<'_>,
) -> End {
    let opening = async {
        let session = resources.pool.session(hole.environment.clone()).await?;
        let root = hole.root(&session).await?;
        Ok::<_, BridgeError>((session, root))
    };
    let Some(opened) = unless(cancel, opening).await else {
        return End::Cancelled;
    };
    let (session, root) = match opened {
        Ok((session, Some(root))) => (session, root.root),
        Ok((_, None)) => {
            let message = "Lean does not come to this place: mend the errors before it first.";
            return End::Not(reason("unreached", message));
        }
        Err(error) => return End::Not(refusal(&error, None).1),
    };
    let search = Searching {
        session: &session,
        resources,
        config,
        seed,
        cancel,
        theorem: &hole.name,
        negated: false,
    };
    search
        .run(root, &hole.environment, report, |step| {
            let fillings = hole.fillings(step);
            let judge = move |filling: String| async move {
                let verdict = hole
                    .judge(&resources.pool, config.verify_seconds, &filling)
                    .await;
                (filling, verdict)
            };
            (fillings, judge)
        })
        .await
}

/// Searches for a proof that the theorem around the place is false.
pub async fn refute(
    hole: &Hole,
    resources: &Resources,
    config: &SearchConfig,
    seed: u64,
    cancel: &Cancel,
    report: Report<'_>,
) -> End {
    let opening = async {
        let session = resources.pool.session(hole.environment.clone()).await?;
        let started = session.start(&hole.statement, false, COMMAND_MS).await?;
        let negated = negation(&session, &hole.statement, &started, COMMAND_MS).await?;
        session.free(&[started.root.id]).await;
        Ok::<_, BridgeError>((session, negated))
    };
    let Some(opened) = unless(cancel, opening).await else {
        return End::Cancelled;
    };
    let (session, negated) = match opened {
        Ok((session, Some(negated))) => (session, negated),
        Ok((_, None)) => {
            let message = "No text for the negation reads back as Lean's own.";
            return End::Not(reason("unread", message));
        }
        Err(error) => return End::Not(refusal(&error, None).1),
    };
    let search = Searching {
        session: &session,
        resources,
        config,
        seed: seed ^ 1,
        cancel,
        theorem: &hole.name,
        negated: true,
    };
    let (statement, name) = (&negated.statement, &negated.started.name);
    search
        .run(
            negated.started.root.clone(),
            &hole.environment,
            report,
            |step| {
                let styles = [Style::Cases, Style::Dots];
                let texts = styles.map(|style| theorem(statement, step, style)).to_vec();
                let judge = move |text: String| async move {
                    let seconds = config.verify_seconds;
                    let verdict =
                        hole.verify(&resources.pool, seconds, (statement, name), text.clone());
                    let verdict = verdict.await;
                    (text, verdict)
                };
                (texts, judge)
            },
        )
        .await
}

struct Searching<'a> {
    session: &'a Session,
    resources: &'a Resources,
    config: &'a SearchConfig,
    seed: u64,
    cancel: &'a Cancel,
    theorem: &'a str,
    negated: bool,
}

impl Searching<'_> {
    /// Turns until a proof's text is accepted. `texts` gives the ways of writing one, and who judges them.
    async fn run<J, F>(
        &self,
        root: ProofState,
        environment: &EnvironmentSpec,
        report: Report<'_>,
        texts: impl Fn(&Step) -> (Vec<String>, J),
    ) -> End
    where
        J: Fn(String) -> F,
        F: Future<Output = (String, Verdict)>,
    {
        let begin = Instant::now();
        let finishers = self.resources.bandit.snapshot();
        let mut bandit = Bandit::new(&self.config.finishers, finishers, self.seed);
        let budget = Budget::start(self.config.budget, self.cancel.clone());
        let shared = (&*self.resources.goals, environment);
        let setting = Setting {
            session: self.session,
            policy: &*self.resources.policy,
            config: self.config,
            shared: self.config.share_goals.then_some(shared),
            theorem: self.theorem.to_owned(),
            negated: self.negated,
            seed: self.seed,
        };
        let mut engine = Engine::new(setting, root.clone());
        let mut rejected = None;
        let end = loop {
            match engine.turn(&mut bandit, &budget).await {
                Ok(Turn::Expanded) => report(Progress {
                    nodes: engine.cost().expanded,
                    elapsed: begin.elapsed(),
                    best: best(&engine),
                }),
                Ok(Turn::Proved) => {
                    let Some(proof) = engine.proof() else {
                        continue;
                    };
                    let (config, step) = (self.config.minimise, self.config.step);
                    let shortening = minimise(self.session, &root, proof.clone(), config, step);
                    let short = unless(self.cancel, shortening).await;
                    let mut all = Vec::new();
                    for step in short.iter().chain([&proof]) {
                        let (found, judge) = texts(step);
                        for text in found {
                            if all.contains(&text) {
                                continue;
                            }
                            all.push(text.clone());
                            let Some((text, verdict)) = unless(self.cancel, judge(text)).await
                            else {
                                return End::Cancelled;
                            };
                            match verdict {
                                verdict if verdict.is_proved() => {
                                    self.resources.bandit.merge(bandit.seen());
                                    let nodes = engine.cost().expanded;
                                    return End::Proved(Proved {
                                        text,
                                        verdict,
                                        nodes,
                                    });
                                }
                                Verdict::Accepted { .. } => {}
                                Verdict::Rejected { reason }
                                | Verdict::Declined { reason }
                                | Verdict::Fault { reason } => rejected = Some(reason),
                            }
                        }
                    }
                    let leaf = |a: &AppId| engine.graph().app(*a).children.is_empty();
                    let bad: Vec<AppId> = proof.apps().into_iter().filter(leaf).collect();
                    engine.discard(&bad);
                }
                Ok(Turn::Cut(Exhausted::Cancelled)) => break End::Cancelled,
                Ok(Turn::Cut(limit)) => break End::Not(cut_reason(limit, 0)),
                Ok(Turn::Nothing) => {
                    let said =
                        "Nothing was left to try: the policy had no more tactics for any goal.";
                    break End::Not(reason("exhausted", said));
                }
                Err(trouble) => break End::Not(trouble_reason(&trouble)),
            }
        };
        self.resources.bandit.merge(bandit.seen());
        match (end, rejected) {
            (End::Not(_), Some(reason)) => End::Not(reason),
            (end, _) => end,
        }
    }
}

/// What is left to prove at the open node that the search likes best.
fn best(engine: &Engine<'_>) -> Option<String> {
    let graph = engine.graph();
    let open = graph.node_ids().map(|id| graph.node(id));
    let open = open.filter(|n| n.standing() == Standing::Open && !n.exhausted());
    let best = open.max_by(|a, b| a.score.total_cmp(&b.score))?;
    best.state.goals.first().map(|g| g.target.clone())
}

async fn unless<T>(cancel: &Cancel, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = cancel.cancelled() => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(head: &str, tactic: bool) -> Hole {
        Hole {
            environment: EnvironmentSpec::default(),
            head: head.into(),
            tail: "\n".into(),
            tactic,
            statement: String::new(),
            name: "t".into(),
            axioms: Vec::new(),
        }
    }

    fn first(head: &str, tactic: bool, lines: &[&str]) -> String {
        let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        let hole = hole(head, tactic);
        hole.with(&hole.layouts(&lines)[0])
    }

    #[test]
    fn proofs_stand_where_the_hole_was() {
        insta::assert_snapshot!(first("theorem t : p := ", false, &["simp"]), @"theorem t : p := by simp");
        insta::assert_snapshot!(first("theorem t : p := by ", true, &["intro x", "simp"]), @r"
        theorem t : p := by
          intro x
          simp
        ");
        insta::assert_snapshot!(first("theorem t : p := by\n  have h : q := by\n    ", true, &["intro x", "· simp", "  rfl"]), @r"
        theorem t : p := by
          have h : q := by
            intro x
            · simp
              rfl
        ");
        insta::assert_snapshot!(first("theorem t : p := by\n  constructor\n  · ", true, &["intro x", "simp"]), @r"
        theorem t : p := by
          constructor
          · intro x
            simp
        ");
        insta::assert_snapshot!(first("theorem t : p ∧ q := ⟨", false, &["intro x", "simp"]), @r"
        theorem t : p ∧ q := ⟨by
          intro x
          simp
        ");
    }
}
