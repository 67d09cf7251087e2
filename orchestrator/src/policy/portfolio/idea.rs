//! What a rule hands to the portfolio, and the text that rules share.

/// A tactic that a rule proposes.
#[derive(Debug, Clone, PartialEq)]
pub struct Idea {
    /// The tactic's text; may span lines.
    pub tactic: String,
    /// The rule's guess of how likely it is that the tactic is part of a proof, in (0, 1].
    pub weight: f64,
    /// The rule, as it appears in the proposal's source.
    pub family: &'static str,
    /// The round in which it is proposed.
    pub round: u32,
    /// Budget in thousands of heartbeats, where the rule knows better than the search.
    pub heartbeats: Option<u32>,
}

impl Idea {
    /// An idea with the search's own budget.
    pub fn new(family: &'static str, round: u32, weight: f64, tactic: impl Into<String>) -> Idea {
        Idea {
            tactic: tactic.into(),
            weight,
            family,
            round,
            heartbeats: None,
        }
    }

    /// With a budget of its own.
    pub fn budget(mut self, thousands: u32) -> Idea {
        self.heartbeats = Some(thousands);
        self
    }
}

/// `decide` by the kernel alone, with room for the instances of long propositions. It adds no axiom.
pub const DECIDE: &str = "set_option synthInstance.maxHeartbeats 400000 in set_option synthInstance.maxSize 4096 in \
     decide +kernel";

/// Closes linear goals; falls back on `grind`, which also normalises products.
pub const ARITH: &str = "first | omega | grind";

/// Indents every line of a tactic block by two spaces.
pub fn indent(block: &str) -> String {
    block.lines().map(|l| format!("  {l}\n")).collect()
}

/// `h0 | h1 | …` patterns for `rcases`.
pub fn alternatives(pattern: &str, count: usize) -> String {
    vec![pattern; count].join(" | ")
}
