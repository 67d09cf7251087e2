//! What Lean sources import, and in which order they are compiled.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::Sources;
use crate::BridgeError;

/// The worker's modules are `Lakatos` and below.
const ROOT: &str = "Lakatos";

/// A module that the worker needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// `Lakatos.Json`.
    pub name: String,
    /// The modules of the worker that it imports.
    pub imports: Vec<String>,
    /// Of its text and of all that it rests on.
    pub hash: String,
}

/// The modules that `Main.lean` needs, in an order in which they can be compiled; `lean` names the
/// Lean that compiles them.
pub fn plan(sources: &Sources, lean: &str) -> Result<Vec<Module>, BridgeError> {
    let mut planned = Vec::new();
    let mut hashes = BTreeMap::new();
    let mut open = BTreeSet::new();
    for import in own_imports(sources, "Main", &sources.main)? {
        visit(sources, lean, &import, &mut open, &mut hashes, &mut planned)?;
    }
    Ok(planned)
}

/// The hash that names the whole worker.
pub fn key(sources: &Sources, modules: &[Module], lean: &str) -> String {
    let parts = [lean, &sources.main];
    digest(
        parts
            .into_iter()
            .chain(modules.iter().map(|m| m.hash.as_str())),
    )
}

fn visit(
    sources: &Sources,
    lean: &str,
    name: &str,
    open: &mut BTreeSet<String>,
    hashes: &mut BTreeMap<String, String>,
    planned: &mut Vec<Module>,
) -> Result<(), BridgeError> {
    if hashes.contains_key(name) {
        return Ok(());
    }
    if !open.insert(name.to_owned()) {
        let message = format!("the worker's module {name} imports itself, through others");
        return Err(BridgeError::Install { message });
    }
    let text = &sources.modules[name];
    let imports = own_imports(sources, name, text)?;
    for import in &imports {
        visit(sources, lean, import, open, hashes, planned)?;
    }
    let below = imports
        .iter()
        .filter_map(|i| hashes.get(i))
        .map(String::as_str);
    let hash = digest([lean, name, text.as_str()].into_iter().chain(below));
    hashes.insert(name.to_owned(), hash.clone());
    planned.push(Module {
        name: name.to_owned(),
        imports,
        hash,
    });
    Ok(())
}

fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize()
        .iter()
        .take(16)
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// The modules of the worker that the text of `module` imports; the others are Lean's own.
fn own_imports(sources: &Sources, module: &str, text: &str) -> Result<Vec<String>, BridgeError> {
    let (own, others): (Vec<_>, Vec<_>) = imports(text)
        .into_iter()
        .partition(|i| sources.modules.contains_key(i));
    match others.iter().find(|i| i.split('.').next() == Some(ROOT)) {
        None => Ok(own),
        Some(missing) => Err(BridgeError::Install {
            message: format!(
                "the worker's {module} imports {missing}, which is not among its sources; rebuild \
                 Lakatos from a whole checkout"
            ),
        }),
    }
}

/// The modules that the header of a Lean text imports.
pub fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut words = without_comments(text).into_iter().peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "module" | "prelude" | "public" | "meta" => {}
            "import" => {
                words.next_if(|w| w == "all");
                found.extend(words.next());
            }
            _ => break,
        }
    }
    found
}

/// The words of a text up to its end, comments left out.
fn without_comments(text: &str) -> Vec<String> {
    let (mut rest, mut depth, mut plain) = (text, 0_usize, String::new());
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("/-") {
            depth += 1;
            rest = &rest[2..];
        } else if depth > 0 && rest.starts_with("-/") {
            depth -= 1;
            rest = &rest[2..];
            plain.push(' ');
        } else if depth == 0 && rest.starts_with("--") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else {
            if depth == 0 {
                plain.push(c);
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    plain.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> Sources {
        Sources::new(
            files
                .iter()
                .map(|(n, t)| ((*n).to_owned(), (*t).to_owned())),
        )
        .unwrap()
    }

    #[test]
    fn reads_headers() {
        let cases: [(&str, &[&str]); 5] = [
            (
                "import A\nimport B.C\n\ndef x := 1\nimport D",
                &["A", "B.C"],
            ),
            (
                "/- Copyright /- nested -/ import No -/\nimport A -- import B\n",
                &["A"],
            ),
            (
                "module\n\npublic import A\nmeta import all B\nopen A",
                &["A", "B"],
            ),
            ("/-! head -/\ndef import := 1", &[]),
            ("import A import B", &["A", "B"]),
        ];
        for (text, expected) in cases {
            assert_eq!(imports(text), expected, "{text}");
        }
    }

    #[test]
    fn plans_what_main_needs_and_nothing_else() {
        let s = sources(&[
            ("Main.lean", "import L.C\nimport Lean"),
            ("L/A.lean", "import Lean"),
            ("L/B.lean", "import L.A"),
            ("L/C.lean", "import L.A\nimport L.B"),
            ("L/Unused.lean", "import L.C"),
        ]);
        let names: Vec<_> = plan(&s, "v").unwrap().into_iter().map(|m| m.name).collect();
        assert_eq!(names, ["L.A", "L.B", "L.C"]);
    }

    #[test]
    fn hashes_follow_what_a_module_rests_on() {
        let with = |a: &str, lean: &str| {
            let s = sources(&[
                ("Main.lean", "import L.B\nimport L.C"),
                ("L/A.lean", a),
                ("L/B.lean", "import L.A"),
                ("L/C.lean", ""),
            ]);
            let modules = plan(&s, lean).unwrap();
            let key = key(&s, &modules, lean);
            (modules.into_iter().map(|m| m.hash).collect::<Vec<_>>(), key)
        };
        let (old, old_key) = with("def a := 1", "v");
        let (new, new_key) = with("def a := 2", "v");
        assert_ne!((&old[0], &old[1]), (&new[0], &new[1]));
        assert_eq!(old[2], new[2]);
        assert_ne!(old_key, new_key);
        let (other, other_key) = with("def a := 1", "w");
        assert!(old.iter().zip(&other).all(|(a, b)| a != b));
        assert_ne!(old_key, other_key);
    }

    #[test]
    fn a_missing_module_is_an_error() {
        let s = sources(&[("Main.lean", "import Lakatos.Gone\nimport Lean.Elab")]);
        assert!(
            plan(&s, "v")
                .unwrap_err()
                .to_string()
                .contains("imports Lakatos.Gone")
        );
    }

    #[test]
    fn a_circle_is_an_error() {
        let s = sources(&[
            ("Main.lean", "import L.A"),
            ("L/A.lean", "import L.B"),
            ("L/B.lean", "import L.A"),
        ]);
        assert!(
            plan(&s, "v")
                .unwrap_err()
                .to_string()
                .contains("imports itself")
        );
    }
}
