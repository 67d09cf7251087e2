//! `lakatos generate`: problems from a seed.

use std::path::PathBuf;

use lakatos_datasets::generate::{Exclusion, FAMILIES, Family, generate};

use super::context::Context;
use crate::exit::{Exit, Failure};

/// Make problems from a seed, for training; none of them is a benchmark's
///
/// Example: lakatos generate --count 1000 --seed 1 --out generated.jsonl
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Problems wanted
    #[arg(long, value_name = "N", default_value_t = 1000)]
    count: usize,
    /// The seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Families to draw from [default: all of them]
    #[arg(long, value_name = "NAME", value_parser = parse_family)]
    family: Vec<Family>,
    /// Files or benchmarks whose statements must not be given out, besides the bundled one
    #[arg(long, value_name = "INPUT")]
    exclude: Vec<String>,
    /// Where the problems go (JSONL)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn parse_family(name: &str) -> Result<Family, String> {
    FAMILIES
        .iter()
        .find(|f| f.name == name)
        .copied()
        .ok_or_else(|| {
            let names: Vec<&str> = FAMILIES.iter().map(|f| f.name).collect();
            format!("the families are {}", names.join(", "))
        })
}

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let mut exclusion = Exclusion::bundled();
    for name in &args.exclude {
        let read = lakatos_datasets::read_source(name, &Default::default());
        exclusion.add(&read.map_err(|e| Failure::user(e.to_string()))?.problems);
    }
    let families = if args.family.is_empty() {
        FAMILIES
    } else {
        &args.family
    };
    let (rows, left_out) = generate(families, args.count, args.seed, &exclusion);
    super::pairs::write_lines(&args.out, &rows)?;
    context.console.say(format!(
        "{} problems in {}; left out: {} repeated, {} of benchmarks",
        rows.len(),
        args.out.display(),
        left_out.repeated,
        left_out.excluded
    ));
    if rows.len() < args.count {
        context
            .console
            .note("the families have no more; another seed does not help, other families do");
    }
    Ok(Exit::Success)
}
