//! `first | a | b` in a finished proof: what it could say instead, so that a proof tells which tactic
//! did the work.
//!
//! This is about text alone; Lean says which of the candidates still prove the goal.

/// The tactic with its `n`th `first` (from the left, counted from 0) replaced by each of that `first`'s
/// alternatives, in their order; none where there are not so many.
pub fn replaced(tactic: &str, n: usize) -> Option<Vec<String>> {
    let start = firsts(tactic).nth(n)?;
    let (end, alternatives) = alternatives(tactic, start + FIRST.len());
    // Parentheses that hold nothing else go where one tactic is left.
    let (before, after) = (&tactic[..start], &tactic[end..]);
    let alone = before.ends_with('(') && after.starts_with(')');
    let candidate = |alternative: &str| {
        if alone && is_one_tactic(alternative) {
            let (before, after) = (&before[..before.len() - 1], &after[1..]);
            return format!("{before}{alternative}{after}");
        }
        format!("{before}{alternative}{after}")
    };
    Some(alternatives.into_iter().map(candidate).collect())
}

const FIRST: &str = "first";

/// Where the word `first` begins a list of alternatives.
fn firsts(tactic: &str) -> impl Iterator<Item = usize> {
    tactic.match_indices(FIRST).filter_map(|(i, word)| {
        let part_of_a_name = |c: char| c.is_alphanumeric() || "_.'!?".contains(c);
        let begins = !tactic[..i].ends_with(part_of_a_name);
        let bar = tactic[i + word.len()..].trim_start_matches(' ');
        (begins && bar.starts_with('|')).then_some(i)
    })
}

/// The alternatives that begin at `from`, and where the last of them ends: at a bracket that closes
/// what was opened before them, or with the line.
fn alternatives(tactic: &str, from: usize) -> (usize, Vec<&str>) {
    let mut depth = 0_u32;
    let mut bars = Vec::new();
    let mut end = tactic.len();
    for (i, c) in tactic[from..].char_indices().map(|(i, c)| (from + i, c)) {
        match c {
            '(' | '[' | '{' | '⟨' => depth += 1,
            ')' | ']' | '}' | '⟩' if depth > 0 => depth -= 1,
            ')' | ']' | '}' | '⟩' | '\n' if depth == 0 => {
                end = i;
                break;
            }
            '|' if depth == 0 => bars.push(i),
            _ => {}
        }
    }
    let ends = bars.iter().skip(1).copied().chain([end]);
    let parts = bars
        .iter()
        .zip(ends)
        .map(|(bar, end)| &tactic[bar + 1..end]);
    (end, parts.map(str::trim).collect())
}

/// Whether nothing binds less tightly than an argument of `<;>` does.
fn is_one_tactic(alternative: &str) -> bool {
    alternative.starts_with('(') || ![";", "<;>", "\n"].iter().any(|s| alternative.contains(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alternative_takes_the_place_of_its_first() {
        let cases: [(&str, usize, Option<&[&str]>); 8] = [
            ("omega", 0, None),
            ("first | omega | grind", 0, Some(&["omega", "grind"])),
            ("first | omega | grind", 1, None),
            (
                "cases x <;> first | omega | (simp_all; done)",
                0,
                Some(&["cases x <;> omega", "cases x <;> (simp_all; done)"]),
            ),
            (
                "induction n with\n| zero => (first | omega | grind)\n| succ n ih => (first | omega | grind)",
                1,
                Some(&[
                    "induction n with\n| zero => (first | omega | grind)\n| succ n ih => omega",
                    "induction n with\n| zero => (first | omega | grind)\n| succ n ih => grind",
                ]),
            ),
            (
                "(first | (rcases h with h | h <;> first | omega | grind) | simp)",
                0,
                Some(&["(rcases h with h | h <;> first | omega | grind)", "simp"]),
            ),
            ("(first | a; b | c)", 0, Some(&["(a; b)", "c"])),
            ("exact List.first | x_first | y", 0, None),
        ];
        for (tactic, n, expected) in cases {
            let expected = expected.map(|e| e.iter().map(|s| (*s).to_owned()).collect());
            assert_eq!(replaced(tactic, n), expected, "{tactic}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_will_do(
            text in "(first|omega| |\\||\\(|\\)|⟨|⟩|\n|<;>|ℕ){0,12}",
            n in 0_usize..4,
        ) {
            for candidate in replaced(&text, n).unwrap_or_default() {
                proptest::prop_assert!(candidate.len() < text.len(), "{candidate}");
            }
        }
    }
}
