//! Truth values, bit vectors, options and types with a few constructors.

use super::Made;
use super::draw::Draw;
use super::formula::Language;

/// The Boolean operations.
const BOOLEAN: Language = Language {
    not: ("(!", ")"),
    signs: &[
        ("&&", |l, r| l & r),
        ("||", |l, r| l | r),
        ("^^", |l, r| l ^ r),
    ],
};

pub fn make(draw: &mut Draw) -> Made {
    match draw.number(0, 3) {
        0 => Made::plain(boolean(draw)),
        1 => Made::plain(bits(draw)),
        2 => Made::plain(option(draw)),
        _ => cycle(draw),
    }
}

/// An equation of two formulas with the same table.
fn boolean(draw: &mut Draw) -> String {
    let mut names = draw.variables::<3>();
    names.sort_unstable();
    let formulas: Vec<(String, u8)> = (0..40).map(|_| BOOLEAN.formula(draw, &names, 2)).collect();
    for (i, (left, table)) in formulas.iter().enumerate() {
        let other = formulas[i + 1..]
            .iter()
            .find(|(right, t)| t == table && right != left);
        if let Some((right, _)) = other {
            return format!("({} : Bool) : {left} = {right}", names.join(" "));
        }
    }
    let [a, b, _] = names;
    format!("({a} {b} : Bool) : ({a} && {b}) = ({b} && {a})")
}

fn bits(draw: &mut Draw) -> String {
    let [x, y, z] = draw.variables::<3>();
    let width = draw.pick(&[4, 8, 16, 32]);
    let [p, q] = [draw.number(2, 7), draw.number(2, 7)];
    let binders = format!("({x} {y} {z} : BitVec {width})");
    let claim = draw.pick(&[
        "x &&& (y ||| z) = (x &&& y) ||| (z &&& x)",
        "~~~(x &&& y) = ~~~y ||| ~~~x",
        "x ^^^ y ^^^ (z ^^^ x) = z ^^^ y",
        "x + P + (y + Q) = y + x + (P + Q)",
        "(x ||| y) ||| (z ||| x) = z ||| (x ||| y)",
        "x - y + (y + P) = x + P",
        "P * x + Q * x = (P + Q) * x",
        "(x &&& y) &&& (x &&& z) = y &&& (z &&& x)",
    ]);
    let claim = claim
        .replace('P', &p.to_string())
        .replace('Q', &q.to_string());
    let renamed: String = claim
        .chars()
        .map(|c| match c {
            'x' => x.to_owned(),
            'y' => y.to_owned(),
            'z' => z.to_owned(),
            c => c.to_string(),
        })
        .collect();
    format!("{binders} : {renamed}")
}

fn option(draw: &mut Draw) -> String {
    let o = draw.pick(&["o", "u", "v", "e"]);
    let [p, q] = [draw.number(2, 30), draw.number(2, 30)];
    let claim = draw.pick(&[
        "((O.map (· + P)).map (· * Q)) = O.map (fun i => (i + P) * Q)",
        "(O.map (· + P)).isSome = O.isSome",
        "(O.bind fun i => some (i + P)) = O.map (· + P)",
        "(O.map (· + P)).getD (Q + P) = O.getD Q + P",
        "(O.map fun i => i * P + Q).isNone = O.isNone",
        "(h : O = some P) : O.getD Q = P",
        "(h : O.isSome = false) : O.getD P = P",
        "(h : O.map (· + P) = some (Q + P)) : O = some Q",
    ]);
    let claim = claim
        .replace('P', &p.to_string())
        .replace('Q', &q.to_string())
        .replace('O', o);
    let colon = if claim.starts_with("(h") { "" } else { ": " };
    format!("({o} : Option Nat) {colon}{claim}")
}

/// A type of a few constants, and a function that permutes them in a circle.
fn cycle(draw: &mut Draw) -> Made {
    let [ty, step, value] = draw.words::<3>();
    let size = draw.number(3, 5) as usize;
    let names = draw.several(
        &[
            "red", "blue", "ash", "oak", "elm", "fir", "rye", "tin", "zinc", "gold",
        ],
        size,
    );
    let upper: String = ty
        .char_indices()
        .map(|(i, c)| if i == 0 { c.to_ascii_uppercase() } else { c })
        .collect();
    let constructors: String = names.iter().map(|n| format!(" | {n}")).collect();
    let arms: String = (0..size)
        .map(|i| format!("  | .{} => .{}\n", names[i], names[(i + 1) % size]))
        .collect();
    let numbers: Vec<i64> = (0..size).map(|_| draw.number(1, 40)).collect();
    let values: String = (0..size)
        .map(|i| format!("  | .{} => {}\n", names[i], numbers[i]))
        .collect();
    let top = numbers.iter().copied().max().unwrap_or(0);
    let v = draw.pick(&["c", "t", "u"]);
    let around = (0..size)
        .fold(v.to_owned(), |inner, _| format!("{step} ({inner})"))
        .replace(&format!("({v})"), v);
    let definitions = format!(
        "inductive {upper} where{constructors}\n\ndef {step} : {upper} → {upper}\n{arms}\ndef {value} : {upper} → Nat\n{values}\n"
    );
    let claim = match draw.number(0, 3) {
        0 => format!("({v} : {upper}) : {around} = {v}"),
        1 => format!("({v} : {upper}) : {step} {v} ≠ {v}"),
        2 => format!(
            "({v} : {upper}) : {value} {v} ≤ {}",
            top + draw.number(0, 5)
        ),
        _ => format!(
            "({v} : {upper}) : {value} {v} + {value} ({step} {v}) ≤ {}",
            2 * top
        ),
    };
    Made { definitions, claim }
}
