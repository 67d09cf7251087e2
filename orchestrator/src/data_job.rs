//! What the commands that make datasets share: from a job and its plan to a directory of files.
//!
//! The frame is `datasets::job`; here it meets the run store, the events and the report. A command makes
//! an [`Identity`] and a [`Plan`], opens its directory with [`DataJob::open`], works on it with
//! [`DataJob::work`], writes its tables from the journal, and ends with [`DataJob::report`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use lakatos_datasets::job::{
    End, Entry, Folder, FolderError, Identity, Item, Job, JobError, Journal, JournalError,
    Observer, Options, Plan, State, Width, run,
};

use lakatos_datasets::write::{self, Card, Schema, Split, Table, WriteError};

use crate::events::{Event, EventSink};
use crate::report::funnel::{self, FunnelReport, Stage};
use crate::search::Cancel;
use crate::store::{Store, StoreError, StoreJournal, StoredJob};

/// Failed items that a report names at most.
const FAILURES: u32 = 1000;

/// The table of a tally that counts rows: a row for each of the dataset's tables.
pub const ROWS: &str = "rows";

/// The split of all tables.
const SPLIT: &str = "train";

/// What ends a data job before its end. The journal has what was announced, and the same command goes on.
#[derive(Debug, thiserror::Error)]
pub enum DataJobError {
    /// The output directory.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The run store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal, for another reason than the store's.
    #[error("the journal failed: {0}")]
    Journal(String),
    /// Nothing can be done any more.
    #[error("{message}")]
    Fatal {
        /// What, as a sentence.
        message: String,
    },
    /// A dataset's file cannot be written.
    #[error(transparent)]
    Table(#[from] WriteError),
    /// A file cannot be written.
    #[error("{} cannot be written: {message}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// The system's words.
        message: String,
    },
}

impl From<JournalError> for DataJobError {
    fn from(e: JournalError) -> Self {
        match e.0.downcast::<StoreError>() {
            Ok(e) => Self::Store(*e),
            Err(e) => Self::Journal(e.to_string()),
        }
    }
}

impl From<JobError> for DataJobError {
    fn from(e: JobError) -> Self {
        match e {
            JobError::Journal(e) => e.into(),
            JobError::Fatal { message } => Self::Fatal { message },
        }
    }
}

/// Where a job is kept and who listens.
pub struct Place {
    /// The run store.
    pub store: Arc<Store>,
    /// Told what happens.
    pub sink: Arc<dyn EventSink>,
    /// Ends the work in good order.
    pub stop: Cancel,
    /// As typed.
    pub command_line: Vec<String>,
}

/// A data job whose directory and journal are open; the directory is locked until it is dropped.
pub struct DataJob {
    place: Place,
    stored: StoredJob,
    identity: Identity,
    plan: Plan,
    folder: Folder,
    journal: StoreJournal,
    began: Instant,
}

impl DataJob {
    /// Opens the directory and the journal of a job: new ones, or those of the same job that was broken
    /// off.
    ///
    /// # Errors
    /// The directory is another's, or something cannot be read or written.
    pub fn open(
        place: Place,
        identity: Identity,
        plan: Plan,
        out: &Path,
    ) -> Result<Self, DataJobError> {
        let mut folder = Folder::open(out, &identity)?;
        let store = Arc::clone(&place.store);
        let stored = match folder.run() {
            Some(name) => store.job(name)?,
            None => {
                let stored = store.create_job(&identity, &place.command_line, out)?;
                folder.name(&stored.name, &identity)?;
                stored
            }
        };
        Ok(Self {
            journal: StoreJournal::new(store, stored.id),
            place,
            stored,
            identity,
            plan,
            folder,
            began: Instant::now(),
        })
    }

    /// The job's name in the run store.
    pub fn name(&self) -> &str {
        &self.stored.name
    }

    /// The output directory.
    pub fn out(&self) -> &Path {
        self.folder.path()
    }

    /// The entries so far.
    pub fn journal(&self) -> &dyn Journal {
        &self.journal
    }

