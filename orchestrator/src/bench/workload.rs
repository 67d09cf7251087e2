//! What the measurements of single steps do: goals of several kinds, and tactics that close, split
//! or fail them, in a mix like a search's.

use lakatos_lean_bridge::protocol::TacticRequest;

/// A statement and the tactics that are tried on it, one request each.
pub struct Exercise {
    /// The theorem, without `:=`.
    pub statement: &'static str,
    /// Tactics, each tried on the root.
    pub tactics: &'static [&'static str],
}

/// The exercises, all on Lean's core library.
pub const EXERCISES: &[Exercise] = &[
    Exercise {
        statement: "theorem w1 (a b c : Nat) (h : a < b) (k : b < c) : a + 1 < c",
        tactics: &[
            "omega",
            "exact Nat.lt_trans h k",
            "simp",
            "cases h",
            "grind",
        ],
    },
    Exercise {
        statement: "theorem w2 (p q r : Prop) : p ∧ q → (q → r) → r ∧ p",
        tactics: &[
            "intro h k",
            "rintro ⟨a, b⟩ k",
            "simp_all",
            "grind",
            "intro h",
        ],
    },
    Exercise {
        statement: "theorem w3 (n : Nat) : 0 + n = n",
        tactics: &["induction n", "cases n", "simp", "rfl", "rw [Nat.zero_add]"],
    },
    Exercise {
        statement: "theorem w4 (α : Type) (xs ys : List α) : (xs ++ ys).length = ys.length + xs.length",
        tactics: &[
            "simp",
            "rw [List.length_append]",
            "induction xs",
            "omega",
            "grind",
        ],
    },
    Exercise {
        statement: "theorem w5 (x y : Int) (h : 2 * x = 2 * y) : x = y",
        tactics: &[
            "omega",
            "grind",
            "simp at h",
            "exact h",
            "have k : x = y := by omega",
        ],
    },
];

/// A request for one tactic under a search's usual budget.
pub fn request(text: &str) -> TacticRequest {
    TacticRequest {
        text: text.to_owned(),
        heartbeats: Some(200),
        ms: Some(10_000),
    }
}
