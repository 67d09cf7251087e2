//! One shard: a Parquet file and a JSONL file with the same rows in the same order.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use serde::Serialize;
use serde_json::{Map, Value};

use super::schema::Schema;
use super::shred::{self, Leaf, Values};
use super::{WriteError, settle, unfinished};

/// Bytes of values after which a row group is written: what a shard keeps in memory.
pub const GROUP_BYTES: u64 = 8 << 20;
/// Rows after which a row group is written.
pub const GROUP_ROWS: u64 = 8192;

/// What a shard, or several, hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows.
    pub rows: u64,
    /// Bytes of their values, uncompressed.
    pub bytes: u64,
    /// Bytes of the Parquet files.
    pub parquet: u64,
    /// Bytes of the JSONL files.
    pub jsonl: u64,
}

impl Written {
    /// Adds another's.
    pub fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.parquet += other.parquet;
        self.jsonl += other.jsonl;
    }
}

/// A shard under way. Until [`Shard::finish`] nothing stands in its place.
pub struct Shard {
    schema: Schema,
    parquet: PathBuf,
    jsonl: PathBuf,
    writer: SerializedFileWriter<File>,
    lines: BufWriter<File>,
    leaves: Vec<Leaf>,
    waiting: Written,
    written: Written,
}

/// A shard that is whole and durable, and not yet in its place.
pub(super) struct Ready {
    pub parquet: PathBuf,
    pub jsonl: PathBuf,
    pub written: Written,
}

impl Shard {
    /// Begins `STEM.parquet` and `STEM.jsonl` in a directory, which is made where it is not there.
    ///
    /// # Errors
    /// The system refuses.
    pub fn create(directory: &Path, stem: &str, schema: &Schema) -> Result<Self, WriteError> {
        std::fs::create_dir_all(directory).map_err(WriteError::io(directory))?;
        let parquet = directory.join(format!("{stem}.parquet"));
        let jsonl = directory.join(format!("{stem}.jsonl"));
        let open = |path: &Path| File::create(unfinished(path)).map_err(WriteError::io(path));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .build();
        let failed = refused(&parquet);
        let message = schema.parquet().map_err(&failed)?;
        let writer = SerializedFileWriter::new(open(&parquet)?, message, Arc::new(properties));
        Ok(Self {
            leaves: shred::leaves(schema),
            schema: schema.clone(),
            writer: writer.map_err(&failed)?,
            lines: BufWriter::new(open(&jsonl)?),
            parquet,
            jsonl,
            waiting: Written::default(),
            written: Written::default(),
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// It does not fit the schema, or the system refuses.
    pub fn row(&mut self, row: &impl Serialize) -> Result<(), WriteError> {
        match serde_json::to_value(row) {
            Ok(Value::Object(row)) => self.object(&row),
            _ => Err(self.misfit("row", "an object with text for keys")),
        }
    }

    /// Adds a row that is JSON text.
    ///
    /// # Errors
    /// It is no JSON object or does not fit the schema, or the system refuses.
    pub fn json(&mut self, row: &str) -> Result<(), WriteError> {
        match serde_json::from_str(row) {
            Ok(Value::Object(row)) => self.object(&row),
            _ => Err(self.misfit("row", "a JSON object")),
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// It does not fit the schema, or the system refuses.
    pub fn object(&mut self, row: &Map<String, Value>) -> Result<(), WriteError> {
        shred::fits(&self.schema, row).map_err(|e| self.misfit(&e.column, e.wanted))?;
        let line = self.schema.line(row);
        self.lines
            .write_all(line.as_bytes())
            .and_then(|()| self.lines.write_all(b"\n"))
            .map_err(WriteError::io(&self.jsonl))?;
        self.waiting.bytes += shred::add(&self.schema, row, &mut self.leaves);
        self.waiting.rows += 1;
        self.written.jsonl += line.len() as u64 + 1;
        if self.waiting.bytes >= GROUP_BYTES || self.waiting.rows >= GROUP_ROWS {
            self.group()?;
        }
        Ok(())
    }

    /// Bytes of the values so far, uncompressed.
    pub fn bytes(&self) -> u64 {
        self.written.bytes + self.waiting.bytes
    }

    fn misfit(&self, column: &str, wanted: &'static str) -> WriteError {
        WriteError::Row {
            path: self.parquet.clone(),
            column: column.to_owned(),
            wanted,
        }
    }

    /// Writes the rows that wait as one row group.
    fn group(&mut self) -> Result<(), WriteError> {
        if self.waiting.rows == 0 {
            return Ok(());
        }
        let failed = refused(&self.parquet);
        let mut group = self.writer.next_row_group().map_err(&failed)?;
        for leaf in &mut self.leaves {
            let Some(mut column) = group.next_column().map_err(&failed)? else {
                break;
            };
            let (definition, repetition) = (Some(&*leaf.definition), Some(&*leaf.repetition));
            match &leaf.values {
                Values::Texts(v) => column
                    .typed::<ByteArrayType>()
                    .write_batch(v, definition, repetition),
                Values::Ints(v) => column
                    .typed::<Int64Type>()
                    .write_batch(v, definition, repetition),
                Values::Floats(v) => column
                    .typed::<DoubleType>()
                    .write_batch(v, definition, repetition),
                Values::Bools(v) => column
                    .typed::<BoolType>()
                    .write_batch(v, definition, repetition),
            }
            .map_err(&failed)?;
            column.close().map_err(&failed)?;
            leaf.clear();
        }
        group.close().map_err(&failed)?;
        self.written.add(self.waiting);
        self.waiting = Written::default();
        Ok(())
    }

    /// Makes both files whole and durable, beside their places.
    pub(super) fn ready(mut self) -> Result<Ready, WriteError> {
        self.group()?;
        let failed = refused(&self.parquet);
        self.writer.finish().map_err(&failed)?;
        let file = self.writer.inner();
        let io = WriteError::io(&self.parquet);
        file.sync_all().map_err(&io)?;
        self.written.parquet = file.metadata().map_err(&io)?.len();
        let lines = self.lines.into_inner();
        lines
            .map_err(std::io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .map_err(WriteError::io(&self.jsonl))?;
        Ok(Ready {
            parquet: self.parquet,
            jsonl: self.jsonl,
            written: self.written,
        })
    }

    /// Makes both files whole and puts them in their places.
    ///
    /// # Errors
    /// The system refuses; what stood there before is there still.
    pub fn finish(self) -> Result<Written, WriteError> {
        let ready = self.ready()?;
        for path in [&ready.jsonl, &ready.parquet] {
            settle(&unfinished(path), path)?;
        }
        Ok(ready.written)
    }
}

fn refused(path: &Path) -> impl Fn(ParquetError) -> WriteError + use<> {
    let path = path.to_path_buf();
    move |e| WriteError::Parquet {
        path: path.clone(),
        message: e.to_string(),
    }
}
