//! What `export` and `import` share: from files and runs to records, through the guard, to a directory.

use std::path::{Path, PathBuf};

use lakatos_datasets::Guard;
use lakatos_datasets::exchange::convert::Export;
use lakatos_datasets::exchange::{Form, Record};
use lakatos_datasets::guard::RUN;
use lakatos_datasets::table::{self, TableError};
use lakatos_datasets::write::{Card, WriteError};
use serde::Serialize;

use super::context::Context;
use crate::events::{Event, EventSink};
use crate::exit::{Exit, Failure};
use crate::records;

/// Where the rows go, and what must not be among them.
#[derive(Debug, clap::Args)]
pub struct OutArgs {
    /// The dataset's directory
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Leave out what is in this benchmark or file, or shares a run of tokens with it; repeat it
    #[arg(long, value_name = "INPUT")]
    pub exclude: Vec<String>,
    /// Tokens of such a run; 0 compares whole statements alone
    #[arg(long, value_name = "N", default_value_t = RUN)]
    pub run_length: usize,
    /// The licence that the card names
    #[arg(long, value_name = "ID")]
    pub license: Option<String>,
}

/// What became of the rows.
#[derive(Debug, Default, Serialize)]
pub struct Counts {
    event: &'static str,
    form: &'static str,
    out: PathBuf,
    /// Rows or results that were read.
    read: u64,
    /// Rows that were written.
    written: u64,
    /// Those that the form has no row for.
    without: u64,
    /// Those that a benchmark holds.
    excluded: u64,
    /// Those that could not be read.
    faults: u64,
}

/// A guard over benchmarks that a person names.
pub fn guard(names: &[String], run: usize) -> Result<Guard, Failure> {
    let mut guard = Guard::new(run);
    for name in names {
        let read = lakatos_datasets::read_source(name, &Default::default());
        guard.add(&read.map_err(|e| Failure::user(e.to_string()))?.problems);
    }
    Ok(guard)
}

/// A conversion under way.
pub struct Conversion<'a> {
    context: &'a Context,
    export: Export,
    guard: Guard,
    counts: Counts,
}

impl<'a> Conversion<'a> {
    /// Begins one.
    pub fn new(context: &'a Context, form: Form, args: &OutArgs) -> Result<Self, Failure> {
        Ok(Self {
            context,
            export: Export::new(&args.out, form),
            guard: guard(&args.exclude, args.run_length)?,
            counts: Counts {
                event: "converted",
                form: form.word,
                out: args.out.clone(),
                ..Counts::default()
            },
        })
    }

    fn put(&mut self, record: &Record) -> Result<(), Failure> {
        self.counts.read += 1;
        let header = record.header.as_deref().unwrap_or_default();
        let mut found = self.guard.theorem(header, &record.formal_statement);
        if let (None, Some(informal)) = (&found, &record.informal_statement) {
            found = self.guard.text(informal);
        }
        if found.is_some() {
            self.counts.excluded += 1;
        } else if self.export.put(record).map_err(failure)? {
            self.counts.written += 1;
        } else {
            self.counts.without += 1;
        }
        Ok(())
    }

    /// Adds the rows of a file, or of a directory's data files.
    pub fn files(&mut self, path: &Path, form: Option<Form>) -> Result<(), Failure> {
        let context = self.context;
        let faults = files(context, path, form, &mut |record| self.put(&record))?;
        self.counts.faults += faults;
        Ok(())
    }

    /// Adds the accepted proofs of a run.
    pub fn run(&mut self, name: &str) -> Result<(), Failure> {
        let context = self.context;
        run(context, name, &mut |record| self.put(&record))
    }

