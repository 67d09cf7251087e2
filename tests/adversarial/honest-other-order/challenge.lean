theorem first (n : Nat) : n ≤ n := by sorry
theorem second (n : Nat) : n ≤ n + 1 := by sorry
theorem third (n : Nat) : n ≤ n + 2 := by sorry
