//! Prompt templates: how a proof state becomes a prompt, and a completion tactics.
//!
//! A template is a TOML file. The bundled ones are in `orchestrator/templates`; a user's own is named
//! by its path. In a prompt, `{state}` is the goals as Lean prints them, `{theorem}` the theorem's
//! name, `{path}` the tactics so far (a line each), `{target}` the first goal's target and `{binders}`
//! its hypotheses as binders; `{{` and `}}` are braces.
//!
//! With `append`, `prompt` is the root's, and a child's prompt is its parent's with `append` filled in behind it: there `{tactic}`
//! is the tactic that led to the child and the rest is the child's own. Such a prompt extends its parent's, so that a server that
//! keeps states reads only what is new.
//!
//! With `names = "canonical"`, `{state}` is the first goal alone in canonical names, and completions are translated back
//! ([`super::canonical`]).

use std::path::Path;

use lakatos_lean_bridge::pool::ProofState;
use lakatos_lean_bridge::protocol::Goal;
use serde::{Deserialize, Serialize};

use super::PolicyContext;
use super::canonical::Names;

/// A prompt template, as its file says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// What model it is for.
    pub description: String,
    /// The prompt, with placeholders.
    pub prompt: String,
    /// What a child's prompt adds to its parent's; without it each prompt stands alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub append: Option<String>,
    /// With chat completions: the system's message.
    #[serde(default)]
    pub system: String,
    /// Where the server is to stop.
    #[serde(default)]
    pub stop: Vec<String>,
    /// Whose names the model reads and writes.
    #[serde(default)]
    pub names: NamesOf,
    /// How completions are read.
    #[serde(default)]
    pub read: Reading,
}

/// Whose names a model reads and writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NamesOf {
    /// The goal's own, as Lean prints them.
    #[default]
    Goal,
    /// Canonical ones.
    Canonical,
}

/// How tactics are read out of a completion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reading {
    /// Only what follows this is read, where it occurs.
    pub after: String,
    /// Only what comes before the first of these is read.
    pub until: Vec<String>,
    /// Markup that is taken out.
    pub strip: Vec<String>,
    /// What is taken: each gives a proposal.
    pub take: Vec<Take>,
}

impl Default for Reading {
    fn default() -> Self {
        let take = vec![Take::FirstStep];
        Self {
            after: String::new(),
            until: Vec::new(),
            strip: Vec::new(),
            take,
        }
    }
}

/// A part of a completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Take {
    /// The first tactic: its line, and the lines below that are indented more.
    FirstStep,
    /// Everything.
    Block,
}

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Neither a bundled template nor a file.
    #[error(
        "there is no template `{name}`: the bundled ones are {}, and anything else is the path of a \
         TOML file ({source})",
        names()
    )]
    Missing {
        /// As asked for.
        name: String,
        /// Why it cannot be read as a file.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a template.
    #[error("the template `{name}` cannot be read: {message}")]
    Invalid {
        /// As asked for.
        name: String,
        /// What is wrong with it.
        message: String,
    },
}

const BUNDLED: [(&str, &str); 6] = [
    (
        "bfs-prover",
        include_str!("../../templates/bfs-prover.toml"),
    ),
    ("deepseek", include_str!("../../templates/deepseek.toml")),
    ("history", include_str!("../../templates/history.toml")),
    ("internlm", include_str!("../../templates/internlm.toml")),
    ("lakatos", include_str!("../../templates/lakatos.toml")),
    ("reprover", include_str!("../../templates/reprover.toml")),
];

fn names() -> String {
    BUNDLED.map(|(name, _)| name).join(", ")
}

impl Template {
    /// A bundled template, or the file at that path.
    pub fn load(name: &str) -> Result<Self, TemplateError> {
        match BUNDLED.iter().find(|(bundled, _)| *bundled == name) {
            Some((_, text)) => Self::parse(name, text),
            None => {
                let text = std::fs::read_to_string(Path::new(name)).map_err(|source| {
                    TemplateError::Missing {
                        name: name.into(),
                        source,
                    }
                })?;
                Self::parse(name, &text)
            }
        }
    }

