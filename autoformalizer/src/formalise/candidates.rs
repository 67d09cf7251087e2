//! Candidates for a problem: asked for, taken out of the answers, judged, and sent back where Lean refuses
//! them.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use lakatos_datasets::job::WorkError;

use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;

use super::{Judged, Settings, extract, problem::Problem, prompt};
use crate::gates::{self, Candidate, Finding, Outcome};
use crate::model::{Answer, Chat, Message, ModelError, Tokens};
use crate::text::joined;

/// Who is asked for candidates, and who judges them.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// Lean workers.
    pub pool: &'a Pool,
    /// What statements stand in.
    pub env: &'a EnvironmentSpec,
    /// How.
    pub settings: &'a Settings,
}

/// What is wrong with an answer without a statement.
const NO_STATEMENT: &str = "The answer holds no statement; it must begin with `theorem`.";
/// How much of such an answer is kept, in characters.
const EXCERPT: usize = 200;

/// A candidate under way.
struct Draft {
    answer: String,
    /// What is wrong with an answer that is none.
    unusable: Option<String>,
    formal: Option<String>,
    repairs: u32,
    judged: Option<Judged>,
}

impl Asker<'_> {
    /// A model's candidates for a problem, those of one text together, and what they cost.
    ///
    /// # Errors
    /// Lean or the endpoint failed; what is wrong with one answer is kept in its place.
    pub async fn asked(
        self,
        problem: &Problem,
        chat: &Chat,
        seed: impl Fn(&str) -> u64,
    ) -> Result<(Vec<Judged>, Tokens), WorkError> {
        let mut tokens = Tokens::default();
        let asked = (0..self.settings.candidates).map(|i| {
            let seed = seed(&format!("candidate {i}"));
            async move { chat.ask(&prompt::formalize(problem), seed).await }
        });
        let mut drafts = Vec::new();
        for answer in join_all(asked).await {
            drafts.push(draft(answer, 0, &mut tokens)?);
        }
        self.judge(problem, &mut drafts).await?;
        for round in 1..=self.settings.repairs {
            let broken: Vec<usize> = (0..drafts.len())
                .filter(|i| refused(&drafts[*i]).is_some())
                .collect();
            if broken.is_empty() {
                break;
            }
            let asked = broken.iter().map(|i| {
                let draft = &drafts[*i];
                let messages: Vec<Message> = match draft.unusable {
                    Some(_) => prompt::formalize(problem),
                    None if draft.formal.is_none() => {
                        prompt::repair(problem, &draft.answer, NO_STATEMENT)
                    }
                    None => {
                        let why = refused(draft).unwrap_or_default();
                        prompt::repair(problem, &draft.answer, why)
                    }
                };
                let seed = seed(&format!("repair {round} of {i}"));
                async move { chat.ask(&messages, seed).await }
            });
            let answers = join_all(asked).await;
            for (i, answer) in broken.into_iter().zip(answers) {
                let new = draft(answer, round, &mut tokens)?;
                // An answer without a statement does not replace one that has it.
                if new.formal.is_some() {
                    drafts[i] = new;
                }
            }
            self.judge(problem, &mut drafts).await?;
        }
        Ok((together(drafts), tokens))
    }

    /// Candidates that somebody else has made, judged; those of one text together.
    ///
    /// # Errors
    /// Lean failed.
    pub async fn given(
        self,
        problem: &Problem,
        answers: &[String],
    ) -> Result<Vec<Judged>, WorkError> {
        let draft = |answer: &String| Draft {
            formal: extract::statement(answer),
            answer: answer.clone(),
            unusable: None,
            repairs: 0,
            judged: None,
        };
        let mut drafts: Vec<Draft> = answers.iter().map(draft).collect();
        self.judge(problem, &mut drafts).await?;
        Ok(together(drafts))
    }

    /// Judges the drafts that have not been judged, in one batch.
    async fn judge(self, problem: &Problem, drafts: &mut [Draft]) -> Result<(), WorkError> {
        let waiting: Vec<usize> = (0..drafts.len())
            .filter(|i| drafts[*i].judged.is_none())
            .collect();
        let statements: Vec<String> = waiting
            .iter()
            .filter_map(|i| drafts[*i].formal.clone())
            .collect();
        let (heartbeats, timeout) = (self.settings.heartbeats, self.settings.timeout_ms);
        let assessed = self
            .pool
            .assess(self.env, &statements, heartbeats, timeout)
            .await;
        let mut assessed = assessed
            .map_err(|e| WorkError::Worker(e.to_string()))?
            .into_iter();
        for i in waiting {
            let draft = &mut drafts[i];
            let repairs = draft.repairs;
            let Some(formal) = draft.formal.clone() else {
                draft.judged = Some(unanswered(draft));
                continue;
            };
            let Some(assessed) = assessed.next() else {
                return Err(WorkError::Worker(
                    "Lean did not answer for every candidate".into(),
                ));
            };
            // A statement that nobody has given in words says what it says.
            let informal = match (&assessed, problem.informal.as_str()) {
                (Ok(known), "") => &known.reading.english,
                (_, informal) => informal,
            };
            let findings = gates::judge(&Candidate {
                informal,
                formal: &formal,
                assessed: &assessed,
            });
            let known = assessed.ok();
            draft.judged = Some(Judged {
                formal,
                votes: 1,
                repairs,
                english: known.as_ref().map(|a| a.reading.english.clone()),
                type_hash: known.as_ref().map(|a| a.type_hash.clone()),
                confirmed: known.as_ref().map_or(0, |a| a.instances.confirmed),
                counterexample: known.and_then(|a| a.instances.counterexample),
                findings,
                class: None,
                equivalence: None,
            });
        }
        Ok(())
    }
}

