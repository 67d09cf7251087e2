//! The JavaScript around the wasm: `lean.js`.
//!
//! 88 of its 89 MB are assignments `_name=wasmExports["name"]`, of which some dozens are used. The
//! rest gets the patches of [`super::patches`]. What they insert lives in `js/`.

use std::collections::HashSet;

use super::PrepareError;
use super::patches::{Edit, PATCHES, Patch};

/// The glue, without what it does not need and with all patches.
///
/// # Errors
/// It is not the glue that the patches were written for.
pub fn prepare(published: &str) -> Result<String, PrepareError> {
    let mut glue = drop_assignments(published)?;
    for patch in PATCHES {
        apply(&mut glue, patch)?;
    }
    Ok(shorten_lines(&silence_debug_prints(&glue)))
}

/// The identifiers in some JavaScript (or in the strings of any bytes), with repetitions.
pub fn identifiers<T: AsRef<[u8]> + ?Sized>(text: &T) -> impl Iterator<Item = &str> {
    text.as_ref()
        .split(|b| !(b.is_ascii_alphanumeric() || *b == b'_' || *b == b'$'))
        .filter_map(|word| std::str::from_utf8(word).ok())
        .map(|word| word.trim_start_matches(|c: char| c.is_ascii_digit()))
        .filter(|word| !word.is_empty())
}

/// Keeps of `assignWasmExports` only what the rest of the glue uses.
fn drop_assignments(glue: &str) -> Result<String, PrepareError> {
    const TAG: &str = "function assignWasmExports(wasmExports){";
    let wrong = |what: &str| PrepareError::Glue(what.to_owned());
    let function = glue
        .find(TAG)
        .ok_or_else(|| wrong("no function assignWasmExports"))?;
    let body = function + TAG.len();
    let end = body
        + glue[body..]
            .find('}')
            .ok_or_else(|| wrong("assignWasmExports has no end"))?;
    let declaration = glue[..function]
        .rfind("var ")
        .ok_or_else(|| wrong("no variables before it"))?;
    let variables = glue[declaration + 4..function]
        .strip_suffix(';')
        .filter(|v| identifiers(v).map(|i| i.len() + 1).sum::<usize>() == v.len() + 1)
        .ok_or_else(|| wrong("the variables before assignWasmExports are not a plain list"))?;
    let (before, after) = (&glue[..declaration], &glue[end..]);
    let used: HashSet<&str> = identifiers(before).chain(identifiers(after)).collect();

    let mut kept = String::new();
    for statement in glue[body..end].split(';').filter(|s| !s.is_empty()) {
        let targets = assigned(statement).ok_or_else(|| {
            let start: String = statement.chars().take(200).collect();
            wrong(&format!(
                "assignWasmExports holds another statement: {start}"
            ))
        })?;
        if targets
            .split('=')
            .any(|t| !t.starts_with("Module[") && used.contains(t))
        {
            kept.push_str(statement);
            kept.push(';');
        }
    }
    let variables: Vec<&str> = variables.split(',').filter(|v| used.contains(v)).collect();
    Ok(format!(
        "{before}var {};{TAG}{kept}{after}",
        variables.join(",")
    ))
}

