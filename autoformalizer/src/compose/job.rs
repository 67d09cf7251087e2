//! The data job: statements for each pairing.

use std::sync::Arc;

use futures_util::future::join_all;
use lakatos_datasets::guard::{Guard, Overlap};
use lakatos_datasets::job::run::Finished;
use lakatos_datasets::job::{Claim, Claims, Item, Job, JournalError, Row, WorkError};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::assess::Assessment;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::text::TextRequest;
use lakatos_lean_bridge::verbalise::{Reading, VerbaliseRequest};
use lakatos_lean_bridge::verdict::{STANDARD_AXIOMS, Verdict};
use serde::{Deserialize, Serialize};

use super::{Pairing, prompt};
use crate::formalise::{Asker, Decider, Decision, Judged, Problem, Settings};
use crate::gates::{self, Candidate, Finding, Outcome};
use crate::model::{Chat, ModelError, Tokens};
use crate::text::theorem_named;

/// The table of statements.
pub const PROBLEMS: &str = "problems";
/// The table of a model's statements that are false.
pub const NEGATIVES: &str = "negatives";
/// The count of statements by stage.
pub const FUNNEL: &str = "funnel";
/// Other counts.
pub const COUNTS: &str = "compose";
/// The gate after the others: both ideas are in it.
pub const TWO_IDEAS: &str = "two_ideas";

/// What composes. The items' keys are `FIRST + SECOND`, in the pairings' order.
pub struct Compose {
    /// Lean workers.
    pub pool: Pool,
    /// Where the theorems are.
    pub env: EnvironmentSpec,
    /// The pairings, in the plan's order.
    pub pairings: Vec<Pairing>,
    /// Drafts of the worker's that are looked at for each.
    pub limit: u32,
    /// A model, for statements beside the worker's.
    pub chat: Option<Chat>,
    /// How statements are asked for and judged.
    pub settings: Settings,
    /// The benchmarks that statements must not come from.
    pub guard: Guard,
    /// Who decides a model's statements; none: they stay undecided.
    pub decider: Option<Arc<dyn Decider>>,
}

/// A row of [`PROBLEMS`] and of [`NEGATIVES`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComposedRow {
    /// Its name.
    pub name: String,
    /// Without `:=`.
    pub formal_statement: String,
    /// Read out.
    pub informal_statement: String,
    /// With its proof, where there is one.
    pub formal_proof: Option<String>,
    /// The level at which the proof was accepted.
    pub level: Option<u8>,
    /// `proved`, `refuted`, `open` or `undecided`.
    pub decision: String,
    /// The theorem with the negation's proof, where it is false.
    pub refutation: Option<String>,
    /// `chain`, `substitute`, `join`, or the model's name.
    pub by: String,
    /// Why these two came together.
    pub pairing: Pairing,
    /// The finisher that closes it at once, where one does.
    pub trivial: Option<String>,
    /// Hash of the closed type.
    pub type_hash: String,
    /// What the gates found.
    pub findings: Vec<Finding>,
    /// What the model's statements of this pairing cost.
    pub tokens: Tokens,
}

/// A statement on its way.
struct Made {
    by: String,
    statement: String,
    /// The proof that came with it.
    script: Option<String>,
    trivial: Option<String>,
    reading: Reading,
    type_hash: String,
    findings: Vec<Finding>,
    overlap: Option<Overlap>,
}

/// The statements of a pairing.
pub struct Draft {
    made: Vec<Made>,
    tokens: Tokens,
    refused: u64,
    twice: u64,
}

fn worker(error: impl std::fmt::Display) -> WorkError {
    WorkError::Worker(error.to_string())
}

/// Whether a statement speaks of a concept.
fn speaks(reading: &Reading, concept: &str) -> bool {
    let facts = &reading.facts;
    let named = |all: &[String]| all.iter().any(|name| name == concept);
    named(&facts.operations)
        || named(&facts.relations)
        || named(&facts.types)
        || mentions(&reading.ty, concept)
}

