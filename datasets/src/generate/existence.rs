//! Statements that ask for a witness, or that give one.

use super::Made;
use super::draw::Draw;

pub fn make(draw: &mut Draw) -> Made {
    let ty = draw.pick(&["Nat", "Int"]);
    let [a, b, c, _] = draw.variables::<4>();
    let [p, q, x, y] = std::array::from_fn(|_| draw.number(2, 12));
    let claim = match draw.number(0, 8) {
        0 => format!(": ∃ {a} : {ty}, {p} * {a} + {q} = {}", p * x + q),
        1 => format!(": ∃ {a} {b} : {ty}, {p} * {a} + {q} * {b} = {}", p * x + q * y),
        2 => format!(": ∃ {a} : Nat, {a} * {a} + {p} * {a} = {}", x * x + p * x),
        3 => format!("({b} : {ty}) : ∃ {a}, {a} = {p} * {b} + {q}"),
        4 => format!("({b} : {ty}) : ∃ {a}, {b} + {p} < {a}"),
        5 => format!("({a} : {ty}) (h : ∃ {b}, {a} = {} * {b}) : ∃ {c}, {a} = {p} * {c}", p * q),
        6 => format!("({a} : {ty}) (h : ∃ {b}, {a} = {p} * {b}) : ∃ {c}, {q} * {a} = {p} * {c}"),
        7 => format!("({a} {b} : {ty}) (h₁ : ∃ k, {a} = {p} * k) (h₂ : ∃ k, {b} = {p} * k + {q}) : ∃ k, {a} + {b} = {p} * k + {q}").replace("k", c),
        _ => format!(": ¬ ∃ {a} : {ty}, {} * {a} = {}", 2 * p, 2 * q * p + 1),
    };
    Made::plain(claim)
}
