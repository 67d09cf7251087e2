//! What a tactic does, in English: a phrase for each that is common, the tactic itself for the others.

/// A tactic's first word, what it does with its argument, and without one.
const PHRASES: [(&str, &str, &str); 39] = [
    (
        "intro",
        "Introduce {}",
        "Introduce the next variable or assumption",
    ),
    (
        "intros",
        "Introduce {}",
        "Introduce all variables and assumptions",
    ),
    (
        "rintro",
        "Introduce {}, taken apart",
        "Introduce what comes next, taken apart",
    ),
    ("exact", "This is what `{}` says", "This is given"),
    ("apply", "Apply `{}`", "Apply what is given"),
    ("refine", "Use `{}`", "Use what is given"),
    (
        "assumption",
        "This is one of the assumptions",
        "This is one of the assumptions",
    ),
    (
        "rfl",
        "Both sides are the same by definition",
        "Both sides are the same by definition",
    ),
    ("rw", "Rewrite with {}", "Rewrite"),
    ("simp", "Simplify with {}", "Simplify"),
    (
        "simpa",
        "By simplification, this is what `{}` says",
        "This follows by simplification",
    ),
    (
        "simp_all",
        "Simplify everything with {}",
        "Simplify the assumptions and the goal with each other",
    ),
    ("dsimp", "Unfold {}", "Unfold definitions"),
    ("unfold", "Unfold {}", "Unfold definitions"),
    (
        "omega",
        "This follows by linear arithmetic",
        "This follows by linear arithmetic over the integers and the natural numbers",
    ),
    ("decide", "This can be computed", "This can be computed"),
    (
        "grind",
        "This follows from the assumptions with {}",
        "This follows from the assumptions by case distinctions and equalities",
    ),
    (
        "induction",
        "Argue by induction on {}",
        "Argue by induction",
    ),
    ("cases", "Distinguish the cases of {}", "Distinguish cases"),
    ("rcases", "Take {} apart", "Take what is given apart"),
    ("obtain", "Obtain {}", "Obtain what is given"),
    (
        "by_cases",
        "Distinguish whether {} holds",
        "Distinguish cases",
    ),
    (
        "constructor",
        "Show the parts one by one",
        "Show the parts one by one",
    ),
    (
        "left",
        "Show the first alternative",
        "Show the first alternative",
    ),
    (
        "right",
        "Show the second alternative",
        "Show the second alternative",
    ),
    ("exists", "Take {}", "Give a witness"),
    ("have", "First note that {}", "First note a fact"),
    (
        "show",
        "It is to be shown that {}",
        "Restate what is to be shown",
    ),
    ("suffices", "It suffices that {}", "Something else suffices"),
    ("calc", "Calculate: {}", "Calculate"),
    (
        "contradiction",
        "The assumptions contradict each other",
        "The assumptions contradict each other",
    ),
    (
        "exfalso",
        "The assumptions will be led to a contradiction",
        "The assumptions will be led to a contradiction",
    ),
    ("subst", "Put in the value of {}", "Put in values"),
    (
        "funext",
        "Compare the functions at {}",
        "Compare the functions at every argument",
    ),
    (
        "ext",
        "Compare element by element, {}",
        "Compare element by element",
    ),
    (
        "split",
        "Distinguish the cases of the expression",
        "Distinguish the cases of the expression",
    ),
    ("trivial", "This is clear", "This is clear"),
    ("symm", "Exchange the sides", "Exchange the sides"),
    ("generalize", "Write {}", "Give a term a name"),
];

/// Tactics after whose arguments a place may stand: `at h`.
const AT: [&str; 5] = ["rw", "simp", "dsimp", "unfold", "apply"];

/// A tactic's line in English: what is to be shown, what the tactic does, what is left. `left` has the
/// conclusion of each new goal, where it can be told.
pub(super) fn told(tactic: &str, goal: Option<&str>, left: &[Option<String>]) -> String {
    let mut said = match goal {
        Some(goal) => format!("To show: {goal}. "),
        None => String::new(),
    };
    said.push_str(&phrase(tactic));
    said.push('.');
    let known: Vec<&str> = left.iter().filter_map(Option::as_deref).collect();
    match (left.len(), known.as_slice()) {
        (0, _) => {}
        (1, [one]) => said.push_str(&format!(" It remains to show that {one}.")),
        (n, all) if all.len() == n => {
            said.push_str(&format!(" There remain {n} parts: {}.", all.join("; ")));
        }
        (n, _) => said.push_str(&format!(" There remain {n} goals.")),
    }
    said
}

