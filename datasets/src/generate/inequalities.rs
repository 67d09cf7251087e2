//! Inequalities: linear ones with hypotheses, monotonicity, squares.

use super::Made;
use super::draw::Draw;

pub fn make(draw: &mut Draw) -> Made {
    let ty = draw.pick(&["Nat", "Int"]);
    let [a, b, c, d] = draw.variables::<4>();
    let [p, q, r, s] = std::array::from_fn(|_| draw.number(1, 12));
    let claim = match draw.number(0, 13) {
        0 => format!(
            "({a} {b} : {ty}) (h₁ : {p} * {a} + {q} * {b} ≤ {}) (h₂ : {r} ≤ {b}) : {p} * {a} ≤ {}",
            q * r + s,
            s
        ),
        1 => format!(
            "({a} {b} {c} : {ty}) (h₁ : {a} + {p} ≤ {b}) (h₂ : {b} + {q} ≤ {c}) : {a} + {} < {c}",
            p + q - 1
        ),
        2 => format!("({a} {b} : {ty}) (h₁ : {a} < {b}) (h₂ : {b} < {a} + 2) : {b} = {a} + 1"),
        3 => format!(
            "({a} {b} : {ty}) (h₁ : {p} * {a} < {q} * {b}) (h₂ : {q} * {b} ≤ {p} * {a}) : {a} = {b} + {r}"
        ),
        4 => format!(
            "({a} {b} {c} : Nat) (h : {a} ≤ {b}) : {a} * {c} + {p} ≤ {b} * {c} + {}",
            p + q
        ),
        5 => format!(
            "({a} {b} {c} {d} : Nat) (h₁ : {a} ≤ {b}) (h₂ : {c} ≤ {d}) : {p} * ({a} * {c}) ≤ {p} * ({b} * {d})"
        ),
        6 => format!("({a} : {ty}) : {a} < {a} + {p} ∧ {a} ≤ {a} + {q}"),
        7 => format!(
            "({a} {b} : Int) : {} * {a} * {b} ≤ {p} * ({a} * {a} + {b} * {b})",
            2 * p
        ),
        8 => format!("({a} {b} : Nat) (h : {a} ≤ {b}) : {b} - {a} + ({a} + {p}) = {b} + {p}"),
        9 => format!(
            "({a} {b} : Nat) : max {a} {b} + {p} ≤ {a} + {b} + {}",
            p + q
        ),
        10 => format!("({a} {b} : {ty}) (h : {a} < {b} ∨ {b} + {p} < {a}) : {a} ≠ {b}"),
        11 => format!(
            "({a} : Nat) (h₁ : {p} < {a}) (h₂ : {a} < {}) : {}",
            p + 4,
            (1..4)
                .map(|i| format!("{a} = {}", p + i))
                .collect::<Vec<_>>()
                .join(" ∨ ")
        ),
        12 => format!("({a} : Int) : 0 ≤ {a} * {a} + {p}"),
        _ => format!("({a} {b} : Nat) (h : 0 < {b}) : {a} ≤ {a} * {b} + {p}"),
    };
    Made::plain(claim)
}
