//! Witnesses for existential goals: small numerals, the goal's own numerals, variables, and simple
//! terms of them.

use super::expr::{Expr, Op, Quantifier};
use super::features::{Ty, View};
use super::idea::Idea;
use super::polynomial::Polynomial;

/// `refine ⟨w, ?_⟩` for the likeliest terms, and a finisher after each.
pub fn ideas(view: &View) -> Vec<Idea> {
    let Expr::Quant(Quantifier::Exists | Quantifier::ExistsUnique, names, ty, body) = &view.target
    else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let ty = ty.as_deref().map(Ty::read);
    let candidates = candidates(view, &names[0], ty.as_ref(), body);
    let depth = names.len();
    let unique = matches!(view.target, Expr::Quant(Quantifier::ExistsUnique, ..));
    for (rank, w) in candidates.iter().enumerate() {
        let weight = 0.2 / (1.0 + rank as f64 * 0.5);
        if unique {
            out.push(Idea::new(
                "witness",
                1,
                weight,
                format!("{}refine ⟨{w}, ?_, ?_⟩", view.prefix),
            ));
            continue;
        }
        if depth == 1 {
            let close = format!(
                "{}exact ⟨{w}, by first | omega | (simp_all; done) | grind⟩",
                view.prefix
            );
            out.push(Idea::new("witness", 0, weight, close).budget(1_200));
        }
        out.push(Idea::new(
            "witness",
            1,
            weight * 0.6,
            format!("{}refine ⟨{w}, ?_⟩", view.prefix),
        ));
    }
    if !unique && let Some(text) = linear_pair(view, names, body) {
        out.push(Idea::new("witness", 1, 0.4, text).budget(4_000));
    }
    for (h, e) in view.hyps.iter().take(6) {
        // Choice: where each `y` has an `x`, a function picks one.
        if !unique && matches!(e, Expr::Quant(Quantifier::Forall, ..) | Expr::App(..)) {
            let text = format!("{}exact Classical.axiomOfChoice {h}", view.prefix);
            out.push(Idea::new("choice", 1, 0.08, text));
        }
    }
    if depth == 2 && !unique {
        for (i, v) in candidates.iter().take(5).enumerate() {
            for (j, w) in candidates.iter().take(5).enumerate() {
                let weight = 0.08 / (1.0 + (i + j) as f64);
                let text = format!(
                    "{}exact ⟨{v}, {w}, by first | omega | (simp_all; done) | grind⟩",
                    view.prefix
                );
                out.push(Idea::new("witness", 2, weight, text).budget(800));
            }
        }
    }
    if !unique {
        // Lean finds a witness that an equation determines.
        let holes = vec!["_"; depth].join(", ");
        out.push(Idea::new(
            "witness",
            1,
            0.1,
            format!("{}exact ⟨{holes}, rfl⟩", view.prefix),
        ));
        out.push(Idea::new(
            "witness",
            1,
            0.1,
            format!("{}exact ⟨{holes}, by assumption⟩", view.prefix),
        ));
        out.push(Idea::new(
            "witness",
            2,
            0.05,
            format!("{}apply Exists.intro", view.prefix),
        ));
    }
    out
}

/// `∃ a b, t = c a + d b` on the naturals or integers: modulo `c` the term `t` fixes a residue of
/// `d b`, the least `b` with that residue serves, and `a` is what is left, divided by `c`.
fn linear_pair(view: &View, names: &[String], body: &Expr) -> Option<String> {
    let (names, body) = match (names, body) {
        ([a, b], body) => ([a, b], body),
        ([a], Expr::Quant(Quantifier::Exists, more, _, body)) => match more.as_slice() {
            [b] => ([a, b], body.as_ref()),
            _ => return None,
        },
        _ => return None,
    };
    let Expr::Bin(Op::Eq, l, r) = body else {
        return None;
    };
    let (term, form) = match (
        names.iter().any(|n| l.mentions(n)),
        names.iter().any(|n| r.mentions(n)),
    ) {
        (false, true) => (l, r),
        (true, false) => (r, l),
        _ => return None,
    };
    let form = Polynomial::read(view, form)?;
    let (c, d) = (form.coefficient(&[names[0]]), form.coefficient(&[names[1]]));
    if form.len() != 2 || form.degree() != 1 || !(2..=12).contains(&c) || d < 1 {
        return None;
    }
    let residues: Vec<String> = (0..c).map(|r| format!("({term}) % {c} = {r}")).collect();
    let mut text = format!(
        "{}have hres : {} := by omega\nrcases hres with {}",
        view.prefix,
        residues.join(" ∨ "),
        super::idea::alternatives("hres", residues.len())
    );
    for r in 0..c {
        let b = (0..c).find(|b| (d * b - r) % c == 0)?;
        text += &format!("\n· exact ⟨(({term}) - {}) / {c}, {b}, by omega⟩", d * b);
    }
    Some(text)
}

