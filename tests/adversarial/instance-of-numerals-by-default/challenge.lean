theorem target : ∃ x, x + 1 = 0 := by sorry
