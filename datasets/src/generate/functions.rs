//! Functions defined by recursion, and what holds of them by induction.

use super::Made;
use super::draw::Draw;

pub fn make(draw: &mut Draw) -> Made {
    match draw.number(0, 7) {
        0 => linear(draw),
        1 => sum(draw),
        2 => fold(draw),
        3 => accumulator(draw),
        4 => lists(draw),
        5 => pairs(draw),
        6 => tree(draw),
        _ => plain(draw),
    }
}

/// f 0 = c, f (n + 1) = f n + k: the closed form, growth, remainders.
fn linear(draw: &mut Draw) -> Made {
    let [f] = draw.words::<1>();
    let [n, m, ..] = draw.variables::<4>();
    let (c, k) = (draw.number(0, 20), draw.number(2, 15));
    let definitions =
        format!("def {f} : Nat → Nat\n  | 0 => {c}\n  | {n} + 1 => {f} {n} + {k}\n\n");
    let claim = match draw.number(0, 5) {
        0 => format!("({n} : Nat) : {f} {n} = {k} * {n} + {c}"),
        1 => format!("({n} : Nat) : {f} {n} < {f} ({n} + 1)"),
        2 => format!("({n} : Nat) : {f} {n} % {k} = {}", c % k),
        3 => format!("({n} {m} : Nat) : {f} ({n} + {m}) + {c} = {f} {n} + {f} {m}"),
        4 => format!("({n} : Nat) : {n} + {c} ≤ {f} {n}"),
        _ => {
            let at = draw.number(2, 9);
            format!(": {f} {at} = {}", c + k * at)
        }
    };
    Made { definitions, claim }
}

/// f (n + 1) = f n + a (n + 1) + b, a sum of a progression, or a power.
fn sum(draw: &mut Draw) -> Made {
    let [f] = draw.words::<1>();
    let [n, ..] = draw.variables::<4>();
    let (a, b) = (draw.number(2, 9), draw.number(1, 9));
    let (rule, claim) = match draw.number(0, 3) {
        0 => (
            format!("{f} {n} + {a} * ({n} + 1) + {b}"),
            format!("2 * {f} {n} = {a} * ({n} * ({n} + 1)) + {} * {n}", 2 * b),
        ),
        1 => (
            format!("{f} {n} + {a} * ({n} + 1)"),
            format!("{a} * {n} ≤ {f} {n}"),
        ),
        2 => (
            format!("{} * {f} {n} + {a}", a + 1),
            format!("{f} {n} + 1 = {} ^ {n}", a + 1),
        ),
        _ => (
            format!("{} * {f} {n} + {b}", a + 1),
            format!("{n} ≤ {f} {n}"),
        ),
    };
    Made {
        definitions: format!("def {f} : Nat → Nat\n  | 0 => 0\n  | {n} + 1 => {rule}\n\n"),
        claim: format!("({n} : Nat) : {claim}"),
    }
}

/// A weighted sum over a list.
fn fold(draw: &mut Draw) -> Made {
    let [f] = draw.words::<1>();
    let [x, xs, ys] = draw.pick(&[
        ["x", "xs", "ys"],
        ["a", "l", "s"],
        ["i", "is", "js"],
        ["u", "us", "vs"],
    ]);
    let (a, b) = (draw.number(2, 12), draw.number(1, 12));
    let definitions = format!(
        "def {f} : List Nat → Nat\n  | [] => 0\n  | {x} :: {xs} => {a} * {x} + {b} + {f} {xs}\n\n"
    );
    let claim = match draw.number(0, 5) {
        0 => format!("({xs} {ys} : List Nat) : {f} ({xs} ++ {ys}) = {f} {xs} + {f} {ys}"),
        1 => format!("({xs} : List Nat) : {b} * {xs}.length ≤ {f} {xs}"),
        2 => format!("({xs} : List Nat) : {f} {xs}.reverse = {f} {xs}"),
        3 => format!("({xs} : List Nat) (n : Nat) : {f} ({xs} ++ [n]) = {f} {xs} + {a} * n + {b}"),
        4 => format!("({xs} : List Nat) (h : {f} {xs} = 0) : {xs} = []"),
        _ => format!("({xs} {ys} : List Nat) : {f} ({xs} ++ {ys}) = {f} ({ys} ++ {xs})"),
    };
    Made { definitions, claim }
}

/// The same function with and without an accumulator.
fn accumulator(draw: &mut Draw) -> Made {
    let [f, g] = draw.words::<2>();
    let (a, b) = (draw.number(2, 12), draw.number(0, 12));
    let definitions = format!(
        "def {f} : List Nat → Nat\n  | [] => {b}\n  | x :: xs => {a} * x + {f} xs\n\ndef {g} : List Nat → Nat → Nat\n  | [], acc => acc\n  | x :: xs, acc => {g} xs (acc + {a} * x)\n\n"
    );
    let claim = match draw.number(0, 2) {
        0 => format!("(xs : List Nat) (n : Nat) : {g} xs n + {b} = {f} xs + n"),
        1 => format!("(xs : List Nat) (n m : Nat) : {g} xs (n + m) = {g} xs n + m"),
        _ => format!("(xs : List Nat) (n : Nat) : n ≤ {g} xs n"),
    };
    Made { definitions, claim }
}

