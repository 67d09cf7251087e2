//! Data jobs, and the journal that the frame in `datasets::job` writes its entries to.

use std::io::{Read, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use lakatos_datasets::job::{Claim, Entry, Identity, Journal, JournalError, Row, State, Tally};
use rusqlite::{OptionalExtension, params};

use super::{Store, StoreError, from_json, json, now_ms};

/// Entries that a visit holds in memory at once.
const PAGE: i64 = 32;

/// Identifies a data job in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobId(i64);

/// A data job as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredJob {
    /// Its key.
    pub id: JobId,
    /// Its name.
    pub name: String,
    /// What decides its bytes.
    pub identity: Identity,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Likewise; none while items wait.
    pub ended_at: Option<i64>,
    /// As typed.
    pub command_line: Vec<String>,
    /// The output directory, as it was given.
    pub out: String,
    /// Wall-clock seconds, all sessions together.
    pub seconds: f64,
    /// Items that have their entries.
    pub done: u64,
}

const COLUMNS: &str = "id, name, identity, created_at, ended_at, command_line, out, seconds, \
                       (SELECT COALESCE(MAX(item) + 1, 0) FROM job_entries WHERE job = jobs.id)";

fn from_row(row: &rusqlite::Row<'_>) -> Result<StoredJob, rusqlite::Error> {
    Ok(StoredJob {
        id: JobId(row.get(0)?),
        name: row.get(1)?,
        identity: from_json(2, &row.get::<_, String>(2)?)?,
        created_at: row.get(3)?,
        ended_at: row.get(4)?,
        command_line: from_json(5, &row.get::<_, String>(5)?)?,
        out: row.get(6)?,
        seconds: row.get(7)?,
        done: row.get::<_, i64>(8)?.cast_unsigned(),
    })
}

impl Store {
    /// Makes a data job; its name is the job's kind and a number.
    pub fn create_job(
        &self,
        identity: &Identity,
        command_line: &[String],
        out: &Path,
    ) -> Result<StoredJob, StoreError> {
        let name = self.write(|tx| {
            let latest: i64 = tx.query_row("SELECT COALESCE(MAX(id), 0) FROM jobs", [], |r| r.get(0))?;
            let name = format!("{}-{}", identity.kind, latest + 1);
            tx.execute(
                "INSERT INTO jobs (name, kind, created_at, fingerprint, identity, command_line, out) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    name,
                    identity.kind,
                    now_ms(),
                    identity.fingerprint(),
                    json(identity)?,
                    json(&command_line)?,
                    out.display().to_string(),
                ],
            )?;
            Ok(name)
        })?;
        self.job(&name)
    }

    /// The data job of that name.
    pub fn job(&self, name: &str) -> Result<StoredJob, StoreError> {
        let found = self.read(|c| {
            let query = format!("SELECT {COLUMNS} FROM jobs WHERE name = ?1");
            c.query_row(&query, [name], from_row).optional()
        })?;
        found.ok_or_else(|| StoreError::NoSuchJob {
            job: name.to_owned(),
        })
    }

    /// All data jobs, the latest first.
    pub fn jobs(&self) -> Result<Vec<StoredJob>, StoreError> {
        self.read(|c| {
            c.prepare(&format!("SELECT {COLUMNS} FROM jobs ORDER BY id DESC"))?
                .query_map([], from_row)?
                .collect()
        })
    }

    /// Adds a session's wall clock, and marks the end where every item has its entry.
    pub fn end_job_session(&self, job: &StoredJob, seconds: f64) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE jobs SET seconds = seconds + ?2, ended_at = CASE WHEN ended_at IS NULL AND ?3 <= \
                 (SELECT COUNT(*) FROM job_entries WHERE job = ?1) THEN ?4 ELSE ended_at END WHERE id = ?1",
                params![job.id.0, seconds, job.identity.items.cast_signed(), now_ms()],
            )?;
            Ok(())
        })
    }

    /// What the entries add up to, and the keys and reasons of at most so many that failed.
    pub fn job_totals(&self, job: JobId, failures: u32) -> Result<JobTotals, StoreError> {
        self.read(|c| {
            let mut totals = JobTotals::default();
            let mut tallies =
                c.prepare("SELECT tally FROM job_entries WHERE job = ?1 ORDER BY item")?;
            let mut rows = tallies.query([job.0])?;
            while let Some(row) = rows.next()? {
                let tally: Tally = from_json(0, &row.get::<_, String>(0)?)?;
                totals.tally.merge(&tally);
                totals.items += 1;
            }
            totals.failed = c.query_row(
                "SELECT COUNT(*) FROM job_entries WHERE job = ?1 AND reason IS NOT NULL",
                [job.0],
                |r| r.get::<_, i64>(0).map(i64::cast_unsigned),
            )?;
            totals.failures = c
                .prepare(
                    "SELECT key, reason FROM job_entries WHERE job = ?1 AND reason IS NOT NULL \
                     ORDER BY item LIMIT ?2",
                )?
                .query_map(params![job.0, failures], |r| Ok((r.get(0)?, r.get(1)?)))?
                .collect::<Result<_, _>>()?;
            Ok(totals)
        })
    }
}

