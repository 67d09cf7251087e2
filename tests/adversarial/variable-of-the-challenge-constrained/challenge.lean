variable (n : Nat)
theorem target : n < 3 := by sorry
