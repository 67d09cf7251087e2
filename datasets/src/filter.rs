//! Choosing problems: by split, by a regular expression on the name, by number. Pure functions.

use regex::Regex;

use crate::error::ReadError;
use crate::problem::Problem;

/// Which problems of a source are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this split; problems without a split are left out then.
    pub split: Option<String>,
    /// Only names that match.
    pub pattern: Option<Regex>,
    /// At most so many, the first ones.
    pub limit: Option<usize>,
}

impl Filter {
    /// Builds a filter from the command line's words.
    pub fn new(
        split: Option<String>,
        pattern: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Self, ReadError> {
        let pattern = pattern
            .map(|p| {
                Regex::new(p).map_err(|e| ReadError::Filter {
                    pattern: p.to_owned(),
                    message: e.to_string(),
                })
            })
            .transpose()?;
        Ok(Self {
            split,
            pattern,
            limit,
        })
    }

    /// Whether a problem is wanted, its number aside.
    pub fn matches(&self, problem: &Problem) -> bool {
        let split = self
            .split
            .as_ref()
            .is_none_or(|s| problem.split.as_ref() == Some(s));
        split
            && self
                .pattern
                .as_ref()
                .is_none_or(|p| p.is_match(&problem.name))
    }

    /// The wanted problems, in order.
    pub fn apply(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let limit = self.limit.unwrap_or(usize::MAX);
        problems
            .into_iter()
            .filter(|p| self.matches(p))
            .take(limit)
            .collect()
    }
}
