//! The shape of the goal: introductions, constructors, case distinctions on data and connectives.

use super::expr::{Expr, Op, Quantifier};
use super::features::{Ty, View};
use super::idea::Idea;

/// Steps that follow the goal's outermost structure.
pub fn ideas(view: &View) -> Vec<Idea> {
    let mut out = Vec::new();
    target(view, &mut out);
    hypotheses(view, &mut out);
    data(view, &mut out);
    definitions(view, &mut out);
    out
}

/// Unfolds what the goal applies: a definition means its body.
fn definitions(view: &View, out: &mut Vec<Idea>) {
    let names = view.definitions();
    if names.is_empty() {
        return;
    }
    let all = names.join(", ");
    let mut add = |round, weight, text: String| {
        out.push(Idea::new(
            "unfold",
            round,
            weight,
            format!("{}{text}", view.prefix),
        ));
    };
    add(0, 0.25, format!("simp [{all}]"));
    add(0, 0.2, format!("simp_all [{all}]"));
    add(0, 0.2, format!("grind [{all}]"));
    add(
        1,
        0.15,
        format!("simp only [{all}] at *; first | omega | grind"),
    );
    add(1, 0.12, format!("simp [{all}] at *; first | omega | grind"));
    add(1, 0.1, format!("simp only [{all}] at *"));
    for name in &names {
        add(1, 0.1, format!("unfold {name}"));
        add(
            2,
            0.08,
            format!("unfold {name}; split <;> first | omega | (simp_all; done) | grind"),
        );
        add(2, 0.05, format!("unfold {name} at *"));
    }
    for v in view
        .vars
        .iter()
        .filter(|v| view.target.mentions(&v.name))
        .take(4)
    {
        if !matches!(v.ty, Ty::Prop | Ty::Function(_)) {
            let x = &v.name;
            add(1, 0.08, format!("cases {x} <;> simp [{all}]"));
            add(2, 0.06, format!("cases {x} <;> grind [{all}]"));
        }
    }
}

