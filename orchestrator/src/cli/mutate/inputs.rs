//! What `lakatos mutate` is given: which theorems, and what must not come out.

use std::path::PathBuf;

use lakatos_datasets::guard::Guard as Statements;
use lakatos_datasets::job::Plan;
use lakatos_mutator::candidate::Candidate;
use lakatos_mutator::earlier::Earlier;
use lakatos_mutator::job::Guard;
use lakatos_mutator::library::{Request, Sample};
use lakatos_mutator::targets::Choice;

use crate::exit::Failure;

/// Which theorems are mutated and used, and what must not come out.
#[derive(Debug, clap::Args)]
pub struct SelectArgs {
    /// Theorems to mutate: a regular expression on full names, or a file with a name a line [default: all]
    #[arg(long, value_name = "REGEX|FILE")]
    pub targets: Option<String>,
    /// Theorems that may be used besides the target, likewise [default: all]
    #[arg(long, value_name = "REGEX|FILE")]
    pub premises: Option<String>,
    /// Theorems that are never a target nor a premise, likewise
    #[arg(long, value_name = "REGEX|FILE")]
    pub held_out: Option<String>,
    /// Mutate so many of these targets, drawn by the seed
    #[arg(long, value_name = "N")]
    pub sample: Option<usize>,
    /// Mutate at most so many targets, the first in the order of what they use
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Files or benchmarks whose statements must not come out, besides the bundled one
    #[arg(long, value_name = "INPUT")]
    pub exclude: Vec<String>,
    /// Output directories of earlier runs, whose statements are not made again
    #[arg(long, value_name = "DIR")]
    pub novel_to: Vec<PathBuf>,
}

/// The same, read.
pub struct Inputs {
    /// Which theorems.
    pub request: Request,
    /// Keeps benchmarks out.
    pub guard: Benchmarks,
    /// Statements of earlier runs.
    pub earlier: Earlier,
}

/// Statements of benchmarks, and what tells these benchmarks from others.
pub struct Benchmarks {
    statements: Statements,
    digest: String,
}

impl Benchmarks {
    /// How many statements, and a digest of them: they decide what comes out.
    pub fn names(&self) -> String {
        format!("{} statements, {}", self.statements.len(), self.digest)
    }
}

impl Guard for Benchmarks {
    fn holder(&self, candidate: &Candidate) -> Option<String> {
        let overlap = self.statements.statement("", &candidate.signature)?;
        Some(overlap.to_string())
    }
}

/// Reads everything that needs no Lean.
pub fn read(args: &SelectArgs, seed: u64) -> Result<Inputs, Failure> {
    let choice = |given: &Option<String>| match given {
        None => Ok(Choice::All),
        Some(given) => Choice::parse(given).map_err(|e| Failure::user(e.to_string())),
    };
    let mut statements = Statements::default();
    statements.add_bundled();
    let mut all = Vec::new();
    for name in &args.exclude {
        let read = lakatos_datasets::read_source(name, &Default::default());
        let problems = read.map_err(|e| Failure::user(e.to_string()))?.problems;
        all.extend(problems.iter().map(|p| p.statement.clone()));
        statements.add(&problems);
    }
    let earlier = Earlier::read(&args.novel_to).map_err(|e| Failure::user(e.to_string()))?;
    for (option, given) in [("--sample", args.sample), ("--limit", args.limit)] {
        if given == Some(0) {
            return Err(Failure::user(format!("{option} must be at least 1")));
        }
    }
    Ok(Inputs {
        request: Request {
            targets: choice(&args.targets)?,
            premises: choice(&args.premises)?,
            held_out: match &args.held_out {
                None => None,
                given => Some(choice(given)?),
            },
            sample: args.sample.map(|size| Sample { size, seed }),
            limit: args.limit,
        },
        guard: Benchmarks {
            statements,
            digest: Plan::new(all).hash(),
        },
        earlier,
    })
}
