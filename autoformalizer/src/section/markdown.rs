//! Sections in Markdown: a heading or a bold beginning such as `**Lemma 2 (name).**` is an item.

use std::sync::LazyLock;

use regex::Regex;

use super::Raw;
use crate::text::joined;

/// A paragraph's beginning: word, number, title in brackets or after a colon.
static HEAD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(#{1,6}\s+|\*{1,3}|__)\s*(definition|notation|theorem|lemma|proposition|corollary|claim|fact|conjecture|example|exercise)\b\s*([0-9]+(?:\.[0-9]+)*)?\s*(?:\(([^)]*)\))?\s*[.:]?\s*(?:\*{1,3}|__)?\s*[.:]?\s*",
    )
    .ok()
});

static PROOF: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:#{1,6}\s+|\*{1,3}|__)?\s*proof\b\s*[.:]?\s*(?:\*{1,3}|__)?[.:]?\s*").ok()
});

static REFERENCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(Definition|Theorem|Lemma|Proposition|Corollary|Claim|Fact|Conjecture)[\s~]+([0-9]+(?:\.[0-9]+)*)",
    )
    .ok()
});

/// What stands open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Nothing,
    Item,
    Proof,
}

pub(super) fn read(text: &str) -> Vec<Raw> {
    let mut items: Vec<Raw> = Vec::new();
    let mut part = Part::Nothing;
    for (line, paragraph) in paragraphs(text) {
        let matched = HEAD.as_ref().and_then(|head| head.captures(&paragraph));
        if let Some(found) = matched {
            let (whole, heading) = (
                found.get(0).map_or(0, |m| m.end()),
                paragraph.starts_with('#'),
            );
            let get = |i: usize| found.get(i).map(|m| m.as_str().trim().to_owned());
            let rest = paragraph[whole..].trim();
            // What follows in a heading is a title; the text comes in the next paragraphs.
            let (title, body) = match (get(4), heading) {
                (None, true) if !rest.is_empty() => (Some(rest.to_owned()), ""),
                (title, true) => (title, ""),
                (title, false) => (title, rest),
            };
            items.push(Raw {
                word: get(2).unwrap_or_default().to_lowercase(),
                number: get(3),
                title: title.filter(|t| !t.is_empty()),
                label: None,
                text: String::new(),
                proof: None,
                references: Vec::new(),
                line,
            });
            part = Part::Item;
            if !body.is_empty() {
                add(&mut items, &mut part, body);
            }
            continue;
        }
        let proof = PROOF.as_ref().and_then(|p| p.find(&paragraph));
        if let Some(found) = proof.filter(|_| !items.is_empty()) {
            part = Part::Proof;
            let rest = paragraph[found.end()..].to_owned();
            if let Some(item) = items.last_mut() {
                item.proof.get_or_insert_default();
            }
            add(&mut items, &mut part, &rest);
        } else if paragraph.starts_with('#') {
            part = Part::Nothing;
        } else {
            add(&mut items, &mut part, &paragraph);
        }
    }
    items
}

/// Adds a paragraph to what stands open. A sign of the end closes it.
fn add(items: &mut [Raw], part: &mut Part, paragraph: &str) {
    let Some(item) = items.last_mut() else { return };
    let text = joined(paragraph);
    let bare = text.trim_end_matches(['□', '∎', '■']).trim_end();
    let ended = bare.len() < text.trim_end().len();
    let own = format!(
        "{} {}",
        item.word,
        item.number.as_deref().unwrap_or_default()
    );
    // One paragraph states an item, and lists that follow it; after that it is prose.
    let list =
        bare.starts_with(['-', '*', '+', '$']) || bare.starts_with(|c: char| c.is_ascii_digit());
    if *part == Part::Item && !item.text.is_empty() && !list {
        *part = Part::Nothing;
    }
    if *part != Part::Nothing
        && let Some(reference) = REFERENCE.as_ref()
    {
        for found in reference.captures_iter(bare) {
            let said = format!("{} {}", found[1].to_lowercase(), &found[2]);
            if said != own {
                item.references.push(said);
            }
        }
    }
    let place = match *part {
        Part::Nothing => return,
        Part::Item => &mut item.text,
        Part::Proof => item.proof.get_or_insert_default(),
    };
    if !place.is_empty() && !bare.is_empty() {
        place.push(' ');
    }
    place.push_str(bare);
    // After a proof prose goes on; an item's own text may have further paragraphs.
    if ended {
        *part = Part::Nothing;
    }
}

/// Paragraphs with their first lines; a heading is one of its own.
fn paragraphs(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        // A quotation's sign, as books set their theorems off.
        let line = line.trim().trim_start_matches('>').trim_start();
        if line.is_empty() {
            inside = false;
        } else if line.starts_with('#') {
            found.push((index + 1, line.to_owned()));
            inside = false;
        } else if let (true, Some((_, paragraph))) = (inside, found.last_mut()) {
            paragraph.push('\n');
            paragraph.push_str(line);
        } else {
            found.push((index + 1, line.to_owned()));
            inside = true;
        }
    }
    found
}