    /// A template from its text; `name` is for the error.
    ///
    /// # Errors
    /// It is no TOML, or has a placeholder that is not known.
    pub fn parse(name: &str, text: &str) -> Result<Self, TemplateError> {
        let invalid = |message: String| TemplateError::Invalid {
            name: name.into(),
            message,
        };
        let template: Self = toml::from_str(text).map_err(|e| invalid(e.to_string()))?;
        fill(&template.prompt, |word| {
            PLACEHOLDERS.contains(&word).then(String::new)
        })
        .map_err(invalid)?;
        if let Some(append) = &template.append {
            fill(append, |word| {
                (word == "tactic" || PLACEHOLDERS.contains(&word)).then(String::new)
            })
            .map_err(invalid)?;
        }
        if template.read.take.is_empty() {
            return Err(invalid(
                "`read.take` is empty, so that no tactic would be read".into(),
            ));
        }
        Ok(template)
    }

    /// The prompt for a state.
    pub fn prompt(&self, context: &PolicyContext<'_>) -> String {
        self.parts(context).concat()
    }

    /// The prompt in parts: with `append`, one for the root and one for each node on the way here, of which every beginning is
    /// an ancestor's prompt; else one in all.
    pub fn parts(&self, context: &PolicyContext<'_>) -> Vec<String> {
        let Some(append) = &self.append else {
            return vec![self.filled(&self.prompt, context, context.state, context.path)];
        };
        let states = context.history.iter().map(|a| a.state);
        states
            .chain([context.state])
            .enumerate()
            .map(|(i, state)| {
                let before = &context.path[..i.min(context.path.len())];
                let text = if i == 0 { &self.prompt } else { append };
                self.filled(text, context, state, before)
            })
            .collect()
    }

    /// What comes before and after the state in a prompt of nothing else; none where the state is not as Lean prints it.
    pub fn around_state(&self) -> Option<(String, String)> {
        let mut states = 0;
        let filled = fill(&self.prompt, |word| {
            states += usize::from(word == "state");
            (word == "state").then(|| "\0".to_owned())
        });
        let as_printed = self.names == NamesOf::Goal;
        let filled = filled.ok().filter(|_| states == 1 && as_printed)?;
        let (before, after) = filled.split_once('\0')?;
        Some((before.to_owned(), after.to_owned()))
    }

    /// The proposals in a completion for a goal: its tactics in the goal's own names, less what cannot be one.
    pub fn proposals(&self, goal: &str, completion: &str, cut: bool) -> Vec<String> {
        let tactics = self.tactics(completion, cut);
        if self.names == NamesOf::Goal {
            return tactics;
        }
        let names = Names::of(goal);
        tactics.iter().filter_map(|t| names.proposal(t)).collect()
    }

    /// The tactics in a completion, as the model wrote them; `cut` says that the server ran out of tokens, so that the last
    /// line is not to be trusted.
    pub fn tactics(&self, completion: &str, cut: bool) -> Vec<String> {
        let mut text = completion;
        if let Some((_, after)) = text
            .split_once(self.read.after.as_str())
            .filter(|_| !self.read.after.is_empty())
        {
            text = after;
        }
        let end = self
            .read
            .until
            .iter()
            .chain(&self.stop)
            .filter_map(|stop| text.find(stop))
            .min();
        let whole = end.is_some() || !cut;
        let mut text = text[..end.unwrap_or(text.len())].to_owned();
        for markup in &self.read.strip {
            text = text.replace(markup, "");
        }
        let lines = dedent(&text);
        let mut tactics = Vec::new();
        for take in &self.read.take {
            let (taken, complete) = match take {
                Take::Block => (lines.len(), whole),
                Take::FirstStep => {
                    let end = first_step(&lines);
                    (end, whole || end < lines.len())
                }
            };
            let tactic = lines[..taken].join("\n").trim().to_owned();
            if complete && !tactic.is_empty() && !tactics.contains(&tactic) {
                tactics.push(tactic);
            }
        }
        tactics
    }
}

