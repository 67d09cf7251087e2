//! Training data: pairs of prompt and completion, of which only the completion is learnt.

use std::path::Path;

use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::error::ModelError;
use crate::model::Batch;
use crate::model::tokenizer::Tokenizer;

/// A prompt followed by its completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Tokens of both.
    pub tokens: Vec<u32>,
    /// Tokens of the prompt, at least 1.
    pub prompt: usize,
}

impl Example {
    /// An example; none when the prompt or the completion is empty.
    pub fn new(prompt: &[u32], completion: &[u32]) -> Option<Self> {
        let tokens = [prompt, completion].concat();
        (!prompt.is_empty() && !completion.is_empty()).then_some(Self {
            tokens,
            prompt: prompt.len(),
        })
    }
}

/// What was read from a file.
#[derive(Debug, Default)]
pub struct Read {
    /// Examples, in order.
    pub examples: Vec<Example>,
    /// Rows left out because they are longer than allowed.
    pub too_long: usize,
}

/// A row of a file of pairs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Row {
    /// What is given.
    pub prompt: String,
    /// What is learnt.
    pub completion: String,
}

/// Reads the rows of a file of pairs: Parquet where its name ends in `.parquet` (columns `prompt` and `completion`, plain or
/// snappy), else JSON lines. Other columns and fields are passed over.
///
/// # Errors
/// A file that cannot be read, or a row without the two fields: the message names the row, from 1.
pub fn read_rows(path: &Path) -> Result<Vec<Row>, ModelError> {
    if path.extension().is_some_and(|e| e == "parquet") {
        return read_parquet(path);
    }
    let text = std::fs::read_to_string(path).map_err(ModelError::io(path))?;
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, row)| !row.trim().is_empty())
        .map(|(line, row)| serde_json::from_str(row).map_err(|e| wrong(path, line, &e.to_string())))
        .collect()
}

fn read_parquet(path: &Path) -> Result<Vec<Row>, ModelError> {
    let file = std::fs::File::open(path).map_err(ModelError::io(path))?;
    let damaged = |e: ParquetError| ModelError::Training(format!("{}: {e}", path.display()));
    let reader = SerializedFileReader::new(file).map_err(damaged)?;
    let mut rows = Vec::new();
    for (at, row) in reader.get_row_iter(None).map_err(damaged)?.enumerate() {
        let row = row.map_err(damaged)?;
        let text = |name: &str| {
            let mut columns = row.get_column_iter();
            match columns.find(|(column, _)| column.as_str() == name) {
                Some((_, Field::Str(text))) => Ok(text.clone()),
                _ => Err(wrong(
                    path,
                    at,
                    &format!("there is no text in column `{name}`"),
                )),
            }
        };
        rows.push(Row {
            prompt: text("prompt")?,
            completion: text("completion")?,
        });
    }
    Ok(rows)
}

fn wrong(path: &Path, row: usize, what: &str) -> ModelError {
    ModelError::Training(format!("{}:{}: {what}", path.display(), row + 1))
}

/// Reads pairs as tokens; each completion ends with `end`, if there is such a token.
///
/// # Errors
/// As [`read_rows`], and a row with an empty prompt or completion.
pub fn read_pairs(
    path: &Path,
    tokenizer: &Tokenizer,
    end: Option<u32>,
    max_tokens: usize,
) -> Result<Read, ModelError> {
    let mut read = Read::default();
    for (line, row) in read_rows(path)?.into_iter().enumerate() {
        let mut completion = tokenizer.encode(&row.completion)?;
        if completion.is_empty() {
            return Err(wrong(path, line, "the completion is empty"));
        }
        completion.extend(end);
        let example = Example::new(&tokenizer.encode(&row.prompt)?, &completion)
            .ok_or_else(|| wrong(path, line, "the prompt is empty"))?;
        if example.tokens.len() > max_tokens {
            read.too_long += 1;
        } else {
            read.examples.push(example);
        }
    }
    Ok(read)
}

/// Cuts a text into examples of at most `length` tokens of which all but the first are learnt; a last one of a single token is
/// left out.
pub fn windows(tokens: &[u32], length: usize) -> Vec<Example> {
    let window = |part: &[u32]| {
        let (first, rest) = part.split_at_checked(1)?;
        Example::new(first, rest)
    };
    tokens.chunks(length.max(2)).filter_map(window).collect()
}

/// Packs examples one after another; the targets are the completions' tokens.
pub fn pack<'a>(examples: impl IntoIterator<Item = &'a Example>) -> Batch {
    let mut batch = Batch::default();
    for example in examples {
        let from = batch.tokens.len();
        batch.tokens.extend_from_slice(&example.tokens);
        batch.lengths.push(example.tokens.len());
        batch
            .targets
            .extend(from + example.prompt..batch.tokens.len());
    }
    batch
}

/// The order of `n` examples in an epoch: Fisher and Yates, from the seed and the epoch alone.
pub fn order(n: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&epoch.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(bytes);
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, (rng.next_u64() % (i as u64 + 1)) as usize);
    }
    order
}