/// Whether a text has the name as a whole, or after a dot its last part: `xs.length` for `List.length`.
fn mentions(text: &str, name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    text.split(|c: char| !(c.is_alphanumeric() || "._'!?".contains(c)))
        .any(|word| word == name || word.strip_suffix(last).is_some_and(|w| w.ends_with('.')))
}

impl Compose {
    fn pairing(&self, item: Item<'_>) -> Result<&Pairing, WorkError> {
        let index = usize::try_from(item.index).ok();
        let pairing = index.and_then(|i| self.pairings.get(i));
        pairing.ok_or_else(|| WorkError::Item("there is no such pairing".into()))
    }

    /// The findings on an assessed statement, with the gate that asks for both ideas.
    fn judged(&self, pairing: &Pairing, formal: &str, known: &Assessment) -> Vec<Finding> {
        let assessed = Ok(known.clone());
        let mut findings = gates::judge(&Candidate {
            informal: &known.reading.english,
            formal,
            assessed: &assessed,
        });
        let missing = pairing
            .concepts
            .iter()
            .find(|concept| !speaks(&known.reading, concept));
        findings.push(Finding {
            gate: TWO_IDEAS.into(),
            outcome: match missing {
                Some(_) => Outcome::Failed,
                None => Outcome::Passed,
            },
            why: missing.map_or(String::new(), |c| format!("It does not speak of `{c}`.")),
        });
        findings
    }

    /// What the worker makes of the two theorems.
    async fn constructed(
        &self,
        pairing: &Pairing,
        seed: u64,
    ) -> Result<(Vec<Made>, u64), WorkError> {
        let timeout = self.settings.timeout_ms;
        let made = self
            .pool
            .compose(
                &self.env,
                &pairing.first,
                &pairing.second,
                self.limit,
                seed,
                timeout,
            )
            .await
            .map_err(worker)?;
        let statements: Vec<String> = made
            .candidates
            .iter()
            .map(|c| theorem_named("composed", &c.signature))
            .collect();
        let assessed = self
            .pool
            .assess(&self.env, &statements, self.settings.heartbeats, timeout)
            .await
            .map_err(worker)?;
        let mut all = Vec::new();
        for ((candidate, statement), assessed) in
            made.candidates.into_iter().zip(statements).zip(assessed)
        {
            let Ok(known) = assessed else { continue };
            let trivial = candidate
                .gates
                .iter()
                .find(|g| g.gate == "triviality" && !g.passed);
            all.push(Made {
                by: candidate.rule,
                findings: self.judged(pairing, &statement, &known),
                overlap: self.guard.theorem("", &statement),
                trivial: trivial.map(|g| g.detail.clone()),
                statement,
                script: Some(candidate.script),
                type_hash: known.type_hash,
                reading: known.reading,
            });
        }
        Ok((all, made.refused.len() as u64))
    }

    /// What the model makes of them.
    async fn proposed(
        &self,
        pairing: &Pairing,
        chat: &Chat,
        item: Item<'_>,
        tokens: &mut Tokens,
    ) -> Result<Vec<Made>, WorkError> {
        let timeout = self.settings.timeout_ms;
        let request = VerbaliseRequest {
            statements: Vec::new(),
            names: vec![pairing.first.clone(), pairing.second.clone()],
        };
        let readings = self.pool.verbalise(&self.env, &request, timeout).await;
        let mut readings = readings.map_err(worker)?.into_iter();
        let (Some(Ok(first)), Some(Ok(second))) = (readings.next(), readings.next()) else {
            return Err(WorkError::Item("one of the two cannot be read out".into()));
        };
        let messages = prompt::compose(pairing, &first, &second);
        let asked = (0..self.settings.candidates).map(|i| {
            let seed = item.seed_for(&format!("candidate {i}"));
            let messages = &messages;
            async move { chat.ask(messages, seed).await }
        });
        let mut answers = Vec::new();
        for answer in join_all(asked).await {
            match answer {
                Ok(answer) => {
                    *tokens += answer.tokens;
                    answers.push(answer.text);
                }
                Err(ModelError::BadAnswer { message }) => {
                    tracing::debug!(message, "an answer cannot be used");
                }
                Err(error) => return Err(WorkError::Fatal(error.to_string())),
            }
        }
        let asker = Asker {
            pool: &self.pool,
            env: &self.env,
            settings: &self.settings,
        };
        let problem = Problem {
            id: item.key.to_owned(),
            informal: String::new(),
            answer: None,
            context: String::new(),
        };
        let judged: Vec<Judged> = asker.given(&problem, &answers).await?;
        let statements: Vec<String> = judged
            .into_iter()
            .filter(|j| j.type_hash.is_some())
            .map(|j| j.formal)
            .collect();
        let assessed = self
            .pool
            .assess(&self.env, &statements, self.settings.heartbeats, timeout)
            .await
            .map_err(worker)?;
        let all = statements.into_iter().zip(assessed);
        Ok(all
            .filter_map(|(statement, assessed)| {
                let known = assessed.ok()?;
                Some(Made {
                    by: chat.config().model.clone(),
                    findings: self.judged(pairing, &statement, &known),
                    overlap: self.guard.theorem("", &statement),
                    trivial: None,
                    statement,
                    script: None,
                    type_hash: known.type_hash,
                    reading: known.reading,
                })
            })
            .collect())
    }