fn target(view: &View, out: &mut Vec<Idea>) {
    let mut add = |weight, text: String| {
        out.push(Idea::new(
            "structural",
            0,
            weight,
            format!("{}{text}", view.prefix),
        ));
    };
    match &view.target {
        Expr::Quant(Quantifier::Forall, names, _, body) => {
            let mut fresh: Vec<String> = names.iter().map(|n| view.fresh(n)).collect();
            if let Expr::Bin(Op::Imp, ..) = body.as_ref() {
                fresh.push(view.fresh("h"));
            }
            add(0.6, format!("intro {}", fresh.join(" ")));
            add(0.2, "intros".to_owned());
        }
        Expr::Bin(Op::Imp, ..) | Expr::Not(_) | Expr::Bin(Op::Ne, ..) => {
            add(0.6, format!("intro {}", view.fresh("h")));
        }
        Expr::Bin(Op::And | Op::Iff, ..) => {
            add(0.5, "constructor".to_owned());
            add(
                0.1,
                "constructor <;> intros <;> first | omega | (simp_all; done) | grind".to_owned(),
            );
        }
        Expr::Bin(Op::Or, ..) => {
            add(0.25, "left".to_owned());
            add(0.25, "right".to_owned());
        }
        Expr::Bin(Op::Eq, l, _) => match view.type_of(l) {
            Ty::Function(_) => add(0.5, format!("funext {}", view.fresh("x"))),
            Ty::Prop => add(0.3, "apply propext".to_owned()),
            Ty::List => add(0.1, "apply List.ext_getElem".to_owned()),
            ty => {
                add(0.04, "congr 1".to_owned());
                if !ty.is_integral() && ty != Ty::Rat {
                    add(0.1, "ext".to_owned());
                }
                if ty == Ty::Nat {
                    add(0.03, "apply Nat.le_antisymm".to_owned());
                }
            }
        },
        Expr::Opaque(t) => {
            if t.starts_with("fun") || t.contains("fun ") {
                add(0.2, "funext x".to_owned());
            }
            add(0.08, "constructor".to_owned());
            add(0.05, "ext".to_owned());
        }
        _ => {}
    }
    if view.target_text.contains("if ") || view.target_text.contains("match ") {
        add(0.4, "split".to_owned());
        add(0.15, "split <;> simp_all".to_owned());
        add(0.1, "split <;> first | omega | grind".to_owned());
    }
    // By contradiction, with the denial pushed inwards.
    let deny = |h: &str| {
        format!(
            "apply Classical.byContradiction\nintro {h}\ntry simp only [Classical.not_forall, not_exists, Classical.not_imp, not_or, Classical.not_and_iff_not_or_not, Classical.not_not] at {h}"
        )
    };
    match &view.target {
        Expr::Quant(Quantifier::Exists, ..) | Expr::Bin(Op::Or | Op::Imp, ..) => {
            add(0.08, deny(&view.fresh("hneg")));
        }
        Expr::Bin(Op::Eq, ..) | Expr::App(..) | Expr::Var(_) => {
            add(0.02, deny(&view.fresh("hneg")));
        }
        _ => {}
    }
    if let Expr::Bin(Op::Eq | Op::Le | Op::Lt, a, b) = &view.target
        && view.type_of_sides(a, b).is_integral()
        && view.propositions().any(|p| {
            !p.find_all(&|e| matches!(e, Expr::App(f, _) if view.var(f).is_some()))
                .is_empty()
        })
    {
        let ty = if view.type_of_sides(a, b) == Ty::Int {
            "Int"
        } else {
            "Nat"
        };
        let h = view.fresh("hcmp");
        add(
            0.1,
            format!("rcases {ty}.lt_trichotomy ({a}) ({b}) with {h} | {h} | {h}"),
        );
        add(
            0.05,
            format!("rcases {ty}.le_total ({a}) ({b}) with {h} | {h}"),
        );
    }
    if !matches!(view.target, Expr::Var(_)) && !view.hyps.is_empty() {
        add(0.03, "exfalso".to_owned());
    }
}

fn hypotheses(view: &View, out: &mut Vec<Idea>) {
    let mut add = |round, weight, text: String| {
        out.push(Idea::new(
            "structural",
            round,
            weight,
            format!("{}{text}", view.prefix),
        ));
    };
    for (h, e) in view.hyps.iter().rev().take(8) {
        match e {
            Expr::Bin(Op::And, ..) => {
                let (left, right) = (view.fresh(&format!("{h}l")), view.fresh(&format!("{h}r")));
                add(0, 0.2, format!("obtain ⟨{left}, {right}⟩ := {h}"));
            }
            Expr::Bin(Op::Or, ..) => add(0, 0.4, format!("rcases {h} with {h} | {h}")),
            Expr::Quant(Quantifier::Exists, names, _, _) => {
                let mut parts: Vec<String> = names.iter().map(|n| view.fresh(n)).collect();
                parts.push(h.clone());
                add(0, 0.6, format!("obtain ⟨{}⟩ := {h}", parts.join(", ")));
            }
            Expr::Bin(Op::Iff, ..) => {
                add(1, 0.1, format!("rw [{h}]"));
                add(1, 0.05, format!("obtain ⟨{h}1, {h}2⟩ := {h}"));
            }
            Expr::Bin(Op::Dvd, _, _) => {
                add(
                    1,
                    0.1,
                    format!("obtain ⟨{}, {}⟩ := {h}", view.fresh("k"), view.fresh("hk")),
                );
            }
            Expr::Bin(Op::Eq, l, r) => {
                let variable = |e: &Expr| matches!(e, Expr::Var(v) if view.var(v).is_some());
                if variable(l) || variable(r) {
                    add(0, 0.2, format!("subst {h}"));
                }
                add(1, 0.1, format!("rw [{h}]"));
                add(1, 0.05, format!("rw [← {h}]"));
                add(2, 0.03, format!("simp [{h}]"));
            }
            Expr::Bin(Op::Imp, ..) | Expr::Not(_) => {
                add(1, 0.1, format!("apply {h}"));
            }
            Expr::Quant(Quantifier::Forall, ..) => {
                add(1, 0.1, format!("apply {h}"));
                add(1, 0.08, format!("rw [{h}]"));
                add(2, 0.03, format!("simp [{h}]"));
            }
            Expr::Opaque(_) => add(1, 0.05, format!("apply {h}")),
            _ => {}
        }
        add(2, 0.03, format!("simp at {h}"));
    }
    if !view.hyps.is_empty() {
        add(1, 0.06, "simp at *".to_owned());
        add(2, 0.04, "simp_all".to_owned());
    }
    add(1, 0.08, "simp".to_owned());
}

