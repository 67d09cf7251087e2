//! The source text of a statement, taken apart as far as a refutation needs it.
//!
//! Nothing here is trusted: Lean reads the result again and its hash is compared with that of the
//! negation that Lean itself made.

/// The parts of `theorem name binders : conclusion`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The name as written, universe parameters left out.
    pub name: &'a str,
    /// The binders, possibly empty.
    pub binders: &'a str,
    /// What follows the colon.
    pub conclusion: &'a str,
}

/// Takes a statement apart; none if it does not look like a theorem.
pub fn parts(statement: &str) -> Option<Parts<'_>> {
    let after = after_keyword(statement)?;
    let after = after.trim_start();
    let end = after.find(|c: char| c.is_whitespace() || "({[⦃:".contains(c))?;
    let (name, mut rest) = after.split_at(end);
    if let Some(universes) = rest.strip_prefix('{').filter(|_| name.ends_with('.')) {
        rest = &universes[universes.find('}')? + 1..];
    }
    let colon = outer_colon(rest)?;
    let name = name.trim_end_matches('.');
    (!name.is_empty()).then(|| Parts {
        name,
        binders: rest[..colon].trim(),
        conclusion: rest[colon + 1..].trim(),
    })
}

/// The text after the word `theorem` or `lemma`.
fn after_keyword(statement: &str) -> Option<&str> {
    let mut places = outer(statement);
    places.find_map(|(at, _)| {
        let begins = statement[..at]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace);
        let rest = &statement[at..];
        let rest = rest
            .strip_prefix("theorem")
            .or_else(|| rest.strip_prefix("lemma"))?;
        (begins && rest.starts_with(char::is_whitespace)).then_some(rest)
    })
}

/// The colon between binders and conclusion.
fn outer_colon(text: &str) -> Option<usize> {
    outer(text)
        .find(|(at, c)| *c == ':' && !text[at + 1..].starts_with('='))
        .map(|(at, _)| at)
}

/// The characters outside brackets, comments and strings, with their places.
fn outer(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut depth = 0i32;
    let mut skip_to = 0;
    text.char_indices().filter(move |(at, c)| {
        if *at < skip_to {
            return false;
        }
        let rest = &text[*at..];
        if rest.starts_with("--") {
            skip_to = at + rest.find('\n').unwrap_or(rest.len());
            return false;
        }
        if rest.starts_with("/-") {
            skip_to = at + rest.find("-/").map_or(rest.len(), |end| end + 2);
            return false;
        }
        match c {
            '(' | '[' | '{' | '⟨' | '⦃' => depth += 1,
            ')' | ']' | '}' | '⟩' | '⦄' => depth -= 1,
            _ => return depth == 0,
        }
        false
    })
}

/// `theorem name_refuted : ¬ (∀ binders, conclusion)`, from the source.
pub fn refutation(parts: &Parts<'_>) -> String {
    let name = parts.name;
    let (binders, conclusion) = (uncommented(parts.binders), uncommented(parts.conclusion));
    if binders.is_empty() {
        format!("theorem {name}_refuted : ¬ ({conclusion})")
    } else {
        format!("theorem {name}_refuted : ¬ (∀ {binders}, {conclusion})")
    }
}

/// The text without line comments, which would swallow what is written after them.
fn uncommented(text: &str) -> String {
    let lines = text
        .lines()
        .map(|l| l.find("--").map_or(l, |at| &l[..at]).trim_end());
    lines.collect::<Vec<_>>().join("\n")
}

/// The same from a closed type as Lean prints it.
pub fn refutation_of_type(name: &str, ty: &str) -> String {
    format!("theorem {name}_refuted : ¬ ({ty})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(statement: &str, expect: &str) {
        assert_eq!(
            parts(statement).map(|p| refutation(&p)).as_deref(),
            Some(expect)
        );
    }

    #[test]
    fn binders_and_conclusion() {
        check("theorem t : 1 = 2", "theorem t_refuted : ¬ (1 = 2)");
        check(
            "theorem N.t.{u} {α : Type u} (x y : α) (h : x = y) : y = x",
            "theorem N.t_refuted : ¬ (∀ {α : Type u} (x y : α) (h : x = y), y = x)",
        );
        check(
            "/-- theorem : no -/ @[simp] theorem t (s : (x : ℕ) → p x := by simp) :\n  ∀ n : ℕ, n = n",
            "theorem t_refuted : ¬ (∀ (s : (x : ℕ) → p x := by simp), ∀ n : ℕ, n = n)",
        );
        check(
            "lemma t (n) -- why: so\n : n = 0",
            "theorem t_refuted : ¬ (∀ (n), n = 0)",
        );
    }

    #[test]
    fn what_is_no_theorem() {
        for text in [
            "",
            "theorem",
            "example : 1 = 1",
            "theorem t",
            "def theorems : Nat := 1",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
