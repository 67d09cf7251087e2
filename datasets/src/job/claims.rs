//! First come, first served, in the plan's order.
//!
//! An item claims what no later item may make again, such as the hash of a statement. Claims are taken
//! in [`Job::settle`](super::Job::settle) and written with the item's entry, also where the item fails
//! afterwards: so they depend on the items before alone.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::journal::{Journal, JournalError};

/// What is claimed: 16 bytes of a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Claim(pub [u8; 16]);

impl Claim {
    /// The claim of a text, in a space of its own: a statement and an informal text never collide.
    pub fn of(space: &str, text: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update((space.len() as u64).to_le_bytes());
        hash.update(space);
        hash.update(text);
        let bytes: [u8; 32] = hash.finalize().into();
        let mut first = [0; 16];
        first.copy_from_slice(&bytes[..16]);
        Self(first)
    }
}

/// What one item may claim.
pub struct Claims<'a> {
    item: u64,
    journal: &'a dyn Journal,
    /// Claims of settled items whose entries are not in the journal yet.
    pending: &'a mut HashMap<Claim, u64>,
    made: Vec<Claim>,
}

impl<'a> Claims<'a> {
    pub(super) fn new(
        item: u64,
        journal: &'a dyn Journal,
        pending: &'a mut HashMap<Claim, u64>,
    ) -> Self {
        Self {
            item,
            journal,
            pending,
            made: Vec::new(),
        }
    }

    /// The item that has claimed this; none where it is free.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn holder(&self, claim: Claim) -> Result<Option<u64>, JournalError> {
        match self.pending.get(&claim) {
            Some(item) => Ok(Some(*item)),
            None => self.journal.holder(claim),
        }
    }

    /// Claims it for this item. Gives the item that had it before, which may be this one.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn claim(&mut self, claim: Claim) -> Result<Option<u64>, JournalError> {
        let before = self.holder(claim)?;
        if before.is_none() {
            self.pending.insert(claim, self.item);
            self.made.push(claim);
        }
        Ok(before)
    }

    pub(super) fn into_made(self) -> Vec<Claim> {
        self.made
    }
}