/// A step of a proof, to learn from.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    /// The goals before it, as Lean prints them.
    pub goals: &'a [String],
    /// The tactic.
    pub tactic: &'a str,
}

impl Template {
    /// Prompt and completion for the last of these steps, of which the first is on the root: what [`Self::prompt`] asks where the
    /// others led. None where there is no step, or where the tactic makes a name that looks like a canonical one.
    ///
    /// # Errors
    /// The template speaks of more than goals and tactics; which placeholder.
    pub fn example(&self, steps: &[Taken<'_>]) -> Result<Option<(String, String)>, String> {
        let Some(last) = steps.last() else {
            return Ok(None);
        };
        let from = if self.append.is_some() {
            0
        } else {
            steps.len() - 1
        };
        let mut prompt = String::new();
        for (i, step) in steps.iter().enumerate().skip(from) {
            let before: Vec<&str> = steps[..i].iter().map(|s| s.tactic).collect();
            let append = self.append.as_ref().filter(|_| i > 0);
            let mut missing = None;
            let part = fill(append.unwrap_or(&self.prompt), |word| match word {
                "state" => Some(self.goals(step.goals.iter().map(String::as_str))),
                "path" => Some(before.join("\n")),
                "tactic" => Some(before.last().copied().unwrap_or_default().to_owned()),
                _ => {
                    missing = Some(word.to_owned());
                    None
                }
            });
            prompt += &part.map_err(|e| match missing {
                Some(word) => format!("pairs have goals and tactics, and no `{{{word}}}`"),
                None => e,
            })?;
        }
        let completion = match self.names {
            NamesOf::Goal => Some(last.tactic.to_owned()),
            NamesOf::Canonical => last
                .goals
                .first()
                .and_then(|g| Names::of(g).tactic(last.tactic)),
        };
        Ok(completion.map(|completion| (prompt, completion)))
    }

    /// `{state}` for these goals.
    fn goals<'g>(&self, mut goals: impl Iterator<Item = &'g str>) -> String {
        match self.names {
            NamesOf::Goal => goals.collect::<Vec<_>>().join("\n\n"),
            NamesOf::Canonical => {
                let first = goals.next().unwrap_or_default();
                Names::of(first).goal(first)
            }
        }
    }

    /// A part of a prompt, for the node with this state that these tactics led to. `parse` has seen that every placeholder is known.
    fn filled(
        &self,
        text: &str,
        context: &PolicyContext<'_>,
        state: &ProofState,
        path: &[String],
    ) -> String {
        let goals = &state.goals;
        let first = goals.first();
        let filled = fill(text, |word| {
            Some(match word {
                "state" => self.goals(goals.iter().map(|g| g.text.as_str())),
                "theorem" => context.theorem.to_owned(),
                "path" => path.join("\n"),
                "tactic" => path.last().cloned().unwrap_or_default(),
                "target" => first.map(|g| g.target.clone()).unwrap_or_default(),
                "binders" => first.map(binders).unwrap_or_default(),
                _ => return None,
            })
        });
        filled.unwrap_or_default()
    }
}

const PLACEHOLDERS: [&str; 5] = ["state", "theorem", "path", "target", "binders"];

