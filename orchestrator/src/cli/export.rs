//! `lakatos export`: theorems in a schema that people already load.

use std::path::Path;

use lakatos_datasets::exchange::Form;

use super::context::Context;
use super::exchange::{Conversion, OutArgs, parse_form};
use crate::exit::{Exit, Failure};

/// Write theorems as Parquet and JSONL with a dataset card, in a schema that people already load
///
/// A source is the name of a run, whose accepted proofs are taken, or a file or a directory of rows in any of
/// the schemas. Rows that a schema cannot hold (no English for herald, no steps for leandojo) are counted and
/// left out. docs/datasets.md describes the schemas.
///
/// Examples:
///   lakatos export bundled-1 --format deepseek --out proofs
///   lakatos export mutated/theorems --format numina --exclude minif2f.jsonl --out theorems
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Runs, files and directories
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<String>,
    /// The schema: herald, herald-proofs, deepseek, numina, workbook, leandojo, alchemy, lakatos
    #[arg(long, value_name = "SCHEMA", value_parser = parse_form)]
    format: Form,
    #[command(flatten)]
    out: OutArgs,
}

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let mut conversion = Conversion::new(context, args.format, &args.out)?;
    for source in &args.sources {
        match Path::new(source) {
            path if path.exists() => conversion.files(path, None)?,
            _ => conversion.run(source)?,
        }
    }
    conversion.finish(&args.sources, &args.out)
}
