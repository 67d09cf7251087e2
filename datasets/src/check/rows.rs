//! Rows of several files by their number, for a job that asks for them nearly in order.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::table::{self, Object, Rows, TableError};

/// The rows that a file has, damaged ones counted.
///
/// # Errors
/// The file cannot be opened as what it is.
pub fn count(path: &std::path::Path) -> Result<u64, TableError> {
    Ok(table::rows(path)?.count() as u64)
}

/// A row, or what is wrong with it, in words.
pub type Found = Result<Object, String>;

/// Rows of files in order. A row is kept from when it is passed until it is asked for, so memory holds what
/// the job has under way; a row that is asked for a second time costs a reading from its file's beginning.
pub struct Numbered {
    files: Vec<PathBuf>,
    open: Option<(usize, u64, Rows)>,
    passed: BTreeMap<(usize, u64), Found>,
}

impl Numbered {
    /// Rows of these files.
    pub fn new(files: Vec<PathBuf>) -> Self {
        Self {
            files,
            open: None,
            passed: BTreeMap::new(),
        }
    }

    /// Row `row`, from 1, of file `file`, from 0. Rows before `from` will not be asked for any more.
    pub fn get(&mut self, file: usize, row: u64, from: u64) -> Found {
        self.passed.retain(|(f, r), _| (*f, *r) >= (file, from));
        if let Some(found) = self.passed.remove(&(file, row)) {
            return found;
        }
        loop {
            match &mut self.open {
                Some((f, next, rows)) if *f == file && *next <= row => {
                    let at = *next;
                    *next += 1;
                    let Some(found) = rows.next() else {
                        return Err("the file has fewer rows than it had".to_owned());
                    };
                    let found = found.map_err(|e| e.to_string());
                    if at == row {
                        return found;
                    }
                    if at >= from {
                        self.passed.insert((file, at), found);
                    }
                }
                _ => {
                    let path = self.files.get(file).ok_or("there is no such file")?;
                    let rows = table::rows(path).map_err(|e| e.to_string())?;
                    self.open = Some((file, 1, rows));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_by_number_in_any_near_order() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        let lines: String = (1..=9)
            .map(|i| {
                if i == 4 {
                    "{\n".to_owned()
                } else {
                    format!("{{\"n\":{i}}}\n")
                }
            })
            .collect();
        std::fs::write(&path, lines).unwrap();
        assert_eq!(count(&path).unwrap(), 9);
        let mut rows = Numbered::new(vec![path]);
        for n in [2, 1, 3, 5, 4, 9, 7, 7, 1] {
            let found = rows.get(0, n, n.saturating_sub(2));
            match n {
                4 => assert!(found.unwrap_err().contains("row 4")),
                n => assert_eq!(found.unwrap()["n"], n),
            }
        }
        assert!(rows.get(0, 10, 1).is_err() && rows.get(1, 1, 1).is_err());
    }
}
