structure Certificate where
  valid : 2 + 2 = 5 := by sorry
theorem target : 2 + 2 = 5 := ({} : Certificate).valid
