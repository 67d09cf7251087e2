//! Rows of a file, whatever they mean: JSONL, a JSON array, or Parquet, one at a time.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use parquet::file::reader::SerializedFileReader;
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use serde_json::{Map, Value};

/// The longest line that is read, in bytes: a row beyond it is a fault of that row.
pub const LINE_BYTES: u64 = 64 << 20;

/// A row, as its columns.
pub type Object = Map<String, Value>;

/// Why a file, or one of its rows, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The system refused.
    #[error("{} cannot be read: {source}; check the path and its permissions", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// It is no Parquet file, or a damaged one.
    #[error("{} is not a whole Parquet file: {message}", path.display())]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// The reader's words.
        message: String,
    },
    /// A row is not one.
    #[error("{}, row {row}: {message}", path.display())]
    Row {
        /// Which file.
        path: PathBuf,
        /// Which row, from 1.
        row: u64,
        /// What is wrong.
        message: String,
    },
}

/// A file's rows, in order. A row that cannot be read is an error in its place and the others follow,
/// except in a damaged Parquet file, which ends there.
pub struct Rows {
    path: PathBuf,
    row: u64,
    from: From,
}

enum From {
    Lines(BufReader<File>),
    Array(std::vec::IntoIter<Value>),
    Parquet(Box<RowIter<'static>>),
    Ended,
}

/// Opens a file by its content.
///
/// # Errors
/// It cannot be read, or it begins as Parquet and is none.
pub fn rows(path: &Path) -> Result<Rows, TableError> {
    let io = |source| TableError::Io {
        path: path.to_path_buf(),
        source,
    };
    let mut file = BufReader::new(File::open(path).map_err(io)?);
    let start = file.fill_buf().map_err(io)?;
    let parquet = start.starts_with(b"PAR1") || path.extension().is_some_and(|e| e == "parquet");
    let array = start.trim_ascii_start().starts_with(b"[");
    let from = if parquet {
        let failed = |message: String| TableError::Parquet {
            path: path.to_path_buf(),
            message,
        };
        let reader = || {
            let reader = SerializedFileReader::new(File::open(path).map_err(|e| e.to_string())?);
            reader.map_err(|e| e.to_string())
        };
        // The reader of a third party meets hostile bytes here.
        let reader = std::panic::catch_unwind(reader)
            .unwrap_or_else(|_| Err("its metadata cannot be decoded".to_owned()));
        From::Parquet(Box::new(RowIter::from_file_into(Box::new(
            reader.map_err(failed)?,
        ))))
    } else if array {
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(io)?;
        match serde_json::from_slice::<Vec<Value>>(&text) {
            Ok(all) => From::Array(all.into_iter()),
            Err(e) => {
                return Err(TableError::Row {
                    path: path.to_path_buf(),
                    row: 1,
                    message: format!("the file begins as a JSON array and is none ({e})"),
                });
            }
        }
    } else {
        From::Lines(file)
    };
    Ok(Rows {
        path: path.to_path_buf(),
        row: 0,
        from,
    })
}

impl Iterator for Rows {
    type Item = Result<Object, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (path, row) = (self.path.clone(), self.row + 1);
        let wrong = |message: String| TableError::Row { path, row, message };
        let found = match &mut self.from {
            From::Ended => return None,
            From::Array(all) => Ok(all.next()?),
            From::Lines(lines) => {
                let read = line(lines);
                if matches!(read, Ok(None)) {
                    return None;
                }
                match read {
                    Ok(line) => parse(&line.unwrap_or_default()),
                    Err(source) => {
                        self.from = From::Ended;
                        return Some(Err(TableError::Io {
                            path: self.path.clone(),
                            source,
                        }));
                    }
                }
            }
            From::Parquet(all) => {
                let next = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| all.next()));
                match next {
                    Ok(None) => return None,
                    Ok(Some(Ok(row))) => Ok(Value::Object(object(&row))),
                    damaged => {
                        self.from = From::Ended;
                        let message = match damaged {
                            Ok(Some(Err(e))) => e.to_string(),
                            _ => "its pages cannot be decoded".to_owned(),
                        };
                        return Some(Err(TableError::Parquet {
                            path: self.path.clone(),
                            message,
                        }));
                    }
                }
            }
        };
        self.row += 1;
        Some(match found {
            Ok(Value::Object(row)) => Ok(row),
            Ok(_) => Err(wrong("the row is JSON, but not an object `{…}`".to_owned())),
            Err(message) => Err(wrong(message)),
        })
    }
}

/// The next line that is not blank, without its end; none at the end. What exceeds [`LINE_BYTES`] is cut.
fn line(lines: &mut BufReader<File>) -> std::io::Result<Option<Vec<u8>>> {
    loop {
        let mut line = Vec::new();
        if lines
            .by_ref()
            .take(LINE_BYTES)
            .read_until(b'\n', &mut line)?
            == 0
        {
            return Ok(None);
        }
        if line.len() as u64 == LINE_BYTES && !line.ends_with(b"\n") {
            let mut rest = Vec::new();
            while lines
                .by_ref()
                .take(LINE_BYTES)
                .read_until(b'\n', &mut rest)?
                > 0
                && !rest.ends_with(b"\n")
            {
                rest.clear();
            }
        }
        if !line.iter().all(|b| b.is_ascii_whitespace() || *b == 0) {
            return Ok(Some(line));
        }
    }
}

fn parse(line: &[u8]) -> Result<Value, String> {
    if line.len() as u64 >= LINE_BYTES {
        return Err("the row is longer than 64 MiB".to_owned());
    }
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|e| {
        let at = e.valid_up_to();
        format!("the line is not UTF-8: its byte {at} (from 0) begins no character")
    })?;
    serde_json::from_str(text).map_err(|e| format!("the line is not JSON ({e})"))
}

fn object(row: &Row) -> Object {
    let columns = row.get_column_iter();
    columns
        .map(|(name, field)| (name.clone(), value(field)))
        .collect()
}

fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(v) => Value::from(*v),
        Field::Byte(v) => Value::from(*v),
        Field::Short(v) => Value::from(*v),
        Field::Int(v) => Value::from(*v),
        Field::Long(v) => Value::from(*v),
        Field::UByte(v) => Value::from(*v),
        Field::UShort(v) => Value::from(*v),
        Field::UInt(v) => Value::from(*v),
        Field::ULong(v) => Value::from(*v),
        Field::Float(v) => Value::from(*v),
        Field::Double(v) => Value::from(*v),
        Field::Str(v) => Value::from(v.as_str()),
        Field::Group(row) => Value::Object(object(row)),
        Field::ListInternal(list) => list.elements().iter().map(value).collect(),
        other => Value::from(other.to_string()),
    }
}

/// The data files of a directory, sorted: Parquet and JSONL, hidden and unfinished ones passed over. Of two
/// files that differ in this extension alone the Parquet file counts, since they hold the same rows. A file
/// is its own only one.
///
/// # Errors
/// The directory, or one below it, cannot be read.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, TableError> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let shown =
        |e: &walkdir::DirEntry| e.depth() == 0 || !e.file_name().to_string_lossy().starts_with('.');
    let mut all = Vec::new();
    let walk = walkdir::WalkDir::new(path).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(shown) {
        let entry = entry.map_err(|e| TableError::Io {
            path: path.to_path_buf(),
            source: e.into(),
        })?;
        let file = entry.into_path();
        match file.extension().and_then(|e| e.to_str()) {
            Some("parquet") => all.push(file),
            Some("jsonl") if !file.with_extension("parquet").is_file() => all.push(file),
            _ => {}
        }
    }
    Ok(all)
}
