set_option debug.byAsSorry true
theorem target : 2 + 2 = 5 := by rfl
