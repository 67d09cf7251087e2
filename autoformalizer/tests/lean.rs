//! What needs the real Lean: one worker for all of it.

mod compose;
mod eval;
mod flaky;
mod gates;
mod proofs;

use lakatos_datasets::job::{End, Entry, Job, Journal, MemoryJournal, Options, Plan, Silent, run};
use serde::de::DeserializeOwned;

/// Runs a job over items of these keys.
pub async fn entries<J: Job>(job: &J, keys: &[&str]) -> Vec<Entry> {
    let plan = Plan::new(keys.iter().map(|k| (*k).to_owned()).collect());
    let journal = MemoryJournal::default();
    let options = Options {
        seed: 3,
        width: 2.into(),
        retries: 0,
    };
    let end = run(job, &plan, &journal, options, &Silent, &|| false).await;
    assert_eq!(end.expect("the job ends"), End::Complete);
    journal_entries(&journal, plan.len())
}

/// The first entries of a journal.
pub fn journal_entries(journal: &dyn Journal, count: u64) -> Vec<Entry> {
    let mut all = Vec::new();
    journal
        .visit(0..count, &mut |entry| {
            all.push(entry);
            Ok(())
        })
        .expect("a journal in memory");
    all
}

/// The rows of a table.
pub fn rows<T: DeserializeOwned>(entries: &[Entry], table: &str) -> Vec<T> {
    let rows = entries.iter().flat_map(|e| &e.rows);
    rows.filter(|row| row.table == table)
        .map(|row| serde_json::from_str(&row.json).expect("a row of this table"))
        .collect()
}