/// A function from lists to lists that maps, repeats or filters.
fn lists(draw: &mut Draw) -> Made {
    let [f] = draw.words::<1>();
    let [x, xs, ys] = draw.pick(&[["x", "xs", "ys"], ["a", "l", "s"], ["i", "is", "js"]]);
    let (a, b) = (draw.number(2, 15), draw.number(1, 15));
    let (rule, factor) = match draw.number(0, 2) {
        0 => (format!("{x} + {a} :: {f} {xs}"), 1),
        1 => (format!("{x} :: {x} * {a} :: {f} {xs}"), 2),
        _ => (format!("{b} :: {x} :: {x} + {a} :: {f} {xs}"), 3),
    };
    let definitions =
        format!("def {f} : List Nat → List Nat\n  | [] => []\n  | {x} :: {xs} => {rule}\n\n");
    let claim = match draw.number(0, 3) {
        0 => format!("({xs} : List Nat) : ({f} {xs}).length = {factor} * {xs}.length"),
        1 => format!("({xs} {ys} : List Nat) : {f} ({xs} ++ {ys}) = {f} {xs} ++ {f} {ys}"),
        2 => format!("({xs} : List Nat) : {xs}.length ≤ ({f} {xs}).length + {b}"),
        _ => format!("({xs} : List Nat) (h : {xs} ≠ []) : {f} {xs} ≠ []"),
    };
    Made { definitions, claim }
}

/// A function with two cases by a comparison.
fn pairs(draw: &mut Draw) -> Made {
    let [f] = draw.words::<1>();
    let [n, m, ..] = draw.variables::<4>();
    let (a, b, c) = (draw.number(2, 30), draw.number(1, 20), draw.number(1, 20));
    let definitions = format!(
        "def {f} ({n} : Nat) : Nat :=\n  if {n} < {a} then {n} + {b} else {n} + {}\n\n",
        b + c
    );
    let claim = match draw.number(0, 3) {
        0 => format!("({n} : Nat) : {n} + {b} ≤ {f} {n}"),
        1 => format!("({n} : Nat) (h : {a} ≤ {n}) : {f} {n} = {n} + {}", b + c),
        2 => format!("({n} {m} : Nat) (h : {n} ≤ {m}) : {f} {n} ≤ {f} {m}"),
        _ => format!("({n} : Nat) : {f} {n} ≤ {n} + {}", b + c),
    };
    Made { definitions, claim }
}

/// Trees of the problem's own, their size and their mirror image.
fn tree(draw: &mut Draw) -> Made {
    let [ty, size, flip] = draw.words::<3>();
    let upper: String = ty
        .char_indices()
        .map(|(i, c)| if i == 0 { c.to_ascii_uppercase() } else { c })
        .collect();
    let (a, b) = (draw.number(1, 9), draw.number(1, 9));
    let definitions = format!(
        "inductive {upper} where\n  | tip : {upper}\n  | fork : {upper} → Nat → {upper} → {upper}\n\ndef {size} : {upper} → Nat\n  | .tip => {a}\n  | .fork l n r => {size} l + {b} * n + {size} r + {b}\n\ndef {flip} : {upper} → {upper}\n  | .tip => .tip\n  | .fork l n r => .fork ({flip} r) (n + {a}) ({flip} l)\n\n"
    );
    let claim = match draw.number(0, 3) {
        0 => format!("(t : {upper}) : {a} ≤ {size} t"),
        1 => format!("(t : {upper}) : {size} t ≤ {size} ({flip} t)"),
        2 => format!("(l r : {upper}) (n : Nat) : {size} l + {size} r < {size} (.fork l n r)"),
        _ => format!("(t : {upper}) (h : {flip} t = .tip) : t = .tip"),
    };
    Made { definitions, claim }
}

/// A definition without recursion.
fn plain(draw: &mut Draw) -> Made {
    let [f, g] = draw.words::<2>();
    let [n, m, ..] = draw.variables::<4>();
    let [a, b, c, d] = std::array::from_fn(|_| draw.number(2, 12));
    let definitions = format!(
        "def {f} ({n} : Nat) : Nat := {a} * {n} + {b}\n\ndef {g} ({n} : Nat) : Nat := {c} * {n} + {d}\n\n"
    );
    let claim = match draw.number(0, 4) {
        0 => format!(
            "({n} : Nat) : {f} ({g} {n}) = {} * {n} + {}",
            a * c,
            a * d + b
        ),
        1 => format!("({n} {m} : Nat) (h : {n} < {m}) : {f} {n} < {f} {m}"),
        2 => format!("({n} {m} : Nat) (h : {f} {n} = {f} {m}) : {n} = {m}"),
        3 => format!("({n} {m} : Nat) : {f} {n} + {g} {m} = {g} {m} + {a} * {n} + {b}"),
        _ => format!("({n} : Nat) : {n} < {f} {n} + {g} {n}"),
    };
    Made { definitions, claim }
}
