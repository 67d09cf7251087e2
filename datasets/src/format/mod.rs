//! The formats that problems come in: one file each, and detection by content.

pub mod combi_bench;
pub mod deepseek;
pub mod formal_math;
pub mod lean;
pub mod lean_dojo;
pub mod minif2f_v2;
pub mod numina;
pub mod pairs;
pub mod row;
pub mod solutions;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{ReadError, ReadReport};
use crate::lean::scan::{Wanted, scan};

/// A benchmark's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// JSONL with `name, split, informal_prefix, formal_statement, goal, header` (DeepSeek-Prover's
    /// miniF2F and ProofNet).
    DeepSeek,
    /// JSONL with `name, split, informal_statement, formal_statement, header, informal_proof,
    /// formal_proof` (miniF2F v2).
    Minif2fV2,
    /// JSONL with `uuid, problem, formal_statement` (NuminaMath-LEAN); the statement holds the whole
    /// file.
    Numina,
    /// JSONL with `theorem_names, refined_statement` or `autoformalization` (FormalMATH).
    FormalMath,
    /// JSONL with `theorem_name, formal_statement` (CombiBench).
    CombiBench,
    /// JSONL with `url, file_path, commit, split, full_name` (LeanDojo): names theorems of a
    /// checkout that must be at hand.
    LeanDojo,
    /// A Lean file whose theorems end in `sorry`.
    Lean,
    /// A directory of Lean files.
    LeanDirectory,
    /// The benchmark that comes with Lakatos.
    Bundled,
    /// A statement given on the command line.
    Statement,
    /// JSONL or Lean with finished proofs, for verification.
    Solutions,
    /// A challenge and a solution, for verification.
    Pairs,
}

impl Format {
    /// The name used on the command line and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::DeepSeek => "deep-seek",
            Self::Minif2fV2 => "minif2f-v2",
            Self::Numina => "numina",
            Self::FormalMath => "formal-math",
            Self::CombiBench => "combi-bench",
            Self::LeanDojo => "lean-dojo",
            Self::Lean => "lean",
            Self::LeanDirectory => "lean-directory",
            Self::Bundled => "bundled",
            Self::Statement => "statement",
            Self::Solutions => "solutions",
            Self::Pairs => "pairs",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a reader must be told beside the source's name.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The format, where it is not to be found out from the content.
    pub format: Option<Format>,
    /// The checkout that LeanDojo rows speak of.
    pub source_root: Option<PathBuf>,
}

/// Reads a file's bytes; `path` is for origins and messages.
pub fn read_bytes(
    path: &str,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<ReadReport, ReadError> {
    let format = match options.format {
        Some(format) => format,
        None => detect(path, bytes)?,
    };
    let report = match format {
        Format::DeepSeek => row::read(path, bytes, &deepseek::SHAPE),
        Format::Minif2fV2 => row::read(path, bytes, &minif2f_v2::SHAPE),
        Format::Numina => row::read(path, bytes, &numina::SHAPE),
        Format::FormalMath => row::read(path, bytes, &formal_math::SHAPE),
        Format::CombiBench => row::read(path, bytes, &combi_bench::SHAPE),
        Format::LeanDojo => lean_dojo::read(path, bytes, options.source_root.as_deref()),
        Format::Lean => lean::read(path, &decode(path, bytes)?),
        Format::LeanDirectory
        | Format::Bundled
        | Format::Statement
        | Format::Solutions
        | Format::Pairs => {
            return Err(ReadError::UnknownFormat {
                path: path.to_owned(),
                message: format!("`{format}` is not a format of single files of problems"),
            });
        }
    };
    if report.problems.is_empty() && report.faults.is_empty() {
        return Err(empty(path, format));
    }
    Ok(report)
}

fn empty(path: &str, format: Format) -> ReadError {
    let message = match format {
        Format::Lean => {
            "none of its theorems ends in `sorry`; `lakatos verify` checks finished proofs"
        }
        _ => "it has no rows",
    };
    ReadError::Empty {
        path: path.to_owned(),
        message: message.to_owned(),
    }
}

/// Finds out a file's format from its content: the fields of the first row that is an object, or
/// Lean's commands.
pub fn detect(path: &str, bytes: &[u8]) -> Result<Format, ReadError> {
    let content = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii();
    if content.is_empty() {
        return Err(ReadError::Empty {
            path: path.to_owned(),
            message: "the file is empty".to_owned(),
        });
    }
    let unknown = |message: String| ReadError::UnknownFormat {
        path: path.to_owned(),
        message,
    };
    if !path.ends_with(".lean") && (content.starts_with(b"{") || content.starts_with(b"[")) {
        let rows = row::rows(bytes);
        let Some(object) = rows.iter().find_map(|r| r.object.as_ref().ok()) else {
            return Err(unknown(
                "it looks like JSON, but no line holds a JSON object; write one object a line \
                 (JSONL), or one array of objects"
                    .to_owned(),
            ));
        };
        return detect_row(object).ok_or_else(|| {
            let fields: Vec<_> = object.keys().take(12).map(String::as_str).collect();
            unknown(format!(
                "its rows have the fields `{}`, and problems need a Lean statement in \
                 `formal_statement` (with `header`, `name`, `informal_statement` and `split` where \
                 there are any)",
                fields.join("`, `")
            ))
        });
    }
    let text = decode(path, bytes)?;
    if path.ends_with(".lean") || scan(&text, Wanted::Last).theorems > 0 {
        return Ok(Format::Lean);
    }
    Err(unknown(
        "it is neither JSONL nor Lean with theorems in it".to_owned(),
    ))
}

/// The format of a row, by its fields.
fn detect_row(object: &row::Object) -> Option<Format> {
    let has = |field: &str| object.contains_key(field);
    Some(
        if has("full_name") && has("file_path") && !has("formal_statement") {
            Format::LeanDojo
        } else if has("theorem_names") || has("autoformalization") {
            Format::FormalMath
        } else if has("formal_statement") && has("theorem_name") {
            Format::CombiBench
        } else if has("formal_statement") && has("uuid") {
            Format::Numina
        } else if has("formal_statement") && (has("informal_proof") || has("formal_proof")) {
            Format::Minif2fV2
        } else if has("formal_statement") || has("lean4_code") {
            Format::DeepSeek
        } else {
            return None;
        },
    )
}

/// A file's text: UTF-8, without a byte order mark, with `\n` for line ends and no NUL.
pub fn decode(path: &str, bytes: &[u8]) -> Result<String, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|e| ReadError::NotUtf8 {
        path: path.to_owned(),
        offset: e.valid_up_to(),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Ok(text.replace("\r\n", "\n").replace('\0', ""))
}

/// A system error with its place.
pub(crate) fn io_error(path: &Path, source: std::io::Error) -> ReadError {
    ReadError::Io {
        path: path.to_owned(),
        source,
    }
}
