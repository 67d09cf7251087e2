//! Identities of numbers: linear and quadratic ones, and plain calculations.

use super::Made;
use super::draw::Draw;

pub fn make(draw: &mut Draw) -> Made {
    let ty = draw.pick(&["Nat", "Int"]);
    let [a, b, c, _] = draw.variables::<4>();
    let [p, q, r, s] = std::array::from_fn(|_| draw.number(2, 12));
    let claim = match draw.number(0, 9) {
        0 => format!(
            "({a} {b} : {ty}) : {p} * ({a} + {q} * {b}) + {r} * {a} = {} * {a} + {} * {b}",
            p + r,
            p * q
        ),
        1 => format!(
            "({a} {b} {c} : {ty}) : {a} * ({p} * {b} + {q} * {c}) = {q} * ({c} * {a}) + {p} * ({b} * {a})"
        ),
        2 => format!(
            "({a} {b} : {ty}) : ({a} + {p}) * ({b} + {q}) = {a} * {b} + {q} * {a} + {p} * {b} + {}",
            p * q
        ),
        3 => format!(
            "({a} : {ty}) : ({a} + {p}) ^ 2 = {a} ^ 2 + {} * {a} + {}",
            2 * p,
            p * p
        ),
        4 => format!(
            "({a} {b} : {ty}) : ({p} * {a} + {q} * {b}) ^ 2 = {} * {a} ^ 2 + {} * {a} * {b} + {} * {b} ^ 2",
            p * p,
            2 * p * q,
            q * q
        ),
        5 => {
            let (x, y, m) = (
                draw.number(11, 999),
                draw.number(11, 99),
                draw.number(3, 40),
            );
            format!(": ({x} * {y} + {p}) % {m} = {}", (x * y + p) % m)
        }
        6 => {
            let (x, e, m) = (draw.number(2, 9), draw.number(2, 7), draw.number(3, 60));
            let power = x.pow(e as u32);
            draw.pick(&[
                format!(": {x} ^ {e} % {m} = {}", power % m).as_str(),
                format!(": {x} ^ {e} / {m} = {}", power / m).as_str(),
            ])
            .to_owned()
        }
        7 => format!(
            "({a} {b} : {ty}) (h : {a} = {p} * {b} + {q}) : {r} * {a} = {} * {b} + {}",
            p * r,
            q * r
        ),
        8 => {
            let x = draw.number(2, 30);
            format!(
                "({a} : {ty}) (h : {p} * {a} + {q} = {}) : {a} = {x}",
                p * x + q
            )
        }
        _ => {
            let (x, y) = (draw.number(1, 20), draw.number(1, 20));
            let s = if p == r { s + 13 } else { s };
            let (q, s) = if p * s == q * r { (q + 1, s) } else { (q, s) };
            format!(
                "({a} {b} : Int) (h₁ : {p} * {a} + {q} * {b} = {}) (h₂ : {r} * {a} + {s} * {b} = {}) : {a} = {x} ∧ {b} = {y}",
                p * x + q * y,
                r * x + s * y
            )
        }
    };
    Made::plain(claim)
}