    /// Writes the files and the card, and says what became of the rows.
    pub fn finish(self, sources: &[String], args: &OutArgs) -> Result<Exit, Failure> {
        let Self {
            context,
            export,
            guard,
            counts,
        } = self;
        if counts.read == 0 {
            return Err(Failure::user(format!(
                "there is nothing to write: {} rows could not be read and none could; nothing was written",
                counts.faults
            )));
        }
        if counts.written == 0 {
            let message = format!(
                "none of the {} rows can be written as `{}`: {} lack what it needs, {} are in benchmarks; nothing was written",
                counts.read, counts.form, counts.without, counts.excluded
            );
            return Err(Failure::user(message).hint(
                "`herald` needs informal statements, `herald-proofs` proofs as well, `leandojo` the steps of proofs (of a run); \
                 `lakatos` takes every row",
            ));
        }
        let mut provenance = vec![
            (
                "program".to_owned(),
                format!("lakatos {}", env!("CARGO_PKG_VERSION")),
            ),
            ("read from".to_owned(), sources.join(", ")),
        ];
        if !guard.is_empty() {
            let held = format!(
                "{} statements of {}, runs of {} tokens; {} rows left out",
                guard.len(),
                args.exclude.join(", "),
                args.run_length,
                counts.excluded
            );
            provenance.push(("contamination guard".to_owned(), held));
        }
        let card = Card {
            title: format!("Lean 4 theorems ({})", counts.form),
            text: format!(
                "Rows in the schema `{}`, written by `lakatos`; docs/datasets.md of Lakatos describes the columns.",
                counts.form
            ),
            license: args.license.clone(),
            languages: vec!["en".into()],
            tags: vec!["lean4".into(), "theorem-proving".into()],
            tasks: vec!["text-generation".into()],
            provenance,
            tables: vec![],
        };
        export.finish(card).map_err(failure)?;
        if context.console.is_json() {
            context.console.json(&counts);
        } else {
            context.console.out(format!(
                "{} of {} rows in {}; left out: {} that have no row in `{}`, {} of benchmarks, {} unreadable",
                counts.written,
                counts.read + counts.faults,
                counts.out.display(),
                counts.without,
                counts.form,
                counts.excluded,
                counts.faults
            ));
        }
        Ok(if counts.faults > 0 {
            Exit::Usage
        } else {
            Exit::Success
        })
    }
}

/// The records of a file, or of a directory's data files. Rows that cannot be read are told and counted.
pub fn files(
    context: &Context,
    path: &Path,
    form: Option<Form>,
    each: &mut dyn FnMut(Record) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let user = |e: TableError| Failure::user(e.to_string());
    let files = table::files(path).map_err(user)?;
    if files.is_empty() {
        let message = format!("{} holds no .parquet and no .jsonl file", path.display());
        return Err(Failure::user(message));
    }
    let mut faults = 0;
    for file in files {
        for (number, row) in (1u64..).zip(table::rows(&file).map_err(user)?) {
            let record = row.map_err(|e| e.to_string()).and_then(|row| {
                let form = form.or_else(|| Form::detect(&row)).ok_or_else(|| {
                    let columns: Vec<&str> = row.keys().map(String::as_str).take(8).collect();
                    format!(
                        "no schema is known that has the columns {}; name one with --from",
                        columns.join(", ")
                    )
                })?;
                form.import(&row)
            });
            match record {
                Ok(record) => each(record)?,
                Err(message) => {
                    faults += 1;
                    context.console.event(&Event::InputError {
                        place: format!("{}:{number}", file.display()),
                        message,
                    });
                }
            }
        }
    }
    Ok(faults)
}

/// The records of a run's accepted proofs.
pub fn run(
    context: &Context,
    name: &str,
    each: &mut dyn FnMut(Record) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let store = context.store()?;
    let run = store.run(name)?;
    for result in store.results(run.id, false)? {
        // One search graph at a time.
        let result = store.result(&run, &result.problem.problem.name)?;
        if let Some(record) = records::of_result(&run, &result) {
            each(record)?;
        }
    }
    Ok(())
}

/// A form by its name on the command line.
pub fn parse_form(word: &str) -> Result<Form, String> {
    Form::named(word).ok_or_else(|| {
        let words: Vec<&str> = lakatos_datasets::exchange::FORMS
            .iter()
            .map(|f| f.word)
            .collect();
        format!("the schemas are {}", words.join(", "))
    })
}

fn failure(e: WriteError) -> Failure {
    match e {
        WriteError::Row { .. } => Failure::internal(e.to_string()),
        WriteError::Io { .. } | WriteError::Parquet { .. } => Failure::environment(e.to_string()),
    }
}
