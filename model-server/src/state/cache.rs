//! States of token sequences that were computed before: a tree of prefixes with a budget of bytes.
//!
//! A key is the hash of the tokens, their number and the weights; the tokens are kept and compared, so that a collision
//! cannot give a foreign state. Any length can hit, not only whole blocks: Lean goals are short. Texts are kept in
//! lexicographic order, in which those that extend a text follow it: the longest cached prefix of a text is the text before
//! it, or one on the way from that to its root. Finding, storing and evicting take logarithmic time and, where a text with
//! others below it comes or goes, a step for each of those directly below.
//!
//! Eviction is GreedyDual-Size (Cao and Irani, 1997): an entry's rank is the clock plus the tokens that would have to be
//! computed again from its nearest cached prefix, per KiB that it holds; the least rank goes, and the clock takes its value.
//! Recent entries and those that are dear to recompute stay.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::str::FromStr;
use std::sync::Arc;

use super::{State, WeightsId};
use crate::error::ModelError;

/// Names a cached state: the weights that made it, the hash of its tokens and their number. Its text form is that of a
/// `state_id` over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateKey {
    hash: u64,
    len: usize,
    weights: WeightsId,
}

type Key = StateKey;

impl StateKey {
    /// Tokens of the text that led to the state.
    pub fn tokens(self) -> usize {
        self.len
    }
}

impl fmt::Display for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "state-{:016x}-{:016x}-{}",
            self.weights, self.hash, self.len
        )
    }
}

impl FromStr for StateKey {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let unknown = || ModelError::UnknownState(text.into());
        let mut parts = text.strip_prefix("state-").ok_or_else(unknown)?.split('-');
        let mut next = || parts.next().ok_or_else(unknown);
        let (weights, hash, len) = (next()?, next()?, next()?);
        let number = |hex: &str| u64::from_str_radix(hex, 16).map_err(|_| unknown());
        let key = Self {
            weights: number(weights)?,
            hash: number(hash)?,
            len: len.parse().map_err(|_| unknown())?,
        };
        // Only what `Display` writes is a name.
        (key.to_string() == text).then_some(key).ok_or_else(unknown)
    }
}

/// A cached text: its tokens, the state after them and what is stored with it.
pub type Cached<P> = (Arc<[u32]>, State, P);

/// What is stored for a prefix.
#[derive(Debug)]
struct Entry<P> {
    tokens: Arc<[u32]>,
    state: State,
    payload: P,
    /// The nearest cached proper prefix.
    parent: Option<Key>,
    bytes: usize,
    rank: u64,
}

/// Counters of a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Lookups that found a prefix.
    pub hits: u64,
    /// Lookups that found none.
    pub misses: u64,
    /// Tokens that hits made unnecessary to compute.
    pub tokens_saved: u64,
    /// Entries dropped for want of room.
    pub evictions: u64,
}

/// A cache of states, each with a payload such as the logits after the prefix.
#[derive(Debug)]
pub struct StateCache<P> {
    entries: HashMap<Key, Entry<P>>,
    /// By rank, least first.
    order: BTreeSet<(u64, Key)>,
    /// The texts that each model read.
    texts: HashMap<WeightsId, BTreeMap<Arc<[u32]>, Key>>,
    budget: usize,
    /// Bytes of a payload.
    payload: usize,
    bytes: usize,
    clock: u64,
    stats: Stats,
}

