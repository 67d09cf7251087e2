theorem target : 6 * 7 = 42 := by sorry
