//! Problems made from a seed, for training: one file a family, statements in core Lean.
//!
//! A problem is a function of seed, family and index, so that a set can be made again byte for byte, and made longer
//! without changing what it had. Most are true; the few that are not cost a search and teach nothing. No benchmark's
//! statement is given out: [`Exclusion`] holds the fingerprints of those that the caller names, and of the bundled ones.

mod arithmetic;
mod booleans;
mod divisibility;
mod draw;
pub mod exclusion;
mod existence;
mod formula;
mod functions;
mod inequalities;
mod lists;
mod logic;

use std::collections::HashSet;

use serde::Serialize;

pub use exclusion::{Exclusion, fingerprint};

use draw::Draw;

/// A family of problems.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    make: fn(&mut Draw) -> Made,
}

/// The families, in the order in which they take turns.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "arithmetic",
        make: arithmetic::make,
    },
    Family {
        name: "inequalities",
        make: inequalities::make,
    },
    Family {
        name: "divisibility",
        make: divisibility::make,
    },
    Family {
        name: "logic",
        make: logic::make,
    },
    Family {
        name: "lists",
        make: lists::make,
    },
    Family {
        name: "functions",
        make: functions::make,
    },
    Family {
        name: "existence",
        make: existence::make,
    },
    Family {
        name: "booleans",
        make: booleans::make,
    },
];

/// What a family gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    /// Definitions that the statement needs; empty, or ending in a line break.
    pub definitions: String,
    /// Binders and type: what stands between the theorem's name and its `:=`.
    pub claim: String,
}

impl Made {
    fn plain(claim: impl Into<String>) -> Self {
        Self {
            definitions: String::new(),
            claim: claim.into(),
        }
    }
}

/// A generated problem, as a row that `lakatos prove` reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// `gen_FAMILY_SEED_INDEX`.
    pub name: String,
    /// `generated`.
    pub split: &'static str,
    /// The family.
    pub family: &'static str,
    /// The seed.
    pub seed: u64,
    /// The problem's number within its family, from 0.
    pub index: u64,
    /// Imports and definitions.
    pub header: String,
    /// The theorem, ending in `:= by`.
    pub formal_statement: String,
    /// Its [`fingerprint`], 32 hex digits.
    pub fingerprint: String,
}

/// How many were drawn and left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Equal to one before them, up to names.
    pub repeated: u64,
    /// Equal to a benchmark's.
    pub excluded: u64,
}

/// Draws that may be left out in a row before a family counts as used up.
const PATIENCE: u32 = 2_000;

/// `count` problems, the families taking turns, and how many draws were left out. Fewer where the families are used up.
pub fn generate(
    families: &[Family],
    count: usize,
    seed: u64,
    exclusion: &Exclusion,
) -> (Vec<Row>, LeftOut) {
    let mut seen = HashSet::new();
    let mut left_out = LeftOut::default();
    let mut rows = Vec::with_capacity(count);
    let mut turns: Vec<(&Family, u64)> = families.iter().map(|f| (f, 0)).collect();
    while rows.len() < count && !turns.is_empty() {
        turns.retain_mut(|(family, index)| {
            for _ in 0..PATIENCE {
                let row = row(family, seed, *index);
                *index += 1;
                if exclusion.holds(&row.fingerprint) {
                    left_out.excluded += 1;
                } else if seen.insert(row.fingerprint.clone()) {
                    if rows.len() < count {
                        rows.push(row);
                    }
                    return true;
                } else {
                    left_out.repeated += 1;
                }
            }
            false
        });
    }
    (rows, left_out)
}

fn row(family: &Family, seed: u64, index: u64) -> Row {
    let made = (family.make)(&mut Draw::new(seed, family.name, index));
    let name = format!("gen_{}_{seed}_{index}", family.name);
    Row {
        split: "generated",
        family: family.name,
        seed,
        index,
        header: format!("import Std\n\n{}", made.definitions),
        formal_statement: format!("theorem {name} {} := by", made.claim),
        fingerprint: fingerprint(&made.definitions, &made.claim),
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_gives_statements_that_the_reader_reads() {
        let (rows, left_out) = generate(FAMILIES, 400, 3, &Exclusion::bundled());
        assert_eq!(rows.len(), 400);
        assert!(left_out.repeated > 0);
        let fingerprints: HashSet<&String> = rows.iter().map(|r| &r.fingerprint).collect();
        assert_eq!(fingerprints.len(), 400);
        let lines: Vec<String> = rows
            .iter()
            .map(|r| serde_json::to_string(r).unwrap())
            .collect();
        let read =
            crate::format::read_bytes("g.jsonl", lines.join("\n").as_bytes(), &Default::default());
        let read = read.unwrap();
        assert!(read.faults.is_empty(), "{:?}", read.faults);
        for (problem, row) in read.problems.iter().zip(&rows) {
            assert_eq!(problem.name, row.name);
            let claim = problem.statement.split_once(&problem.decl).unwrap().1;
            assert_eq!(
                fingerprint(&problem.environment.text, claim),
                row.fingerprint
            );
        }
    }

    #[test]
    fn what_is_excluded_is_not_given_out() {
        let (rows, _) = generate(FAMILIES, 40, 5, &Exclusion::default());
        let text: Vec<String> = rows
            .iter()
            .map(|r| serde_json::to_string(r).unwrap())
            .collect();
        let read = crate::format::read_bytes("g.jsonl", text[3].as_bytes(), &Default::default());
        let mut exclusion = Exclusion::default();
        exclusion.add(&read.unwrap().problems);
        let (others, left_out) = generate(FAMILIES, 40, 5, &exclusion);
        assert!(left_out.excluded >= 1);
        assert!(others.iter().all(|r| r.fingerprint != rows[3].fingerprint));
    }

    #[test]
    fn a_family_that_is_used_up_ends() {
        let only = Family {
            name: "one",
            make: |_| Made::plain(": 1 + 1 = 2"),
        };
        let (rows, _) = generate(&[only], 5, 0, &Exclusion::default());
        assert_eq!(rows.len(), 1);
    }
}
