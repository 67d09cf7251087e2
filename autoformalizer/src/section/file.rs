//! The Lean file of a section.

use std::fmt::Write;

use super::job::ItemRow;

/// What comes before the items: the namespace keeps their names apart from the library's.
pub fn opening(namespace: &str) -> String {
    format!("namespace {namespace}\n")
}

/// An item as it stands in the file: its words as documentation, then Lean; or a comment where there is
/// none.
pub fn item(row: &ItemRow) -> String {
    let mut words = format!("{}. {}", row.heading, row.informal_statement);
    if let Some(proof) = &row.informal_proof {
        let _ = write!(words, "\n\nProof. {proof}");
    }
    // Neither opens nor closes a comment.
    let words = words.replace("-/", "- /").replace("/-", "/ -");
    match &row.lean {
        Some(lean) => format!("\n/-- {words} -/\n{lean}\n"),
        None => format!("\n/- {words}\n\nNot formalised: {} -/\n", {
            row.why.replace("-/", "- /").replace("/-", "/ -")
        }),
    }
}

/// The whole file.
pub fn whole<'a>(
    imports: &[String],
    namespace: &str,
    rows: impl IntoIterator<Item = &'a ItemRow>,
) -> String {
    let mut text: String = imports.iter().map(|m| format!("import {m}\n")).collect();
    text.push('\n');
    text.push_str(&opening(namespace));
    text.extend(rows.into_iter().map(item));
    let _ = write!(text, "\nend {namespace}\n");
    text
}
