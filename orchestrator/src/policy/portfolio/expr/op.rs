//! Infix operators: symbols, binding powers, kinds.

/// An infix operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Eq,
    Ne,
    Le,
    Lt,
    Ge,
    Gt,
    Dvd,
    Mem,
    And,
    Or,
    Imp,
    Iff,
    Cons,
    Append,
    Compose,
    /// Any other infix symbol that is known to be one.
    Other(&'static str),
}

/// Infix symbols that no rule looks at, with their binding powers.
const OTHERS: [(&str, u8, u8); 18] = [
    ("&&", 36, 35),
    ("||", 31, 30),
    ("==", 51, 51),
    ("!=", 51, 51),
    ("|||", 56, 57),
    ("^^^", 59, 60),
    ("&&&", 61, 62),
    ("<<<", 75, 76),
    (">>>", 75, 76),
    ("∪", 65, 66),
    ("∩", 70, 71),
    ("⊆", 51, 51),
    ("∉", 51, 51),
    ("<|>", 21, 20),
    (">>=", 55, 56),
    ("<$>", 101, 100),
    ("×", 36, 35),
    ("⊕", 31, 30),
];

impl Op {
    /// Binding power, left and right.
    pub(super) fn power(self) -> (u8, u8) {
        match self {
            Op::Iff => (20, 21),
            Op::Imp => (26, 25),
            Op::Or => (31, 30),
            Op::And => (36, 35),
            Op::Eq | Op::Ne | Op::Le | Op::Lt | Op::Ge | Op::Gt | Op::Dvd | Op::Mem => (51, 51),
            Op::Add | Op::Sub | Op::Append => (65, 66),
            Op::Cons => (68, 67),
            Op::Mul | Op::Div | Op::Mod => (70, 71),
            Op::Pow => (76, 75),
            Op::Compose => (91, 90),
            Op::Other(symbol) => OTHERS
                .iter()
                .find(|(s, ..)| *s == symbol)
                .map_or((65, 66), |(_, left, right)| (*left, *right)),
        }
    }

    pub(super) fn read(token: &str) -> Option<Op> {
        Some(match token {
            "+" => Op::Add,
            "-" => Op::Sub,
            "*" => Op::Mul,
            "/" => Op::Div,
            "%" => Op::Mod,
            "^" => Op::Pow,
            "=" => Op::Eq,
            "≠" => Op::Ne,
            "≤" => Op::Le,
            "<" => Op::Lt,
            "≥" => Op::Ge,
            ">" => Op::Gt,
            "∣" => Op::Dvd,
            "∈" => Op::Mem,
            "∧" => Op::And,
            "∨" => Op::Or,
            "→" => Op::Imp,
            "↔" => Op::Iff,
            "::" => Op::Cons,
            "++" => Op::Append,
            "∘" => Op::Compose,
            _ => {
                return OTHERS
                    .iter()
                    .find(|(s, ..)| *s == token)
                    .map(|(s, ..)| Op::Other(s));
            }
        })
    }

    /// The operator as Lean writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Op::Add => "+",
            Op::Sub => "-",
            Op::Mul => "*",
            Op::Div => "/",
            Op::Mod => "%",
            Op::Pow => "^",
            Op::Eq => "=",
            Op::Ne => "≠",
            Op::Le => "≤",
            Op::Lt => "<",
            Op::Ge => "≥",
            Op::Gt => ">",
            Op::Dvd => "∣",
            Op::Mem => "∈",
            Op::And => "∧",
            Op::Or => "∨",
            Op::Imp => "→",
            Op::Iff => "↔",
            Op::Cons => "::",
            Op::Append => "++",
            Op::Compose => "∘",
            Op::Other(symbol) => symbol,
        }
    }

    /// Whether it makes a proposition of two terms that are not propositions.
    pub fn is_relation(self) -> bool {
        matches!(
            self,
            Op::Eq | Op::Ne | Op::Le | Op::Lt | Op::Ge | Op::Gt | Op::Dvd | Op::Mem
        )
    }

    /// Whether it is arithmetic.
    pub fn is_arithmetic(self) -> bool {
        matches!(
            self,
            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Mod | Op::Pow
        )
    }
}