/// What `a=Module["a"]=wasmExports["x"]` (or `….value`) assigns to: `a=Module["a"]`.
fn assigned(statement: &str) -> Option<&str> {
    let (targets, value) = statement.rsplit_once('=')?;
    let value = value.strip_suffix(".value").unwrap_or(value);
    let quoted = |text: &str, before: &str| {
        text.strip_prefix(before)
            .and_then(|t| t.strip_suffix("\"]"))
            .is_some_and(|name| !name.contains('"'))
    };
    let plain = |target: &str| {
        quoted(target, "Module[\"")
            || (!target.is_empty()
                && target
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$'))
    };
    (quoted(value, "wasmExports[\"") && targets.split('=').all(plain)).then_some(targets)
}

fn apply(glue: &mut String, patch: &Patch) -> Result<(), PrepareError> {
    let misfit = |found| {
        Err(PrepareError::Patch {
            patch: patch.name,
            reason: patch.reason,
            found,
        })
    };
    let found: Vec<usize> = glue.match_indices(patch.find).map(|(at, _)| at).collect();
    let [at] = found[..] else {
        return misfit(found.len());
    };
    let end = at + patch.find.len();
    match patch.edit {
        Edit::Replace(text) => glue.replace_range(at..end, text),
        Edit::Before(text) => glue.insert_str(at, text),
        Edit::InBody(text) => {
            let brace = patch.find.find('{').map_or(end, |brace| at + brace + 1);
            glue.insert_str(brace, text);
        }
        Edit::Until(last, text) => {
            let Some(length) = glue[at..].find(last) else {
                return misfit(0);
            };
            glue.replace_range(at..at + length, text);
        }
    }
    Ok(())
}

/// The program prints what it is doing on standard output, where answers are read.
fn silence_debug_prints(glue: &str) -> String {
    glue.replace("console.log(\"[DEBUG", "0&&console.log(\"[DEBUG")
}

/// Short lines make stack traces readable; one of 700 KB is printed whole.
fn shorten_lines(glue: &str) -> String {
    glue.replace(";var ", ";\nvar ")
        .replace("}function ", "}\nfunction ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "use(_a);var _a,_b,$c;function assignWasmExports(wasmExports){\
        _a=wasmExports[\"a\"];Module[\"_b\"]=_b=wasmExports[\"b\"];\
        $c=Module[\"$c\"]=wasmExports[\"c\"].value;}call($c)";

    #[test]
    fn keeps_what_is_used() {
        assert_eq!(
            drop_assignments(SMALL).unwrap(),
            "use(_a);var _a,$c;function assignWasmExports(wasmExports){\
             _a=wasmExports[\"a\"];$c=Module[\"$c\"]=wasmExports[\"c\"].value;}call($c)"
        );
    }

    #[test]
    fn refuses_other_layouts() {
        let cases = [
            (SMALL.replace("assignWasmExports", "other"), "no function"),
            (SMALL.replace("var _a,_b", "var _a=1,_b"), "plain list"),
            (SMALL.replace("_a=wasm", "_a=f(wasm"), "another statement"),
            (SMALL.replace("[\"a\"]", "[\"a\"]+1"), "another statement"),
        ];
        for (glue, words) in cases {
            let error = drop_assignments(&glue).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_patch_fits_exactly_once() {
        let patch = |edit| Patch {
            name: "p",
            reason: "r",
            find: "f(x){g",
            edit,
        };
        let applied = |edit| {
            let mut glue = "a;f(x){g()};z".to_owned();
            apply(&mut glue, &patch(edit)).map(|()| glue)
        };
        assert_eq!(applied(Edit::Replace("h(")).unwrap(), "a;h(()};z");
        assert_eq!(applied(Edit::Before("b;")).unwrap(), "a;b;f(x){g()};z");
        assert_eq!(applied(Edit::InBody("b;")).unwrap(), "a;f(x){b;g()};z");
        assert_eq!(applied(Edit::Until(";z", "b")).unwrap(), "a;b;z");
        assert!(applied(Edit::Until("nowhere", "b")).is_err());
        for (text, found) in [("", 0), ("f(x){g f(x){g", 2)] {
            let error = apply(&mut text.to_owned(), &patch(Edit::Before(""))).unwrap_err();
            assert_eq!(
                error,
                PrepareError::Patch {
                    patch: "p",
                    reason: "r",
                    found
                }
            );
        }
    }

    #[test]
    fn patches_have_names_and_reasons() {
        let names: HashSet<_> = PATCHES.iter().map(|p| p.name).collect();
        assert_eq!(names.len(), PATCHES.len(), "two patches share a name");
        assert!(
            PATCHES
                .iter()
                .all(|p| !p.reason.is_empty() && !p.find.is_empty())
        );
    }

    #[test]
    fn finds_identifiers() {
        let words: Vec<_> = identifiers("var a1=$b[\"c_d\"]+0x1f;9e").collect();
        assert_eq!(words, ["var", "a1", "$b", "c_d", "x1f", "e"]);
    }
}
