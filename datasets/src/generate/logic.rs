//! Propositions: tautologies of three letters, and quantifiers moved about.

use super::Made;
use super::draw::Draw;
use super::formula::Language;

/// The connectives.
const PROPOSITIONAL: Language = Language {
    not: ("¬", ""),
    signs: &[
        ("∧", |l, r| l & r),
        ("∨", |l, r| l | r),
        ("→", |l, r| !l | r),
        ("↔", |l, r| !(l ^ r)),
    ],
};

pub fn make(draw: &mut Draw) -> Made {
    Made::plain(if draw.one_in(3) {
        quantified(draw)
    } else {
        propositional(draw)
    })
}

/// An implication or an equivalence that holds under every assignment.
fn propositional(draw: &mut Draw) -> String {
    let names = draw.pick(&[["p", "q", "r"], ["A", "B", "C"], ["P", "Q", "R"]]);
    for _ in 0..400 {
        let (left, l) = PROPOSITIONAL.formula(draw, &names, 2);
        let (right, r) = PROPOSITIONAL.formula(draw, &names, 2);
        let dull = left == right || l == 0 || r == u8::MAX;
        if !dull && l == r && draw.one_in(2) {
            return format!("({} : Prop) : {left} ↔ {right}", names.join(" "));
        }
        if !dull && l & !r == 0 {
            return if draw.one_in(2) {
                format!("({} : Prop) (h : {left}) : {right}", names.join(" "))
            } else {
                format!("({} : Prop) : {left} → {right}", names.join(" "))
            };
        }
    }
    let [p, q, _] = names;
    format!("({p} {q} : Prop) (h : {p} ∧ {q}) : {q} ∧ {p}")
}

fn quantified(draw: &mut Draw) -> String {
    let [x, y, ..] = draw.variables::<4>();
    let names = draw.pick(&[["p", "q", "r"], ["P", "Q", "R"], ["f", "g", "e"]]);
    let ty = draw.pick(&["Nat", "Int", "α"]);
    let value = draw.number(2, 40);
    let claim = draw.pick(&[
        "(h : ∃ x, P x ∧ Q x) : (∃ x, Q x) ∧ ∃ x, P x",
        "(h : ∀ x, P x ∧ Q x ∧ R x) : (∀ x, R x) ∧ ∀ x, P x",
        "(h : ∀ x, P x → Q x) (g : ∃ x, P x ∧ R x) : ∃ x, R x ∧ Q x",
        "(h : ∀ x, P x → Q x) (g : ∀ x, Q x → R x) : ∀ x, P x → R x",
        "(h : ¬ ∃ x, P x ∧ Q x) : ∀ x, Q x → ¬ P x",
        "(h : ∃ x, ¬ P x ∨ Q x) : ¬ ∀ x, P x ∧ ¬ Q x",
        "(h : ∀ x, P x ∨ Q x) (g : ∀ x, ¬ Q x) : ∀ x, P x",
        "(h : ∃ x, P x ∨ R x) (g : ∀ x, R x → P x) : ∃ x, P x",
        ": (∃ x, P x ∨ Q x) ↔ (∃ x, Q x) ∨ ∃ x, P x",
        ": (∀ x, P x ∧ R x) ↔ (∀ x, R x) ∧ ∀ x, P x",
        ": (¬ ∃ x, R x ∧ P x) ↔ ∀ x, P x → ¬ R x",
        "(h : ∃ x, ∀ y, P x → Q y) : (∀ x, P x) → ∀ y, Q y",
        "(a : T) (h : ∀ x, P x → Q x ∧ R x) (g : P a) : ∃ x, R x ∧ P x",
    ]);
    let claim: String = claim
        .chars()
        .map(|c| match c {
            'x' => x.to_owned(),
            'y' => y.to_owned(),
            'P' => names[0].to_owned(),
            'Q' => names[1].to_owned(),
            'R' => names[2].to_owned(),
            'T' => ty.to_owned(),
            c => c.to_string(),
        })
        .collect();
    let named = if ty == "α" { "{α : Type} " } else { "" };
    let extra = if ty != "α" && claim.contains("(g : ∀") && draw.one_in(2) {
        format!(" ∨ {value} = {}", value + 1)
    } else {
        String::new()
    };
    format!("{named}({} : {ty} → Prop) {claim}{extra}", names.join(" "))
}