fn phrase(tactic: &str) -> String {
    // A block's own lines are told by themselves.
    let line = tactic.lines().next().unwrap_or_default().trim();
    let (word, rest) = match line.split_once(|c: char| c.is_whitespace() || "[(⟨".contains(c)) {
        Some((word, _)) => (word, line[word.len()..].trim()),
        None => (line, ""),
    };
    let word = word.trim_end_matches(['!', '?']);
    let (rest, place) = match rest.rsplit_once(" at ") {
        Some((rest, place)) if AT.contains(&word) => (rest.trim(), Some(place.trim())),
        _ => match rest.strip_prefix("at ") {
            Some(place) if AT.contains(&word) => ("", Some(place.trim())),
            _ => (rest, None),
        },
    };
    let listed = rest.strip_prefix('[').and_then(|r| r.strip_suffix(']'));
    let argument = match (word, listed) {
        ("simpa", _) => rest.split_once("using ").map_or("", |(_, term)| term),
        ("have", _) => match rest.split_once(":=") {
            // A fact that is not stated, and one that is.
            Some((name, term)) if !name.contains(':') && !matches!(term.trim(), "" | "by") => {
                let name = name.trim();
                let named = match name.is_empty() {
                    true => String::new(),
                    false => format!(", as `{name}`"),
                };
                return format!("First note what `{}` says{named}", term.trim());
            }
            Some((fact, _)) => fact,
            None => rest,
        },
        (_, Some(list)) => list,
        (_, None) => rest.trim_end_matches("with").trim_end_matches(":= by"),
    };
    let argument = argument.trim();
    let said = match PHRASES.iter().find(|(known, ..)| *known == word) {
        Some((_, with, _)) if with.contains("{}") && !argument.is_empty() => {
            let quoted = match with.contains("`{}`") {
                true => argument.to_owned(),
                false => format!("`{argument}`"),
            };
            with.replace("{}", &quoted)
        }
        Some((_, _, without)) => (*without).to_owned(),
        None => return format!("Use the tactic `{line}`"),
    };
    match place {
        Some("*") => format!("{said} everywhere"),
        Some(place) => format!("{said} in `{place}`"),
        None => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tactics_are_told_in_english() {
        for (tactic, expected) in [
            ("intro n h", "Introduce `n h`"),
            ("exact h.symm", "This is what `h.symm` says"),
            ("rw [Nat.add_comm, h]", "Rewrite with `Nat.add_comm, h`"),
            ("simp", "Simplify"),
            ("simp [foo]", "Simplify with `foo`"),
            (
                "induction n with\n  | zero => rfl",
                "Argue by induction on `n`",
            ),
            ("have h : 1 = 1 := by\n  rfl", "First note that `h : 1 = 1`"),
            (
                "have := foo (a := b) x",
                "First note what `foo (a := b) x` says",
            ),
            ("have h := foo", "First note what `foo` says, as `h`"),
            ("have h : a = b := foo", "First note that `h : a = b`"),
            (
                "rw [← a[0], b] at this",
                "Rewrite with `← a[0], b` in `this`",
            ),
            ("simp at *", "Simplify everywhere"),
            (
                "simpa [a] using f x",
                "By simplification, this is what `f x` says",
            ),
            ("simpa", "This follows by simplification"),
            ("frobnicate x", "Use the tactic `frobnicate x`"),
            ("", "Use the tactic ``"),
        ] {
            assert_eq!(phrase(tactic), expected);
        }
        assert_eq!(
            told(
                "constructor",
                Some("A and B"),
                &[Some("A".into()), Some("B".into())]
            ),
            "To show: A and B. Show the parts one by one. There remain 2 parts: A; B."
        );
        assert_eq!(
            told("skip", None, &[None, None]),
            "Use the tactic `skip`. There remain 2 goals."
        );
    }
}