fn hash(tokens: &[u32]) -> u64 {
    tokens.iter().fold(0xcbf2_9ce4_8422_2325, |hash, token| {
        let hash = (hash ^ u64::from(*token)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash ^ hash >> 29
    })
}

/// Tokens that two texts share from their beginnings.
fn common(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// The first text, in lexicographic order, behind all that extend this one.
fn behind(text: &[u32]) -> Option<Vec<u32>> {
    let mut next = text.to_vec();
    while let Some(last) = next.pop() {
        if let Some(more) = last.checked_add(1) {
            next.push(more);
            return Some(next);
        }
    }
    None
}

impl<P: Clone> StateCache<P> {
    /// An empty cache that holds at most `budget` bytes.
    pub fn new(budget: usize) -> Self {
        Self {
            entries: HashMap::new(),
            order: BTreeSet::new(),
            texts: HashMap::new(),
            budget,
            payload: 0,
            bytes: 0,
            clock: 0,
            stats: Stats::default(),
        }
    }

    /// The same with so many bytes counted for each payload.
    pub fn with_payload(self, bytes: usize) -> Self {
        Self {
            payload: bytes,
            ..self
        }
    }

    /// Bytes held. A state counts whole, even where clones share it.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Entries held.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when nothing is held.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Counters since the cache was made.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// The longest cached prefix of `tokens`: its length, state and payload.
    pub fn longest_prefix(
        &mut self,
        weights: WeightsId,
        tokens: &[u32],
    ) -> Option<(usize, State, P)> {
        let Some(key) = self.nearest(weights, tokens) else {
            self.stats.misses += 1;
            return None;
        };
        self.stats.hits += 1;
        self.stats.tokens_saved += key.len as u64;
        self.touch(key);
        let entry = self.entries.get(&key)?;
        Some((key.len, entry.state.clone(), entry.payload.clone()))
    }

    /// The state of that name, if it is still held.
    pub fn get(&mut self, key: StateKey) -> Option<Cached<P>> {
        let found = self.entries.contains_key(&key);
        self.touch(key);
        self.stats.hits += u64::from(found);
        self.stats.misses += u64::from(!found);
        let entry = self.entries.get(&key)?;
        self.stats.tokens_saved += key.len as u64;
        let state = entry.state.clone();
        Some((Arc::clone(&entry.tokens), state, entry.payload.clone()))
    }

    /// The longest cached prefix, the text itself included.
    fn nearest(&self, weights: WeightsId, tokens: &[u32]) -> Option<Key> {
        let texts = self.texts.get(&weights)?;
        let mut up_to = texts.range::<[u32], _>((Unbounded, Included(tokens)));
        let (before, key) = up_to.next_back()?;
        let shared = common(before, tokens);
        let mut key = *key;
        // Any prefix of `tokens` is one of `before` too, since it comes no later.
        while key.len > shared {
            key = self.entries.get(&key)?.parent?;
        }
        Some(key)
    }

    /// How many tokens from its beginning a text shares with a cached one, at most.
    pub fn shared(&self, weights: WeightsId, tokens: &[u32]) -> usize {
        let Some(texts) = self.texts.get(&weights) else {
            return 0;
        };
        // In lexicographic order, no text shares more than one of the two beside it.
        let before = texts.range::<[u32], _>((Unbounded, Included(tokens)));
        let behind = texts.range::<[u32], _>((Excluded(tokens), Unbounded));
        let beside = before.rev().take(1).chain(behind.take(1));
        beside
            .map(|(text, _)| common(text, tokens))
            .max()
            .unwrap_or(0)
    }

    /// The cached texts that extend this one, without those that extend another of them.
    fn below(&self, weights: WeightsId, tokens: &[u32]) -> Vec<Key> {
        let mut found = Vec::new();
        let Some(texts) = self.texts.get(&weights) else {
            return found;
        };
        let mut next = texts
            .range::<[u32], _>((Excluded(tokens), Unbounded))
            .next();
        while let Some((text, key)) = next.filter(|(text, _)| text.starts_with(tokens)) {
            found.push(*key);
            let behind = behind(text);
            let from = behind.as_deref().map(Included);
            next = from.and_then(|from| texts.range::<[u32], _>((from, Unbounded)).next());
        }
        found
    }

    /// Stores the state after `tokens` and returns its name. None when it alone is larger than the budget, or when its position
    /// is not the number of tokens: a state ahead of its key would be a wrong answer later.
    pub fn insert(&mut self, tokens: &[u32], state: State, payload: P) -> Option<StateKey> {
        let bytes = state.bytes() + 4 * tokens.len() + size_of::<Entry<P>>() + self.payload;
        if bytes > self.budget || state.position() != tokens.len() {
            return None;
        }
        let key = Key {
            hash: hash(tokens),
            len: tokens.len(),
            weights: state.weights(),
        };
        self.remove(key);
        while self.bytes + bytes > self.budget {
            let Some((rank, least)) = self.order.first().copied() else {
                break;
            };
            self.clock = rank;
            self.remove(least);
            self.stats.evictions += 1;
        }
        let parent = self.nearest(key.weights, tokens);
        for child in self.below(key.weights, tokens) {
            self.adopt(child, Some(key));
        }
        let tokens: Arc<[u32]> = tokens.into();
        let texts = self.texts.entry(key.weights).or_default();
        texts.insert(Arc::clone(&tokens), key);
        self.entries.insert(
            key,
            Entry {
                tokens,
                state,
                payload,
                parent,
                bytes,
                rank: 0,
            },
        );
        self.order.insert((0, key));
        self.bytes += bytes;
        self.touch(key);
        Some(key)
    }

    /// Sets the rank anew, as of now.
    fn touch(&mut self, key: Key) {
        let Some(entry) = self.entries.get_mut(&key) else {
            return;
        };
        let tokens = key.len - entry.parent.map_or(0, |p| p.len);
        let dear = (tokens.max(1) as u64).saturating_mul(1 << 20) / (entry.bytes as u64 / 1024 + 1);
        self.order.remove(&(entry.rank, key));
        entry.rank = self.clock.saturating_add(dear.max(1));
        self.order.insert((entry.rank, key));
    }

    /// Gives an entry another parent; its cost of recomputation changes, its recency does not.
    fn adopt(&mut self, child: Key, parent: Option<Key>) {
        let Some(entry) = self.entries.get_mut(&child) else {
            return;
        };
        let old = entry.parent.map_or(0, |p| p.len) as i128;
        let new = parent.map_or(0, |p| p.len) as i128;
        let per_token = (1_i128 << 20) / (entry.bytes as i128 / 1024 + 1);
        self.order.remove(&(entry.rank, child));
        let rank = i128::from(entry.rank) + (old - new) * per_token;
        entry.rank = u64::try_from(rank.max(0)).unwrap_or(u64::MAX);
        entry.parent = parent;
        self.order.insert((entry.rank, child));
    }

    fn remove(&mut self, key: Key) {
        let Some(entry) = self.entries.remove(&key) else {
            return;
        };
        self.order.remove(&(entry.rank, key));
        self.bytes -= entry.bytes;
        if let Some(texts) = self.texts.get_mut(&key.weights) {
            texts.remove(&entry.tokens);
            if texts.is_empty() {
                self.texts.remove(&key.weights);
            }
        }
        for orphan in self.below(key.weights, &entry.tokens) {
            self.adopt(orphan, entry.parent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::LayerState;

    fn state(position: usize, weights: u64, numbers: usize) -> State {
        let layer = LayerState {
            recurrent: vec![0.0; numbers],
            ..LayerState::default()
        };
        State {
            layers: vec![Arc::new(layer)],
            position,
            weights,
        }
    }

    fn tokens(n: u32) -> Vec<u32> {
        (0..n).collect()
    }

    #[test]
    fn the_longest_prefix_of_any_length_is_found() {
        let mut cache = StateCache::new(1 << 20);
        for n in [1, 5, 9] {
            assert!(
                cache
                    .insert(&tokens(n), state(n as usize, 7, 10), n)
                    .is_some()
            );
        }
        let hit = |cache: &mut StateCache<u32>, t: &[u32]| {
            cache.longest_prefix(7, t).map(|(n, _, p)| (n, p))
        };
        assert_eq!(hit(&mut cache, &tokens(20)), Some((9, 9)));
        assert_eq!(hit(&mut cache, &tokens(8)), Some((5, 5)));
        assert_eq!(hit(&mut cache, &[0, 1, 2, 3, 99, 5]), Some((1, 1)));
        assert_eq!(hit(&mut cache, &[42]), None);
        assert!(
            cache.longest_prefix(8, &tokens(20)).is_none(),
            "states of other weights"
        );
        assert_eq!(cache.stats().tokens_saved, 15);
    }

    #[test]
    fn a_name_finds_its_state_and_no_other() {
        let mut cache = StateCache::new(1 << 20);
        let key = cache.insert(&tokens(5), state(5, 7, 10), "five").unwrap();
        let read: StateKey = key.to_string().parse().unwrap();
        let (found, _, payload) = cache.get(read).unwrap();
        assert_eq!((&*found, payload), (&tokens(5)[..], "five"));
        let other = StateKey { weights: 8, ..key };
        assert!(cache.get(other).is_none());
        for text in [
            "",
            "state-",
            "state-1-2-3",
            "state-zz-0-1",
            &format!("{key}-0"),
        ] {
            assert!(text.parse::<StateKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_state_ahead_of_its_key_is_refused() {
        let mut cache = StateCache::new(1 << 20);
        assert!(cache.insert(&tokens(3), state(4, 7, 10), ()).is_none());
        assert!(cache.is_empty());
    }

    #[test]
    fn the_budget_holds_and_dear_entries_outlive_cheap_ones() {
        let mut cache = StateCache::new(60_000);
        // 500 tokens that nothing else precedes, then many short ones, all of about 4 KB.
        assert!(
            cache
                .insert(&tokens(500), state(500, 1, 1000), ())
                .is_some()
        );
        for i in 0..100 {
            assert!(
                cache
                    .insert(&[1000 + i, 1], state(2, 1, 1000), ())
                    .is_some()
            );
            assert!(cache.bytes() <= 60_000);
        }
        assert!(cache.stats().evictions > 80);
        assert!(
            cache.longest_prefix(1, &tokens(500)).is_some(),
            "500 tokens were dropped for 2"
        );
        assert!(
            cache.longest_prefix(1, &[1099, 1]).is_some(),
            "the newest is there"
        );
        assert!(
            cache.longest_prefix(1, &[1000, 1]).is_none(),
            "the oldest is not"
        );
        assert!(
            cache.insert(&tokens(2), state(2, 1, 100_000), ()).is_none(),
            "larger than the budget"
        );
    }

    /// Against what a look at every entry says, over texts that are often prefixes of each other.
    #[test]
    fn prefixes_are_what_a_look_at_every_entry_finds() {
        let mut cache = StateCache::new(16 * 1024);
        let mut x = 0x9E37_79B9_7F4A_7C15_u64;
        let mut below = |n: u64| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            (x >> 33) % n
        };
        for round in 0..1500 {
            let len = 1 + below(9);
            let token = |i: u64| [0, 1, u32::MAX][i as usize];
            let text: Vec<u32> = (0..len).map(|_| token(below(3))).collect();
            let weights = below(2);
            let longest = |cache: &StateCache<u64>, up_to: usize, text: &[u32], weights: u64| {
                let prefix = |(k, e): &(&Key, &Entry<u64>)| {
                    k.weights == weights && k.len <= up_to && text.starts_with(&e.tokens)
                };
                let found = cache.entries.iter().filter(prefix).map(|(k, _)| *k);
                found.max_by_key(|k| k.len)
            };
            let expected = longest(&cache, text.len(), &text, weights);
            let found = cache.longest_prefix(weights, &text).map(|(n, ..)| n);
            assert_eq!(found, expected.map(|k| k.len), "{text:?}");
            let others = cache.entries.iter().filter(|(k, _)| k.weights == weights);
            let shared = others.map(|(_, e)| common(&e.tokens, &text)).max();
            assert_eq!(cache.shared(weights, &text), shared.unwrap_or(0));
            match below(8) {
                0 => {
                    let keys: Vec<Key> = cache.order.iter().map(|(_, k)| *k).collect();
                    if let Some(key) = keys.get(below(keys.len().max(1) as u64) as usize) {
                        cache.remove(*key);
                    }
                }
                _ => {
                    let state = state(text.len(), weights, 40);
                    assert!(cache.insert(&text, state, round).is_some());
                }
            }
            for (key, entry) in &cache.entries {
                let parent = longest(&cache, key.len - 1, &entry.tokens, key.weights);
                assert_eq!(entry.parent, parent, "{:?}", entry.tokens);
                assert!(cache.order.contains(&(entry.rank, *key)));
                assert_eq!(cache.texts[&key.weights][&entry.tokens], *key);
            }
            let texts: usize = cache.texts.values().map(BTreeMap::len).sum();
            assert_eq!((texts, cache.order.len()), (cache.len(), cache.len()));
            let bytes: usize = cache.entries.values().map(|e| e.bytes).sum();
            assert_eq!(cache.bytes(), bytes);
        }
        assert!(cache.stats().evictions > 400 && cache.len() > 15);
    }

    #[test]
    fn an_entry_costs_what_lies_beyond_its_nearest_prefix() {
        let mut cache = StateCache::new(1 << 20);
        assert!(cache.insert(&tokens(100), state(100, 1, 10), ()).is_some());
        let rank = |cache: &StateCache<()>, len: usize| {
            cache
                .entries
                .iter()
                .find(|(k, _)| k.len == len)
                .map(|(_, e)| e.rank)
        };
        let alone = rank(&cache, 100);
        assert!(cache.insert(&tokens(99), state(99, 1, 10), ()).is_some());
        assert!(
            rank(&cache, 100) < alone,
            "one token from a cached prefix is cheap"
        );
        let key = *cache.entries.keys().find(|k| k.len == 99).unwrap();
        cache.remove(key);
        assert_eq!(rank(&cache, 100), alone);
    }
}
