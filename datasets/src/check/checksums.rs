//! SHA-256 checksums that a dataset states of its files, in its card or in a list beside it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::card::{Lie, lie};
use crate::write::sha256;

/// Lists of checksums as `sha256sum` writes them, under their usual names.
const LISTS: [&str; 4] = [
    "SHA256SUMS",
    "sha256sums.txt",
    "checksums.txt",
    "checksums.sha256",
];
/// What the `datasets` library wrote beside a script, with checksums of what it had downloaded.
const INFOS: &str = "dataset_infos.json";
/// Longer lists are not read, in bytes.
const LIST_BYTES: u64 = 16 << 20;

static LINE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^.*?\b([0-9a-fA-F]{64})\b.*$").ok());

/// What is wrong with the checksums that a directory states, its card included.
pub(super) fn judge(root: &Path, card: &str) -> Vec<Lie> {
    let mut stated = BTreeMap::new();
    lines(card, &mut stated);
    for name in LISTS {
        lines(&text(&root.join(name)), &mut stated);
    }
    let infos = text(&root.join(INFOS));
    infos_checksums(
        &serde_json::from_str(&infos).unwrap_or_default(),
        &mut stated,
    );
    let mut lies = Vec::new();
    for (name, checksum) in stated {
        let path = root.join(&name);
        // What leads out of the directory is not the dataset's.
        let inside = !Path::new(&name).is_absolute() && !name.split('/').any(|part| part == "..");
        let message = match inside.then(|| sha256(&path)) {
            Some(Ok(found)) if found == checksum => continue,
            Some(Ok(found)) => {
                format!("{name}: its SHA-256 is said to be {checksum}, and is {found}")
            }
            _ => {
                format!("{name}: its SHA-256 is stated, and there is no such file that can be read")
            }
        };
        lies.push(lie("checksum", message));
    }
    lies
}

fn text(path: &Path) -> String {
    match std::fs::metadata(path) {
        Ok(m) if m.len() <= LIST_BYTES => std::fs::read_to_string(path).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Lines that hold a checksum and the name of a data file.
fn lines(text: &str, stated: &mut BTreeMap<String, String>) {
    let Some(line) = LINE.as_ref() else { return };
    for found in line.captures_iter(text) {
        let (Some(whole), Some(checksum)) = (found.get(0), found.get(1)) else {
            continue;
        };
        let parts = whole
            .as_str()
            .split(|c: char| c.is_whitespace() || "|`*()<>\"".contains(c));
        let data = |part: &&str| {
            [".parquet", ".jsonl", ".json"]
                .iter()
                .any(|end| part.ends_with(end))
        };
        if let Some(name) = parts.map(|p| p.trim_start_matches("./")).find(data) {
            stated.insert(name.to_owned(), checksum.as_str().to_lowercase());
        }
    }
}

/// `download_checksums` of each configuration, for files that were in the repository.
fn infos_checksums(infos: &Value, stated: &mut BTreeMap<String, String>) {
    for info in infos.as_object().into_iter().flat_map(|all| all.values()) {
        for (place, said) in info["download_checksums"].as_object().into_iter().flatten() {
            let (false, Some(checksum)) = (place.contains("://"), said["checksum"].as_str()) else {
                continue;
            };
            stated.insert(
                place.trim_start_matches("./").to_owned(),
                checksum.to_lowercase(),
            );
        }
    }
}
