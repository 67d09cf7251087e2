theorem first (n : Nat) : n ≤ n + 1 := by sorry
theorem second (n : Nat) : n ≤ n + 2 := by sorry
