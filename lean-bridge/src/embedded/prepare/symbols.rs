//! The symbol table that the patched `dlsym` (`js/dlsym.js`) looks names up in.
//!
//! Lean's interpreter finds compiled functions and data by name through `dlsym`; the published one
//! scans 200,000 names for each. Here a name is two 32-bit hashes. The file is little-endian
//! 32-bit words: the count, all first hashes (ascending), all second hashes, all values.

use super::PrepareError;

/// A name, with its index in the function table or its address in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// The exported name.
    pub name: String,
    /// What `dlsym` answers.
    pub value: u32,
}

/// The two hashes of a name; `js/dlsym.js` computes the same.
pub fn hashes(name: &[u8]) -> (u32, u32) {
    let mut first = 0x811c_9dc5_u32;
    let mut second = 0x9747_b28c_u32;
    for &byte in name {
        first = (first ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        second = (second ^ u32::from(byte)).wrapping_mul(0x5bd1_e995);
        second ^= second >> 15;
    }
    (first, second)
}

/// Lays the table out.
///
/// # Errors
/// Two names with equal hashes: then the hash functions must change.
pub fn encode(symbols: &[Symbol]) -> Result<Vec<u8>, PrepareError> {
    let mut rows: Vec<_> = symbols
        .iter()
        .map(|s| {
            let (first, second) = hashes(s.name.as_bytes());
            (first, second, s.value, &s.name)
        })
        .collect();
    rows.sort_unstable();
    if let Some(pair) = rows
        .windows(2)
        .find(|w| (w[0].0, w[0].1) == (w[1].0, w[1].1))
    {
        let names = format!("{} and {}", pair[0].3, pair[1].3);
        return Err(PrepareError::Wasm(format!(
            "the symbols {names} have equal hashes"
        )));
    }
    let count = u32::try_from(rows.len())
        .map_err(|_| PrepareError::Wasm("too many symbols for the symbol table".into()))?;
    let words = std::iter::once(count)
        .chain(rows.iter().map(|r| r.0))
        .chain(rows.iter().map(|r| r.1))
        .chain(rows.iter().map(|r| r.2));
    Ok(words.flat_map(u32::to_le_bytes).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// The lookup of `js/dlsym.js`, in Rust.
    fn look_up(table: &[u8], name: &str) -> Option<u32> {
        let word = |i: usize| u32::from_le_bytes(table[4 * i..4 * i + 4].try_into().unwrap());
        let (n, (first, second)) = (word(0) as usize, hashes(name.as_bytes()));
        let mut low = (0..n)
            .collect::<Vec<_>>()
            .partition_point(|&i| word(1 + i) < first);
        while low < n && word(1 + low) == first {
            if word(1 + n + low) == second {
                return Some(word(1 + 2 * n + low));
            }
            low += 1;
        }
        None
    }

    #[test]
    fn a_name_twice_is_refused() {
        let twice = vec![
            Symbol {
                name: "f".into(),
                value: 1
            };
            2
        ];
        assert!(encode(&twice).unwrap_err().to_string().contains("f and f"));
    }

    proptest! {
        #[test]
        fn every_symbol_is_found(
            names in prop::collection::btree_map("[a-zA-Z0-9_]{1,24}", any::<u32>(), 0..200),
            other in "[A-Z]{30}",
        ) {
            let symbols: Vec<_> = names
                .iter()
                .map(|(name, &value)| Symbol { name: name.clone(), value })
                .collect();
            let table = encode(&symbols).unwrap();
            prop_assert_eq!(table.len(), 4 + 12 * names.len());
            let names: BTreeMap<_, _> = names;
            for (name, value) in &names {
                prop_assert_eq!(look_up(&table, name), Some(*value));
            }
            prop_assert_eq!(look_up(&table, &other), None);
        }
    }
}
