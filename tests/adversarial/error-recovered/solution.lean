theorem target : 2 + 2 = 5 := by
  have h : 2 + 2 = 5 := by omega
  exact h