/// What the entries of a data job add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobTotals {
    /// Items that have their entries.
    pub items: u64,
    /// Of them, those that failed.
    pub failed: u64,
    /// Their keys and reasons, the first ones.
    pub failures: Vec<(String, String)>,
    /// The counts.
    pub tally: Tally,
}

/// A data job's journal in the run store.
pub struct StoreJournal {
    store: Arc<Store>,
    job: JobId,
}

impl StoreJournal {
    /// The journal of a job.
    pub fn new(store: Arc<Store>, job: JobId) -> Self {
        Self { store, job }
    }
}

fn failed(e: StoreError) -> JournalError {
    JournalError(Box::new(e))
}

impl Journal for StoreJournal {
    fn next(&self) -> Result<u64, JournalError> {
        let next = self.store.read(|c| {
            c.query_row(
                "SELECT COALESCE(MAX(item) + 1, 0) FROM job_entries WHERE job = ?1",
                [self.job.0],
                |r| r.get::<_, i64>(0),
            )
        });
        next.map(i64::cast_unsigned).map_err(failed)
    }

    fn holder(&self, claim: Claim) -> Result<Option<u64>, JournalError> {
        let holder = self.store.read(|c| {
            c.prepare_cached("SELECT item FROM job_claims WHERE job = ?1 AND claim = ?2")?
                .query_row(params![self.job.0, claim.0], |r| r.get::<_, i64>(0))
                .optional()
        });
        Ok(holder.map_err(failed)?.map(i64::cast_unsigned))
    }

    fn append(&self, entries: &[Entry]) -> Result<(), JournalError> {
        let written = self.store.write(|tx| {
            let mut add_entry = tx.prepare_cached(
                "INSERT INTO job_entries (job, item, key, reason, tally, rows) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            let mut add_claim =
                tx.prepare_cached("INSERT INTO job_claims (job, claim, item) VALUES (?1, ?2, ?3)")?;
            for entry in entries {
                let item = entry.item.cast_signed();
                let reason = match &entry.state {
                    State::Done => None,
                    State::Failed { reason } => Some(reason),
                };
                add_entry.execute(params![
                    self.job.0,
                    item,
                    entry.key,
                    reason,
                    json(&entry.tally)?,
                    pack(&entry.rows)?,
                ])?;
                for claim in &entry.claims {
                    add_claim.execute(params![self.job.0, claim.0, item])?;
                }
            }
            Ok(())
        });
        written.map_err(failed)
    }

    fn visit(
        &self,
        items: Range<u64>,
        visitor: &mut dyn FnMut(Entry) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let mut from = items.start;
        while from < items.end {
            let page = self.store.read(|c| {
                c.prepare_cached(
                    "SELECT item, key, reason, tally, rows FROM job_entries WHERE job = ?1 AND item >= ?2 \
                     AND item < ?3 ORDER BY item LIMIT ?4",
                )?
                .query_map(
                    params![
                        self.job.0,
                        i64::try_from(from).unwrap_or(i64::MAX),
                        i64::try_from(items.end).unwrap_or(i64::MAX),
                        PAGE
                    ],
                    |r| {
                        Ok(Entry {
                            item: r.get::<_, i64>(0)?.cast_unsigned(),
                            key: r.get(1)?,
                            state: match r.get(2)? {
                                None => State::Done,
                                Some(reason) => State::Failed { reason },
                            },
                            tally: from_json(3, &r.get::<_, String>(3)?)?,
                            rows: unpack(4, &r.get::<_, Vec<u8>>(4)?)?,
                            claims: Vec::new(),
                        })
                    },
                )?
                .collect::<Result<Vec<_>, _>>()
            });
            let page = page.map_err(failed)?;
            match page.last() {
                None => return Ok(()),
                Some(last) => from = last.item + 1,
            }
            page.into_iter().try_for_each(&mut *visitor)?;
        }
        Ok(())
    }
}

fn pack(rows: &[Row]) -> Result<Vec<u8>, StoreError> {
    let failed = |message: String| StoreError::Json { message };
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let text = json(&rows)?;
    encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish())
        .map_err(|e| failed(e.to_string()))
}

fn unpack(column: usize, packed: &[u8]) -> Result<Vec<Row>, rusqlite::Error> {
    let mut text = String::new();
    match DeflateDecoder::new(packed).read_to_string(&mut text) {
        Ok(_) => from_json(column, &text),
        Err(e) => Err(rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Blob,
            Box::new(e),
        )),
    }
}