    /// The levels at which the proofs that came with statements are accepted; none where one is not.
    async fn verified(&self, proofs: &[(String, String)]) -> Result<Vec<Option<u8>>, WorkError> {
        if proofs.is_empty() {
            return Ok(Vec::new());
        }
        let join = |part: fn(&(String, String)) -> String| {
            proofs.iter().map(part).collect::<Vec<_>>().join("\n\n")
        };
        let names: Vec<String> = (0..proofs.len()).map(place).collect();
        let request = TextRequest {
            environment: self.env.clone(),
            text: join(|(_, text)| text.clone()),
            names: names.clone(),
            reference: join(|(statement, _)| format!("{statement} := by sorry")),
            axioms: STANDARD_AXIOMS.map(str::to_owned).to_vec(),
            timeout_ms: self.settings.timeout_ms,
            infotree: None,
            only_clean: false,
        };
        let report = self.pool.text(&request).await;
        if let Verdict::Fault { reason } = &report.verdict {
            return Err(worker(&reason.message));
        }
        let level = |name: &String| {
            let found = report.theorems.iter().find(|t| t.name == *name)?;
            match &found.verdict {
                Verdict::Accepted { level, .. } if found.verdict.is_proved() => {
                    Some(u8::from(*level))
                }
                _ => None,
            }
        };
        Ok(names.iter().map(level).collect())
    }
}

/// What the theorems of one text are called while they are judged.
fn place(index: usize) -> String {
    format!("composed_{}", index + 1)
}

/// The statement under another name.
fn renamed(statement: &str, name: &str) -> Option<String> {
    crate::section::job::named(statement, name)
}

impl Job for Compose {
    type Draft = Draft;
    type Settled = Draft;

    async fn work(&self, item: Item<'_>) -> Result<Draft, WorkError> {
        let pairing = self.pairing(item)?;
        let (mut made, refused) = self.constructed(pairing, item.seed_for("compose")).await?;
        let mut tokens = Tokens::default();
        if let Some(chat) = &self.chat {
            made.extend(self.proposed(pairing, chat, item, &mut tokens).await?);
        }
        Ok(Draft {
            made,
            tokens,
            refused,
            twice: 0,
        })
    }

    fn settle(
        &self,
        _: Item<'_>,
        mut draft: Draft,
        claims: &mut Claims<'_>,
    ) -> Result<Draft, JournalError> {
        let mut kept = Vec::new();
        for made in std::mem::take(&mut draft.made) {
            let failed = gates::worst(&made.findings) == Outcome::Failed;
            if failed || claims.claim(Claim::of(COUNTS, &made.type_hash))?.is_none() {
                kept.push(made);
            } else {
                draft.twice += 1;
            }
        }
        draft.made = kept;
        Ok(draft)
    }