    /// What a row of a table of counts adds up to so far, by column.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn counted(&self, table: &str, row: &str) -> Result<BTreeMap<String, u64>, DataJobError> {
        let totals = self.place.store.job_totals(self.stored.id, 0)?;
        let row = totals.tally.table(table).and_then(|t| t.get(row));
        Ok(row.cloned().unwrap_or_default())
    }

    /// What decides the job's bytes.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Works on the items until none is left or a stop is asked for. `width`: items under way together.
    ///
    /// # Errors
    /// The journal cannot be written, or the job says that nothing can be done any more.
    pub async fn work<J: Job>(
        &self,
        job: &J,
        width: impl Into<Width>,
    ) -> Result<End, DataJobError> {
        let sink = &*self.place.sink;
        sink.event(&Event::JobStarted {
            run: self.stored.name.clone(),
            kind: self.identity.kind.clone(),
            items: self.plan.len(),
            done: self.journal.next()?,
            seed: self.identity.seed,
            out: self.folder.path().to_path_buf(),
        });
        let options = Options {
            seed: self.identity.seed,
            width: width.into(),
            retries: 1,
        };
        let stop = &self.place.stop;
        let stopped = || stop.is_cancelled();
        let ended = run(
            job,
            &self.plan,
            &self.journal,
            options,
            &Said(sink),
            &stopped,
        )
        .await;
        let seconds = self.began.elapsed().as_secs_f64();
        let kept = self.place.store.end_job_session(&self.stored, seconds);
        // The work's own failure is the one to be told.
        let end = ended?;
        kept?;
        Ok(end)
    }

    /// Writes `funnel.json` and `funnel.html` from the journal, and says how the session ended.
    ///
    /// # Errors
    /// The journal cannot be read, or a file cannot be written.
    pub fn report(&self, stages: &[Stage]) -> Result<FunnelReport, DataJobError> {
        let store = &self.place.store;
        let totals = store.job_totals(self.stored.id, FAILURES)?;
        let stored = store.job(&self.stored.name)?;
        let report = FunnelReport {
            run: stored.name,
            command: shlex::try_join(stored.command_line.iter().map(String::as_str))
                .unwrap_or_default(),
            identity: self.identity.clone(),
            items: totals.items,
            failed: totals.failed,
            failures: totals.failures,
            seconds: stored.seconds,
            stages: stages.to_vec(),
            counts: totals.tally,
        };
        let json = serde_json::to_string_pretty(&report);
        let json = json.map_err(|e| DataJobError::Journal(e.to_string()))?;
        replace(&self.out().join("funnel.json"), &json)?;
        let path = self.out().join("funnel.html");
        replace(&path, &funnel::render(&report))?;
        self.place.sink.event(&Event::ReportWritten { path });
        let rows = report.counts.table(ROWS);
        let rows = rows.into_iter().flatten();
        self.place.sink.event(&Event::JobEnded {
            run: report.run.clone(),
            items: self.plan.len(),
            done: report.items,
            failed: report.failed,
            rows: rows.map(|(t, n)| (t.clone(), n.values().sum())).collect(),
            seconds: self.began.elapsed().as_secs_f64(),
        });
        Ok(report)
    }
}

/// What a dataset's card says of it.
pub struct About {
    /// The heading.
    pub title: &'static str,
    /// What the rows are, in Markdown.
    pub text: &'static str,
}

/// Writes the rows of each table so far, in the plan's order, as Parquet and JSONL with a card
/// (`datasets::write` says where); one entry is in memory at a time.
///
/// # Errors
/// The journal cannot be read, a row does not fit its table, or a file cannot be written.
pub fn tables(job: &DataJob, about: &About, tables: &[(&str, Schema)]) -> Result<(), DataJobError> {
    let mut splits: Vec<(&str, Split)> = tables
        .iter()
        .map(|(name, schema)| {
            let place = write::directory(job.out(), name);
            (*name, Split::new(&place, SPLIT, schema))
        })
        .collect();
    // The visitor's own error has another type than the journal's; it is kept aside.
    let mut failure = None;
    let done = job.journal.next()?;
    let visited = job.journal.visit(0..done, &mut |entry| {
        for row in &entry.rows {
            let Some((_, split)) = splits.iter_mut().find(|(name, _)| *name == row.table) else {
                continue;
            };
            let row: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(&row.json).map_err(|e| JournalError(Box::new(e)))?;
            if let Err(e) = split.object(&row) {
                let message = e.to_string();
                failure = Some(e);
                return Err(JournalError(message.into()));
            }
        }
        Ok(())
    });
    if let Some(e) = failure {
        return Err(e.into());
    }
    visited?;
    let mut written = Vec::new();
    for ((name, split), (_, schema)) in splits.into_iter().zip(tables) {
        written.push(Table {
            name: name.to_owned(),
            schema: schema.clone(),
            splits: vec![(SPLIT.to_owned(), split.finish()?)],
        });
    }
    // The `datasets` library refuses a split without rows, so a card does not name one.
    let rows = |table: &Table| table.splits.iter().map(|(_, w)| w.rows).sum::<u64>();
    written.retain(|table| rows(table) > 0);
    let made_by = &job.identity.provenance;
    let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let card = Card {
        title: about.title.into(),
        text: about.text.into(),
        license: None,
        languages: vec!["en".into()],
        tags: ["lean4", "autoformalization"].map(str::to_owned).to_vec(),
        tasks: vec!["text-generation".into()],
        provenance: vec![
            fact("program", &made_by.program),
            fact("toolchain", &made_by.toolchain),
            fact("library", &made_by.library),
            fact("seed", &job.identity.seed.to_string()),
            fact("items", &format!("{done} of {}", job.plan.len())),
            fact("fingerprint", &job.identity.fingerprint()),
        ],
        tables: written,
    };
    Ok(card.write(job.out())?)
}

