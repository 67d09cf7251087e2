//! What `lakatos mutate` leaves in its directory: tables, a card, exports. All of it is written from the journal, of the
//! targets that are done.

use lakatos_datasets::job::{JournalError, shards};
use lakatos_datasets::write::{Card, Shard, Table, WriteError, Written, directory, stem};
use lakatos_mutator::export::{ExportError, alchemy, leandojo};
use lakatos_mutator::row::{NEGATIVES, STEPS, TABLES, THEOREMS};
use lakatos_mutator::schema;

use crate::data_job::{DataJob, DataJobError};
use crate::exit::Failure;

/// A schema that people already load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Export {
    /// LeanDojo's benchmark: theorems with traced tactics, a corpus, and the Lean files
    Leandojo,
    /// Alchemy's variants: target, invoked theorem, variant, state-tactic pairs
    Alchemy,
}

/// Writes the tables, the card and the exports, of the targets so far.
pub fn write(job: &DataJob, exports: &[Export], imports: &[String]) -> Result<(), Failure> {
    let mut tables = Vec::new();
    for name in TABLES {
        tables.push(table(job, name)?);
    }
    let done = job.journal().next().map_err(DataJobError::from)?;
    card(job, done, tables)
        .write(job.out())
        .map_err(unwritten)?;
    for export in exports {
        let out = job.out().join("export");
        match export {
            Export::Leandojo => leandojo::write(job.journal(), &out.join("leandojo"), imports),
            Export::Alchemy => alchemy::write(job.journal(), &out.join("alchemy")),
        }
        .map_err(|e| match e {
            ExportError::Journal(e) => DataJobError::from(e).into(),
            ExportError::Write { .. } => full(e.to_string()),
        })?;
    }
    Ok(())
}

/// Writes one table's shards, which the plan has cut, in the plan's order.
fn table(job: &DataJob, name: &str) -> Result<Table, Failure> {
    let identity = job.identity();
    let Some(schema) = schema::of(name) else {
        return Err(Failure::internal(format!("there is no table `{name}`")));
    };
    let place = directory(job.out(), name);
    let mut written = Written::default();
    for k in 0..identity.shards {
        let stem = stem("train", k as usize, identity.shards as usize);
        let mut shard = Shard::create(&place, &stem, &schema).map_err(unwritten)?;
        // The visitor's own error has another type than the journal's; it is kept aside.
        let mut failure = None;
        let items = shards::range(identity.items, identity.shards, k);
        let visited = job.journal().visit(items, &mut |entry| {
            for row in entry.rows.iter().filter(|row| row.table == name) {
                if let Err(e) = shard.json(&row.json) {
                    let message = e.to_string();
                    failure = Some(e);
                    return Err(JournalError(message.into()));
                }
            }
            Ok(())
        });
        if let Some(e) = failure {
            return Err(unwritten(e));
        }
        visited.map_err(DataJobError::from)?;
        written.add(shard.finish().map_err(unwritten)?);
    }
    Ok(Table {
        name: name.to_owned(),
        schema,
        splits: vec![("train".to_owned(), written)],
    })
}

fn card(job: &DataJob, done: u64, tables: Vec<Table>) -> Card {
    let identity = job.identity();
    let targets = match identity.items {
        all if all == done => all.to_string(),
        all => format!("{done} of {all}: the run was interrupted"),
    };
    let made_by = &identity.provenance;
    let fact = |name: &str, value: String| (name.to_owned(), value);
    Card {
        title: "Mutated theorems".into(),
        text: format!(
            "New theorems, made from those of {} by rules, each with a proof that Lean's kernel accepted in a process that \
             ran none of it (verification level 3).\n\n- `{THEOREMS}`: statement, proof, where they come from, and what every \
             gate said. Theorems that a finisher closes at once are marked in `trivial`.\n- `{STEPS}`: states and tactics of \
             these proofs.\n- `{NEGATIVES}`: wrong versions: statements whose negation is proved, and proofs that Lean \
             rejects, with the theorem that they are wrong versions of.\n\n`funnel.html` says how many candidates each gate \
             let through.",
            made_by.library
        ),
        license: Some("apache-2.0".into()),
        languages: Vec::new(),
        tags: ["lean4", "theorem-proving", "synthetic"]
            .map(str::to_owned)
            .to_vec(),
        tasks: vec!["text-generation".into()],
        provenance: vec![
            fact("program", made_by.program.clone()),
            fact("toolchain", made_by.toolchain.clone()),
            fact("library", made_by.library.clone()),
            fact("seed", identity.seed.to_string()),
            fact("targets", targets),
            fact("settings", identity.settings.to_string()),
        ],
        tables,
    }
}

fn unwritten(e: WriteError) -> Failure {
    match e {
        WriteError::Row { .. } => Failure::internal(e.to_string()),
        WriteError::Io { .. } | WriteError::Parquet { .. } => full(e.to_string()),
    }
}

fn full(message: String) -> Failure {
    Failure::environment(message)
        .hint("every entry is in the run store; the same command writes the files")
}
