//! Counterexamples: a universal statement is false if one of its instances is.
//!
//! What denies a universal statement is refuted at small values of its variables, one after the other, each instance
//! decided by evaluation. A proof keeps the instance that did it, which is what a reader wants to see.

use super::expr::{Expr, Quantifier};
use super::features::{Ty, View};
use super::idea::Idea;

/// Instances that are tried in one tactic.
const INSTANCES: usize = 48;
/// Variables at most; with more, small values do not meet often enough.
const VARIABLES: usize = 5;

/// Instances of the statement that the target denies.
pub fn ideas(view: &View) -> Vec<Idea> {
    let Expr::Not(denied) = &view.target else {
        return Vec::new();
    };
    let Some(Instances { lists, rational }) = instances(denied) else {
        return Vec::new();
    };
    let h = view.fresh("h");
    // Implicit variables are given like the others.
    let implicit = view.target_text.contains(['{', '⦃']);
    let applied = format!("{}{h}", if implicit { "@" } else { "" });
    // On one line, where a finished proof's shortening looks for alternatives.
    let by = |closer: &str| -> String {
        let each = |list: &String| format!(" | exact absurd ({applied} {list}) (by {closer})");
        let all: String = lists.iter().map(each).collect();
        format!("{}intro {h}\nfirst{all}", view.prefix)
    };
    // Rational numbers are evaluated by the kernel alone in good time.
    let decide = if rational { "decide +kernel" } else { "decide" };
    let simplify = if view.project {
        "first | (norm_num; done) | (simp; done) | omega"
    } else {
        "first | (simp; done) | omega"
    };
    vec![
        Idea::new("counterexample", 0, 0.5, by(decide)).budget(4_000),
        Idea::new("counterexample", 1, 0.5, by(simplify)).budget(8_000),
    ]
}

/// What a universal statement is tried at.
struct Instances {
    /// Lists of arguments, small ones first.
    lists: Vec<String>,
    /// Whether one of them is a rational number.
    rational: bool,
}

/// Instances for the leading variables of a universal statement; none where a variable's
/// type has no values that can be written down, or where it stands for a proof.
fn instances(statement: &Expr) -> Option<Instances> {
    let mut rational = false;
    let mut choices: Vec<Vec<&'static str>> = Vec::new();
    let mut rest = statement;
    while let Expr::Quant(Quantifier::Forall, names, ty, body) = rest {
        // `∀ n ≥ 5, p`: the type is not printed, and numbers are what bounds are about.
        let text = ty.as_deref().unwrap_or("Nat");
        let ty = Ty::read(text);
        rational |= ty == Ty::Rat;
        let values = values(&ty, text)?;
        choices.extend(names.iter().map(|_| values.clone()));
        // Behind a premise, variables would be reached only through a proof of it.
        rest = body;
    }
    if choices.is_empty() || choices.len() > VARIABLES {
        return None;
    }
    Some(Instances {
        lists: combinations(&choices),
        rational,
    })
}

/// Small values of a type, the smallest first.
fn values(ty: &Ty, text: &str) -> Option<Vec<&'static str>> {
    let element = text.split_once(' ').map(|(_, element)| Ty::read(element));
    let numbers = element.as_ref().is_some_and(Ty::is_integral);
    let truth_values = element == Some(Ty::Bool);
    Some(match ty {
        Ty::Nat => vec!["0", "1", "2", "3", "4", "5", "7", "10"],
        Ty::Int | Ty::Rat => vec!["0", "1", "(-1)", "2", "(-2)", "3", "(-3)", "5"],
        Ty::Bool => vec!["true", "false"],
        Ty::Prop => vec!["True", "False"],
        Ty::List if numbers => {
            vec!["[]", "[0]", "[1]", "[0, 1]", "[1, 0]", "[0, 0]"]
        }
        Ty::List if truth_values => vec!["[]", "[true]", "[false]", "[true, false]"],
        Ty::Option if numbers => {
            vec!["none", "(some 0)", "(some 1)"]
        }
        Ty::Option if truth_values => vec!["none", "(some true)", "(some false)"],
        Ty::Function(t) => functions(t)?,
        Ty::Other(t) if t == "String" => vec!["\"\"", "\"a\"", "\"ab\""],
        _ => return None,
    })
}