/// The JSONL files of a table that [`tables`] wrote, in order.
///
/// # Errors
/// Its directory cannot be read.
pub fn table_files(job: &DataJob, name: &str) -> Result<Vec<PathBuf>, DataJobError> {
    let place = write::directory(job.out(), name);
    let failed = |e: std::io::Error| DataJobError::Write {
        path: place.clone(),
        message: e.to_string(),
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&place).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|e| e == "jsonl") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a file beside its place and renames it, so that it is whole or not there.
///
/// # Errors
/// The system refuses.
pub fn replace(path: &Path, text: &str) -> Result<(), DataJobError> {
    let unfinished = PathBuf::from(format!("{}.unfinished", path.display()));
    std::fs::write(&unfinished, text)
        .and_then(|()| std::fs::rename(&unfinished, path))
        .map_err(|e| DataJobError::Write {
            path: path.to_path_buf(),
            message: e.to_string(),
        })
}

struct Said<'a>(&'a dyn EventSink);

impl Observer for Said<'_> {
    fn retried(&self, item: Item<'_>, reason: &str) {
        self.0.event(&Event::Retry {
            name: item.key.to_owned(),
            message: reason.to_owned(),
        });
    }

    fn written(&self, entry: &Entry) {
        self.0.event(&Event::JobItem {
            item: entry.item,
            key: entry.key.clone(),
            rows: entry.rows.len(),
            failed: match &entry.state {
                State::Done => None,
                State::Failed { reason } => Some(reason.clone()),
            },
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use lakatos_datasets::job::run::Finished;
    use lakatos_datasets::job::{Claims, Provenance, Row, WorkError};

    use super::*;

    /// Counts what it is told.
    #[derive(Default)]
    struct Heard(Mutex<Vec<Event>>);

    impl EventSink for Heard {
        fn event(&self, event: &Event) {
            self.0.lock().unwrap().push(event.clone());
        }
    }

    /// Gives a row an item.
    struct Echo;

    impl Job for Echo {
        type Draft = String;
        type Settled = String;

        async fn work(&self, item: Item<'_>) -> Result<String, WorkError> {
            match item.key {
                "b" => Err(WorkError::Item("there is no such theorem".into())),
                key => Ok(key.to_owned()),
            }
        }

        fn settle(
            &self,
            _: Item<'_>,
            draft: String,
            _: &mut Claims<'_>,
        ) -> Result<String, JournalError> {
            Ok(draft)
        }

        async fn finish(&self, _: Item<'_>, settled: &String) -> Result<Finished, WorkError> {
            let mut finished = Finished::default();
            finished.rows.push(Row::new("theorems", settled).unwrap());
            finished.tally.add(ROWS, "theorems", "rows", 1);
            Ok(finished)
        }
    }

    fn open(
        dir: &Path,
        heard: &Arc<Heard>,
        stop: &Cancel,
        seed: u64,
    ) -> Result<DataJob, DataJobError> {
        let plan = Plan::new(["a", "b", "c", "d"].map(str::to_owned).to_vec());
        let identity = Identity {
            kind: "echo".into(),
            seed,
            shards: 1,
            items: plan.len(),
            plan: plan.hash(),
            provenance: Provenance::default(),
            settings: serde_json::json!({}),
        };
        let place = Place {
            store: Arc::new(Store::open(&dir.join("home")).unwrap()),
            sink: Arc::clone(heard) as Arc<dyn EventSink>,
            stop: stop.clone(),
            command_line: vec!["lakatos".into(), "echo".into()],
        };
        DataJob::open(place, identity, plan, &dir.join("out"))
    }

    #[tokio::test]
    async fn a_job_is_stopped_goes_on_and_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let heard = Arc::new(Heard::default());
        let stop = Cancel::new();
        stop.cancel();
        let job = open(dir.path(), &heard, &stop, 1).unwrap();
        assert_eq!(job.work(&Echo, 2).await.unwrap(), End::Interrupted);
        drop(job);
        let job = open(dir.path(), &heard, &Cancel::new(), 1).unwrap();
        assert_eq!(job.name(), "echo-1");
        assert_eq!(job.work(&Echo, 2).await.unwrap(), End::Complete);
        let report = job.report(&[]).unwrap();
        assert_eq!((report.items, report.failed), (4, 1));
        assert_eq!(report.failures[0].1, "there is no such theorem");
        let json = std::fs::read_to_string(dir.path().join("out/funnel.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["counts"]["rows"]["theorems"]["rows"], 3);
        assert!(dir.path().join("out/funnel.html").is_file());
        let heard = heard.0.lock().unwrap();
        let items = heard.iter().filter(|e| matches!(e, Event::JobItem { .. }));
        assert_eq!(items.count(), 4);
        assert!(matches!(
            heard.last(),
            Some(Event::JobEnded {
                done: 4,
                failed: 1,
                ..
            })
        ));
    }

    #[test]
    fn the_directory_of_another_run_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let heard = Arc::new(Heard::default());
        drop(open(dir.path(), &heard, &Cancel::new(), 1).unwrap());
        let refused = open(dir.path(), &heard, &Cancel::new(), 2).err().unwrap();
        assert!(
            refused.to_string().contains("seed 1 and not 2"),
            "{refused}"
        );
    }
}
