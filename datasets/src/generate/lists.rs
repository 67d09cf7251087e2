//! Lists of the library: lengths, members, maps, and chains of operations.

use super::Made;
use super::draw::Draw;

pub fn make(draw: &mut Draw) -> Made {
    let names = draw.pick(&[
        ["xs", "ys", "zs"],
        ["l", "s", "t"],
        ["as", "bs", "cs"],
        ["u", "v", "w"],
    ]);
    Made::plain(if draw.one_in(2) {
        lengths(draw, names)
    } else {
        laws(draw, names)
    })
}

/// The length of a chain of operations that keep or add to it.
fn lengths(draw: &mut Draw, [xs, ys, _]: [&str; 3]) -> String {
    let (mut list, mut ones, mut twos, mut more) = (xs.to_owned(), 1, 0, 0);
    for _ in 0..draw.number(2, 4) {
        let n = draw.number(1, 30);
        list = match draw.number(0, 5) {
            0 => format!("({list}).reverse"),
            1 => format!("(({list}).map (· + {n}))"),
            2 => {
                ones += 1;
                format!("({list} ++ {xs})")
            }
            3 => {
                twos += 1;
                format!("({ys} ++ {list})")
            }
            4 => {
                more += 1;
                format!("({n} :: {list})")
            }
            _ => {
                let count = draw.number(2, 9);
                more += count;
                format!("({list} ++ List.replicate {count} {n})")
            }
        };
    }
    let times = |n: i64, v: &str| {
        if n == 1 {
            format!("{v}.length")
        } else {
            format!("{n} * {v}.length")
        }
    };
    let mut terms = vec![times(ones, xs)];
    if twos > 0 {
        terms.push(times(twos, ys));
    }
    if more > 0 {
        terms.push(more.to_string());
    }
    if draw.one_in(2) {
        terms.reverse();
    }
    format!(
        "({xs} {ys} : List Nat) : ({list}).length = {}",
        terms.join(" + ")
    )
}

fn laws(draw: &mut Draw, names: [&str; 3]) -> String {
    let [p, q] = [draw.number(2, 20), draw.number(2, 20)];
    let claim = draw.pick(&[
        ": (X ++ Y).map (· + P) = X.map (· + P) ++ Y.map (· + P)",
        ": (X.map (· + P)).map (· * Q) = X.map (fun i => (i + P) * Q)",
        ": (X.map (· * P)).reverse = X.reverse.map (· * P)",
        ": (X ++ Y ++ Z).reverse = Z.reverse ++ (Y.reverse ++ X.reverse)",
        "(h : P ∈ X) : P ∈ Y ++ X",
        "(h : P ∈ X) : P + Q ∈ X.map (· + Q)",
        "(h : ∀ i ∈ X, i < P) : ∀ i ∈ X, i < P + Q",
        "(h : ∀ i ∈ X ++ Y, i ≤ P) : ∀ i ∈ Y, i ≤ P",
        "(h : X = P :: Y) : X ≠ []",
        "(h : X ++ Y = []) : Y = [] ∧ X = []",
        ": (X.filter (· < P)).length ≤ X.length + Q",
        ": (X ++ Y).filter (· < P) = X.filter (· < P) ++ Y.filter (· < P)",
        ": X.take P ++ X.drop P = X",
        ": (X.take P).length ≤ P + Q",
        ": (X.drop P).length ≤ X.length",
        ": (P :: X).head? = some P",
        ": (X ++ [P]).getLast? = some P",
        ": (X ++ Y).foldr (fun i n => i + n) 0 = X.foldr (fun i n => i + n) (Y.foldr (fun i n => i + n) 0)",
        ": X.length ≤ (X ++ Y).length + P",
        "(h : X.length = P) : (Q :: X).length = P + 1",
        "(h : X.length < Y.length) : Y ≠ []",
        ": P ∈ P :: X ∧ Q ∈ X ++ [Q]",
        ": (P :: X) ++ (Y ++ Z) = P :: ((X ++ Y) ++ Z)",
        ": (X.map fun i => i * P).sum = X.sum * P",
        ": (X ++ Y).sum + P = Y.sum + X.sum + P",
        "(h : X <+: Y) : X.length ≤ Y.length + P",
        ": (X.filter fun i => i % P == 0).all (fun i => i % P == 0)",
        ": ((X.zip Y).length ≤ X.length + P)",
    ]);
    let claim: String = claim
        .chars()
        .map(|c| match c {
            'X' => names[0].to_owned(),
            'Y' => names[1].to_owned(),
            'Z' => names[2].to_owned(),
            'P' => p.to_string(),
            'Q' => q.to_string(),
            c => c.to_string(),
        })
        .collect();
    format!("({} : List Nat) {claim}", names.join(" "))
}