/// The simplest functions and relations: constant ones, and the identity.
fn functions(text: &str) -> Option<Vec<&'static str>> {
    let parts: Vec<&str> = text.split('→').map(str::trim).collect();
    let number = |t: &str| matches!(Ty::read(t), Ty::Nat | Ty::Int | Ty::Rat);
    Some(match parts.as_slice() {
        parts if parts.iter().any(|t| t.contains('(')) => return None,
        [_, "Prop"] => vec!["(fun _ => False)", "(fun _ => True)"],
        [_, _, "Prop"] => vec!["(fun _ _ => False)", "(fun _ _ => True)"],
        [_, "Bool"] => vec!["(fun _ => false)", "(fun _ => true)"],
        [from, to] if number(to) && from == to => {
            vec!["(fun _ => 0)", "(fun x => x)", "(fun _ => 1)"]
        }
        [_, to] if number(to) => vec!["(fun _ => 0)", "(fun _ => 1)"],
        [_, _, to] if number(to) => vec!["(fun _ _ => 0)", "(fun _ _ => 1)"],
        _ => return None,
    })
}

/// Combinations by the sum of their places, [`INSTANCES`] at most.
fn combinations(choices: &[Vec<&'static str>]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let most: usize = choices.iter().map(|c| c.len() - 1).sum();
    for sum in 0..=most {
        extend(choices, sum, String::new(), &mut out);
    }
    out
}

fn extend(choices: &[Vec<&'static str>], sum: usize, so_far: String, out: &mut Vec<String>) {
    let Some((first, rest)) = choices.split_first() else {
        if sum == 0 && out.len() < INSTANCES {
            out.push(so_far);
        }
        return;
    };
    for (place, value) in first.iter().enumerate().take(sum + 1) {
        if out.len() >= INSTANCES {
            return;
        }
        let gap = if so_far.is_empty() { "" } else { " " };
        extend(rest, sum - place, format!("{so_far}{gap}{value}"), out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    #[test]
    fn what_denies_is_tried_at_small_values() {
        let found = ideas(&view("⊢ ¬∀ (a b : Nat), a + b = a * b"));
        let text = &found[0].tactic;
        assert!(
            text.starts_with("intro h\nfirst | exact absurd (h 0 0) (by decide) | exact absurd (h 0 1) (by decide) | exact absurd (h 1 0) (by decide) | "),
            "{text}"
        );
        assert_eq!(text.matches(" | ").count(), INSTANCES);
    }

    #[test]
    fn types_have_their_own_values() {
        let found = ideas(&view("⊢ ¬∀ (p : Prop) (x : Int), p → x < 3"));
        assert!(
            found[0]
                .tactic
                .contains("absurd (h False (-1)) (by decide)")
        );
        let found = ideas(&view("⊢ ¬∀ (l : List Nat), l.length = 0"));
        let text = &found[0].tactic;
        assert!(
            text.starts_with("intro h\nfirst | exact absurd (h []) (by decide) | "),
            "{text}"
        );
        let found = ideas(&view("⊢ ¬∀ (f : Nat → Nat) (x : Nat), f x = 0"));
        assert!(
            found[0]
                .tactic
                .contains("absurd (h (fun x => x) 1) (by decide)")
        );
        let found = ideas(&view("⊢ ¬∀ (x : Rat), x = 0"));
        assert!(found[0].tactic.contains("absurd (h 1) (by decide +kernel)"));
    }

    #[test]
    fn types_without_known_values_and_variables_behind_premises_are_left_alone() {
        assert!(ideas(&view("⊢ ¬∀ (α : Type) (x : α), x = x")).is_empty());
        assert!(ideas(&view("⊢ ¬∀ (f : (Nat → Nat) → Nat), f id = 0")).is_empty());
        assert!(ideas(&view("n : Nat\n⊢ n = 0")).is_empty());
        let found = ideas(&view("⊢ ¬∀ (a : Nat), 0 < a → ∀ (b : Nat), a < b"));
        assert!(found[0].tactic.contains("(h 1) (by decide)"));
        let found = ideas(&view("⊢ ¬∀ {a b : Nat}, a = b"));
        assert!(found[0].tactic.contains("absurd (@h 0 1) (by decide)"));
    }
}
