//! Whether a dataset's card tells the truth: its splits, their files, their rows, their columns and types, their
//! checksums, its size and its licence.
//!
//! The YAML of a card is read as the Hugging Face hub documents it, in the shapes that its tools write.
//! `num_bytes` and `dataset_size` count bytes in another program's memory and are not judged.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader, SerializedFileReader};
use serde::{Deserialize, Serialize};
use serde_yaml_ng::Value;

use super::{checksums, license, rows};
use crate::table;
use crate::write::card::size;

/// The longest card that is read, in bytes.
const CARD_BYTES: u64 = 4 << 20;
/// From so many rows on, the class of sizes is not judged.
const JUDGED_ROWS: u64 = 10_000_000;

/// What is wrong with a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lie {
    /// A word for programs: `no_card`, `metadata`, `files`, `rows`, `columns`, `types`, `size`, `unlisted`,
    /// `checksum`, `license`.
    pub kind: String,
    /// A sentence.
    pub message: String,
}

pub(super) fn lie(kind: &str, message: String) -> Lie {
    Lie {
        kind: kind.to_owned(),
        message,
    }
}

/// Judges the card of a directory whose data files are these. Empty where all that it says is so.
pub fn judge(root: &Path, files: &[PathBuf]) -> Vec<Lie> {
    let place = root.join("README.md");
    let length = std::fs::metadata(&place).map_or(0, |m| m.len());
    if length > CARD_BYTES {
        return vec![lie(
            "metadata",
            "README.md is longer than 4 MiB and was not read".to_owned(),
        )];
    }
    let Ok(text) = std::fs::read_to_string(&place) else {
        let message = "there is no README.md that can be read as text".to_owned();
        return vec![lie("no_card", message)];
    };
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let yaml = text
        .strip_prefix("---\n")
        .and_then(|t| t.split_once("\n---"));
    let Some((yaml, _)) = yaml else {
        let message = "README.md does not begin with metadata between two lines `---`".to_owned();
        return vec![lie("no_card", message)];
    };
    let metadata: Value = match serde_yaml_ng::from_str(yaml) {
        Ok(metadata) => metadata,
        Err(e) => return vec![lie("metadata", format!("its metadata is not YAML ({e})"))],
    };
    let mut lies = Vec::new();
    let infos = items(&metadata["dataset_info"]);
    let configs = configs(&metadata, &mut lies);
    let mut listed = BTreeSet::new();
    let mut total = 0;
    for config in &configs {
        let info = infos.iter().find(|i| {
            let name = i["config_name"].as_str();
            name.unwrap_or("default") == config.name || infos.len() == 1 && name.is_none()
        });
        let mut bytes = 0;
        for (split, patterns) in &config.splits {
            let here = matching(root, patterns);
            if here.is_empty() {
                let message = format!(
                    "split {split} of {}: no file is {}",
                    config.name,
                    patterns.join(" or ")
                );
                lies.push(lie("files", message));
            }
            bytes += here
                .iter()
                .map(|f| std::fs::metadata(f).map_or(0, |m| m.len()))
                .sum::<u64>();
            total += split_lies(info, &config.name, split, &here, &mut lies);
            listed.extend(here);
        }
        if let Some(info) = info {
            for said in items(&info["splits"]) {
                let name = said["name"].as_str().unwrap_or("?");
                if !config.splits.iter().any(|(s, _)| s == name) {
                    let message = format!(
                        "split {name} of {} is described and has no files",
                        config.name
                    );
                    lies.push(lie("files", message));
                }
            }
            if let Some(said) = info["download_size"].as_u64()
                && said != bytes
            {
                let message = format!(
                    "{}: download_size is {said}, and the files have {bytes} bytes",
                    config.name
                );
                lies.push(lie("size", message));
            }
        }
    }
    // A file without rows says nothing, and loaders refuse a split of such files.
    let rows = |file: &PathBuf| rows::count(file).unwrap_or(1);
    for file in files.iter().filter(|f| !listed.contains(*f) && rows(f) > 0) {
        let shown = file.strip_prefix(root).unwrap_or(file).display();
        lies.push(lie(
            "unlisted",
            format!("{shown} belongs to no split that the card names"),
        ));
    }
    let sizes = texts(&metadata["size_categories"]);
    if !sizes.is_empty() && total < JUDGED_ROWS && !sizes.iter().any(|s| s == size(total)) {
        let message = format!(
            "size_categories is {}, and the files have {total} rows",
            sizes.join(", ")
        );
        lies.push(lie("size", message));
    }
    lies.extend(checksums::judge(root, &text));
    lies.extend(license::judge(root, &metadata, files));
    lies
}

