//! Whether the licence that a card names is the one that the files beside it and the rows name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_yaml_ng::Value;

use super::card::{Lie, lie, texts};
use crate::table;

/// Columns of rows that name a licence.
const COLUMNS: [&str; 2] = ["license", "licence"];
/// Different names that are told at most.
const TOLD: usize = 8;
/// How much of a licence's file is looked at, in bytes.
const HEAD: usize = 4000;

/// Phrases of licences' texts with the hub's identifiers, the more particular first.
const PHRASES: [(&str, &str); 15] = [
    (
        "attribution-noncommercial-sharealike 4.0",
        "cc-by-nc-sa-4.0",
    ),
    (
        "attribution-noncommercial-noderivatives 4.0",
        "cc-by-nc-nd-4.0",
    ),
    ("attribution-noncommercial 4.0", "cc-by-nc-4.0"),
    ("attribution-sharealike 4.0", "cc-by-sa-4.0"),
    ("attribution-noderivatives 4.0", "cc-by-nd-4.0"),
    ("attribution 4.0 international", "cc-by-4.0"),
    ("cc0 1.0 universal", "cc0-1.0"),
    ("apache license version 2.0", "apache-2.0"),
    ("gnu affero general public license version 3", "agpl-3.0"),
    ("gnu lesser general public license version 3", "lgpl-3.0"),
    ("gnu general public license version 3", "gpl-3.0"),
    ("gnu general public license version 2", "gpl-2.0"),
    ("mozilla public license version 2.0", "mpl-2.0"),
    ("permission is hereby granted, free of charge", "mit"),
    ("redistribution and use in source and binary forms", "bsd"),
];

/// What is wrong with the licence that the metadata names. A card that names none claims nothing.
pub(super) fn judge(root: &Path, metadata: &Value, files: &[PathBuf]) -> Vec<Lie> {
    let said = texts(&metadata["license"]);
    if said.is_empty() {
        return vec![];
    }
    let shown = said.join(", ");
    let keys: Vec<String> = said.iter().map(|s| key(s)).collect();
    let named = |id: &str| keys.iter().any(|k| alike(k, &key(id)));
    let mut lies = Vec::new();
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut beside: Vec<PathBuf> = entries.map(|e| e.path()).collect();
    beside.sort();
    for path in beside {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let licence = ["licen", "copying"]
            .iter()
            .any(|start| name.to_lowercase().starts_with(start));
        if !licence || !path.is_file() {
            continue;
        }
        if let Some(id) = of_text(&std::fs::read(&path).unwrap_or_default())
            && !named(id)
        {
            let message = format!(
                "the card says that the licence is {shown}, and {name} is the text of {id}"
            );
            lies.push(lie("license", message));
        }
    }
    for file in files {
        let other: Vec<String> = of_rows(file).into_iter().filter(|id| !named(id)).collect();
        if !other.is_empty() {
            let file = file.strip_prefix(root).unwrap_or(file).display();
            let other = other.join(", ");
            let message = format!(
                "the card says that the licence is {shown}, and rows of {file} name {other}"
            );
            lies.push(lie("license", message));
        }
    }
    lies
}

/// The licence whose text this is, where it is a known one.
fn of_text(bytes: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]).to_lowercase();
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|w| !w.is_empty())
        .collect();
    let words = words.join(" ");
    let phrase = |phrase: &str| words.contains(&phrase.replace(',', ""));
    PHRASES
        .iter()
        .find(|(text, _)| phrase(text))
        .map(|(_, id)| *id)
}

/// The licences that a file's rows name.
fn of_rows(file: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let Some(columns) = super::card::columns(file) else {
        return found;
    };
    let Some(column) = COLUMNS
        .iter()
        .find(|c| columns.iter().any(|(name, _)| name == *c))
    else {
        return found;
    };
    for row in table::rows(file).into_iter().flatten().flatten() {
        if let Some(id) = row.get(*column).and_then(|v| v.as_str())
            && !id.trim().is_empty()
            && found.len() < TOLD
        {
            found.insert(id.trim().to_owned());
        }
    }
    found
}

/// A licence's name without what people write differently.
fn key(id: &str) -> String {
    let small = id
        .to_lowercase()
        .replace("license", "")
        .replace("licence", "")
        .replace("version", "");
    small.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Whether two keys may mean one licence: where one names no version, or no clauses.
fn alike(a: &str, b: &str) -> bool {
    a == b || a == "other" || a.starts_with(b) || b.starts_with(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_names_of_licences() {
        assert_eq!(
            of_text(b"MIT License\n\nPermission is hereby granted, free\nof charge, to any"),
            Some("mit")
        );
        assert_eq!(
            of_text(b"Apache License\n   Version 2.0, January 2004"),
            Some("apache-2.0")
        );
        assert_eq!(of_text(b"Do what you like."), None);
        for (a, b, same) in [
            ("apache-2.0", "Apache License 2.0", true),
            ("mit", "MIT", true),
            ("bsd-3-clause", "bsd", true),
            ("cc-by-4.0", "cc-by-nc-4.0", false),
            ("mit", "apache-2.0", false),
        ] {
            assert_eq!(alike(&key(a), &key(b)), same, "{a} {b}");
        }
    }
}