/// Fills placeholders; an error names what is wrong with the text.
fn fill(text: &str, mut value: impl FnMut(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
        } else if brace == "}" {
            return Err("a `}` stands alone in the prompt; write `}}` for a brace".into());
        } else {
            let end = rest
                .find('}')
                .ok_or("a `{` in the prompt has no `}`; write `{{` for a brace")?;
            let word = &rest[..end];
            out.push_str(&value(word).ok_or_else(|| {
                format!(
                    "`{{{word}}}` is no placeholder; there are {}",
                    PLACEHOLDERS.join(", ")
                )
            })?);
            rest = &rest[end + 1..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// A goal's hypotheses as binders; those without a name that Lean reads back are anonymous instances
/// or underscores.
fn binders(goal: &Goal) -> String {
    let one = |h: &lakatos_lean_bridge::protocol::Hyp| match (h.instance, h.accessible) {
        (true, _) => format!("[{}]", h.ty),
        (false, true) => format!("({} : {})", h.name, h.ty),
        (false, false) => format!("(_ : {})", h.ty),
    };
    goal.hyps.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The lines without the indentation of the first, empty ones at both ends left out.
fn dedent(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text
        .trim_end()
        .lines()
        .skip_while(|l| l.trim().is_empty())
        .map(str::trim_end)
        .collect();
    let by = lines.first().map_or(0, |l| indentation(l));
    // Spaces of several bytes may lie across the cut.
    let cut = |l: &&str| {
        l.get(indentation(l).min(by)..)
            .unwrap_or(l.trim_start())
            .to_owned()
    };
    lines.iter().map(cut).collect()
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The end of the first tactic among dedented lines.
fn first_step(lines: &[String]) -> usize {
    let below = |l: &String| l.is_empty() || l.starts_with([' ', '\t', '|', '·']);
    lines
        .iter()
        .enumerate()
        .take_while(|(i, l)| *i == 0 || below(l))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, completion: &str, cut: bool, expect: &[&str]) {
        assert_eq!(
            Template::load(name).unwrap().tactics(completion, cut),
            expect
        );
    }

    #[test]
    fn every_bundled_template_loads() {
        for (name, _) in BUNDLED {
            assert!(!Template::load(name).unwrap().description.is_empty());
        }
    }

    #[test]
    fn tactics_are_read_as_each_model_writes_them() {
        check(
            "reprover",
            "rw [<a>Nat.add_comm</a>]",
            false,
            &["rw [Nat.add_comm]"],
        );
        check("bfs-prover", " simp [h]:::junk", false, &["simp [h]"]);
        check("internlm", "PROOFSTEP omega\nDECL next", false, &["omega"]);
        check(
            "deepseek",
            "  induction n with\n  | zero => rfl\n  | succ n ih =>\n    simp\n  done\n```\nSo.",
            false,
            &[
                "induction n with\n| zero => rfl\n| succ n ih =>\n  simp\ndone",
                "induction n with\n| zero => rfl\n| succ n ih =>\n  simp",
            ],
        );
    }

    #[test]
    fn what_was_cut_off_is_not_taken() {
        check("bfs-prover", "exact Nat.le_of_lt_su", true, &[]);
        check(
            "deepseek",
            "  intro x\n  exact Nat.le_of",
            true,
            &["intro x"],
        );
        check("bfs-prover", "", false, &[]);
        check("bfs-prover", "\n \n", false, &[]);
        check(
            "deepseek",
            " a\n\u{3000}b\n\u{a0}\u{a0}c",
            false,
            &["a\nb\nc", "a"],
        );
    }

    #[test]
    fn a_template_with_an_unknown_placeholder_is_refused() {
        let error = |text: &str| Template::parse("mine", text).unwrap_err().to_string();
        assert!(
            error("description = ''\nprompt = '{goal}'").contains("`{goal}` is no placeholder")
        );
        assert!(error("description = ''\nprompt = '{state'").contains("no `}`"));
        assert!(error("description = ''\nprompt = ''\npromt = ''").contains("promt"));
        assert_eq!(fill("{{a}} {b}", |_| Some("c".into())).unwrap(), "{a} c");
    }

    #[test]
    fn a_missing_template_names_the_bundled_ones() {
        let error = Template::load("nowhere.toml").unwrap_err().to_string();
        assert!(
            error.contains("bfs-prover, deepseek, history, internlm, lakatos, reprover"),
            "{error}"
        );
    }
}
