def twice (n : Nat) : Nat := n + n
theorem target (n : Nat) : twice (twice n) = 4 * n := by sorry