/// The candidates, those of one text once with their number.
fn together(drafts: Vec<Draft>) -> Vec<Judged> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut judged: Vec<Judged> = Vec::new();
    for candidate in drafts.into_iter().filter_map(|draft| draft.judged) {
        match places.get(&candidate.formal) {
            Some(at) => judged[*at].votes += 1,
            None => {
                places.insert(candidate.formal.clone(), judged.len());
                judged.push(candidate);
            }
        }
    }
    judged
}

/// What Lean said where it refused the candidate.
fn refused(draft: &Draft) -> Option<&str> {
    let findings = &draft.judged.as_ref()?.findings;
    let first = findings.first()?;
    (first.outcome == Outcome::Failed).then_some(first.why.as_str())
}

fn draft(
    answer: Result<Answer, ModelError>,
    repairs: u32,
    tokens: &mut Tokens,
) -> Result<Draft, WorkError> {
    let (answer, unusable) = match answer {
        Ok(answer) => {
            *tokens += answer.tokens;
            (answer.text, None)
        }
        Err(ModelError::BadAnswer { message }) => (String::new(), Some(message)),
        // The job stops where it is, and the same command goes on.
        Err(error) => return Err(WorkError::Fatal(error.to_string())),
    };
    Ok(Draft {
        formal: extract::statement(&answer),
        answer,
        unusable,
        repairs,
        judged: None,
    })
}

/// What is kept of an answer that holds no statement.
fn unanswered(draft: &Draft) -> Judged {
    let said: String = joined(&draft.answer).chars().take(EXCERPT).collect();
    let why = match &draft.unusable {
        Some(message) => format!("The answer cannot be used: {message}"),
        None => format!("{NO_STATEMENT} It says: {said}"),
    };
    Judged {
        formal: String::new(),
        votes: 1,
        repairs: draft.repairs,
        english: None,
        type_hash: None,
        counterexample: None,
        confirmed: 0,
        findings: vec![Finding {
            gate: "elaborates".into(),
            outcome: Outcome::Failed,
            why,
        }],
        class: None,
        equivalence: None,
    }
}