/// A list's items; a single mapping counts as a list of one.
fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Sequence(all) => all.iter().collect(),
        Value::Mapping(_) => vec![value],
        _ => vec![],
    }
}

struct Config {
    name: String,
    /// Splits with the patterns of their files.
    splits: Vec<(String, Vec<String>)>,
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Sequence(all) => all
            .iter()
            .filter_map(|v| v.as_str().map(str::to_owned))
            .collect(),
        _ => vec![],
    }
}

fn configs(metadata: &Value, lies: &mut Vec<Lie>) -> Vec<Config> {
    let mut all = Vec::new();
    for config in items(&metadata["configs"]) {
        let files = &config["data_files"];
        let by_split = |f: &&Value| f["path"].is_string() || f["path"].is_sequence();
        let splits: Vec<(String, Vec<String>)> = items(files)
            .into_iter()
            .filter(by_split)
            .map(|f| {
                (
                    f["split"].as_str().unwrap_or("train").to_owned(),
                    texts(&f["path"]),
                )
            })
            .collect();
        let splits = match splits.is_empty() {
            true if !texts(files).is_empty() => vec![("train".to_owned(), texts(files))],
            _ => splits,
        };
        all.push(Config {
            name: config["config_name"]
                .as_str()
                .unwrap_or("default")
                .to_owned(),
            splits,
        });
    }
    if all.is_empty() {
        let message =
            "it names no configs, so nothing says which files belong to which split".to_owned();
        lies.push(lie("metadata", message));
    }
    all
}

/// The files below a directory that a pattern of the hub means, sorted. A pattern that leads out of the
/// directory means none.
fn matching(root: &Path, patterns: &[String]) -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    for pattern in patterns {
        let mut expression = String::from("^");
        let mut rest = pattern.trim_start_matches("./").chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '*' if rest.next_if_eq(&'*').is_some() => expression.push_str(".*"),
                '*' => expression.push_str("[^/]*"),
                '?' => expression.push_str("[^/]"),
                c => expression.push_str(&regex::escape(&c.to_string())),
            }
        }
        expression.push('$');
        let Ok(expression) = regex::Regex::new(&expression) else {
            continue;
        };
        for entry in walkdir::WalkDir::new(root)
            .into_iter()
            .filter_map(Result::ok)
        {
            let path = entry.path();
            let relative = path
                .strip_prefix(root)
                .unwrap_or(path)
                .to_string_lossy()
                .into_owned();
            if entry.file_type().is_file() && expression.is_match(&relative) {
                found.insert(path.to_path_buf());
            }
        }
    }
    found.into_iter().collect()
}

