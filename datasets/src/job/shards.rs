//! Which items stand in which file: shard `k` of `K` holds the items from `⌊kN/K⌋` to `⌊(k+1)N/K⌋`.
//!
//! The cut depends on the plan alone, so a shard can be written as soon as its last item has its entry,
//! and its rows stand in the plan's order.

use std::ops::Range;

/// The items of a shard, of so many.
pub fn range(items: u64, shards: u32, shard: u32) -> Range<u64> {
    let cut = |k: u32| {
        let at = u128::from(items) * u128::from(k) / u128::from(shards.max(1));
        u64::try_from(at).unwrap_or(items)
    };
    cut(shard)..cut(shard.saturating_add(1)).min(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_cover_the_plan_in_order() {
        for (items, shards) in [(0, 1), (1, 4), (10, 3), (45_283, 16), (5, 5)] {
            let mut at = 0;
            for k in 0..shards {
                let range = range(items, shards, k);
                assert_eq!(range.start, at);
                at = range.end;
            }
            assert_eq!(at, items);
        }
    }
}
