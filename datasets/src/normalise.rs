//! What older benchmarks write and today's Mathlib no longer reads, rewritten.

use crate::lean::lexer::{Kind, Lexed};

/// Rewrites the sums and products of before 2024, `∑ x in s, f x`, into `∑ x ∈ s, f x`. A binder's
/// type moves to the set, where today's syntax wants it: `∑ k : ℤ in s, f k` becomes
/// `∑ k ∈ (s : Finset ℤ), f k`. Integrals keep their `in`, and so does everything else. Line breaks
/// stay where they are.
pub fn big_operators(text: &str) -> String {
    if !text.contains(['∑', '∏']) {
        return text.to_owned();
    }
    let lexed = Lexed::new(text);
    // What is to be put in place of which bytes. A set may hold sums of its own, so the binder and the
    // set's end are replaced separately.
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    for i in 0..lexed.tokens.len() {
        if !matches!(lexed.str(i), "∑" | "∏") {
            continue;
        }
        let Some(binder) = old_binder(&lexed, i) else {
            continue;
        };
        let (start, end) = (lexed.tokens[i].end, lexed.tokens[binder.in_at].end);
        let name = binder.name;
        match binder.ty {
            None => edits.push((start, end, format!(" {name} ∈"))),
            Some(ty) => {
                let set_start = lexed.tokens[binder.in_at + 1].start;
                edits.push((start, set_start, format!(" {name} ∈ (")));
                edits.push((binder.set_end, binder.set_end, format!(" : Finset {ty})")));
            }
        }
    }
    edits.sort_by_key(|&(start, end, _)| (start, end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end, by) in edits {
        out.push_str(lexed.slice(at, start));
        out.push_str(&by);
        at = end;
    }
    out.push_str(lexed.slice(at, text.len()));
    out
}

/// An old-style binder.
struct OldBinder<'a> {
    name: &'a str,
    ty: Option<String>,
    /// The token of its `in`.
    in_at: usize,
    /// The byte after the set.
    set_end: usize,
}

/// How many tokens a binder and its set may have.
const LIMIT: usize = 256;

/// The binder after the operator at token `operator`, if it is of the old style.
fn old_binder<'a>(lexed: &Lexed<'a>, operator: usize) -> Option<OldBinder<'a>> {
    let depth = lexed.tokens[operator].depth;
    let end = lexed.tokens.len().min(operator + LIMIT);
    let at_depth = |i: &usize| lexed.tokens[*i].depth == depth;
    let ends = |i: usize| lexed.tokens[i].depth < depth || (at_depth(&i) && lexed.str(i) == ",");
    let comma = (operator + 1..end).find(|&i| ends(i))?;
    let in_at = (operator + 1..comma)
        .filter(at_depth)
        .find(|&i| lexed.is_word(i, "in"))?;
    let set_to = (in_at + 1..comma)
        .filter(at_depth)
        .find(|&i| lexed.is_word(i, "with"))
        .unwrap_or(comma);
    if set_to == in_at + 1 {
        return None;
    }
    let text =
        |from: usize, to: usize| lexed.slice(lexed.tokens[from].start, lexed.tokens[to - 1].end);
    let (mut from, mut to) = (operator + 1, in_at);
    if lexed.str(from) == "(" && to > from + 1 && lexed.str(to - 1) == ")" {
        (from, to) = (from + 1, to - 1);
    }
    let name = lexed
        .tokens
        .get(from)
        .filter(|t| t.kind == Kind::Word)
        .map(|_| lexed.str(from))?;
    let ty = match to - from {
        1 => None,
        n if n > 2 && lexed.str(from + 1) == ":" => {
            let ty = text(from + 2, to);
            Some(if to - from > 3 {
                format!("({ty})")
            } else {
                ty.to_owned()
            })
        }
        _ => return None,
    };
    Some(OldBinder {
        name,
        ty,
        in_at,
        set_end: lexed.tokens[set_to - 1].end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(big_operators(text), expect);
        assert_eq!(
            big_operators(expect),
            expect,
            "rewriting twice changes nothing more"
        );
    }

    #[test]
    fn sums_and_products() {
        check("∑ x in s, x", "∑ x ∈ s, x");
        check(
            "(∏ k in Finset.range (n + 1), f k) = 1",
            "(∏ k ∈ Finset.range (n + 1), f k) = 1",
        );
        check(
            "∑ k : ℤ in Finset.Icc 1 12, k",
            "∑ k ∈ (Finset.Icc 1 12 : Finset ℤ), k",
        );
        check("∑ (k : Fin 3) in s, k", "∑ k ∈ (s : Finset (Fin 3)), k");
        check("∑ i in s with i < 2, i", "∑ i ∈ s with i < 2, i");
    }

    #[test]
    fn nested() {
        check("∑ i in s, ∑ j in t i, f i j", "∑ i ∈ s, ∑ j ∈ t i, f i j");
        check(
            "∑ i in (Finset.range (∑ j in t, j)), i",
            "∑ i ∈ (Finset.range (∑ j ∈ t, j)), i",
        );
    }

    #[test]
    fn what_stays() {
        for text in [
            "∑ x ∈ s, x",
            "∑ k : Fin 3, f k",
            "∑' n : ℕ, f n",
            "∫ x in (0:ℝ)..1, x + ∑ k, k",
            "open Foo in\ntheorem t : ∑ k, k = 1",
            "∑ x in",
            "-- ∑ x in s, x\n∑ k, k",
        ] {
            check(text, text);
        }
    }

    proptest! {
        #[test]
        fn total(text in "[∑∏x in,s:()ℕ\\n∈]{0,60}") {
            let out = big_operators(&text);
            prop_assert!(out.len() + 16 >= text.len());
        }
    }
}
