theorem first : 2 + 2 = 5 := by sorry
theorem second : 2 + 2 = 5 := by sorry