/// Cantor's diagonal: for `f : α → α → Prop`, the predicate that differs from each `f x` at `x`.
pub fn diagonals(view: &View) -> Vec<String> {
    view.vars
        .iter()
        .filter(|v| {
            match v
                .ty_text
                .split('→')
                .map(str::trim)
                .collect::<Vec<_>>()
                .as_slice()
            {
                [a, b, "Prop"] => a == b,
                _ => false,
            }
        })
        .map(|v| format!("(fun x => ¬ {} x x)", v.name))
        .collect()
}

fn candidates(view: &View, name: &str, ty: Option<&Ty>, body: &Expr) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !out.contains(&text) && out.len() < 24 {
            out.push(text);
        }
    };
    // `body` says `x = t` (or `t = x`, or `a x + b = t`): the term itself.
    body.walk(&mut |e| {
        if let Expr::Bin(Op::Eq, l, r) = e {
            for (x, t) in [(l, r), (r, l)] {
                if matches!(x.as_ref(), Expr::Var(v) if v == name) && !t.mentions(name) {
                    add(format!("({t})"));
                }
                if let Expr::Bin(Op::Mul, a, b) = x.as_ref() {
                    for (c, y) in [(a, b), (b, a)] {
                        if matches!(y.as_ref(), Expr::Var(v) if v == name)
                            && !t.mentions(name)
                            && c.literal().is_some()
                        {
                            add(format!("(({t}) / {c})"));
                        }
                    }
                }
            }
        }
        // A bound `x > t` suggests `t + 1`, `x ≥ t` suggests `t`.
        if let Expr::Bin(op @ (Op::Lt | Op::Le | Op::Gt | Op::Ge), l, r) = e {
            for t in [l, r] {
                if !t.mentions(name) {
                    add(format!("({t})"));
                    if matches!(op, Op::Lt | Op::Gt) {
                        add(format!("({t} + 1)"));
                    }
                }
            }
        }
    });
    let same: Vec<&str> = view
        .vars
        .iter()
        .filter(|v| ty.is_none_or(|t| v.ty == *t) && !matches!(v.ty, Ty::Other(_)))
        .map(|v| v.name.as_str())
        .collect();
    for v in &same {
        add((*v).to_owned());
    }
    // Between two fractions lies their mean.
    if ty.is_none_or(|t| *t == Ty::Rat) {
        let fractions: Vec<&str> = view.vars_of(&Ty::Rat).map(|v| v.name.as_str()).collect();
        for (i, v) in fractions.iter().enumerate() {
            for w in &fractions[i + 1..] {
                add(format!("(({v} + {w}) / 2)"));
            }
        }
    }
    let number = ty.is_none_or(|t| matches!(t, Ty::Nat | Ty::Int | Ty::Rat));
    match ty {
        Some(Ty::Bool) => ["true", "false"].iter().for_each(|b| add((*b).to_owned())),
        Some(Ty::List) => add("[]".to_owned()),
        Some(Ty::Function(_)) => {
            for f in diagonals(view) {
                add(f);
            }
            add("fun x => x".to_owned());
            add("fun _ => 0".to_owned());
        }
        _ => {}
    }
    if number {
        for n in 0..=6 {
            add(n.to_string());
        }
        for v in &same {
            add(format!("({v} + 1)"));
            add(format!("({v} / 2)"));
            add(format!("(2 * {v})"));
        }
        for n in view.numerals() {
            add(n.to_string());
        }
        for (i, v) in same.iter().enumerate() {
            for w in &same[i + 1..] {
                add(format!("({v} + {w})"));
                add(format!("({v} * {w})"));
                add(format!("(max {v} {w})"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    fn has(goal: &str, part: &str) -> bool {
        ideas(&view(goal)).iter().any(|i| i.tactic.contains(part))
    }

    #[test]
    fn equations_and_bounds_name_the_witness() {
        assert!(has("n : ℕ\n⊢ ∃ m, m = n + 3 ∧ n < m", "⟨(n + 3), by"));
        assert!(has("n : ℕ\n⊢ ∃ m, m > n", "⟨(n + 1), by"));
    }

    #[test]
    fn numerals_and_variables_are_tried() {
        assert!(has("⊢ ∃ x, x * x = 9", "⟨3, by"));
        assert!(has("⊢ ∃ x y, x * y = 6", "⟨2, 3, by"));
    }

    #[test]
    fn linear_forms_are_solved_by_residues() {
        assert!(has(
            "n : ℕ\nh : 8 ≤ n\n⊢ ∃ a b, n = 3 * a + 5 * b",
            "⟨((n) - 10) / 3, 2, by omega⟩"
        ));
        assert!(!has("n : ℕ\n⊢ ∃ a b, n = 6 * a + 4 * b", "by omega⟩\n·"));
    }

    #[test]
    fn the_mean_lies_between() {
        assert!(has(
            "x y : ℚ\nh : x < y\n⊢ ∃ z, x < z ∧ z < y",
            "⟨((x + y) / 2), by"
        ));
    }

    #[test]
    fn other_goals_get_nothing() {
        assert!(ideas(&view("n : ℕ\n⊢ n = n")).is_empty());
    }
}