#[cfg(test)]
mod tests {
    use lakatos_datasets::job::Provenance;

    use super::*;

    fn identity() -> Identity {
        Identity {
            kind: "test".into(),
            seed: u64::MAX,
            shards: 2,
            items: 100,
            plan: "p".into(),
            provenance: Provenance::default(),
            settings: serde_json::json!({}),
        }
    }

    fn entry(item: u64) -> Entry {
        let mut tally = Tally::default();
        tally.add("funnel", "kernel", "passed", item);
        let row = |i: u64| {
            Row::new(
                "numbers",
                &serde_json::json!({"n": i, "text": "∀ x, x = x"}),
            )
        };
        Entry {
            item,
            key: format!("item {item}"),
            state: if item % 10 == 3 {
                State::Failed {
                    reason: "it cannot be done".into(),
                }
            } else {
                State::Done
            },
            rows: (0..item % 3).map(|i| row(i).unwrap()).collect(),
            claims: vec![Claim::of("n", &item.to_string())],
            tally,
        }
    }

    fn open(dir: &Path) -> (Arc<Store>, StoredJob, StoreJournal) {
        let store = Arc::new(Store::open(dir).unwrap());
        let job = match store.jobs().unwrap().pop() {
            Some(job) => job,
            None => store
                .create_job(&identity(), &["lakatos".into()], Path::new("out"))
                .unwrap(),
        };
        let journal = StoreJournal::new(Arc::clone(&store), job.id);
        (store, job, journal)
    }

    #[test]
    fn entries_come_back_as_they_were_written() {
        let dir = tempfile::tempdir().unwrap();
        let written: Vec<Entry> = (0..100).map(entry).collect();
        {
            let (_, job, journal) = open(dir.path());
            assert_eq!((job.name.as_str(), job.done), ("test-1", 0));
            journal.append(&written[..70]).unwrap();
        }
        let (store, job, journal) = open(dir.path());
        assert_eq!((journal.next().unwrap(), job.done), (70, 70));
        journal.append(&written[70..]).unwrap();
        store.end_job_session(&job, 2.5).unwrap();
        let mut read = Vec::new();
        let keep = &mut |entry: Entry| {
            read.push(entry);
            Ok(())
        };
        journal.visit(40..90, keep).unwrap();
        let mut expected = written[40..90].to_vec();
        expected.iter_mut().for_each(|e| e.claims.clear());
        assert_eq!(read, expected);
        assert_eq!(journal.holder(Claim::of("n", "77")).unwrap(), Some(77));
        assert_eq!(journal.holder(Claim::of("n", "100")).unwrap(), None);
        let totals = store.job_totals(job.id, 4).unwrap();
        assert_eq!((totals.items, totals.failed), (100, 10));
        assert_eq!(totals.failures[1].0, "item 13");
        assert_eq!(totals.failures.len(), 4);
        assert_eq!(totals.tally.get("funnel", "kernel", "passed"), 4950);
        let job = store.job("test-1").unwrap();
        assert!(job.ended_at.is_some() && job.seconds == 2.5);
    }

    #[test]
    fn a_journal_has_no_gap_and_an_append_is_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let (_, _, journal) = open(dir.path());
        let gap = journal.append(&[entry(0), entry(2)]).unwrap_err();
        assert!(
            gap.to_string().contains("first item that has none"),
            "{gap}"
        );
        assert_eq!(journal.next().unwrap(), 0);
        assert_eq!(journal.holder(Claim::of("n", "0")).unwrap(), None);
        journal.append(&[entry(0), entry(1)]).unwrap();
        assert!(journal.append(&[entry(1)]).is_err());
    }

    #[test]
    fn a_full_disk_is_named_and_what_was_written_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _, journal) = open(dir.path());
        let limit = |more: i64| {
            let c = store.connection();
            let pages: i64 = c
                .pragma_query_value(None, "page_count", |r| r.get(0))
                .unwrap();
            c.pragma_update(None, "max_page_count", pages + more)
                .unwrap();
        };
        limit(4);
        let full = (0..1000)
            .find_map(|i| journal.append(&[entry(i)]).err())
            .unwrap();
        let full = full.0.downcast::<StoreError>().unwrap();
        assert!(matches!(*full, StoreError::Full { .. }), "{full}");
        let written = journal.next().unwrap();
        assert!(written > 0 && written < 1000, "{written}");
        limit(10_000);
        (written..written + 100).for_each(|i| journal.append(&[entry(i)]).unwrap());
        assert_eq!(journal.next().unwrap(), written + 100);
    }

    #[test]
    fn the_job_of_another_data_directory_is_not_here() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let missing = store.job("mutate-7").unwrap_err().to_string();
        assert!(
            missing.contains("mutate-7") && missing.contains("--data-dir"),
            "{missing}"
        );
    }
}
