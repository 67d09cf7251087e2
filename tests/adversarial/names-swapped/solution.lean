theorem first : 2 + 2 = 4 := rfl
theorem second : 1 + 1 = 2 := rfl
