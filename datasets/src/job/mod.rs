//! The frame of data jobs: a plan of work items, a journal, and rows that depend on nothing else.
//!
//! Model: a [`Plan`] is a list of items in a fixed order. For each item a [`Job`] does three things.
//! [`Job::work`] depends on the plan, the seed and the item alone, so many items are worked on at once
//! and in any order. [`Job::settle`] takes the decisions that depend on other items, such as whether a
//! statement has been seen before; it is called for one item after the other, in the plan's order.
//! [`Job::finish`] does the costly rest of what these decisions left, again many at once. What comes of
//! an item, an [`Entry`], is appended to the [`Journal`] in the plan's order and never changed.
//!
//! From this follows what a data job promises. The journal is always a prefix of the plan, so a run that
//! was killed goes on at the first item without an entry, with the same claims that an unbroken run would
//! have made by then. A dataset's files are written from the journal alone ([`shards`]), so they are the
//! same bytes, however often the run was broken and however many workers it had. Memory holds the items
//! under way and no more.
//!
//! - [`plan`]: items and what identifies a job. [`folder`]: whose the output directory is.
//! - [`journal`]: entries, and the trait that a store implements. [`claims`]: first come, first served.
//! - [`run`]: the loop. [`tally`]: what is counted. [`shards`]: which items stand in which file.
//!
//! This crate opens no database: the run store of `orchestrator` implements [`Journal`].

pub mod claims;
pub mod folder;
pub mod journal;
pub mod plan;
pub mod run;
pub mod shards;
pub mod tally;

pub use claims::{Claim, Claims};
pub use folder::{Folder, FolderError};
pub use journal::{Entry, Journal, JournalError, MemoryJournal, Row, State};
pub use plan::{Identity, Item, Plan, Provenance};
pub use run::{End, Job, JobError, Observer, Options, Silent, Width, WorkError, run};
pub use tally::Tally;
