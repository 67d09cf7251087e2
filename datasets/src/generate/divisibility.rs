//! Divisors and remainders.

use super::Made;
use super::draw::Draw;

pub fn make(draw: &mut Draw) -> Made {
    let ty = draw.pick(&["Nat", "Int"]);
    let [a, b, c, _] = draw.variables::<4>();
    let [p, q, m] = [draw.number(2, 9), draw.number(2, 9), draw.number(3, 11)];
    let rest = draw.number(0, m - 1);
    let claim = match draw.number(0, 11) {
        0 => format!("({a} {b} : {ty}) (h : {a} ∣ {b}) : {a} ∣ {p} * {b}"),
        1 => format!(
            "({a} {b} {c} : {ty}) (h₁ : {a} ∣ {b}) (h₂ : {a} ∣ {c}) : {a} ∣ {p} * {b} + {q} * {c}"
        ),
        2 => format!(
            "({a} : Nat) (h : {a} % {m} = {rest}) : ({p} * {a} + {q}) % {m} = {}",
            (p * rest + q) % m
        ),
        3 => format!("({a} : Nat) : {p} * {a} * ({a} + 1) % 2 = 0"),
        4 => format!("({a} : {ty}) : {p} ∣ {} * {a} + {}", p * q, p * m),
        5 => format!("({a} : Nat) (h : {} ∣ {a}) : {p} ∣ {a}", p * q),
        6 => {
            let squares: Vec<i64> = (0..m).map(|x| x * x % m).collect();
            let never: Vec<i64> = (0..m).filter(|r| !squares.contains(r)).collect();
            format!("({a} : Nat) : {a} * {a} % {m} ≠ {}", draw.pick(&never))
        }
        7 => format!(
            "({a} {b} : Nat) (h₁ : {a} % {m} = {rest}) (h₂ : {b} % {m} = {}) : ({a} + {b}) % {m} = {}",
            q % m,
            (rest + q) % m
        ),
        8 => format!("({a} : Nat) : {a} % {m} < {}", m + p),
        9 => format!(
            "({a} : Nat) (h : {a} % {} = {rest}) : {a} % {m} = {rest}",
            m * p
        ),
        10 => format!("({a} {b} {c} : {ty}) (h₁ : {a} ∣ {b}) (h₂ : {b} ∣ {c}) : {a} ∣ {p} * {c}"),
        _ => {
            let (x, y) = (draw.number(20, 300) * p, draw.number(20, 300) * p);
            let gcd = {
                let (mut x, mut y) = (x, y);
                while y != 0 {
                    (x, y) = (y, x % y);
                }
                x
            };
            format!(": Nat.gcd {x} {y} = {gcd}")
        }
    };
    Made::plain(claim)
}
