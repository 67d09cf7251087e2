theorem first : 2 + 2 = 5 := by sorry
theorem second : 3 + 3 = 7 := by sorry
