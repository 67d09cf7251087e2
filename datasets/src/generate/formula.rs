//! Formulas of three variables, with their tables of values.

use super::draw::Draw;

/// A sign between two formulas, and what it makes of their tables.
pub(super) type Sign = (&'static str, fn(u8, u8) -> u8);

/// How formulas are written.
pub(super) struct Language {
    /// What stands before and behind what is negated.
    pub not: (&'static str, &'static str),
    /// What stands between two formulas.
    pub signs: &'static [Sign],
}

impl Language {
    /// A formula of at most this depth and its values, a bit for each assignment.
    pub fn formula(&self, draw: &mut Draw, names: &[&str; 3], depth: u32) -> (String, u8) {
        let kind = match depth {
            0 => 0,
            _ => draw.number(0, self.signs.len() as i64 + 1) as usize,
        };
        match kind {
            0 => {
                let i = draw.number(0, 2) as usize;
                let table = [0b1010_1010, 0b1100_1100, 0b1111_0000][i];
                (names[i].to_owned(), table)
            }
            1 => {
                let (inner, table) = self.formula(draw, names, depth - 1);
                (format!("{}{inner}{}", self.not.0, self.not.1), !table)
            }
            kind => {
                let (left, l) = self.formula(draw, names, depth - 1);
                let (right, r) = self.formula(draw, names, depth - 1);
                let (sign, table) = self.signs[kind - 2];
                (format!("({left} {sign} {right})"), table(l, r))
            }
        }
    }
}
