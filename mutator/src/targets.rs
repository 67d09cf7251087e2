//! Which theorems are mutated, and which may never be used: `--targets`, `--premises`, held-out names.

use std::collections::HashSet;
use std::path::Path;

use regex::Regex;

/// A choice of theorems by name: a regular expression, or a file with a name a line.
#[derive(Debug, Clone)]
pub enum Choice {
    /// All of them.
    All,
    /// Names that the expression matches somewhere.
    Matching(Regex),
    /// These names, each of which must be there.
    Listed(Vec<String>),
}

/// Why a choice chooses nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ChoiceError {
    /// Neither a file nor a regular expression.
    #[error(
        "`{given}` is neither a file nor a regular expression ({message}); give names in a file, a line each, or mend the expression"
    )]
    NotAChoice {
        /// As it was given.
        given: String,
        /// What is wrong with the expression.
        message: String,
    },
    /// The file cannot be read.
    #[error("{path} cannot be read: {message}")]
    Unreadable {
        /// Which file.
        path: String,
        /// The system's words.
        message: String,
    },
    /// The file names nothing.
    #[error("{path} holds no name; write a theorem's full name on each line")]
    Empty {
        /// Which file.
        path: String,
    },
    /// Names that no theorem of the library has.
    #[error(
        "the library has no theorem {}{}; names are full names, and private or generated theorems are no targets",
        missing.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", "),
        did_you_mean(.near)
    )]
    Unknown {
        /// The first few.
        missing: Vec<String>,
        /// Names that are like the first.
        near: Vec<String>,
    },
    /// Every chosen theorem is held out.
    #[error("all of the {chosen} chosen theorems are held out; choose others, or hold out fewer")]
    AllHeldOut {
        /// How many were chosen.
        chosen: usize,
    },
    /// The expression matches nothing.
    #[error("no theorem's name matches `{pattern}`; the library has {all} theorems, such as {}", like.join(", "))]
    NoMatch {
        /// The expression.
        pattern: String,
        /// Theorems in all.
        all: usize,
        /// Some of them.
        like: Vec<String>,
    },
}

fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!(" (did you mean {}?)", near.join(", "))
    }
}

impl Choice {
    /// A choice from the command line's word: a file where there is one of that name, else an expression.
    ///
    /// # Errors
    /// It is neither, or the file holds no name.
    pub fn parse(given: &str) -> Result<Self, ChoiceError> {
        if Path::new(given).is_file() {
            return Self::file(given);
        }
        match Regex::new(given) {
            Ok(pattern) => Ok(Self::Matching(pattern)),
            Err(e) => Err(ChoiceError::NotAChoice {
                given: given.to_owned(),
                message: e.to_string().lines().last().unwrap_or_default().to_owned(),
            }),
        }
    }

    /// The names of a file: a line each; empty lines and what follows `#` or `--` are passed over.
    ///
    /// # Errors
    /// It cannot be read, or holds no name.
    pub fn file(path: &str) -> Result<Self, ChoiceError> {
        let text = std::fs::read_to_string(path).map_err(|e| ChoiceError::Unreadable {
            path: path.to_owned(),
            message: e.to_string(),
        })?;
        let name = |line: &str| {
            let line = line.split_once('#').map_or(line, |(name, _)| name);
            let line = line.split_once("--").map_or(line, |(name, _)| name);
            line.trim().to_owned()
        };
        let names: Vec<String> = text.lines().map(name).filter(|n| !n.is_empty()).collect();
        if names.is_empty() {
            return Err(ChoiceError::Empty {
                path: path.to_owned(),
            });
        }
        Ok(Self::Listed(names))
    }

    /// Which of these names are chosen; at least one is.
    ///
    /// # Errors
    /// A listed name is not there, or nothing matches.
    pub fn of<'a>(&self, names: &[&'a str]) -> Result<HashSet<&'a str>, ChoiceError> {
        match self {
            Self::All => Ok(names.iter().copied().collect()),
            Self::Matching(pattern) => {
                let chosen: HashSet<&str> = names
                    .iter()
                    .copied()
                    .filter(|n| pattern.is_match(n))
                    .collect();
                if chosen.is_empty() {
                    return Err(ChoiceError::NoMatch {
                        pattern: pattern.to_string(),
                        all: names.len(),
                        like: names.iter().take(3).map(|n| (*n).to_owned()).collect(),
                    });
                }
                Ok(chosen)
            }
            Self::Listed(listed) => {
                let there: HashSet<&str> = names.iter().copied().collect();
                let missing: Vec<String> = listed
                    .iter()
                    .filter(|n| !there.contains(n.as_str()))
                    .take(5)
                    .cloned()
                    .collect();
                if let Some(first) = missing.first() {
                    return Err(ChoiceError::Unknown {
                        near: near(first, names),
                        missing,
                    });
                }
                Ok(listed
                    .iter()
                    .filter_map(|n| there.get(n.as_str()).copied())
                    .collect())
            }
        }
    }
}

/// Names that end like this one, or that it ends like.
fn near(name: &str, names: &[&str]) -> Vec<String> {
    let last = |n: &str| n.rsplit('.').next().unwrap_or_default().to_owned();
    let wanted = last(name);
    let alike = names.iter().filter(|n| last(n) == wanted).take(3);
    alike.map(|n| (*n).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = [
        "Nat.add_comm",
        "Nat.mul_comm",
        "List.length_append",
        "Int.add_comm",
    ];

    #[test]
    fn by_expression() {
        let choice = Choice::parse("^Nat\\.").unwrap();
        assert_eq!(choice.of(&NAMES).unwrap().len(), 2);
        let nothing = Choice::parse("^Real\\.").unwrap().of(&NAMES).unwrap_err();
        assert!(
            nothing
                .to_string()
                .contains("no theorem's name matches `^Real\\.`")
        );
        assert!(nothing.to_string().contains("Nat.add_comm"));
        let broken = Choice::parse("Nat.(").unwrap_err().to_string();
        assert!(
            broken.contains("neither a file nor a regular expression"),
            "{broken}"
        );
    }

    #[test]
    fn by_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("targets.txt");
        let path = path.to_str().unwrap();
        std::fs::write(path, "# mine\nNat.add_comm -- the first\n\nInt.add_comm\n").unwrap();
        let chosen = Choice::parse(path).unwrap();
        assert_eq!(chosen.of(&NAMES).unwrap().len(), 2);
        std::fs::write(path, "Rat.add_comm\n").unwrap();
        let unknown = Choice::parse(path)
            .unwrap()
            .of(&NAMES)
            .unwrap_err()
            .to_string();
        assert!(unknown.contains("no theorem `Rat.add_comm`"), "{unknown}");
        assert!(
            unknown.contains("did you mean Nat.add_comm, Int.add_comm?"),
            "{unknown}"
        );
        std::fs::write(path, "# none\n").unwrap();
        assert!(matches!(
            Choice::parse(path),
            Err(ChoiceError::Empty { .. })
        ));
    }
}
