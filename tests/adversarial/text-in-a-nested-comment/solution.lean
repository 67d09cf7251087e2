/- /- A comment -/
theorem target : 2 + 2 = 4 := rfl
-/
theorem other : 2 + 2 = 4 := rfl
