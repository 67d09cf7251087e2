variable (n : Nat)
theorem target : n = 0 := by sorry
