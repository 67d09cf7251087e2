//! The report of a run: one self-contained HTML file.
//!
//! - [`page`]: the page around everything: summary, curve, table, a section a problem.
//! - [`curve`]: problems solved over time, as SVG.
//! - [`tree`]: the picture of a search, as SVG.
//! - [`funnel`]: the page of a data job: what became of candidates, stage by stage.
//! - [`escape`]: the one way in which text from outside enters the page.
//!
//! The page loads nothing, and everything in it that came from a problem or from Lean is escaped:
//! statements and proofs are hostile text.

pub mod curve;
pub mod escape;
pub mod funnel;
pub mod page;
#[cfg(test)]
mod tests;
pub mod tree;

use crate::record::AttemptRecord;

/// The run that is reported.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportRun {
    /// The run's name, as in `lakatos report NAME`.
    pub name: String,
    /// The command line that started it.
    pub command: String,
    /// The seed.
    pub seed: u64,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Wall-clock seconds, all sessions of the run together.
    pub seconds: f64,
    /// This program's version.
    pub version: String,
    /// Which Lean, in words.
    pub lean: String,
    /// The isolation that workers ran under, in words.
    pub isolation: String,
    /// The effective configuration as TOML.
    pub config: String,
}

/// One problem of the run, attempted or not.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportProblem {
    /// Its name, unique in the run.
    pub name: String,
    /// Its split, where the source names one.
    pub split: Option<String>,
    /// The English statement, where the source has one.
    pub informal: Option<String>,
    /// The header and context that the statement stands in.
    pub context: String,
    /// The statement.
    pub statement: String,
    /// File and line, or bundle, that it came from.
    pub origin: String,
    /// What became of it; none while it waits.
    pub attempt: Option<AttemptRecord>,
    /// Seconds from the run's beginning to its end.
    pub finished_at: Option<f64>,
    /// The command that attempts it again with the same seed and budget.
    pub reproduce: String,
}

impl ReportProblem {
    /// `proved`, `refuted`, `failed`, `declined`, `fault`, `interrupted` or `waiting`.
    pub fn word(&self) -> &'static str {
        self.attempt
            .as_ref()
            .map_or("waiting", |a| a.outcome.word())
    }
}

/// Renders the page.
pub fn render(run: &ReportRun, problems: &[ReportProblem]) -> String {
    page::render(run, problems)
}
