//! The dataset card: README.md with the YAML that the Hugging Face hub reads, made from what was written.
//!
//! `dataset_info` says the columns and how many rows and bytes each split has, `configs` where its files
//! are. Source of the fields: the hub's documentation of dataset cards.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::schema::{Kind, Schema};
use super::shard::Written;
use super::{WriteError, directory, replace, sha256};

/// One table of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// `default` where there is only one.
    pub name: String,
    /// Its columns.
    pub schema: Schema,
    /// Its splits (`train`, …) with what each holds.
    pub splits: Vec<(String, Written)>,
}

/// What a card says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Card {
    /// The heading.
    pub title: String,
    /// Markdown that follows it: what the rows are and how they were made.
    pub text: String,
    /// A licence's identifier on the hub (`apache-2.0`); none where it is not known.
    pub license: Option<String>,
    /// Languages besides Lean: `en`.
    pub languages: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Task categories (`text-generation`).
    pub tasks: Vec<String>,
    /// Facts, each a name and a value: program, toolchain, seed, ….
    pub provenance: Vec<(String, String)>,
    /// The tables.
    pub tables: Vec<Table>,
}

impl Card {
    /// The page.
    pub fn render(&self) -> String {
        let mut out = String::from("---\n");
        if let Some(license) = &self.license {
            line(&mut out, &format!("license: {}", quoted(license)));
        }
        for (key, values) in [
            ("language", &self.languages),
            ("task_categories", &self.tasks),
            ("tags", &self.tags),
        ] {
            if !values.is_empty() {
                line(&mut out, &format!("{key}:"));
                values
                    .iter()
                    .for_each(|v| line(&mut out, &format!("- {}", quoted(v))));
            }
        }
        let rows = self.rows();
        line(&mut out, &format!("size_categories:\n- {}", size(rows)));
        line(&mut out, "dataset_info:");
        self.tables.iter().for_each(|t| info(&mut out, t));
        line(&mut out, "configs:");
        for table in &self.tables {
            line(&mut out, &format!("- config_name: {}", quoted(&table.name)));
            line(&mut out, "  data_files:");
            for (split, _) in &table.splits {
                let place = if table.name == "default" {
                    "data"
                } else {
                    &table.name
                };
                line(&mut out, &format!("  - split: {}", quoted(split)));
                let path = format!("{place}/{split}-*.parquet");
                line(&mut out, &format!("    path: {}", quoted(&path)));
            }
        }
        out.push_str("---\n\n");
        let _ = write!(out, "# {}\n\n{}\n", self.title, self.text.trim_end());
        out.push_str("\n## Files\n\n| table | split | rows | Parquet, bytes | JSONL, bytes |\n|---|---|---|---|---|\n");
        for table in &self.tables {
            for (split, w) in &table.splits {
                let row = format!(
                    "| {} | {split} | {} | {} | {} |",
                    table.name, w.rows, w.parquet, w.jsonl
                );
                line(&mut out, &row);
            }
        }
        out.push_str("\nParquet and JSONL hold the same rows in the same order. A column of any JSON value is its JSON text in Parquet.\n");
        for table in &self.tables {
            let _ = write!(out, "\n## Columns of `{}`\n\n", table.name);
            for field in table.schema.fields() {
                line(
                    &mut out,
                    &format!("- `{}`: {}", field.name, field.kind.word()),
                );
            }
        }
        if !self.provenance.is_empty() {
            out.push_str("\n## Provenance\n\n| | |\n|---|---|\n");
            for (name, value) in &self.provenance {
                line(&mut out, &format!("| {} | {} |", cell(name), cell(value)));
            }
        }
        out
    }

    /// Writes it as README.md of a dataset's directory, with the checksums of the files that are there.
    ///
    /// # Errors
    /// The system refuses.
    pub fn write(&self, root: &Path) -> Result<(), WriteError> {
        let mut page = self.render();
        page.push_str("\n## Checksums\n\n| file | SHA-256 |\n|---|---|\n");
        for table in &self.tables {
            let place = directory(root, &table.name);
            let entries = std::fs::read_dir(&place).map_err(WriteError::io(&place))?;
            let mut files: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
            files.retain(|f| {
                f.extension()
                    .is_some_and(|e| e == "parquet" || e == "jsonl")
            });
            files.sort();
            for file in files {
                let checksum = sha256(&file).map_err(WriteError::io(&file))?;
                let shown = file.strip_prefix(root).unwrap_or(&file).display();
                line(&mut page, &format!("| {shown} | {checksum} |"));
            }
        }
        replace(&root.join("README.md"), &page)
    }

    fn rows(&self) -> u64 {
        let splits = self.tables.iter().flat_map(|t| &t.splits);
        splits.map(|(_, w)| w.rows).sum()
    }
}

fn info(out: &mut String, table: &Table) {
    line(out, &format!("- config_name: {}", quoted(&table.name)));
    line(out, "  features:");
    features(out, &table.schema, 2);
    line(out, "  splits:");
    let mut total = Written::default();
    for (split, w) in &table.splits {
        line(out, &format!("  - name: {}", quoted(split)));
        line(out, &format!("    num_bytes: {}", w.bytes));
        line(out, &format!("    num_examples: {}", w.rows));
        total.add(*w);
    }
    line(out, &format!("  download_size: {}", total.parquet));
    line(out, &format!("  dataset_size: {}", total.bytes));
}

fn features(out: &mut String, schema: &Schema, indent: usize) {
    let pad = " ".repeat(indent);
    for field in schema.fields() {
        line(out, &format!("{pad}- name: {}", quoted(&field.name)));
        feature(out, &field.kind, indent + 2);
    }
}

fn feature(out: &mut String, kind: &Kind, indent: usize) {
    let pad = " ".repeat(indent);
    match kind {
        Kind::Struct(parts) => {
            line(out, &format!("{pad}struct:"));
            features(out, parts, indent);
        }
        Kind::List(of) => match &**of {
            Kind::Struct(parts) => {
                line(out, &format!("{pad}list:"));
                features(out, parts, indent);
            }
            Kind::List(_) => {
                line(out, &format!("{pad}list:"));
                feature(out, of, indent + 2);
            }
            scalar => line(out, &format!("{pad}list: {}", dtype(scalar))),
        },
        scalar => line(out, &format!("{pad}dtype: {}", dtype(scalar))),
    }
}

/// The hub's name of a type.
pub fn dtype(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Json => "string",
        Kind::Int => "int64",
        Kind::Float => "float64",
        Kind::Bool => "bool",
        Kind::List(_) => "list",
        Kind::Struct(_) => "struct",
    }
}

/// The hub's classes of sizes.
pub(crate) fn size(rows: u64) -> &'static str {
    match rows {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        _ => "10M<n<100M",
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// A YAML scalar that is a string whatever it looks like: every JSON string is one.
fn quoted(text: &str) -> String {
    let plain = text
        .chars()
        .all(|c| c.is_ascii_lowercase() || c == '_' || c == '-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !matches!(
            text,
            "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
        );
    match plain {
        true => text.to_owned(),
        false => serde_json::Value::String(text.to_owned()).to_string(),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