/// What a split's description, where there is one, says against what its files hold; how many rows that is.
fn split_lies(
    info: Option<&&Value>,
    config: &str,
    split: &str,
    files: &[PathBuf],
    lies: &mut Vec<Lie>,
) -> u64 {
    let null = Value::Null;
    let info = info.map_or(&null, |info| *info);
    let splits = items(&info["splits"]);
    let said = splits.iter().find(|s| s["name"].as_str() == Some(split));
    let mut rows = 0;
    let mut readable = true;
    for file in files {
        match rows::count(file) {
            Ok(n) => {
                rows += n;
                lies.extend(twin_lie(file, n));
            }
            Err(e) => {
                readable = false;
                lies.push(lie("files", e.to_string()));
            }
        }
    }
    if let Some(said) = said.and_then(|s| s["num_examples"].as_u64())
        && said != rows
        && readable
    {
        let message = format!(
            "split {split} of {config}: num_examples is {said}, and the files have {rows} rows"
        );
        lies.push(lie("rows", message));
    }
    let features = items(&info["features"]);
    if features.is_empty() {
        return rows;
    }
    for file in files {
        let Some(columns) = columns(file) else {
            continue;
        };
        let names = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        let said = names(features.iter().filter_map(|f| f["name"].as_str()).collect());
        let have = names(columns.iter().map(|(n, _)| n.as_str()).collect());
        let shown = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        for missing in said.difference(&have) {
            lies.push(lie(
                "columns",
                format!("{shown} has no column `{missing}`, which the card names"),
            ));
        }
        for unknown in have.difference(&said) {
            lies.push(lie(
                "columns",
                format!("{shown} has a column `{unknown}`, which the card does not name"),
            ));
        }
        for feature in &features {
            let (Some(name), Some(dtype)) = (feature["name"].as_str(), feature["dtype"].as_str())
            else {
                continue;
            };
            let found = columns.iter().find(|(n, _)| n == name);
            if let Some((_, Some(kind))) = found
                && kind != dtype
                && !alike(kind, dtype)
            {
                lies.push(lie(
                    "types",
                    format!("{shown}: `{name}` is {kind}, and the card says {dtype}"),
                ));
            }
        }
    }
    rows
}

/// A JSONL file beside a Parquet file of the same name holds the same rows, and so has as many.
fn twin_lie(file: &Path, rows: u64) -> Option<Lie> {
    let twin = file.with_extension("jsonl");
    if twin == file || !twin.is_file() {
        return None;
    }
    let count = rows::count(&twin).ok()?;
    let shown = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    (count != rows).then(|| {
        let (file, twin) = (shown(file), shown(&twin));
        lie(
            "rows",
            format!("{file} has {rows} rows, and {twin} beside it has {count}"),
        )
    })
}

/// Names of the hub that mean one Parquet type.
fn alike(kind: &str, dtype: &str) -> bool {
    let family = |name: &str| match name {
        "string" | "large_string" | "binary" => "string".to_owned(),
        name => name.trim_start_matches('u').to_owned(),
    };
    family(kind) == family(dtype)
}

/// The columns of a file, with the hub's names of those types that it can be told of.
pub(super) fn columns(file: &Path) -> Option<Vec<(String, Option<String>)>> {
    if file.extension().is_some_and(|e| e == "parquet") {
        use parquet::basic::Type as Physical;
        let reader = SerializedFileReader::new(File::open(file).ok()?).ok()?;
        let schema = reader.metadata().file_metadata().schema();
        let name = |field: &parquet::schema::types::TypePtr| {
            let kind = field
                .is_primitive()
                .then(|| match field.get_physical_type() {
                    Physical::BOOLEAN => "bool",
                    Physical::INT32 => "int32",
                    Physical::INT64 => "int64",
                    Physical::FLOAT => "float32",
                    Physical::DOUBLE => "float64",
                    _ => "string",
                });
            (field.name().to_owned(), kind.map(str::to_owned))
        };
        return Some(schema.get_fields().iter().map(name).collect());
    }
    let row = table::rows(file).ok()?.next()?.ok()?;
    let kind = |v: &serde_json::Value| match v {
        serde_json::Value::String(_) => Some("string".to_owned()),
        serde_json::Value::Bool(_) => Some("bool".to_owned()),
        serde_json::Value::Number(n) if n.is_i64() => Some("int64".to_owned()),
        _ => None,
    };
    Some(row.iter().map(|(n, v)| (n.clone(), kind(v))).collect())
}
