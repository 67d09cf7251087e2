//! Counts of a job: tables of rows and columns, added up item by item.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One table's rows, each with its columns.
pub type Table = BTreeMap<String, BTreeMap<String, u64>>;

/// Counts by table, row and column. The funnel is the table whose rows are stages and whose columns are
/// what became of a candidate there; other tables count by rule, by module, or by whatever a job likes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally(BTreeMap<String, Table>);

impl Tally {
    /// Adds to a count.
    pub fn add(&mut self, table: &str, row: &str, column: &str, n: u64) {
        *self
            .0
            .entry(table.to_owned())
            .or_default()
            .entry(row.to_owned())
            .or_default()
            .entry(column.to_owned())
            .or_default() += n;
    }

    /// Adds all of another's counts.
    pub fn merge(&mut self, other: &Self) {
        for (table, rows) in &other.0 {
            for (row, columns) in rows {
                for (column, n) in columns {
                    self.add(table, row, column, *n);
                }
            }
        }
    }

    /// A count; 0 where nothing was added.
    pub fn get(&self, table: &str, row: &str, column: &str) -> u64 {
        let count = || self.0.get(table)?.get(row)?.get(column);
        count().copied().unwrap_or(0)
    }

    /// A table, its rows sorted by name.
    pub fn table(&self, table: &str) -> Option<&Table> {
        self.0.get(table)
    }

    /// All tables, sorted by name.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &Table)> {
        self.0.iter().map(|(name, table)| (name.as_str(), table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up() {
        let mut one = Tally::default();
        one.add("funnel", "kernel", "passed", 2);
        let mut two = one.clone();
        two.add("funnel", "kernel", "passed", 1);
        two.add("rules", "rw", "kept", 5);
        one.merge(&two);
        assert_eq!(one.get("funnel", "kernel", "passed"), 5);
        assert_eq!(one.get("rules", "rw", "kept"), 5);
        assert_eq!(one.get("rules", "rw", "lost"), 0);
        assert_eq!(one.tables().count(), 2);
    }
}