    async fn finish(&self, item: Item<'_>, draft: &Draft) -> Result<Finished, WorkError> {
        let pairing = self.pairing(item)?;
        let mut out = Finished::default();
        let count = draft.made.len() as u64;
        out.tally.add(COUNTS, "statements", "made", count);
        out.tally
            .add(COUNTS, "statements", "refused by the worker", draft.refused);
        out.tally
            .add(COUNTS, "statements", "made before", draft.twice);
        out.tally
            .add(COUNTS, "tokens", "prompt", draft.tokens.prompt);
        out.tally
            .add(COUNTS, "tokens", "completion", draft.tokens.completion);
        let mut passing: Vec<&Made> = Vec::new();
        for made in &draft.made {
            let failed = gates::failed(&made.findings).map(|f| f.gate.as_str());
            for gate in gates::names().into_iter().chain([TWO_IDEAS]) {
                let ended = failed == Some(gate);
                let what = if ended { "failed" } else { "passed" };
                out.tally.add(FUNNEL, gate, what, 1);
                if ended {
                    break;
                }
            }
            if failed.is_none() && made.overlap.is_some() {
                out.tally.add(COUNTS, "statements", "in a benchmark", 1);
            } else if failed.is_none() {
                passing.push(made);
            }
        }
        let mut proofs = Vec::new();
        for made in &passing {
            if let Some(script) = &made.script
                && let Some(statement) = renamed(&made.statement, &place(proofs.len()))
            {
                let script = script.replace('\n', "\n  ");
                proofs.push((statement.clone(), format!("{statement} := by\n  {script}")));
            }
        }
        let mut levels = self.verified(&proofs).await?.into_iter();
        for (number, made) in (1u32..).zip(passing) {
            let name = format!("composed_{}_{number}", item.index);
            let Some(statement) = renamed(&made.statement, &name) else {
                continue;
            };
            let mut row = ComposedRow {
                formal_statement: statement.clone(),
                informal_statement: made.reading.english.clone(),
                formal_proof: None,
                level: None,
                decision: "undecided".into(),
                refutation: None,
                by: made.by.clone(),
                pairing: pairing.clone(),
                trivial: made.trivial.clone(),
                type_hash: made.type_hash.clone(),
                findings: made.findings.clone(),
                tokens: draft.tokens,
                name: name.clone(),
            };
            match (&made.script, &self.decider) {
                (Some(script), _) => {
                    row.level = levels.next().flatten();
                    if row.level.is_none() {
                        out.tally
                            .add(COUNTS, "statements", "not accepted by the kernel", 1);
                        continue;
                    }
                    let script = script.replace('\n', "\n  ");
                    row.formal_proof = Some(format!("{statement} := by\n  {script}"));
                    row.decision = "proved".into();
                }
                (None, Some(decider)) => {
                    let seed = item.seed_for(&name);
                    let decided = decider.decide(&self.env, &name, &statement, seed).await;
                    match decided.map_err(WorkError::Worker)? {
                        Decision::Proved { proof } => {
                            row.decision = "proved".into();
                            row.level = Some(3);
                            row.formal_proof = Some(proof);
                        }
                        Decision::Refuted { proof } => {
                            row.decision = "refuted".into();
                            row.refutation = Some(proof);
                        }
                        Decision::Open => row.decision = "open".into(),
                    }
                }
                (None, None) => {}
            }
            out.tally.add(COUNTS, "decision", &row.decision, 1);
            out.tally.add(COUNTS, "by", &row.by, 1);
            out.tally.add(COUNTS, "maker", &pairing.maker, 1);
            let table = match row.refutation {
                Some(_) => NEGATIVES,
                None => PROBLEMS,
            };
            out.rows
                .push(Row::new(table, &row).map_err(|e| WorkError::Item(e.to_string()))?);
            out.tally.add("rows", table, "rows", 1);
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concept_is_spoken_of_by_its_name_or_after_a_dot() {
        for (text, expected) in [
            ("∀ xs, xs.length = 0", true),
            ("List.length xs = 0", true),
            ("(f xs).length = 0", true),
            ("xs.lengthTR = 0", false),
            ("length = 0", false),
        ] {
            assert_eq!(mentions(text, "List.length"), expected, "{text}");
        }
    }
}
