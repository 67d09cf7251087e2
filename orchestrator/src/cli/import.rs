//! `lakatos import`: theorems of other people's schemas in ours.

use std::path::Path;

use lakatos_datasets::exchange::{Form, lakatos};

use super::context::Context;
use super::exchange::{Conversion, OutArgs, parse_form};
use crate::exit::{Exit, Failure};

/// Read datasets in the schemas that `export` writes into ours, as Parquet and JSONL with a card
///
/// The schema of a row is found out from its columns; what ours has no place for is kept, and is there again
/// when the row is exported to the same schema. A row that cannot be read is reported and the others go on.
///
/// Example: lakatos import herald.parquet workbook.jsonl --out ours
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Files (Parquet, JSONL, a JSON array) and directories
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<String>,
    /// The schema of the rows, in place of what their columns say
    #[arg(long, value_name = "SCHEMA", value_parser = parse_form)]
    from: Option<Form>,
    #[command(flatten)]
    out: OutArgs,
}

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let mut conversion = Conversion::new(context, lakatos::FORM, &args.out)?;
    for input in &args.inputs {
        conversion.files(Path::new(input), args.from)?;
    }
    conversion.finish(&args.inputs, &args.out)
}
