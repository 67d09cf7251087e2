//! Final verdicts by what they depend on. Bounded in bytes; what was not asked for longest goes first.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// A digest of everything that a verdict depends on.
pub type Key = [u8; 32];

/// Bytes that an entry takes beside its value.
const OVERHEAD: usize = 160;

/// The digest of these parts, which cannot run into each other.
pub fn key(parts: &[&[u8]]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Remembers values as JSON.
pub struct Cache {
    limit: usize,
    table: Mutex<Table>,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Default)]
struct Table {
    entries: HashMap<Key, (u64, Vec<u8>)>,
    /// Keys by when they were last asked for.
    order: BTreeMap<u64, Key>,
    now: u64,
    bytes: usize,
}

impl Cache {
    /// Room for so many bytes; none where it is 0.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            table: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// What was remembered under a key.
    pub fn get<T: DeserializeOwned>(&self, key: &Key) -> Option<T> {
        let found = self.lock().touch(key);
        let value = found.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let counter = if value.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        counter.fetch_add(1, Ordering::Relaxed);
        value
    }

    /// Remembers a value, if there is room for it at all.
    pub fn put(&self, key: Key, value: &impl Serialize) {
        let Ok(bytes) = serde_json::to_vec(value) else {
            return;
        };
        // One large answer must not push out all others.
        if bytes.len() + OVERHEAD > self.limit / 8 {
            return;
        }
        self.lock().insert(key, bytes, self.limit);
    }

    /// Answers from memory, and questions that were not.
    pub fn counts(&self) -> (u64, u64) {
        let get = |c: &AtomicU64| c.load(Ordering::Relaxed);
        (get(&self.hits), get(&self.misses))
    }

    /// Bytes that are taken.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn touch(&mut self, key: &Key) -> Option<Vec<u8>> {
        let (when, bytes) = self.entries.get_mut(key)?;
        self.order.remove(when);
        self.now += 1;
        *when = self.now;
        self.order.insert(self.now, *key);
        Some(bytes.clone())
    }

    fn insert(&mut self, key: Key, bytes: Vec<u8>, limit: usize) {
        self.remove(&key);
        self.bytes += bytes.len() + OVERHEAD;
        self.now += 1;
        self.order.insert(self.now, key);
        self.entries.insert(key, (self.now, bytes));
        while self.bytes > limit
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.forget(&oldest);
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(when) = self.forget(key) {
            self.order.remove(&when);
        }
    }

    fn forget(&mut self, key: &Key) -> Option<u64> {
        let (when, bytes) = self.entries.remove(key)?;
        self.bytes -= bytes.len() + OVERHEAD;
        Some(when)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
        assert_ne!(key(&[b"a"]), key(&[b"a", b""]));
        assert_eq!(key(&[b"a", b"b"]), key(&[b"a", b"b"]));
    }

    #[test]
    fn it_stays_within_its_bytes_and_keeps_what_is_asked_for() {
        let cache = Cache::new(3000);
        let value = "x".repeat(50);
        for i in 0..100_u8 {
            cache.put(key(&[&[i]]), &value);
            assert!(cache.bytes() <= 3000);
            assert_eq!(cache.get::<String>(&key(&[&[0]])), Some(value.clone()));
        }
        assert_eq!(cache.get::<String>(&key(&[&[1]])), None);
        assert_eq!(cache.get::<String>(&key(&[&[99]])), Some(value.clone()));
        assert_eq!(cache.counts(), (101, 1));
        // What would take an eighth of it is not kept.
        cache.put(key(&[b"large"]), &"x".repeat(400));
        assert_eq!(cache.get::<String>(&key(&[b"large"])), None);
        // The same key twice is one entry.
        let before = cache.bytes();
        cache.put(key(&[&[99]]), &value);
        assert_eq!(cache.bytes(), before);
    }

    #[test]
    fn without_room_nothing_is_kept() {
        let cache = Cache::new(0);
        cache.put(key(&[b"a"]), &1);
        assert_eq!(cache.get::<u32>(&key(&[b"a"])), None);
    }
}