fn data(view: &View, out: &mut Vec<Idea>) {
    let mut add = |round, weight, text: String| {
        out.push(Idea::new(
            "cases",
            round,
            weight,
            format!("{}{text}", view.prefix),
        ));
    };
    let mentioned: Vec<&super::features::Variable> = view
        .vars
        .iter()
        .filter(|v| view.propositions().any(|p| p.mentions(&v.name)))
        .collect();
    for v in mentioned.iter().take(6) {
        let x = &v.name;
        match &v.ty {
            Ty::Bool => {
                add(0, 0.3, format!("cases {x} <;> simp_all"));
                add(1, 0.1, format!("cases {x}"));
            }
            Ty::Option => {
                add(
                    1,
                    0.25,
                    format!(
                        "cases {x} with\n| none => ?_\n| some {} => ?_",
                        view.fresh("a")
                    ),
                );
                add(0, 0.25, format!("cases {x} <;> simp_all"));
                add(1, 0.08, format!("cases {x} <;> grind"));
            }
            Ty::Nat => {
                add(
                    1,
                    0.06,
                    format!("cases {x} with\n| zero => ?_\n| succ {x} => ?_"),
                );
                add(
                    1,
                    0.06,
                    format!("cases {x} <;> first | omega | (simp_all; done) | grind"),
                );
            }
            Ty::List => {
                let head = view.fresh("a");
                add(
                    1,
                    0.1,
                    format!("cases {x} with\n| nil => ?_\n| cons {head} {x} => ?_"),
                );
                add(1, 0.12, format!("cases {x} <;> simp_all"));
                add(1, 0.06, format!("cases {x} <;> grind"));
            }
            Ty::Prop => add(
                1,
                0.15,
                format!("by_cases {} : {x}", view.fresh(&format!("h{x}"))),
            ),
            Ty::Other(t) if t.contains('×') => {
                add(
                    0,
                    0.3,
                    format!("obtain ⟨{}, {}⟩ := {x}", view.fresh("a"), view.fresh("b")),
                );
            }
            Ty::Other(t) if t.contains('⊕') => add(0, 0.3, format!("rcases {x} with {x} | {x}")),
            Ty::Other(t) if t.contains('{') || t.starts_with("Subtype") => {
                add(1, 0.15, format!("obtain ⟨{x}, {}⟩ := {x}", view.fresh("h")));
            }
            Ty::Other(t) if !t.starts_with("Type") && !t.starts_with("Sort") => {
                add(1, 0.08, format!("cases {x}"));
                add(1, 0.08, format!("cases {x} <;> simp_all"));
                add(2, 0.05, format!("induction {x} <;> simp_all"));
            }
            _ => {}
        }
    }
    // A function of a Boolean is its two values.
    let tables: Vec<&str> = view
        .vars
        .iter()
        .filter(|v| v.ty_text.trim() == "Bool → Bool")
        .map(|v| v.name.as_str())
        .collect();
    if !tables.is_empty() && tables.len() <= 2 {
        let mut splits: Vec<String> = view
            .vars_of(&Ty::Bool)
            .map(|b| format!("cases {}", b.name))
            .collect();
        for f in &tables {
            splits.push(format!("cases ht{f} : {f} true"));
            splits.push(format!("cases hf{f} : {f} false"));
        }
        add(1, 0.3, format!("{} <;> simp_all", splits.join(" <;> ")));
    }
    // All truth tables at once, and all Booleans.
    let of = |ty: &Ty| -> Vec<&str> { view.vars_of(ty).map(|v| v.name.as_str()).collect() };
    let props = of(&Ty::Prop);
    if !props.is_empty() && props.len() <= 5 {
        let splits: Vec<String> = props
            .iter()
            .map(|p| format!("by_cases {} : {p}", view.fresh(&format!("h{p}"))))
            .collect();
        add(1, 0.2, format!("{} <;> simp_all", splits.join(" <;> ")));
        if view.prefix.is_empty() {
            add(2, 0.05, format!("{} <;> grind", splits.join(" <;> ")));
        }
    }
    let bools = of(&Ty::Bool);
    if bools.len() >= 2 && bools.len() <= 6 {
        let splits: Vec<String> = bools.iter().map(|b| format!("cases {b}")).collect();
        add(0, 0.3, format!("{} <;> simp_all", splits.join(" <;> ")));
        add(1, 0.1, format!("{} <;> rfl", splits.join(" <;> ")));
    }
    let finite: Vec<&str> = view
        .vars
        .iter()
        .filter(|v| matches!(v.ty, Ty::Bool | Ty::Fin | Ty::BitVec))
        .map(|v| v.name.as_str())
        .collect();
    if !finite.is_empty() && finite.len() <= 4 {
        let names = finite.join(" ");
        out.push(Idea::new(
            "finite",
            1,
            0.2,
            format!("{}revert {names}; decide", view.prefix),
        ));
        out.push(
            Idea::new(
                "finite",
                2,
                0.1,
                format!("{}revert {names}; decide +kernel", view.prefix),
            )
            .budget(8_000),
        );
    }
    if view.vars.iter().any(|v| v.ty == Ty::BitVec) {
        out.push(Idea::new(
            "bitvec",
            1,
            0.2,
            format!("{}bv_omega", view.prefix),
        ));
        out.push(Idea::new(
            "bitvec",
            1,
            0.15,
            format!("{}ext i; simp", view.prefix),
        ));
        out.push(Idea::new(
            "bitvec",
            1,
            0.15,
            format!("{}ext i; grind", view.prefix),
        ));
        out.push(Idea::new(
            "bitvec",
            2,
            0.15,
            format!("{}bv_decide", view.prefix),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    fn has(goal: &str, tactic: &str) -> bool {
        ideas(&view(goal)).iter().any(|i| i.tactic == tactic)
    }

    #[test]
    fn the_target_is_taken_apart() {
        assert!(has("⊢ ∀ x y : ℕ, x = y → y = x", "intro x y h"));
        assert!(has("p q : Prop\n⊢ p → q", "intro h"));
        assert!(has("p q : Prop\n⊢ p ∧ q", "constructor"));
        assert!(has("f g : ℕ → ℕ\n⊢ f = g", "funext x"));
    }

    #[test]
    fn hypotheses_are_taken_apart() {
        assert!(has("p q : Prop\nh : p ∨ q\n⊢ q ∨ p", "rcases h with h | h"));
        assert!(has(
            "n : ℕ\nh : ∃ k, n = 2 * k\n⊢ n % 2 = 0",
            "obtain ⟨k, h⟩ := h"
        ));
        assert!(has("x y : ℕ\nh : x = y\n⊢ y = x", "subst h"));
    }

    #[test]
    fn data_is_split() {
        assert!(has(
            "a b : Bool\n⊢ (a && b) = (b && a)",
            "cases a <;> cases b <;> simp_all"
        ));
        assert!(has("o : Option ℕ\n⊢ o = o", "cases o <;> simp_all"));
    }
}
